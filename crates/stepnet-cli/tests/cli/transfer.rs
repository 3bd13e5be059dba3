//! Runs that start from a model with other outputs, and the features that they are made of.

use std::fs;

use serde_json::Value;
use stepnet::nn::{Model, Network, Preprocessing};

use crate::files::{RGB, bmp, colours};
use crate::run::Desk;

const NETWORK: &str =
    "conv(4, 3, same) -> bn -> relu -> globalavgpool -> linear(classes) -> softmax";

/// A model of three colours, and pictures of two other classes.
fn desk() -> Desk {
    let desk = Desk::new();
    colours(&desk.join("three"), &RGB, 8, 6);
    let others = [("dark", [10, 20, 10]), ("light", [200, 210, 180])];
    colours(&desk.join("two"), &others, 12, 6);
    let train = [
        "train", "three", "--model", NETWORK, "--epochs", "2", "--out", "a",
    ];
    desk.args(&train).fine();
    desk
}

/// Runs `embed`, which says on the standard error what it did.
fn embeds(desk: &Desk, line: &str) {
    let ran = desk.run(line);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(
        ran.err.contains("4 features of ") && ran.err.contains("0 failed"),
        "{}",
        ran.err
    );
}

/// The beginning of the hash in what `train` prints.
fn hash(out: &str) -> String {
    let line = out.lines().find(|line| line.starts_with("weights "));
    line.unwrap_or_else(|| panic!("{out}")).to_owned()
}

/// The tensors of the layers before the last, as they are in a file.
fn backbone(desk: &Desk, name: &str) -> Vec<(String, Vec<u8>)> {
    let bytes = desk.bytes(name);
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header: Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    let tensors = header.as_object().unwrap().iter();
    let tensors =
        tensors.filter(|(name, _)| name.starts_with("conv1.") || name.starts_with("bn1."));
    tensors
        .map(|(name, about)| {
            let at = |end: usize| about["data_offsets"][end].as_u64().unwrap() as usize;
            (name.clone(), bytes[8 + length..][at(0)..at(1)].to_vec())
        })
        .collect()
}

#[test]
fn the_last_layer_alone_is_fitted_to_other_classes() {
    let desk = desk();
    let out = desk
        .run("train two --from a/model.safetensors --out b")
        .fine();
    for said in [
        "transfer: the layers of the model before the last stay as they are",
        "backbone frozen: 4 features of each of 19 images computed once in ",
        "chosen by 5-fold cross-validation on the training part (accuracy 100.0 %",
        "epoch 1/1  loss",
        "held-out accuracy 100.00 %",
    ] {
        assert!(out.contains(said), "{said}: {out}");
    }
    assert_eq!(backbone(&desk, "a/model.safetensors").len(), 6);
    assert_eq!(
        backbone(&desk, "a/model.safetensors"),
        backbone(&desk, "b/model.safetensors")
    );
    let run = desk.value("b/run.json");
    assert_eq!(run["settings"]["transfer"], "head");
    assert_eq!(
        (&run["head"]["folds"], &run["head"]["images"]),
        (&5.into(), &19.into())
    );
    let report = String::from_utf8(desk.bytes("b/report.html")).unwrap();
    assert!(report.contains("How the last layer was fitted"), "{report}");
    // What was found by features is what the whole network finds.
    let evaluated = desk.run("evaluate b/model.safetensors --json").fine();
    let evaluated: Value = serde_json::from_str(&evaluated).unwrap();
    let loss = evaluated["loss"].as_f64().unwrap();
    let record = desk.metrics("b/metrics.jsonl");
    assert_eq!(record.len(), 1);
    assert!(
        (record[0]["test_loss"].as_f64().unwrap() - loss).abs() < 1e-6,
        "{record:?} {loss}"
    );
}

