//! The weights that an engine ends in, natively on the portable instruction set: those that `web/engine-tests` expects of
//! the engine in a browser. A test program of its own, since a program computes on one set.

use serde_json::{Value, json};
use stepnet::kernels::request_instruction_set;
use stepnet_web::Engine;

fn ask(engine: &mut Engine, kind: &str, params: &Value) -> Value {
    let answer = engine.call(kind, &params.to_string(), Vec::new()).unwrap();
    serde_json::from_str(&answer.json).unwrap()
}

#[test]
fn the_portable_set_ends_in_the_weights_that_browsers_are_held_to() {
    request_instruction_set("portable").unwrap();
    let trainings = include_str!("../../../web/engine-tests/trainings.json");
    let trainings: Value = serde_json::from_str(trainings).unwrap();
    let mut engine = Engine::new();
    ask(&mut engine, "load-digits", &json!({}));
    ask(&mut engine, "new-run", &trainings["hashed"]);
    let slice = json!({ "steps": null, "milliseconds": 1e9, "told": true });
    while ask(&mut engine, "slice", &slice)["progress"]["finished"] != true {}
    let hash = ask(&mut engine, "hash", &json!({}));
    assert_eq!(hash["hash"], trainings["weights"]);
}
