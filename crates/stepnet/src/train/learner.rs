//! One training step: forward, loss, backward, L2, update.

use crate::Element;
use crate::error::{Error, Result};
use crate::kernels::parallel;
use crate::nn::{Batch, LossOptions, Network, PlanOptions, Scores, Workspace};
use crate::optim::{Optimizer, Rule, add_l2_gradient, l2_cost};

/// A network that learns from batches it is handed, with everything that takes.
#[derive(Debug, Clone)]
pub struct Learner<T> {
    network: Network<T>,
    optimizer: Optimizer<T>,
    workspace: Workspace<T>,
    l2: f64,
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
    /// When sizes do not belong together, or the loss is not finite: then no weight has changed.
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
            return Err(Error::Training(format!(
                "the loss is {} at update {}; a lower learning rate than {learning_rate:?} or another initialisation may help",
                scores.loss,
                self.optimizer.updates() + 1,
            )));
        }
        alter(&self.network, self.workspace.gradients_mut());
        self.optimizer
            .step(&mut self.network, self.workspace.gradients(), learning_rate);
        Ok(scores)
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