#[test]
fn a_network_of_many_layers_is_shown_in_one_line() {
    let desk = desk();
    let text = "[conv(2, 1) -> relu] x 20 -> globalavgpool -> linear(3) -> softmax";
    let network = Network::<f32>::new(text, [6, 6, 3]).unwrap();
    let classes = ["red", "green", "blue"].map(str::to_owned).to_vec();
    Model::new(network, classes, Preprocessing::scaled(6, 6, 3, 255.0))
        .save(desk.join("deep.safetensors"))
        .unwrap();
    let out = desk.run("train two --from deep.safetensors --out b").fine();
    let line =
        "network: that of deep.safetensors, 43 layers, 128 parameters (6 of them trainable), ";
    let line = out.lines().find(|found| found.starts_with(line));
    assert!(
        line.is_some_and(|line| line.ends_with("stepnet inspect deep.safetensors shows the layers")),
        "{out}"
    );
    assert!(!out.contains("relu20"), "{out}");
    let out = desk.run("inspect deep.safetensors").fine();
    assert!(out.contains("relu20"), "{out}");
    assert!(
        out.contains("stretched to 6x6x3, divided by 255\n"),
        "{out}"
    );
}

#[test]
fn without_an_image_no_file_of_features_is_written() {
    let desk = desk();
    fs::write(desk.join("bad.png"), "no image").unwrap();
    for images in ["nothing", "bad.png"] {
        let ran = desk.run(&format!("embed a/model.safetensors {images} --out f.npz"));
        assert_eq!(ran.code, Some(2), "{}", ran.err);
        assert!(ran.err.contains(images), "{}", ran.err);
        assert!(!desk.join("f.npz").exists(), "{images}");
    }
}

#[test]
fn features_are_kept_and_a_damaged_file_is_computed_again() {
    let desk = desk();
    let out = desk
        .run("train two --from a/model.safetensors --out b")
        .fine();
    // As if it had been killed before its first checkpoint.
    let begin_again = || {
        let mut run = desk.value("b/run.json");
        run["end"] = Value::Null;
        fs::write(desk.join("b/run.json"), run.to_string()).unwrap();
        fs::remove_file(desk.join("b/checkpoint.safetensors")).unwrap();
        fs::write(desk.join("b/metrics.jsonl"), "").unwrap();
        desk.run("train --resume b")
    };
    let again = begin_again().fine();
    assert!(
        again.contains("19 images taken from the run's cache"),
        "{again}"
    );
    assert_eq!(hash(&again), hash(&out));

    let file = desk.join("b/features.cache");
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&file, bytes).unwrap();
    let again = begin_again();
    assert!(
        again.err.contains(
            "features.cache: it does not match its checksum; the features are computed again"
        ),
        "{}",
        again.err
    );
    assert!(
        again.out.contains("19 images computed once"),
        "{}",
        again.out
    );
    assert_eq!(hash(&again.out), hash(&out));
}

