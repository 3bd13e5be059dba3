//! Epochs over a data set.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::evaluate::{Evaluation, evaluate};
use super::feed::Feed;
use super::find_rate::RateSweep;
use super::forecast::bytes_between_epochs;
use super::learner::Learner;
use super::loader::{Batches, Loader};
use super::options::TrainOptions;
use crate::data::{Balance, Dataset, Pick, sample};
use crate::error::{Error, Result};
use crate::nn::Number;
use crate::nn::{Model, Network, Preprocessing, Scores};
use crate::rng::RandomState;

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

/// Trains a network on data sets of pictures.
#[derive(Debug)]
pub struct Trainer<T> {
    learner: Learner<T>,
    preprocessing: Preprocessing,
    options: TrainOptions,
    position: Position,
    loader: Loader<T>,
    /// The rates that are tried in place of the settings'.
    sweep: Option<RateSweep>,
}

impl<T: Number> Trainer<T> {
    /// A trainer of `network` for data sets of up to `largest` examples.
    ///
    /// # Errors
    /// When a setting is out of its range, or the network's input is not the preprocessing's output.
    pub fn new(
        network: Network<T>,
        preprocessing: Preprocessing,
        options: TrainOptions,
        largest: usize,
    ) -> Result<Self> {
        options.check()?;
        let len = network.input().len();
        let mut extents = preprocessing.shape().into_iter();
        if extents.try_fold(1, usize::checked_mul) != Some(len) {
            return Err(Error::value(
                "training",
                "the network's input",
                network.input(),
                format!("{:?}, the shape of the data", preprocessing.shape()),
            ));
        }
        options.augmentation.check(preprocessing.shape())?;
        let batch = options.batch.examples(largest);
        // Tests are taken for as large as the data; one that cannot be addressed is an error when it comes.
        let left = bytes_between_epochs(&network, &options, largest).unwrap_or(usize::MAX);
        Ok(Self {
            learner: options.learner(network, batch)?,
            preprocessing,
            loader: Loader::new(batch, len, left)?,
            position: Position::default(),
            options,
            sweep: None,
        })
    }

    /// Bytes that a trainer takes: its network, and everything beside it.
    ///
    /// # Errors
    /// When so many examples cannot be addressed.
    pub fn bytes(network: &Network<T>, options: &TrainOptions, largest: usize) -> Result<usize> {
        let batch = options.batch.examples(largest);
        let pictures = batch.saturating_mul(network.input().len());
        // A batch that trains, and one for each worker.
        let pictures = pictures.saturating_mul(1 + options.workers.unwrap_or(1));
        let learner = Learner::bytes(network, options.rule, batch, options.average.is_some())?;
        Ok(learner.saturating_add(pictures.saturating_mul(size_of::<T>())))
    }

    /// The network to measure and to keep: the one with the averaged weights where an average is kept.
    pub fn network(&self) -> &Network<T> {
        self.learner.learnt()
    }

    /// Ends training, with the network to keep.
    pub fn into_network(self) -> Network<T> {
        self.learner.into_network()
    }

    /// Ends training, with a model to save: the network to keep, the names of the classes that `data` has, and what is
    /// done to raw values.
    pub fn into_model(self, data: &Dataset) -> Model<T> {
        let preprocessing = self.preprocessing.clone();
        Model::new(self.into_network(), data.classes().to_vec(), preprocessing)
    }

    /// Where the run stands.
    pub fn position(&self) -> &Position {
        &self.position
    }

    /// The settings.
    pub fn options(&self) -> &TrainOptions {
        &self.options
    }

    /// What learns.
    pub fn learner(&self) -> &Learner<T> {
        &self.learner
    }

    /// From now on epochs end early in the middle of a step, with an error, once `stop` is set: to end after
    /// a step, there is what `observe` says.
    pub fn set_stop(&mut self, stop: Arc<AtomicBool>) {
        self.learner.set_stop(stop);
    }

    /// Takes back the last update, as [`Learner::roll_back`] does: an end of training.
    pub fn roll_back(&mut self) -> bool {
        self.learner.roll_back()
    }

    pub(super) fn learner_mut(&mut self) -> &mut Learner<T> {
        &mut self.learner
    }

    pub(super) fn set_position(&mut self, position: Position) {
        self.position = position;
    }

    /// From now on each step has its rate from `sweep`.
    pub(super) fn set_sweep(&mut self, sweep: RateSweep) {
        self.sweep = Some(sweep);
    }

    /// The largest number of examples of a step, where there are `examples`.
    pub(super) fn batch(&self, examples: usize) -> usize {
        self.options.batch.examples(examples)
    }

    /// Steps of an epoch over `examples` examples.
    pub fn steps(&self, examples: usize) -> usize {
        examples.div_ceil(self.batch(examples))
    }

