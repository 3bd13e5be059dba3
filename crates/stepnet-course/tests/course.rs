//! The course's published numbers, through the same calls as `stepnet verify-course`.
//!
//! The pictures of cats and the regularisation data may not be shipped: the tests that need them say so
//! where they are not there.
#![cfg(feature = "files")]

use std::collections::BTreeSet;
use std::fs;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use serde_json::Value;
use stepnet::Number;
use stepnet::data::{Dataset, Images, Values};
use stepnet::nn::{Init, Network, Preprocessing};
use stepnet::optim::{Rule, Schedule};
use stepnet::rng::RandomState;
use stepnet::train::{BatchSize, TrainOptions, Trainer};
use stepnet_course::{self as course, Options, Report, Verdict, blocks};

fn shared(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared")
        .join(name)
}

fn verify(only: &[&str], data: &[PathBuf]) -> Report {
    course::verify(
        &Options::default()
            .only(only.iter().map(ToString::to_string).collect())
            .data(data.to_vec()),
    )
    .unwrap()
}

fn assert_agrees(report: &Report) {
    let failures: Vec<_> = report.failures().collect();
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn the_building_blocks_give_every_printed_number() {
    let report = verify(&["blocks"], &[]);
    assert_agrees(&report);
    assert_eq!(report.rows.len(), 108);
    assert_eq!(report.count(Verdict::Agrees), 99);
    assert_eq!(report.count(Verdict::Erratum), 9);
    let functions: BTreeSet<String> = blocks::cases()
        .iter()
        .map(|case| case.function().to_owned())
        .collect();
    assert_eq!((blocks::cases().len(), functions.len()), (33, 18));
    assert_eq!(blocks::errata(), 17);
    let ending = |words: &str| {
        let rows = report.reference.iter();
        rows.filter(|row| row.what.ends_with(words)).count()
    };
    // Every array that is drawn, printed as an input, or expected.
    assert_eq!(
        [ending(", drawn"), ending(", as printed"), ending(" values")],
        [34, 9, 61]
    );
}

#[test]
fn the_building_blocks_hold_in_single_precision() {
    fn rows<T: Number>() -> usize {
        let rows = blocks::cases()
            .iter()
            .flat_map(|case| case.reference_rows::<T>().unwrap())
            .collect::<Vec<_>>();
        for row in &rows {
            assert_eq!(row.verdict, Verdict::Agrees, "{row:#?}");
        }
        rows.len()
    }
    assert_eq!(rows::<f32>(), rows::<f64>());
}

#[test]
fn the_drawn_experiments_give_every_printed_number() {
    let report = verify(&["grad", "reg_l2_cost", "planar", "init", "opt"], &[]);
    assert_agrees(&report);
    assert_eq!(report.count(Verdict::NoData), 0);
    assert_eq!(report.rows.len(), report.count(Verdict::Agrees));
    assert!(report.rows.len() > 80, "{} rows", report.rows.len());
    assert_eq!(report.runs.len(), 16);
}

/// Gradient checking with both planted faults, with each of them alone, and mended.
#[test]
fn the_gradient_check_tells_each_fault() {
    let report = verify(&["gradcheck_nd"], &[]);
    assert_agrees(&report);
    let differences: Vec<(&str, f64)> = report
        .rows
        .iter()
        .chain(&report.reference)
        .filter(|row| row.what.starts_with("difference"))
        .map(|row| (row.what.as_str(), row.ours.parse().unwrap()))
        .collect();
    let names: BTreeSet<&str> = differences.iter().map(|(what, _)| *what).collect();
    assert_eq!(names.len(), 4, "{differences:?}");
    for (what, difference) in differences {
        assert_eq!(
            difference < 2e-7,
            what.ends_with("mended"),
            "{what}: {difference}"
        );
    }
}

#[test]
fn the_experiments_on_data_that_is_not_shipped_give_every_printed_number() {
    let data = [shared("data/catvnoncat"), shared("course")];
    if !data.iter().all(|folder| folder.is_dir()) {
        eprintln!("skipped: the cat pictures and the regularisation data are not here");
        return;
    }
    let report = verify(&["cat", "reg"], &data);
    assert_agrees(&report);
    assert_eq!(report.rows.len(), report.count(Verdict::Agrees));
    assert_eq!(report.runs.len(), 8);
}

#[test]
fn without_data_rows_say_what_is_missing() {
    let report = verify(&["cat_l_layer", "reg_none"], &[]);
    assert_agrees(&report);
    assert_eq!(report.rows.len(), report.count(Verdict::NoData));
    assert!(report.rows[0].note.contains("train_catvnoncat.h5"));
    assert!(report.to_string().contains("regularization.npz"));
}

/// A wrong gradient cannot hide: each of these faults makes published numbers come out differently.
#[test]
fn a_planted_fault_in_the_gradient_is_seen() {
    type Fault = fn(&Network<f64>, &mut [f64]);
    let faults: [(&str, &str, Fault); 4] = [
        (
            "a doubled dW of the last layer",
            "init_he",
            |network, gradients| {
                let range = network.nodes()[4].placed_parameters().next().unwrap().1;
                gradients[range].iter_mut().for_each(|g| *g *= 2.0);
            },
        ),
        (
            "a db that is never used",
            "planar_sweep_2",
            |network, gradients| {
                let range = network.nodes()[0].placed_parameters().nth(1).unwrap().1;
                gradients[range].fill(0.0);
            },
        ),
        (
            "one coordinate a little off",
            "opt_momentum_decay_fixed",
            |_, gradients| {
                gradients[3] *= 1.0 + 1e-9;
            },
        ),
        ("a missing 1/m", "opt_adam", |_, gradients| {
            gradients.iter_mut().for_each(|g| *g *= 64.0);
        }),
    ];
    for (what, only, fault) in faults {
        let report = course::verify(
            &Options::default()
                .only(vec![only.to_owned()])
                .alter(Some(&fault)),
        )
        .unwrap();
        assert!(report.failures().count() > 0, "{what} went unnoticed");
        assert!(report.to_string().contains("DIFFERS"), "{what}");
    }
}

#[test]
fn unknown_experiments_are_named_with_the_nearest() {
    let options = Options::default().only(vec!["opt_gb".into()]);
    let error = course::verify(&options).unwrap_err().to_string();
    assert!(error.contains("\"opt_gb\""), "{error}");
    assert!(error.ends_with("did you mean \"opt_gd\"?"), "{error}");
}

/// Every row of the full description of the experiments, read where it is there: the embedded
/// numbers are a part of it, this is all of it.
#[test]
fn the_full_description_agrees() {
    let path = shared("course/course.json");
    let Ok(text) = fs::read_to_string(path) else {
        eprintln!("skipped: the full description of the experiments is not here");
        return;
    };
    let description: Value = serde_json::from_str(&text).unwrap();
    let report = course::verify(
        &Options::default()
            .only(vec!["planar_4".into(), "init".into(), "opt".into()])
            .every(NonZeroUsize::new(1)),
    )
    .unwrap();
    let mut compared = 0;
    for run in &report.runs {
        let experiments = description["experiments"].as_array().unwrap();
        let Some(experiment) = experiments
            .iter()
            .find(|e| e["id"] == run.experiment.as_str())
        else {
            continue;
        };
        for row in experiment["published"].as_array().unwrap() {
            let at = row["iteration"].as_u64().or(row["epoch"].as_u64()).unwrap() as usize;
            let (value, spread) = (
                row["value"].as_f64().unwrap(),
                row["spread"].as_f64().unwrap(),
            );
            let (found_at, cost) = run.costs[at];
            assert_eq!(found_at, at);
            let bound = (1e-12 + 30.0 * spread) * value;
            assert!(
                (cost - value).abs() <= bound,
                "{}: {row}: {cost}",
                run.experiment
            );
            compared += 1;
        }
        for point in experiment["trace"].as_array().unwrap() {
            let (at, value) = (
                point[0].as_u64().unwrap() as usize,
                point[1].as_f64().unwrap(),
            );
            let cost = run.costs[at].1;
            assert!(
                (cost - value).abs() <= 1e-12 * value,
                "{}: {point}: {cost}",
                run.experiment
            );
            compared += 1;
        }
    }
    assert!(compared >= 60, "{compared}");
}

/// The trainer that users train with shuffles and decays as the course's mini-batches do.
#[test]
fn the_trainer_trains_as_the_course_does() {
    let moons = course::moons();
    let images = Images::new([1, 1, 2], Values::F64(moons.x.clone())).unwrap();
    let classes = vec!["outer".to_owned(), "inner".to_owned()];
    let data = Dataset::new(images, moons.labels.clone(), classes).unwrap();
    let text = "linear(5) -> relu -> linear(2) -> relu -> linear(1) -> sigmoid";
    let mut network = Network::<f64>::new(text, [1, 1, 2]).unwrap();
    network.initialize(Init::He, &mut RandomState::new(3));
    let options = TrainOptions::default()
        .epochs(200)
        .batch(BatchSize::Examples(64))
        .rule(Rule::Momentum { beta: 0.9 })
        .learning_rate(0.1)
        .schedule("decay(1, 50)".parse::<Schedule>().unwrap())
        .seed(10);
    let preprocessing = Preprocessing::scaled(1, 1, 2, 1.0);
    let mut trainer = Trainer::new(network, preprocessing, options, data.len()).unwrap();
    let mut ends = Vec::new();
    for _ in 0..101 {
        ends.push(trainer.epoch(&data, |_| ControlFlow::Continue(())).unwrap());
    }
    // The early costs of `opt_momentum_decay_fixed`, before its first decay.
    for (epoch, cost) in [
        (0, 0.7022260404521209),
        (5, 0.6840427166492326),
        (50, 0.5221658926179192),
    ] {
        let ours = ends[epoch].scores.mean_loss();
        assert!(
            (ours - cost).abs() <= 1e-12,
            "epoch {epoch}: {ours}, expected {cost}"
        );
    }
    let rates: Vec<f64> = [0, 50, 51, 100]
        .map(|epoch| ends[epoch].learning_rate)
        .to_vec();
    assert_eq!(rates, [0.1, 0.1, 0.05, 0.05]);
}

/// The points come out as scikit-learn and the notebook draw them.
#[test]
fn drawn_points_are_the_given_ones() {
    let given = [
        ("flower.npz", "train", course::flower()),
        ("circles.npz", "train", course::circles(300, 1)),
        ("circles.npz", "test", course::circles(100, 2)),
        ("moons.npz", "train", course::moons()),
    ];
    for (file, part, ours) in given {
        let path = shared("course").join(file);
        if !path.exists() {
            eprintln!("skipped: {file} is not here");
            continue;
        }
        let theirs = course::read_points(&path, part).unwrap();
        assert_eq!(ours.labels, theirs.labels, "{file}");
        assert_eq!(ours.x.len(), theirs.x.len(), "{file}");
        let apart = ours.x.iter().zip(&theirs.x).map(|(a, b)| (a - b).abs());
        let largest = apart.fold(0.0, f64::max);
        println!("{file} {part}: largest difference {largest:e}");
        // sin and cos of another library may differ in the last bit.
        assert!(largest <= 1e-15, "{file} {part}: {largest:e}");
    }
}
