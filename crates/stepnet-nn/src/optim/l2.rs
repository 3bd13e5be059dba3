//! L2 regularisation as in the course: `lambda / (2 m)` times the sum of the squared weights is added to the
//! cost of `m` examples, and `lambda / m * W` to the gradient. Biases are not regularised.

use super::ranges::ParameterRange;
use crate::Number;

/// `lambda / (2 m) * sum of W^2` over all weights of all layers.
pub fn l2_cost<T: Number>(
    parameters: &[T],
    ranges: &[ParameterRange],
    lambda: f64,
    examples: usize,
) -> f64 {
    let mut sum = 0.0;
    for array in ranges.iter().filter(|array| array.decays) {
        sum += parameters[array.range.clone()]
            .iter()
            .map(|w| w.as_f64() * w.as_f64())
            .sum::<f64>();
    }
    lambda / (2.0 * examples as f64) * sum
}

/// Adds `lambda / m * W` to the gradients of the weights that train.
pub fn add_l2_gradient<T: Number>(
    (parameters, gradients): (&[T], &mut [T]),
    ranges: &[ParameterRange],
    lambda: f64,
    examples: usize,
) {
    let factor = T::from_f64(lambda / examples as f64);
    let decaying = ranges
        .iter()
        .filter(|array| array.trainable && array.decays);
    for array in decaying {
        let weights = &parameters[array.range.clone()];
        for (gradient, &weight) in gradients[array.range.clone()].iter_mut().zip(weights) {
            *gradient += factor * weight;
        }
    }
}
