//! The published numbers, by the notebooks' own functions: each experiment of `fixtures/course.json` is trained by the `model` of
//! its notebook, and its costs, accuracies and weights are compared with what the notebook printed and what the reference gave.
//!
//! The pictures of cats and the regularisation data may not be shipped: the tests that need them say so where they are not there.
#![cfg(feature = "files")]
#![allow(non_snake_case)]

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use ndarray::{Array1, Array2};
use serde_json::Value;
use stepnet::course::{
    Descent, Edition, dnn_application, initialization, logistic_regression, optimization, planar,
    regularization,
};
use stepnet::data::{self, OpenOptions};
use stepnet::nn::Preprocessing;
use stepnet::steps::Parameters;
use stepnet_course::{self as course, Examples};

fn shared(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared")
        .join(name)
}

/// Examples in columns, and their labels.
type Columns = (Array2<f64>, Array2<f64>);

fn columns(examples: &Examples) -> Columns {
    let m = examples.labels.len();
    let rows = Array2::from_shape_vec((m, examples.features), examples.x.clone()).unwrap();
    let labels: Array1<f64> = examples
        .labels
        .iter()
        .map(|&label| f64::from(label))
        .collect();
    // A view from rows to columns, as the notebooks' `reshape(m, -1).T`.
    (rows.reversed_axes(), labels.insert_axis(ndarray::Axis(0)))
}

fn cats(part: &str) -> Columns {
    let path = shared("data/catvnoncat").join(format!("{part}_catvnoncat.h5"));
    let cats = data::open(path, &OpenOptions::default()).unwrap().data;
    let [height, width, channels] = cats.images().shape();
    let features = cats.images().per_image();
    let order: Vec<usize> = (0..cats.len()).collect();
    let mut x = vec![0.0; cats.len() * features];
    let preprocessing = Preprocessing::scaled(height, width, channels, 255.0);
    cats.fill_batch(&order, &preprocessing, &mut x).unwrap();
    let labels = cats.labels().to_vec();
    columns(&Examples {
        features,
        x,
        labels,
    })
}

/// Training and test set; without a test set that for training.
fn data_of(name: &str) -> Option<(Columns, Columns)> {
    let npz =
        |part| course::read_points(&shared("course/regularization.npz"), part).map(|x| columns(&x));
    Some(match name {
        "flower" => (columns(&course::flower()), columns(&course::flower())),
        "circles" => (
            columns(&course::circles(300, 1)),
            columns(&course::circles(100, 2)),
        ),
        "moons" => (columns(&course::moons()), columns(&course::moons())),
        "cats" if shared("data/catvnoncat").is_dir() => (cats("train"), cats("test")),
        "regularization" if shared("course").is_dir() => {
            (npz("train").unwrap(), npz("test").unwrap())
        }
        _ => return None,
    })
}

/// What a model came to: the cost of each step, the parameters, and the accuracies on both sets.
struct Outcome {
    costs: Vec<f64>,
    parameters: Parameters<f64>,
    accuracies: [f64; 2],
}

