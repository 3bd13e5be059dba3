//! Hashes of weights, traces of them, and where two runs part.

use std::fs;

use crate::resume::hash;
use crate::run::Desk;

/// A small run with layers that run on several threads.
fn train(desk: &Desk, out: &str, threads: &str, more: &[&str]) -> String {
    let network =
        "conv(4, 3, same) -> relu -> maxpool(2) -> dropout(0.2) -> linear(classes) -> softmax";
    let mut arguments = vec!["train", "--model", network, "--epochs", "2", "--out", out];
    arguments.extend(more);
    let mut command = desk.command(&arguments);
    let output = command.args(["--threads", threads]).output().unwrap();
    let (out, err) = (output.stdout, String::from_utf8_lossy(&output.stderr));
    let silent = err.lines().all(|line| line.starts_with("note: "));
    assert!(output.status.success() && silent, "{err}");
    String::from_utf8(out).unwrap()
}

#[test]
fn the_hash_does_not_depend_on_the_threads_nor_on_the_loader() {
    let desk = Desk::new();
    let hashes = [("1", "0"), ("2", "1"), ("4", "3")].map(|(threads, workers)| {
        let out = train(
            &desk,
            threads,
            threads,
            &[
                "--trace-hashes=gradients",
                "--augment",
                "flip, crop(1), rotate(5), cutout(2), mixup(0.2)",
                "--balance",
                "sampling",
                "--workers",
                workers,
            ],
        );
        let said = hash(&out);
        let end = desk.value(&format!("{threads}/run.json"))["end"].clone();
        let full = end["weights"].as_str().unwrap().to_owned();
        assert!(full.len() == 64 && full.starts_with(&said), "{full} {said}");
        full
    });
    assert_eq!(hashes[0], hashes[1]);
    assert_eq!(hashes[0], hashes[2]);
    for other in ["2", "4"] {
        let said = desk.run(&format!("compare 1 {other}")).fine();
        assert!(
            said.contains("identical: the weights after each of 90 steps"),
            "{said}"
        );
        assert!(said.contains("options and data are the same"), "{said}");
    }
    // The shorter of two is a part of the longer.
    train(
        &desk,
        "short",
        "1",
        &["--trace-hashes", "--schedule", "constant"],
    );
    let trace = String::from_utf8(desk.bytes("short/trace.jsonl")).unwrap();
    let cut: String = trace.split_inclusive('\n').take(7).collect();
    fs::create_dir(desk.join("cut")).unwrap();
    fs::write(desk.join("cut/trace.jsonl"), format!("{cut}{{\"step\": 8,")).unwrap();
    let said = desk.run("compare cut short").fine();
    assert!(
        said.contains("identical up to the end of the shorter: the weights after each of 7 steps"),
        "{said}"
    );
}

/// The scores of a part of an epoch are no others than those of the whole one: the run was stopped.
#[test]
fn a_run_that_was_stopped_does_not_part_from_one_that_was_not() {
    let desk = Desk::new();
    train(&desk, "whole", "1", &["--schedule", "constant"]);
    fs::create_dir(desk.join("stopped")).unwrap();
    for name in ["run.json", "model.safetensors"] {
        fs::copy(
            desk.join("whole").join(name),
            desk.join("stopped").join(name),
        )
        .unwrap();
    }
    let metrics = String::from_utf8(desk.bytes("whole/metrics.jsonl")).unwrap();
    let mut last: serde_json::Value =
        serde_json::from_str(metrics.lines().last().unwrap()).unwrap();
    let stop = |line: &mut serde_json::Value, interrupted: bool| {
        line["interrupted"] = interrupted.into();
        line["train_loss"] = 9.0.into();
        let kept: String = metrics
            .split_inclusive('\n')
            .take(metrics.lines().count() - 1)
            .collect();
        fs::write(
            desk.join("stopped/metrics.jsonl"),
            format!("{kept}{line}\n"),
        )
        .unwrap();
    };
    stop(&mut last, true);
    let said = desk.run("compare whole stopped").fine();
    assert!(
        said.contains("from different times and are not compared"),
        "{said}"
    );
    // Two that were stopped may have been so at different steps.
    for (run, again) in [("a", "stopped"), ("b", "stopped")] {
        fs::create_dir(desk.join(run)).unwrap();
        for name in ["run.json", "metrics.jsonl"] {
            fs::copy(desk.join(again).join(name), desk.join(run).join(name)).unwrap();
        }
    }
    let said = desk.run("compare a b").fine();
    assert!(
        said.contains(
            "one run was stopped during the next epoch, so their models are from different"
        ),
        "{said}"
    );
    stop(&mut last, false);
    let ran = desk.run("compare whole stopped");
    assert_eq!(ran.code, Some(1), "{}", ran.out);
    assert!(ran.out.contains("the runs diverge in epoch"), "{}", ran.out);
}

