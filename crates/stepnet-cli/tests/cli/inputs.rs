//! What is given to read: streams and devices in place of files, tables in other encodings, values of
//! another range than the model's.

use std::fs;
use std::process::Command;

use crate::files::{RGB, colours};
use crate::run::Desk;

const LINEAR: [&str; 4] = ["--model", "linear(classes) -> softmax", "--epochs", "1"];

/// A table of `count` examples of four values in two classes, from a value's number.
fn table(count: usize, value: impl Fn(usize) -> String) -> String {
    let line = |at: usize| {
        let values: Vec<String> = (0..4).map(|column| value(7 * at + column)).collect();
        format!("{},{}\n", at % 2, values.join(","))
    };
    let lines: String = (0..count).map(line).collect();
    format!("label,a,b,c,d\n{lines}")
}

fn bytes(at: usize) -> String {
    ((at * 37) % 256).to_string()
}

fn train(desk: &Desk, data: &str, out: &str) {
    let arguments = [&["train", data, "--out", out][..], &LINEAR].concat();
    desk.args(&arguments).fine();
}

#[cfg(unix)]
#[test]
fn streams_and_devices_are_refused_by_name_without_waiting() {
    let desk = Desk::new();
    colours(&desk.join("d"), &RGB, 4, 6);
    train(&desk, "d", "run");
    let made = Command::new("mkfifo").arg(desk.join("pipe")).status();
    assert!(made.unwrap().success());
    for line in [
        "predict pipe d",
        "predict run/model.safetensors pipe",
        "evaluate pipe d",
        "evaluate run/model.safetensors pipe",
        "inspect pipe",
        "show pipe",
        "train pipe",
        "train d --out other --from pipe",
        "train d --out other --test pipe",
        "why pipe d/red/000.bmp",
        "gradcheck pipe",
    ] {
        desk.run(line)
            .fails(2, &["pipe: is a pipe, expected a plain file"]);
    }
    desk.run("predict /dev/zero d")
        .fails(2, &["/dev/zero: is a device"]);
    let in_run = |name: &str| desk.join("run").join(name);
    let swap = |from: &str, to: &str| fs::rename(desk.join(from), in_run(to)).unwrap();
    let back = |from: &str, to: &str| fs::rename(in_run(from), desk.join(to)).unwrap();
    back("run.json", "kept");
    swap("pipe", "run.json");
    desk.run("train --resume run")
        .fails(2, &["run.json: is a pipe"]);
    back("run.json", "pipe");
    swap("kept", "run.json");
    back("metrics.jsonl", "kept");
    swap("pipe", "metrics.jsonl");
    let again = ["train", "d", "--out", "run", "--overwrite"];
    desk.args(&[&again[..], &LINEAR].concat())
        .fails(2, &["metrics.jsonl: is a pipe"]);
    desk.run("compare run run")
        .fails(2, &["metrics.jsonl: is a pipe"]);
    back("metrics.jsonl", "pipe");
    swap("kept", "metrics.jsonl");
    // Files that are only written are opened, too.
    for name in ["best.safetensors", "report.html", "run.json"] {
        swap("pipe", name);
        desk.args(&[&again[..], &LINEAR].concat())
            .fails(2, &[&format!("{name}: is a pipe")]);
        back(name, "pipe");
    }
    // What is written into the folder of the data would be read as data.
    for out in ["--out", "--tensorboard"] {
        let line = format!("train d --overwrite {out}=d");
        desk.run(&line)
            .fails(2, &[out, "d is the folder of the data"]);
        // So is what lies below it, whether it is there yet or not, by whatever name.
        std::os::unix::fs::symlink(desk.join("d/red"), desk.join("link")).ok();
        for inside in ["d/new/run", "d/red", "link/run", "d/../d/run"] {
            desk.run(&format!("train d --overwrite {out}={inside}"))
                .fails(2, &[out, inside, "is inside the folder of the data, d"]);
        }
    }
    desk.run("train .").fails(
        2,
        &["without --out: runs is inside the folder of the data, ."],
    );
    train(&desk, "d", "d-run");
    // In a folder with the files of MNIST no other folder is read.
    crate::files::mnist(&desk.join("m"), 20, 10);
    train(&desk, "m", "m/run");
    desk.run("evaluate m/run/model.safetensors m").fine();
}

