//! The requests of the page, answered.

use crate::support::{Page, numbers};
use serde_json::{Value, json};

#[test]
fn a_text_is_checked_with_the_places_of_its_layers() {
    let mut page = Page::new();
    let text = "é: conv(8, 3) -> [relu -> conv(4, 3)] x 2 -> linear(10) -> softmax";
    let checked = page.ask(
        "check",
        json!({ "text": text, "input": [9, 9, 1], "classes": 10 }),
    );
    assert_eq!(checked["ok"], true, "{checked}");
    let layers = checked["summary"]["layers"].as_array().unwrap();
    let found: Vec<Value> = layers
        .iter()
        .map(|layer| {
            json!([
                layer["name"],
                layer["output"],
                layer["column"],
                layer["end"]
            ])
        })
        .collect();
    let expected = json!([
        ["é", [7, 7, 8], 1, 14],
        ["relu1", [7, 7, 8], 19, 23],
        ["conv2", [5, 5, 4], 27, 37],
        ["relu2", [5, 5, 4], 19, 23],
        ["conv3", [3, 3, 4], 27, 37],
        ["flatten before linear1", [36], 0, 0],
        ["linear1", [10], 46, 56],
        ["softmax1", [10], 60, 67],
    ]);
    assert_eq!(json!(found), expected);
    assert_eq!(layers[5]["implied"], true);
    assert!(checked["trainingBytes"].as_u64().unwrap() > 1000);
}

#[test]
fn a_text_that_does_not_fit_comes_with_the_change_that_works() {
    let mut page = Page::new();
    let text = "conv(8, 3) -> conv(16, 9) -> linear(10) -> softmax";
    let checked = page.ask(
        "check",
        json!({ "text": text, "input": [8, 8, 1], "classes": 10 }),
    );
    assert_eq!(
        (&checked["ok"], &checked["column"], &checked["end"]),
        (&json!(false), &json!(15), &json!(26))
    );
    assert_eq!(checked["diagnosis"]["layer"], "conv2");
    let mended = checked["diagnosis"]["fix"]["network"].clone();
    let again = page.ask(
        "check",
        json!({ "text": mended, "input": [8, 8, 1], "classes": 10 }),
    );
    assert_eq!(again["ok"], true, "{mended}");
    // A word that is none, and other outputs than classes.
    let wrong = page.ask(
        "check",
        json!({ "text": "conv(8, 3) -> rleu", "input": [8, 8, 1], "classes": 10 }),
    );
    assert_eq!((&wrong["column"], &wrong["end"]), (&json!(15), &json!(19)));
    assert!(
        wrong["message"]
            .as_str()
            .unwrap()
            .contains("did you mean \"relu\"")
    );
    let outputs = page.ask(
        "check",
        json!({ "text": "linear(7) -> softmax", "input": [8, 8, 1], "classes": 10 }),
    );
    assert_eq!(outputs["ok"], false);
    let many = page.ask(
        "check",
        json!({ "text": "linear(2000000) -> linear(10)", "input": [64, 64, 3], "classes": 10 }),
    );
    assert_eq!(many["ok"], false, "weights that no page has memory for");
}

#[test]
fn the_vocabulary_has_kinds_presets_and_settings() {
    let words = Page::new().ask("vocabulary", json!({}));
    let named = |list: &str, name: &str| {
        let entries = words[list].as_array().unwrap();
        entries.iter().find(|entry| entry["name"] == name).cloned()
    };
    let pool = named("kinds", "maxpool").unwrap();
    assert_eq!(
        pool["usage"],
        "maxpool(size, padding=valid, stride=size, ceil_mode=false)"
    );
    assert_eq!(pool["parameters"][0]["required"], true);
    assert!(named("presets", "lenet5").is_some());
    let smoothing = named("settings", "label_smoothing").unwrap();
    assert_eq!(
        (&smoothing["kind"], &smoothing["default"]),
        (&json!("number"), &json!(0.0))
    );
    for absent in ["data", "from", "dtype", "tensorboard"] {
        assert!(named("settings", absent).is_none(), "{absent}");
    }
}

