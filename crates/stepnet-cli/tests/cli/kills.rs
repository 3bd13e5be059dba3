//! Runs that are killed, or whose disk is full: nothing that was learnt is lost.
#![cfg(unix)]

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::run::{Desk, Ran};

/// Kills in all.
const KILLS: usize = 50;

/// Kills of one run, at most.
const CHAIN: usize = 10;

/// Most of the time of such a run goes into writing its checkpoints, which have one of everything that a
/// run goes on from.
const TRAIN: [&str; 19] = [
    "train",
    "--model",
    "flatten -> linear(6) -> bn -> relu -> dropout(0.2) -> linear(classes) -> softmax",
    "--ema",
    "0.9",
    "--epochs",
    "24",
    "--batch",
    "100",
    "--seed",
    "3",
    "--checkpoint-every",
    "1 step",
    "--threads",
    "1",
    "--augment",
    "crop(1), mixup(0.2)",
    "--out",
    "run",
];

/// Numbers that look drawn and are the same at every try (Knuth's multiplier).
struct Drawn(u64);

impl Drawn {
    /// From 0 to 1.
    fn next(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

fn spawn(desk: &Desk, arguments: &[&str]) -> std::process::Child {
    let mut command = desk.command(arguments);
    let quiet = command.stdout(Stdio::null()).stderr(Stdio::piped());
    quiet.spawn().unwrap()
}

fn unfinished(desk: &Desk) -> bool {
    let entries = fs::read_dir(desk.join("run")).into_iter().flatten();
    entries
        .flatten()
        .any(|entry| entry.file_name().to_string_lossy().starts_with(".stepnet-"))
}

#[test]
fn a_run_killed_at_any_moment_always_goes_on_to_the_same_weights() {
    let whole = Desk::new();
    let start = Instant::now();
    let output = whole.command(&TRAIN).output().unwrap();
    assert!(output.status.success());
    let longest = start.elapsed().as_secs_f64() / 3.0;
    let wanted = whole.bytes("run/model.safetensors");
    let best = whole.bytes("run/best.safetensors");

    let mut drawn = Drawn(1);
    let (mut kills, mut writing, mut runs) = (0, 0, 0);
    while kills < KILLS {
        runs += 1;
        assert!(runs <= 40, "{kills} kills in {runs} runs");
        let desk = Desk::new();
        let mut killed = 0;
        loop {
            // One killed before it could say what it is starts as it did.
            let begun = desk.join("run/run.json").exists();
            let arguments: &[&str] = match begun {
                true => &["train", "--resume", "run"],
                false => &TRAIN,
            };
            let mut child = spawn(&desk, arguments);
            if killed < CHAIN && kills < KILLS {
                std::thread::sleep(Duration::from_secs_f64(longest * drawn.next()));
                child.kill().unwrap();
            }
            let output = child.wait_with_output().unwrap();
            if output.status.signal() == Some(9) {
                killed += 1;
                kills += 1;
                writing += usize::from(unfinished(&desk));
                continue;
            }
            let err = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success() && err.is_empty(), "{err}");
            break;
        }
        assert!(desk.bytes("run/model.safetensors") == wanted, "run {runs}");
        assert!(desk.bytes("run/best.safetensors") == best, "run {runs}");
        let metrics = desk.metrics("run/metrics.jsonl");
        let epochs = metrics.iter().map(|line| line["epoch"].as_u64().unwrap());
        assert!(epochs.eq(1..=24), "an epoch is lost or there twice");
        assert!(!unfinished(&desk));
    }
    println!("{kills} kills in {runs} runs, {writing} of them in the middle of writing a file");
    assert!(writing > 0, "no kill came while a file was written");
}

#[test]
fn what_a_run_killed_at_once_left_goes_with_the_next_run() {
    let desk = Desk::new();
    fs::create_dir(desk.join("run")).unwrap();
    let left = ["run/.stepnet-Ab12cd.tmp", "run/metrics.jsonl", "run/notes"];
    for name in left {
        fs::write(desk.join(name), "").unwrap();
    }
    let arguments = ["train", "--epochs", "1", "--out", "run"];
    let output = desk.command(&arguments).output().unwrap();
    assert!(output.status.success());
    assert!(!unfinished(&desk) && desk.join("run/notes").exists());
}

/// Runs the command where no file may become larger than `blocks` times 512 bytes.
fn limited(desk: &Desk, blocks: u32, arguments: &[&str]) -> Ran {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -f {blocks} && exec \"$0\" \"$@\"")]);
    command.arg(env!("CARGO_BIN_EXE_stepnet")).args(arguments);
    command.args(["--threads", "1"]);
    command.current_dir(desk.path()).output().unwrap().into()
}

