//! `gradcheck`.

use serde_json::Value;

use crate::files::{RGB, colours};
use crate::run::Desk;

const SMALL: &str = "conv(3, 3) -> relu -> maxpool(2) -> linear(4) -> softmax";

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn a_text_is_checked_array_by_array() {
    let desk = Desk::new();
    let out = desk.args(&["gradcheck", SMALL, "--input", "8x8x2"]).fine();
    for part in [
        "on 3 examples, softmax-cross-entropy",
        "input",
        "3x8x8x2",
        "conv1.weight",
        "3x3x2x3",
        "conv1.bias",
        "linear1.weight",
        "128 of 384",
        "worst: ",
        "[",
        "analytic",
    ] {
        assert!(out.contains(part), "{part:?} is not in {out}");
    }
    assert!(!out.contains("WRONG") && !out.contains("fails"), "{out}");
    let again = desk.args(&["gradcheck", SMALL, "--input", "8x8x2"]).fine();
    assert_eq!(out, again, "the same seed gives the same check");
    let other = ["gradcheck", SMALL, "--input", "8x8x2", "--seed", "2"];
    assert_ne!(out, desk.args(&other).fine());
}

#[test]
fn the_report_is_there_as_json() {
    let desk = Desk::new();
    let words = "--input 8x8x2 --batch 2 --samples 10 --loss mse --json";
    let mut arguments = vec!["gradcheck", SMALL];
    arguments.extend(words.split(' '));
    let report = json(&desk.args(&arguments).fine());
    assert_eq!(report["passed"], true);
    assert_eq!(report["loss"], "mean-squared-error");
    assert_eq!(report["examples"], 2);
    let tensors = report["tensors"].as_array().unwrap();
    let names: Vec<&str> = tensors
        .iter()
        .map(|t| t["name"].as_str().unwrap())
        .collect();
    let expected = [
        "input",
        "conv1.weight",
        "conv1.bias",
        "linear1.weight",
        "linear1.bias",
    ];
    assert_eq!(names, expected);
    let weight = &tensors[1];
    assert_eq!(weight["shape"], serde_json::json!([3, 3, 2, 3]));
    assert_eq!(
        (&weight["checked"], &weight["coordinates"]),
        (&10.into(), &54.into())
    );
    assert_eq!(weight["verdict"], "agrees");
    assert!(weight["difference"].as_f64().unwrap() < 1e-6);
    assert_eq!(weight["worst"]["index"].as_array().unwrap().len(), 4);
}

#[test]
fn presets_know_their_input() {
    let desk = Desk::new();
    let out = desk.run("gradcheck digits-cnn --samples 4").fine();
    assert!(
        out.contains("linear2.weight") && out.contains("10x128"),
        "{out}"
    );
    desk.run("gradcheck small-cnn").fails(2, &["add --input"]);
}

#[test]
fn a_model_is_checked_with_its_own_weights_on_its_own_data() {
    let desk = Desk::new();
    colours(&desk.join("data"), &RGB, 4, 6);
    let network = "conv(2, 3) -> leakyrelu -> linear(classes) -> softmax";
    let arguments = [
        "train", "data", "--model", network, "--epochs", "2", "--out", "run",
    ];
    desk.args(&arguments).fine();
    let model = "run/model.safetensors";
    let drawn = desk.run(&format!("gradcheck {model}")).fine();
    assert!(drawn.contains("linear(3) -> softmax"), "{drawn}");
    let out = desk
        .run(&format!("gradcheck {model} --data data --json"))
        .fine();
    // No line but the object.
    assert_eq!(json(&out)["passed"], true);
    let out = desk
        .run(&format!("gradcheck {model} --data data --jitter 0.02"))
        .fine();
    assert!(
        out.starts_with("the values of the data were shifted at random"),
        "{out}"
    );
    let other = format!("gradcheck {model} --loss mse --json");
    assert_eq!(json(&desk.run(&other).fine())["loss"], "mean-squared-error");
    // A text takes its input and its classes from the data.
    let arguments = ["gradcheck", network, "--data", "data", "--batch", "99"];
    let out = desk.args(&arguments).fine();
    assert!(
        out.contains("12x6x6x3") && out.contains("linear(3)"),
        "{out}"
    );
    desk.run(&format!("gradcheck {model} --input 6x6x3"))
        .fails(2, &["--input", "has its own"]);
    desk.run(&format!("gradcheck {model} --classes 3"))
        .fails(2, &["--classes", "has its own"]);
}

#[test]
fn too_many_kinks_fail_the_check() {
    let desk = Desk::new();
    // With such a step nearly every difference crosses a kink.
    let arguments = ["gradcheck", SMALL, "--input", "12x12x3", "--eps", "0.1"];
    let ran = desk.args(&arguments);
    ran.fails(
        1,
        &[
            "the gradient check fails",
            "cross a kink",
            "more than 5.0 %",
        ],
    );
    assert!(ran.out.contains("\nfails: "), "{}", ran.out);
    let ran = desk.args(&[&arguments[..], &["--json"]].concat());
    assert_eq!(ran.code, Some(1));
    let report = json(&ran.out);
    assert_eq!(report["passed"], false);
    assert!(report["excluded_share"].as_f64().unwrap() > 0.05);
}