#[test]
fn examples_are_drawn_and_a_run_parts_them() {
    let mut page = Page::with_run(json!({ "seed": 3 }));
    let drawn = page.ask("examples", json!({ "of": "train", "indices": [0, 5] }));
    assert_eq!(drawn["rgba"].as_array().unwrap().len(), 2 * 8 * 8 * 4);
    assert_eq!(drawn["rgba"][3], 255);
    assert!(drawn["labels"][1].as_u64().unwrap() < 10);
    let problem = page.refusal("examples", json!({ "of": "test", "indices": [9999] }));
    assert!(
        problem.starts_with("there is no example 9999: the part has 3"),
        "{problem}"
    );
    page.ask("load-digits", json!({}));
    let problem = page.refusal("examples", json!({ "of": "test", "indices": [0] }));
    assert!(problem.contains("when a run starts"), "{problem}");
}

#[test]
fn slices_of_a_training_end_where_the_whole_does() {
    let settings = json!({ "seed": 5, "epochs": 2, "batch": 100 });
    let mut page = Page::with_run(settings.clone());
    let mut steps = 0;
    // One step at a time.
    let last = loop {
        let slice = json!({ "steps": 1, "milliseconds": 1000, "told": true });
        let answer = page.ask("slice", slice);
        steps += answer["steps"].as_u64().unwrap();
        if answer["progress"]["finished"] == true {
            break answer["progress"].clone();
        }
        assert_eq!(answer["progress"]["steps"], steps);
        assert!(answer["progress"]["recentLoss"].as_f64().unwrap() > 0.0);
    };
    assert_eq!(steps, 2 * last["stepsPerEpoch"].as_u64().unwrap());
    let mut other = Page::with_run(settings);
    let (whole, epochs) = other.train();
    assert_eq!(page.ask("hash", json!({})), other.ask("hash", json!({})));
    assert_eq!(
        (&whole["loss"], &whole["accuracy"]),
        (&last["loss"], &last["accuracy"])
    );
    assert_eq!(epochs.len(), 2);
    assert_eq!(epochs[1]["hash"], page.ask("hash", json!({}))["hash"]);
    let tested = page.ask("evaluate", json!({ "of": "test", "mistakes": 0 }));
    assert_eq!(epochs[1]["test"]["accuracy"], tested["accuracy"]);
    // Nothing is left to train.
    let after = page.ask(
        "slice",
        json!({ "steps": 1, "milliseconds": 1, "told": true }),
    );
    assert_eq!(after["steps"], 0);
}

#[test]
fn a_training_that_fails_says_so_and_keeps_its_weights() {
    let mut page = Page::with_run(json!({ "lr": 1e30, "optimizer": "gd", "schedule": "constant" }));
    let slice = json!({ "steps": 50, "milliseconds": 5000, "told": true });
    let answer = page.ask("slice", slice);
    assert_eq!(answer["error"]["kind"], "stopped", "{answer}");
    assert!(
        answer["error"]["message"]
            .as_str()
            .unwrap()
            .contains("finite")
    );
    assert_eq!(
        page.ask("hash", json!({}))["hash"].as_str().unwrap().len(),
        64
    );
}

#[test]
fn one_example_is_learnt() {
    let mut page = Page::with_run(json!({ "optimizer": "gd", "lr": 0.1 }));
    let before = page.ask("hash", json!({}));
    let example = json!({ "image": { "of": "train", "index": 3 }, "label": 7 });
    let step = page.ask("train-example", example.clone());
    assert!(
        step["after"].as_f64().unwrap() < step["before"].as_f64().unwrap(),
        "{step}"
    );
    assert_eq!(step["progress"]["steps"], 1);
    assert_ne!(page.ask("hash", json!({})), before);
    let problem = page.refusal(
        "train-example",
        json!({ "image": { "of": "train", "index": 3 }, "label": 10 }),
    );
    assert!(problem.contains("10"), "{problem}");
    // A picture of another size and range, as it is drawn on the page.
    let picture =
        json!({ "picture": { "width": 2, "height": 3, "channels": 1, "values": { "$": 0 } } });
    let params = json!({ "image": picture, "label": 1 });
    let learnt = page
        .try_ask("train-example", params, vec![vec![255; 6]])
        .unwrap();
    assert!(learnt["before"].as_f64().unwrap() > 0.0);
}

#[test]
fn the_learning_rate_can_be_set_while_it_trains() {
    let mut page = Page::with_run(json!({}));
    assert_eq!(
        page.ask("set-learning-rate", json!({ "rate": 0.25 }))["learningRate"],
        0.25
    );
    let problem = page.refusal("set-learning-rate", json!({ "rate": -1 }));
    assert!(problem.contains("the learning rate is -1"), "{problem}");
}