fn run(experiment: &Value, (train, test): &(Columns, Columns)) -> Outcome {
    let id = experiment["id"].as_str().unwrap();
    let number = |name: &str| experiment[name].as_f64().unwrap();
    let steps = experiment["steps"].as_u64().unwrap() as usize;
    let sizes: Vec<usize> = experiment["sizes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|size| size.as_u64().unwrap() as usize)
        .collect();
    let mut costs = Vec::new();
    let mut observe = |_: usize, cost: f64| {
        costs.push(cost);
        ControlFlow::Continue(())
    };
    let (X, Y) = train;
    let rate = number("learning_rate");
    let descent = Descent {
        observe: Some(&mut observe),
        ..Descent::new(rate, steps)
    };
    let mut shares: Option<[f64; 2]> = None;
    let parameters = match id.split('_').next().unwrap() {
        "cat" if id == "cat_logistic" => {
            let model = logistic_regression::model((X, Y), &test.0, descent).unwrap();
            assert_eq!(model.costs.len(), steps / 100);
            let share = |p: &Array2<f64>, Y: &Array2<f64>| {
                logistic_regression::accuracy(p, Y).unwrap() / 100.0
            };
            shares = Some([
                share(&model.Y_prediction_train, Y),
                share(&model.Y_prediction_test, &test.1),
            ]);
            let W = model.params.w.reversed_axes();
            Parameters {
                W: vec![W],
                b: vec![Array2::from_elem((1, 1), model.params.b)],
            }
        }
        "cat" if id.starts_with("cat_two") => {
            dnn_application::two_layer_model(X, Y, &sizes, descent)
                .unwrap()
                .0
        }
        "cat" => {
            dnn_application::L_layer_model(X, Y, &sizes, descent)
                .unwrap()
                .0
        }
        "planar" => planar::nn_model(X, Y, sizes[1], descent).unwrap(),
        "init" => {
            let word = experiment["init"]["rule"].as_str().unwrap();
            initialization::model(
                X,
                Y,
                initialization::Initialization::named(word).unwrap(),
                descent,
            )
            .unwrap()
        }
        "reg" => {
            use regularization::Against;
            let against = match (&experiment["dropout"]["keep"], number("l2")) {
                (Value::Number(keep), _) => Against::Dropout(keep.as_f64().unwrap()),
                (_, 0.0) => Against::Nothing,
                (_, lambd) => Against::L2(lambd),
            };
            regularization::model(X, Y, against, descent).unwrap()
        }
        _ => {
            let mut training =
                optimization::Training::new(match experiment["rule"].as_str().unwrap() {
                    "gd" => optimization::Optimizer::Gd,
                    "momentum" => optimization::Optimizer::Momentum(0.9),
                    _ => optimization::Optimizer::Adam(optimization::Adam::default()),
                });
            let interval = experiment["decay_every"].as_f64();
            let decay = |first: f64, epoch: usize| match interval {
                Some(1.0) => optimization::update_lr(first, epoch as f64, 1.0),
                Some(interval) => {
                    optimization::schedule_lr_decay(first, epoch as f64, 1.0, interval)
                }
                None => first,
            };
            training.decay = Some(&decay);
            training.learning_rate = rate;
            training.num_epochs = steps;
            if experiment["switch"] == "last-batch" {
                training.edition = Edition::First;
            }
            training.observe = Some(&mut observe);
            optimization::model(X, Y, &sizes, training).unwrap()
        }
    };
    let accuracies =
        shares.unwrap_or_else(|| [train, test].map(|data| accuracy(id, &parameters, data)));
    Outcome {
        costs,
        parameters,
        accuracies,
    }
}

fn accuracy(id: &str, parameters: &Parameters<f64>, (X, Y): &Columns) -> f64 {
    let right = |p: &dyn Fn(usize) -> bool| {
        (0..Y.len())
            .filter(|&at| p(at) == (Y[[0, at]] == 1.0))
            .count()
    };
    let count = match id.split('_').next().unwrap() {
        "cat" => {
            let p = dnn_application::predict(X, parameters).unwrap();
            right(&|at| p[[0, at]] == 1.0)
        }
        "planar" => {
            let p = planar::predict(parameters, X).unwrap();
            right(&|at| p[[0, at]])
        }
        _ => {
            let p = initialization::predict(X, parameters).unwrap();
            right(&|at| p[[0, at]] == 1)
        }
    };
    count as f64 / Y.len() as f64
}

/// Whether a number shows a printed text: to the last of up to 13 digits, else to rounding.
fn shows(ours: f64, text: &str) -> bool {
    let number: f64 = text.parse().unwrap();
    let digits = text
        .trim_start_matches(['0', '.'])
        .chars()
        .filter(char::is_ascii_digit)
        .count();
    let decimals = text
        .split_once('.')
        .map_or(0, |(_, decimals)| decimals.len());
    let half = 0.5 * 10f64.powi(-(decimals as i32)) * (1.0 + 1e-6);
    let bound = if digits <= 13 {
        half
    } else {
        1e-11 * number.abs()
    };
    (ours - number).abs() <= bound
}

/// Compares an outcome with all that is published of the experiment; how many numbers that were.
fn compare(experiment: &Value, outcome: &Outcome) -> usize {
    let id = &experiment["id"];
    let mut compared = 0;
    for row in experiment["published"].as_array().unwrap() {
        let (at, what) = (
            row["at"].as_u64().unwrap() as usize,
            row["what"].as_str().unwrap(),
        );
        let [train, test] = outcome.accuracies;
        let ours = match what {
            "cost" => outcome.costs[at],
            "train accuracy in per cent" => train * 100.0,
            "test accuracy in per cent" => test * 100.0,
            "train accuracy" => train,
            "test accuracy" => test,
            _ => continue,
        };
        let texts = row["texts"].as_array().unwrap();
        let shown =
            texts.is_empty() || texts.iter().any(|text| shows(ours, text.as_str().unwrap()));
        assert!(shown, "{id}: {what} at {at} is {ours}, published {texts:?}");
        if let (Some(value), "cost") = (row["value"].as_f64(), what) {
            let bound = (1e-12 + 30.0 * row["spread"].as_f64().unwrap_or(0.0)) * value;
            assert!(
                (ours - value).abs() <= bound,
                "{id}: {what} at {at} is {ours}, expected {value}"
            );
        }
        compared += 1;
    }
    for point in experiment["trace"].as_array().into_iter().flatten() {
        let (at, value) = (
            point[0].as_u64().unwrap() as usize,
            point[1].as_f64().unwrap(),
        );
        let ours = outcome.costs[at];
        assert!(
            (ours - value).abs() <= 1e-12 * value,
            "{id}: cost at {at} is {ours}, expected {value}"
        );
        compared += 1;
    }
    for (name, facts) in experiment["weights"].as_object().into_iter().flatten() {
        let array = outcome.parameters.get(name).unwrap();
        let fact = |key: &str| facts[key].as_f64().unwrap();
        let bound = 1e-12 * fact("abs_sum") + 30.0 * fact("sum_spread");
        let apart = (array.sum() - fact("sum")).abs();
        assert!(
            apart <= bound,
            "{id}: the sum of {name} is off by {apart:e}"
        );
        let squares = array.mapv(|x| x * x).sum();
        let bound = 1e-12 * fact("sum_sq") + 30.0 * fact("sum_sq_spread");
        assert!(
            (squares - fact("sum_sq")).abs() <= bound,
            "{id}: the squares of {name}"
        );
        compared += 2;
    }
    compared
}

/// Trains the experiments on some data sets; how many numbers agreed.
fn verify(data: &[&str]) -> Option<usize> {
    let published: Value = serde_json::from_str(include_str!("../fixtures/course.json")).unwrap();
    let mut compared = 0;
    for name in data {
        let sets = data_of(name)?;
        let experiments = published["experiments"].as_array().unwrap().iter();
        // The copies with one number for all biases of a layer compute something else.
        let of_set = experiments.filter(|e| e["data"] == *name && e["switch"] != "scalar-db");
        for experiment in of_set {
            compared += compare(experiment, &run(experiment, &sets));
        }
    }
    Some(compared)
}

#[test]
fn the_planar_notebook_prints_its_numbers() {
    let compared = verify(&["flower"]).unwrap();
    assert!(compared >= 40, "{compared}");
}

#[test]
fn the_notebook_on_initialization_prints_its_numbers() {
    let compared = verify(&["circles"]).unwrap();
    assert!(compared >= 40, "{compared}");
}

#[test]
fn the_notebook_on_optimization_prints_its_numbers() {
    let compared = verify(&["moons"]).unwrap();
    assert!(compared >= 120, "{compared}");
}

#[test]
fn the_notebook_on_regularization_prints_its_numbers() {
    match verify(&["regularization"]) {
        Some(compared) => assert!(compared >= 40, "{compared}"),
        None => eprintln!("skipped: the regularisation data is not here"),
    }
}

#[test]
fn the_notebooks_on_cats_print_their_numbers() {
    match verify(&["cats"]) {
        Some(compared) => assert!(compared >= 80, "{compared}"),
        None => eprintln!("skipped: the cat pictures are not here"),
    }
}

/// A fault in a function cannot hide behind the bounds.
#[test]
fn another_learning_rate_is_seen() {
    let published: Value = serde_json::from_str(include_str!("../fixtures/course.json")).unwrap();
    let experiments = published["experiments"].as_array().unwrap();
    let mut experiment = experiments
        .iter()
        .find(|e| e["id"] == "planar_sweep_4")
        .unwrap()
        .clone();
    experiment["learning_rate"] = Value::from(1.2 + 1e-9);
    let outcome = run(&experiment, &data_of("flower").unwrap());
    let compared = std::panic::catch_unwind(|| compare(&experiment, &outcome));
    assert!(compared.is_err(), "the numbers agreed: {compared:?}");
}
