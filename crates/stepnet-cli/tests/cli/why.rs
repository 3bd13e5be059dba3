//! `why`: the numbers behind a value, and what is said where the question is wrong.

use std::fs;

use serde_json::Value;

use crate::files::{RGB, bmp, colours, idx, model};
use crate::run::Desk;

/// A desk with a trained model `m` of 6x6 colour pictures, and one of them, `p.bmp`.
fn desk() -> Desk {
    let desk = Desk::new();
    colours(&desk.join("data"), &RGB, 6, 6);
    let network = "conv(2, 3, same) -> mine: relu -> maxpool(2) -> dropout(0.5) -> linear(classes) -> softmax";
    let arguments = [
        "train", "data", "--model", network, "--epochs", "2", "--out", "run",
    ];
    desk.args(&arguments).fine();
    fs::copy(desk.join("run/model.safetensors"), desk.join("m")).unwrap();
    bmp(&desk.join("p.bmp"), 6, |x, y| {
        [200, (10 * x) as u8, (10 * y) as u8]
    });
    desk
}

fn json(desk: &Desk, line: &str) -> Value {
    serde_json::from_str(&desk.run(line).fine()).unwrap()
}

#[test]
fn any_value_of_any_layer_is_explained() {
    let desk = desk();
    let out = desk.run("why m p.bmp").fine();
    assert!(out.starts_with("softmax1["), "{out}");
    assert!(
        out.contains("--at LAYER[h,w,c]") && out.contains(": ok"),
        "{out}"
    );

    let out = desk
        .run("why m p.bmp --at conv1[0,2,1] --grad --trace 2 --top 2")
        .fine();
    for part in [
        "conv1[0,2,1] = ",
        "6x6x3 -> conv(2, 3, same) -> 6x6x2",
        "window x",
        "then mine[0,2,1] = max(0, ",
        "which it predicts",
        "(through mine)",
        "largest contributors",
        "raw value",
    ] {
        assert!(out.contains(part), "{part}: {out}");
    }

    for at in [
        "input[0,0,2]",
        "conv1[5,5,0]",
        "mine[0,0,0]",
        "maxpool1[2,2,1]",
        "dropout1[0,0,0]",
        "linear1[2]",
        "softmax1[0]",
        "CONV1[1,1,1]",
    ] {
        let explanation = json(
            &desk,
            &format!("why m p.bmp --at {at} --grad --class red --trace 99 --json"),
        );
        let name = explanation["name"].as_str().unwrap();
        assert!(name.eq_ignore_ascii_case(at), "{name}");
        assert_eq!(explanation["gradient"]["class_name"], "red");
        let check = &explanation["forward"]["check"];
        assert!(
            at.starts_with("input") || check["ok"] == true,
            "{at}: {check}"
        );
        let gradient = &explanation["gradient"]["check"];
        assert!(
            at.starts_with("softmax") || gradient["ok"] == true,
            "{at}: {gradient}"
        );
    }
}

#[test]
fn json_holds_every_term_and_they_add_up() {
    let desk = desk();
    let explanation = json(&desk, "why m p.bmp --at conv1[0,2,1] --json");
    let forward = &explanation["forward"];
    let terms = forward["terms"].as_array().unwrap();
    assert_eq!(
        (terms.len(), &forward["window"]),
        (27, &serde_json::json!([3, 3, 3]))
    );
    assert_eq!(terms[0]["name"], "padding");
    let products = terms.iter().map(|term| term["product"].as_f64().unwrap());
    let sum = products.sum::<f64>() + forward["bias"].as_f64().unwrap();
    assert!(
        (sum - explanation["value"].as_f64().unwrap()).abs() < 1e-6,
        "{sum} {explanation}"
    );
    let few = json(&desk, "why m p.bmp --at conv1[0,2,1] --json --top 3");
    assert_eq!(few["forward"]["terms"].as_array().unwrap().len(), 3);
    assert_eq!(few["forward"]["more"]["count"], 24);
}

#[test]
fn a_page_is_written_beside_either_form() {
    let desk = desk();
    let out = desk
        .run("why m p.bmp --at mine[0,2,1] --html page.html")
        .fine();
    assert!(out.starts_with("page.html: mine[0,2,1] = "), "{out}");
    let page = String::from_utf8(desk.bytes("page.html")).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("mine[0,2,1]"));
    json(&desk, "why m p.bmp --json --html page.html --overwrite");
    let page = String::from_utf8(desk.bytes("page.html")).unwrap();
    assert!(page.contains("softmax1["), "the page is replaced");
    desk.run("why m p.bmp --html none/page.html")
        .fails(2, &["none/page.html", "there is no folder none"]);
}

