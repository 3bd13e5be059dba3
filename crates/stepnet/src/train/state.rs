//! Continued training: the state that a later training takes over from an earlier one.

use std::collections::BTreeMap;

use super::checkpoint::Checkpoint;
use super::trainer::{Position, Trainer};
use crate::error::{Error, Result};
use crate::memory;
use crate::nn::Model;
use crate::nn::Number;

/// The name of the weights that train, where the network has their average.
const WEIGHTS: &str = "weights";

/// The state that an earlier training leaves to a later one in addition to the network: how many epochs there
/// were, and the update rule's running values.
///
/// The later training may have other settings, such as another learning rate or batch size, and other
/// data; a [`Checkpoint`] is for resuming the same run.
#[derive(Debug, Clone)]
pub struct TrainingState<T> {
    /// Epochs done so far.
    pub epochs: usize,
    rule: String,
    updates: u64,
    arrays: BTreeMap<String, Vec<T>>,
}

impl<T: Number> TrainingState<T> {
    /// Only a number of epochs: the update rule starts afresh.
    pub fn after(epochs: usize) -> Self {
        Self {
            epochs,
            rule: String::new(),
            updates: 0,
            arrays: BTreeMap::new(),
        }
    }

    /// The state that a checkpoint holds; `None` if the checkpoint can only resume the same run.
    pub fn of_checkpoint(checkpoint: Checkpoint<T>) -> (Model<T>, Option<Self>) {
        let Checkpoint {
            model,
            position,
            updates,
            rule,
            arrays,
            ..
        } = checkpoint;
        let state = rule.map(|rule| Self {
            epochs: position.epoch,
            rule,
            updates,
            arrays,
        });
        (model, state)
    }

    /// The content of a model file that also holds this state: a checkpoint.
    ///
    /// # Errors
    /// When the state cannot be written.
    pub fn to_bytes(&self, model: &Model<T>) -> Result<Vec<u8>> {
        let position = Position {
            epoch: self.epochs,
            ..Position::default()
        };
        let arrays = self.arrays.iter();
        let arrays = arrays.map(|(name, values)| (name.clone(), &values[..]));
        let rule = Some(self.rule.clone());
        Checkpoint::bytes_of(model, arrays.collect(), (position, self.updates), "", rule)
    }

    /// The bytes of its arrays.
    pub fn bytes(&self) -> usize {
        let values = self.arrays.values().map(Vec::len).sum::<usize>();
        values.saturating_mul(size_of::<T>())
    }

    /// The same state after the network was given other weights by hand: the weights in training, and their
    /// moving average if there is one, continue from these.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub fn with_other_weights(&self) -> Result<Self> {
        let others = self.arrays.iter().filter(|(name, _)| *name != WEIGHTS);
        Ok(Self {
            rule: self.rule.clone(),
            arrays: copies(others.map(|(name, values)| (name.clone(), &values[..])))?,
            ..*self
        })
    }
}

impl<T: Number> Trainer<T> {
    /// The state that a later training of [`Trainer::network`] continues from. An epoch that was interrupted
    /// starts again.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub fn state(&self) -> Result<TrainingState<T>> {
        let mut arrays: BTreeMap<_, _> = self.learner().arrays().into_iter().collect();
        // The average itself is what the network has.
        if arrays.remove(super::learner::AVERAGE).is_some() {
            arrays.insert(WEIGHTS.to_owned(), self.learner().network().parameters());
        }
        Ok(TrainingState {
            epochs: self.position().epoch,
            rule: self.options().rule.to_string(),
            updates: self.learner().updates(),
            arrays: copies(arrays)?,
        })
    }

    /// Goes on from where an earlier training of this trainer's network stood: with its count of epochs,
    /// which orders, alterations and schedules depend on, and, if the update rule is the same, with its
    /// running values. Then two trainings of an epoch give bitwise the weights of one of two epochs, if
    /// [`TrainOptions::rate`](super::TrainOptions::rate) gives their steps the same rates.
    ///
    /// # Errors
    /// When the state is that of another network. The trainer is then of no more use.
    pub fn go_on(&mut self, state: &TrainingState<T>) -> Result<()> {
        // Its constants may be others.
        let same = state.rule == self.options().rule.to_string();
        let updates = if same { state.updates } else { 0 };
        let averaged = self.options().average.is_some();
        self.learner_mut().restore(updates, |name, values| {
            let saved = match name {
                "" if averaged => state.arrays.get(WEIGHTS),
                "" => None,
                super::learner::AVERAGE => None,
                _ if same => state.arrays.get(name),
                _ => None,
            };
            match saved {
                // The network's own weights, or a rule at rest.
                None => Ok(()),
                Some(saved) if saved.len() == values.len() => {
                    values.copy_from_slice(saved);
                    Ok(())
                }
                Some(saved) => Err(Error::shape(
                    "training",
                    format!("the earlier training's array {name:?}"),
                    &[saved.len()],
                    format!("[{}], one number for each of the network's", values.len()),
                )),
            }
        })?;
        self.set_position(Position {
            epoch: state.epochs,
            ..Position::default()
        })
    }
}

