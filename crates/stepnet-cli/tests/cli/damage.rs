//! Damaged models, checkpoints and files of runs: noticed, named, and got over where that can be.

use std::fs;

use crate::run::Desk;

const TINY: &str =
    "--model flatten->linear(4)->relu->linear(classes)->softmax --batch 100 --schedule constant";

fn train(desk: &Desk, out: &str, epochs: u32, more: &str) -> String {
    desk.run(&format!(
        "train {TINY} --epochs {epochs} --out {out} {more}"
    ))
    .fine()
}

/// Flips one bit, counted in bytes from the file's end.
fn flip(desk: &Desk, name: &str, from_end: usize) {
    let mut bytes = desk.bytes(name);
    let at = bytes.len() - from_end;
    bytes[at] ^= 4;
    fs::write(desk.join(name), bytes).unwrap();
}

#[test]
fn one_flipped_bit_of_a_model_is_named() {
    let desk = Desk::new();
    train(&desk, "run", 1, "");
    let model = "run/model.safetensors";
    let good = desk.bytes(model);
    // The tensors are in the order of the file; each of them is the last in its turn.
    for (from_end, tensor) in [(5, "linear2.weight"), (40 * 4 + 6, "linear2.bias")] {
        flip(&desk, model, from_end);
        let damage = format!("it is damaged: the tensor {tensor:?} does not match its checksum");
        for line in [
            format!("evaluate {model}"),
            format!("inspect {model}"),
            format!("gradcheck {model}"),
            format!("why {model} one.png"),
            format!("predict {model} one.png"),
            format!("show {model}"),
            format!("show {model} linear1.weight"),
            format!("train --from {model} --epochs 1 --out other"),
        ] {
            desk.run(&line).fails(2, &[model, &damage]);
        }
        fs::write(desk.join(model), &good).unwrap();
    }
    // A digit of the description.
    let at = good.windows(7).position(|part| part == b"divisor").unwrap();
    let mut bytes = good.clone();
    let digit = at + bytes[at..].iter().position(u8::is_ascii_digit).unwrap();
    bytes[digit] = if bytes[digit] == b'1' { b'2' } else { b'1' };
    fs::write(desk.join(model), bytes).unwrap();
    desk.run(&format!("evaluate {model}"))
        .fails(2, &[model, "metadata does not match its checksum"]);
}

#[test]
fn a_damaged_checkpoint_gives_way_to_the_one_before_it() {
    let desk = Desk::new();
    train(&desk, "whole", 4, "");
    train(&desk, "run", 3, "--checkpoint-every 1epoch");
    flip(&desk, "run/checkpoint.safetensors", 9);
    let damaged = desk.bytes("run/checkpoint.safetensors");
    let before = desk.bytes("run/checkpoint.previous.safetensors");
    let ran = desk.run("train --resume run --epochs 4");
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    for part in [
        "checkpoint.safetensors: it is damaged",
        "resumes from the checkpoint before it",
    ] {
        assert!(ran.err.contains(part), "{part:?} is not in {}", ran.err);
    }
    assert!(ran.out.contains("resuming after epoch 2"), "{}", ran.out);
    for name in ["model.safetensors", "best.safetensors"] {
        let weights = |run: &str| crate::files::tensors(&desk.bytes(&format!("{run}/{name}")));
        assert!(weights("whole") == weights("run"), "{name}");
    }
    assert_eq!(desk.metrics("run/metrics.jsonl").len(), 4);
    // The damaged one has never replaced a good one.
    assert!(damaged != desk.bytes("run/checkpoint.previous.safetensors"));
    // Where both are damaged there is nothing to go on from.
    train(&desk, "both", 2, "--checkpoint-every 1epoch");
    for name in ["checkpoint", "checkpoint.previous"] {
        flip(&desk, &format!("both/{name}.safetensors"), 9);
    }
    desk.run("train --resume both --epochs 3").fails(
        2,
        &[
            "both/checkpoint.safetensors: it is damaged",
            "starts from the beginning",
        ],
    );
    drop(before);
}

