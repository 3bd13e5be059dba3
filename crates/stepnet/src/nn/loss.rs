//! The three losses, the first two fused with the activation that closes the network.

use std::fmt;
use std::str::FromStr;

use super::shape::Shape;
use crate::Element;
use crate::error::{Error, Result};
use crate::kernels::loss;

/// What training makes small. The cost is the mean over the examples of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// `-(t log p + (1 - t) log(1 - p))` with `p = sigmoid(z)`, summed over the outputs and
    /// computed from `z`, so that no saturation makes it infinite.
    BinaryCrossEntropy,
    /// `-log p[t]` with `p = softmax(z)`, computed from `z`.
    SoftmaxCrossEntropy,
    /// `(y - t)^2`, averaged over the outputs of an example.
    MeanSquaredError,
}

/// What the network should have said, for a batch of examples.
#[derive(Debug, Clone, Copy)]
pub enum Targets<'a, T> {
    /// A class number for each example. One output takes class 0 as 0 and class 1 as 1;
    /// several outputs take the class's unit vector.
    Classes(&'a [u32]),
    /// A value for each output of each example.
    Values(&'a [T]),
}

/// Sums over a batch.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
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
    /// The loss that a closing activation asks for.
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
            Self::MeanSquaredError => None,
        }
    }

    /// The summed losses of a batch from the network's outputs `z` (before the fused activation)
    /// and a target for each, and into `dz` the gradient of the mean loss.
    pub(super) fn evaluate<T: Element>(
        self,
        z: &[T],
        t: &[T],
        examples: usize,
        dz: Option<&mut [T]>,
    ) -> f64 {
        if examples == 0 {
            return 0.0;
        }
        let outputs = z.len() / examples;
        let scale = T::one() / T::from_f64(examples as f64);
        match self {
            Self::SoftmaxCrossEntropy => match dz {
                Some(dz) => loss::softmax_cross_entropy_backward(outputs, z, t, scale, dz),
                None => loss::softmax_cross_entropy(outputs, z, t),
            },
            Self::BinaryCrossEntropy => match dz {
                Some(dz) => loss::sigmoid_cross_entropy_backward(z, t, scale, dz),
                None => loss::sigmoid_cross_entropy(z, t),
            },
            Self::MeanSquaredError => match dz {
                Some(dz) => loss::mean_squared_error_backward(outputs, z, t, scale, dz),
                None => loss::mean_squared_error(outputs, z, t),
            },
        }
    }

    /// How many examples' largest output, or whose one output's side, is their class.
    pub(super) fn correct<T: Element>(
        self,
        z: &[T],
        targets: &Targets<'_, T>,
        outputs: usize,
    ) -> usize {
        let Targets::Classes(classes) = *targets else {
            return 0;
        };
        let threshold = if self == Self::MeanSquaredError {
            T::from_f64(0.5)
        } else {
            T::zero()
        };
        z.chunks_exact(outputs)
            .zip(classes)
            .filter(|&(row, &class)| match row {
                [one] => u32::from(*one > threshold) == class,
                _ => largest(row) == class as usize,
            })
            .count()
    }
}

/// The place of the first largest value. NaN is never the largest.
pub fn largest<T: Element>(row: &[T]) -> usize {
    let mut best = 0;
    for (place, &value) in row.iter().enumerate() {
        if value > row[best] || row[best].is_nan() {
            best = place;
        }
    }
    best
}

impl<T: Element> Targets<'_, T> {
    /// Writes a value for each output of each example.
    pub(super) fn write(&self, outputs: usize, values: &mut [T]) {
        match self {
            Self::Values(given) => values.copy_from_slice(given),
            Self::Classes(classes) if outputs == 1 => {
                for (value, &class) in values.iter_mut().zip(*classes) {
                    *value = T::from_f64(class.into());
                }
            }
            Self::Classes(classes) => {
                values.fill(T::zero());
                for (row, &class) in values.chunks_exact_mut(outputs).zip(*classes) {
                    row[class as usize] = T::one();
                }
            }
        }
    }

    /// How many examples the targets are for, with `outputs` values each.
    fn examples(&self, outputs: usize) -> usize {
        match self {
            Self::Classes(classes) => classes.len(),
            Self::Values(values) => values.len() / outputs,
        }
    }

    pub(super) fn check(&self, loss: Loss, examples: usize, output: Shape) -> Result<()> {
        let outputs = output.len();
        let whole = match self {
            Self::Classes(_) => true,
            Self::Values(values) => values.len() % outputs == 0,
        };
        if !whole || self.examples(outputs) != examples {
            let found = match self {
                Self::Classes(classes) => format!("{} classes", classes.len()),
                Self::Values(values) => format!("{} values", values.len()),
            };
            return Err(Error::value(
                "loss",
                "the targets",
                found,
                format!("those of {examples} examples of {output}"),
            ));
        }
        let classes = if outputs == 1 && loss != Loss::SoftmaxCrossEntropy {
            2
        } else {
            outputs
        };
        if let Self::Classes(labels) = self
            && let Some(place) = labels.iter().position(|&label| label as usize >= classes)
        {
            return Err(Error::value(
                "loss",
                format!("the class of example {place}"),
                labels[place],
                format!(
                    "a class from 0 to {}, for the network has {outputs} output(s)",
                    classes - 1
                ),
            ));
        }
        Ok(())
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BinaryCrossEntropy => "binary-cross-entropy",
            Self::SoftmaxCrossEntropy => "softmax-cross-entropy",
            Self::MeanSquaredError => "mean-squared-error",
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
            _ => Err(Error::value(
                "loss",
                "the name",
                format!("{text:?}"),
                "binary-cross-entropy, softmax-cross-entropy or mean-squared-error",
            )),
        }
    }
}
