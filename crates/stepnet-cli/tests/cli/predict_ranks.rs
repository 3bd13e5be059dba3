//! `predict` over several ranks, under the launchers that there are.

use std::fs;
use std::process::{Command, Stdio};

use crate::files::{bmp, model};
use crate::run::{Desk, Ran};

/// Open MPI's and MPICH's own names, as a system that has both calls them.
const LAUNCHERS: [&str; 2] = ["mpirun.openmpi", "mpiexec.hydra"];

/// Runs the command by a launcher, or without one where there are no ranks.
fn run(desk: &Desk, launcher: &str, ranks: usize, line: &str) -> Ran {
    if ranks == 0 {
        return desk.run(line);
    }
    let mut command = Command::new(launcher);
    if launcher.contains("openmpi") {
        let quiet = ["--mca", "mpi_yield_when_idle", "1"];
        command
            .args(["--allow-run-as-root", "--oversubscribe"])
            .args(quiet);
    }
    command.args(["-n", &ranks.to_string(), env!("CARGO_BIN_EXE_stepnet")]);
    command.args(line.split(' ')).args(["--threads", "1"]);
    let ran = command
        .current_dir(desk.path())
        .stdin(Stdio::null())
        .output();
    ran.unwrap().into()
}

/// The launchers that are installed.
fn launchers() -> impl Iterator<Item = &'static str> {
    LAUNCHERS.into_iter().filter(|launcher| {
        let mut version = Command::new(launcher);
        let known = version
            .arg("--version")
            .stdout(Stdio::null())
            .status()
            .is_ok();
        if !known {
            println!("skipped: there is no {launcher}");
        }
        known
    })
}

/// A model that answers `yes` to bright pictures and `no` to dark ones, and a folder of them with one that is damaged.
fn desk() -> Desk {
    let desk = Desk::new();
    let tensors: [(&str, &[usize], Vec<f32>); 2] = [
        ("linear1.weight", &[1, 4], vec![2.0; 4]),
        ("linear1.bias", &[1], vec![-4.0]),
    ];
    let network = "linear(1) -> sigmoid";
    model(&desk.join("m"), network, "binary-cross-entropy", &tensors);
    for picture in 0..300_usize {
        let name = desk.join("p").join(format!("{picture}.bmp"));
        bmp(&name, 2, |_, _| [(picture % 256) as u8; 3]);
    }
    fs::write(desk.join("p/17.bmp"), "damaged").unwrap();
    desk
}

#[test]
fn several_ranks_write_the_file_of_one() {
    let desk = desk();
    let table = |launcher: &str, ranks| {
        let ran = run(
            &desk,
            launcher,
            ranks,
            "predict m p --top-k 2 --csv t.csv --overwrite",
        );
        let lines = ran.err.lines().filter(|line| line.contains("17.bmp"));
        assert_eq!((ran.code, lines.count()), (Some(2), 1), "{}", ran.err);
        assert!(ran.err.contains("300 images, 1 failed"), "{}", ran.err);
        desk.bytes("t.csv")
    };
    let lines = |launcher: &str, ranks| run(&desk, launcher, ranks, "predict m p --json").out;
    let (expected, expected_lines) = (table("", 0), lines("", 0));
    assert_eq!(expected_lines.lines().count(), 300);
    for launcher in launchers() {
        for ranks in [1, 2, 4] {
            assert!(
                table(launcher, ranks) == expected,
                "{launcher}, {ranks} ranks"
            );
            assert_eq!(
                lines(launcher, ranks),
                expected_lines,
                "{launcher}, {ranks} ranks"
            );
        }
    }
}

#[test]
fn what_is_wrong_is_told_once_and_ends_all_ranks() {
    let desk = desk();
    fs::write(desk.join("mine.csv"), "mine").unwrap();
    for launcher in launchers() {
        for (line, code, said) in [
            ("predict m p --csv mine.csv", 2, "mine.csv is there already"),
            ("predict none p --csv t.csv", 2, "none: cannot open"),
            ("predict m p --csv /dev/full", 1, "/dev/full"),
        ] {
            let ran = run(&desk, launcher, 3, line);
            let told = ran.err.lines().filter(|line| line.contains(said));
            assert_eq!(
                (ran.code, told.count()),
                (Some(code), 1),
                "{launcher}, {line}: {}",
                ran.err
            );
        }
    }
    assert_eq!(desk.bytes("mine.csv"), b"mine");
}
