//! Times training steps natively, for comparison with the same in node (`web/engine-tests/measure.mjs`):
//! `cargo run --release -p stepnet-web --example timing`, with `STEPNET_ISA` and `RAYON_NUM_THREADS=1`.

use std::time::Instant;

use serde_json::{Value, json};
use stepnet_web::Engine;

fn ask(engine: &mut Engine, kind: &str, params: &Value, bytes: Vec<Vec<u8>>) -> Value {
    match engine.call(kind, &params.to_string(), bytes) {
        Ok(answer) => serde_json::from_str(&answer.json).unwrap_or_default(),
        Err(failure) => panic!("{kind}: {}", failure.message),
    }
}

/// As `trainings.json` names them.
fn load(engine: &mut Engine, input: &Value) {
    if input.is_null() {
        ask(engine, "load-digits", &json!({}), Vec::new());
        return;
    }
    let extent = |at: usize| input[at].as_u64().unwrap_or(1) as usize;
    let [height, width, channels] = [extent(0), extent(1), extent(2)];
    let images = 256;
    // As in measure.mjs.
    let pixel = |n: usize, at: usize| ((n * 7919 + at * 104_729) % 251) as u8;
    let bytes: Vec<Vec<u8>> = (0..images)
        .map(|n| {
            (0..height * width * channels)
                .map(|at| pixel(n, at))
                .collect()
        })
        .collect();
    let pictures: Vec<Value> = (0..images)
        .map(|n| json!({ "width": width, "height": height, "channels": channels, "values": { "$": n } }))
        .collect();
    let labels: Vec<usize> = (0..images).map(|n| n % 10).collect();
    let classes: Vec<String> = (0..10).map(|class| class.to_string()).collect();
    let params = json!({ "name": "drawn", "classes": classes, "images": pictures, "labels": labels, "input": input });
    ask(engine, "load-images", &params, bytes);
}

fn slice(engine: &mut Engine, steps: u64) -> Value {
    let params = json!({ "steps": steps, "milliseconds": 1e9, "told": true });
    ask(engine, "slice", &params, Vec::new())
}

fn main() {
    let trainings = include_str!("../../../web/engine-tests/trainings.json");
    let trainings: Value = serde_json::from_str(trainings).unwrap_or_default();
    let mut engine = Engine::new();
    for timed in trainings["timed"].as_array().into_iter().flatten() {
        load(&mut engine, &timed["input"]);
        let run = json!({ "network": timed["network"], "settings": timed["settings"] });
        ask(&mut engine, "new-run", &run, Vec::new());
        let steps = timed["steps"].as_u64().unwrap_or(1);
        slice(&mut engine, 1);
        let start = Instant::now();
        let mut done = 0;
        while done < steps {
            done += slice(&mut engine, steps - done)["steps"]
                .as_u64()
                .unwrap_or(steps);
        }
        let milliseconds = start.elapsed().as_secs_f64() * 1000.0 / steps as f64;
        let name = timed["name"].as_str().unwrap_or_default();
        println!("{name:<24} {milliseconds:9.3} ms a step");
    }
}
