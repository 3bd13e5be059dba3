//! How to train: the settings of a run.

use std::fmt;
use std::str::FromStr;

use super::learner::Learner;
use super::transfer_options::{BackboneRate, Statistics, Transfer};
use crate::data::{Augmentation, Balance};
use crate::error::{Error, Result};
use crate::limits;
use crate::nn::Number;
use crate::nn::{LossOptions, Network, Task};
use crate::optim::{Clipping, Rule, Schedule, WarmUp, check_decay};

/// The most threads that make batches.
const MOST_WORKERS: usize = 256;

/// Images of the usual size of pretrained networks whose features are computed at once.
const FEATURES_AT_ONCE: usize = 32;

/// Examples in one update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
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
            Ok(examples) if (1..=limits::MOST_BATCH).contains(&examples) => {
                Ok(Self::Examples(examples))
            }
            _ => Err(Error::value(
                "training",
                "the batch",
                format!("{text:?}"),
                format!("a whole number from 1 to {}, or all", limits::MOST_BATCH),
            )),
        }
    }
}

/// The order in which the gradients of a batch's shares are added, where several processes train.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum AllReduce {
    /// That of a tree over the shares: the weights depend on the number of shares alone.
    #[default]
    Exact,
    /// That of the group itself: the last digits depend on the number of processes.
    Fast,
}

/// The examples that a share has at least, where the number of shares is chosen.
pub(super) const SHARE: usize = 8;

/// The most shares.
pub(super) const MOST_SHARES: usize = 1 << 16;

/// The number of shares of a batch of `batch` examples where processes train together and no other is asked for: the
/// largest power of two that leaves a share eight examples.
pub fn usual_shares(batch: usize) -> usize {
    let most = (batch / SHARE).clamp(1, MOST_SHARES);
    1 << most.ilog2()
}

/// How to train.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TrainOptions {
    /// Passes over the data; schedules end with the last.
    pub epochs: usize,
    /// Epochs of earlier trainings that this one continues. They count for schedules that change the
    /// rate after a number of epochs; those that span a run begin with the first epoch after them.
    pub first_epoch: usize,
    /// Examples in one update.
    pub batch: BatchSize,
    /// The update rule.
    pub rule: Rule,
    /// The base learning rate.
    pub learning_rate: f64,
    /// How the rate changes over the run.
    pub schedule: Schedule,
    /// How long it rises at the start; as the schedule itself has it unless given.
    pub warm_up: Option<WarmUp>,
    /// The course's L2 lambda; 0 for none.
    pub l2: f64,
    /// The share of a target that is spread over all answers, as [`LossOptions`] says; 0 for none.
    pub label_smoothing: f64,
    /// A weight for each class in the training loss, as in [`LossOptions`]; all the same unless given.
    pub class_weights: Option<Vec<f64>>,
    /// How gradients are clipped; not at all unless given.
    pub clipping: Option<Clipping>,
    /// The decay of the moving average of the weights, which is then evaluated and saved; no average unless
    /// given.
    pub average: Option<f64>,
    /// Whether each epoch goes through the data in a new order.
    pub shuffle: bool,
    /// Epoch `e` (from 0) shuffles by `RandomState(seed + 1 + e).permutation(m)`, as the course's
    /// mini-batches do; dropout is keyed by it too.
    pub seed: u32,
    /// How training images are augmented.
    pub augmentation: Augmentation,
    /// How classes with unequal numbers of examples are balanced. With sampling, the order is random whatever
    /// `shuffle` says.
    pub balance: Balance,
    /// How a network that starts from a trained one is trained. With [`Transfer::Head`] every epoch fits the last layer;
    /// of update rule, learning rate and batch nothing depends then, and `l2` is `1 / C` of the fit.
    pub transfer: Transfer,
    /// With [`Transfer::Finetune`], the epochs that fit the last layer before all layers are trained.
    pub unfreeze_after: usize,
    /// With [`Transfer::Finetune`], the learning rate of the layers before the last.
    pub backbone_rate: BackboneRate,
    /// What becomes of running statistics; unless given, they are frozen with [`Transfer::Finetune`], else updated.
    pub statistics: Option<Statistics>,
    /// Threads that prepare the next batches during a step; results do not depend on it. `None`: chosen for the
    /// data.
    pub workers: Option<usize>,
    /// The shares that a batch is cut into, as [`Learner::with_shares`] says: a power of two. `None`: one, or where
    /// processes train together as many as [`usual_shares`] says.
    pub shares: Option<usize>,
    /// How their gradients are added.
    pub all_reduce: AllReduce,
    /// Whether batch normalisation takes its statistics over all shares of a batch.
    pub sync_bn: bool,
}