#[test]
fn a_tolerance_that_is_too_narrow_fails() {
    let desk = Desk::new();
    let arguments = [
        "gradcheck",
        "linear(3) -> tanh -> linear(2)",
        "--input",
        "4",
        "--eps",
        "0.01",
        "--tolerance",
        "1e-9",
    ];
    desk.args(&arguments)
        .fails(1, &["wrong gradients of", "linear1.weight"]);
}

#[test]
fn what_has_no_gradient_is_told() {
    let desk = Desk::new();
    let out = desk
        .args(&["gradcheck", "linear(1) -> softmax", "--input", "3"])
        .fine();
    assert!(
        out.contains("zero: ") && out.contains("linear1.weight"),
        "{out}"
    );
    // No array but the input.
    let out = desk.args(&[
        "gradcheck",
        "tanh -> globalavgpool",
        "--input",
        "3x3x2",
        "--batch",
        "1",
    ]);
    assert!(out.fine().contains("1x3x3x2"));
}

#[test]
fn mistakes_are_told_in_one_line() {
    let desk = Desk::new();
    colours(&desk.join("data"), &RGB, 2, 6);
    let fails = |arguments: &[&str], parts: &[&str]| desk.args(arguments).fails(2, parts);
    fails(
        &["gradcheck", "lenet"],
        &["neither a file nor a network", "lenet5"],
    );
    fails(
        &["gradcheck", "none.safetensors"],
        &["none.safetensors: no such file"],
    );
    fails(&["gradcheck", "data"], &["data: is a folder"]);
    fails(&["gradcheck", SMALL], &["add --input"]);
    fails(&["gradcheck", SMALL, "--input", "2x2x1"], &["layer conv1"]);
    fails(&["gradcheck", "lenet5", "--labels", "x"], &["no --data"]);
    fails(
        &["gradcheck", "lenet5", "--data", "nowhere"],
        &["nowhere: cannot open"],
    );
    fails(
        &["gradcheck", "linear(2) -> softmax", "--data", "data"],
        &["the class of example", "expected a class from 0 to 1"],
    );
    for (option, value) in [
        ("--batch", "0"),
        ("--samples", "0"),
        ("--eps", "0"),
        ("--eps", "-1"),
        ("--eps", "nan"),
        ("--tolerance", "2"),
        ("--loss", "l1"),
        ("--seed", "-1"),
        ("--jitter", "7"),
    ] {
        let ran = desk.args(&["gradcheck", "lenet5", option, value]);
        assert_eq!(ran.code, Some(2), "{option} {value}");
        assert!(
            ran.err.contains(option) && ran.err.contains("expected"),
            "{}",
            ran.err
        );
    }
    fails(
        &["gradcheck", "linear(2)", "--input", "3", "--loss", "bce"],
        &["the last layer", "sigmoid"],
    );
}

#[test]
fn a_normalised_network_is_checked_as_it_trains() {
    let desk = Desk::new();
    let network = "conv(4, 3) -> bn -> relu -> conv(3, 3, bias=false) -> bn -> gelu -> pad(1) -> linear(3) -> softmax";
    let report = json(
        &desk
            .args(&["gradcheck", network, "--input", "7x7x2", "--json"])
            .fine(),
    );
    assert_eq!(report["passed"], true, "{report}");
    let tensors = report["tensors"].as_array().unwrap();
    let names: Vec<&str> = tensors
        .iter()
        .map(|t| t["name"].as_str().unwrap())
        .collect();
    // The running statistics have no gradient, so there is none to check.
    let expected = [
        "input",
        "conv1.weight",
        "conv1.bias",
        "bn1.gamma",
        "bn1.beta",
        "conv2.weight",
        "bn2.gamma",
        "bn2.beta",
        "linear1.weight",
        "linear1.bias",
    ];
    assert_eq!(names, expected);
    for tensor in tensors {
        let name = tensor["name"].as_str().unwrap();
        // A normalisation takes away what a bias before it adds.
        if name != "conv1.bias" {
            assert_eq!(tensor["verdict"], "agrees", "{name}: {tensor}");
        }
    }
}

#[test]
fn inspect_shows_what_is_not_trainable() {
    let desk = Desk::new();
    let network = "conv(4, 3) -> bn -> linear(2)";
    let out = desk.args(&["inspect", network, "--input", "5x5x1"]).fine();
    // 40 + 4 * 4 + 2 * 37.
    assert!(
        out.contains("total: 130 parameters (122 of them trainable), "),
        "{out}"
    );
}
