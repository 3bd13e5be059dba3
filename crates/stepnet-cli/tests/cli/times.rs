//! `inspect --time`, and the choice of the instruction set.

use serde_json::Value;

use crate::run::{Desk, Ran};

/// Runs a line with `STEPNET_ISA` set.
fn on(desk: &Desk, set: &str, line: &str) -> Ran {
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut command = desk.command(&words);
    command.env("STEPNET_ISA", set).output().unwrap().into()
}

#[test]
fn every_layer_is_timed_and_told_as_a_share_of_the_peak() {
    let desk = Desk::new();
    let out = desk.run("inspect lenet5 --time --batch 8").fine();
    for part in [
        "conv1 + relu1 + maxpool1",
        "forward ms",
        "of peak",
        " for 8 examples (",
        "peak: ",
        "1 thread, ",
    ] {
        assert!(out.contains(part), "{part:?} is not in {out}");
    }
    assert!(!out.contains("flatten1  0."), "a view takes no time: {out}");

    let line = "inspect lenet5 --time --batch 4 --dtype f64 --json --threads 2";
    let mut words = desk.command(&line.split_whitespace().collect::<Vec<_>>());
    let out = Ran::from(words.output().unwrap()).fine();
    let times = &serde_json::from_str::<Value>(&out).unwrap()["times"];
    assert_eq!(times["threads"], 2);
    assert_eq!(times["batch"], 4);
    let layers = times["layers"].as_array().unwrap();
    assert_eq!(layers[0]["layers"], "conv1 + relu1 + maxpool1");
    for layer in layers {
        assert!(layer["forward_ms"].as_f64().unwrap() > 0.0, "{layer}");
        assert!(layer["backward_ms"].as_f64().unwrap() > 0.0, "{layer}");
    }
    let share = layers[0]["forward_share_of_peak"].as_f64().unwrap();
    assert!(share > 0.0, "{share}");
}

#[test]
fn a_models_file_is_timed_too() {
    let desk = Desk::new();
    desk.run("train --epochs 1 --out run --seed 3").fine();
    let out = desk
        .run("inspect run/model.safetensors --time --batch 2")
        .fine();
    assert!(
        out.contains("a Stepnet model in f32") && out.contains("of peak"),
        "{out}"
    );
    // The numbers of the file, whatever the type of the steps.
    let described = |options: &str| -> Value {
        let line = format!("inspect run/model.safetensors --json {options}");
        serde_json::from_str(&desk.run(&line).fine()).unwrap()
    };
    let plain = described("");
    for dtype in ["f32", "f64"] {
        let out = described(&format!("--methods --batch 2 --dtype {dtype}"));
        assert_eq!(out["element"], "f32");
        assert_eq!(out["weights"], plain["weights"]);
        assert_eq!(out["methods"]["dtype"], dtype);
    }
}

#[test]
fn the_instruction_set_can_be_lowered_and_only_to_what_there_is() {
    let desk = Desk::new();
    let out = on(&desk, "portable", "inspect lenet5 --time --batch 1 --json").fine();
    let described: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(described["times"]["instruction_set"], "portable");
    on(&desk, "", "inspect lenet5").fine();
    on(&desk, "avx9", "inspect lenet5").fails(2, &["STEPNET_ISA is avx9", "portable"]);
}

#[test]
fn what_belongs_to_times_wants_them() {
    let desk = Desk::new();
    desk.run("inspect lenet5 --batch 3").fails(2, &["--time"]);
    desk.run("inspect lenet5 --time --batch 0")
        .fails(2, &["--batch", "0"]);
}
