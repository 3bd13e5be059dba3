//! The group under real launchers, where there are any; the program is the example `group`.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// Open MPI's and MPICH's own names, as a system that has both calls them.
const LAUNCHERS: [&str; 2] = ["mpirun.openmpi", "mpiexec.hydra"];

fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.parent().and_then(|deps| deps.parent()).unwrap();
    folder.join("examples/group")
}

fn launched(launcher: &str, ranks: usize, how: &[&str]) -> Option<Output> {
    let known = Command::new(launcher)
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    if known.is_err() {
        println!("skipped: there is no {launcher}");
        return None;
    }
    let mut command = Command::new(launcher);
    if launcher.contains("openmpi") {
        command.args([
            "--allow-run-as-root",
            "--oversubscribe",
            "--mca",
            "mpi_yield_when_idle",
            "1",
        ]);
    }
    command
        .args(["-n", &ranks.to_string()])
        .arg(program())
        .args(how);
    Some(command.stdin(Stdio::null()).output().unwrap())
}

#[test]
fn every_operation_gives_every_rank_what_it_should() {
    for launcher in LAUNCHERS {
        for ranks in [1, 2, 3, 4] {
            let Some(output) = launched(launcher, ranks, &[]) else {
                continue;
            };
            let text = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success(), "{launcher}, {ranks}: {output:?}");
            let right = text.matches(": all right").count();
            assert_eq!(right, ranks, "{launcher}: {text}");
        }
    }
}

#[test]
fn a_rank_that_dies_or_aborts_ends_the_others() {
    for launcher in LAUNCHERS {
        for how in ["die", "abort"] {
            let Some(output) = launched(launcher, 3, &[how]) else {
                continue;
            };
            assert!(!output.status.success(), "{launcher}, {how}: {output:?}");
        }
    }
}

#[test]
fn a_library_that_is_not_the_launchers_is_refused() {
    let libc = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let libc = libc.lines().find_map(|line| {
        line.split_whitespace()
            .nth(5)
            .filter(|path| path.contains("libc"))
    });
    let (Some(libc), true) = (libc, program().exists()) else {
        println!("skipped: no library to be named instead");
        return;
    };
    let run = |library: &str| {
        let mut command = Command::new(program());
        command
            .env("PMI_RANK", "0")
            .env("PMI_SIZE", "2")
            .env("STEPNET_MPI", library);
        String::from_utf8_lossy(&command.output().unwrap().stderr).into_owned()
    };
    assert!(run(libc).contains("it is no MPI library"), "{}", run(libc));
    let missing = run("/nowhere/libmpi.so");
    assert!(
        missing.contains("/nowhere/libmpi.so cannot be opened"),
        "{missing}"
    );
}
