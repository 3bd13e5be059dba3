//! Epochs over a data set.

use std::ops::ControlFlow;

use super::learner::Learner;
use super::options::TrainOptions;
use crate::Element;
use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::memory;
use crate::nn::layer::Noise;
use crate::nn::{Batch, Network, Preprocessing, Scores, Targets};
use crate::rng::RandomState;

/// Where a run stands, between two steps.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
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

/// How an epoch ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EpochEnd {
    /// The epoch, from 0.
    pub epoch: usize,
    /// The sums over the epoch; each batch scored before its own update.
    pub scores: Scores,
    /// The learning rate of the last step.
    pub learning_rate: f64,
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
    x: Vec<T>,
    labels: Vec<u32>,
    examples: Vec<u64>,
}

impl<T: Element> Trainer<T> {
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
        let batch = options.batch.examples(largest);
        Ok(Self {
            learner: Learner::new(network, options.rule, batch, options.l2)?
                .with_loss(options.loss_options())?,
            preprocessing,
            x: memory::zeros("a batch of examples", batch.saturating_mul(len))?,
            labels: Vec::with_capacity(batch),
            examples: Vec::with_capacity(batch),
            position: Position::default(),
            options,
        })
    }

    /// The network as it is now.
    pub fn network(&self) -> &Network<T> {
        self.learner.network()
    }

    /// Ends training.
    pub fn into_network(self) -> Network<T> {
        self.learner.into_network()
    }

    /// Where the run stands.
    pub fn position(&self) -> &Position {
        &self.position
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
        let order = self.order(data.len());
        let batch = self.options.batch.examples(data.len());
        let steps = data.len().div_ceil(batch);
        let epoch = self.position.epoch;
        let mut learning_rate = self.options.learning_rate;
        for chunk in order.chunks(batch).skip(self.position.step) {
            // The middle of the step, so that none is taken at a rate of 0.
            let done = ((epoch * steps + self.position.step) as f64 + 0.5)
                / (self.options.epochs.max(1) * steps) as f64;
            let base = self.options.learning_rate;
            learning_rate = self.options.schedule.rate(base, epoch, done);
            let scores = self.step(data, chunk, learning_rate)?;
            self.position.step += 1;
            self.position.scores.add(&scores);
            let progress = Progress {
                epoch,
                step: self.position.step,
                steps,
                scores: self.position.scores,
                learning_rate,
            };
            if observe(&progress, &self.learner).is_break() {
                break;
            }
        }
        let end = EpochEnd {
            epoch,
            scores: self.position.scores,
            learning_rate,
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

    fn order(&self, len: usize) -> Vec<usize> {
        if !self.options.shuffle {
            return (0..len).collect();
        }
        let epoch = u32::try_from(self.position.epoch % (1 << 32)).unwrap_or(0);
        RandomState::new(self.options.seed.wrapping_add(1).wrapping_add(epoch)).permutation(len)
    }

    fn step(&mut self, data: &Dataset, chunk: &[usize], learning_rate: f64) -> Result<Scores> {
        let x = &mut self.x[..chunk.len() * self.learner.network().input().len()];
        data.fill_batch(chunk, &self.preprocessing, x)?;
        self.labels.clear();
        self.labels
            .extend(chunk.iter().map(|&example| data.labels()[example]));
        self.examples.clear();
        self.examples
            .extend(chunk.iter().map(|&example| example as u64));
        let noise = Noise {
            seed: self.options.seed.into(),
            epoch: self.position.epoch as u64,
            examples: &self.examples,
        };
        self.learner.step(
            &Batch {
                x,
                targets: Targets::Classes(&self.labels),
                noise,
            },
            learning_rate,
        )
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
            assert_eq!(last, end);
            assert_eq!(parts.position().epoch, epoch + 1);
        }
        assert!(whole.network().parameters() == parts.network().parameters());
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
}