stepnet_base::setters! { TrainOptions {
    epochs: usize,
    first_epoch: usize,
    batch: BatchSize,
    rule: Rule,
    learning_rate: f64,
    schedule: Schedule,
    warm_up: Option<WarmUp>,
    l2: f64,
    label_smoothing: f64,
    class_weights: Option<Vec<f64>>,
    clipping: Option<Clipping>,
    average: Option<f64>,
    shuffle: bool,
    seed: u32,
    augmentation: Augmentation,
    balance: Balance,
    transfer: Transfer,
    unfreeze_after: usize,
    backbone_rate: BackboneRate,
    statistics: Option<Statistics>,
    workers: Option<usize>,
    shares: Option<usize>,
    all_reduce: AllReduce,
    sync_bn: bool,
} }

impl Default for TrainOptions {
    fn default() -> Self {
        Self {
            epochs: 10,
            first_epoch: 0,
            batch: BatchSize::Examples(32),
            rule: Rule::ADAM,
            learning_rate: Rule::ADAM.usual_learning_rate(),
            schedule: Schedule::Cosine,
            warm_up: None,
            l2: 0.0,
            label_smoothing: 0.0,
            class_weights: None,
            clipping: None,
            average: None,
            shuffle: true,
            seed: 0,
            augmentation: Augmentation::default(),
            balance: Balance::None,
            transfer: Transfer::All,
            unfreeze_after: 1,
            backbone_rate: BackboneRate::Times(0.1),
            statistics: None,
            workers: None,
            shares: None,
            all_reduce: AllReduce::Exact,
            sync_bn: false,
        }
    }
}

impl TrainOptions {
    /// The changes that training makes to the loss.
    pub fn loss_options(&self) -> LossOptions {
        LossOptions::default()
            .label_smoothing(self.label_smoothing)
            .class_weights(self.class_weights.clone())
    }

    /// The learning rate of step `step` (from 0) of the `steps` in epoch `epoch` (from 0).
    pub fn rate(&self, epoch: usize, step: usize, steps: usize) -> f64 {
        let head = self.head_epochs();
        let run = epoch.saturating_sub(self.first_epoch);
        if run < head {
            // These epochs make no steps; the schedule begins after them.
            return 0.0;
        }
        let (epoch, run, epochs) = (epoch - head, run - head, (self.epochs - head).max(1));
        // The middle of the step, so that none is taken at a rate of 0.
        let done = ((run * steps + step) as f64 + 0.5) / (epochs * steps) as f64;
        let base = self.learning_rate;
        match self.warm_up.map(|warm_up| warm_up.share(epochs)) {
            Some(Ok(share)) => self.schedule.rate_after(base, epoch, done, share),
            // A number that is not a share has been rejected before the first step.
            Some(Err(_)) | None => self.schedule.rate(base, epoch, done),
        }
    }

    /// How many of the epochs fit the last layer instead of making steps: the first ones.
    pub fn head_epochs(&self) -> usize {
        match self.transfer {
            Transfer::All => 0,
            Transfer::Head => self.epochs,
            Transfer::Finetune => self.unfreeze_after.min(self.epochs),
        }
    }

