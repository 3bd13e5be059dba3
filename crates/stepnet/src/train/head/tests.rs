//! Fits of last layers.

use super::*;
use crate::nn::{Init, Loss};
use crate::rng::RandomState;

fn head(text: &str, features: usize) -> Network<f64> {
    let mut network = Network::new(text, [1, 1, features])
        .unwrap()
        .parts()
        .unwrap()
        .head;
    network.initialize(Init::He, &mut RandomState::new(1));
    network
}

fn options(strength: Option<f64>) -> HeadOptions {
    HeadOptions {
        loss: LossOptions::default(),
        strength,
        seed: 0,
    }
}

/// `n` points of three classes, the means of which lie `apart`, on different scales and off the origin.
fn clouds(n: usize, features: usize, apart: f64, seed: u32) -> (Vec<f64>, Vec<u32>) {
    let mut random = RandomState::new(seed);
    let mut x = vec![0.0; n * features];
    random.fill_randn(&mut x);
    let classes: Vec<u32> = (0..n).map(|i| i as u32 % 3).collect();
    for (row, &class) in x.chunks_exact_mut(features).zip(&classes) {
        row[class as usize] += apart;
        for (feature, value) in row.iter_mut().enumerate() {
            *value = *value * (1.0 + feature as f64) + 5.0;
        }
    }
    (x, classes)
}

fn fitted(
    head: &Network<f64>,
    x: &[f64],
    targets: &HeadTargets,
    options: &HeadOptions,
) -> FittedHead<f64> {
    let features = head.input().len();
    let rows = FeatureRows {
        x,
        features,
        variants: 1,
    };
    fit_head(head, rows, targets, options).unwrap()
}

/// The mean loss of the features as they are.
fn score(head: &Network<f64>, parameters: &[f64], x: &[f64], targets: &HeadTargets) -> Scores {
    let solver = Solver::new(head, &LossOptions::default()).unwrap();
    solver.score(parameters, x, targets).unwrap()
}

#[test]
fn the_scaling_is_folded_into_the_weights() {
    let (x, classes) = clouds(60, 6, 2.0, 1);
    let targets = HeadTargets::Classes(classes);
    for text in [
        "linear(3) -> softmax",
        "linear(3, bias=false) -> softmax",
        "linear(3)",
    ] {
        let head = head(text, 6);
        let fitted = fitted(&head, &x, &targets, &options(Some(0.1)));
        let scores = score(&head, &fitted.parameters, &x, &targets);
        assert!((scores.loss - fitted.scores.loss).abs() < 1e-9, "{text}");
        assert!(scores.accuracy() > 0.6, "{text}: {}", scores.accuracy());
        assert_eq!(fitted.report.folds, 0);
    }
}

/// At the minimum the gradient of the whole objective is 0: checked through the features as they are.
#[test]
fn a_fit_ends_at_the_minimum() {
    let (x, classes) = clouds(60, 6, 1.0, 2);
    let targets = HeadTargets::Classes(classes);
    let head = head("linear(3) -> softmax", 6);
    let scale = FeatureScale::of(&x, 6, true);
    let scaled = scale.apply(&x).unwrap();
    let solver = Solver::new(&head, &LossOptions::default()).unwrap();
    let mut problem = Problem::new(&solver, &scaled, &targets, 60).unwrap();
    let mut at = vec![0.0; solver.parameters()];
    problem.solve(&mut at, 0.5, lbfgs::EXACT).unwrap();
    let objective = |at: &[f64]| {
        let loss = solver.score(at, &scaled, &targets).unwrap().mean_loss();
        let square: f64 = at[..18].iter().map(|w| w * w).sum();
        loss + square / (2.0 * 0.5 * 60.0)
    };
    let least = objective(&at);
    for place in 0..at.len() {
        for step in [1e-3, -1e-3] {
            let mut moved = at.clone();
            moved[place] += step;
            assert!(objective(&moved) > least, "{place}");
        }
    }
}

