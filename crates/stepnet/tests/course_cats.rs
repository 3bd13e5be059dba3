//! The course's cat networks, trained through the public API in `f64`: the published costs to
//! every printed digit, the early trace, and the checksums of the learnt weights.
//!
//! The pictures may not be shipped, so this test needs them beside the repository and says so
//! when they are not there.
#![cfg(feature = "files")]

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use stepnet::data::{self, OpenOptions};
use stepnet::nn::layer::Noise;
use stepnet::nn::{Batch, Init, Network, Preprocessing, Targets};
use stepnet::optim::Rule;
use stepnet::rng::RandomState;
use stepnet::train::Learner;

fn shared(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared")
        .join(name)
}

#[test]
fn two_layers() {
    run(
        "cat_two_layer",
        Init::Scaled(0.01),
        "linear(7) -> relu -> linear(1) -> sigmoid",
    );
}

#[test]
fn four_layers() {
    run(
        "cat_l_layer",
        Init::FanIn,
        "linear(20) -> relu -> linear(7) -> relu -> linear(5) -> relu -> linear(1) -> sigmoid",
    );
}

fn run(id: &str, init: Init, arrow: &str) {
    let pictures = shared("data/catvnoncat/train_catvnoncat.h5");
    let published = shared("course/course.json");
    if !pictures.exists() || !published.exists() {
        eprintln!(
            "skipped: {id} needs the cat pictures and the published results, which are not here"
        );
        return;
    }
    let course: Value = serde_json::from_str(&fs::read_to_string(published).unwrap()).unwrap();
    let experiments = course["experiments"].as_array().unwrap();
    let experiment = experiments
        .iter()
        .find(|experiment| experiment["id"] == id)
        .unwrap();
    assert_eq!(experiment["network"]["arrow"], arrow);

    let opened = data::open(&pictures, &OpenOptions::default()).unwrap();
    let cats = opened.data;
    let preprocessing = Preprocessing::scaled(64, 64, 3, 255.0);
    let order: Vec<usize> = (0..cats.len()).collect();
    let mut x = vec![0.0; cats.len() * 64 * 64 * 3];
    cats.fill_batch(&order, &preprocessing, &mut x).unwrap();

    let mut network = Network::<f64>::new(arrow, [64, 64, 3]).unwrap();
    let seed = experiment["init"]["seed"].as_u64().unwrap();
    network.initialize(init, &mut RandomState::new(u32::try_from(seed).unwrap()));

    let learning_rate = experiment["optimiser"]["learning_rate"].as_f64().unwrap();
    let iterations = experiment["iterations"].as_u64().unwrap();
    let mut learner = Learner::new(network, Rule::GradientDescent, cats.len(), 0.0).unwrap();
    let examples: Vec<u64> = (0..cats.len() as u64).collect();
    let mut costs = Vec::new();
    for _ in 0..iterations {
        let noise = Noise {
            seed: 0,
            epoch: 0,
            examples: &examples,
        };
        let batch = Batch {
            x: &x,
            targets: Targets::Classes(cats.labels()),
            noise,
        };
        costs.push(learner.step(&batch, learning_rate).unwrap().mean_loss());
    }
    check_costs(experiment, &costs);
    let weights = if experiment["final_weights"].is_null() {
        "weights"
    } else {
        "final_weights"
    };
    check_weights(&experiment[weights], learner.network());
}

fn check_costs(experiment: &Value, costs: &[f64]) {
    let id = &experiment["id"];
    for row in experiment["trace"].as_array().unwrap() {
        let (iteration, value) = (row[0].as_u64().unwrap() as usize, row[1].as_f64().unwrap());
        let error = (costs[iteration] - value).abs();
        assert!(
            error <= 1e-12 * value,
            "{id}: cost {} at iteration {iteration}, expected {value}",
            costs[iteration]
        );
    }
    let rows = experiment["published"].as_array().unwrap();
    assert!(rows.len() >= 4);
    for row in rows {
        let cost = costs[row["iteration"].as_u64().unwrap() as usize];
        let (value, spread) = (
            row["value"].as_f64().unwrap(),
            row["spread"].as_f64().unwrap(),
        );
        assert!(
            (cost - value).abs() <= (1e-12 + 30.0 * spread) * value,
            "{id}: cost {cost}, expected {row}"
        );
        let text = row["text"].as_str().unwrap();
        let decimals = text.split('.').nth(1).unwrap().len();
        if decimals <= 13 {
            assert_eq!(format!("{cost:.decimals$}"), text, "{id}: {row}");
        }
    }
}

fn check_weights(expected: &Value, network: &Network<f64>) {
    let mut checked = 0;
    let mut number = 0;
    for node in network.nodes() {
        for (parameter, range) in node.placed_parameters() {
            number += usize::from(parameter.name == "weight");
            let name = format!(
                "{}{number}",
                if parameter.name == "weight" { "W" } else { "b" }
            );
            let values = &network.parameters()[range];
            let bound = &expected[&name];
            let of = |key: &str| bound[key].as_f64().unwrap();
            let sum: f64 = values.iter().sum();
            let squares: f64 = values.iter().map(|v| v * v).sum();
            let sum_bound = 1e-12 * of("abs_sum") + 30.0 * of("sum_spread");
            assert!(
                (sum - of("sum")).abs() <= sum_bound,
                "{name}: sum {sum}, expected {bound}"
            );
            let squares_bound = 1e-12 * of("sum_sq") + 30.0 * of("sum_sq_spread");
            assert!(
                (squares - of("sum_sq")).abs() <= squares_bound,
                "{name}: squares {squares}, expected {bound}"
            );
            checked += 1;
        }
    }
    assert_eq!(
        checked,
        expected.as_object().unwrap().len() - 1,
        "every array but the note of when"
    );
}
