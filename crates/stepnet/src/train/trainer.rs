//! Epochs over a data set.

mod members;
mod one_step;
mod progress;
mod stage;

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::evaluate::{Evaluation, evaluate};
use super::feed::Feed;
use super::find_rate::RateSweep;
use super::forecast::bytes_between_epochs;
use super::head::HeadReport;
use super::learner::Learner;
use super::loader::{Batches, Loader};
use super::options::TrainOptions;
use super::task::{check_targets, check_task};
use super::transfer_options::Transfer;
use crate::data::{Balance, Dataset, Pick, sample};
use crate::error::{Error, Result};
use crate::group::Group;
use crate::limits;
use crate::nn::Number;
use crate::nn::{Model, Network, Node, Preprocessing};
use crate::optim::Schedule;
use crate::rng::RandomState;

use members::{Members, bytes_of_member, end_together};
pub use progress::{EpochEnd, Position, Progress};
use stage::HeadStage;
pub(super) use stage::OnFeatures;

/// Trains a network on data sets of images.
#[derive(Debug)]
pub struct Trainer<T> {
    learner: Learner<T>,
    preprocessing: Preprocessing,
    options: TrainOptions,
    position: Position,
    loader: Loader<T>,
    /// The rates that are tried instead of the settings'.
    sweep: Option<RateSweep>,
    /// The layers that were frozen before the training.
    frozen: Vec<bool>,
    /// What fitting the last layer has computed, and where it keeps features.
    stage: Option<HeadStage<T>>,
    feature_file: Option<PathBuf>,
    head_report: Option<HeadReport>,
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
        Self::in_group(network, preprocessing, options, largest, None)
    }

    /// [`new`](Self::new) for a member of `group`, all of which train the same network on the same data with the same
    /// options, each its shares of a batch, and all get the same weights. All of them do the same calls.
    ///
    /// # Errors
    /// As [`new`](Self::new), and when there are more members than shares.
    pub fn in_group(
        mut network: Network<T>,
        preprocessing: Preprocessing,
        options: TrainOptions,
        largest: usize,
        group: Option<Arc<dyn Group>>,
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
        check_task(&network, &preprocessing.task)?;
        options.check_for_task(&preprocessing.task)?;
        let batch = options.step_examples(largest);
        // Tests are assumed to be as large as the data; one that cannot be addressed is an error when it comes.
        let left = bytes_between_epochs(&network, &options, largest).unwrap_or(usize::MAX);
        let frozen: Vec<bool> = network.nodes().iter().map(Node::frozen).collect();
        network.fix_statistics(options.fixes_statistics());
        let mut slower = (0, 1.0);
        if options.transfer != Transfer::All {
            let linear = network.last_linear()?;
            // Before its workspace is made: that of frozen layers is small.
            let fits = options.head_epochs() > 0;
            network.set_frozen(|node| frozen[node] || (fits && node < linear));
            let factor = options.backbone_rate.factor(options.learning_rate);
            slower = (network.nodes()[linear].range().start, factor);
        }
        let members = Members::new(&options, largest, group)?;
        let loader = Loader::new(members.own_examples(batch), len, left)?;
        let learner = members.learner(network, &options, batch)?;
        Ok(Self {
            learner: learner.with_rate_before(slower.0, slower.1),
            frozen,
            stage: None,
            feature_file: None,
            head_report: None,
            preprocessing,
            loader,
            position: Position::default(),
            options,
            sweep: None,
        })
    }

    /// Bytes that a trainer takes, with its network.
    ///
    /// # Errors
    /// When that many examples cannot be addressed.
    pub fn bytes(network: &Network<T>, options: &TrainOptions, largest: usize) -> Result<usize> {
        Self::bytes_in_group(network, options, largest, 1)
    }

    /// [`bytes`](Self::bytes) of one of `members` that train together, the one with most shares: of a batch it holds its
    /// own part.
    ///
    /// # Errors
    /// When that many examples cannot be addressed, or there are more members than shares.
    pub fn bytes_in_group(
        network: &Network<T>,
        options: &TrainOptions,
        largest: usize,
        members: usize,
    ) -> Result<usize> {
        bytes_of_member(network, options, largest, members)
    }

    /// The network to evaluate and save: the one with the averaged weights if there is a moving average.
    pub fn network(&self) -> &Network<T> {
        self.learner.trained_network()
    }

    /// Ends training, with the network to keep.
    pub fn into_network(self) -> Network<T> {
        self.learner.into_network()
    }

    /// Ends training and returns a model to save: the network, the names of the classes or outputs that `data` has, and what is
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

    /// The learner.
    pub fn learner(&self) -> &Learner<T> {
        &self.learner
    }

    /// From now on epochs end early in the middle of a step, with an error, once `stop` is set: to end after a
    /// step, use the return value of `observe`.
    pub fn set_stop(&mut self, stop: Arc<AtomicBool>) {
        self.learner.set_stop(stop);
    }

    /// From now on every step has this learning rate: the schedule and the warm-up of the options end here.
    ///
    /// # Errors
    /// When the rate is out of its range.
    pub fn set_learning_rate(&mut self, rate: f64) -> Result<()> {
        limits::LEARNING_RATE.check("training", "the learning rate", rate)?;
        self.options.learning_rate = rate;
        self.options.schedule = Schedule::Constant;
        self.options.warm_up = None;
        Ok(())
    }

    /// The learning rate of the next step, where there are `examples`.
    pub fn learning_rate(&self, examples: usize) -> f64 {
        let Position { epoch, step, .. } = self.position;
        self.options.rate(epoch, step, self.steps(examples))
    }

    /// Undoes the last update, as [`Learner::roll_back`] does; training must end here.
    pub fn roll_back(&mut self) -> bool {
        self.learner.roll_back()
    }

    pub(super) fn learner_mut(&mut self) -> &mut Learner<T> {
        &mut self.learner
    }

    pub(super) fn set_position(&mut self, position: Position) -> Result<()> {
        self.position = position;
        self.enter_stage()
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

    /// Runs the remaining epochs of those that the options ask for, and passes each to `observe` when it is
    /// done. To observe each step, or to end before the last epoch, use [`Trainer::epoch`].
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

    /// Runs one epoch, or what is left of it. After each step, `observe` decides whether to continue; after a
    /// break, the next call continues where this one stopped.
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

    /// [`Trainer::epoch`] that also passes the learner to the observer after each step.
    ///
    /// # Errors
    /// As [`Trainer::epoch`].
    pub fn epoch_with(
        &mut self,
        data: &Dataset,
        mut observe: impl FnMut(&Progress, &Learner<T>) -> ControlFlow<()>,
    ) -> Result<EpochEnd> {
        if self.fits_head() {
            let epoch = self.head_epoch(data, |_| ControlFlow::Continue(()))?;
            return Ok(epoch.end);
        }
        if data.is_empty() {
            return Err(Error::Training("there are no examples to train on".into()));
        }
        check_targets(self.network(), data, &self.preprocessing.task)?;
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
            shares: self.learner.shares(),
        };
        let decoding = data.images().are_streamed();
        let workers = (self.options.workers).unwrap_or(match decoding {
            true => stepnet_base::parallel::current_num_threads(),
            false => 1,
        });
        let (learner, position, options) = (&mut self.learner, &mut self.position, &self.options);
        // Whether the other members know how a step went wrong here, or that no further is wanted.
        let (mut agreed, mut left) = (false, false);
        let waited = self.loader.run(&feed, batches, workers, |filled| {
            learning_rate = match &self.sweep {
                Some(sweep) => sweep.rate(epoch * steps + position.step),
                None => options.rate(epoch, position.step, steps),
            };
            let scores = learner.step(&filled.batch(), learning_rate);
            agreed = scores.is_err();
            let scores = scores?;
            position.step += 1;
            position.scores.add(&scores);
            let progress = Progress {
                epoch,
                step: position.step,
                steps,
                scores: position.scores,
                learning_rate,
            };
            let flow = observe(&progress, learner);
            left = flow.is_break() && position.step < steps;
            Ok(flow)
        });
        let waited = end_together(learner, waited, agreed, left)?;
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

    /// The group that it trains with.
    pub fn group(&self) -> Option<&Arc<dyn Group>> {
        self.learner.group()
    }

    fn order(&self, data: &Dataset) -> Vec<Pick> {
        let epoch = u32::try_from(self.position.epoch as u64 % (1 << 32)).unwrap_or(0);
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
mod tests;
