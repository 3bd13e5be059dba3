//! What a run will take is said before it begins, and one that would not fit is refused.

use crate::run::{Desk, Ran};

#[test]
fn the_plan_comes_before_the_first_epoch() {
    let desk = Desk::new();
    let out = desk.run("train --epochs 2 --out run").fine();
    let plan = out.lines().position(|line| line.starts_with("plan: "));
    let first = out.lines().position(|line| line.starts_with("epoch "));
    assert!(plan.unwrap() < first.unwrap(), "{out}");
    let plans: Vec<&str> = out
        .lines()
        .filter(|line| line.starts_with("plan: "))
        .collect();
    for part in [
        " parameters, ",
        " multiply-adds an example",
        "plan: about ",
        " an epoch, ",
        " in all; peak memory about ",
        " MiB",
    ] {
        assert!(
            plans.concat().contains(part),
            "{part:?} is not in {plans:?}"
        );
    }
    for line in out.lines().filter(|line| !line.starts_with("network: ")) {
        assert!(line.len() <= 80, "{line}");
    }
    // The same numbers as the network's table has.
    let table = desk.run("inspect run/model.safetensors").fine();
    let numbers = plans[0].trim_start_matches("plan: ");
    let numbers = numbers.trim_end_matches(" multiply-adds an example");
    assert!(table.contains(numbers), "{numbers:?} is not in {table}");
}

/// Runs the command with so many KiB of addresses.
#[cfg(target_os = "linux")]
fn within(desk: &Desk, kib: u32, threads: &str, arguments: &[&str]) -> Ran {
    let mut command = std::process::Command::new("sh");
    command.args(["-c", &format!("ulimit -v {kib} && exec \"$0\" \"$@\"")]);
    command.arg(env!("CARGO_BIN_EXE_stepnet")).args(arguments);
    command.args(["--threads", threads]);
    command.current_dir(desk.path()).output().unwrap().into()
}

#[cfg(target_os = "linux")]
#[test]
fn a_batch_that_does_not_fit_is_refused_with_the_largest_that_does() {
    let desk = Desk::new();
    let network = "conv(300, 3, same) -> relu -> globalavgpool -> linear(classes) -> softmax";
    let train = |batch: &str| {
        let arguments = ["train", "--model", network, "--epochs", "1", "--out", "run"];
        let more = ["--overwrite", "--batch", batch];
        within(&desk, 300_000, "1", &[&arguments[..], &more].concat())
    };
    let refused = train("all");
    let told = [
        "--batch 1438 needs ",
        " are free; the largest batch that fits is ",
    ];
    refused.fails(2, &told);
    assert!(!desk.join("run").exists());
    let largest = refused.err.trim_end().rsplit(' ').next().unwrap();
    let number: usize = largest.parse().unwrap();
    assert!((10..1438).contains(&number), "{number}");
    train(largest).fine();
    let more = (number + number / 2).min(1438).to_string();
    train(&more).fails(2, &[&format!("--batch {more} needs ")]);

    let huge = "flatten -> linear(2000000) -> linear(classes) -> softmax";
    let arguments = ["train", "--model", huge, "--epochs", "1", "--out", "other"];
    let ran = within(&desk, 500_000, "1", &arguments);
    assert_eq!(ran.code, Some(2), "{}", ran.err);
    assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
}

/// Threads take addresses before and after the plan is made: those that compute leave some to small networks, and the
/// one that makes batches starts only where those of the tests and checkpoints to come are still there. So a run is
/// refused at its beginning, or it comes to its end.
#[cfg(target_os = "linux")]
#[test]
fn a_run_whose_plan_fits_comes_to_its_end() {
    let desk = Desk::new();
    let large = "flatten -> linear(20000) -> linear(classes) -> softmax";
    let mut outcomes = [0, 0];
    for kib in [90_000, 120_000, 150_000, 180_000, 210_000, 240_000] {
        let out = format!("run-{kib}");
        let arguments = ["train", "--model", large, "--epochs", "1", "--out", &out];
        let ran = within(&desk, kib, "1", &arguments);
        if ran.code == Some(0) {
            outcomes[0] += 1;
            continue;
        }
        ran.fails(2, &["--batch 32 needs ", " are free"]);
        outcomes[1] += 1;
    }
    assert!(!outcomes.contains(&0), "{outcomes:?}");
}

/// The C library sets 64 MiB of addresses aside for each thread's allocations unless told otherwise: wherever the limit
/// lies, a run that needs few is not refused for these.
#[cfg(target_os = "linux")]
#[test]
fn addresses_that_threads_can_do_without_are_not_taken_for_needed() {
    let desk = Desk::new();
    for kib in (80_000..300_000).step_by(11_000) {
        let out = format!("run-{kib}");
        let arguments = ["train", "--epochs", "1", "--out", &out];
        within(&desk, kib, "2", &arguments).fine();
        assert!(desk.join(&out).join("model.safetensors").exists());
    }
}