#[test]
fn fine_tuning_goes_on_from_the_fitted_layer_and_resumes_to_the_same_bits() {
    let desk = desk();
    let tune = "train two --from a/model.safetensors --unfreeze-after 2 --augment flip --schedule constant";
    let whole = desk.run(&format!("{tune} --epochs 4 --out whole")).fine();
    assert!(whole.contains("2 epochs to fit the last layer"), "{whole}");
    assert!(whole.contains("in 2 variants"), "{whole}");
    assert!(
        whole.contains("the best weights, those after epoch"),
        "{whole}"
    );
    let rates: Vec<f64> = desk
        .metrics("whole/metrics.jsonl")
        .iter()
        .map(|record| record["learning_rate"].as_f64().unwrap())
        .collect();
    assert_eq!(rates[..2], [0.0, 0.0]);
    assert!(rates[2] > 0.0 && rates.len() == 4, "{rates:?}");
    for first in [1, 2, 3] {
        let out = format!("run-{first}");
        desk.run(&format!("{tune} --epochs {first} --out {out}"))
            .fine();
        desk.run(&format!("train --resume {out} --epochs 4")).fine();
        let checkpoint = |run: &str| desk.bytes(&format!("{run}/model.safetensors"));
        assert_eq!(
            backbone(&desk, "whole/model.safetensors"),
            backbone(&desk, &format!("{out}/model.safetensors"))
        );
        assert_eq!(checkpoint("whole").len(), checkpoint(&out).len());
        let (is, was) = (
            desk.metrics(&format!("{out}/metrics.jsonl")),
            desk.metrics("whole/metrics.jsonl"),
        );
        for (is, was) in is.iter().zip(&was) {
            assert_eq!(is["test_loss"], was["test_loss"], "{out}");
            assert_eq!(is["train_loss"], was["train_loss"], "{out}");
        }
        assert_eq!(is.len(), 4);
    }
    // Statistics of the normalisation stay as they were, whatever was trained.
    desk.run(&format!("{tune} --epochs 4 --early-stop 4 --out tuned"))
        .fine();
    let of = |name: &str| {
        let all = backbone(&desk, name).into_iter();
        all.filter(|(name, _)| name == "bn1.mean")
            .collect::<Vec<_>>()
    };
    assert_eq!(
        of("tuned/checkpoint.safetensors"),
        of("a/model.safetensors")
    );
    assert_ne!(
        backbone(&desk, "tuned/checkpoint.safetensors"),
        backbone(&desk, "a/model.safetensors")
    );
    desk.run(&format!(
        "{tune} --statistics updated --epochs 4 --out moved"
    ))
    .fine();
    assert_ne!(
        of("moved/checkpoint.safetensors"),
        of("a/model.safetensors")
    );
}

#[test]
fn a_classifier_is_a_start_for_numbers_and_labels() {
    let desk = Desk::new();
    let (mut classes, mut numbers, mut labels) = (
        "a,b,c,class\n".to_owned(),
        "a,b,c,y\n".to_owned(),
        "a,b,c,big,odd\n".to_owned(),
    );
    for i in 0..60_u32 {
        let [a, b, c] = [i * 37 % 101, i * 53 % 97, i * 71 % 89];
        classes += &format!("{a},{b},{c},{}\n", if a > b { "more" } else { "less" });
        numbers += &format!("{a},{b},{c},{}\n", a + 2 * b);
        labels += &format!("{a},{b},{c},{},{}\n", u8::from(a > 50), u8::from(c > 40));
    }
    for (name, text) in [
        ("classes", classes),
        ("numbers", numbers),
        ("labels", labels),
    ] {
        fs::write(desk.join(&format!("{name}.csv")), text).unwrap();
    }
    let network = "linear(16) -> relu -> linear(classes) -> softmax";
    let train = [
        "train",
        "classes.csv",
        "--label-column",
        "class",
        "--model",
        network,
        "--epochs",
        "5",
        "--out",
        "a",
    ];
    desk.args(&train).fine();
    let out = desk
        .run("train numbers.csv --from a/model.safetensors --targets numbers --label-column y --out b")
        .fine();
    assert!(
        out.contains("(loss ") && out.contains("held-out R2 0.9"),
        "{out}"
    );
    let out = desk
        .run("train labels.csv --from a/model.safetensors --targets labels --label-column big,odd --out c")
        .fine();
    assert!(
        out.contains("linear(2) -> sigmoid") && out.contains("held-out mAP"),
        "{out}"
    );
    // And back.
    let out = desk
        .run("train classes.csv --from b/model.safetensors --targets classes --label-column class --out d")
        .fine();
    assert!(out.contains("linear(2) -> softmax"), "{out}");
}

