//! The buffers of one thread's passes, and the passes themselves.

mod passes;
mod sides;
mod training;

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::layer::OtherShares;
use super::loss::{LossOptions, Scores, Targets};
use super::network::Network;
use super::plan::{Plan, PlanOptions, Purpose};
use crate::Number;
use crate::error::{Error, Result};
use crate::{memory, stop};
use stepnet_kernels::{AlignedVec, requested_instruction_set};

pub use training::Batch;

/// The memory of forward and backward passes of one network. Creating it allocates everything; passes allocate
/// nothing. Each thread needs its own.
#[derive(Debug, Clone)]
pub struct Workspace<T> {
    plan: Plan,
    /// A slot is taken out while a pass writes into it, so that the borrow checker sees disjoint arrays.
    slots: Vec<AlignedVec<T>>,
    kept: Vec<AlignedVec<T>>,
    kept_indices: Vec<Vec<u32>>,
    scratch: AlignedVec<T>,
    gradients: AlignedVec<T>,
    /// A target for each output, as the losses take them.
    targets: AlignedVec<T>,
    /// The loss options of training passes.
    loss: LossOptions,
    /// Forward and backward times of every span of the plan, while they are measured.
    times: Option<Vec<[Vec<Duration>; 2]>>,
    /// Set by whoever wants passes to end early.
    stop: Option<Arc<AtomicBool>>,
    /// The other shares of a batch, for statistics over all of it.
    others: Option<Arc<dyn OtherShares>>,
}

impl<T: Number> Workspace<T> {
    /// A workspace for batches of up to `batch` examples.
    ///
    /// # Errors
    /// When there is not enough memory for it, or `STEPNET_ISA` names an instruction set that is not there.
    pub fn new(network: &Network<T>, batch: usize, options: PlanOptions) -> Result<Self> {
        requested_instruction_set()?;
        Self::by(Plan::new(network, batch, options)?)
    }

    /// A workspace by a plan.
    ///
    /// # Errors
    /// When there is not enough memory for it.
    pub(crate) fn by(plan: Plan) -> Result<Self> {
        let examples = plan.batch;
        // Asked for at once: of many arrays each could be granted where all together are not.
        let what = format!("a workspace for {examples} example(s)");
        memory::ensure::<u8>(&what, plan.bytes::<T>())?;
        let zeros = |len: usize| AlignedVec::zeros("an array of a workspace", len);
        let indices = |&(_, len): &(usize, usize)| memory::zeros("indices of a workspace", len);
        Ok(Self {
            slots: plan
                .slots
                .iter()
                .map(|&len| zeros(len))
                .collect::<Result<_>>()?,
            kept: plan
                .kept
                .iter()
                .map(|&(values, _)| zeros(values))
                .collect::<Result<_>>()?,
            kept_indices: plan.kept.iter().map(indices).collect::<Result<_>>()?,
            scratch: zeros(plan.scratch)?,
            gradients: zeros(plan.parameters)?,
            targets: zeros(plan.targets)?,
            loss: LossOptions::default(),
            times: None,
            stop: None,
            others: None,
            plan,
        })
    }

    /// From now on training passes have the loss changed by `options`; [`Workspace::score`] stays plain.
    ///
    /// # Errors
    /// When a number is out of its range, or the options do not go with the network's loss and classes.
    pub fn set_loss_options(&mut self, network: &Network<T>, options: LossOptions) -> Result<()> {
        options.check_for(network.loss(), network.output())?;
        self.loss = options;
        Ok(())
    }

    /// From now on passes end between two layers, with an error, once `stop` is set: a pass over a large
    /// batch takes long. `None` removes it.
    pub fn set_stop(&mut self, stop: impl Into<Option<Arc<AtomicBool>>>) {
        self.stop = stop.into();
    }

    /// From now on layers with statistics of a batch take those of all shares, whose passes run at the same time on other
    /// threads. `None`: those of the pass alone.
    pub fn set_others(&mut self, others: Option<Arc<dyn OtherShares>>) {
        self.others = others;
    }

    /// Whether passes are to end: all of the process, or those of this workspace.
    fn stopped(&self) -> bool {
        let own = self.stop.as_ref();
        stop::is_requested() || own.is_some_and(|own| own.load(Ordering::Relaxed))
    }

    /// Fails if the pass has ended early.
    fn check_stop(&self) -> Result<()> {
        match self.stopped() {
            true => Err(Error::Stopped),
            false => Ok(()),
        }
    }

    /// From now on notes how long each part of a pass takes.
    pub fn measure(&mut self) {
        self.times = Some(vec![Default::default(); self.plan.spans.len()]);
    }