    /// The examples that a step has room for, where there are `largest`: where no step is made, for one.
    pub(super) fn step_examples(&self, largest: usize) -> usize {
        match self.transfer {
            Transfer::Head => 1,
            Transfer::All | Transfer::Finetune => self.batch.examples(largest),
        }
    }

    /// The number of shares of a step where there are `largest` examples, alone or in a group.
    pub(super) fn shares_of_step(&self, largest: usize, in_group: bool) -> usize {
        let usual = || match in_group {
            true => usual_shares(self.batch.examples(largest)),
            false => 1,
        };
        self.shares.unwrap_or_else(usual)
    }

    /// How many of `tested` examples go through the network at once: by their features, few.
    pub(super) fn tested_at_once(&self, tested: usize) -> usize {
        match self.transfer {
            Transfer::Head => tested.min(FEATURES_AT_ONCE),
            Transfer::All | Transfer::Finetune => tested,
        }
    }

    /// Whether running statistics stay as they are.
    pub(super) fn fixes_statistics(&self) -> bool {
        match self.statistics {
            Some(statistics) => statistics == Statistics::Frozen,
            None => self.transfer == Transfer::Finetune,
        }
    }

    /// How many arrays of the weights' size a checkpoint has: the weights, what the rule keeps of each, and the average
    /// of the weights where there is one.
    pub fn checkpoint_arrays(&self) -> usize {
        1 + self.rule.states() + usize::from(self.average.is_some())
    }

    /// A learner with these settings for batches of up to `batch` examples.
    pub(super) fn learner<T: Number>(
        &self,
        network: Network<T>,
        batch: usize,
    ) -> Result<Learner<T>> {
        let mut learner = Learner::new(network, self.rule, batch, self.l2)?;
        if !self.loss_options().is_plain() {
            learner = learner.with_loss(self.loss_options())?;
        }
        if let Some(clipping) = self.clipping {
            learner = learner.with_clipping(clipping)?;
        }
        match self.average {
            Some(decay) => learner.with_average(decay),
            None => Ok(learner),
        }
    }

    /// Refuses settings that mean nothing for what the network learns.
    pub(super) fn check_for_task(&self, task: &Task) -> Result<()> {
        if task.is_classes() {
            return Ok(());
        }
        let kind = task.name();
        let refuse = |argument: &str, found: String, expected: &str| {
            let expected = format!("{expected}: the targets are {kind}, not classes");
            Err(Error::value("training", argument, found, expected))
        };
        if self.class_weights.is_some() {
            return refuse("`class_weights`", "given".into(), "none");
        }
        if self.balance != Balance::None {
            return refuse("`balance`", self.balance.to_string(), "none");
        }
        if self.augmentation.mixup().is_some() {
            return refuse("`augment`", self.augmentation.to_string(), "no mixup");
        }
        if self.label_smoothing != 0.0 && task.scale().is_some() {
            let found = self.label_smoothing.to_string();
            return refuse("`label_smoothing`", found, "0");
        }
        Ok(())
    }

    /// Refuses settings that are out of their range.
    pub(super) fn check(&self) -> Result<()> {
        limits::LEARNING_RATE.check("training", "the learning rate", self.learning_rate)?;
        limits::DECAY.check("training", "the L2 lambda", self.l2)?;
        if self.workers.is_some_and(|workers| workers > MOST_WORKERS) {
            return Err(Error::value(
                "training",
                "the number of workers",
                self.workers.unwrap_or_default(),
                format!("at most {MOST_WORKERS}"),
            ));
        }
        if let Some(shares) = self.shares
            && !(shares.is_power_of_two() && shares <= MOST_SHARES)
        {
            let expected = format!("a power of two up to {MOST_SHARES}");
            return Err(Error::value(
                "training",
                "the number of shares",
                shares,
                expected,
            ));
        }
        if let Some(warm_up) = self.warm_up {
            warm_up.share(self.epochs)?;
        }
        self.loss_options().check()?;
        self.clipping.map_or(Ok(()), Clipping::check)?;
        self.average.map_or(Ok(()), check_decay)
    }
}
