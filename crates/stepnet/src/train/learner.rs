//! One training step: forward, loss, backward, L2, clipping, update, average.

mod frozen;
mod members;
mod pieces;
mod team;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::finite::{Moment, all_finite};
use crate::error::{Error, Result, short};
use crate::kernels::parallel;
use crate::memory;
use crate::nn::Number;
use crate::nn::{Batch, LossOptions, Network, Plan, PlanOptions, Scores, Workspace};
use crate::optim::{
    Clipping, Optimizer, ParameterRange, Rule, WeightAverage, add_l2_gradient, l2_cost,
};

pub(super) use pieces::{pieces as gradient_pieces, summed, values_for_sums};
use team::Team;

/// The name of the average among a learner's arrays.
pub(super) const AVERAGE: &str = "average";

/// A network with its optimiser state and workspace, which learns from the batches it is given.
#[derive(Debug, Clone)]
pub struct Learner<T> {
    network: Network<T>,
    optimizer: Optimizer<T>,
    workspace: Workspace<T>,
    l2: f64,
    /// The parameters that gave the last loss, and whether there are any: those before the last update.
    before: (Vec<T>, bool),
    /// Whether the last update was taken back.
    rolled_back: bool,
    clipping: Option<Clipping>,
    /// Where the network's arrays lie, which update rules ask for.
    ranges: Vec<ParameterRange>,
    average: Option<AveragedWeights<T>>,
    loss: LossOptions,
    batch: usize,
    stop: Option<Arc<AtomicBool>>,
    /// The first parameters, up to a place, learn at a rate of their own: a factor.
    slower: (usize, f64),
    /// The shares of a batch and the group that trains them, unless a batch is one share of this learner alone.
    team: Option<Box<Team<T>>>,
}

/// The moving average of the weights, as the parameters of a network that can be measured and kept.
#[derive(Debug, Clone)]
struct AveragedWeights<T> {
    average: WeightAverage<T>,
    network: Network<T>,
}

impl<T: Number> Learner<T> {
    /// A learner with the update rule `rule` for batches of up to `batch` examples; `l2` is the course's lambda,
    /// 0 for none.
    ///
    /// # Errors
    /// When there is not enough memory for such batches.
    pub fn new(network: Network<T>, rule: Rule, batch: usize, l2: f64) -> Result<Self> {
        Ok(Self {
            optimizer: Optimizer::new(rule, network.parameters().len())?,
            workspace: Workspace::new(&network, batch, PlanOptions::TRAINING)?,
            before: (
                memory::zeros("the weights before an update", network.parameters().len())?,
                false,
            ),
            rolled_back: false,
            ranges: network.parameter_ranges(),
            network,
            l2,
            clipping: None,
            average: None,
            loss: LossOptions::default(),
            batch,
            stop: None,
            slower: (0, 1.0),
            team: None,
        })
    }

    /// The same learner with its training loss changed by `options`; the scores that it returns are then those
    /// of the changed loss.
    ///
    /// # Errors
    /// When the options do not suit the network.
    pub fn with_loss(mut self, options: LossOptions) -> Result<Self> {
        self.workspace
            .set_loss_options(&self.network, options.clone())?;
        self.loss = options;
        Ok(self)
    }

    /// The same learner with its gradients clipped, those of L2 included.
    ///
    /// # Errors
    /// When the limit is not a positive number.
    pub fn with_clipping(mut self, clipping: Clipping) -> Result<Self> {
        clipping.check()?;
        self.clipping = Some(clipping);
        Ok(self)
    }

    /// The same learner keeping an exponential moving average of its weights as well, for
    /// [`Learner::trained_network`].
    ///
    /// # Errors
    /// When `decay` is not a share from 0 to less than 1.
    pub fn with_average(mut self, decay: f64) -> Result<Self> {
        self.average = Some(AveragedWeights {
            average: WeightAverage::new(self.network.parameters().len(), decay)?,
            network: self.network.clone(),
        });
        Ok(self)
    }

