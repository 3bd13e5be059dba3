//! The methods that are made of gradients, compared with finite differences.

use super::{close, drawn, explained, score};
use crate::explain::{Baseline, Explainer, Options};
use stepnet_base::rng::RandomState;

const SMOOTH: &str =
    "conv(5, 3, same) -> tanh -> avgpool(2) -> conv(4, 2) -> sigmoid -> linear(3) -> softmax";
const KINKED: &str = "conv(6, 3, same) -> bn -> relu -> maxpool(2) -> conv(5, 3) -> relu -> globalavgpool -> linear(4) -> softmax";
const ONE: &str = "conv(4, 3) -> relu -> linear(1) -> sigmoid";

/// `dS/dx` by central differences.
fn differences(score: impl Fn(&[f64]) -> f64, x: &[f64]) -> Vec<f64> {
    const STEP: f64 = 1e-6;
    let mut x = x.to_vec();
    (0..x.len())
        .map(|at| {
            let value = x[at];
            x[at] = value + STEP;
            let above = score(&x);
            x[at] = value - STEP;
            let below = score(&x);
            x[at] = value;
            (above - below) / (2.0 * STEP)
        })
        .collect()
}

#[test]
fn saliency_is_the_derivative_of_the_score() {
    for (text, class) in [(SMOOTH, "2"), (KINKED, "class 1"), (ONE, "0"), (ONE, "1")] {
        let (model, x) = drawn(text, [6, 7, 2]);
        let example = (&model, &x[..]);
        let (found, target) = explained(example, Some(class), "saliency", &Options::default());
        let expected = differences(|x| score(&model, x, &target), &x);
        assert_eq!(found.values.len(), expected.len());
        assert!(expected.iter().any(|value| value.abs() > 1e-3), "{text}");
        for (value, expected) in found.values.iter().zip(&expected) {
            close(*value, *expected, 1e-7);
        }
        for (value, pixel) in found.map.iter().zip(found.values.chunks(2)) {
            assert_eq!(*value, pixel[0].abs().max(pixel[1].abs()));
        }
        assert!(!found.signed && found.map.len() == 42);
    }
}

#[test]
fn smoothgrad_is_the_mean_of_gradients_at_noisy_images() {
    let (model, x) = drawn(SMOOTH, [5, 6, 2]);
    // More samples than a batch has.
    let options = Options::default().samples(19).noise(0.3).seed(8);
    let (found, target) = explained((&model, &x), None, "smoothgrad", &options);
    let low = x.iter().copied().fold(f64::INFINITY, f64::min);
    let high = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut random = RandomState::new(8);
    let mut explainer = Explainer::new(&model);
    let mut mean = vec![0.0; x.len()];
    for _ in 0..19 {
        let noisy = x.iter().map(|x| x + 0.3 * (high - low) * random.normal());
        let noisy: Vec<f64> = noisy.collect();
        let one = explainer.explain(&noisy, &target, "saliency", &options);
        for (mean, value) in mean.iter_mut().zip(one.unwrap().values) {
            *mean += value / 19.0;
        }
    }
    for (value, mean) in found.values.iter().zip(&mean) {
        close(*value, *mean, 1e-13);
    }
    let still = explained(
        (&model, &x),
        None,
        "smoothgrad",
        &options.clone().noise(0.0),
    )
    .0;
    let plain = explained((&model, &x), None, "saliency", &options).0;
    for (value, plain) in still.values.iter().zip(&plain.values) {
        close(*value, *plain, 1e-13);
    }
}

#[test]
fn integrated_gradients_add_up_to_the_difference_of_the_scores() {
    for (text, bound) in [(SMOOTH, 1e-4), (KINKED, 0.02), (ONE, 0.02)] {
        let (model, x) = drawn(text, [6, 6, 2]);
        for baseline in [Baseline::Zero, Baseline::White, Baseline::Mean] {
            let options = Options::default().steps(300).baseline(baseline);
            let name = "integrated-gradients";
            let (found, target) = explained((&model, &x), None, name, &options);
            let means = [0, 1].map(|at| x.iter().skip(at).step_by(2).sum::<f64>() / 36.0);
            let from: Vec<f64> = match baseline {
                Baseline::Zero => vec![0.0; 72],
                Baseline::White => vec![1.0; 72],
                _ => means.repeat(36),
            };
            let expected = score(&model, &x, &target) - score(&model, &from, &target);
            let completeness = found.completeness.unwrap();
            close(completeness.expected, expected, 1e-12);
            close(completeness.sum, found.values.iter().sum(), 1e-12);
            close(completeness.sum, found.map.iter().sum(), 1e-12);
            close(completeness.sum, expected, bound * (1.0 + expected.abs()));
        }
    }
}

#[test]
fn each_integrated_gradient_is_its_integral() {
    let (model, x) = drawn(SMOOTH, [4, 4, 1]);
    let options = Options::default().steps(7);
    let name = "integrated-gradients";
    let (found, target) = explained((&model, &x), Some("1"), name, &options);
    let mut sum = vec![0.0; x.len()];
    for step in 0..7 {
        let t = (f64::from(step) + 0.5) / 7.0;
        let at: Vec<f64> = x.iter().map(|x| t * x).collect();
        let gradient = differences(|x| score(&model, x, &target), &at);
        let terms = sum.iter_mut().zip(gradient).zip(&x);
        terms.for_each(|((sum, gradient), x)| *sum += gradient * x / 7.0);
    }
    for (value, sum) in found.values.iter().zip(&sum) {
        close(*value, *sum, 1e-8);
    }
    assert!(found.signed);
}