#[test]
fn where_runs_part_is_named() {
    let desk = Desk::new();
    train(&desk, "a", "1", &["--trace-hashes=gradients"]);
    train(
        &desk,
        "frozen",
        "1",
        &["--trace-hashes=gradients", "--freeze", "conv1"],
    );
    let parts = |arguments: &str, parts: &[&str]| {
        let ran = desk.run(arguments);
        assert_eq!((ran.code, ran.err.as_str()), (Some(1), ""), "{}", ran.out);
        for part in parts {
            assert!(ran.out.contains(part), "{part:?} is not in {}", ran.out);
        }
    };
    parts(
        "compare a frozen",
        &[
            "--freeze differs: not given and conv1",
            "diverge at step 1 (epoch 1)",
            "weights to differ are layer conv1, tensor weight",
        ],
    );
    // One bit of one array at one step.
    let trace = String::from_utf8(desk.bytes("a/trace.jsonl")).unwrap();
    let mut lines: Vec<String> = trace.split_inclusive('\n').map(str::to_owned).collect();
    let mut line: serde_json::Value = serde_json::from_str(&lines[29]).unwrap();
    let arrays = line["weights"].as_array().unwrap().len();
    let changed = &mut line["weights"][arrays - 1];
    let (layer, tensor) = (changed[0].clone(), changed[1].clone());
    changed[2] = "0".repeat(64).into();
    lines[29] = format!("{line}\n");
    fs::create_dir(desk.join("b")).unwrap();
    fs::write(desk.join("b/trace.jsonl"), lines.concat()).unwrap();
    let place = format!(
        "at step 30 (epoch 1): the first weights to differ are layer {}, tensor {}",
        layer.as_str().unwrap(),
        tensor.as_str().unwrap()
    );
    parts("compare a b", &[&place, "run.json is missing"]);

    // Without traces there are the scores and the models.
    train(&desk, "c", "1", &[]);
    train(&desk, "d", "1", &["--seed", "1"]);
    parts(
        "compare c d",
        &[
            "--seed differs: 0 and 1",
            "no trace.jsonl in c and d",
            "diverge in epoch 1",
            "differ in 4 of 4 tensors",
        ],
    );
    let said = desk.run("compare a c").fine();
    assert!(
        said.contains("same to the bit") && said.contains("no trace.jsonl in c"),
        "{said}"
    );

    desk.run("compare a nothing")
        .fails(2, &["nothing: is not a folder"]);
    fs::create_dir(desk.join("empty")).unwrap();
    desk.run("compare a empty").fails(
        2,
        &["empty: is not a run folder", "run.json", "metrics.jsonl"],
    );
    fs::write(desk.join("b/trace.jsonl"), "{}\n").unwrap();
    desk.run("compare a b")
        .fails(2, &["b/trace.jsonl: line 1 is not a line of a trace"]);
    fs::write(desk.join("b/run.json"), "[1]").unwrap();
    desk.run("compare a b")
        .fails(2, &["b/run.json: not a description of a run"]);
}
