//! What the surroundings may lack: threads, memory, files of the system; and options beyond sense.

use std::process::Command;

use crate::run::Desk;

/// Runs the command in a shell after `before`.
fn shell(desk: &Desk, before: &str, arguments: &str) -> std::process::Output {
    let program = env!("CARGO_BIN_EXE_stepnet");
    Command::new("sh")
        .args(["-c", &format!("{before} exec '{program}' {arguments}")])
        .current_dir(desk.join(""))
        .output()
        .unwrap()
}

/// The names of a header and the places of its fields take many times the memory of the line.
#[test]
#[cfg(target_os = "linux")]
fn tables_of_very_many_columns_are_read_or_refused_in_one_line() {
    let desk = Desk::new();
    let names: Vec<String> = (0..600_000).map(|column| format!("p{column}")).collect();
    let line = ",7".repeat(names.len());
    let text = format!("label,{}\n0{line}\n1{line}\n", names.join(","));
    std::fs::write(desk.join("wide.csv"), text).unwrap();
    let mut refused = 0;
    for kib in [60_000, 80_000, 100_000, 120_000, 150_000, 400_000] {
        let out = shell(
            &desk,
            &format!("ulimit -v {kib};"),
            "train wide.csv --threads 1",
        );
        let said = String::from_utf8_lossy(&out.stderr);
        assert_eq!(out.status.code(), Some(2), "{kib}: {said}");
        assert_eq!(said.lines().count(), 1, "{kib}: {said}");
        refused += usize::from(said.contains("wide.csv: its longest line: "));
    }
    assert!(refused > 0);
}

#[test]
#[cfg(target_os = "linux")]
fn few_addresses_are_few_threads_or_an_error_in_one_line() {
    let desk = Desk::new();
    // Sixteen threads take 1.1 GB of addresses; the program itself takes some 100 MB.
    for kib in [150_000, 250_000, 400_000, 700_000] {
        let model = "flatten -> linear(classes) -> softmax";
        let arguments = format!("train --threads 16 --epochs 1 --model '{model}' --out run{kib}");
        let out = shell(&desk, &format!("ulimit -v {kib};"), &arguments);
        let said = String::from_utf8_lossy(&out.stderr);
        let code = out.status.code();
        assert!(matches!(code, Some(0..=2)), "{kib}: {code:?}: {said}");
        assert!(
            !said.contains("panicked") && !said.contains("abort"),
            "{kib}: {said}"
        );
        assert!(
            said.contains("of 16 threads could be started"),
            "{kib}: {said}"
        );
    }
}

#[test]
fn options_beyond_sense_are_refused_with_their_range() {
    let desk = Desk::new();
    for (arguments, said) in [
        ("find-lr --highest 1e308", "a number from 1e-30 to 1e6"),
        ("find-lr --lowest 1e-320", "a number from 1e-30 to 1e6"),
        ("find-lr --sweeps 0", "a whole number from 1 to 100"),
        (
            "find-lr --steps 18446744073709551615",
            "a whole number from 20 to 100000",
        ),
        (
            "find-lr --batch 18446744073709551615",
            "a whole number from 1 to 16777216, or all",
        ),
        (
            "train --batch 0",
            "a whole number from 1 to 16777216, or all",
        ),
        ("train --lr 1e39", "a number from 1e-40 to 1e38"),
        ("train --lr 1e308", "a number from 1e-40 to 1e38"),
        ("train --lr nan", "a number from 1e-40 to 1e38"),
        ("train --l2 1e300", "a number from 0 to 1e6"),
        ("train --weight-decay 1e300", "a number from 0 to 1e6"),
        ("train --clip-norm 1e-300", "a number from 1e-12 to 1e12"),
        ("train --divisor 1e308", "a number from 1e-12 to 1e12"),
        ("train --init 1e300", "a scale, a number from 1e-12 to 1e6"),
        (
            "train --epochs 4294967295",
            "a whole number from 1 to 10000000",
        ),
        ("train --class-weights 1e300,1", "weights from 0 to 1e6"),
        (
            "train --early-stop 4294967295",
            "a whole number from 1 to 10000000",
        ),
        (
            "gradcheck lenet5 --samples 4294967295",
            "a whole number from 1 to 1000000",
        ),
        (
            "gradcheck lenet5 --eps 1e-300",
            "a number from 1e-12 to 0.1",
        ),
        (
            "gradcheck lenet5 --tolerance 1e-300",
            "a number from 1e-15 to 0.5",
        ),
        (
            "gradcheck lenet5 --seconds 0",
            "a whole number from 1 to 1000000",
        ),
        (
            "inspect lenet5 --classes 4294967295",
            "a whole number from 1 to 10000000",
        ),
    ] {
        let words: Vec<&str> = arguments.split(' ').collect();
        let [.., option, value] = words[..] else {
            unreachable!()
        };
        desk.run(arguments).fails(2, &[option, value, said]);
    }
}

#[test]
fn the_licences_of_what_is_linked_are_shown() {
    let out = Desk::new().run("licenses").fine();
    for crate_name in ["rayon ", "serde ", "safetensors ", "hdf5-pure "] {
        assert!(
            out.lines().any(|line| line.starts_with(crate_name)),
            "{crate_name}"
        );
    }
    assert!(
        out.contains("Permission is hereby granted") && !out.contains("/.cargo/"),
        "{out}"
    );
}
