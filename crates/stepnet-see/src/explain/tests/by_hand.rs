//! The methods on networks that are small enough to compute by hand.

use super::{close, drawn, explained, model};
use crate::explain::{Baseline, Options};
use stepnet_nn::{Network, PlanOptions, Workspace};

/// A model whose score is a weighted sum of its 5 x 4 pixels.
fn linear() -> (stepnet_nn::Model<f64>, Vec<f64>, Vec<f64>) {
    let mut network = Network::<f64>::new("linear(1) -> sigmoid", [5, 4, 1]).unwrap();
    let weights: Vec<f64> = (0..20).map(|at| f64::from(at * at % 7) - 2.0).collect();
    network.parameters_mut()[..20].copy_from_slice(&weights);
    let x = (0..20).map(|at| f64::from(at % 5) + 0.5).collect();
    (model(network), x, weights)
}

#[test]
fn occlusion_of_a_linear_model_is_the_sum_of_what_is_covered() {
    let (model, x, w) = linear();
    let term = |row: usize, col: usize| w[row * 4 + col] * x[row * 4 + col];
    // Rows 0-1, 2-3 and 4 alone, where the patch reaches over the edge.
    let options = Options::default().patch(Some(2)).stride(Some(2));
    let (found, _) = explained((&model, &x), Some("1"), "occlusion", &options);
    for row in 0..5 {
        for col in 0..4 {
            let (top, left) = (row / 2 * 2, col / 2 * 2);
            let rows = top..(top + 2).min(5);
            let sum: f64 = rows.map(|row| term(row, left) + term(row, left + 1)).sum();
            close(found.map[row * 4 + col], sum, 1e-12);
        }
    }
    assert!(found.signed && found.map.iter().any(|&value| value < 0.0));
}

#[test]
fn patches_that_overlap_are_averaged() {
    let (model, x, w) = linear();
    let options = Options::default()
        .patch(Some(2))
        .stride(Some(1))
        .baseline(Baseline::White);
    let (found, _) = explained((&model, &x), Some("0"), "occlusion", &options);
    // Class 0 has the negative score; white is 1.
    let term = |row: usize, col: usize| -w[row * 4 + col] * (x[row * 4 + col] - 1.0);
    let patch = |top: usize, left: usize| -> f64 {
        let rows = [top, top + 1].into_iter();
        rows.map(|row| term(row, left) + term(row, left + 1)).sum()
    };
    close(found.map[0], patch(0, 0), 1e-12);
    close(found.map[1], (patch(0, 0) + patch(0, 1)) / 2.0, 1e-12);
    let four = patch(1, 1) + patch(1, 2) + patch(2, 1) + patch(2, 2);
    close(found.map[2 * 4 + 2], four / 4.0, 1e-12);
    close(found.map[19], patch(3, 2), 1e-12);
}

#[test]
fn gradients_of_a_linear_model_are_its_weights() {
    let (model, x, w) = linear();
    let (found, _) = explained((&model, &x), Some("1"), "saliency", &Options::default());
    assert_eq!(found.values, w);
    let options = Options::default().steps(1);
    let (found, _) = explained((&model, &x), Some("0"), "integrated-gradients", &options);
    for ((value, w), x) in found.values.iter().zip(&w).zip(&x) {
        close(*value, -w * x, 1e-12);
    }
}

#[test]
fn guided_relus_hold_back_what_would_lower_the_score() {
    // One pixel of two channels; four hidden units, one for each combination of signs.
    let text = "conv(4, 1) -> relu -> linear(1) -> sigmoid";
    let mut network = Network::<f64>::new(text, [1, 1, 2]).unwrap();
    // z = [2, 1, -2, -1] for x = [1, 1]; filters lie channel by channel.
    let first = [1.5, 0.25, -1.0, -3.0, 0.5, 0.75, -1.0, 2.0];
    let second = [3.0, -4.0, 5.0, -6.0];
    network.parameters_mut()[..8].copy_from_slice(&first);
    network.parameters_mut()[12..16].copy_from_slice(&second);
    let model = model(network);
    let x = [1.0, 1.0];
    let plain = explained((&model, &x), Some("1"), "saliency", &Options::default()).0;
    // Units 0 and 1 are above 0.
    assert_eq!(
        plain.values,
        [3.0 * 1.5 - 4.0 * 0.25, 3.0 * 0.5 - 4.0 * 0.75]
    );
    let guided = explained((&model, &x), Some("1"), "guided-relu", &Options::default()).0;
    // Unit 1 would lower the score.
    assert_eq!(guided.values, [3.0 * 1.5, 3.0 * 0.5]);
    assert_eq!(guided.map, [4.5]);
}

#[test]
fn grad_cam_and_its_successor_by_their_equations() {
    let text = "conv(3, 3, same) -> tanh -> linear(2) -> softmax";
    let (model, x) = drawn(text, [4, 5, 1]);
    let network = &model.network;
    let options = PlanOptions::INFERENCE.keep_values(true);
    let mut workspace = Workspace::new(network, 1, options).unwrap();
    workspace.predict(network, &x).unwrap();
    let a = |pixel: usize, k: usize| workspace.value(1, 1).unwrap()[pixel * 3 + k];
    let dense = network.nodes().iter().find(|node| node.name() == "linear1");
    let w = &network.parameters()[dense.unwrap().range()];
    // The gradient of class 1 with respect to the flattened values of tanh.
    let g = |pixel: usize, k: usize| w[60 + pixel * 3 + k];
    let mut mean = [0.0; 3];
    let mut alpha = [0.0; 3];
    for k in 0..3 {
        let sum: f64 = (0..20).map(|pixel| a(pixel, k)).sum();
        for pixel in 0..20 {
            let g = g(pixel, k);
            mean[k] += g / 20.0;
            alpha[k] += g.powi(2) / (2.0 * g.powi(2) + sum * g.powi(3)) * g.max(0.0);
        }
    }
    for (method, weights) in [("grad-cam", mean), ("grad-cam++", alpha)] {
        let options = Options::default().layer(Some("tanh1".into()));
        let (found, _) = explained((&model, &x), Some("1"), method, &options);
        assert_eq!((found.height, found.width), (4, 5));
        assert_eq!(found.layer.as_deref(), Some("tanh1"));
        assert!(found.largest() > 0.0, "{method}");
        for pixel in 0..20 {
            let sum: f64 = (0..3).map(|k| weights[k] * a(pixel, k)).sum();
            close(found.map[pixel], sum.max(0.0), 1e-12);
        }
        let expected = (0..20).max_by(|&a, &b| found.map[a].total_cmp(&found.map[b]));
        let expected = expected.map(|at| [at / 5, at % 5]);
        assert_eq!(found.strongest(), expected);
    }
}