#[test]
fn mistakes_and_confusion_add_up() {
    let mut page = Page::with_run(json!({ "epochs": 2 }));
    page.train();
    let scores = page.ask("evaluate", json!({ "of": "test", "mistakes": 4 }));
    let counts = numbers(&scores["confusion"]);
    let examples = scores["examples"].as_f64().unwrap();
    assert_eq!(counts.iter().sum::<f64>(), examples);
    let right: f64 = (0..10).map(|class| counts[class * 11]).sum();
    assert!((right / examples - scores["accuracy"].as_f64().unwrap()).abs() < 1e-12);
    let mistakes = scores["mistakes"].as_array().unwrap();
    let losses: Vec<f64> = mistakes
        .iter()
        .map(|mistake| mistake["loss"].as_f64().unwrap())
        .collect();
    assert!(
        !losses.is_empty() && losses.is_sorted_by(|a, b| a >= b),
        "{losses:?}"
    );
    // The worst is one, seen by itself.
    let index = mistakes[0]["index"].clone();
    let seen = page.ask(
        "predict",
        json!({ "image": { "of": "test", "index": index } }),
    );
    assert_eq!(seen["class"], mistakes[0]["predicted"]);
    assert_ne!(mistakes[0]["predicted"], mistakes[0]["actual"]);
}

#[test]
fn values_and_gradients_of_layers_agree_with_why() {
    let mut page = Page::with_run(json!({}));
    let image = json!({ "of": "train", "index": 1 });
    let params = json!({ "image": image, "layers": ["input", "conv1", "softmax1"], "gradient": true, "class": 4 });
    let seen = page.ask("activations", params);
    let [input, conv, softmax] = [0, 1, 2].map(|at| seen["layers"][at].clone());
    assert_eq!(
        (&input["output"]["shape"], &conv["output"]["shape"]),
        (&json!([8, 8, 1]), &json!([8, 8, 6]))
    );
    let shares = numbers(&softmax["output"]["values"]);
    assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-5);
    let at = (3 * 8 + 2) * 6 + 5;
    let params =
        json!({ "image": image, "at": "conv1[3,2,5]", "gradient": true, "class": "4", "top": 3 });
    let why = page.ask("why", params);
    assert_eq!(why["ok"], true);
    assert_eq!(why["value"], conv["output"]["values"][at]);
    assert_eq!(why["gradient"]["value"], conv["gradient"]["values"][at]);
    assert_eq!(why["forward"]["terms"].as_array().unwrap().len(), 3);
    assert_eq!(
        why["gradient"]["loss_value"].as_f64(),
        seen["loss"].as_f64()
    );
    let problem = page.refusal(
        "activations",
        json!({ "image": image, "layers": ["conv9"] }),
    );
    assert!(problem.contains("did you mean \"conv1\""), "{problem}");
}

#[test]
fn weights_are_shown_and_one_is_checked() {
    let mut page = Page::with_run(json!({}));
    let conv = page.ask("parameters", json!({ "layer": "conv1" }));
    let [weight, bias] = [0, 1].map(|at| conv["arrays"][at].clone());
    assert_eq!(
        (&weight["name"], &weight["tensor"]["shape"]),
        (&json!("weight"), &json!([3, 3, 1, 6]))
    );
    assert_eq!(
        (&bias["name"], &bias["tensor"]["shape"]),
        (&json!("bias"), &json!([6]))
    );
    let image = json!({ "of": "train", "index": 0 });
    let params = json!({ "image": image, "array": "conv1.weight", "index": [1, 2, 0, 3] });
    let check = page.ask("gradcheck", params);
    assert_eq!(check["value"], weight["tensor"]["values"][(3 + 2) * 6 + 3]);
    assert_eq!(check["agrees"], true, "{check}");
    let empty = page.ask("parameters", json!({ "layer": "relu1" }));
    assert_eq!(empty["arrays"], json!([]));
}

