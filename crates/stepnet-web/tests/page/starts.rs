//! Runs that keep their best weights, and runs that start from an opened model.

use crate::support::{Page, numbers};
use serde_json::{Value, json};

/// The model of a page's run, as bytes.
fn saved(page: &mut Page) -> Vec<u8> {
    let saved = page.ask("save-model", json!({}));
    let bytes = numbers(&saved["bytes"]);
    bytes.into_iter().map(|byte| byte as u8).collect()
}

/// A page with the digits and an opened model, trained for one epoch, which had this loss.
fn with_model() -> (Page, Value, f64) {
    let mut page = Page::with_run(json!({ "epochs": 1 }));
    let (_, epochs) = page.train();
    let loss = epochs[0]["loss"].as_f64().unwrap();
    let bytes = saved(&mut page);
    let params = json!({ "name": "mine.safetensors", "bytes": { "$": 0 } });
    let opened = page.try_ask("open-model", params, vec![bytes]).unwrap();
    (page, opened, loss)
}

fn from_model(page: &mut Page, settings: Value) -> Value {
    page.ask(
        "new-run",
        json!({ "network": null, "fromModel": true, "settings": settings }),
    )
}

#[test]
fn early_stopping_ends_with_the_best_weights() {
    // Few examples to test on, and large steps: it is soon over.
    let settings =
        json!({ "epochs": 60, "early_stop": 2, "batch": 64, "lr": 0.02, "hold_out": 0.05 });
    let mut page = Page::with_run(settings);
    let (progress, epochs) = page.train();
    assert_eq!(
        (&progress["stopped"], epochs.len() < 60),
        (&json!(true), true)
    );
    // The first of the best, by accuracy and then by loss.
    let better = |a: &Value, b: &Value| {
        let score = |record: &Value| {
            let test = &record["test"];
            (
                test["accuracy"].as_f64().unwrap(),
                -test["loss"].as_f64().unwrap(),
            )
        };
        score(a) > score(b)
    };
    let mut best = &epochs[0];
    for record in &epochs {
        if better(record, best) {
            best = record;
        }
    }
    let kept = best["epoch"].as_u64().unwrap() + 1;
    assert_eq!(progress["keptEpoch"], kept);
    assert_eq!(epochs.len() as u64, kept + 2);
    assert_eq!(page.ask("hash", json!({}))["hash"], best["hash"]);
    assert_ne!(epochs[epochs.len() - 1]["hash"], best["hash"]);
    let tested = page.ask("evaluate", json!({ "of": "test", "mistakes": 0 }));
    assert_eq!(tested["accuracy"], best["test"]["accuracy"]);
    let example = json!({ "image": { "of": "train", "index": 3 }, "label": 7 });
    let problem = page.refusal("train-example", example);
    assert!(problem.contains("has ended"), "{problem}");
    let bytes = saved(&mut page);
    let params = json!({ "name": "best.safetensors", "bytes": { "$": 0 } });
    let opened = page.try_ask("open-model", params, vec![bytes]).unwrap();
    assert_eq!(opened["training"]["epochs"], kept);
    assert_eq!(opened["training"]["early_stop"], 2);
}

#[test]
fn a_training_continues_from_an_opened_model() {
    let (mut page, opened, loss_of_new) = with_model();
    let settings = json!({ "epochs": 2, "lr": 0.001 });
    let run = from_model(&mut page, settings.clone());
    assert_eq!(run["hash"], opened["hash"]);
    let command = run["command"].as_str().unwrap();
    assert!(command.contains("--from mine.safetensors"), "{command}");
    let (_, epochs) = page.train();
    let first = page.ask("hash", json!({}));
    assert_ne!(first["hash"], opened["hash"]);
    assert!(
        epochs[0]["loss"].as_f64().unwrap() < 0.9 * loss_of_new,
        "it begins with weights that were trained: {}, the first had the loss {loss_of_new}",
        epochs[0]
    );
    // The model is there for another run, which ends in the same weights.
    from_model(&mut page, settings);
    page.train();
    assert_eq!(page.ask("hash", json!({})), first);
    // A new network ends that.
    page.ask("new-run", json!({ "network": null, "settings": {} }));
    let again = json!({ "network": null, "fromModel": true, "settings": {} });
    let problem = page.refusal("new-run", again);
    assert!(problem.contains("no model to start from"), "{problem}");
}

#[test]
fn other_classes_get_a_new_last_layer_and_the_others_stay() {
    let (mut page, ..) = with_model();
    let before = page.ask("parameters", json!({ "layer": "conv1" }));
    // Dark left halves and dark right halves.
    let images: Vec<Vec<u8>> = (0..40)
        .map(|n| {
            (0..64)
                .map(|at| {
                    if (at % 8 < 4) == (n % 2 == 0) {
                        20
                    } else {
                        235
                    }
                })
                .collect()
        })
        .collect();
    let pictures: Vec<Value> = (0..40)
        .map(|n| json!({ "width": 8, "height": 8, "channels": 1, "values": { "$": n } }))
        .collect();
    let labels: Vec<usize> = (0..40).map(|n| n % 2).collect();
    let params = json!({ "name": "halves", "classes": ["left", "right"], "images": pictures, "labels": labels, "input": [8, 8, 1] });
    let loaded = page.try_ask("load-images", params, images).unwrap();
    assert_eq!(loaded["fitsModel"], false);
    let run = from_model(&mut page, json!({}));
    assert!(
        run["command"].as_str().unwrap().contains("--transfer head"),
        "{run}"
    );
    let (progress, epochs) = page.train();
    assert_eq!(
        (&progress["accuracy"], epochs.len()),
        (&json!(1.0), 1),
        "{progress}"
    );
    assert_eq!(page.ask("parameters", json!({ "layer": "conv1" })), before);
    let tested = page.ask("evaluate", json!({ "of": "test", "mistakes": 0 }));
    assert_eq!(
        (
            &tested["accuracy"],
            tested["classes"].as_array().unwrap().len()
        ),
        (&json!(1.0), 2)
    );
    // All layers, after the last has been fitted.
    from_model(&mut page, json!({ "epochs": 4, "transfer": "finetune" }));
    let (progress, epochs) = page.train();
    assert_eq!(epochs.len(), 4);
    assert!(progress["keptEpoch"].as_u64().is_some(), "{progress}");
}

#[test]
fn a_model_of_another_size_and_settings_of_new_networks_are_refused() {
    let (mut page, ..) = with_model();
    for (settings, part) in [
        (json!({ "init": "xavier" }), "cannot be used with"),
        (json!({ "standardize": true }), "cannot be used with"),
    ] {
        let params = json!({ "network": null, "fromModel": true, "settings": settings });
        let problem = page.refusal("new-run", params);
        assert!(problem.contains(part), "{problem}");
    }
    let pictures: Vec<Value> = (0..4)
        .map(|n| json!({ "width": 3, "height": 3, "channels": 1, "values": { "$": n } }))
        .collect();
    let params = json!({ "name": "small", "classes": ["a", "b"], "images": pictures, "labels": [0, 1, 0, 1], "input": [3, 3, 1] });
    page.try_ask("load-images", params, vec![vec![9; 9]; 4])
        .unwrap();
    let params = json!({ "network": null, "fromModel": true, "settings": {} });
    let problem = page.refusal("new-run", params);
    assert!(
        problem.contains("3x3x1") && problem.contains("8x8x1"),
        "{problem}"
    );
}
