//! How a program follows a run.

use super::record::EpochRecord;
use crate::nn::Number;
use crate::train::features::FeatureProgress;
use crate::train::{Learner, Progress};

/// Follows a run and can end it. `()` follows nothing.
///
/// ```
/// use stepnet::train::run::{EpochRecord, RunObserver};
///
/// /// Prints a line for each epoch.
/// struct Lines;
///
/// impl RunObserver<f32> for Lines {
///     fn epoch(&mut self, record: &EpochRecord, best: bool) {
///         let mark = if best { "*" } else { "" };
///         println!("epoch {}: loss {:.4}{mark}", record.epoch, record.train_loss);
///     }
/// }
/// ```
pub trait RunObserver<T: Number> {
    /// What ends the run after the present step, such as `Ctrl-C`; nothing lets it go on. Asked after each step, and
    /// between the parts of the run. What was learnt until then is kept.
    fn stopped_by(&self) -> Option<&str> {
        None
    }

    /// Sees a step and the network after it.
    fn step(&mut self, progress: &Progress, learner: &Learner<T>) {
        let _ = (progress, learner);
    }

    /// Sees how far the features of images are computed, before the last layer is fitted to them.
    fn features(&mut self, progress: &FeatureProgress) {
        let _ = progress;
    }

    /// Sees an epoch, and whether its weights are the best so far.
    fn epoch(&mut self, record: &EpochRecord, best: bool) {
        let _ = (record, best);
    }

    /// Takes in what the user should know.
    fn tell(&mut self, message: RunMessage<'_>) {
        let _ = message;
    }
}

impl<T: Number> RunObserver<T> for () {}

/// What a run tells the user while it goes on. The texts name settings and options in backticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RunMessage<'a> {
    /// That all is well again.
    Line(&'a str),
    /// What has to be known before the results are trusted; also in the run's description and its report.
    Note(&'a str),
    /// What went wrong, although the run goes on.
    Warning(&'a str),
}
