//! Which branch of each kink the last training pass took.

use super::{Batch, Workspace};
use crate::Number;
use crate::fuse::Span;
use crate::layer::PassValues;
use crate::network::Network;
use crate::plan::Buffer;

impl<T: Number> Workspace<T> {
    /// Reports to `mark` which branch of each of their kinks the layers from number `first` on took in the last training
    /// pass over the inputs `x`, by `Explain::sides`.
    /// Needs a workspace that keeps values.
    pub fn sides(
        &self,
        network: &Network<T>,
        batch: &Batch<'_, T>,
        first: usize,
        mark: &mut dyn FnMut(u64),
    ) {
        let examples = batch.noise.examples.len();
        let filled = |buffer: Option<Buffer>| match buffer {
            Some(buffer) => &self.slots[buffer.slot][..examples * buffer.len],
            None => batch.x,
        };
        for node in first..self.plan.nodes {
            let layer = network.nodes()[node].layer();
            if layer.is_view(true) {
                continue;
            }
            // The value that a fused layer stores in its first node's place does not belong to that node.
            let fused = |span: &Span| span.first == node && span.is_fused();
            let (kept, indices) = match self.plan.spans.iter().any(fused) {
                true => (&[][..], &[][..]),
                false => (&self.kept[node][..], &self.kept_indices[node][..]),
            };
            let share = |whole: usize| whole / self.plan.batch * examples;
            let passed = PassValues {
                context: self.context(network, node..node + 1, examples, Some(batch.noise), None),
                x: filled(self.plan.values[network.nodes()[node].inputs()[0]]),
                y: filled(self.plan.values[node + 1]),
                kept: &kept[..share(kept.len())],
                kept_indices: &indices[..share(indices.len())],
            };
            layer.explain().sides(passed, mark);
        }
    }
}