/// A run whose model takes 40 kB and whose checkpoint takes 120.
fn wide<'a>(out: &'a str, epochs: &'a str) -> Vec<&'a str> {
    let network = "flatten -> linear(128) -> relu -> linear(classes) -> softmax";
    let mut arguments = vec![
        "train", "--model", network, "--epochs", epochs, "--out", out,
    ];
    arguments.extend(["--batch", "all", "--schedule", "constant"]);
    arguments
}

#[test]
fn where_no_checkpoint_can_be_written_training_goes_on() {
    let desk = Desk::new();
    let ran = limited(&desk, 128, &wide("run", "3"));
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
    for part in [
        "warning: checkpoint: run/checkpoint.safetensors: cannot write",
        "no checkpoint yet",
    ] {
        assert!(ran.err.contains(part), "{part:?} is not in {}", ran.err);
    }
    assert!(!desk.join("run/checkpoint.safetensors").exists());
    assert!(!unfinished(&desk));
    assert_eq!(desk.value("run/run.json")["end"]["finished"], true);
    desk.run("evaluate run/model.safetensors").fine();
}

#[test]
fn where_nothing_can_be_written_the_last_checkpoint_stays_and_the_run_goes_on_later() {
    let desk = Desk::new();
    desk.args(&wide("whole", "90")).fine();
    desk.args(&wide("run", "2")).fine();
    let good = desk.bytes("run/checkpoint.safetensors");
    let model = desk.bytes("run/model.safetensors");
    // 16 kB hold the metrics of some 70 epochs, and no model.
    let resume = ["train", "--resume", "run", "--epochs", "90"];
    let ran = limited(&desk, 32, &resume);
    assert_eq!(ran.code, Some(1), "{}{}", ran.out, ran.err);
    let lines: Vec<&str> = ran.err.lines().collect();
    assert_eq!(lines.len(), 2, "{}", ran.err);
    for part in [
        "warning: ",
        "cannot write",
        "training continues",
        "the checkpoint after epoch 2 is kept",
    ] {
        assert!(lines[0].contains(part), "{part:?} is not in {}", lines[0]);
    }
    for part in [
        "error: ",
        "cannot write",
        "after epoch 2 is kept",
        "--resume run writes the rest",
    ] {
        assert!(lines[1].contains(part), "{part:?} is not in {}", lines[1]);
    }
    assert!(ran.out.contains("epoch 90/90"), "it trained to the end");
    assert!(good == desk.bytes("run/checkpoint.safetensors"));
    assert!(model == desk.bytes("run/model.safetensors"));
    assert!(!unfinished(&desk));
    // Whole lines only.
    let held = desk.metrics("run/metrics.jsonl").len();
    assert!((3..90).contains(&held), "{held} lines");
    // With room again.
    desk.args(&["train", "--resume", "run"]).fine();
    assert!(desk.bytes("run/model.safetensors") == desk.bytes("whole/model.safetensors"));
    assert!(desk.bytes("run/best.safetensors") == desk.bytes("whole/best.safetensors"));
    assert_eq!(desk.metrics("run/metrics.jsonl").len(), 90);
}

/// Images that vanish while they are read from disk end the run; what it has learnt stays, though no report can be
/// made of data that is gone.
#[test]
fn what_was_learnt_stays_where_the_data_goes() {
    let desk = Desk::new();
    crate::files::colours(&desk.join("data"), &crate::files::RGB, 4, 6);
    let training = spawn(
        &desk,
        &[
            "train",
            "data",
            "--stream",
            "--model",
            "linear(classes) -> softmax",
            "--epochs",
            "100000",
            "--checkpoint-every",
            "never",
            "--out",
            "run",
        ],
    );
    let begun = Instant::now();
    while fs::read(desk.join("run/metrics.jsonl"))
        .unwrap_or_default()
        .len()
        < 1000
    {
        assert!(begun.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(5));
    }
    fs::remove_dir_all(desk.join("data/red")).unwrap();
    let ran = Ran::from(training.wait_with_output().unwrap());
    ran.fails(2, &["data/red", "the weights", "are saved in run"]);
    desk.run("inspect run/model.safetensors").fine();
}
