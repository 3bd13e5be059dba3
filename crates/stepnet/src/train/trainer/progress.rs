//! Where a training stands, and how its epochs end.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::nn::Scores;

/// Where a run stands, between two steps.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Position {
    /// The epoch, from 0.
    pub epoch: usize,
    /// Steps done in it; fewer than it has.
    pub step: usize,
    /// The sums of these steps.
    pub scores: Scores,
}

/// `before the first step`, `after epoch 2`, `after step 7 of epoch 3`.
impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.epoch, self.step) {
            (0, 0) => f.write_str("before the first step"),
            (epoch, 0) => write!(f, "after epoch {epoch}"),
            (epoch, step) => write!(f, "after step {step} of epoch {}", epoch + 1),
        }
    }
}

/// Where an epoch stands after a step.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// The epoch, from 0.
    pub epoch: usize,
    /// Steps done in it.
    pub step: usize,
    /// Steps it will have.
    pub steps: usize,
    /// The sums of the epoch so far; each batch scored before its own update.
    pub scores: Scores,
    /// The learning rate of this step.
    pub learning_rate: f64,
}

impl Progress {
    /// Where the run stands after this step.
    pub fn position(&self) -> Position {
        Position {
            epoch: self.epoch,
            step: self.step,
            scores: self.scores,
        }
    }
}

/// How an epoch ended.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct EpochEnd {
    /// The epoch, from 0.
    pub epoch: usize,
    /// The sums over the epoch; each batch scored before its own update.
    pub scores: Scores,
    /// The learning rate of the last step.
    pub learning_rate: f64,
    /// How long steps waited for their batches, in this call.
    pub waited: Duration,
    /// Whether the observer ended it before its last step.
    pub interrupted: bool,
}
