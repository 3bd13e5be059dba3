//! A step on examples of the caller's choice.

use super::Trainer;
use crate::data::{Dataset, Pick};
use crate::error::{Error, Result};
use crate::nn::{Number, Scores};
use crate::train::feed::{BatchBuffers, Feed};
use crate::train::task::check_targets;

impl<T: Number> Trainer<T> {
    /// One update from these examples of `data`, outside of the order of the epochs: the position stays. Returns the scores
    /// from before it.
    ///
    /// # Errors
    /// As [`Trainer::epoch`]; an example that `data` has not, and more of them than a step takes.
    pub fn step_on(
        &mut self,
        data: &Dataset,
        examples: &[usize],
        learning_rate: f64,
    ) -> Result<Scores> {
        check_targets(self.network(), data, &self.preprocessing.task)?;
        if let Some(&missing) = examples.iter().find(|&&example| example >= data.len()) {
            let expected = format!("less than {}, the number of examples", data.len());
            return Err(Error::value("training", "an example", missing, expected));
        }
        let feed = Feed {
            data,
            preprocessing: &self.preprocessing,
            augmentation: &self.options.augmentation,
            seed: self.options.seed.into(),
            epoch: self.position.epoch as u64,
        };
        let picks: Vec<Pick> = examples.iter().copied().map(Pick::once).collect();
        let mut buffers = BatchBuffers::new(picks.len(), self.learner.network().input().len())?;
        feed.fill(&picks, 0..picks.len(), &mut buffers)?;
        self.learner.step(&buffers.batch(), learning_rate)
    }
}
