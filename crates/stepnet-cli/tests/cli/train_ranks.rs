//! Training by several processes, started by real launchers where there are any.
#![cfg(target_os = "linux")]

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::files::{RGB, colours};
use crate::run::{Desk, Ran};

/// Open MPI's and MPICH's own names, as a system that has both calls them.
const LAUNCHERS: [&str; 2] = ["mpirun.openmpi", "mpiexec.hydra"];

/// A job that has ended by then is not waited for.
const PATIENCE: Duration = Duration::from_secs(30);

const TRAIN: [&str; 9] = [
    "train",
    "--model",
    "conv(4, 3) -> bn -> relu -> maxpool(2) -> dropout(0.2) -> linear(classes) -> softmax",
    "--augment",
    "crop(1), mixup(0.2)",
    "--batch",
    "128",
    "--schedule",
    "constant",
];

/// The launchers that are there; says which are not.
fn launchers() -> Vec<&'static str> {
    let there = |launcher: &&str| {
        let known = Command::new(launcher)
            .arg("--version")
            .stdout(Stdio::null())
            .status();
        if known.is_err() {
            println!("skipped: there is no {launcher}");
        }
        known.is_ok()
    };
    LAUNCHERS.into_iter().filter(there).collect()
}

/// The command, launched as some ranks of one thread each; `before` are options of the launcher.
fn launched(desk: &Desk, launcher: &str, ranks: usize, before: &[&str], words: &[&str]) -> Command {
    let mut command = Command::new(launcher);
    command.current_dir(desk.path());
    if launcher.contains("openmpi") {
        command.args(["--allow-run-as-root", "--oversubscribe"]);
        command.args(["--mca", "mpi_yield_when_idle", "1"]);
    }
    command.args(["-n", &ranks.to_string()]).args(before);
    command.arg(env!("CARGO_BIN_EXE_stepnet")).args(words);
    command.args(["--threads", "1"]).stdin(Stdio::null());
    command
}

fn run(desk: &Desk, launcher: &str, ranks: usize, words: &[&str]) -> Ran {
    let output = launched(desk, launcher, ranks, &[], words).output();
    Ran::from(output.unwrap())
}

/// The beginning of the hash of the weights, which is printed once.
#[track_caller]
fn weights(ran: &Ran) -> String {
    let lines = ran
        .out
        .lines()
        .filter_map(|line| line.strip_prefix("weights "));
    let lines: Vec<&str> = lines.collect();
    assert_eq!(lines.len(), 1, "{}{}", ran.out, ran.err);
    lines[0].split(' ').next().unwrap().to_owned()
}

fn train<'a>(more: &[&'a str]) -> Vec<&'a str> {
    TRAIN.iter().copied().chain(more.iter().copied()).collect()
}

#[test]
fn any_number_of_ranks_trains_to_the_same_weights() {
    let desk = Desk::new();
    let alone = train(&["--epochs", "2", "--shares", "16", "--out", "alone"]);
    let alone = weights(&desk.args(&alone));
    for launcher in launchers() {
        for ranks in [1, 2, 3] {
            let out = format!("{launcher}-{ranks}");
            let ran = run(
                &desk,
                launcher,
                ranks,
                &train(&["--epochs", "2", "--out", &out]),
            );
            assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
            assert_eq!(weights(&ran), alone, "{launcher}, {ranks}");
            // Whatever terminal the launcher gives a rank.
            assert!(!ran.out.contains('\u{1b}'), "{:?}", ran.out);
            let told = ran.out.matches("ranks work together").count();
            assert_eq!(told, usize::from(ranks > 1), "{}", ran.out);
            let metrics = |run: &str| {
                let lines = desk.metrics(&format!("{run}/metrics.jsonl")).into_iter();
                let figures =
                    lines.map(|line| (line["train_loss"].clone(), line["test_loss"].clone()));
                figures.collect::<Vec<_>>()
            };
            assert_eq!(metrics(&out), metrics("alone"));
        }
    }
}

#[test]
fn another_number_of_ranks_resumes_a_run() {
    let desk = Desk::new();
    let alone = weights(&desk.args(&train(&[
        "--epochs", "3", "--shares", "16", "--out", "alone",
    ])));
    for launcher in launchers() {
        let ran = run(
            &desk,
            launcher,
            2,
            &train(&["--epochs", "1", "--out", launcher]),
        );
        assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
        let more = ["train", "--resume", launcher, "--epochs", "2"];
        let ran = run(&desk, launcher, 3, &more);
        assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
        let ran = desk.args(&["train", "--resume", launcher, "--epochs", "3"]);
        assert_eq!(weights(&ran), alone, "{launcher}");
        // A run that was started without shares stays one process's.
        let unshared = format!("{launcher}-unshared");
        desk.args(&train(&["--epochs", "1", "--out", &unshared]))
            .fine();
        let ran = run(
            &desk,
            launcher,
            2,
            &["train", "--resume", &unshared, "--epochs", "2"],
        );
        assert_ne!(ran.code, Some(0));
        assert!(
            ran.err.contains("started with 1 share a batch"),
            "{}",
            ran.err
        );
    }
}

