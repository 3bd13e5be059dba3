//! Resuming from a checkpoint.

use super::Checkpoint;
use crate::error::{Error, Result};
use crate::nn::Number;
use crate::nn::{EXTRA, Network};
use crate::train::trainer::{Position, Trainer};

impl<T: Number> Trainer<T> {
    /// Resumes from the checkpoint, to train on data of `examples` examples.
    ///
    /// The trainer must have the same settings as the one that wrote the checkpoint; then the weights become
    /// bitwise those of a run that was never stopped.
    ///
    /// # Errors
    /// When the checkpoint belongs to another network or rule, or its position is impossible in such a run. The
    /// trainer must not be used afterwards.
    pub fn resume(&mut self, checkpoint: &Checkpoint<T>, examples: usize) -> Result<()> {
        let (saved, network) = (&checkpoint.model.network, self.network());
        let about = |network: &Network<T>| format!("{} for {}", network.text(), network.input());
        if about(saved) != about(network) || saved.loss() != network.loss() {
            return Err(wrong(
                "its network",
                format!("{} with {}", about(saved), saved.loss()),
                format!("{} with {}", about(network), network.loss()),
            ));
        }
        self.check_position(&checkpoint.position, checkpoint.updates, examples)?;
        let wanted: Vec<String> = self
            .learner()
            .arrays()
            .into_iter()
            .map(|(n, _)| n)
            .collect();
        if let Some(name) = checkpoint
            .arrays
            .keys()
            .find(|&name| !wanted.contains(name))
        {
            return Err(wrong(
                "the array",
                format!("{EXTRA}{name}"),
                format!("only {}", wanted.join(", ")),
            ));
        }
        self.learner_mut()
            .restore(checkpoint.updates, |name, values| {
                let saved = match name {
                    "" => Some(checkpoint.model.network.parameters()),
                    name => checkpoint.arrays.get(name).map(Vec::as_slice),
                };
                let Some(saved) = saved.filter(|saved| saved.len() == values.len()) else {
                    return Err(wrong("the array", "missing", format!("{EXTRA}{name}")));
                };
                values.copy_from_slice(saved);
                Ok(())
            })?;
        self.set_position(checkpoint.position)
    }

    /// Fails if no run over `examples` examples can stand at `position`.
    fn check_position(&self, position: &Position, updates: u64, examples: usize) -> Result<()> {
        let epochs = self.options().epochs;
        let steps = self.steps(examples);
        if position.epoch > epochs {
            let expected = format!("at most {epochs}");
            return Err(wrong("the number of its epochs", position.epoch, expected));
        }
        if position.step >= steps {
            let expected = format!("less than the {steps} of an epoch");
            return Err(wrong("the number of its steps", position.step, expected));
        }
        if position.epoch == epochs && position.step > 0 {
            let expected = format!("0 after the last of {epochs} epochs");
            return Err(wrong("the number of its steps", position.step, expected));
        }
        let made = position.epoch as u128 * steps as u128 + position.step as u128;
        // A step without anything to learn is none of the optimiser's.
        if u128::from(updates) > made {
            let expected = format!("at most {made}");
            return Err(wrong("the number of its updates", updates, expected));
        }
        let scores = &position.scores;
        let most = position.step.saturating_mul(self.batch(examples));
        let sound = scores.loss.is_finite()
            && scores.correct <= scores.examples
            && (position.step..=most).contains(&scores.examples);
        if !sound {
            let expected = format!(
                "a finite loss of {} to {most} examples, and no more right answers than examples",
                position.step
            );
            let found = format!(
                "{:?} with {} right of {}",
                scores.loss, scores.correct, scores.examples
            );
            return Err(wrong("the sum over its epoch", found, expected));
        }
        Ok(())
    }
}

fn wrong(what: &str, found: impl ToString, expected: impl Into<String>) -> Error {
    Error::value("resume", what, found, expected)
}
