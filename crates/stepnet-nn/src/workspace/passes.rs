//! The passes: each layer is handed its slices, the output's slot taken out while it is written.

use std::mem;
use std::ops::Range;
use stepnet_base::clock::Instant;

use super::Workspace;
use crate::Number;
use crate::error::Result;
use crate::layer::{Backward, Context, Forward, Layer, Noise, OtherShares};
use crate::network::{Merge, Network};
use crate::plan::{Buffer, Flow};
use stepnet_kernels::{AlignedVec, join, parallel};

impl<T: Number> Workspace<T> {
    /// Runs all layers forward.
    pub(super) fn forward(&mut self, network: &Network<T>, x: &[T], batch: usize) -> Result<()> {
        parallel::enter(self.work(batch), || {
            self.run_forward(network, x, batch, None, 0);
        });
        self.check_stop()
    }

    /// Runs the backward passes, down to the first layer that trains. As the layers are done, `done` sees from which
    /// number on the gradients are there.
    pub(super) fn backward(
        &mut self,
        network: &Network<T>,
        x: &[T],
        noise: Option<Noise<'_>>,
        done: &mut (dyn FnMut(usize, &[T]) + Send),
    ) -> Result<()> {
        let examples = x.len() / network.input().len();
        parallel::enter(2 * self.work(examples), || {
            self.run_backward(network, x, noise, done);
        });
        self.check_stop()
    }

    fn run_backward(
        &mut self,
        network: &Network<T>,
        x: &[T],
        noise: Option<Noise<'_>>,
        done: &mut (dyn FnMut(usize, &[T]) + Send),
    ) {
        let pass = Pass {
            network,
            x,
            batch: x.len() / network.input().len(),
            noise,
        };
        for number in (0..self.plan.spans.len()).rev() {
            if self.stopped() {
                return;
            }
            let span = self.plan.spans[number];
            if self.plan.flows[span.first].is_empty() {
                continue;
            }
            let start = self.times.is_some().then(Instant::now);
            for part in span.backward_parts() {
                if self.plan.options.keep_values {
                    // The gradients inside, for looking into them.
                    for node in (part.start + 1..part.end).rev() {
                        let layer = network.nodes()[node].layer();
                        self.backward_nodes(&pass, layer, node..node + 1, false);
                    }
                }
                let layer = match part.len() {
                    1 => network.nodes()[part.start].layer(),
                    _ => network.span_layer(span),
                };
                match layer.downcast_ref::<Merge>() {
                    Some(merge) => self.backward_merge(&pass, merge, part.start),
                    None => self.backward_nodes(&pass, layer, part, true),
                }
            }
            self.note(&pass, number, 1, start);
            done(network.nodes()[span.first].range().start, &self.gradients);
        }
    }

    /// Notes how long the forward (0) or backward (1) pass of a span took, unless it has none.
    fn note(&mut self, pass: &Pass<'_, T>, number: usize, way: usize, start: Option<Instant>) {
        let span = self.plan.spans[number];
        let layer = pass.network.span_layer(span);
        if let (Some(start), Some(times)) = (start, &mut self.times)
            && !layer.is_view(pass.noise.is_some())
        {
            times[number][way].push(start.elapsed());
        }
    }

    /// About how much work a forward pass of a batch is.
    pub(super) fn work(&self, examples: usize) -> u64 {
        // The backward pass doubles it: half of what can be counted is enough for any decision.
        if self.others.is_some() {
            // A pass that waits for those of other shares stays out of the pool, which they need.
            return 0;
        }
        let work = self.plan.work.saturating_mul(examples as u64);
        work.min(u64::MAX / 2)
    }