    /// From now on steps end early, with an error and without an update, once `stop` is set.
    pub fn set_stop(&mut self, stop: Arc<AtomicBool>) {
        self.workspace.set_stop(Arc::clone(&stop));
        if let Some(team) = &mut self.team {
            team.renew();
        }
        self.stop = Some(stop);
    }

    /// Bytes that a learner takes: its network and the one before the last update, the rule's state, the moving
    /// average if there is one, and the workspace.
    ///
    /// # Errors
    /// When that many examples cannot be addressed.
    pub fn bytes(network: &Network<T>, rule: Rule, batch: usize, averaged: bool) -> Result<usize> {
        let plan = Plan::new(network, batch, PlanOptions::TRAINING)?;
        let arrays = 2 + rule.states() + usize::from(averaged);
        let numbers = network.parameters().len().saturating_mul(arrays);
        Ok(plan
            .bytes::<T>()
            .saturating_add(numbers.saturating_mul(size_of::<T>())))
    }

    /// Learns from one batch and returns its scores from before the update. With L2, the loss
    /// includes the penalty (once for each example, so that the mean is the course's cost).
    ///
    /// # Errors
    /// When sizes do not belong together. When the loss is not finite, naming the first layer whose values
    /// left the finite range; the weights are then those before the last update, the last that gave a finite
    /// loss. When a gradient is not finite, naming its array, or the norm of gradients that are to be
    /// clipped; then no weight has changed.
    pub fn step(&mut self, batch: &Batch<'_, T>, learning_rate: f64) -> Result<Scores> {
        self.step_with(batch, learning_rate, |_, _| {})
    }

    /// [`Learner::step`] with a hook on the gradients: `alter` may change them (L2 included), laid out as
    /// the network's parameters, before they are used.
    ///
    /// # Errors
    /// As [`Learner::step`].
    pub fn step_with(
        &mut self,
        batch: &Batch<'_, T>,
        learning_rate: f64,
        alter: impl FnOnce(&Network<T>, &mut [T]) + Send,
    ) -> Result<Scores> {
        if self.team.is_some() {
            // The pool is for computing: a member that waits for others in it may keep them from coming.
            return self.learn(batch, learning_rate, alter);
        }
        // Once into the pool of threads and out again.
        let examples = batch.x.len() / self.network.input().len();
        let work = self.workspace.plan().work.saturating_mul(examples as u64);
        parallel::enter(work, || self.learn(batch, learning_rate, alter))
    }

    fn learn(
        &mut self,
        batch: &Batch<'_, T>,
        learning_rate: f64,
        alter: impl FnOnce(&Network<T>, &mut [T]),
    ) -> Result<Scores> {
        let mut scores = self.passes(batch)?;
        if scores.examples == 0 {
            return Ok(scores);
        }
        if self.l2 != 0.0 {
            let parameters = self.network.parameters();
            let cost = l2_cost(parameters, &self.ranges, self.l2, scores.examples);
            scores.loss += cost * scores.examples as f64;
            add_l2_gradient(
                (parameters, self.workspace.gradients_mut()),
                &self.ranges,
                self.l2,
                scores.examples,
            );
        }
        if !scores.loss.is_finite() {
            let error = self.loss_error(batch, learning_rate, scores.loss);
            self.roll_back();
            return Err(error);
        }
        alter(&self.network, self.workspace.gradients_mut());
        if !self.sound() {
            let moment = self.moment(batch, learning_rate);
            return Err(moment.of_gradients(self.workspace.gradients()));
        }
        self.clip(learning_rate)?;
        self.before.0.copy_from_slice(self.network.parameters());
        self.before.1 = true;
        self.rolled_back = false;
        self.optimizer.step(
            self.network.parameters_mut(),
            self.workspace.gradients(),
            &self.ranges,
            learning_rate,
        );
        match &self.team {
            Some(team) => team.after_step(&mut self.network),
            None => self.workspace.after_step(&mut self.network, batch),
        }
        if let Some(average) = &mut self.average {
            let AveragedWeights { average, network } = average;
            average.update(network.parameters_mut(), self.network.parameters());
        }
        Ok(scores)
    }

