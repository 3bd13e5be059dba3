//! How good a network is on a data set.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::metrics::{ClassMetrics, Tally};
use crate::data::Dataset;
use crate::error::Result;
use crate::memory;
use crate::nn::Number;
use crate::nn::{
    Loss, Network, Plan, PlanOptions, Preprocessing, Scores, Targets, Workspace, largest,
};

/// The most examples of one pass.
const BATCH: usize = 256;

/// Scores over a data set, and its confusion matrix.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Evaluation {
    /// Loss and right answers.
    pub scores: Scores,
    /// The counts behind the metrics: the confusion matrix, and the ranks of the right classes.
    pub tally: Tally,
}

/// One example of an evaluation, as [`evaluate_with`] shows it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct JudgedExample<'a, T> {
    /// The example's number in the data set.
    pub example: usize,
    /// Its class.
    pub actual: usize,
    /// The predicted class.
    pub predicted: usize,
    /// The network's outputs for it, before the activation that the loss is fused with.
    pub outputs: &'a [T],
}

impl Evaluation {
    /// The share of correct predictions among the examples of each class; `None` for a class without examples.
    pub fn class_accuracies(&self) -> Vec<Option<f64>> {
        let classes = self.tally.metrics().classes.into_iter();
        let share = |class: ClassMetrics| (class.examples > 0).then_some(class.recall).flatten();
        classes.map(share).collect()
    }
}

/// Bytes that [`evaluate`] takes over `examples` examples in addition to the data and the network.
///
/// # Errors
/// When a batch of them cannot be addressed.
pub fn evaluation_bytes<T: Number>(network: &Network<T>, examples: usize) -> Result<usize> {
    let batch = BATCH.min(examples.max(1));
    let plan = Plan::new(network, batch, PlanOptions::SCORING)?;
    let pictures = batch.saturating_mul(network.input().len());
    Ok(plan
        .bytes::<T>()
        .saturating_add(pictures.saturating_mul(size_of::<T>())))
}

/// Runs a network over a whole data set.
///
/// # Errors
/// When the data's shape or classes are not the network's.
pub fn evaluate<T: Number>(
    network: &Network<T>,
    data: &Dataset,
    preprocessing: &Preprocessing,
) -> Result<Evaluation> {
    evaluate_with(network, data, preprocessing, |_| {})
}

/// [`evaluate`] that shows every example to an observer, in the order of the data set.
///
/// # Errors
/// As [`evaluate`].
pub fn evaluate_with<T: Number>(
    network: &Network<T>,
    data: &Dataset,
    preprocessing: &Preprocessing,
    observe: impl FnMut(JudgedExample<'_, T>),
) -> Result<Evaluation> {
    evaluate_until(None, network, data, preprocessing, observe)
}

/// [`evaluate_with`] that ends early, with an error, once `stop` is set.
pub(super) fn evaluate_until<T: Number>(
    stop: Option<&Arc<AtomicBool>>,
    network: &Network<T>,
    data: &Dataset,
    preprocessing: &Preprocessing,
    mut observe: impl FnMut(JudgedExample<'_, T>),
) -> Result<Evaluation> {
    let batch = BATCH.min(data.len().max(1));
    let mut workspace = Workspace::new(network, batch, PlanOptions::SCORING)?;
    workspace.set_stop(stop.map(Arc::clone));
    let len = network.input().len();
    let outputs = network.output().len();
    let mut x = memory::zeros("a batch of examples", batch.saturating_mul(len))?;
    let classes = data
        .classes()
        .len()
        .max(if outputs == 1 { 2 } else { outputs });
    let mut evaluation = Evaluation {
        scores: Scores::default(),
        tally: Tally::new(classes)?,
    };
    let order: Vec<usize> = (0..data.len()).collect();
    for (chunk, labels) in order.chunks(batch).zip(data.labels().chunks(batch)) {
        let x = &mut x[..chunk.len() * len];
        data.fill_batch(chunk, preprocessing, x)?;
        let (scores, z) = workspace.score(network, x, &Targets::Classes(labels))?;
        evaluation.scores.add(&scores);
        let examples = z.chunks_exact(outputs).zip(chunk.iter().zip(labels));
        for (row, (&example, &label)) in examples {
            let actual = label as usize;
            let (predicted, rank) = match row {
                [one] => {
                    let predicted = usize::from(*one > one_threshold(network.loss()));
                    (predicted, usize::from(predicted != actual))
                }
                _ => (largest(row), rank(row, actual)),
            };
            evaluation.tally.add(label, predicted as u32, rank);
            observe(JudgedExample {
                example,
                actual,
                predicted,
                outputs: row,
            });
        }
    }
    Ok(evaluation)
}

/// How many classes come before `class`: larger values, and equal ones of lower classes. NaN comes
/// last.
fn rank<T: Number>(row: &[T], class: usize) -> usize {
    let own = row.get(class).copied().filter(|own| !own.is_nan());
    let Some(own) = own else {
        return row.len().saturating_sub(1);
    };
    let before = |(other, &value): (usize, &T)| value > own || (value == own && other < class);
    row.iter().enumerate().filter(|&pair| before(pair)).count()
}

/// The threshold that a single output must pass to mean class 1.
fn one_threshold<T: Number>(loss: Loss) -> T {
    if loss == Loss::MeanSquaredError {
        T::from_f64(0.5)
    } else {
        T::zero()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rank_is_the_largest_value() {
        let rows = [
            [0.5, 2.0, 2.0, -1.0],
            [f32::NAN, 1.0, 0.0, f32::NAN],
            [0.0; 4],
        ];
        let expected = [[2, 0, 1, 3], [3, 0, 1, 3], [0, 1, 2, 3]];
        for (row, expected) in rows.iter().zip(expected) {
            let ranks: Vec<usize> = (0..4).map(|class| rank(row, class)).collect();
            assert_eq!(ranks, expected, "{row:?}");
        }
        let firsts = rows.map(|row| largest(&row));
        assert_eq!(firsts, [1, 1, 0]);
    }
}
