//! Signals: what was learnt is saved, and the exit code says that the run was ended.
#![cfg(unix)]

use std::fs;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::files::{RGB, colours, model};
use crate::run::Desk;

fn spawn(desk: &Desk, line: &str) -> Child {
    let words: Vec<&str> = line.split(' ').collect();
    let mut command = desk.command(&words);
    command.args(["--threads", "1"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

fn signal(child: &Child, name: &str) {
    let killed = std::process::Command::new("kill")
        .args([&format!("-{name}"), &child.id().to_string()])
        .status();
    assert!(killed.unwrap().success());
}

/// Whether this process, and so every command that it starts, ignores a signal.
fn is_ignored(signal: u32) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

#[track_caller]
fn wait_for(what: &str, done: impl Fn() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(120), "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_run_that_is_ended_keeps_what_it_has_learnt_and_says_by_what() {
    for (name, by, code) in [
        ("INT", "Ctrl-C", 130),
        ("TERM", "SIGTERM", 143),
        ("HUP", "SIGHUP", 129),
    ] {
        if name == "HUP" && is_ignored(1) {
            eprintln!("skipped: SIGHUP is ignored where the tests run, as under nohup");
            continue;
        }
        let desk = Desk::new();
        let child = spawn(&desk, "train --epochs 100000 --out run");
        let metrics = desk.join("run/metrics.jsonl");
        wait_for("an epoch", || {
            fs::metadata(&metrics).is_ok_and(|file| file.len() > 0)
        });
        signal(&child, name);
        let output = child.wait_with_output().unwrap();
        let out = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(code), "{out}");
        assert!(out.contains(&format!("stopped by {by}")), "{out}");
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
        desk.run("evaluate run/model.safetensors").fine();
        assert_eq!(desk.value("run/run.json")["end"]["finished"], false);
    }
}

#[test]
fn a_hangup_that_is_ignored_stays_ignored() {
    let desk = Desk::new();
    let mut command = std::process::Command::new("sh");
    command.args(["-c", "trap '' HUP; exec \"$0\" \"$@\""]);
    command.arg(env!("CARGO_BIN_EXE_stepnet"));
    command.args([
        "train",
        "--epochs",
        "100000",
        "--out",
        "run",
        "--threads",
        "1",
    ]);
    let child = command
        .current_dir(desk.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = || fs::metadata(desk.join("run/metrics.jsonl")).map_or(0, |file| file.len());
    wait_for("an epoch", || lines() > 0);
    signal(&child, "HUP");
    let then = lines();
    wait_for("more epochs", || lines() > then + 2000);
    signal(&child, "TERM");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(143));
}

#[test]
fn a_long_step_is_not_waited_for_and_the_run_goes_on_to_the_same_weights() {
    let desk = Desk::new();
    colours(&desk.join("data"), &RGB, 40, 32);
    // One step takes seconds: all examples, in twelve layers.
    let network = "[conv(24,3,same)->relu]x12->globalavgpool->linear(classes)->softmax";
    let line = format!("train data --model {network} --batch all --epochs 2 --hold-out 0.5");
    let start = Instant::now();
    desk.run(&format!("{line} --out whole")).fine();
    // In the middle of a step on any machine.
    let pause = start.elapsed() / 8;
    let child = spawn(&desk, &format!("{line} --out run --checkpoint-every 1step"));
    wait_for("the run's description", || {
        desk.join("run/run.json").exists()
    });
    std::thread::sleep(pause);
    let start = Instant::now();
    signal(&child, "TERM");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(143));
    assert!(
        start.elapsed() < Duration::from_secs(8),
        "{:?}",
        start.elapsed()
    );
    desk.run("train --resume run").fine();
    let weights =
        |run: &str| crate::files::tensors(&desk.bytes(&format!("{run}/model.safetensors")));
    assert!(weights("whole") == weights("run"));
    let scores = |run: &str| -> Vec<_> {
        let lines = desk.metrics(&format!("{run}/metrics.jsonl"));
        lines
            .iter()
            .map(|line| (line["train_loss"].clone(), line["test_loss"].clone()))
            .collect()
    };
    assert_eq!(scores("whole"), scores("run"));
}

#[test]
fn commands_with_nothing_to_lose_end_at_once() {
    let desk = Desk::new();
    colours(&desk.join("data"), &RGB, 400, 64);
    let tensors: [(&str, &[usize], Vec<f32>); 2] = [
        ("linear1.weight", &[1, 4], vec![2.0; 4]),
        ("linear1.bias", &[1], vec![-4.0]),
    ];
    let network = "linear(1) -> sigmoid";
    model(&desk.join("m"), network, "binary-cross-entropy", &tensors);
    for line in [
        "predict m data --csv c.svg",
        "gradcheck resnet20 --samples 4000",
        "verify-course",
        "find-lr data --model resnet20 --steps 1000 --svg c.svg",
        "inspect resnet20 --time",
    ] {
        // On a machine that is done before the signal comes, it comes sooner.
        let (mut start, mut code, mut err) = (Instant::now(), Some(0), String::new());
        for wait in [300, 100, 30] {
            let child = spawn(&desk, line);
            std::thread::sleep(Duration::from_millis(wait));
            start = Instant::now();
            signal(&child, "TERM");
            let output = child.wait_with_output().unwrap();
            code = output.status.code();
            err = String::from_utf8(output.stderr).unwrap();
            if code != Some(0) {
                break;
            }
            fs::remove_file(desk.join("c.svg")).ok();
        }
        assert_eq!(code, Some(143), "{line}");
        // A check of gradients shows what it has checked so far.
        if !line.starts_with("gradcheck") {
            assert!(err.ends_with("stopped by SIGTERM\n"), "{line}: {err}");
        }
        assert!(
            start.elapsed() < Duration::from_secs(5),
            "{line}: {:?}",
            start.elapsed()
        );
    }
    assert!(!desk.join("c.svg").exists());
}

#[test]
fn a_folder_that_moves_and_metrics_that_go_are_followed() {
    let desk = Desk::new();
    let child = spawn(&desk, "train --epochs 100000 --out run");
    let size = |name: &str| fs::metadata(desk.join(name)).map_or(0, |file| file.len());
    wait_for("an epoch", || size("run/metrics.jsonl") > 0);
    fs::rename(desk.join("run"), desk.join("moved")).unwrap();
    // Another folder takes the name; nothing is written there.
    fs::create_dir(desk.join("run")).unwrap();
    fs::remove_file(desk.join("moved/metrics.jsonl")).unwrap();
    wait_for("metrics again", || size("moved/metrics.jsonl") > 0);
    signal(&child, "TERM");
    let output = child.wait_with_output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(143), "{err}");
    assert!(
        err.contains("run: was moved; the run continues in "),
        "{err}"
    );
    assert_eq!(fs::read_dir(desk.join("run")).unwrap().count(), 0);
    let epochs = desk.metrics("moved/metrics.jsonl").into_iter();
    let epochs: Vec<u64> = epochs.map(|line| line["epoch"].as_u64().unwrap()).collect();
    assert!(epochs.iter().copied().eq(1..=epochs.len() as u64));
    desk.run("evaluate moved/model.safetensors").fine();
    desk.run("compare moved moved").fine();
}
