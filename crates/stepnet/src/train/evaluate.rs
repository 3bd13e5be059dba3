//! How good a network is on a data set.

use crate::Element;
use crate::data::Dataset;
use crate::error::Result;
use crate::memory;
use crate::nn::{Loss, Network, PlanOptions, Preprocessing, Scores, Targets, Workspace, largest};

/// The most examples of one pass.
const BATCH: usize = 256;

/// Scores over a data set, and which class was taken for which.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// Loss and right answers.
    pub scores: Scores,
    /// `confusion[actual][predicted]` counts examples.
    pub confusion: Vec<Vec<usize>>,
}

impl Evaluation {
    /// The share of right answers among the examples of each class; `None` for a class without examples.
    pub fn class_accuracies(&self) -> Vec<Option<f64>> {
        self.confusion
            .iter()
            .enumerate()
            .map(|(class, row)| {
                let examples: usize = row.iter().sum();
                (examples > 0).then(|| row[class] as f64 / examples as f64)
            })
            .collect()
    }
}

/// Runs a network over a whole data set.
///
/// # Errors
/// When the data's shape or classes are not the network's.
pub fn evaluate<T: Element>(
    network: &Network<T>,
    data: &Dataset,
    preprocessing: &Preprocessing,
) -> Result<Evaluation> {
    let batch = BATCH.min(data.len().max(1));
    let mut workspace = Workspace::new(
        network,
        batch,
        PlanOptions {
            logits: true,
            ..PlanOptions::default()
        },
    )?;
    let len = network.input().len();
    let outputs = network.output().len();
    let mut x = memory::zeros("a batch of examples", batch.saturating_mul(len))?;
    let classes = data
        .classes()
        .len()
        .max(if outputs == 1 { 2 } else { outputs });
    let mut evaluation = Evaluation {
        scores: Scores::default(),
        confusion: vec![vec![0; classes]; classes],
    };
    let order: Vec<usize> = (0..data.len()).collect();
    for (chunk, labels) in order.chunks(batch).zip(data.labels().chunks(batch)) {
        let x = &mut x[..chunk.len() * len];
        data.fill_batch(chunk, preprocessing, x)?;
        let (scores, z) = workspace.score(network, x, &Targets::Classes(labels))?;
        evaluation.scores.add(&scores);
        for (row, &label) in z.chunks_exact(outputs).zip(labels) {
            let predicted = match row {
                [one] => usize::from(*one > one_threshold(network.loss())),
                _ => largest(row),
            };
            evaluation.confusion[label as usize][predicted] += 1;
        }
    }
    Ok(evaluation)
}

/// What a single output must pass to mean class 1.
fn one_threshold<T: Element>(loss: Loss) -> T {
    if loss == Loss::MeanSquaredError {
        T::from_f64(0.5)
    } else {
        T::zero()
    }
}
