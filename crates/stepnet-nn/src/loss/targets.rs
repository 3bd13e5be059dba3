//! What is right of the examples of a batch.

use std::ops::Range;

use super::Loss;
use crate::Number;
use crate::error::{Error, Result};
use crate::shape::Shape;

/// The target outputs for a batch of examples.
#[derive(Debug, Clone, Copy)]
pub enum Targets<'a, T> {
    /// A class number for each example. One output takes class 0 as 0 and class 1 as 1;
    /// several outputs take the class's unit vector.
    Classes(&'a [u32]),
    /// Two classes for each example, of which the first counts by its share and the second by the
    /// rest: the loss is `share L(first) + (1 - share) L(second)` for the cross-entropies, as mixup has
    /// it (Zhang et al., 2018). An example is right where the network names its first class.
    Mixed {
        /// A class number for each example.
        first: &'a [u32],
        /// The class that each example is mixed with.
        second: &'a [u32],
        /// The share of the first class, from 0 to 1.
        share: &'a [T],
    },
    /// A value for each output of each example.
    Values(&'a [T]),
}

impl<'a, T: Number> Targets<'a, T> {
    /// The targets of some of the examples; `outputs` values are those of one.
    #[must_use]
    pub fn part(&self, examples: Range<usize>, outputs: usize) -> Self {
        match *self {
            Self::Classes(classes) => Self::Classes(&classes[examples]),
            Self::Mixed {
                first,
                second,
                share,
            } => Self::Mixed {
                first: &first[examples.clone()],
                second: &second[examples.clone()],
                share: &share[examples],
            },
            Self::Values(values) => {
                Self::Values(&values[examples.start * outputs..examples.end * outputs])
            }
        }
    }

    /// The weight of an example: that of its class, or of its classes by their shares.
    pub(super) fn weight(&self, example: usize, weights: &[f64]) -> f64 {
        // A class that there is none of is refused by `check`.
        let weight = |class: u32| weights.get(class as usize).copied().unwrap_or(0.0);
        match self {
            Self::Classes(classes) => weight(classes[example]),
            Self::Mixed {
                first,
                second,
                share,
            } => {
                let share = share[example].as_f64();
                share * weight(first[example]) + (1.0 - share) * weight(second[example])
            }
            Self::Values(_) => 1.0,
        }
    }

    /// Writes a value for each output of each example.
    pub(crate) fn write(&self, outputs: usize, values: &mut [T]) {
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
            Self::Mixed {
                first,
                second,
                share,
            } => {
                let classes = first.iter().zip(*second).zip(*share);
                for (row, ((&first, &second), &share)) in
                    values.chunks_exact_mut(outputs).zip(classes)
                {
                    let rest = T::one() - share;
                    if let [one] = row {
                        *one =
                            share * T::from_f64(first.into()) + rest * T::from_f64(second.into());
                        continue;
                    }
                    row.fill(T::zero());
                    row[first as usize] = share;
                    row[second as usize] += rest;
                }
            }
        }
    }

    /// The class numbers, each list with what it is called.
    fn classes(&self) -> impl Iterator<Item = (&'static str, &[u32])> {
        let (first, second): (&[u32], &[u32]) = match self {
            Self::Classes(classes) => (classes, &[]),
            Self::Mixed { first, second, .. } => (first, second),
            Self::Values(_) => (&[], &[]),
        };
        [("class", first), ("second class", second)].into_iter()
    }

    /// How many examples the targets are for, with `outputs` values each.
    fn examples(&self, outputs: usize) -> usize {
        match self {
            Self::Classes(classes) => classes.len(),
            Self::Mixed { first, .. } => first.len(),
            Self::Values(values) => values.len() / outputs,
        }
    }

    pub(crate) fn check(&self, loss: Loss, examples: usize, output: Shape) -> Result<()> {
        let outputs = output.len();
        let whole = match self {
            Self::Classes(_) => true,
            Self::Mixed {
                first,
                second,
                share,
            } => [second.len(), share.len()] == [first.len(); 2],
            Self::Values(values) => values.len() % outputs == 0,
        };
        if !whole || self.examples(outputs) != examples {
            let found = match self {
                Self::Classes(classes) => format!("{} classes", classes.len()),
                Self::Mixed {
                    first,
                    second,
                    share,
                } => format!(
                    "{} classes mixed with {} in {} shares",
                    first.len(),
                    second.len(),
                    share.len()
                ),
                Self::Values(values) => format!("{} values", values.len()),
            };
            return Err(Error::value(
                "loss",
                "the targets",
                found,
                format!("those of {examples} examples of {output}"),
            ));
        }
        let classes = loss.classes(outputs);
        for (what, labels) in self.classes() {
            if let Some(place) = labels.iter().position(|&label| label as usize >= classes) {
                return Err(Error::value(
                    "loss",
                    format!("the {what} of example {place}"),
                    labels[place],
                    format!(
                        "a class from 0 to {}, because the network has {outputs} output(s)",
                        classes - 1
                    ),
                ));
            }
        }
        if let Self::Mixed { share, .. } = self
            && let Some(place) =
                (share.iter()).position(|&share| !(T::zero()..=T::one()).contains(&share))
        {
            return Err(Error::value(
                "loss",
                format!("the share of example {place}'s first class"),
                share[place],
                "a share from 0 to 1",
            ));
        }
        Ok(())
    }
}
