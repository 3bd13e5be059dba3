//! L2 regularisation as the course has it: `lambda / (2 m)` times the sum of the squared weights
//! joins the cost of `m` examples, and `lambda / m * W` the gradient. Biases do not take part.

use crate::Network;
use crate::Number;

/// `lambda / (2 m) * sum of W^2` over all weights of all layers.
pub fn l2_cost<T: Number>(network: &Network<T>, lambda: f64, examples: usize) -> f64 {
    let mut sum = 0.0;
    for node in network.nodes() {
        for (_, range) in node
            .placed_parameters()
            .filter(|(parameter, _)| parameter.decays)
        {
            sum += network.parameters()[range]
                .iter()
                .map(|w| w.as_f64() * w.as_f64())
                .sum::<f64>();
        }
    }
    lambda / (2.0 * examples as f64) * sum
}

/// Adds `lambda / m * W` to the gradients of the weights that train.
pub fn add_l2_gradient<T: Number>(
    network: &Network<T>,
    gradients: &mut [T],
    lambda: f64,
    examples: usize,
) {
    let factor = T::from_f64(lambda / examples as f64);
    for node in network.nodes().iter().filter(|node| node.trains()) {
        for (_, range) in node
            .placed_parameters()
            .filter(|(parameter, _)| parameter.decays)
        {
            for (gradient, &weight) in gradients[range.clone()]
                .iter_mut()
                .zip(&network.parameters()[range])
            {
                *gradient += factor * weight;
            }
        }
    }
}