/// The files below a folder, by their paths from there.
fn files_below(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for class in fs::read_dir(folder).unwrap() {
        for file in fs::read_dir(class.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            let name = path.strip_prefix(folder).unwrap();
            found.push((name.to_str().unwrap().to_owned(), fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}

/// Pictures in a folder and in two archives. Training blends them with others, which another rank may have.
fn pictures(desk: &Desk) -> [&'static str; 3] {
    colours(&desk.join("pictures"), &RGB, 23, 12);
    let mut tar = tar::Builder::new(fs::File::create(desk.join("pictures.tar")).unwrap());
    let mut zip = ZipWriter::new(fs::File::create(desk.join("pictures.zip")).unwrap());
    for (name, bytes) in files_below(&desk.join("pictures")) {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, &name, &bytes[..]).unwrap();
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(&bytes).unwrap();
    }
    tar.finish().unwrap();
    zip.finish().unwrap();
    ["pictures", "pictures.tar", "pictures.zip"]
}

#[test]
fn folders_archives_and_streams_train_to_the_weights_of_one_process() {
    let desk = Desk::new();
    let [folder, tar, zip] = pictures(&desk);
    let words = |data, stream: bool, out| {
        let mut words = vec!["train", data, "--out", out, "--overwrite"];
        words.extend("--shares 8 --batch 32 --epochs 2 --input 8x8x3".split(' '));
        words.extend(["--augment", "flip, crop(1), mixup(0.4)", "--model"]);
        words.push("conv(4, 3) -> bn -> relu -> globalavgpool -> linear(classes) -> softmax");
        words.extend(stream.then_some("--stream"));
        words
    };
    // Sorted by name the images are the same everywhere, and so are the weights.
    let alone = weights(&desk.args(&words(folder, false, "alone")));
    for launcher in launchers() {
        for (data, stream, ranks) in [
            (folder, false, 2),
            (folder, true, 3),
            (tar, true, 2),
            (zip, false, 3),
            (zip, true, 2),
        ] {
            let ran = run(&desk, launcher, ranks, &words(data, stream, "ranks"));
            assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
            let found = weights(&ran);
            assert_eq!(found, alone, "{launcher}, {ranks}: {data}, {stream}");
        }
    }
}

#[test]
fn a_mistake_is_told_once() {
    let desk = Desk::new();
    for launcher in launchers() {
        for (words, expected) in [
            (train(&["--lr", "fast"]), "--lr"),
            (train(&["--shares", "2"]), "2 shares for 3 ranks"),
            (train(&["--shares", "6"]), "a power of two"),
            (vec!["train", "nowhere"], "nowhere"),
            (
                vec![
                    "train",
                    "--model",
                    "linear(30) -> relu -> linear(10) -> softmax",
                    "--lr",
                    "1e38",
                    "--optimizer",
                    "gd",
                ],
                "the loss is",
            ),
        ] {
            let ran = run(&desk, launcher, 3, &words);
            assert_ne!(ran.code, Some(0), "{words:?}");
            let told: Vec<&str> = ran
                .err
                .lines()
                .filter(|line| line.starts_with("error: "))
                .collect();
            assert_eq!(told.len(), 1, "{words:?}: {}", ran.err);
            assert!(told[0].contains(expected), "{}", told[0]);
        }
    }
}

#[test]
fn a_rank_on_another_instruction_set_is_refused_unless_told_otherwise() {
    let desk = Desk::new();
    let program = env!("CARGO_BIN_EXE_stepnet");
    for launcher in launchers() {
        let run = |out: &str, isa: &[&str]| {
            let words = train(&["--epochs", "1", "--out", out]);
            let mut command = launched(&desk, launcher, 1, &[], &words);
            command.args(isa);
            command.args([":", "-n", "1", "env", "STEPNET_ISA=portable", program]);
            command.args(words).args(["--threads", "1"]).args(isa);
            Ran::from(command.output().unwrap())
        };
        let ran = run("differs", &[]);
        if ran.code == Some(0) {
            println!("skipped: this processor has no instruction set but the portable one");
            return;
        }
        let told = ran.err.lines().find(|line| line.starts_with("error: "));
        let told = told.unwrap_or_else(|| panic!("{}", ran.err));
        assert!(
            told.contains("rank 1: the instruction set is portable"),
            "{told}"
        );
        assert!(told.contains("--isa"), "{told}");
        assert!(!desk.join("differs").exists());
        let ran = run(&format!("equal-{launcher}"), &["--isa", "portable"]);
        assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    }
}

/// The process of a rank, which is the only one with this folder in its arguments and this rank in its environment.
fn process(folder: &str, rank: usize) -> Option<u32> {
    let variables = ["OMPI_COMM_WORLD_RANK", "PMI_RANK"].map(|name| format!("{name}={rank}"));
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let mut found = numbers.filter(|number: &u32| {
        let read = |name: &str| fs::read(format!("/proc/{number}/{name}")).unwrap_or_default();
        let has = |bytes: &[u8], word: &str| {
            bytes
                .split(|&byte| byte == 0)
                .any(|part| part == word.as_bytes())
        };
        let environment = read("environ");
        has(&read("cmdline"), folder)
            && variables.iter().any(|variable| has(&environment, variable))
    });
    found.next()
}

/// Waits until `there` gives something.
fn wait_for<R>(what: &str, mut there: impl FnMut() -> Option<R>) -> R {
    let start = Instant::now();
    loop {
        if let Some(found) = there() {
            return found;
        }
        assert!(start.elapsed() < 4 * PATIENCE, "{what} did not come");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// How the job ended, and after how long.
fn end_of(mut job: Child) -> (Ran, Duration) {
    let start = Instant::now();
    wait_for("the end of the job", || job.try_wait().unwrap());
    (job.wait_with_output().unwrap().into(), start.elapsed())
}

#[test]
fn a_rank_that_is_killed_ends_the_job_and_the_run_is_resumed() {
    let desk = Desk::new();
    for launcher in launchers() {
        for rank in [0, 1, 2] {
            let out = desk.join(&format!("{launcher}-{rank}"));
            let out = out.to_str().unwrap();
            let long = train(&[
                "--epochs",
                "10000",
                "--out",
                out,
                "--checkpoint-every",
                "1 epoch",
            ]);
            let mut command = launched(&desk, launcher, 3, &[], &long);
            let job = command
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            let checkpoint = format!("{out}/checkpoint.safetensors");
            wait_for("a checkpoint", || {
                fs::exists(&checkpoint).unwrap().then_some(())
            });
            let process = wait_for("the rank", || process(out, rank)).to_string();
            let killed = Command::new("kill").args(["-9", &process]).status();
            assert!(killed.unwrap().success());
            let (ran, took) = end_of(job);
            println!("{launcher}, rank {rank}: ended after {took:?}");
            assert!(took < PATIENCE, "{launcher}, rank {rank}: {took:?}");
            assert_ne!(ran.code, Some(0));
            println!("{}", ran.err);
            let resumed = desk.args(&["train", "--resume", out, "--epochs", "1"]);
            assert!(
                resumed.err.contains("already in epoch") || resumed.code == Some(0),
                "{}",
                resumed.err
            );
        }
    }
}

#[test]
fn a_signal_to_any_rank_ends_the_run_and_the_first_says_why() {
    let desk = Desk::new();
    for launcher in launchers() {
        for rank in [0, 1] {
            let name = format!("{launcher}-{rank}");
            let out = desk.join(&name);
            let out = out.to_str().unwrap();
            let long = train(&["--epochs", "10000", "--out", out]);
            let mut command = launched(&desk, launcher, 3, &[], &long);
            let job = command.stdout(Stdio::piped()).stderr(Stdio::piped());
            let job = job.spawn().unwrap();
            let metrics = format!("{out}/metrics.jsonl");
            wait_for("an epoch", || {
                let file = fs::metadata(&metrics).ok()?;
                (file.len() > 0).then_some(())
            });
            let process = wait_for("the rank", || process(out, rank)).to_string();
            let asked = Command::new("kill").args(["-TERM", &process]).status();
            assert!(asked.unwrap().success());
            let (ran, took) = end_of(job);
            assert!(took < PATIENCE, "{launcher}, rank {rank}: {took:?}");
            assert_ne!(ran.code, Some(0), "{}", ran.out);
            let by = match rank {
                0 => "stopped by SIGTERM;".to_owned(),
                rank => format!("stopped by SIGTERM on rank {rank};"),
            };
            // Open MPI gives it a terminal, where long lines are wrapped.
            let told: Vec<&str> = ran.out.split_whitespace().collect();
            let told = told.join(" ");
            assert_eq!(told.matches("stopped by").count(), 1, "{told}{}", ran.err);
            assert!(told.contains(&by), "{told}");
            assert!(
                told.contains(&format!("--resume {out} continues")),
                "{told}"
            );
            let end = &desk.value(&format!("{name}/run.json"))["end"];
            assert_eq!(end["finished"], false, "{end}");
            let report = fs::read_to_string(format!("{out}/report.html")).unwrap();
            assert!(report.contains(by.trim_end_matches(';').trim_start_matches("stopped by ")));
            let resumed = desk.args(&["train", "--resume", out, "--epochs", "1"]);
            assert!(
                resumed.err.contains("already in epoch") || resumed.code == Some(0),
                "{}",
                resumed.err
            );
        }
    }
}
