//! One training step: forward, loss, backward, L2, update.

use super::finite::{Moment, all_finite};
use crate::Element;
use crate::error::Result;
use crate::kernels::parallel;
use crate::memory;
use crate::nn::{Batch, LossOptions, Network, PlanOptions, Scores, Workspace};
use crate::optim::{Optimizer, Rule, add_l2_gradient, l2_cost};

/// A network that learns from batches it is handed, with everything that takes.
#[derive(Debug, Clone)]
pub struct Learner<T> {
    network: Network<T>,
    optimizer: Optimizer<T>,
    workspace: Workspace<T>,
    l2: f64,
    /// The parameters that gave the last loss, and whether there are any: those before the last update.
    before: (Vec<T>, bool),
}

impl<T: Element> Learner<T> {
    /// A learner by `rule` for batches of up to `batch` examples; `l2` is the course's lambda, 0 for none.
    ///
    /// # Errors
    /// When there is not enough memory for such batches.
    pub fn new(network: Network<T>, rule: Rule, batch: usize, l2: f64) -> Result<Self> {
        let options = PlanOptions {
            training: true,
            ..PlanOptions::default()
        };
        Ok(Self {
            optimizer: Optimizer::new(rule, network.parameters().len())?,
            workspace: Workspace::new(&network, batch, options)?,
            before: (
                memory::zeros("the weights before an update", network.parameters().len())?,
                false,
            ),
            network,
            l2,
        })
    }

    /// The same learner with the loss of its training changed by `options`; the scores it returns are
    /// then those of the changed loss.
    ///
    /// # Errors
    /// When the options do not go with the network.
    pub fn with_loss(mut self, options: LossOptions) -> Result<Self> {
        self.workspace.set_loss_options(&self.network, options)?;
        Ok(self)
    }

    /// Learns from one batch and returns its scores from before the update. With L2, the loss
    /// includes the penalty (once for each example, so that the mean is the course's cost).
    ///
    /// # Errors
    /// When sizes do not belong together. When the loss is not finite, naming the first layer whose values
    /// left the finite range; the weights are then those before the last update, the last that gave a finite
    /// loss. When a gradient is not finite, naming its array; then no weight has changed.
    pub fn step(&mut self, batch: &Batch<'_, T>, learning_rate: f64) -> Result<Scores> {
        self.step_with(batch, learning_rate, |_, _| {})
    }

    /// [`Learner::step`] with a say in it: `alter` may change the gradients (L2 included), laid out as
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
        let mut scores = self.workspace.train(&self.network, batch)?;
        if scores.examples == 0 {
            return Ok(scores);
        }
        if self.l2 != 0.0 {
            scores.loss +=
                l2_cost(&self.network, self.l2, scores.examples) * scores.examples as f64;
            add_l2_gradient(
                &self.network,
                self.workspace.gradients_mut(),
                self.l2,
                scores.examples,
            );
        }
        if !scores.loss.is_finite() {
            let error = self.moment(batch, learning_rate).of_loss(scores.loss);
            self.roll_back();
            return Err(error);
        }
        alter(&self.network, self.workspace.gradients_mut());
        if !self.sound() {
            let moment = self.moment(batch, learning_rate);
            return Err(moment.of_gradients(self.workspace.gradients()));
        }
        self.before.0.copy_from_slice(self.network.parameters());
        self.before.1 = true;
        self.optimizer
            .step(&mut self.network, self.workspace.gradients(), learning_rate);
        self.workspace.after_step(&mut self.network, batch);
        Ok(scores)
    }

    /// Whether the gradients of all layers that learn are finite; one pass over them.
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

    /// Takes the weights back to those before the last update: the last that gave a finite loss, where
    /// the update has spoiled them. Says whether there was an update to take back; the update rule's own
    /// numbers stay as they are, so that this is an end of learning.
    pub fn roll_back(&mut self) -> bool {
        if std::mem::take(&mut self.before.1) {
            self.network
                .parameters_mut()
                .copy_from_slice(&self.before.0);
            return true;
        }
        false
    }

    /// What the next step depends on beside the weights, by name: the optimiser's running values.
    pub fn arrays(&self) -> Vec<(String, &[T])> {
        let running = self.optimizer.arrays().into_iter();
        running
            .map(|(name, values)| (format!("optimizer.{name}"), values))
            .collect()
    }

    /// Updates made so far.
    pub fn updates(&self) -> u64 {
        self.optimizer.updates()
    }

    /// Takes up where another learner with the same settings was after `updates` updates: `fill`
    /// writes the weights, for which the name is empty, and each of its [arrays](Learner::arrays).
    ///
    /// # Errors
    /// What `fill` says, or values that no learner can have.
    pub fn restore(
        &mut self,
        updates: u64,
        mut fill: impl FnMut(&str, &mut [T]) -> Result<()>,
    ) -> Result<()> {
        self.before.1 = false;
        fill("", self.network.parameters_mut())?;
        self.optimizer.restore(updates, |name, values| {
            fill(&format!("optimizer.{name}"), values)
        })
    }

    /// The network as it is now.
    pub fn network(&self) -> &Network<T> {
        &self.network
    }

    /// Ends learning.
    pub fn into_network(self) -> Network<T> {
        self.network
    }

    /// The workspace of the last step, with its gradients.
    pub fn workspace(&self) -> &Workspace<T> {
        &self.workspace
    }
}
