//! `stepnet train --resume`: a run that was stopped ends as if it never had been.

use std::fs;

use crate::files::{RGB, colours, mnist};
use crate::run::Desk;

/// A network that is trained in no time.
const TINY: &str = "flatten -> linear(4) -> relu -> dropout(0.2) -> linear(classes) -> softmax";

/// The arguments of a small run on the embedded digits.
fn tiny<'a>(out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["train", "--model", TINY, "--epochs", "4", "--batch", "100"];
    arguments.extend(["--out", out]);
    arguments.extend(more);
    arguments
}

/// The line of a run that tells its weights' hash.
pub(crate) fn hash(out: &str) -> String {
    let line = out.lines().find(|line| line.starts_with("weights "));
    let line = line.unwrap_or_else(|| panic!("no hash in {out}"));
    line.split(' ').nth(1).unwrap().to_owned()
}

/// The tensors of a model, without what is told of its training.
fn weights(desk: &Desk, name: &str) -> Vec<(String, Vec<u8>)> {
    crate::files::tensors(&desk.bytes(name))
}

/// A run folder as it was when its checkpoint stood somewhere in the middle: a copy of the folder of
/// a run that ended at Ctrl-C would do, but this is the same at every try.
fn interrupted(desk: &Desk, name: &str, epochs: &str) {
    // A constant rate does not depend on the number of epochs.
    let more = ["--schedule", "constant"];
    let mut arguments = tiny(name, &more);
    arguments[4] = epochs;
    desk.args(&arguments).fine();
}

#[test]
fn more_epochs_go_on_to_the_bits_of_a_run_that_was_never_stopped() {
    let desk = Desk::new();
    interrupted(&desk, "parts", "2");
    let whole = desk
        .args(&tiny("whole", &["--schedule", "constant"]))
        .fine();
    let said = desk.run("train --resume parts").fine();
    assert!(said.contains("has finished its 2 epochs"), "{said}");
    let parts = desk.run("train --resume parts --epochs 4").fine();
    assert!(parts.contains("resuming after epoch 2"), "{parts}");
    assert_eq!(hash(&whole), hash(&parts));
    for file in ["model.safetensors", "best.safetensors"] {
        let [whole, parts] = ["whole", "parts"].map(|run| weights(&desk, &format!("{run}/{file}")));
        assert!(whole == parts, "{file}");
    }
    let lines = |run: &str| {
        let mut lines = desk.metrics(&format!("{run}/metrics.jsonl"));
        for line in &mut lines {
            line["seconds"] = 0.into();
            line["images_per_second"] = 0.into();
            line["waited"] = 0.into();
        }
        lines
    };
    assert_eq!(lines("whole"), lines("parts"));
    let end = |run: &str| desk.value(&format!("{run}/run.json"))["end"].clone();
    assert_eq!(end("whole")["weights"], end("parts")["weights"]);
    assert_eq!(end("parts")["finished"], true);
    // The same is told of the files.
    let inspected = desk.run("inspect parts/model.safetensors").fine();
    let full = end("whole")["weights"].as_str().unwrap().to_owned();
    assert!(inspected.contains(&full), "{full} is not in {inspected}");
    assert!(full.starts_with(&hash(&whole)));
    // A schedule that depends on the end cannot be moved.
    desk.args(&tiny("cosine", &[])).fine();
    desk.run("train --resume cosine --epochs 8")
        .fails(2, &["--epochs is 8", "started with 4", "cosine"]);
    desk.run("train --resume parts --epochs 3")
        .fails(2, &["--epochs is 3", "already in epoch 5"]);
}

#[test]
fn what_was_removed_from_a_run_is_told_when_it_goes_on() {
    let desk = Desk::new();
    desk.args(&tiny("run", &["--schedule", "constant", "--trace-hashes"]))
        .fine();
    let metrics = desk.bytes("run/metrics.jsonl");
    let again = |epochs: &str| desk.run(&format!("train --resume run --epochs {epochs}"));
    let untouched = again("5");
    assert_eq!((untouched.code, untouched.err.as_str()), (Some(0), ""));
    fs::remove_file(desk.join("run/metrics.jsonl")).unwrap();
    fs::remove_file(desk.join("run/trace.jsonl")).unwrap();
    let said = again("6").err;
    assert!(
        said.contains("metrics.jsonl: the lines of epochs 1 to 5 were missing or damaged"),
        "{said}"
    );
    assert!(
        said.contains("trace.jsonl: has no lines for steps 1 to"),
        "{said}"
    );
    assert!(desk.bytes("run/metrics.jsonl").starts_with(&metrics));
}