#[test]
fn what_asks_for_too_much_is_refused() {
    let desk = desk();
    desk.run("train two --transfer head --epochs 1 --out x")
        .fails(2, &["--from", "there is none"]);
    desk.run("train two --from a/model.safetensors --transfer head --lr-backbone 0.1x --out x")
        .fails(2, &["lr-backbone", "finetune"]);
    desk.run("train two --from a/model.safetensors --lr-backbone fast --out x")
        .fails(2, &["fast", "0.1x"]);
    let network = "conv(4, 3, same) -> relu -> conv(3, 1) -> bn -> globalavgpool -> softmax";
    let train = [
        "train", "three", "--model", network, "--epochs", "1", "--out", "c",
    ];
    desk.args(&train).fine();
    desk.run("train two --from c/model.safetensors --out x")
        .fails(2, &["linear", "replaced"]);
    desk.run("embed c/model.safetensors two --out f.npz")
        .fails(2, &["c/model.safetensors", "expected linear"]);
    fs::create_dir(desk.join("none")).unwrap();
    desk.run("embed a/model.safetensors none --out f.npz")
        .fails(2, &["no images found in none"]);
    desk.run("embed a/model.safetensors two --out f.txt")
        .fails(2, &["f.txt", ".npz, .npy or .csv"]);
    desk.run("similar a/model.safetensors two two")
        .fails(2, &["two", "one image"]);
    assert!(!desk.join("x").exists() && !desk.join("f.npz").exists());
    let noted = desk
        .run("train two --from a/model.safetensors --lr 0.1 --out y")
        .noted();
    assert!(noted.contains("--lr without effect"), "{noted}");
}

#[test]
fn a_network_whose_classes_a_convolution_makes_gets_a_linear_layer() {
    let desk = desk();
    let network = "conv(4, 3, same) -> relu -> conv(3, 1) -> globalavgpool -> softmax";
    let train = [
        "train", "three", "--model", network, "--epochs", "1", "--out", "c",
    ];
    desk.args(&train).fine();
    let out = desk
        .run("train two --from c/model.safetensors --out x")
        .fine();
    let expected = "network: conv(4, 3, same) -> relu -> globalavgpool -> linear(2) -> softmax";
    assert!(out.contains(expected), "{out}");
}

#[test]
fn features_are_written_and_alike_images_found() {
    let desk = desk();
    embeds(&desk, "embed a/model.safetensors two --out f.npz");
    let shown = desk.run("show f.npz").out;
    for name in ["features", "names", "labels", "classes"] {
        assert!(shown.contains(name), "{shown}");
    }
    desk.run("embed a/model.safetensors two --out f.npz")
        .fails(2, &["f.npz", "--overwrite"]);
    embeds(&desk, "embed a/model.safetensors two/dark --out f.csv");
    let table = String::from_utf8(desk.bytes("f.csv")).unwrap();
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines[0], "name,feature_0,feature_1,feature_2,feature_3");
    assert!(
        lines.len() == 13 && lines[1].starts_with("two/dark/000.bmp,"),
        "{table}"
    );
    embeds(&desk, "embed a/model.safetensors two --out f.npy");
    assert_eq!(desk.bytes("f.npy").len(), 128 + 24 * 4 * 4);

    // The same picture under another name is the most alike, and the photo itself is left out.
    fs::copy(desk.join("two/light/005.bmp"), desk.join("copy.bmp")).unwrap();
    let line = "similar a/model.safetensors two/light/005.bmp two copy.bmp --top-k 3 --json";
    let out = desk.run(line).fine();
    let found: Vec<Value> = out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(found.len(), 3);
    assert_eq!(found[0]["picture"], "copy.bmp");
    assert!((found[0]["similarity"].as_f64().unwrap() - 1.0).abs() < 1e-6);
    assert!(
        found
            .iter()
            .all(|found| found["picture"] != "two/light/005.bmp")
    );

    // One that cannot be read is named, and the others are done.
    bmp(&desk.join("some/good.bmp"), 6, |_, _| [90; 3]);
    fs::write(desk.join("some/bad.png"), "none").unwrap();
    let ran = desk.run("similar a/model.safetensors copy.bmp some");
    assert_eq!(ran.code, Some(2), "{}", ran.err);
    assert!(
        ran.err.contains("some/bad.png") && ran.out.contains("some/good.bmp"),
        "{}{}",
        ran.err,
        ran.out
    );
}
