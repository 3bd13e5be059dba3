//! The passes of training: of a batch, or of a part of one.

use std::mem;

use super::Workspace;
use crate::Number;
use crate::error::{Error, Result};
use crate::layer::Noise;
use crate::loss::{Scores, Targets, WholeBatch};
use crate::network::Network;
use crate::plan::Purpose;
use stepnet_kernels::parallel;

/// One batch for training.
#[derive(Debug, Clone, Copy)]
pub struct Batch<'a, T> {
    /// The inputs, example after example.
    pub x: &'a [T],
    /// The right outputs.
    pub targets: Targets<'a, T>,
    /// The key of this step's random numbers; names the examples, one by one.
    pub noise: Noise<'a>,
}

impl<T> Batch<'_, T> {
    /// How many examples there are.
    pub fn examples(&self) -> usize {
        self.noise.examples.len()
    }
}

impl<T: Number> Workspace<T> {
    /// The loss of a batch and, in [`Workspace::gradients`], the gradients of its mean.
    ///
    /// # Errors
    /// When the sizes of inputs, targets and noise do not belong together, or the workspace was not planned for
    /// [`Purpose::Train`].
    pub fn train(&mut self, network: &Network<T>, batch: &Batch<'_, T>) -> Result<Scores> {
        self.check_training(network, batch)?;
        let noise = Some(batch.noise);
        let scores = self.forward_and_loss(network, batch.x, &batch.targets, noise, 0, None)?;
        self.backward(network, batch.x, noise, &mut |_, _| {})?;
        Ok(scores)
    }

    /// What the passes of its parts have to know of a batch with these targets.
    ///
    /// # Errors
    /// When they are not those of that many examples of the network.
    pub fn whole_batch(
        &self,
        network: &Network<T>,
        targets: &Targets<'_, T>,
        examples: usize,
    ) -> Result<WholeBatch> {
        targets.check(network.loss(), examples, network.output())?;
        Ok(WholeBatch::new(targets, examples, &self.loss))
    }

    /// The first half of [`Workspace::train`] for a part of a batch: the losses of its examples.
    ///
    /// # Errors
    /// As [`Workspace::train`].
    pub fn train_forward(
        &mut self,
        network: &Network<T>,
        part: &Batch<'_, T>,
        whole: WholeBatch,
    ) -> Result<Scores> {
        self.check_training(network, part)?;
        let noise = Some(part.noise);
        self.forward_and_loss(network, part.x, &part.targets, noise, 0, Some(whole))
    }

    /// The second half, after [`Workspace::train_forward`] of the same part: what its examples add to the gradients of the
    /// mean over the whole batch. As the layers are done, from the last to the first, `done` is told from which number on
    /// the gradients are there, and given them all.
    ///
    /// # Errors
    /// When the work is stopped.
    pub fn train_backward(
        &mut self,
        network: &Network<T>,
        part: &Batch<'_, T>,
        done: &mut (dyn FnMut(usize, &[T]) + Send),
    ) -> Result<()> {
        self.backward(network, part.x, Some(part.noise), done)
    }

    /// The loss of a batch and its gradients, as [`Workspace::train`], of the network as it is at
    /// inference: dropout off.
    ///
    /// # Errors
    /// When sizes do not belong together, or the workspace was not planned for [`Purpose::Differentiate`].
    pub fn differentiate(
        &mut self,
        network: &Network<T>,
        x: &[T],
        targets: &Targets<'_, T>,
    ) -> Result<Scores> {
        self.check(network, x)?;
        self.check_purpose("differentiate", Purpose::Differentiate)?;
        let scores = self.forward_and_loss(network, x, targets, None, 0, None)?;
        self.backward(network, x, None, &mut |_, _| {})?;
        Ok(scores)
    }

    /// The loss of a batch as [`Workspace::train`] computes it, without the backward passes. The layers before
    /// number `first` do not run: their outputs are those of the last pass, so the workspace must keep values.
    ///
    /// # Errors
    /// As [`Workspace::train`], and when values are needed that were not kept.
    pub fn training_loss(
        &mut self,
        network: &Network<T>,
        batch: &Batch<'_, T>,
        first: usize,
    ) -> Result<Scores> {
        if first > 0 && !self.plan.options.keep_values {
            return Err(Error::Training(
                "only a workspace that keeps values can run a part of a network again".into(),
            ));
        }
        self.check_training(network, batch)?;
        let noise = Some(batch.noise);
        self.forward_and_loss(network, batch.x, &batch.targets, noise, first, None)
    }

