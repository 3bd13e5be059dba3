//! How good a network is on a data set.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::early_stopping::ValidationScore;
use super::feed::write_targets;
use super::metrics::{ClassMetrics, LabelTally, NumberTally, Ranking, Tally};
use super::task::check_targets;
use crate::data::{Dataset, TargetKind};
use crate::error::Result;
use crate::memory;
use crate::nn::Number;
use crate::nn::{
    Loss, Network, Plan, PlanOptions, Preprocessing, Scores, Targets, Task, Workspace,
};

/// The most examples of one pass.
const BATCH: usize = 256;

/// Scores over a data set, and what measures of its kind of targets are computed from.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Evaluation {
    /// Loss, and right answers where the targets are classes.
    pub scores: Scores,
    /// The counts and values behind the metrics.
    pub measures: Measures,
}

/// What the metrics of an evaluation are computed from, by the kind of the targets.
///
/// Exhaustive, so that the compiler finds every place that a new kind concerns: adding one is a breaking change.
#[derive(Debug, Clone, PartialEq)]
pub enum Measures {
    /// The confusion matrix, and the ranks of the right classes.
    Classes {
        /// The counts.
        tally: Tally,
        /// With two classes, the examples by the network's preference for the second.
        ranking: Option<Ranking>,
    },
    /// The scores of all labels.
    Labels(LabelTally),
    /// The true and predicted numbers.
    Numbers(NumberTally),
}

/// One example of an evaluation, as [`evaluate_with`] shows it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct JudgedExample<'a, T> {
    /// The example's number in the data set.
    pub example: usize,
    /// What is true of it, and what the network says.
    pub answer: Answer<'a, T>,
    /// The network's outputs for it, before the activation that the loss is fused with.
    pub outputs: &'a [T],
}

/// What is true of an example, and what the network says.
///
/// Exhaustive, as [`Measures`].
#[derive(Debug, Clone, Copy)]
pub enum Answer<'a, T> {
    /// A class.
    Class {
        /// Its class.
        actual: usize,
        /// The predicted class.
        predicted: usize,
    },
    /// Labels or numbers: the value that each output should have, scaled as the network learns it. What it says is in
    /// the outputs.
    Values(&'a [T]),
}

impl<T: Number> JudgedExample<'_, T> {
    /// Whether the class is right; `None` where the targets are not classes.
    pub fn is_right(&self) -> Option<bool> {
        match self.answer {
            Answer::Class { actual, predicted } => Some(actual == predicted),
            Answer::Values(_) => None,
        }
    }
}

impl Evaluation {
    /// The confusion matrix and the ranks of the right classes, where the targets are classes.
    pub fn tally(&self) -> Option<&Tally> {
        match &self.measures {
            Measures::Classes { tally, .. } => Some(tally),
            Measures::Labels(_) | Measures::Numbers(_) => None,
        }
    }

    /// The share of correct predictions among the examples of each class; `None` for a class without examples. Empty
    /// where the targets are not classes.
    pub fn class_accuracies(&self) -> Vec<Option<f64>> {
        let metrics = self.tally().map(Tally::metrics);
        let classes = metrics.map_or_else(Vec::new, |metrics| metrics.classes);
        let share = |class: ClassMetrics| (class.examples > 0).then_some(class.recall).flatten();
        classes.into_iter().map(share).collect()
    }

