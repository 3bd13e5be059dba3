//! What examples a run sees, and how: augmentation, balance, workers.

use crate::files::{colours, mnist};
use crate::run::Desk;

const MODEL: &str = "flatten -> linear(16) -> relu -> dropout(0.2) -> linear(classes) -> softmax";

#[test]
fn workers_and_threads_leave_the_same_model_with_augmentation() {
    let desk = Desk::new();
    let train = |out: &str, workers: &str, threads: &str| {
        let mut command = desk.command(&["train", "--epochs", "2", "--out", out, "--model", MODEL]);
        command.args([
            "--augment",
            "flip, crop(1), rotate(8), jitter(0.1), cutout(2), mixup(0.2)",
        ]);
        command.args(["--workers", workers, "--threads", threads]);
        let output = command.output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        desk.bytes(&format!("{out}/model.safetensors"))
    };
    let one = train("one", "0", "1");
    assert!(one == train("two", "1", "2"));
    assert!(one == train("four", "4", "2"));
    let metrics = desk.metrics("two/metrics.jsonl");
    for line in metrics {
        let waited = line["waited"].as_f64().unwrap();
        assert!((0.0..=1.0).contains(&waited), "{waited}");
    }
    desk.args(&["train", "--epochs", "2", "--out", "plain", "--model", MODEL])
        .fine();
    assert!(
        one != desk.bytes("plain/model.safetensors"),
        "augmentation changes nothing"
    );
}

#[test]
fn augmentation_is_told_and_what_is_wrong_with_one_is_named() {
    let desk = Desk::new();
    mnist(&desk.join("data"), 8, 4);
    let with = |augment: &str| {
        desk.args(&[
            "train",
            "data",
            "--model",
            "flatten -> linear(classes) -> softmax",
            "--epochs",
            "1",
            "--overwrite",
            "--out",
            "run",
            "--augment",
            augment,
        ])
    };
    let out = with("Flip,crop(1)").fine();
    assert!(
        out.contains("training images are augmented: flip, crop(1)"),
        "{out}"
    );
    with("flop").fails(
        2,
        &[
            "--augment",
            "'flop'",
            "did you mean \"flip\"",
            "cutout(PIXELS)",
        ],
    );
    with("rotate(500)").fails(2, &["rotate(500)", "from 0 to 180"]);
    with("crop(4)").fails(2, &["crop(4)", "at most 3", "4x4"]);
    with("cutout(5)").fails(2, &["cutout(5)", "at most 4"]);
    desk.run("train --workers x")
        .fails(2, &["--workers", "from 0 to 64"]);
    desk.run("train --balance evenly")
        .fails(2, &["--balance", "sampling"]);
    desk.run("train --balance sampling --no-shuffle")
        .fails(2, &["--no-shuffle"]);
}

#[test]
fn unequal_classes_are_remarked_and_sampling_evens_them_out() {
    let desk = Desk::new();
    colours(&desk.join("data"), &[("dark", [10, 10, 10])], 12, 4);
    colours(&desk.join("data"), &[("light", [240, 240, 240])], 3, 4);
    let line = "train data --model flatten->linear(classes)->softmax --hold-out 0 --epochs 2 --overwrite --out run";
    let notes = desk.run(line).noted();
    assert!(
        notes.contains("note: classes are unequal: 12 examples of dark, 3 of light"),
        "{notes}"
    );
    let plain = desk.bytes("run/model.safetensors");
    let notes = desk.run(&format!("{line} --balance sampling")).noted();
    assert!(!notes.contains("unequal"), "{notes}");
    let sampled = desk.bytes("run/model.safetensors");
    desk.run(&format!("{line} --balance weights")).fine();
    let weighed = desk.bytes("run/model.safetensors");
    assert!(plain != sampled && plain != weighed && sampled != weighed);
    // 15 examples of 2 classes: 15 / 24 and 15 / 6.
    let text = String::from_utf8_lossy(&weighed).replace('\\', "");
    assert!(
        text.contains("\"class_weights\":[0.625,2.5]"),
        "the weights are not told"
    );
    desk.run("train --balance weights --class-weights 1,2")
        .fails(2, &["--class-weights"]);
}

#[test]
fn unreadable_pictures_are_skipped_when_asked_and_found_again_at_evaluation() {
    let desk = Desk::new();
    colours(
        &desk.join("data"),
        &[("dark", [10, 10, 10]), ("light", [240, 240, 240])],
        6,
        4,
    );
    std::fs::write(desk.join("data/dark/broken.png"), b"no picture").unwrap();
    let line =
        "train data --model flatten->linear(classes)->softmax --epochs 1 --overwrite --out run";
    desk.run(line)
        .fails(2, &["broken.png", "not an image", "--skip-bad"]);
    let ran = desk.run(&format!("{line} --skip-bad --stream"));
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
    assert!(
        ran.err.starts_with("skipped: ") && ran.err.contains("broken.png: not an image"),
        "{}",
        ran.err
    );
    assert!(
        ran.out.contains("decoded as they are needed"),
        "{}",
        ran.out
    );
    let streamed = desk.bytes("run/model.safetensors");
    let ran = desk.run(&format!("{line} --skip-bad --workers 3"));
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(
        streamed == desk.bytes("run/model.safetensors"),
        "streaming changes the weights"
    );
    // The held-out part is found again, and other data is refused or skipped alike.
    let ran = desk.run("evaluate run/model.safetensors");
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.err.contains("skipped: "), "{}", ran.err);
    desk.run("evaluate run/model.safetensors data")
        .fails(2, &["broken.png"]);
    let ran = desk.run("evaluate run/model.safetensors data --skip-bad");
    assert!(
        ran.code == Some(0) && ran.out.contains("12 examples"),
        "{}",
        ran.out
    );
    desk.run("train data --data-memory much")
        .fails(2, &["--data-memory", "512MiB"]);
}
