//! Epochs over a data set.

use std::fmt;
use std::ops::ControlFlow;
use std::str::FromStr;

use super::learner::Learner;
use crate::Element;
use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::memory;
use crate::nn::layer::Noise;
use crate::nn::{Batch, Network, Preprocessing, Scores, Targets};
use crate::optim::{Rule, Schedule};
use crate::rng::RandomState;

/// Examples in one update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchSize {
    /// This many; the last batch of an epoch takes the rest.
    Examples(usize),
    /// The whole data set: batch gradient descent.
    All,
}

impl BatchSize {
    /// The number for a data set of `len` examples.
    pub fn examples(self, len: usize) -> usize {
        match self {
            Self::Examples(examples) => examples.min(len).max(1),
            Self::All => len.max(1),
        }
    }
}

impl fmt::Display for BatchSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Examples(examples) => write!(f, "{examples}"),
            Self::All => f.write_str("all"),
        }
    }
}

impl FromStr for BatchSize {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.parse::<usize>() {
            _ if text.eq_ignore_ascii_case("all") => Ok(Self::All),
            Ok(examples) if examples > 0 => Ok(Self::Examples(examples)),
            _ => Err(Error::value(
                "training",
                "the batch",
                format!("{text:?}"),
                "a number of at least 1, or all",
            )),
        }
    }
}

/// How to train.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainOptions {
    /// Passes over the data; schedules end with the last.
    pub epochs: usize,
    /// Examples in one update.
    pub batch: BatchSize,
    /// The update rule.
    pub rule: Rule,
    /// The base learning rate.
    pub learning_rate: f64,
    /// How the rate changes over the run.
    pub schedule: Schedule,
    /// The course's L2 lambda; 0 for none.
    pub l2: f64,
    /// Whether each epoch goes through the data in a new order.
    pub shuffle: bool,
    /// Epoch `e` (from 0) shuffles by `RandomState(seed + 1 + e).permutation(m)`, as the course's
    /// mini-batches do; dropout is keyed by it too.
    pub seed: u32,
}

impl Default for TrainOptions {
    fn default() -> Self {
        Self {
            epochs: 10,
            batch: BatchSize::Examples(32),
            rule: Rule::ADAM,
            learning_rate: Rule::ADAM.usual_learning_rate(),
            schedule: Schedule::Cosine,
            l2: 0.0,
            shuffle: true,
            seed: 0,
        }
    }
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
    /// Whether the observer ended it early.
    pub interrupted: bool,
}

/// Trains a network on data sets of pictures.
#[derive(Debug)]
pub struct Trainer<T> {
    learner: Learner<T>,
    preprocessing: Preprocessing,
    options: TrainOptions,
    epoch: usize,
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
        check(&options)?;
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
            learner: Learner::new(network, options.rule, batch, options.l2)?,
            preprocessing,
            x: memory::zeros("a batch of examples", batch.saturating_mul(len))?,
            labels: Vec::with_capacity(batch),
            examples: Vec::with_capacity(batch),
            epoch: 0,
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

    /// Runs one epoch. After each step `observe` says whether to go on.
    ///
    /// # Errors
    /// When the data does not fit the network, or the loss is not finite; the weights are then
    /// those after the last good step.
    pub fn epoch(
        &mut self,
        data: &Dataset,
        mut observe: impl FnMut(&Progress) -> ControlFlow<()>,
    ) -> Result<EpochEnd> {
        if data.is_empty() {
            return Err(Error::Training("there are no examples to train on".into()));
        }
        let order = self.order(data.len());
        let batch = self.options.batch.examples(data.len());
        let steps = data.len().div_ceil(batch);
        let mut end = EpochEnd {
            epoch: self.epoch,
            scores: Scores::default(),
            learning_rate: self.options.learning_rate,
            interrupted: false,
        };
        for (step, chunk) in order.chunks(batch).enumerate() {
            // The middle of the step, so that none is taken at a rate of 0.
            let done = ((self.epoch * steps + step) as f64 + 0.5)
                / (self.options.epochs.max(1) * steps) as f64;
            let base = self.options.learning_rate;
            end.learning_rate = self.options.schedule.rate(base, self.epoch, done);
            let scores = self.step(data, chunk, end.learning_rate)?;
            end.scores.add(&scores);
            let progress = Progress {
                epoch: self.epoch,
                step: step + 1,
                steps,
                scores: end.scores,
                learning_rate: end.learning_rate,
            };
            if observe(&progress).is_break() {
                end.interrupted = true;
                break;
            }
        }
        self.epoch += 1;
        Ok(end)
    }

    fn order(&self, len: usize) -> Vec<usize> {
        if !self.options.shuffle {
            return (0..len).collect();
        }
        let epoch = u32::try_from(self.epoch % (1 << 32)).unwrap_or(0);
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
            epoch: self.epoch as u64,
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

fn check(options: &TrainOptions) -> Result<()> {
    if !(options.learning_rate.is_finite() && options.learning_rate > 0.0) {
        return Err(Error::value(
            "training",
            "the learning rate",
            options.learning_rate,
            "a positive number",
        ));
    }
    if !(options.l2.is_finite() && options.l2 >= 0.0) {
        return Err(Error::value(
            "training",
            "the L2 lambda",
            options.l2,
            "a number of at least 0",
        ));
    }
    Ok(())
}