#[test]
fn grad_cam_is_drawn_at_the_size_of_the_image() {
    let mut page = Page::with_run(json!({ "epochs": 1 }));
    page.train();
    let cam = page.ask("grad-cam", json!({ "image": { "of": "test", "index": 0 } }));
    assert_eq!(
        (
            &cam["layer"],
            &cam["map"]["shape"],
            &cam["enlarged"]["shape"]
        ),
        (&json!("relu1"), &json!([8, 8]), &json!([8, 8]))
    );
    let map = numbers(&cam["map"]["values"]);
    assert_eq!(
        map.iter().copied().fold(0.0, f64::max) as f32,
        cam["largest"].as_f64().unwrap() as f32
    );
    assert_eq!(cam["weights"].as_array().unwrap().len(), 6);
}

#[test]
fn a_model_is_saved_and_opened() {
    let mut page = Page::with_run(json!({ "epochs": 1 }));
    page.train();
    let hash = page.ask("hash", json!({}));
    let image = json!({ "image": { "of": "all", "index": 7 } });
    let predicted = page.ask("predict", image.clone());
    let saved = page.ask("save-model", json!({}));
    let bytes: Vec<u8> = numbers(&saved["bytes"])
        .into_iter()
        .map(|byte| byte as u8)
        .collect();
    let mut other = Page::new();
    other.ask("load-digits", json!({}));
    let params = json!({ "name": "mine.safetensors", "bytes": { "$": 0 } });
    let opened = other
        .try_ask("open-model", params.clone(), vec![bytes.clone()])
        .unwrap();
    assert_eq!(
        (&opened["hash"], &opened["fitsData"]),
        (&hash["hash"], &json!(true))
    );
    assert_eq!(opened["training"]["epochs"], 1);
    assert_eq!(other.ask("predict", image.clone()), predicted);
    let all = json!({ "of": "all", "mistakes": 0 });
    let tested = other.ask("evaluate", all.clone());
    assert!(tested["accuracy"].as_f64().unwrap() > 0.1);
    assert_eq!(tested, page.ask("evaluate", all));
    // Damaged, and none at all; the opened model stays.
    let mut damaged = bytes;
    let last = damaged.len() - 1;
    damaged[last] ^= 1;
    for wrong in [damaged, b"GIF89a".to_vec(), Vec::new()] {
        let problem = other
            .try_ask("open-model", params.clone(), vec![wrong])
            .unwrap_err();
        assert!(
            problem.starts_with("mine.safetensors: ") && !problem.contains('\n'),
            "{problem}"
        );
    }
    assert_eq!(other.ask("predict", image), predicted);
}

#[test]
fn images_of_the_page_are_data() {
    let mut page = Page::new();
    // Dark and light ones, of several sizes.
    let images: Vec<Vec<u8>> = (0..20)
        .map(|n| vec![if n % 2 == 0 { 10 } else { 240 }; 3 * (4 + n) * 5])
        .collect();
    let pictures: Vec<Value> = (0..20)
        .map(|n| json!({ "width": 5, "height": 4 + n, "channels": 3, "values": { "$": n } }))
        .collect();
    let labels: Vec<usize> = (0..20).map(|n| n % 2).collect();
    let params = json!({ "name": "drawn", "classes": ["dark", "light"], "images": pictures, "labels": labels, "input": [6, 6, 1] });
    let loaded = page.try_ask("load-images", params, images).unwrap();
    assert_eq!(
        (&loaded["counts"], &loaded["shape"], &loaded["divisor"]),
        (&json!([10, 10]), &json!([6, 6, 1]), &json!(255.0))
    );
    let settings = json!({ "epochs": 300, "hold_out": 0.0, "lr": 0.05 });
    let run = page.ask(
        "new-run",
        json!({ "network": "linear(2) -> softmax", "settings": settings }),
    );
    assert_eq!(
        (&run["trainExamples"], &run["testExamples"]),
        (&json!(20), &json!(0))
    );
    let (progress, epochs) = page.train();
    assert_eq!(
        (&progress["accuracy"], &epochs[0]["test"]),
        (&json!(1.0), &Value::Null)
    );
    let one = json!({ "name": "x", "classes": ["a", "b"], "images": [{ "width": 2, "height": 2, "channels": 3, "values": { "$": 0 } }], "labels": [0], "input": [2, 2, 3] });
    let problem = page
        .try_ask("load-images", one, vec![vec![0; 11]])
        .unwrap_err();
    assert!(
        problem.starts_with("image 0 of 1: ") && problem.contains("11 values"),
        "{problem}"
    );
}