#[test]
fn examples_of_data_sets_are_asked_like_pictures() {
    let desk = desk();
    let explanation = json(
        &desk,
        "why m --data data --example 4 --at conv1[0,0,0] --json",
    );
    assert_eq!(explanation["subject"], "example 4 of data");
    let same = json(&desk, "why m data/blue/004.bmp --at conv1[0,0,0] --json");
    assert_eq!(explanation["value"], same["value"]);
    let ran = desk.run("why m --data data --example 18");
    ran.fails(2, &["--example is 18", "data has 18 examples, 0 to 17"]);

    // A vector is asked by one index.
    let tensors: [(&str, &[usize], Vec<f32>); 2] = [
        ("linear1.weight", &[1, 4], vec![1.0, 2.0, 3.0, 4.0]),
        ("linear1.bias", &[1], vec![-0.5]),
    ];
    model(
        &desk.join("v"),
        "linear(1) -> sigmoid",
        "binary-cross-entropy",
        &tensors,
    );
    idx(
        &desk.join("x-images-idx3-ubyte"),
        &[1, 2, 2],
        &[0, 51, 102, 255],
    );
    idx(&desk.join("x-labels-idx1-ubyte"), &[1], &[1]);
    let explanation = json(
        &desk,
        "why v --data x-images-idx3-ubyte --at linear1[0] --grad --class no --json",
    );
    let value = explanation["value"].as_f64().unwrap();
    assert!((value - 5.1).abs() < 1e-6, "{value}");
    let p = 1.0 / (1.0 + (-value).exp());
    let gradient = explanation["gradient"]["value"].as_f64().unwrap();
    assert!((gradient - p).abs() < 1e-6, "{gradient}");
}

#[test]
fn wrong_questions_get_one_line_that_says_what_would_be_right() {
    let desk = desk();
    for (line, parts) in [
        (
            "--at cnov1[0,0,0]",
            ["\"cnov1\"", "\"conv1\"?", "input, conv1, mine"].as_slice(),
        ),
        (
            "--at thing[0]",
            &["\"thing\"", "one of input, conv1, mine, maxpool1"],
        ),
        ("--at conv1[0,0]", &["2 indices", "conv1[h,w,c]", "6x6x2"]),
        ("--at linear1[0,0,0]", &["3 indices", "linear1[i]", "3"]),
        ("--at conv1[6,0,0]", &["h of conv1[6,0,0] is 6", "0 to 5"]),
        ("--at input[0,0,3]", &["c of input[0,0,3] is 3", "0 to 2"]),
        ("--at conv1[-1,0,0]", &["conv1[-1,0,0]", "from 0 on"]),
        ("--at conv1", &["LAYER[h,w,c]"]),
        ("--at -3", &["LAYER[h,w,c]"]),
        (
            "--grad --class cyan",
            &["\"cyan\"", "0 to 2", "blue, green, red"],
        ),
        ("--grad --class gren", &["\"green\"?"]),
        ("--grad --class -1", &["\"-1\"", "0 to 2"]),
        ("--grad --class 3", &["\"3\"", "0 to 2"]),
        ("--class red", &["--grad"]),
        ("--trace 0", &["from 1"]),
        ("--top -1", &["from 1"]),
        ("--labels x", &["--labels", "an image is given"]),
        ("--example 1", &["--data"]),
        ("--data data", &["--data"]),
    ] {
        desk.run(&format!("why m p.bmp {line}")).fails(2, parts);
    }
    desk.run("why m").fails(2, &["IMAGE"]);
    desk.run("why m none.png")
        .fails(2, &["none.png", "cannot open"]);
    desk.run("why none p.bmp").fails(2, &["none"]);
    desk.run("why p.bmp p.bmp").fails(2, &["p.bmp"]);
}

#[test]
fn values_that_overflow_are_explained() {
    let desk = Desk::new();
    let tensors: [(&str, &[usize], Vec<f32>); 4] = [
        ("linear1.weight", &[2, 4], vec![3e38; 8]),
        ("linear1.bias", &[2], vec![0.0; 2]),
        ("linear2.weight", &[2, 2], vec![-3e38; 4]),
        ("linear2.bias", &[2], vec![0.0; 2]),
    ];
    let network = "linear(2) -> linear(2) -> softmax";
    model(&desk.join("m"), network, "softmax-cross-entropy", &tensors);
    bmp(&desk.join("p.bmp"), 2, |_, _| [255; 3]);
    for at in ["linear1[0]", "linear2[1]", "softmax1[0]", "input[0,0,0]"] {
        let out = desk
            .run(&format!(
                "why m p.bmp --grad --at {at} --html page.html --overwrite --trace 9"
            ))
            .fine();
        assert!(out.contains("page.html"), "{out}");
        let out = desk
            .run(&format!("why m p.bmp --grad --at {at} --trace 9"))
            .fine();
        assert!(!out.contains("NOT ok"), "{at}: {out}");
    }
}

#[test]
fn models_in_double_precision_are_explained_in_it() {
    let desk = Desk::new();
    colours(&desk.join("data"), &RGB, 4, 4);
    let arguments = [
        "train",
        "data",
        "--model",
        "conv(2, 3, groups=1) -> tanh -> linear(classes)",
        "--dtype",
        "f64",
        "--epochs",
        "1",
        "--out",
        "run",
    ];
    desk.args(&arguments).fine();
    let line = "why run/model.safetensors data/red/000.bmp --at tanh1[1,0,1] --grad";
    let out = desk.run(line).fine();
    assert!(out.contains("(f64)") && out.contains("tanh("), "{out}");
    let explanation = json(&desk, &format!("{line} --json"));
    assert_eq!(explanation["element"], "f64");
    let bound = explanation["gradient"]["check"]["bound"].as_f64().unwrap();
    assert!(bound < 1e-13, "{bound}");
}
