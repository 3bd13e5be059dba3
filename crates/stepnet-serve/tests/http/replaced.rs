//! Model files that change under a running server.

use std::fs;

use serde_json::Value;
use stepnet::Model;
use stepnet_serve::Event;

use crate::desk::{Desk, NETWORK, bmp, input, model, outputs, wait_for};

/// The likeliest class's probability, as the server says it.
fn asked(desk: &Desk, image: &[u8]) -> f64 {
    let answer = desk.post("/api/predict?top=1", "", image).json();
    answer["pictures"][0]["predictions"][0]["probability"]
        .as_f64()
        .unwrap()
}

fn expected(model: &Model<f32>, image: &[u8]) -> f64 {
    let outputs = outputs(model, &input(model, image));
    outputs.into_iter().map(f64::from).fold(0.0, f64::max)
}

fn problem(desk: &Desk) -> Value {
    desk.get("/api/models").json()["models"][0]["problem"].clone()
}

#[test]
fn the_new_model_answers_and_a_broken_one_does_not() {
    let desk = Desk::new();
    let image = bmp(9, 9, 2);
    let file = desk.file("m");
    assert_eq!(asked(&desk, &image), expected(&model(NETWORK, 1), &image));
    let second = model(NETWORK, 2);
    second.save(&file).unwrap();
    let of_second = expected(&second, &image);
    wait_for("the second model", || asked(&desk, &image) == of_second);
    let events = || desk.events.lock().unwrap().clone();
    assert!(matches!(&events()[..], [Event::Replaced { name, .. }] if name == "m"));
    // Half of a file.
    let bytes = model(NETWORK, 3).to_bytes().unwrap();
    fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
    wait_for("the problem is told", || problem(&desk).is_string());
    assert_eq!(asked(&desk, &image), of_second);
    let last = events().pop();
    assert!(
        matches!(&last, Some(Event::Kept { problem, .. }) if problem.contains("m.safetensors")),
        "{last:?}"
    );
    assert_eq!(desk.get("/v2/models/m/ready").status, 200);
    // No file at all.
    fs::remove_file(&file).unwrap();
    wait_for("the file is missed", || events().len() == 3);
    assert_eq!(asked(&desk, &image), of_second);
    // Another input and other classes.
    let mut other = model("linear(2) -> softmax", 4);
    other.classes.pop();
    other.save(&file).unwrap();
    let of_other = expected(&other, &image);
    wait_for("the other model", || asked(&desk, &image) == of_other);
    assert_eq!(problem(&desk), Value::Null);
    let text = desk.get("/metrics").text();
    for line in [
        "stepnet_model_replacements_total{model=\"m\",outcome=\"used\"} 2",
        "stepnet_model_replacements_total{model=\"m\",outcome=\"refused\"} 2",
    ] {
        assert!(text.lines().any(|found| found == line), "{text}");
    }
}

#[test]
fn requests_go_on_while_a_model_is_replaced() {
    let desk = Desk::new();
    let image = bmp(8, 8, 2);
    let models = [1, 2, 3].map(|seed| model(NETWORK, seed));
    let known = models.each_ref().map(|model| expected(model, &image));
    let mut client = desk.client();
    let mut seen = [false; 3];
    for (number, model) in models.iter().enumerate() {
        model.save(desk.file("m")).unwrap();
        while !seen[number] {
            let reply = client.ask("POST", "/api/predict?top=1", "", &image).json();
            let said = reply["pictures"][0]["predictions"][0]["probability"].as_f64();
            let place = known.iter().position(|known| Some(*known) == said);
            seen[place.expect("the answer of one of the models")] = true;
        }
    }
}
