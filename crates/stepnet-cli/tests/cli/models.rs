//! `evaluate`, `predict` and `inspect`.

use serde_json::Value;

use crate::files::{RGB, bmp, colours, model};
use crate::run::Desk;

/// Lines of JSON.
fn json(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// A desk with a white 2x2 picture, `p.bmp`.
fn desk_with_picture() -> Desk {
    let desk = Desk::new();
    bmp(&desk.join("p.bmp"), 2, |_, _| [255; 3]);
    desk
}

#[test]
fn pictures_are_ranked_and_unreadable_ones_do_not_stop_the_others() {
    let desk = Desk::new();
    colours(&desk.join("data"), &RGB, 10, 6);
    let network = "flatten -> linear(classes) -> softmax";
    let arguments = [
        "train", "data", "--model", network, "--epochs", "40", "--lr", "0.01", "--out", "run",
    ];
    desk.args(&arguments).fine();
    std::fs::write(desk.join("empty.txt"), "").unwrap();
    let ran = desk.run(
        "predict run/model.safetensors data/red/000.bmp none.png empty.txt data/blue/001.bmp --top 2",
    );
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!(lines.len(), 2, "{}", ran.out);
    assert!(
        lines[0].starts_with("data/red/000.bmp: red "),
        "{}",
        lines[0]
    );
    assert!(
        lines[1].starts_with("data/blue/001.bmp: blue "),
        "{}",
        lines[1]
    );
    assert_eq!(lines[0].matches('%').count(), 2);
    assert_eq!(ran.code, Some(2));
    let errors: Vec<&str> = ran.err.lines().collect();
    assert_eq!(errors.len(), 3, "{}", ran.err);
    assert!(errors[0].starts_with("error: none.png: cannot open"));
    assert_eq!(errors[1], "error: empty.txt: the file is empty");
    assert!(errors[2].starts_with("4 pictures, 2 failed, "));

    let out = desk
        .run("predict run/model.safetensors data/green/000.bmp --top 9 --json")
        .fine();
    let [line] = &json(&out)[..] else {
        panic!("{out}")
    };
    let predictions = line["predictions"].as_array().unwrap();
    assert_eq!(predictions.len(), 3);
    assert_eq!(predictions[0]["class"], "green");
    let sum: f64 = predictions
        .iter()
        .map(|p| p["probability"].as_f64().unwrap())
        .sum();
    assert!((sum - 1.0).abs() < 1e-5, "{sum}");

    let out = desk
        .run("evaluate run/model.safetensors data --json")
        .fine();
    let found = &json(&out)[0];
    assert_eq!(found["examples"], 30);
    assert_eq!(found["confusion"].as_array().unwrap().len(), 3);
    assert_eq!(found["classes"][2]["class"], "red");
    for value in [
        &found["top_k_accuracy"]["1"],
        &found["macro"]["f1"],
        &found["weighted"]["precision"],
        &found["micro"]["recall"],
        &found["classes"][0]["precision"],
    ] {
        assert_eq!(value, 1.0, "{out}");
    }
    let out = desk
        .run("evaluate run/model.safetensors data --top-k 2")
        .fine();
    assert!(out.contains("top-2 accuracy 100.00 %"), "{out}");
    for word in [
        "precision",
        "recall",
        "F1",
        "macro average",
        "weighted average",
    ] {
        assert!(out.contains(word), "{word} is not in {out}");
    }

    let out = desk.run("inspect run/model.safetensors --json").fine();
    let found = &json(&out)[0];
    assert_eq!(found["input"], serde_json::json!([6, 6, 3]));
    assert_eq!(found["parameters"], 6 * 6 * 3 * 3 + 3);
    assert_eq!(found["non_finite_values"], 0);
}

#[test]
fn one_sigmoid_speaks_for_two_classes() {
    let desk = desk_with_picture();
    let tensors: [(&str, &[usize], Vec<f32>); 2] = [
        ("linear1.weight", &[1, 4], vec![0.0; 4]),
        ("linear1.bias", &[1], vec![1.0]),
    ];
    model(
        &desk.join("m"),
        "linear(1) -> sigmoid",
        "binary-cross-entropy",
        &tensors,
    );
    // 1 / (1 + exp(-1)) = 0.731...
    assert_eq!(
        desk.run("predict m p.bmp --top 2").fine(),
        "p.bmp: yes 73.1 %, no 26.9 %\n"
    );
}

#[test]
fn outputs_that_are_no_probabilities_are_not_called_so() {
    let desk = desk_with_picture();
    let tensors: [(&str, &[usize], Vec<f32>); 2] = [
        ("linear1.weight", &[2, 4], vec![0.0; 8]),
        ("linear1.bias", &[2], vec![-5.0, 6.25]),
    ];
    model(&desk.join("m"), "linear(2)", "mean-squared-error", &tensors);
    let out = desk.run("predict m p.bmp --top 2").fine();
    assert_eq!(out, "p.bmp: yes (score 6.2500), no (score -5.0000)\n");
    let out = desk.run("predict m p.bmp --json").fine();
    assert_eq!(json(&out)[0]["predictions"][0]["score"], 6.25);
    assert!(!out.contains("probability"), "{out}");
}

#[test]
fn weights_that_mean_nothing_are_refused_by_name() {
    let desk = desk_with_picture();
    let mut weights = vec![0.5; 8];
    weights[3] = f32::NAN;
    let tensors: [(&str, &[usize], Vec<f32>); 2] = [
        ("linear1.weight", &[2, 4], weights),
        ("linear1.bias", &[2], vec![0.0; 2]),
    ];
    model(
        &desk.join("m"),
        "linear(2) -> softmax",
        "softmax-cross-entropy",
        &tensors,
    );
    let parts = ["m: layer linear1: 1 of the 8 values of its weight"];
    desk.run("predict m p.bmp").fails(2, &parts);
    desk.run("evaluate m data").fails(2, &parts);
    desk.run("train --from m")
        .fails(2, &["--from: m: layer linear1: 1 of the 8"]);
    let out = desk.run("inspect m").fine();
    assert!(
        out.contains("warning: 1 of the 8 values of linear1.weight"),
        "{out}"
    );
    let out = desk.run("inspect m --json").fine();
    assert_eq!(json(&out)[0]["non_finite_values"], 1);
}

#[test]
fn an_answer_that_overflows_is_no_confidence() {
    let desk = desk_with_picture();
    let tensors: [(&str, &[usize], Vec<f32>); 4] = [
        ("linear1.weight", &[2, 4], vec![3e38; 8]),
        ("linear1.bias", &[2], vec![0.0; 2]),
        ("linear2.weight", &[2, 2], vec![3e38; 4]),
        ("linear2.bias", &[2], vec![0.0; 2]),
    ];
    model(
        &desk.join("m"),
        "linear(2) -> linear(2) -> softmax",
        "softmax-cross-entropy",
        &tensors,
    );
    let ran = desk.run("predict m p.bmp");
    ran.fails(1, &["p.bmp", "not finite"]);
    assert_eq!(ran.out, "");
}

#[test]
fn inspect_shows_presets_and_texts() {
    let desk = Desk::new();
    let out = desk.run("inspect cat-cnn").fine();
    assert!(out.contains("total: 1,310 parameters"), "{out}");
    let out = desk.run("inspect lenet5 --input 32x32x3 --json").fine();
    assert_eq!(
        json(&out)[0]["layers"][0]["output"],
        serde_json::json!([28, 28, 6])
    );
    let text = "[conv(4, 3, same) -> relu] x 2 -> linear(classes) -> softmax";
    let out = desk
        .args(&["inspect", text, "--input", "8x8x1", "--classes", "7"])
        .fine();
    assert!(out.contains("linear(7)"), "{out}");
}

#[test]
fn a_model_of_the_digits_sees_pictures_of_them_as_it_saw_the_digits() {
    let desk = Desk::new();
    desk.run("train --epochs 4 --out run").fine();
    // The digits' values run from 0 to 16, a picture's to 255.
    let digits = stepnet::data::digits();
    for example in 0..300 {
        let class = desk
            .join("pictures")
            .join(digits.labels()[example].to_string());
        std::fs::create_dir_all(&class).unwrap();
        bmp(&class.join(format!("{example}.bmp")), 8, |x, y| {
            let place = example * 64 + (y * 8 + x) as usize;
            let value = digits.images().values().get(place).unwrap() * 255.0 / 16.0;
            [value.round() as u8; 3]
        });
    }
    let ran = desk
        .run("evaluate run/model.safetensors pictures --json")
        .fine();
    let loss = json(&ran)[0]["loss"].as_f64().unwrap();
    assert!(loss < 0.2, "loss {loss}");
}