#[test]
fn noise_asks_for_strong_regularisation_and_clear_data_for_weaker() {
    let head = head("linear(3) -> softmax", 60);
    let strength = |apart: f64| {
        let (x, classes) = clouds(90, 60, apart, 3);
        let targets = HeadTargets::Classes(classes);
        let report = fitted(&head, &x, &targets, &options(None)).report;
        assert_eq!(report.folds, 5);
        let best = report
            .trials
            .iter()
            .find(|trial| trial.strength.to_bits() == report.strength.to_bits());
        let most = best.unwrap().accuracy;
        assert!(report.trials.iter().all(|trial| trial.accuracy <= most));
        report.strength
    };
    let (noise, clear) = (strength(0.5), strength(6.0));
    assert!(noise <= 0.03, "{noise}");
    assert!(noise <= clear, "{noise} {clear}");
}

#[test]
fn the_same_data_gives_the_same_bits() {
    let (x, classes) = clouds(50, 20, 1.0, 4);
    let targets = HeadTargets::Classes(classes);
    let head = head("linear(3) -> softmax", 20);
    let once = fitted(&head, &x, &targets, &options(None));
    let again = rayon::ThreadPoolBuilder::new()
        .num_threads(3)
        .build()
        .unwrap();
    let again = again.install(|| fitted(&head, &x, &targets, &options(None)));
    assert_eq!(once.parameters, again.parameters);
    assert_eq!(once.report.trials, again.report.trials);
}

#[test]
fn few_images_work_with_fewer_folds_or_none() {
    let head = head("linear(3) -> softmax", 5);
    for (images, folds) in [(6, 2), (9, 3), (4, 0), (3, 0)] {
        let (x, classes) = clouds(images, 5, 3.0, 5);
        let report = fitted(&head, &x, &HeadTargets::Classes(classes), &options(None)).report;
        assert_eq!(report.folds, folds, "{images} images");
        assert!(report.strength > 0.0);
    }
}

#[test]
fn numbers_are_fitted_by_ridge_regression() {
    // One feature of mean 0 and deviation 1: w = sum(x y) / (n + 2 ... ) in closed form.
    let x = [-1.0, 1.0, -1.0, 1.0];
    let y = HeadTargets::Values(vec![-2.0, 3.0, -1.0, 4.0]);
    let head = head("linear(1)", 1);
    assert_eq!(head.loss(), Loss::MeanSquaredError);
    let strength = 0.25;
    let found = fitted(&head, &x, &y, &options(Some(strength)));
    // The derivative of the loss with respect to w, taken from the loss itself.
    let loss =
        |w: f64| score(&head, &[w, 1.0], &x, &y).mean_loss() + w * w / (2.0 * strength * 4.0);
    let best = found.parameters[0];
    assert!((found.parameters[1] - 1.0).abs() < 1e-6, "the mean");
    assert!(loss(best) < loss(best + 1e-3) && loss(best) < loss(best - 1e-3));
    assert!(best > 0.5 && best < 2.5, "{best}");
}

#[test]
fn labels_are_fitted_each_by_itself() {
    let (x, classes) = clouds(60, 6, 3.0, 6);
    let marks = classes
        .iter()
        .flat_map(|&class| [f64::from(class == 0), f64::from(class != 1)]);
    let targets = HeadTargets::Values(marks.collect());
    let both = head("linear(2) -> sigmoid", 6);
    let found = fitted(&both, &x, &targets, &options(Some(0.1)));
    let first = HeadTargets::Values(classes.iter().map(|&class| f64::from(class == 0)).collect());
    // The mean over two outputs halves the loss of each, and with it the strength.
    let one = fitted(
        &head("linear(1) -> sigmoid", 6),
        &x,
        &first,
        &options(Some(0.1)),
    );
    let (w, alone) = (&found.parameters[..6], &one.parameters[..6]);
    let signs = w
        .iter()
        .zip(alone)
        .filter(|(a, b)| a.signum() == b.signum())
        .count();
    assert!(signs >= 5, "{w:?} {alone:?}");
    assert!(found.scores.mean_loss() < 0.6);
}
