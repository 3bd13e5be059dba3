//! The losses, the first two fused with the activation that closes the network.

mod options;
mod targets;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use options::{LossOptions, WholeBatch};
pub use targets::Targets;

use crate::Number;
use crate::error::{Error, Result};
use stepnet_kernels::loss;

/// The loss functions, which training minimises. The cost is the mean over the examples of a batch.
///
/// Exhaustive, so that the compiler finds every place that a new loss concerns: adding one is a breaking change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// `-(t log p + (1 - t) log(1 - p))` with `p = sigmoid(z)`, summed over the outputs and
    /// computed from `z`, so that no saturation makes it infinite.
    BinaryCrossEntropy,
    /// `-log p[t]` with `p = softmax(z)`, computed from `z`.
    SoftmaxCrossEntropy,
    /// `(y - t)^2`, averaged over the outputs of an example.
    MeanSquaredError,
    /// `|y - t|`, averaged over the outputs of an example: outliers count less.
    MeanAbsoluteError,
    /// `(y - t)^2 / 2` where `y` is within 1 of `t`, and `|y - t| - 1/2` beyond; averaged over the outputs of an
    /// example.
    Huber,
}

/// Sums over a batch.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Scores {
    /// The sum of the examples' losses.
    pub loss: f64,
    /// How many examples got the right class; 0 where the targets are not classes.
    pub correct: usize,
    /// How many examples there were.
    pub examples: usize,
}

impl Scores {
    /// The mean loss.
    pub fn mean_loss(&self) -> f64 {
        self.loss / self.examples.max(1) as f64
    }

    /// The share of right classes.
    pub fn accuracy(&self) -> f64 {
        self.correct as f64 / self.examples.max(1) as f64
    }

    /// Adds the sums of another batch.
    pub fn add(&mut self, other: &Self) {
        self.loss += other.loss;
        self.correct += other.correct;
        self.examples += other.examples;
    }
}

impl Loss {
    /// The loss that belongs to a closing activation.
    pub fn for_closing_kind(kind: &str) -> Self {
        match kind {
            "sigmoid" => Self::BinaryCrossEntropy,
            "softmax" => Self::SoftmaxCrossEntropy,
            _ => Self::MeanSquaredError,
        }
    }

    /// The closing activation this loss is fused with.
    pub fn fused_kind(self) -> Option<&'static str> {
        match self {
            Self::BinaryCrossEntropy => Some("sigmoid"),
            Self::SoftmaxCrossEntropy => Some("softmax"),
            Self::MeanSquaredError | Self::MeanAbsoluteError | Self::Huber => None,
        }
    }

    /// Whether it compares outputs with numbers, not with shares of classes.
    pub fn is_of_numbers(self) -> bool {
        matches!(
            self,
            Self::MeanSquaredError | Self::MeanAbsoluteError | Self::Huber
        )
    }

    /// The class that a network says, from its outputs for an example before the activation that the loss is fused
    /// with: that of the largest, the first of equal ones; of a single output, class 1 if it is on the upper side.
    pub fn predicted_class<T: Number>(self, z: &[T]) -> usize {
        let threshold = if self.is_of_numbers() { 0.5 } else { 0.0 };
        class_above(z, threshold)
    }

    /// The summed losses of a batch from the network's outputs `z` (before the fused activation)
    /// and a target for each.
    pub(super) fn evaluate<T: Number>(self, z: &[T], t: &[T], examples: usize) -> f64 {
        if examples == 0 {
            return 0.0;
        }
        let outputs = z.len() / examples;
        match self {
            Self::SoftmaxCrossEntropy => loss::softmax_cross_entropy(outputs, z, t),
            Self::BinaryCrossEntropy => loss::sigmoid_cross_entropy(z, t),
            Self::MeanSquaredError => loss::mean_squared_error(outputs, z, t),
            Self::MeanAbsoluteError => loss::mean_absolute_error(outputs, z, t),
            Self::Huber => loss::huber(outputs, z, t),
        }
    }

    /// The summed losses of outputs `z` by targets `t`, and into `dz` `scale` times their gradient.
    fn with_gradient<T: Number>(
        self,
        outputs: usize,
        (z, t): (&[T], &[T]),
        scale: T,
        dz: &mut [T],
    ) -> f64 {
        match self {
            Self::SoftmaxCrossEntropy => {
                loss::softmax_cross_entropy_backward(outputs, z, t, scale, dz)
            }
            Self::BinaryCrossEntropy => loss::sigmoid_cross_entropy_backward(z, t, scale, dz),
            Self::MeanSquaredError => loss::mean_squared_error_backward(outputs, z, t, scale, dz),
            Self::MeanAbsoluteError => loss::mean_absolute_error_backward(outputs, z, t, scale, dz),
            Self::Huber => loss::huber_backward(outputs, z, t, scale, dz),
        }
    }

    /// The loss of one example, from its outputs before the activation that the loss is fused with and a target for
    /// each of them.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn of_example<T: Number>(self, z: &[T], targets: &[T]) -> f64 {
        self.evaluate(z, targets, 1)
    }

    /// How many examples' classes the network says.
    pub(super) fn correct<T: Number>(
        self,
        z: &[T],
        targets: &Targets<'_, T>,
        outputs: usize,
    ) -> usize {
        let (Targets::Classes(classes) | Targets::Mixed { first: classes, .. }) = *targets else {
            return 0;
        };
        z.chunks_exact(outputs)
            .zip(classes)
            .filter(|&(row, &class)| self.predicted_class(row) == class as usize)
            .count()
    }
}

/// The class that a network says, from its outputs for an example, after the last activation:
/// [`Loss::predicted_class`] is the same from before it.
pub fn predicted_class<T: Number>(outputs: &[T]) -> usize {
    class_above(outputs, 0.5)
}

fn class_above<T: Number>(row: &[T], threshold: f64) -> usize {
    match row {
        [one] => usize::from(*one > T::from_f64(threshold)),
        _ => largest(row),
    }
}

/// The place of the first largest value. NaN is never the largest.
pub fn largest<T: Number>(row: &[T]) -> usize {
    let mut best = 0;
    for (place, &value) in row.iter().enumerate() {
        if value > row[best] || row[best].is_nan() {
            best = place;
        }
    }
    best
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BinaryCrossEntropy => "binary-cross-entropy",
            Self::SoftmaxCrossEntropy => "softmax-cross-entropy",
            Self::MeanSquaredError => "mean-squared-error",
            Self::MeanAbsoluteError => "mean-absolute-error",
            Self::Huber => "huber",
        })
    }
}

impl FromStr for Loss {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.to_ascii_lowercase().as_str() {
            "binary-cross-entropy" | "bce" => Ok(Self::BinaryCrossEntropy),
            "softmax-cross-entropy" | "cross-entropy" => Ok(Self::SoftmaxCrossEntropy),
            "mean-squared-error" | "mse" => Ok(Self::MeanSquaredError),
            "mean-absolute-error" | "mae" => Ok(Self::MeanAbsoluteError),
            "huber" => Ok(Self::Huber),
            _ => Err(Error::value(
                "loss",
                "the name",
                format!("{text:?}"),
                "binary-cross-entropy, softmax-cross-entropy, mean-squared-error, mean-absolute-error or huber",
            )),
        }
    }
}

#[cfg(test)]
mod tests;
