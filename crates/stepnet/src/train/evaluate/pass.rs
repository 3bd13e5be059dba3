//! The passes of an evaluation.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::BATCH;
use crate::data::Dataset;
use crate::error::Result;
use crate::memory;
use crate::nn::{Network, Number, PlanOptions, Preprocessing, Scores, Targets, Task, Workspace};
use crate::train::feed::write_targets;

/// Runs a network over examples of a data set.
pub(super) struct ScoringPass<'a, T> {
    network: &'a Network<T>,
    data: &'a Dataset,
    preprocessing: &'a Preprocessing,
    workspace: Workspace<T>,
    x: Vec<T>,
    classes: Vec<u32>,
    values: Vec<T>,
}

impl<'a, T: Number> ScoringPass<'a, T> {
    pub(super) fn new(
        stop: Option<&Arc<AtomicBool>>,
        network: &'a Network<T>,
        data: &'a Dataset,
        preprocessing: &'a Preprocessing,
    ) -> Result<Self> {
        let batch = BATCH.min(data.len().max(1));
        let mut workspace = Workspace::new(network, batch, PlanOptions::SCORING)?;
        workspace.set_stop(stop.map(Arc::clone));
        let len = network.input().len();
        Ok(Self {
            network,
            data,
            preprocessing,
            workspace,
            x: memory::zeros("a batch of examples", batch.saturating_mul(len))?,
            classes: Vec::new(),
            values: Vec::new(),
        })
    }

    /// The targets of the examples of a chunk.
    pub(super) fn find_targets(&mut self, chunk: &[usize]) {
        let to = (&mut self.classes, &mut self.values);
        write_targets(self.data.targets(), &self.preprocessing.task, chunk, to);
    }

    pub(super) fn targets(&self) -> (&[u32], &[T]) {
        (&self.classes, &self.values)
    }

    /// The scores of a chunk, and its outputs.
    pub(super) fn score(&mut self, chunk: &[usize]) -> Result<(Scores, Vec<T>)> {
        self.find_targets(chunk);
        let x = &mut self.x[..chunk.len() * self.network.input().len()];
        self.data.fill_batch(chunk, self.preprocessing, x)?;
        let targets = match self.preprocessing.task {
            Task::Classes => Targets::Classes(&self.classes),
            Task::Labels | Task::Numbers(_) => Targets::Values(&self.values),
        };
        let (sums, z) = self.workspace.score(self.network, x, &targets)?;
        Ok((sums, z.to_vec()))
    }
}
