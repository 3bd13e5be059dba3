//! `stepnet train`: the main job, what it leaves behind, and what it never loses.

use std::fs;
use std::time::{Duration, Instant};

use crate::files::{RGB, colours, mnist, tensors};
use crate::run::Desk;

#[test]
fn digits_need_no_arguments_and_leave_a_run_folder() {
    let desk = Desk::new();
    let out = desk.run("train --epochs 8").fine();
    assert!(out.contains("held out 359 of 1797 examples"), "{out}");
    let metrics = desk.metrics("runs/digits-1/metrics.jsonl");
    assert_eq!(metrics.len(), 8);
    for (number, line) in metrics.iter().enumerate() {
        assert_eq!(line["epoch"], number + 1);
        assert_eq!(line["interrupted"], false);
        assert!(line["train_loss"].as_f64().unwrap() > 0.0, "{line}");
    }
    let accuracy = metrics[7]["test_accuracy"].as_f64().unwrap();
    assert!(accuracy > 0.92, "held-out accuracy {accuracy}");
    let said = format!("held-out accuracy {:.2} %", 100.0 * accuracy);
    assert!(out.contains(&said), "{said} is not in {out}");

    let svg = String::from_utf8(desk.bytes("runs/digits-1/curves.svg")).unwrap();
    assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
    for needed in [
        "class=\"curve c1\"",
        "Loss",
        "Accuracy",
        "training",
        "held out",
    ] {
        assert!(svg.contains(needed), "no {needed} in curves.svg");
    }
    // Evaluating finds the same held-out part again.
    let json = desk
        .run("evaluate runs/digits-1/model.safetensors --json")
        .fine();
    let found: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(found["examples"], 359);
    assert!((found["accuracy"].as_f64().unwrap() - accuracy).abs() < 1e-12);
    // A second run takes the next folder.
    desk.run("train --epochs 1").fine();
    assert!(desk.join("runs/digits-2/model.safetensors").is_file());
}

#[test]
fn the_same_seed_gives_the_same_bytes_on_any_number_of_threads() {
    let desk = Desk::new();
    let train = |out: &str, threads: &str, seed: &str| {
        let arguments = ["train", "--epochs", "2", "--out", out, "--seed", seed];
        let mut command = desk.command(&arguments);
        let output = command.args(["--threads", threads]).output().unwrap();
        assert!(output.status.success());
        desk.bytes(&format!("{out}/model.safetensors"))
    };
    let one = train("one", "1", "5");
    assert!(
        one == train("two", "2", "5"),
        "weights depend on the threads"
    );
    assert!(one != train("other", "2", "6"), "the seed changes nothing");
}

#[test]
fn folders_of_pictures_train_and_carry_on_with_other_classes() {
    let desk = Desk::new();
    colours(&desk.join("three"), &RGB, 12, 10);
    colours(
        &desk.join("two"),
        &[("dark", [10; 3]), ("light", [210; 3])],
        8,
        6,
    );
    let network = "conv(4, 3, same) -> relu -> maxpool(2) -> flatten -> linear(classes) -> softmax";
    let arguments = [
        "train", "three", "--model", network, "--epochs", "30", "--lr", "0.01", "--out", "a",
    ];
    let out = desk.args(&arguments).fine();
    assert!(out.contains("held-out accuracy 100.00 %"), "{out}");

    let out = desk
        .run("train two --from a/model.safetensors --freeze conv --epochs 2 --out b")
        .fine();
    assert!(out.contains("stretched to 10x10x3"), "{out}");
    assert!(out.contains("(frozen)"), "{out}");
    let total = "parameters (202 of them trainable), ";
    assert!(out.contains(total), "{out}");
    let (from, to) = (
        desk.bytes("a/model.safetensors"),
        desk.bytes("b/model.safetensors"),
    );
    let (from, to) = (tensors(&from), tensors(&to));
    let find = |all: &[(String, Vec<u8>)], name: &str| {
        all.iter()
            .find(|(other, _)| other == name)
            .unwrap()
            .1
            .clone()
    };
    for name in ["conv1.weight", "conv1.bias"] {
        assert!(find(&from, name) == find(&to, name), "{name} was frozen");
    }
    assert_eq!(find(&from, "linear1.weight").len(), 4 * 3 * 100);
    assert_eq!(find(&to, "linear1.weight").len(), 4 * 2 * 100);
    // Without --freeze they move.
    desk.run("train two --from a/model.safetensors --transfer all --epochs 1 --out c")
        .fine();
    let moved = tensors(&desk.bytes("c/model.safetensors"));
    assert!(find(&from, "conv1.weight") != find(&moved, "conv1.weight"));
}

