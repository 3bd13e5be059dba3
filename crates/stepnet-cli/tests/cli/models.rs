//! `evaluate`, `predict` and `inspect`.

use std::fs;

use serde_json::Value;

use crate::files::{RGB, bmp, colours, model, with_classes};
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
    assert!(errors[2].starts_with("4 images, 2 failed, "));

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

/// Layer by layer and pass by pass, as layers run together, with the numbers and in 80 columns.
#[test]
fn inspect_says_by_which_method_each_pass_is_computed_and_why() {
    let desk = Desk::new();
    let text = "conv(4, 5) -> relu -> maxpool(2) -> linear(classes)";
    let out = desk
        .args(&["inspect", text, "--input", "28x28x1", "--methods"])
        .fine();
    assert!(
        out.contains("methods of a training step over 64 examples in f32:"),
        "{out}"
    );
    let below = out
        .lines()
        .skip_while(|line| !line.starts_with("conv1 + relu1 + "));
    let first: Vec<&str> = below
        .skip(1)
        .take_while(|line| line.starts_with(' '))
        .collect();
    assert!(first[0].starts_with("  forward  pixels"), "{out}");
    assert!(first[0].contains("vectors per pixel"), "{out}");
    assert_eq!(first[1].trim(), "not winograd: kernel height 5 != 3");
    assert!(first[2].starts_with("  weights  "), "{out}");
    let same = "at inference: the same as the forward passes above";
    assert!(out.contains(same), "{out}");

    let deep = "conv(32, 3, same) -> bn -> relu -> conv(48, 3, same) -> conv(48, 3, same, groups=48) \
                -> conv(8, 1) -> maxpool(2) -> linear(classes)";
    for batch in ["1", "64"] {
        let options = ["--input", "32x32x64", "--methods", "--batch", batch];
        for dtype in ["f32", "f64"] {
            let mut arguments = vec!["inspect", deep, "--dtype", dtype];
            arguments.extend(options);
            let out = desk.args(&arguments).fine();
            let from = out.find("methods of a training step").unwrap();
            let long = out[from..].lines().find(|line| line.len() > 80);
            assert_eq!(long, None);
            assert_eq!(out.contains(" winograd "), dtype == "f32", "{out}");
            let exact = desk.args(&[&arguments[..], &["--exact"]].concat()).fine();
            assert!(!exact.contains(" winograd "), "{exact}");
            assert!(out.contains("channels of a filter 1 = 1"), "{out}");
            // The normalisation is folded into its convolution there.
            let other = out.split("segments that differ at inference over").nth(1);
            assert!(
                other.is_some_and(|of| of.contains("conv1 + bn1 + relu1")),
                "{out}"
            );
            arguments.push("--json");
            let methods = &json(&desk.args(&arguments).fine())[0]["methods"];
            assert_eq!(methods["batch"].to_string(), batch);
            assert_eq!(methods["dtype"], dtype);
            let passes = methods["training"][1]["passes"].as_array().unwrap();
            let names: Vec<&Value> = passes.iter().map(|pass| &pass["pass"]).collect();
            assert_eq!(names, ["forward", "weights", "data"]);
            assert!(passes.iter().all(|pass| pass["reason"]["text"].is_string()));
            let step = &methods["inference"][0]["layers"];
            assert_eq!(*step, serde_json::json!(["conv1", "bn1", "relu1"]));
        }
    }
    let of = "<--time|--methods>";
    desk.run("inspect lenet5 --batch 3").fails(2, &[of]);
    desk.run("inspect lenet5 --exact").fails(2, &[of]);

    let plain = ["inspect", "relu -> maxpool(2)", "--input", "4x4x1"];
    let out = desk.args(&[&plain[..], &["--methods"]].concat()).fine();
    let none = "methods: no convolution or dense layer, so there is no choice of method";
    assert!(out.trim_end().ends_with(none), "{out}");
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

/// A model that answers the second class.
fn decided(desk: &Desk) {
    let tensors: [(&str, &[usize], Vec<f32>); 2] = [
        ("linear1.weight", &[2, 4], vec![0.0; 8]),
        ("linear1.bias", &[2], vec![0.0, 1.0]),
    ];
    let network = "linear(2) -> softmax";
    model(&desk.join("m"), network, "softmax-cross-entropy", &tensors);
}

#[test]
fn a_model_that_names_no_classes_is_to_blame_itself() {
    let desk = desk_with_picture();
    decided(&desk);
    with_classes(&desk.join("m"), &[]);
    colours(&desk.join("data"), &RGB[..2], 2, 2);
    let parts = ["error: m: the model names no classes, expected a name for each"];
    desk.run("evaluate m data").fails(2, &parts);
    desk.run("evaluate m").fails(2, &parts);
    // Without labels there is nothing to compare.
    let out = desk.run("predict m p.bmp").fine();
    assert_eq!(out, "p.bmp: 1 73.1 %\n");
}

#[test]
fn class_names_of_any_length_are_cut_for_people_and_whole_in_json() {
    let desk = desk_with_picture();
    decided(&desk);
    let long = "yes".repeat(22_000);
    with_classes(&desk.join("m"), &["no", &long]);
    let csv = "a,b,c,d,label\n1,2,3,4,no\n5,6,7,8,no\n";
    fs::write(desk.join("data.csv"), csv).unwrap();
    let cut = format!("{}y...", "yes".repeat(12));
    for line in [
        "why m p.bmp",
        "why m p.bmp --grad",
        "why m p.bmp --grad --html -",
        "predict m p.bmp",
        "inspect m",
        "evaluate m data.csv",
    ] {
        let out = desk.run(line).fine();
        assert!(out.contains(&cut), "{line}: {out:.2000}");
        assert!(!out.contains(&"yes".repeat(14)), "{line}");
    }
    for line in [
        "why m p.bmp --grad --json",
        "predict m p.bmp --json",
        "inspect m --json",
        "evaluate m data.csv --json",
    ] {
        assert!(desk.run(line).fine().contains(&long), "{line}");
    }
    let ran = desk.run("why m p.bmp --grad --class other");
    ran.fails(2, &["the class is \"other\"", "or one of no, yesyes"]);
    assert!(ran.err.len() < 500, "{}", ran.err.len());
}

#[test]
fn facts_of_a_model_stand_in_a_column() {
    let desk = desk_with_picture();
    desk.run("train --epochs 1 --model linear(classes)->softmax --out run")
        .fine();
    let out = desk.run("inspect run/model.safetensors").fine();
    let facts: Vec<&str> = out
        .lines()
        .skip_while(|line| !line.starts_with("weights:"))
        .collect();
    let column = |line: &str| {
        let name = line.split_inclusive(": ").next().unwrap();
        name.len() + line[name.len()..].find(|c| c != ' ').unwrap()
    };
    assert!(facts.len() > 10, "{out}");
    assert!(
        facts.iter().any(|line| line.starts_with("images: ")),
        "{out}"
    );
    for line in &facts {
        assert_eq!(column(line), column(facts[0]), "{line}");
    }
}
