//! The record of an epoch.

use serde::{Deserialize, Serialize};

use crate::train::Evaluation;
use crate::train::early_stopping::ValidationScore;

/// What an epoch of a run ended with: a line of `metrics.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EpochRecord {
    /// Its number, from 1.
    pub epoch: usize,
    /// The mean loss over the training examples; each batch before its own update.
    pub train_loss: f64,
    /// The share of them that were right, measured so.
    pub train_accuracy: f64,
    /// The mean loss on the test examples after the epoch; `None` without any, or where the test was stopped.
    pub test_loss: Option<f64>,
    /// The share of the test examples that were right.
    pub test_accuracy: Option<f64>,
    /// The learning rate of the last step.
    pub learning_rate: f64,
    /// How long the epoch took.
    pub seconds: f64,
    /// Training examples per second.
    pub images_per_second: f64,
    /// The share of the epoch's training time in which a step waited for its batch.
    pub waited: f64,
    /// Whether the epoch was ended early.
    pub interrupted: bool,
}

impl EpochRecord {
    /// Takes in how good the network is on the test data.
    pub(super) fn test(&mut self, test: Option<&Evaluation>) {
        self.test_loss = test.map(|test| test.scores.mean_loss());
        self.test_accuracy = test.map(|test| test.scores.accuracy());
    }

    /// How good the network was on the test data; `None` without any, and for a part of an epoch.
    pub fn score(&self) -> Option<ValidationScore> {
        let accuracy = self.test_accuracy.filter(|_| !self.interrupted)?;
        let loss = self.test_loss?;
        Some(ValidationScore::new(accuracy, loss))
    }
}

/// The epoch with the best score on the test data; of equal ones the first.
pub(super) fn best_epoch(records: &[EpochRecord]) -> Option<usize> {
    let mut best: Option<(usize, ValidationScore)> = None;
    for record in records {
        if let Some(score) = record.score()
            && best.is_none_or(|(_, best)| score.beats(&best, 0.0))
        {
            best = Some((record.epoch, score));
        }
    }
    best.map(|(epoch, _)| epoch)
}