    /// Whether the gradients of all trainable layers are finite; one pass over them.
    fn sound(&self) -> bool {
        let gradients = self.workspace.gradients();
        let mut nodes = self.network.nodes().iter().filter(|node| node.trains());
        nodes.all(|node| all_finite(&gradients[node.range()]))
    }

    fn moment<'a, 'b>(&'a self, batch: &'a Batch<'b, T>, learning_rate: f64) -> Moment<'a, 'b, T> {
        Moment {
            network: &self.network,
            batch,
            update: self.optimizer.updates() + 1,
            learning_rate,
        }
    }

    fn clip(&mut self, learning_rate: f64) -> Result<()> {
        let Some(clipping) = self.clipping else {
            return Ok(());
        };
        let norm = clipping.clip(self.workspace.gradients_mut(), &self.ranges);
        if norm.is_finite() {
            return Ok(());
        }
        Err(Error::Training(format!(
            "the norm of the gradients is {norm} at update {}, which clipping cannot mend; a lower learning rate than {} or another initialisation may help",
            self.optimizer.updates() + 1,
            short(learning_rate),
        )))
    }

    /// Restores the weights from before the last update: the last that gave a finite loss, if the update has
    /// spoiled them. Returns whether there was an update to undo. The state of the update rule is not restored,
    /// so training must end here.
    pub fn roll_back(&mut self) -> bool {
        if std::mem::take(&mut self.before.1) {
            self.network
                .parameters_mut()
                .copy_from_slice(&self.before.0);
            if let Some(average) = &mut self.average {
                average.average.roll_back(average.network.parameters_mut());
            }
            self.rolled_back = true;
            return true;
        }
        false
    }

    /// Updates that the weights include: all that were made, except one that was [undone](Learner::roll_back).
    pub fn updates_kept(&self) -> u64 {
        self.updates() - u64::from(self.rolled_back)
    }

    /// The state that the next step depends on in addition to the weights, by name: the optimiser's running
    /// values, and the moving average of the weights if there is one.
    pub fn arrays(&self) -> Vec<(String, &[T])> {
        let running = self.optimizer.arrays().into_iter();
        let average = self.average.iter();
        running
            .map(|(name, values)| (format!("optimizer.{name}"), values))
            .chain(average.map(|average| (AVERAGE.to_owned(), average.network.parameters())))
            .collect()
    }

    /// Updates made so far.
    pub fn updates(&self) -> u64 {
        self.optimizer.updates()
    }

    /// Restores the state of another learner with the same settings after `updates` updates: `fill`
    /// writes the weights, for which the name is empty, and each of its [arrays](Learner::arrays).
    ///
    /// # Errors
    /// The error of `fill`, or values that no learner can have.
    pub fn restore(
        &mut self,
        updates: u64,
        mut fill: impl FnMut(&str, &mut [T]) -> Result<()>,
    ) -> Result<()> {
        self.before.1 = false;
        self.rolled_back = false;
        fill("", self.network.parameters_mut())?;
        self.optimizer.restore(updates, |name, values| {
            fill(&format!("optimizer.{name}"), values)
        })?;
        match &mut self.average {
            Some(average) => {
                average.average.restore(updates);
                fill(AVERAGE, average.network.parameters_mut())
            }
            None => Ok(()),
        }
    }

    /// The network in training, as it is now.
    pub fn network(&self) -> &Network<T> {
        &self.network
    }

    /// The network to evaluate and save: the one with the averaged weights if there is a moving average.
    pub fn trained_network(&self) -> &Network<T> {
        match &self.average {
            Some(average) => &average.network,
            None => &self.network,
        }
    }

    /// Ends training and returns the network to save.
    pub fn into_network(self) -> Network<T> {
        match self.average {
            Some(average) => average.network,
            None => self.network,
        }
    }

    /// The workspace of the last step, with its gradients.
    pub fn workspace(&self) -> &Workspace<T> {
        &self.workspace
    }
}

#[cfg(test)]
mod tests;