    /// How good the network is, to compare it with others: by its accuracy, the mAP of labels, the R² of numbers (the
    /// mean over them); among equals by its loss.
    pub fn score(&self) -> ValidationScore {
        let measure = match &self.measures {
            Measures::Classes { .. } => self.scores.accuracy(),
            Measures::Labels(tally) => tally.metrics().mean_average_precision,
            Measures::Numbers(tally) => tally.metrics().mean.r2,
        };
        ValidationScore::new(measure, self.scores.mean_loss())
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
/// When the data's shape or targets are not the network's.
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
    let task = &preprocessing.task;
    check_targets(network, data, task)?;
    let batch = BATCH.min(data.len().max(1));
    let mut workspace = Workspace::new(network, batch, PlanOptions::SCORING)?;
    workspace.set_stop(stop.map(Arc::clone));
    let len = network.input().len();
    let outputs = network.output().len();
    let mut x = memory::zeros("a batch of examples", batch.saturating_mul(len))?;
    let mut judge = Judge::new(network, data)?;
    let mut scores = Scores::default();
    let (mut classes, mut values) = (Vec::new(), Vec::new());
    let order: Vec<usize> = (0..data.len()).collect();
    for chunk in order.chunks(batch) {
        let x = &mut x[..chunk.len() * len];
        data.fill_batch(chunk, preprocessing, x)?;
        write_targets(data.targets(), task, chunk, (&mut classes, &mut values));
        let targets = match task {
            Task::Classes => Targets::Classes(&classes),
            Task::Labels | Task::Numbers(_) => Targets::Values(&values),
        };
        let (sums, z) = workspace.score(network, x, &targets)?;
        scores.add(&sums);
        for (place, (row, &example)) in z.chunks_exact(outputs).zip(chunk).enumerate() {
            let wanted = values.chunks_exact(outputs).nth(place).unwrap_or_default();
            let label = classes.get(place).copied().unwrap_or_default();
            let answer = judge.judge(row, (label, wanted), task);
            observe(JudgedExample {
                example,
                answer,
                outputs: row,
            });
        }
    }
    Ok(Evaluation {
        scores,
        measures: judge.finish(),
    })
}

/// Collects what the measures are computed from.
struct Judge {
    loss: Loss,
    measures: Measures,
    /// With two classes, how much each example looks like the second, and whether it is.
    preferences: Option<Vec<(f64, bool)>>,
}

impl Judge {
    fn new<T: Number>(network: &Network<T>, data: &Dataset) -> Result<Self> {
        let outputs = network.output().len();
        let mut preferences = None;
        let measures = match data.targets().kind() {
            TargetKind::Classes => {
                let told_apart = if outputs == 1 { 2 } else { outputs };
                let classes = data.classes().len().max(told_apart);
                preferences = (classes == 2).then(|| Vec::with_capacity(data.len()));
                Measures::Classes {
                    tally: Tally::new(classes)?,
                    ranking: None,
                }
            }
            TargetKind::Labels => Measures::Labels(LabelTally::new(data.len(), outputs)?),
            TargetKind::Numbers => Measures::Numbers(NumberTally::new(data.len(), outputs)?),
        };
        Ok(Self {
            loss: network.loss(),
            measures,
            preferences,
        })
    }

    fn judge<'a, T: Number>(
        &mut self,
        row: &[T],
        (label, wanted): (u32, &'a [T]),
        task: &Task,
    ) -> Answer<'a, T> {
        match &mut self.measures {
            Measures::Classes { tally, .. } => {
                let (actual, predicted) = (label as usize, self.loss.predicted_class(row));
                let (rank, preference) = match row {
                    [one] => (usize::from(predicted != actual), one.as_f64()),
                    [first, second] => (rank(row, actual), second.as_f64() - first.as_f64()),
                    _ => (rank(row, actual), f64::NAN),
                };
                tally.add(label, predicted as u32, rank);
                if let Some(preferences) = &mut self.preferences {
                    preferences.push((preference, label == 1));
                }
                return Answer::Class { actual, predicted };
            }
            Measures::Labels(tally) => {
                let pairs = row.iter().zip(wanted);
                tally.add(pairs.map(|(z, &mark)| (z.as_f64(), mark > T::zero())));
            }
            Measures::Numbers(tally) => {
                let restored = |value: T, output| match task.scale() {
                    Some(scale) => scale.restored(value.as_f64(), output),
                    None => value.as_f64(),
                };
                let pairs = wanted.iter().zip(row).enumerate();
                tally.add(pairs.map(|(at, (&t, &y))| (restored(t, at), restored(y, at))));
            }
        }
        Answer::Values(wanted)
    }

    fn finish(mut self) -> Measures {
        if let Measures::Classes { ranking, .. } = &mut self.measures {
            *ranking = self.preferences.map(Ranking::new);
        }
        self.measures
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::largest;

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
