//! The record of an epoch.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::data::TargetKind;
use crate::train::early_stopping::ValidationScore;
use crate::train::{EpochEnd, Evaluation, Measures, measure_of};

/// What an epoch of a run ended with: a line of `metrics.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EpochRecord {
    /// Its number, from 1.
    pub epoch: usize,
    /// The mean loss over the training examples; each batch before its own update.
    pub train_loss: f64,
    /// The share of them that were right, measured so; `None` where the targets are not classes.
    pub train_accuracy: Option<f64>,
    /// The mean loss on the test examples after the epoch; `None` without any, or where the test was stopped.
    pub test_loss: Option<f64>,
    /// The share of the test examples that were right; `None` where the targets are not classes.
    pub test_accuracy: Option<f64>,
    /// The share of the test examples of each class that were recognised, of at most 30 classes; a class without examples
    /// has none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub test_recalls: Vec<Option<f64>>,
    /// Of labels, the mean over them of the average precision on the test examples.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_map: Option<f64>,
    /// Of numbers, R² on the test examples, the mean over the outputs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_r2: Option<f64>,
    /// Of numbers, the mean absolute error, in their unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_mae: Option<f64>,
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

/// Of more classes, the record of an epoch has none.
const MOST_RECALLS: usize = 30;

/// The shortest time that a rate is taken from: a clock may stand still or be put back.
const SHORTEST: f64 = 1e-6;

impl EpochRecord {
    /// An epoch that took `seconds`, and is not tested yet.
    pub(super) fn of(end: &EpochEnd, seconds: f64, by_class: bool) -> Self {
        Self {
            epoch: end.epoch + 1,
            train_loss: end.scores.mean_loss(),
            train_accuracy: by_class.then(|| end.scores.accuracy()),
            test_loss: None,
            test_accuracy: None,
            test_recalls: Vec::new(),
            test_map: None,
            test_r2: None,
            test_mae: None,
            learning_rate: end.learning_rate,
            seconds,
            images_per_second: match seconds > SHORTEST {
                true => end.scores.examples as f64 / seconds,
                false => 0.0,
            },
            waited: (end.waited.as_secs_f64() / seconds.max(1e-9)).min(1.0),
            interrupted: end.interrupted,
        }
    }

    /// Takes in how good the network is on the test data.
    pub(super) fn test(&mut self, test: Option<&Evaluation>) {
        self.test_loss = test.map(|test| test.scores.mean_loss());
        match test.map(|test| &test.measures) {
            None => {}
            Some(Measures::Classes { tally, .. }) => {
                self.test_accuracy = test.map(|test| test.scores.accuracy());
                let classes = tally.metrics().classes;
                if classes.len() <= MOST_RECALLS {
                    self.test_recalls = classes.iter().map(|class| class.recall).collect();
                }
            }
            Some(Measures::Labels(tally)) => {
                self.test_map = Some(tally.metrics().mean_average_precision);
            }
            Some(Measures::Numbers(tally)) => {
                let mean = tally.metrics().mean;
                (self.test_r2, self.test_mae) = (Some(mean.r2), Some(mean.mae));
            }
        }
    }

    /// The measure that networks are compared by, on the test examples: the accuracy, the mAP of labels, the R² of
    /// numbers.
    pub fn measure(&self) -> Option<Measure> {
        let all = [
            (TargetKind::Classes, self.test_accuracy),
            (TargetKind::Labels, self.test_map),
            (TargetKind::Numbers, self.test_r2),
        ];
        let mut known = all.into_iter();
        known.find_map(|(kind, value)| {
            Some(Measure {
                kind,
                value: value?,
            })
        })
    }

    /// How good the network was on the test data; `None` without any, and for a part of an epoch.
    pub fn score(&self) -> Option<ValidationScore> {
        let measure = self.measure().filter(|_| !self.interrupted)?;
        let loss = self.test_loss?;
        Some(ValidationScore::new(measure.value, loss))
    }
}

/// How good a network is, by the measure of its kind of targets. Written as people read it: `accuracy 97.50 %`,
/// `R2 0.9876`.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Measure {
    /// The kind of the targets.
    pub kind: TargetKind,
    /// The accuracy, the mAP or R².
    pub value: f64,
}

impl Measure {
    /// Its name.
    pub fn name(&self) -> &'static str {
        measure_of(self.kind)
    }

    /// Its value as people read it.
    pub fn shown(&self) -> String {
        match self.kind {
            TargetKind::Classes => format!("{:.2} %", 100.0 * self.value),
            TargetKind::Labels | TargetKind::Numbers => format!("{:.4}", self.value),
        }
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name(), self.shown())
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