fn copies<'a, T: Number>(
    arrays: impl IntoIterator<Item = (String, &'a [T])>,
) -> Result<BTreeMap<String, Vec<T>>> {
    let arrays = arrays.into_iter();
    arrays
        .map(|(name, values)| Ok((name, memory::copy("the optimiser's values", values)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use super::*;
    use crate::data;
    use crate::nn::{Init, Model, ModelFile, Network, Preprocessing, Registry};
    use crate::optim::Schedule;
    use crate::rng::RandomState;
    use crate::train::TrainOptions;

    const TEXT: &str =
        "flatten -> linear(8) -> bn -> relu -> dropout(0.3) -> linear(10) -> softmax";

    fn network() -> Network<f32> {
        let mut network = Network::new(TEXT, [8, 8, 1]).unwrap();
        network.initialize(Init::He, &mut RandomState::new(1));
        network
    }

    fn preprocessing() -> Preprocessing {
        Preprocessing::scaled(8, 8, 1, data::DIGITS_DIVISOR)
    }

    /// Trains for some epochs, from the state of an earlier training.
    fn train(
        network: Network<f32>,
        state: &TrainingState<f32>,
        options: TrainOptions,
    ) -> (Network<f32>, TrainingState<f32>) {
        let digits = data::digits()
            .subset(&(0..300).collect::<Vec<_>>())
            .unwrap();
        let epochs = options.epochs;
        let options = TrainOptions {
            first_epoch: state.epochs,
            ..options
        };
        let mut trainer = Trainer::new(network, preprocessing(), options, 300).unwrap();
        trainer.go_on(state).unwrap();
        for _ in 0..epochs {
            trainer
                .epoch(&digits, |_| ControlFlow::Continue(()))
                .unwrap();
        }
        let state = trainer.state().unwrap();
        (trainer.into_network(), state)
    }

    #[test]
    fn parts_of_a_training_are_the_whole() {
        for (rule, schedule, average) in [
            ("adam", Schedule::Constant, None),
            ("adamw", "step(0.5, 2)".parse().unwrap(), None),
            ("classic-momentum", Schedule::Constant, Some(0.9)),
        ] {
            let options = |epochs| TrainOptions {
                epochs,
                rule: rule.parse().unwrap(),
                learning_rate: 0.01,
                schedule,
                average,
                ..TrainOptions::default()
            };
            let fresh = TrainingState::after(0);
            let (whole, state) = train(network(), &fresh, options(3));
            assert_eq!(state.epochs, 3);
            let (half, between) = train(network(), &fresh, options(1));
            // By way of a file.
            let model = Model::new(half, Vec::new(), preprocessing());
            let bytes = between.to_bytes(&model).unwrap();
            let file = ModelFile::from_bytes("a test".as_ref(), &bytes).unwrap();
            let checkpoint = Checkpoint::of_file(&file, Registry::builtin()).unwrap();
            let (model, read) = TrainingState::of_checkpoint(checkpoint);
            let (parts, state) = train(model.network, &read.unwrap(), options(2));
            assert_eq!(state.epochs, 3);
            assert!(whole.parameters() == parts.parameters(), "{rule}");
            let (anew, _) = train(network(), &fresh, options(1));
            let (anew, _) = train(anew, &TrainingState::after(1), options(2));
            assert!(whole.parameters() != anew.parameters(), "{rule}");
        }
    }

    #[test]
    fn a_state_of_another_network_is_refused() {
        let options = TrainOptions {
            epochs: 1,
            ..TrainOptions::default()
        };
        let (_, state) = train(network(), &TrainingState::after(0), options.clone());
        let other = Network::<f32>::new("flatten -> linear(10) -> softmax", [8, 8, 1]).unwrap();
        let mut trainer = Trainer::new(other, preprocessing(), options, 10).unwrap();
        let error = trainer.go_on(&state).unwrap_err().to_string();
        assert!(
            error.contains("expected [650], one number for each"),
            "{error}"
        );
    }
}