#[test]
fn what_contradicts_the_run_is_refused() {
    let desk = Desk::new();
    interrupted(&desk, "run", "2");
    for (options, parts) in [
        ("--lr 0.5", ["--lr is 0.5", "started without it"]),
        (
            "--model lenet5",
            ["--model is lenet5", "started with flatten"],
        ),
        ("--batch 7", ["--batch is 7", "started with 100"]),
        ("--standardize", ["--standardize is given", "without it"]),
        ("--seed 1", ["--seed is 1", "started with 0"]),
    ] {
        desk.run(&format!("train --resume run --epochs 3 {options}"))
            .fails(2, &parts);
    }
    desk.run("train --resume run --out other")
        .fails(2, &["--out"]);
    desk.run("train --resume nothing")
        .fails(2, &["nothing: is not a folder"]);
    fs::create_dir(desk.join("empty")).unwrap();
    desk.run("train --resume empty")
        .fails(2, &["empty: has no run", "run.json"]);
    // The same option with the same value is none.
    desk.run("train --resume run --epochs 3 --batch 100 --schedule constant")
        .fine();
    desk.args(&tiny("run", &[]))
        .fails(2, &["--resume run to continue it"]);
}

#[test]
fn changed_data_is_refused_with_what_differs() {
    let desk = Desk::new();
    colours(&desk.join("data"), &RGB, 10, 8);
    let arguments = "train data --epochs 1 --schedule constant --out run";
    desk.run(arguments).fine();
    let go_on = "train --resume run --epochs 2";
    let first = desk.join("data/red/003.bmp");
    let picture = fs::read(&first).unwrap();
    fs::remove_file(&first).unwrap();
    let less = desk.run(go_on);
    less.fails(2, &["started with: ", "examples instead of "]);
    let mut other = picture.clone();
    for byte in other.iter_mut().skip(54) {
        *byte ^= 1;
    }
    fs::write(&first, &other).unwrap();
    desk.run(go_on)
        .fails(2, &["is not what the run was started with", "other values"]);
    fs::write(&first, &picture).unwrap();
    // Elsewhere, the same is the same.
    fs::rename(desk.join("data"), desk.join("moved")).unwrap();
    desk.run(go_on).fails(2, &["data: cannot open"]);
    desk.run("train moved --resume run --epochs 2").fine();
}

#[test]
fn a_run_goes_on_from_another_folder_and_without_what_it_started_from() {
    let desk = Desk::new();
    mnist(&desk.join("data"), 40, 12);
    let train = [
        "train",
        "data",
        "--model",
        TINY,
        "--epochs",
        "1",
        "--schedule",
        "constant",
        "--out",
    ];
    desk.args(&[&train[..], &["first"]].concat()).fine();
    let from = [
        "train",
        "data",
        "--from",
        "first/model.safetensors",
        "--freeze",
        "linear1",
        "--epochs",
        "1",
        "--schedule",
        "constant",
        "--out",
        "second",
    ];
    desk.args(&from).fine();
    fs::remove_dir_all(desk.join("first")).unwrap();
    fs::create_dir(desk.join("elsewhere")).unwrap();
    let mut command = desk.command(&["train", "--resume", "../second", "--epochs", "2"]);
    let output = command
        .current_dir(desk.join("elsewhere"))
        .output()
        .unwrap();
    let out = String::from_utf8_lossy(&output.stdout);
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{out}{err}");
    assert!(
        out.contains("(frozen)") && out.contains("resuming after epoch 1"),
        "{out}"
    );
    assert_eq!(desk.metrics("second/metrics.jsonl").len(), 2);
}

#[test]
fn without_a_checkpoint_a_run_starts_from_the_beginning() {
    let desk = Desk::new();
    let whole = hash(&desk.args(&tiny("whole", &[])).fine());
    desk.args(&tiny("run", &[])).fine();
    // As if killed before the first.
    let mut run = desk.value("run/run.json");
    run["end"] = serde_json::Value::Null;
    fs::write(desk.join("run/run.json"), run.to_string()).unwrap();
    fs::remove_file(desk.join("run/checkpoint.safetensors")).unwrap();
    fs::write(desk.join("run/.stepnet-abc.tmp"), "half").unwrap();
    let out = desk.run("train --resume run").fine();
    assert!(out.contains("no checkpoint yet"), "{out}");
    assert_eq!(hash(&out), whole);
    assert_eq!(desk.metrics("run/metrics.jsonl").len(), 4);
    assert!(!desk.join("run/.stepnet-abc.tmp").exists());
}

/// A checkpoint without its checksums: with them every change is refused as damage before other checks see it.
fn unsealed(bytes: &[u8]) -> Vec<u8> {
    let body = 8 + u64::from_le_bytes(*bytes.first_chunk().unwrap()) as usize;
    let mut header: serde_json::Value = serde_json::from_slice(&bytes[8..body]).unwrap();
    let entry = &mut header["__metadata__"]["stepnet"];
    let mut about: serde_json::Value = serde_json::from_str(entry.as_str().unwrap()).unwrap();
    for name in ["checksum", "checksums"] {
        assert!(about.as_object_mut().unwrap().remove(name).is_some());
    }
    *entry = about.to_string().into();
    let header = header.to_string();
    let padded = format!("{header:<0$}", header.len().next_multiple_of(8));
    let length = (padded.len() as u64).to_le_bytes();
    [&length, padded.as_bytes(), &bytes[body..]].concat()
}