#[test]
fn without_its_last_checkpoint_a_run_goes_on_from_the_one_before() {
    let desk = Desk::new();
    train(&desk, "run", 3, "--checkpoint-every 1epoch");
    fs::remove_file(desk.join("run/checkpoint.safetensors")).unwrap();
    let out = desk.run("train --resume run --epochs 4").fine();
    assert!(out.contains("resuming after epoch 2"), "{out}");
}

#[test]
fn a_damaged_trace_is_no_reason_not_to_go_on() {
    let desk = Desk::new();
    train(&desk, "whole", 2, "--trace-hashes");
    train(&desk, "run", 1, "--trace-hashes");
    let trace = String::from_utf8(desk.bytes("run/trace.jsonl")).unwrap();
    let lines: Vec<&str> = trace.split_inclusive('\n').collect();
    let steps = lines.len();
    // A line that is none at the end is left out without a word: no step is missing.
    fs::write(desk.join("run/trace.jsonl"), format!("{trace}nonsense\n")).unwrap();
    desk.run("train --resume run --epochs 2").fine();
    assert!(desk.bytes("run/trace.jsonl") == desk.bytes("whole/trace.jsonl"));
    // A gap is said, when the run goes on and when it is compared.
    train(&desk, "gap", 1, "--trace-hashes");
    let kept = [&lines[..3], &["{\"step\": 4, nonsense\n"], &lines[6..]].concat();
    fs::write(desk.join("gap/trace.jsonl"), kept.concat()).unwrap();
    let ran = desk.run("train --resume gap --epochs 2");
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(
        ran.err
            .contains("gap/trace.jsonl: has no lines for steps 4 to 6 (line 4 is damaged)"),
        "{}",
        ran.err
    );
    let said = desk.run("compare gap whole").fine();
    for part in [
        "gap/trace.jsonl: has no lines for steps 4 to 6, so these are not compared",
        "line 4 is damaged and was skipped",
        &format!(
            "identical: the weights after each of {} steps",
            2 * steps - 3
        ),
    ] {
        assert!(said.contains(part), "{part:?} is not in {said}");
    }
}

#[cfg(unix)]
#[test]
fn metrics_that_are_a_link_are_refused_and_what_they_lead_to_stays() {
    let desk = Desk::new();
    train(&desk, "run", 1, "");
    fs::write(desk.join("notes"), "mine\n").unwrap();
    fs::remove_file(desk.join("run/metrics.jsonl")).unwrap();
    std::os::unix::fs::symlink("../notes", desk.join("run/metrics.jsonl")).unwrap();
    desk.run("train --resume run --epochs 2")
        .fails(2, &["run/metrics.jsonl: is a link"]);
    desk.run(&format!("train {TINY} --epochs 1 --out run --overwrite"))
        .fails(2, &["run/metrics.jsonl: is a link"]);
    assert_eq!(desk.bytes("notes"), b"mine\n");
}

#[test]
fn a_run_that_replaces_another_can_be_resumed_whenever_it_is_killed() {
    let desk = Desk::new();
    train(&desk, "old", 1, "");
    train(&desk, "new", 1, "--seed 5");
    let whole = desk.bytes("new/model.safetensors");
    // As a kill leaves it: the new run is described, and the old one's files are still there.
    let mut run = desk.value("new/run.json");
    run["end"] = serde_json::Value::Null;
    run["replacing"] = true.into();
    fs::write(desk.join("old/run.json"), run.to_string()).unwrap();
    let out = desk.run("train --resume old").fine();
    assert!(out.contains("no checkpoint yet"), "{out}");
    assert!(whole == desk.bytes("old/model.safetensors"));
    assert_eq!(desk.value("old/run.json").get("replacing"), None);
}

#[test]
fn a_run_that_fails_at_once_replaces_nothing_even_when_traced() {
    let desk = Desk::new();
    train(&desk, "run", 1, "--trace-hashes");
    let names = [
        "run.json",
        "checkpoint.safetensors",
        "trace.jsonl",
        "metrics.jsonl",
    ];
    let before = names.map(|name| desk.bytes(&format!("run/{name}")));
    let ran = desk.run("train --lr 1e30 --epochs 2 --trace-hashes --out run --overwrite");
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    assert!(before == names.map(|name| desk.bytes(&format!("run/{name}"))));
    desk.run("train --resume run --epochs 2").fine();
}
