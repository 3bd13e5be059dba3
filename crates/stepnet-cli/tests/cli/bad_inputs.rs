//! Every broken file of the shared collection, through the command that would meet it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::files::{RGB, colours, idx, npy};
use crate::run::{Desk, Ran};

fn collection() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/bad-inputs");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: no collection of broken files beside the repository");
    None
}

/// Asserts what `expect` says of a file, through a command that has it as input.
#[track_caller]
fn judge(ran: &Ran, expect: &str, file: &str) {
    let report = format!("{file}: {}{}", ran.out, ran.err);
    match expect {
        "error" | "error-as-pair" => ran.fails(2, &[file]),
        "read" => assert_eq!(ran.code, Some(0), "{report}"),
        "either" if ran.code == Some(0) => {}
        "either" => ran.fails(2, &[file]),
        other => panic!("{file}: expected.json asks for {other:?}, unknown here"),
    }
    eprintln!(
        "{file} -> {}",
        if ran.code == Some(0) {
            "read"
        } else {
            ran.err.trim()
        }
    );
}

/// Pictures: alone through `predict`, and among sound ones through `train`.
fn picture(desk: &Desk, path: &Path, expect: &str, file: &str) {
    let model = desk.join("rgb/model.safetensors");
    let arguments = [Path::new("predict"), &model, path];
    let ran = desk.args(&arguments);
    judge(&ran, expect, file);
    if ran.code == Some(0) {
        assert!(
            ran.out.contains('%') && !ran.out.contains("NaN"),
            "{}",
            ran.out
        );
    }
    let data = desk.join(&format!("with-{file}"));
    colours(&data, &RGB[..2], 3, 6);
    fs::copy(path, data.join("green").join(file)).unwrap();
    let out = desk.join(&format!("out-{file}"));
    let arguments = [
        "train",
        data.to_str().unwrap(),
        "--epochs",
        "1",
        "--out",
        out.to_str().unwrap(),
    ];
    judge(&desk.args(&arguments), expect, file);
}

/// Tables of numbers through `train`; labels that would fit are given where they lie apart.
fn table(desk: &Desk, path: &Path, expect: &str, file: &str) {
    let labels = desk.join("labels.npy");
    let count = match file {
        "fortran-order.npy" => 3,
        "big-endian-f8.npy" => 2,
        "short-body.npy" => 1000,
        _ => 10,
    };
    npy(
        &labels,
        &format!("{count},"),
        &(0..count).map(|i| (i % 2) as u8).collect::<Vec<_>>(),
    );
    let idx_labels = desk.join("labels.idx");
    idx(&idx_labels, &[10], &[0, 1, 0, 1, 0, 1, 0, 1, 0, 1]);
    let out = desk.join(&format!("out-{file}"));
    // The second of a pair is met beside the first.
    let pair = path.with_file_name("count-mismatch-images-idx3-ubyte");
    let data = if file == "count-mismatch-labels-idx1-ubyte" {
        &pair
    } else {
        path
    };
    let mut arguments = vec![
        "train",
        data.to_str().unwrap(),
        "--epochs",
        "1",
        "--hold-out",
        "0",
    ];
    arguments.extend([
        "--model",
        "flatten -> linear(classes) -> softmax",
        "--out",
        out.to_str().unwrap(),
    ]);
    if file == "big-endian-f8.npy" {
        // It holds 1e300, which no f32 can.
        arguments.extend(["--dtype", "f64"]);
    }
    if data != path {
        arguments.extend(["--labels", path.to_str().unwrap()]);
    } else if file.ends_with(".npy") {
        arguments.extend(["--labels", labels.to_str().unwrap()]);
    } else if file.contains("idx") && !file.starts_with("count") {
        arguments.extend(["--labels", idx_labels.to_str().unwrap()]);
    }
    judge(&desk.args(&arguments), expect, file);
}

/// Weights: `inspect` reads sound tensors, `predict` needs a model.
fn weights(desk: &Desk, path: &Path, expect: &str, file: &str) {
    let inspected = desk.args(&[Path::new("inspect"), path]);
    judge(&inspected, expect, file);
    if file == "nan-weights.safetensors" {
        for warning in ["3 of the 6 values of w", "1 of the 3 values of b"] {
            assert!(inspected.out.contains(warning), "{}", inspected.out);
        }
    }
    let ran = desk.args(&[Path::new("predict"), path, Path::new("p.bmp")]);
    ran.fails(2, &[file]);
}

#[test]
fn every_file_is_answered_as_expected() {
    let Some(folder) = collection() else { return };
    let text = fs::read_to_string(folder.join("expected.json")).unwrap();
    let expected: Vec<Value> = serde_json::from_str(&text).unwrap();
    let desk = Desk::new();
    colours(&desk.join("data"), &RGB, 3, 6);
    let network = "flatten -> linear(classes) -> softmax";
    desk.args(&[
        "train", "data", "--model", network, "--epochs", "1", "--out", "rgb",
    ])
    .fine();

    let mut covered = BTreeSet::new();
    for entry in &expected {
        let file = entry["file"].as_str().unwrap();
        let expect = entry["expect"].as_str().unwrap();
        let path = folder.join(file);
        let ending = file.rsplit('.').next().unwrap_or_default();
        match ending {
            "png" | "jpg" | "gif" | "bmp" => picture(&desk, &path, expect, file),
            "safetensors" => weights(&desk, &path, expect, file),
            "npy" | "npz" | "csv" | "h5" => table(&desk, &path, expect, file),
            _ if file.contains("-ubyte") => table(&desk, &path, expect, file),
            _ => panic!("{file}: no command is known for it"),
        }
        covered.insert(file.to_owned());
    }
    for entry in fs::read_dir(&folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let told =
            covered.contains(&name) || ["README.md", "expected.json"].contains(&name.as_str());
        assert!(told, "{name} is not in expected.json");
    }
}
