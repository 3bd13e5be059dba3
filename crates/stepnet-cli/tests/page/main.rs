//! The page trains as the command does: the same settings end in the same weights.

use std::process::Command;

use serde_json::{Value, json};
use stepnet::nn::{ModelFile, Registry};
use stepnet_web::Engine;

const NETWORK: &str =
    "conv(8, 3, same) -> bn -> relu -> maxpool(2) -> dropout(0.2) -> linear(10) -> softmax";

fn ask(engine: &mut Engine, kind: &str, params: &Value) -> Value {
    let answer = engine.call(kind, &params.to_string(), Vec::new());
    serde_json::from_str(&answer.unwrap().json).unwrap()
}

#[test]
fn the_same_settings_end_in_the_same_weights_as_the_command() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let mut command = Command::new(env!("CARGO_BIN_EXE_stepnet"));
    command.args(["train", "--model", NETWORK, "--seed", "7", "--epochs", "2"]);
    command.args([
        "--batch",
        "50",
        "--augment",
        "crop(1)",
        "--no-shuffle",
        "--out",
    ]);
    let ended = command.arg(&out).output().unwrap();
    assert!(ended.status.success(), "{ended:?}");
    let file = ModelFile::open(out.join("model.safetensors")).unwrap();
    let model = file.model::<f32>(Registry::builtin()).unwrap();

    let mut engine = Engine::new();
    ask(&mut engine, "load-digits", &json!({}));
    let settings =
        json!({ "seed": 7, "epochs": 2, "batch": 50, "augment": "crop(1)", "shuffle": false });
    let run = json!({ "network": NETWORK, "settings": settings });
    let run = ask(&mut engine, "new-run", &run);
    let slice = json!({ "steps": null, "milliseconds": 1e9, "told": true });
    while ask(&mut engine, "slice", &slice)["progress"]["finished"] != true {}
    let hash = ask(&mut engine, "hash", &json!({}))["hash"].clone();
    assert_eq!(hash, model.network.hash().to_string());
    assert_ne!(hash, run["hash"]);
    // The page says which command that was.
    let told = run["command"].as_str().unwrap();
    let words = format!("STEPNET_ISA=portable stepnet train --model '{NETWORK}'");
    assert!(told.starts_with(&words), "{told}");
    for option in [
        "--seed 7",
        "--epochs 2",
        "--batch 50",
        "--augment 'crop(1)'",
        "--no-shuffle",
    ] {
        assert!(told.contains(option), "{told}");
    }
}