#[test]
fn a_data_sets_own_test_part_is_found_again_by_evaluate() {
    let desk = Desk::new();
    mnist(&desk.join("data"), 40, 12);
    let network = "flatten -> linear(classes) -> softmax";
    let arguments = [
        "train", "data", "--model", network, "--epochs", "3", "--out", "run",
    ];
    desk.args(&arguments).fine();
    let own = desk.run("evaluate run/model.safetensors").fine();
    assert_eq!(own, desk.run("evaluate run/model.safetensors data").fine());
    assert!(own.contains("12 examples"), "{own}");

    let given = [
        "train", "data", "--test", "data", "--model", network, "--epochs", "3", "--out", "other",
    ];
    desk.args(&given).fine();
    assert_eq!(own, desk.run("evaluate other/model.safetensors").fine());
}

#[test]
fn evaluate_notices_that_the_data_has_changed() {
    let desk = Desk::new();
    colours(&desk.join("data"), &RGB, 10, 8);
    desk.run("train data --epochs 1 --out run").fine();
    fs::remove_file(desk.join("data/red/003.bmp")).unwrap();
    desk.run("evaluate run/model.safetensors").fails(
        2,
        &[
            "data: ",
            "29 examples instead of 30",
            "cannot be reproduced",
        ],
    );
    fs::remove_dir_all(desk.join("data")).unwrap();
    desk.run("evaluate run/model.safetensors").fails(
        2,
        &["data: no longer exists", "name the data to evaluate on"],
    );
}

#[test]
fn an_earlier_run_is_not_replaced_unasked() {
    let desk = Desk::new();
    desk.run("train --epochs 1 --out run").fine();
    let model = desk.bytes("run/model.safetensors");
    let refused = desk.run("train --epochs 1 --seed 3 --out run");
    refused.fails(2, &["run: holds the model.safetensors", "--overwrite"]);
    assert_eq!(refused.out, "", "refused before anything is read");
    assert!(model == desk.bytes("run/model.safetensors"));
    // Neither is a lone file that happens to have a name of ours.
    fs::create_dir(desk.join("mine")).unwrap();
    fs::write(desk.join("mine/metrics.jsonl"), "my notes").unwrap();
    desk.run("train --epochs 1 --out mine")
        .fails(2, &["metrics.jsonl"]);
    assert_eq!(desk.bytes("mine/metrics.jsonl"), b"my notes");

    desk.run("train --epochs 2 --seed 3 --out run --overwrite")
        .fine();
    assert!(model != desk.bytes("run/model.safetensors"));
    assert_eq!(desk.metrics("run/metrics.jsonl").len(), 2);
}

#[test]
fn a_loss_that_is_not_finite_ends_the_run_and_replaces_nothing() {
    let desk = Desk::new();
    desk.run("train --lr 1e30 --epochs 2 --out new").fails(
        1,
        &[
            "the loss is ",
            "at update 2",
            "lower learning rate",
            "no model is written",
        ],
    );
    assert!(
        !desk.join("new").exists(),
        "an empty run folder stays behind"
    );

    desk.run("train --epochs 1 --out run").fine();
    let (model, metrics) = (
        desk.bytes("run/model.safetensors"),
        desk.bytes("run/metrics.jsonl"),
    );
    desk.run("train --lr 1e30 --epochs 2 --out run --overwrite")
        .fails(1, &["no model is written"]);
    assert!(model == desk.bytes("run/model.safetensors"));
    assert_eq!(metrics, desk.bytes("run/metrics.jsonl"));
    // One epoch of one update: only looking at the weights afterwards shows what became of them.
    desk.run("train --lr 1e38 --epochs 1 --batch all --out last")
        .fails(
            1,
            &["at the end of epoch 1 the loss on the test data is NaN: layer conv1 (conv(32, 3, same)) is the first"],
        );
    let large = "--lr 1e38 --optimizer gd --divisor 1e-6";
    desk.run(&format!(
        "train {large} --epochs 1 --batch all --out last --hold-out 0"
    ))
    .fails(
        1,
        &["at the end of epoch 1 the weight of layer conv1 is not finite: "],
    );
    assert!(!desk.join("last").exists());
}