#[test]
fn a_checkpoint_that_was_tampered_with_is_refused_in_a_line() {
    let desk = Desk::new();
    interrupted(&desk, "run", "2");
    let good = desk.bytes("run/checkpoint.safetensors");
    let path = desk.join("run/checkpoint.safetensors");
    // The one before it would be taken in its place.
    fs::remove_file(desk.join("run/checkpoint.previous.safetensors")).ok();
    // As if the run had gone on for an epoch after its last checkpoint.
    let metrics = desk.bytes("run/metrics.jsonl");
    fs::write(desk.join("run/metrics.jsonl"), metrics.repeat(2)).unwrap();
    let refused = |bytes: &[u8], parts: &[&str]| {
        fs::write(&path, bytes).unwrap();
        desk.run("train --resume run --epochs 3").fails(2, parts);
    };
    refused(
        b"",
        &[
            "checkpoint.safetensors",
            "empty",
            "starts from the beginning",
        ],
    );
    refused(
        &good[..good.len() / 2],
        &[
            "checkpoint.safetensors",
            "not a .safetensors file",
            "starts from the beginning",
        ],
    );
    let model = desk.bytes("run/model.safetensors");
    refused(&model, &["a model, but no checkpoint"]);
    let swap = |from: &str, to: &str| {
        assert_eq!(from.len(), to.len());
        let mut bytes = good.clone();
        let at = bytes
            .windows(from.len())
            .position(|found| found == from.as_bytes());
        let at = at.unwrap_or_else(|| panic!("no {from}"));
        bytes[at..at + from.len()].copy_from_slice(to.as_bytes());
        bytes
    };
    let updates = swap("\\\"updates\\\":30", "\\\"updates\\\":31");
    let network = swap(
        "flatten -> linear(4) -> relu",
        "flatten -> linear(4) -> tanh",
    );
    // The tensor's name, not the one in the list of checksums.
    let name = swap("optimizer.first\":{", "optimizer.other\":{");
    let mut nan = good.clone();
    let end = nan.len();
    nan[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    let damaged = ["it is damaged: the \"stepnet\" metadata does not match its checksum"];
    for bytes in [&updates, &network] {
        refused(bytes, &damaged);
    }
    let tensor = ["it is damaged: the tensor", "does not match its checksum"];
    refused(&name, &tensor);
    refused(&nan, &tensor);
    // Without checksums, as in files of older versions, the values themselves are checked.
    refused(&unsealed(&updates), &["updates is 31", "at most 30"]);
    refused(&unsealed(&network), &["tanh", "relu"]);
    refused(&unsealed(&name), &["optimizer.other"]);
    refused(&unsealed(&nan), &["not finite"]);
    fs::write(&path, &good).unwrap();
    desk.args(&tiny("other", &["--seed", "9"])).fine();
    refused(
        &desk.bytes("other/checkpoint.safetensors"),
        &["belongs to another run"],
    );
    fs::write(&path, &good).unwrap();
    fs::write(desk.join("run/run.json"), "{}").unwrap();
    desk.run("train --resume run")
        .fails(2, &["run.json", "not a description of a run"]);
    assert!(
        desk.bytes("run/metrics.jsonl") == metrics.repeat(2),
        "a refusal changes nothing"
    );
    // The checkpoint alone is enough.
    fs::remove_file(desk.join("run/run.json")).unwrap();
    desk.run("train --resume run --epochs 3").fine();
    assert_eq!(desk.metrics("run/metrics.jsonl").len(), 3);
}

/// Layers that go Winograd's way unless they keep to the direct method.
const DEEP: &str =
    "conv(32, 3, same) -> conv(32, 3, same) -> maxpool(4) -> linear(classes) -> softmax";

#[test]
fn exact_is_another_run_and_is_kept_by_resume() {
    let desk = Desk::new();
    let train = |out: &str, epochs: &str, more: &[&str]| {
        let mut arguments = vec![
            "train", "--model", DEEP, "--epochs", epochs, "--batch", "300",
        ];
        arguments.extend(["--schedule", "constant", "--out", out]);
        arguments.extend(more);
        desk.args(&arguments).fine()
    };
    let usual = train("usual", "2", &[]);
    let whole = train("whole", "2", &["--exact"]);
    assert_ne!(hash(&usual), hash(&whole));
    train("parts", "1", &["--exact"]);
    let run = String::from_utf8(desk.bytes("parts/run.json")).unwrap();
    assert!(run.contains("\"--exact\""), "{run}");
    let parts = desk.run("train --resume parts --epochs 2").fine();
    assert_eq!(hash(&whole), hash(&parts));
    desk.run("train --resume usual --epochs 3 --exact")
        .fails(2, &["--exact"]);
    // A model does not say how it is run.
    let model = "whole/model.safetensors";
    let told = desk.run(&format!("evaluate {model} --exact")).fine();
    assert!(told.contains("accuracy"), "{told}");
    assert_eq!(
        weights(&desk, model).len(),
        weights(&desk, "usual/model.safetensors").len()
    );
}
