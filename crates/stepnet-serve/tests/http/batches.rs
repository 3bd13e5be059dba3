//! Requests that arrive together.

use std::thread;

use crate::desk::{Desk, bmp, input, model, outputs};

#[test]
fn requests_at_a_time_are_computed_together_to_the_same_bits() {
    // Large enough for others to arrive while one is computed.
    let text = "[conv(24, 3, same) -> relu] x 6 -> globalavgpool -> linear(3) -> softmax";
    let model = model(text, 1);
    let desk = Desk::with(&[("m", model.clone())], |options| options.limits.batch = 8);
    let ask = |seed: u32| {
        let image = bmp(8, 8, seed);
        let mut client = desk.client();
        let expected = outputs(&model, &input(&model, &image));
        for _ in 0..10 {
            let answer = client.ask("POST", "/api/predict", "", &image).json();
            let found = answer["pictures"][0]["predictions"].as_array().unwrap();
            let mut found: Vec<f64> = found
                .iter()
                .map(|prediction| prediction["probability"].as_f64().unwrap())
                .collect();
            let mut expected: Vec<f64> = expected.iter().map(|&value| f64::from(value)).collect();
            found.sort_by(f64::total_cmp);
            expected.sort_by(f64::total_cmp);
            assert_eq!(found, expected);
        }
    };
    thread::scope(|scope| {
        (0..16).for_each(|seed| {
            scope.spawn(move || ask(seed));
        });
    });
    let text = desk.get("/metrics").text();
    let figure = |name: &str| -> u64 {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.expect(name).trim().parse().unwrap()
    };
    let batches = figure("stepnet_batch_examples_count{model=\"m\"}");
    assert_eq!(figure("stepnet_batch_examples_sum{model=\"m\"}"), 160);
    assert!(batches < 160, "some were computed together: {batches}");
    let up_to_8 = figure("stepnet_batch_examples_bucket{model=\"m\",le=\"8\"}");
    assert_eq!(up_to_8, batches, "no batch is larger than the limit");
}
