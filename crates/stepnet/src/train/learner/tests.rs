use super::*;
use crate::nn::layer::Noise;
use crate::nn::{Init, Shape, Targets};
use crate::rng::RandomState;

fn learner() -> Learner<f64> {
    let text = "linear(3) -> softmax";
    let mut network = Network::new(text, Shape::Features(4)).unwrap();
    network.initialize(Init::He, &mut RandomState::new(3));
    Learner::new(network, Rule::GradientDescent, 2, 0.0).unwrap()
}

fn batch(x: &[f64]) -> Batch<'_, f64> {
    Batch {
        x,
        targets: Targets::Classes(&[0, 2]),
        noise: Noise {
            seed: 0,
            epoch: 0,
            examples: &[0, 1],
        },
    }
}

const X: [f64; 8] = [1.0, -2.0, 0.5, 3.0, 2.0, 0.0, -1.0, 1.0];

#[test]
fn a_clipped_step_is_as_long_as_the_limit_at_most() {
    let mut clipped = learner().with_clipping(Clipping::Norm(0.01)).unwrap();
    let start = clipped.network().parameters().to_vec();
    clipped.step(&batch(&X), 0.5).unwrap();
    let moved = clipped.network().parameters().iter().zip(&start);
    let length = moved.map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
    assert!((length - 0.005).abs() < 1e-6, "{length}");
}

#[test]
fn a_norm_that_is_not_finite_is_an_error_and_changes_nothing() {
    let mut learner = learner().with_clipping(Clipping::Norm(1.0)).unwrap();
    learner.step(&batch(&X), 0.1).unwrap();
    let before = learner.network().parameters().to_vec();
    // Every gradient is finite, their squares are not.
    let error = learner
        .step_with(&batch(&X), 0.1, |_, gradients| gradients.fill(1e200))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("is inf at update 2, which clipping"),
        "{error}"
    );
    assert_eq!(learner.network().parameters(), before);
}

#[test]
fn an_update_that_is_taken_back_leaves_the_average_too() {
    let mut learner = learner().with_average(0.5).unwrap();
    learner.step(&batch(&X), 0.1).unwrap();
    let (weights, average) = (
        learner.network().parameters().to_vec(),
        learner.trained_network().parameters().to_vec(),
    );
    assert_ne!(weights, average);
    learner.step(&batch(&X), 0.1).unwrap();
    assert_ne!(learner.network().parameters(), weights);
    // The loss of such inputs is not a number, whatever the weights.
    assert!(learner.step(&batch(&[f64::INFINITY; 8]), 0.1).is_err());
    assert_eq!(learner.network().parameters(), weights);
    assert_eq!(learner.trained_network().parameters(), average);
    assert_eq!((learner.updates(), learner.updates_kept()), (2, 1));
}