    pub(super) fn context<'n>(
        &self,
        network: &Network<T>,
        span: Range<usize>,
        batch: usize,
        noise: Option<Noise<'n>>,
        others: Option<&'n dyn OtherShares>,
    ) -> Context<'n> {
        Context {
            input: network.nodes()[span.start].input(),
            output: network.nodes()[span.end - 1].output(),
            batch,
            layer: span.start,
            backward: self.plan.options.purpose.has_backward(),
            // A frozen layer acts as at inference.
            noise: noise.filter(|_| !network.nodes()[span.start].acts_as_at_inference()),
            others,
        }
    }

    pub(super) fn take(&mut self, buffer: Option<Buffer>) -> AlignedVec<T> {
        buffer
            .map(|buffer| mem::take(&mut self.slots[buffer.slot]))
            .unwrap_or_default()
    }

    pub(super) fn put_back(&mut self, buffer: Option<Buffer>, slot: AlignedVec<T>) {
        if let Some(buffer) = buffer {
            self.slots[buffer.slot] = slot;
        }
    }

    /// Runs the layers from number `first` on.
    pub(super) fn run_forward(
        &mut self,
        network: &Network<T>,
        x: &[T],
        batch: usize,
        noise: Option<Noise<'_>>,
        first: usize,
    ) {
        let keep = self.plan.options.keep_values;
        for number in 0..self.plan.spans.len() {
            let span = self.plan.spans[number];
            if span.end <= first {
                continue;
            }
            if self.stopped() {
                return;
            }
            let pass = Pass {
                network,
                x,
                batch,
                noise,
            };
            // Kept values come from the layers one by one; what the backward pass needs does not.
            let whole = !keep || self.plan.options.purpose.has_backward() || !span.is_fused();
            if whole && span.first >= first {
                let start = self.times.is_some().then(Instant::now);
                self.forward_nodes(&pass, network.span_layer(span), span.first..span.end);
                self.note(&pass, number, 0, start);
            }
            if keep && span.is_fused() {
                for node in span.first.max(first)..span.end {
                    let layer = network.nodes()[node].layer();
                    self.forward_nodes(&pass, layer, node..node + 1);
                }
            }
        }
    }

    /// Runs the nodes of `span` forward by `layer`.
    fn forward_nodes(&mut self, pass: &Pass<'_, T>, layer: &dyn Layer<T>, span: Range<usize>) {
        let Pass {
            network,
            x,
            batch,
            noise,
        } = *pass;
        if layer.is_view(noise.is_some()) {
            return;
        }
        let node = span.start;
        let (inputs, output) = (network.nodes()[node].inputs(), self.plan.values[span.end]);
        let mut slot = self.take(output);
        if let Some(merge) = layer.downcast_ref::<Merge>() {
            let values = |number: usize| match self.plan.values[inputs[number]] {
                Some(buffer) => &self.slots[buffer.slot][..batch * buffer.len],
                None => x,
            };
            let len = batch * network.nodes()[span.end - 1].output().len();
            merge.forward_from(values, &mut slot[..len]);
            self.put_back(output, slot);
            return;
        }
        let input = self.plan.values[inputs[0]];
        let others = self.others.clone();
        let (kept, indices) = (self.kept[node].len(), self.kept_indices[node].len());
        let share = |whole: usize| whole / self.plan.batch * batch;
        layer.forward(Forward {
            context: self.context(network, span.clone(), batch, noise, others.as_deref()),
            parameters: network.span_parameters(&span),
            x: match input {
                Some(buffer) => &self.slots[buffer.slot][..batch * buffer.len],
                None => x,
            },
            y: &mut slot[..batch * network.nodes()[span.end - 1].output().len()],
            kept: &mut self.kept[node][..share(kept)],
            kept_indices: &mut self.kept_indices[node][..share(indices)],
            scratch: &mut self.scratch,
        });
        self.put_back(output, slot);
    }

    /// Passes the gradient with respect to a merge's output on to its inputs.
    fn backward_merge(&mut self, pass: &Pass<'_, T>, merge: &Merge, node: usize) {
        let inputs = pass.network.nodes()[node].inputs();
        for (number, &value) in inputs.iter().enumerate() {
            let add = match self.plan.flows[node][number] {
                Flow::None | Flow::View => continue,
                Flow::Write => false,
                Flow::Add(_) => true,
            };
            let (from, to) = (self.plan.gradients[node + 1], self.plan.gradients[value]);
            let mut slot = self.take(to);
            if let (Some(from), Some(to)) = (from, to) {
                let filled = |buffer: Buffer| &self.slots[buffer.slot][..pass.batch * buffer.len];
                let input = |number: usize| self.plan.values[inputs[number]].map_or(pass.x, filled);
                let dx = &mut slot[..pass.batch * to.len];
                merge.backward_to(number, input, filled(from), dx, add);
            }
            self.put_back(to, slot);
        }
    }

    /// Gives `work` the gradients with respect to the output of a node and with respect to a value, to be written or
    /// added to.
    fn pass_on(
        &mut self,
        pass: &Pass<'_, T>,
        node: usize,
        value: usize,
        work: impl FnOnce(&[T], &mut [T]),
    ) {
        let (from, to) = (self.plan.gradients[node + 1], self.plan.gradients[value]);
        let mut slot = self.take(to);
        if let (Some(from), Some(to)) = (from, to) {
            let dy = &self.slots[from.slot][..pass.batch * from.len];
            work(dy, &mut slot[..pass.batch * to.len]);
        }
        self.put_back(to, slot);
    }

    /// Runs the nodes of `span` backward by `layer`; with `trains` it writes the gradients of the
    /// first one's parameters.
    fn backward_nodes(
        &mut self,
        pass: &Pass<'_, T>,
        layer: &dyn Layer<T>,
        span: Range<usize>,
        trains: bool,
    ) {
        let Pass {
            network,
            x,
            batch,
            noise,
        } = *pass;
        let node = span.start;
        let value = network.nodes()[node].inputs()[0];
        let flow = self.plan.flows[node].first().copied().unwrap_or(Flow::None);
        if layer.is_view(noise.is_some()) {
            match flow {
                Flow::None | Flow::View => {}
                Flow::Write => self.pass_on(pass, node, value, |dy, dx| dx.copy_from_slice(dy)),
                Flow::Add(_) => self.pass_on(pass, node, value, |dy, dx| join::add_to(dx, dy)),
            }
            return;
        }
        let reads = layer.reads();
        let (input, output) = (self.plan.values[value], self.plan.values[span.end]);
        let dx_buffer = match flow {
            Flow::None | Flow::View => None,
            Flow::Write => self.plan.gradients[value],
            Flow::Add(part) => part,
        };
        let mut dx_slot = self.take(dx_buffer);
        let others = self.others.clone();
        let context = self.context(network, span.clone(), batch, noise, others.as_deref());
        let share = |whole: usize| whole / self.plan.batch * batch;
        let filled = |buffer: Option<Buffer>| match buffer {
            Some(buffer) => &self.slots[buffer.slot][..batch * buffer.len],
            None => x,
        };
        let described = &network.nodes()[node];
        layer.backward(Backward {
            parameters: network.node_parameters(node),
            x: if reads.input { filled(input) } else { &[] },
            y: if reads.output { filled(output) } else { &[] },
            dy: filled(self.plan.gradients[span.end]),
            dx: dx_buffer.map(|buffer| &mut dx_slot[..batch * buffer.len]),
            gradients: (trains && described.trains())
                .then(|| &mut self.gradients[described.range()]),
            kept: &self.kept[node][..share(self.kept[node].len())],
            kept_indices: &self.kept_indices[node][..share(self.kept_indices[node].len())],
            scratch: &mut self.scratch,
            context,
        });
        if let (Flow::Add(_), Some(part)) = (flow, dx_buffer) {
            let sum = self.plan.gradients[value];
            let mut slot = self.take(sum);
            let len = batch * part.len;
            join::add_to(&mut slot[..len], &dx_slot[..len]);
            self.put_back(sum, slot);
        }
        self.put_back(dx_buffer, dx_slot);
    }
}

/// The arguments that all layers of a pass share.
#[derive(Clone, Copy)]
struct Pass<'a, T> {
    network: &'a Network<T>,
    x: &'a [T],
    batch: usize,
    noise: Option<Noise<'a>>,
}