#[test]
fn the_steps_of_the_notebooks_are_taken() {
    let mut page = Page::new();
    let x = json!({ "shape": [1, 2, 2, 1], "values": [1.0, 2.0, 3.0, 4.0] });
    let padded = page.ask("step", json!({ "function": "zero_pad", "X": x, "pad": 1 }));
    assert_eq!(padded["X_pad"]["shape"], json!([1, 4, 4, 1]));
    assert_eq!(padded["X_pad"]["values"][5], 1.0);
    let w = json!({ "shape": [2, 2, 1, 1], "values": [1.0, 0.0, 0.0, -1.0] });
    let b = json!({ "shape": [1, 1, 1, 1], "values": [0.5] });
    let params =
        json!({ "function": "conv_forward", "A_prev": x, "W": w, "b": b, "stride": 1, "pad": 0 });
    assert_eq!(page.ask("step", params)["Z"]["values"], json!([-2.5]));
    let dz = json!({ "shape": [1, 1, 1, 1], "values": [2.0] });
    let params = json!({ "function": "conv_backward", "dZ": dz, "A_prev": x, "W": w, "b": b, "stride": 1, "pad": 0 });
    let back = page.ask("step", params);
    assert_eq!(back["dW"]["values"], json!([2.0, 4.0, 6.0, 8.0]));
    let params = json!({ "function": "pool_backward", "dA": dz, "A_prev": x, "f": 2, "stride": 1, "mode": "max" });
    assert_eq!(
        page.ask("step", params)["dA_prev"]["values"],
        json!([0.0, 0.0, 0.0, 2.0])
    );
    let mask = json!({ "function": "create_mask_from_window", "x": { "shape": [1, 2], "values": [1.0, 3.0] } });
    assert_eq!(page.ask("step", mask)["mask"]["values"], json!([0.0, 1.0]));
    let flat = json!({ "shape": [4], "values": [1.0, 2.0, 3.0, 4.0] });
    let problem = page.refusal(
        "step",
        json!({ "function": "zero_pad", "X": flat, "pad": 1 }),
    );
    assert_eq!(problem, "X: has the shape [4], expected 4 dimensions");
    let problem = page.refusal(
        "step",
        json!({ "function": "zero_pad", "X": x, "pad": 1_u64 << 40 }),
    );
    assert!(problem.contains("zero_pad"), "{problem}");
}

#[test]
fn wrong_requests_are_refused_in_one_line() {
    let mut page = Page::new();
    for (kind, params, part) in [
        ("fly", json!({}), "\"fly\" is not a request"),
        ("check", json!({}), "check: missing field"),
        (
            "load-digits",
            json!({ "a": 1 }),
            "load-digits: unknown field `a`",
        ),
        ("hash", json!({}), "there is no network"),
        (
            "slice",
            json!({ "steps": 1, "milliseconds": 1, "told": false }),
            "there is no run",
        ),
        (
            "new-run",
            json!({ "network": null, "settings": {} }),
            "there is no data",
        ),
        ("save-model", json!({}), "no network to save"),
        (
            "predict",
            json!({ "image": { "of": "all", "index": 0 } }),
            "there is no network",
        ),
        (
            "open-model",
            json!({ "name": "x", "bytes": { "$": 3 } }),
            "array 3 was not sent",
        ),
    ] {
        let problem = page.refusal(kind, params);
        assert!(problem.contains(part), "{kind}: {problem}");
    }
    page.ask("load-digits", json!({}));
    for (settings, part) in [
        (json!({ "lr": "fast" }), "lr is \"fast\""),
        (
            json!({ "tensorboard": true }),
            "not a setting of a run in a page",
        ),
        (
            json!({ "early_stop": 3, "hold_out": 0.0 }),
            "early_stop needs test data",
        ),
        (
            json!({ "transfer": "head" }),
            "about the model that a run starts from",
        ),
        (json!({ "sede": 3 }), "did you mean \"seed\""),
        (
            json!({ "clip_norm": 1, "clip_value": 1 }),
            "cannot be used with",
        ),
        (json!({ "freeze": ["linear", "conv"] }), "nothing to train"),
    ] {
        let params =
            json!({ "network": "conv(2, 3) -> linear(10) -> softmax", "settings": settings });
        let problem = page.refusal("new-run", params);
        assert!(problem.contains(part), "{problem}");
    }
}