    /// The measurements: for all that ran the layers' numbers, and the times of their forward and
    /// backward passes.
    pub fn measured(&self) -> Vec<(Range<usize>, Vec<Duration>, Vec<Duration>)> {
        let times = self.times.iter().flatten();
        self.plan
            .spans
            .iter()
            .zip(times)
            .filter(|(_, [forward, _])| !forward.is_empty())
            .map(|(span, [forward, backward])| {
                (span.first..span.end, forward.clone(), backward.clone())
            })
            .collect()
    }

    /// The plan of this workspace.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The gradients of the parameters after a training pass, laid out as [`Network::parameters`];
    /// those of frozen layers mean nothing.
    pub fn gradients(&self) -> &[T] {
        &self.gradients
    }

    /// The same, to change before the update.
    pub fn gradients_mut(&mut self) -> &mut [T] {
        &mut self.gradients
    }

    /// The output of layer number `node` in the last pass over `batch` examples; `None` unless
    /// values are kept, and for layers that only pass the network's input on.
    pub fn value(&self, node: usize, batch: usize) -> Option<&[T]> {
        let buffer = (*self.plan.values.get(node + 1)?)?;
        self.plan
            .options
            .keep_values
            .then(|| &self.slots[buffer.slot][..batch * buffer.len])
    }

    /// The gradient of the loss with respect to value number `value` in the last training pass: 0 is the
    /// network's input, `i + 1` the output of layer number `i`. `None` unless values are kept, but
    /// for the input's, if it was asked for.
    pub fn value_gradient(&self, value: usize, batch: usize) -> Option<&[T]> {
        let available = self.plan.options.keep_values || value == 0;
        let buffer = (*self.plan.gradients.get(value)?)?;
        available.then(|| &self.slots[buffer.slot][..batch * buffer.len])
    }

    /// Fails if the workspace was not planned for `needed`, as the method `name` needs it.
    fn check_purpose(&self, name: &str, needed: Purpose) -> Result<()> {
        let planned = self.plan.options.purpose;
        if planned == needed {
            return Ok(());
        }
        Err(Error::Training(format!(
            "{name} needs a workspace planned for Purpose::{needed:?}, but this one is planned for Purpose::{planned:?}"
        )))
    }

    fn check(&self, network: &Network<T>, x: &[T]) -> Result<usize> {
        let len = network.input().len();
        let batch = x.len() / len;
        if !x.len().is_multiple_of(len) || batch > self.plan.batch {
            return Err(Error::value(
                "network",
                "the input",
                format!("{} values", x.len()),
                format!(
                    "a whole number of examples of {} = {len} values, at most {}",
                    network.input(),
                    self.plan.batch
                ),
            ));
        }
        if self.plan.parameters != 0 && self.plan.parameters != network.parameters().len() {
            return Err(Error::Training(
                "this workspace was made for another network".into(),
            ));
        }
        Ok(batch)
    }

    /// The outputs for a batch of inputs at inference: softmax and sigmoid applied, dropout off.
    ///
    /// # Errors
    /// When `x` is not a whole number of examples, or more than planned for, or the workspace was not planned for
    /// [`Purpose::Predict`].
    pub fn predict<'w>(&'w mut self, network: &Network<T>, x: &'w [T]) -> Result<&'w [T]> {
        let batch = self.check(network, x)?;
        self.check_purpose("predict", Purpose::Predict)?;
        self.forward(network, x, batch)?;
        Ok(self.outputs(x, batch))
    }

    /// The scores of a batch at inference, and the outputs that they were computed from: those before the
    /// activation that the loss is fused with.
    ///
    /// # Errors
    /// When sizes do not belong together, or the workspace was not planned for [`Purpose::Score`].
    pub fn score<'w>(
        &'w mut self,
        network: &Network<T>,
        x: &'w [T],
        targets: &Targets<'_, T>,
    ) -> Result<(Scores, &'w [T])> {
        let batch = self.check(network, x)?;
        self.check_purpose("score", Purpose::Score)?;
        targets.check(network.loss(), batch, network.output())?;
        self.forward(network, x, batch)?;
        let len = network.output().len();
        targets.write(len, &mut self.targets[..batch * len]);
        let outputs = self.outputs(x, batch);
        let loss = network
            .loss()
            .evaluate(outputs, &self.targets[..batch * len], batch);
        let correct = network.loss().correct(outputs, targets, len);
        Ok((
            Scores {
                loss,
                correct,
                examples: batch,
            },
            outputs,
        ))
    }

    fn outputs<'w>(&'w self, x: &'w [T], batch: usize) -> &'w [T] {
        match self.plan.values[self.plan.nodes] {
            Some(output) => &self.slots[output.slot][..batch * output.len],
            None => x,
        }
    }
}

#[cfg(test)]
mod tests;
