//! What a run leaves beside its model: early stopping's choice, the report, event files.

use std::fs;

use crate::run::Desk;

/// Learns in no time.
const SMALL: &str = "--model linear(classes)->softmax";

#[test]
fn a_run_leaves_a_report_of_what_it_learnt() {
    let desk = Desk::new();
    let name = "<b>run";
    let text = "conv(2, 3) -> relu -> linear(classes) -> softmax";
    let out = ["train", "--model", text, "--epochs", "2", "--out", name];
    desk.args(&out).fine();
    let page = String::from_utf8(desk.bytes("<b>run/report.html")).unwrap();
    for part in [
        "<title>Training report: &lt;b&gt;run</title>",
        "chart-loss-title",
        "Finished after 2 epochs.",
        "class=\"confusion\"",
        "precision",
        "conv1",
        "data:image/png;base64,",
        "weights (SHA-256)",
    ] {
        assert!(page.contains(part), "{part} is not in the report");
    }
    assert!(!page.contains("<b>run"), "names are escaped");
    // The report is one of the files that are not to be overwritten unasked.
    fs::remove_file(desk.join("<b>run/model.safetensors")).unwrap();
    desk.args(&out).fails(2, &["--overwrite"]);

    desk.run(&format!(
        "train {SMALL} --epochs 1 --hold-out 0 --out untested"
    ))
    .fine();
    let page = String::from_utf8(desk.bytes("untested/report.html")).unwrap();
    assert!(page.contains("chart-loss") && !page.contains("class=\"confusion\""));
}

#[test]
fn early_stopping_keeps_the_best_weights() {
    let desk = Desk::new();
    // At such a rate the digits are learnt at once and get no better for long.
    let line =
        format!("train {SMALL} --epochs 60 --lr 0.02 --schedule constant --early-stop 2 --out run");
    let out = desk.run(&line).fine();
    let metrics = desk.metrics("run/metrics.jsonl");
    assert!(metrics.len() < 60, "{out}");
    let key = |record: &serde_json::Value| {
        let number = |name: &str| record[name].as_f64().unwrap();
        (number("test_accuracy"), -number("test_loss"))
    };
    let mut best = 0;
    for (epoch, record) in metrics.iter().enumerate() {
        if key(record) > key(&metrics[best]) {
            best = epoch;
        }
    }
    assert_eq!(
        best + 3,
        metrics.len(),
        "two epochs without a better score: {out}"
    );
    let said = format!(
        "stopped early: no improvement for 2 epochs; the best weights, those after epoch {}, are saved",
        best + 1
    );
    assert!(out.contains(&said), "{out}");
    let found = desk.run("evaluate run/model.safetensors --json").fine();
    let found: serde_json::Value = serde_json::from_str(&found).unwrap();
    assert_eq!(found["accuracy"], metrics[best]["test_accuracy"]);
    // A run that was stopped early has nothing left to do.
    desk.run("train --resume run").fine();
    assert_eq!(desk.metrics("run/metrics.jsonl").len(), metrics.len());

    desk.run("train --early-stop 2 --hold-out 0")
        .fails(2, &["--early-stop needs test data"]);
    desk.run("train --early-stop 0")
        .fails(2, &["--early-stop", "from 1"]);
    desk.run("train --min-delta 0.1")
        .fails(2, &["--early-stop"]);
}

#[cfg(feature = "tensorboard")]
#[test]
fn event_files_are_written_for_training_and_test() {
    let desk = Desk::new();
    desk.run(&format!(
        "train {SMALL} --epochs 1 --tensorboard --tensorboard-every 10 --out run"
    ))
    .fine();
    for (part, tags) in [
        (
            "train",
            &[
                "epoch/loss",
                "epoch/accuracy",
                "epoch/learning_rate",
                "epoch/images_per_second",
                "step/loss",
            ][..],
        ),
        ("test", &["epoch/loss", "epoch/accuracy"]),
    ] {
        let folder = desk.join("run/tensorboard").join(part);
        let files: Vec<_> = fs::read_dir(&folder)
            .unwrap()
            .map(|file| file.unwrap().path())
            .collect();
        assert_eq!(files.len(), 1);
        assert!(files[0].to_str().unwrap().contains("events.out.tfevents."));
        let bytes = fs::read(&files[0]).unwrap();
        for tag in tags {
            let there = bytes
                .windows(tag.len())
                .any(|window| window == tag.as_bytes());
            assert!(there, "{tag} is not in {part}");
        }
    }
    // An earlier run's would be drawn with those of the one in its place.
    desk.run(&format!(
        "train {SMALL} --epochs 1 --tensorboard --out run --overwrite"
    ))
    .fine();
    for part in ["train", "test"] {
        let folder = desk.join("run/tensorboard").join(part);
        assert_eq!(fs::read_dir(folder).unwrap().count(), 1, "{part}");
    }
    desk.run(&format!(
        "train {SMALL} --epochs 1 --tensorboard=board --out other"
    ))
    .fine();
    assert!(desk.join("board/test").is_dir() && !desk.join("other/tensorboard").exists());
    // The settings of the first run say it; those of the second name the folder as seen from anywhere.
    desk.run("train --settings other/settings.toml --out again")
        .fine();
    let files = |part: &str| fs::read_dir(desk.join(part)).unwrap().count();
    assert_eq!((files("board/train"), files("board/test")), (2, 2));
    desk.run("train --settings run/settings.toml --out third")
        .fine();
    assert_eq!(files("third/tensorboard/test"), 1);
    assert_eq!(
        desk.value("third/run.json")["settings"]["tensorboard"],
        true
    );
    desk.run(&format!("train {SMALL} --tensorboard-every 10"))
        .fails(2, &["--tensorboard"]);
}