    fn check_training(&self, network: &Network<T>, batch: &Batch<'_, T>) -> Result<()> {
        let examples = self.check(network, batch.x)?;
        self.check_purpose("train", Purpose::Train)?;
        if batch.noise.examples.len() != examples {
            return Err(Error::value(
                "training step",
                "the number of named examples",
                batch.noise.examples.len(),
                format!("{examples}, one for each example of the batch"),
            ));
        }
        Ok(())
    }

    /// Runs the layers from number `first` on, and the loss, of a part of a batch if `whole` says of which.
    fn forward_and_loss(
        &mut self,
        network: &Network<T>,
        x: &[T],
        targets: &Targets<'_, T>,
        noise: Option<Noise<'_>>,
        first: usize,
        whole: Option<WholeBatch>,
    ) -> Result<Scores> {
        let examples = x.len() / network.input().len();
        targets.check(network.loss(), examples, network.output())?;
        if self.loss.class_weights.is_some() && matches!(targets, Targets::Values(_)) {
            return Err(Error::Training(
                "class weights need targets that are classes, not values".into(),
            ));
        }
        let whole = whole.unwrap_or_else(|| WholeBatch::new(targets, examples, &self.loss));
        parallel::enter(self.work(examples), || {
            self.run_forward(network, x, examples, noise, first);
            self.check_stop()?;
            Ok(self.run_loss(network, x, targets, whole))
        })
    }

    /// Updates what is not trainable, such as running statistics, once the parameters have been updated by the last training pass.
    pub fn after_step(&self, network: &mut Network<T>, batch: &Batch<'_, T>) {
        let examples = batch.noise.examples.len();
        for &span in &self.plan.spans {
            let node = span.first;
            if network.nodes()[node].acts_as_at_inference() {
                continue;
            }
            let others = self.others.as_deref();
            let noise = Some(batch.noise);
            let context = self.context(network, node..span.end, examples, noise, others);
            let kept = &self.kept[node];
            let kept = &kept[..kept.len() / self.plan.batch * examples];
            network.after_step(span, &context, kept);
        }
    }

    fn run_loss(
        &mut self,
        network: &Network<T>,
        x: &[T],
        targets: &Targets<'_, T>,
        whole: WholeBatch,
    ) -> Scores {
        let examples = x.len() / network.input().len();
        let gradient = self.plan.gradients[self.plan.nodes];
        let mut slot = self.take(gradient);
        let outputs = network.output().len();
        let len = examples * outputs;
        let mut written = mem::take(&mut self.targets);
        let z = self.outputs(x, examples);
        let loss = network.loss().train(
            (z, outputs),
            targets,
            (&self.loss, whole),
            &mut written[..len],
            &mut slot[..len],
        );
        let correct = network.loss().correct(z, targets, outputs);
        self.targets = written;
        self.put_back(gradient, slot);
        Scores {
            loss,
            correct,
            examples,
        }
    }

    /// The gradients of a weighted sum of the outputs before the activation that the loss is fused with, of the network
    /// as it is at inference: `weights` has one for each output of each example.
    ///
    /// # Errors
    /// When sizes do not belong together, or the workspace was not planned for [`Purpose::Differentiate`].
    pub fn differentiate_outputs(
        &mut self,
        network: &Network<T>,
        x: &[T],
        weights: &[T],
    ) -> Result<()> {
        let batch = self.check(network, x)?;
        self.check_purpose("differentiate_outputs", Purpose::Differentiate)?;
        let outputs = batch * network.output().len();
        if weights.len() != outputs {
            return Err(Error::value(
                "differentiate_outputs",
                "the number of weights",
                weights.len(),
                format!("{outputs}, one for each output of each example"),
            ));
        }
        self.forward(network, x, batch)?;
        self.set_output_gradient(weights);
        self.backward(network, x, None, &mut |_, _| {})
    }

    /// Writes the gradient that the backward passes begin with.
    pub(super) fn set_output_gradient(&mut self, dz: &[T]) {
        let gradient = self.plan.gradients[self.plan.nodes];
        let mut slot = self.take(gradient);
        slot[..dz.len()].copy_from_slice(dz);
        self.put_back(gradient, slot);
    }
}
