//! How good a network is on a data set.

mod judge;
mod pass;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::agreement::{all_have, gather_from_all};
use super::early_stopping::ValidationScore;
use super::metrics::{ClassMetrics, LabelTally, NumberTally, Ranking, Tally};
use super::task::check_targets;
use crate::data::Dataset;
use crate::error::Result;
use crate::group::Group;
use crate::nn::Number;
use crate::nn::{Network, Plan, PlanOptions, Preprocessing, Scores};
use judge::Judge;
use pass::ScoringPass;

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
    check_targets(network, data, &preprocessing.task)?;
    let mut pass = ScoringPass::new(stop, network, data, preprocessing)?;
    let mut judge = Judge::new(network, data)?;
    let mut scores = Scores::default();
    let order: Vec<usize> = (0..data.len()).collect();
    for chunk in order.chunks(BATCH) {
        let (sums, z) = pass.score(chunk)?;
        scores.add(&sums);
        judge.judge_all(
            &preprocessing.task,
            pass.targets(),
            (chunk, &z),
            &mut observe,
        );
    }
    Ok(Evaluation {
        scores,
        measures: judge.finish(),
    })
}

/// [`evaluate_until`] by the members of a group, all of which call it: each runs the network over some of the examples,
/// and all get the evaluation that one alone would have, bit for bit.
pub(super) fn evaluate_in<T: Number>(
    group: &dyn Group,
    stop: Option<&Arc<AtomicBool>>,
    network: &Network<T>,
    data: &Dataset,
    preprocessing: &Preprocessing,
) -> Result<Evaluation> {
    check_targets(network, data, &preprocessing.task)?;
    let made = ScoringPass::new(stop, network, data, preprocessing);
    let made = made.and_then(|pass| Ok((pass, Judge::new(network, data)?)));
    let (mut pass, mut judge) = all_have(group, made)?;
    let mut scores = Scores::default();
    let order: Vec<usize> = (0..data.len()).collect();
    let chunks: Vec<&[usize]> = order.chunks(BATCH).collect();
    let row = network.output().len() * size_of::<T>();
    for round in chunks.chunks(group.size()) {
        // The sums of a chunk and its outputs, from each member that has one.
        let length = |rank: usize| round.get(rank).map_or(0, |chunk| SUMS + chunk.len() * row);
        let lengths: Vec<usize> = (0..group.size()).map(length).collect();
        let own = match round.get(group.rank()) {
            None => Ok(Vec::new()),
            Some(chunk) => pass.score(chunk).map(|(sums, z)| {
                let mut bytes = sums.loss.to_le_bytes().to_vec();
                bytes.extend((sums.correct as u64).to_le_bytes());
                bytes.extend_from_slice(bytemuck::cast_slice(&z));
                bytes
            }),
        };
        let all = gather_from_all(group, own, &lengths)?;
        let mut rest = &all[..];
        for (chunk, &len) in round.iter().zip(&lengths) {
            let (member, after) = rest.split_at(len);
            rest = after;
            let (sums, z) = member.split_at(SUMS);
            let [loss, correct] =
                [0, 8].map(|at| sums[at..].first_chunk().copied().unwrap_or_default());
            scores.loss += f64::from_le_bytes(loss);
            scores.correct += u64::from_le_bytes(correct) as usize;
            scores.examples += chunk.len();
            let z: Vec<T> = bytemuck::pod_collect_to_vec(z);
            pass.find_targets(chunk);
            judge.judge_all(
                &preprocessing.task,
                pass.targets(),
                (chunk, &z),
                &mut |_: JudgedExample<'_, T>| {},
            );
        }
    }
    Ok(Evaluation {
        scores,
        measures: judge.finish(),
    })
}

/// Bytes of the sums of a chunk: its loss, and how many answers were right.
const SUMS: usize = 16;