    /// Runs the epochs that are left of those that the options ask for, and shows each to `observe` when it is done.
    /// For a say after each step, or another end than the last epoch, there is [`Trainer::epoch`].
    ///
    /// # Errors
    /// As [`Trainer::epoch`].
    pub fn fit(&mut self, data: &Dataset, mut observe: impl FnMut(&EpochEnd)) -> Result<()> {
        while self.position.epoch < self.options.epochs {
            observe(&self.epoch(data, |_| ControlFlow::Continue(()))?);
        }
        Ok(())
    }

    /// The end of an epoch over `examples` examples that was stopped in the middle of a step, which has changed nothing.
    pub fn epoch_so_far(&self, examples: usize) -> EpochEnd {
        let Position {
            epoch,
            step,
            scores,
        } = self.position;
        let steps = self.steps(examples);
        EpochEnd {
            epoch,
            scores,
            learning_rate: self.options.rate(epoch, step.saturating_sub(1), steps),
            waited: Duration::ZERO,
            interrupted: true,
        }
    }

    /// [Evaluates](evaluate) [the network to measure](Trainer::network) on another data set, whose raw values are
    /// prepared as those of the training.
    ///
    /// # Errors
    /// As [`evaluate`].
    pub fn evaluate(&self, data: &Dataset) -> Result<Evaluation> {
        evaluate(self.network(), data, &self.preprocessing)
    }

    /// Runs one epoch, or what is left of it. After each step `observe` says whether to go on; after a
    /// break the next call carries on where this one stopped.
    ///
    /// # Errors
    /// When the data does not fit the network, or the loss is not finite; the weights are then
    /// those after the last good step.
    pub fn epoch(
        &mut self,
        data: &Dataset,
        mut observe: impl FnMut(&Progress) -> ControlFlow<()>,
    ) -> Result<EpochEnd> {
        self.epoch_with(data, |progress, _| observe(progress))
    }

    /// [`Trainer::epoch`] that shows the observer the learner after each step, too.
    ///
    /// # Errors
    /// As [`Trainer::epoch`].
    pub fn epoch_with(
        &mut self,
        data: &Dataset,
        mut observe: impl FnMut(&Progress, &Learner<T>) -> ControlFlow<()>,
    ) -> Result<EpochEnd> {
        if data.is_empty() {
            return Err(Error::Training("there are no examples to train on".into()));
        }
        let order = self.order(data);
        let batch = self.batch(data.len());
        let steps = self.steps(data.len());
        let epoch = self.position.epoch;
        let mut learning_rate = self.options.learning_rate;
        let feed = Feed {
            data,
            preprocessing: &self.preprocessing,
            augmentation: &self.options.augmentation,
            seed: self.options.seed.into(),
            epoch: epoch as u64,
        };
        let batches = Batches {
            order: &order,
            batch,
            first: self.position.step,
        };
        let decoding = data.images().are_streamed();
        let workers = (self.options.workers).unwrap_or(match decoding {
            true => rayon::current_num_threads(),
            false => 1,
        });
        let (learner, position, options) = (&mut self.learner, &mut self.position, &self.options);
        let waited = self.loader.run(&feed, batches, workers, |filled| {
            learning_rate = match &self.sweep {
                Some(sweep) => sweep.rate(epoch * steps + position.step),
                None => options.rate(epoch, position.step, steps),
            };
            let scores = learner.step(&filled.batch(), learning_rate)?;
            position.step += 1;
            position.scores.add(&scores);
            let progress = Progress {
                epoch,
                step: position.step,
                steps,
                scores: position.scores,
                learning_rate,
            };
            Ok(observe(&progress, learner))
        })?;
        let end = EpochEnd {
            epoch,
            scores: self.position.scores,
            learning_rate,
            waited,
            interrupted: self.position.step < steps,
        };
        if !end.interrupted {
            self.position = Position {
                epoch: epoch + 1,
                ..Position::default()
            };
        }
        Ok(end)
    }

