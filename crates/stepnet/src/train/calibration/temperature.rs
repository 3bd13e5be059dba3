//! Temperature scaling: one number that all scores are divided by.

use super::scores::{ClassScores, log_sum};
use crate::error::{Error, Result};
use crate::nn::{Network, Number};

/// The lowest and the highest temperature that is taken: beyond, the probabilities say next to nothing, or the examples
/// are too few or too easy to tell.
pub const TEMPERATURES: [f64; 2] = [0.05, 20.0];

/// Halvings of the range: the result has all digits of an `f64` that the scores give.
const STEPS: usize = 60;

impl ClassScores {
    /// The temperature with the lowest mean loss, within [`TEMPERATURES`].
    ///
    /// The loss is convex in `s = 1 / temperature`: its derivative, the mean of `sum(p z) - z[label]`, grows with `s`. The
    /// place where it changes its sign is found by halving the range of `ln s`.
    pub fn best_temperature(&self) -> f64 {
        let [least, most] = TEMPERATURES;
        let (mut low, mut high) = (most.recip().ln(), least.recip().ln());
        for _ in 0..STEPS {
            let middle = 0.5 * (low + high);
            match self.slope(middle.exp()) > 0.0 {
                true => high = middle,
                false => low = middle,
            }
        }
        (-0.5 * (low + high)).exp()
    }

    fn slope(&self, s: f64) -> f64 {
        let of = |(row, label): (&[f64], usize)| {
            let scaled: Vec<f64> = row.iter().map(|score| s * score).collect();
            let sum = log_sum(&scaled);
            let pairs = scaled.iter().zip(row);
            pairs
                .map(|(scaled, score)| (scaled - sum).exp() * score)
                .sum::<f64>()
                - row[label]
        };
        self.rows().map(of).sum()
    }
}

/// Divides the scores of a network by a temperature: the weights of its last `linear` layer are divided by it, so that
/// every program that runs the network has the calibrated probabilities. The predicted classes stay.
///
/// # Errors
/// A network whose last layer is not a `linear` one before a softmax or a sigmoid.
pub fn scale_outputs<T: Number>(network: &mut Network<T>, temperature: f64) -> Result<()> {
    let last = network.last_linear()?;
    let after = network.nodes().len() - 1 - last;
    let closing = network.nodes().last();
    let closes =
        closing.is_some_and(|node| matches!(node.layer().text().kind(), "softmax" | "sigmoid"));
    if after != 1 || !closes {
        return Err(Error::value(
            "calibration",
            "the end of the network",
            format!("{after} layers after its last linear layer"),
            "linear -> softmax or linear -> sigmoid: the temperature is put into the linear layer",
        ));
    }
    let range = network.nodes()[last].range();
    let factor = T::from_f64(temperature.recip());
    for value in &mut network.parameters_mut()[range] {
        *value *= factor;
    }
    Ok(())
}