#[test]
fn other_formats_are_named_with_what_to_do() {
    let desk = Desk::new();
    let cases: [(&str, &[u8], &[&str]); 5] = [
        (
            "a",
            b"%PDF-1.7\n",
            &["is a PDF document, which is not read"],
        ),
        (
            "b",
            b"ARROW1\0\0\x15\x10",
            &["is an Arrow (Feather) table", "save the table as CSV"],
        ),
        (
            "c",
            b"\xfd7zXZ\0\0\x04",
            &["is an xz file", "unpack it first"],
        ),
        (
            "e",
            b"\x80\x04\x95\x10\0\0\0\0\0\0\0",
            &["is a Python pickle", "numpy.savez"],
        ),
        (
            "f",
            b"<!DOCTYPE html><html>",
            &["is an HTML page", "download"],
        ),
    ];
    for (name, bytes, parts) in cases {
        fs::write(desk.join(name), bytes).unwrap();
        desk.args(&["train", name]).fails(2, parts);
        desk.args(&["evaluate", name]).fails(2, parts);
        desk.args(&["show", name]).fails(2, parts);
    }
}

#[test]
fn tables_in_other_encodings_are_refused_or_decoded() {
    let desk = Desk::new();
    let lines: Vec<u8> = (0..20)
        .flat_map(|at| [b"\xe9"[0] - at % 2, b',', b'0' + at % 10, b',', b'5', b'\n'])
        .collect();
    fs::write(desk.join("t.csv"), [&b"label,a,b\n"[..], &lines].concat()).unwrap();
    desk.args(&["train", "t.csv"]).fails(
        2,
        &[
            "t.csv: line 2, byte 1: 0xe9 is not UTF-8",
            "--encoding windows-1252",
        ],
    );
    let decoded = ["train", "t.csv", "--encoding", "latin1", "--out", "run"];
    desk.args(&[&decoded[..], &LINEAR].concat()).fine();
    // The part that was held out is found again without naming the encoding.
    let out = desk.run("evaluate run/model.safetensors").fine();
    assert!(out.contains('é') && out.contains('è'), "{out}");
    desk.run("evaluate run/model.safetensors t.csv")
        .fails(2, &["0xe9 is not UTF-8"]);
    desk.run("train --encoding latin1")
        .fails(2, &["--encoding", "no DATA"]);
}

#[test]
fn values_of_another_range_are_refused() {
    let desk = Desk::new();
    let write = |name: &str, text: String| fs::write(desk.join(name), text).unwrap();
    write("bytes.csv", table(20, bytes));
    write(
        "unit.csv",
        table(20, |at| format!("{}", ((at * 37) % 256) as f64 / 255.0)),
    );
    write(
        "signed.csv",
        table(20, |at| {
            format!("{}", ((at * 37) % 256) as f64 / 127.5 - 1.0)
        }),
    );
    write("dark.csv", table(20, |at| (at % 2).to_string()));
    train(&desk, "bytes.csv", "of-bytes");
    train(&desk, "signed.csv", "of-signed");
    let m = "of-bytes/model.safetensors";
    let parts = [
        "unit.csv: values from 0",
        // The largest of the values that the table has.
        "whole numbers from 0 to 168:",
        "multiply them by 255",
    ];
    desk.args(&["evaluate", m, "unit.csv"]).fails(2, &parts);
    desk.args(&["why", m, "--data", "unit.csv"])
        .fails(2, &parts);
    desk.args(&["gradcheck", m, "--data", "unit.csv"])
        .fails(2, &parts);
    desk.args(&["train", "unit.csv", "--from", m, "--out", "o"])
        .fails(2, &parts);
    desk.args(&["find-lr", "unit.csv", "--from", m])
        .fails(2, &parts);
    let tested = ["train", "bytes.csv", "--test", "unit.csv", "--out", "o"];
    desk.args(&[&tested[..], &LINEAR].concat()).fails(2, &parts);
    desk.args(&["evaluate", m, "bytes.csv"]).fine();
    let dark = desk.args(&["evaluate", m, "dark.csv"]);
    assert_eq!(dark.code, Some(0), "{}", dark.err);
    assert!(
        dark.err
            .contains("note: dark.csv: whole numbers from 0 to 1, but"),
        "{}",
        dark.err
    );
    desk.args(&["evaluate", m, "dark.csv", "--strict"])
        .fails(2, &["--strict: dark.csv: whole numbers from 0 to 1, but"]);
    let json = desk.args(&["evaluate", m, "dark.csv", "--json"]).fine();
    assert!(
        json.contains("\"notes\":[\"dark.csv: whole numbers from 0 to 1, but"),
        "{json}"
    );
    // Image files run from 0 to 1 for a network whatever is in them.
    colours(&desk.join("d"), &RGB, 1, 2);
    let signed = [
        "image files give values from 0 to 1",
        "trained on values from -1 to",
        "npz",
    ];
    desk.args(&["predict", "of-signed/model.safetensors", "d"])
        .fails(2, &signed);
    desk.args(&["why", "of-signed/model.safetensors", "d/red/000.bmp"])
        .fails(2, &signed);
}