    fn order(&self, data: &Dataset) -> Vec<Pick> {
        let epoch = u32::try_from(self.position.epoch % (1 << 32)).unwrap_or(0);
        let seed = self.options.seed.wrapping_add(1).wrapping_add(epoch);
        let mut random = RandomState::new(seed);
        match self.options.balance {
            Balance::Sampling => sample(data.labels(), data.classes().len(), &mut random),
            _ if self.options.shuffle => {
                let order = random.permutation(data.len());
                order.into_iter().map(Pick::once).collect()
            }
            _ => (0..data.len()).map(Pick::once).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data;
    use crate::nn::Init;

    fn trainer() -> Trainer<f32> {
        let text = "flatten -> linear(8) -> relu -> dropout(0.3) -> linear(10) -> softmax";
        let mut network = Network::new(text, [8, 8, 1]).unwrap();
        network.initialize(Init::He, &mut RandomState::new(1));
        let preprocessing = Preprocessing::scaled(8, 8, 1, data::DIGITS_DIVISOR);
        let options = TrainOptions {
            epochs: 2,
            batch: super::super::BatchSize::Examples(100),
            ..TrainOptions::default()
        };
        Trainer::new(network, preprocessing, options, 1797).unwrap()
    }

    #[test]
    fn an_epoch_that_was_broken_off_goes_on_where_it_stopped() {
        let digits = data::digits();
        let (mut whole, mut parts) = (trainer(), trainer());
        for epoch in 0..2 {
            let end = whole.epoch(&digits, |_| ControlFlow::Continue(())).unwrap();
            let mut calls = 0;
            let last = loop {
                let part = parts
                    .epoch(&digits, |progress| match progress.step % 7 {
                        0 => ControlFlow::Break(()),
                        _ => ControlFlow::Continue(()),
                    })
                    .unwrap();
                calls += 1;
                if !part.interrupted {
                    break part;
                }
                assert_eq!(parts.position().step, 7 * calls);
            };
            assert_eq!(calls, 3, "18 steps, broken off after 7 and 14");
            // All but the time.
            assert_eq!(
                (last.scores, last.learning_rate),
                (end.scores, end.learning_rate)
            );
            assert_eq!(parts.position().epoch, epoch + 1);
        }
        assert!(whole.network().parameters() == parts.network().parameters());
    }

    #[test]
    fn fitting_runs_the_epochs_that_are_left() {
        let digits = data::digits();
        let (mut epochs, mut fitted) = (trainer(), trainer());
        for _ in 0..2 {
            epochs
                .epoch(&digits, |_| ControlFlow::Continue(()))
                .unwrap();
        }
        fitted.epoch(&digits, |_| ControlFlow::Break(())).unwrap();
        let mut seen = Vec::new();
        fitted.fit(&digits, |end| seen.push(end.epoch)).unwrap();
        assert_eq!(seen, [0, 1]);
        assert_eq!(fitted.network().parameters(), epochs.network().parameters());
        fitted.fit(&digits, |_| panic!("no epoch is left")).unwrap();

        let evaluation = fitted.evaluate(&digits).unwrap();
        let network = fitted.network().clone();
        let model = fitted.into_model(&digits);
        assert_eq!(model.classes, digits.classes());
        assert_eq!(model.network.parameters(), network.parameters());
        let again = evaluate(&model.network, &digits, &model.preprocessing).unwrap();
        assert_eq!(again, evaluation);
    }

    #[test]
    fn a_break_at_the_last_step_is_none() {
        let mut trainer = trainer();
        let end = trainer
            .epoch(&data::digits(), |progress| {
                if progress.step == progress.steps {
                    return ControlFlow::Break(());
                }
                ControlFlow::Continue(())
            })
            .unwrap();
        assert!(!end.interrupted);
        assert_eq!(trainer.position().epoch, 1);
    }

    /// The weights after two epochs with these settings, and the bits of the losses.
    fn run(augment: &str, balance: Balance, workers: usize) -> (Vec<f32>, Vec<u64>) {
        let mut trainer = trainer();
        trainer.options.augmentation = augment.parse().unwrap();
        trainer.options.balance = balance;
        trainer.options.workers = Some(workers);
        let data = data::digits()
            .subset(&(0..430).collect::<Vec<_>>())
            .unwrap();
        let losses = [0; 2].map(|_| {
            let end = trainer.epoch(&data, |_| ControlFlow::Continue(())).unwrap();
            assert_eq!(end.scores.examples, 430);
            end.scores.loss.to_bits()
        });
        (
            trainer.into_network().parameters().to_vec(),
            losses.to_vec(),
        )
    }

    #[test]
    fn workers_and_threads_do_not_change_a_bit() {
        let augment = "flip, crop(1), rotate(10), jitter(0.2), cutout(3), mixup(0.2)";
        for (augment, balance) in [
            ("", Balance::None),
            (augment, Balance::None),
            (augment, Balance::Sampling),
        ] {
            let alone = run(augment, balance, 0);
            for workers in [1, 2, 4] {
                for threads in [1, 2, 4] {
                    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
                    let other = pool.unwrap().install(|| run(augment, balance, workers));
                    assert!(
                        alone == other,
                        "{augment}, {balance}, {workers} workers, {threads} threads"
                    );
                }
            }
        }
        assert!(run("flip", Balance::None, 1) != run("", Balance::None, 1));
        assert!(run("mixup(0.2)", Balance::None, 1) != run("", Balance::None, 1));
        assert!(run("", Balance::Sampling, 1) != run("", Balance::None, 1));
    }

    #[test]
    fn an_augmentation_that_does_not_fit_the_pictures_is_refused() {
        let network = Network::<f32>::new("flatten -> linear(2) -> softmax", [8, 8, 1]).unwrap();
        let options = TrainOptions {
            augmentation: "cutout(9)".parse().unwrap(),
            ..TrainOptions::default()
        };
        let preprocessing = Preprocessing::scaled(8, 8, 1, 16.0);
        let message = Trainer::new(network, preprocessing, options, 10)
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("cutout(9)") && message.contains("at most 8"),
            "{message}"
        );
    }
}