#[test]
fn a_first_epoch_that_fails_leaves_the_weights_of_the_last_finite_loss() {
    let desk = Desk::new();
    colours(&desk.join("data"), &RGB, 40, 4);
    // Each update multiplies the weights; in `f32` it takes some tens of them to the end of the range.
    let run = |out: &str, more: &str| {
        let text = "train data --model flatten->linear(6)->linear(classes) --optimizer gd --lr 0.5";
        let settings = "--schedule constant --hold-out 0 --batch 1 --epochs 1 --out";
        desk.run(&format!("{text} {settings} {out} {more}"))
    };
    let ran = run("run", "");
    ran.fails(1, &["layer linear", " of the first epoch are saved in run"]);
    let out = desk.run("inspect run/model.safetensors").fine();
    assert!(!out.contains("warning"), "{out}");
    assert!(desk.join("run/report.html").is_file());
    // What was there before is kept in its place.
    desk.run("train --epochs 1 --out old").fine();
    let before = desk.bytes("old/model.safetensors");
    run("old", "--overwrite").fails(1, &["no model is written"]);
    assert!(before == desk.bytes("old/model.safetensors"));
}

#[test]
fn weights_of_the_last_good_epoch_are_kept() {
    let desk = Desk::new();
    // Too fast, but not at once: the weights double and more at each update.
    colours(&desk.join("data"), &RGB, 10, 4);
    let arguments = [
        "train",
        "data",
        "--model",
        "flatten -> linear(6) -> linear(classes)",
        "--optimizer",
        "gd",
        "--lr",
        "0.5",
        "--schedule",
        "constant",
        "--epochs",
        "5000",
        "--hold-out",
        "0",
        "--batch",
        "all",
        "--out",
        "run",
    ];
    let ran = desk.args(&arguments);
    ran.fails(1, &["weights after epoch ", "are saved in run"]);
    let epochs = desk.metrics("run/metrics.jsonl").len();
    assert!(
        ran.err.contains(&format!("after epoch {epochs} ")),
        "{}",
        ran.err
    );
    let out = desk.run("inspect run/model.safetensors").fine();
    assert!(!out.contains("warning"), "{out}");
    assert!(desk.join("run/curves.svg").is_file());
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_at_the_next_step_and_keeps_what_is_learnt() {
    let desk = Desk::new();
    let arguments = [
        "train",
        "--epochs",
        "100000",
        "--out",
        "run",
        "--threads",
        "1",
    ];
    let child = desk
        .command(&arguments)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let start = Instant::now();
    while fs::metadata(desk.join("run/metrics.jsonl")).map_or(0, |file| file.len()) == 0 {
        assert!(start.elapsed() < Duration::from_secs(60), "no epoch ended");
        std::thread::sleep(Duration::from_millis(20));
    }
    let killed = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(killed.unwrap().success());
    let output = child.wait_with_output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(130), "{out}");
    assert!(out.contains("stopped by Ctrl-C"), "{out}");
    let metrics = desk.metrics("run/metrics.jsonl");
    // It may have come behind an epoch's last step: then that epoch is whole.
    assert!(metrics.len() < 100_000);
    assert!(
        metrics[..metrics.len() - 1]
            .iter()
            .all(|epoch| epoch["interrupted"] == false)
    );
    assert!(desk.join("run/curves.svg").is_file());
    let out = desk.run("evaluate run/model.safetensors --json").fine();
    let found: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(found["accuracy"], metrics.last().unwrap()["test_accuracy"]);
}

#[test]
fn a_closed_pipe_does_not_stop_training() {
    let desk = Desk::new();
    let mut child = desk
        .command(&["train", "--epochs", "2", "--out", "run", "--threads", "1"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(desk.metrics("run/metrics.jsonl").len(), 2);
}
