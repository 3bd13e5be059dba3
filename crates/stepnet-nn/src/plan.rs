//! The plan of a pass: the contents and lifetime of each buffer, and which buffers may share memory.
//!
//! Time runs over the forward passes (node `i` at time `i`), the loss (time `n`) and the backward
//! passes (node `i` at time `2n - i`). Every buffer has a first and a last moment; buffers whose
//! lives do not meet share a slot. Slots are given out in the order of first moments, the best
//! fitting free one first, so the same network always gets the same plan.
//!
//! The gradient with respect to a value that several nodes take is the sum of what they send back: the last of
//! them writes it, because its backward pass comes first, and the others add to it. Where the gradients
//! with respect to two values are the same numbers, as on both sides of a `flatten` or a sum, they share a buffer
//! as long as no pass adds to one of them before the other has been read.

mod gradients;
mod options;
pub(super) mod parts;

pub(super) use gradients::Flow;
pub use options::{PlanOptions, Purpose};

use super::fuse::Span;
use super::layer::Layer;
use super::network::Network;
use crate::Number;
use crate::error::{Error, Result};

/// The most values of one array of a batch: sums and products of such sizes cannot overflow. Where addresses have 32
/// bits, an array of them is all the memory that there is.
const MAX_BUFFER: usize = match 1_usize.checked_shl(42) {
    Some(most) => most,
    None => 1 << 28,
};

/// One array of activations or gradients: its length for one example, and its slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Buffer {
    pub(super) len: usize,
    pub(super) slot: usize,
}

/// The buffers of a network for batches of up to `batch` examples.
#[derive(Debug, Clone)]
pub struct Plan {
    pub(super) batch: usize,
    pub(super) options: PlanOptions,
    /// How many nodes run; in training a closing sigmoid or softmax is left to the loss.
    pub(super) nodes: usize,
    /// The segments that run, in order.
    pub(super) spans: Vec<Span>,
    /// The values: `None` at 0 is the network's input; `i + 1` is the output of node `i`, `None`
    /// inside of a fused span unless all are kept.
    pub(super) values: Vec<Option<Buffer>>,
    /// The gradient with respect to each of `values`; `None` where nobody needs it.
    pub(super) gradients: Vec<Option<Buffer>>,
    /// How each node's backward pass treats the gradient with respect to each of its inputs; empty where it
    /// does not run.
    pub(super) flows: Vec<Vec<Flow<Buffer>>>,
    /// Elements of each slot.
    pub(super) slots: Vec<usize>,
    /// Elements and indices kept for the backward pass, by node.
    pub(super) kept: Vec<(usize, usize)>,
    /// Elements of the shared working memory.
    pub(super) scratch: usize,
    /// Elements of the targets, where a loss is computed.
    pub(super) targets: usize,
    /// About how many operations an example's forward pass takes.
    pub work: u64,
    /// Parameters, whose gradients the workspace holds in training.
    pub(super) parameters: usize,
}

impl Plan {
    /// The plan of `network` for batches of up to `batch` examples (at least 1).
    ///
    /// # Errors
    /// When a batch of this size cannot be addressed.
    pub fn new<T: Number>(
        network: &Network<T>,
        batch: usize,
        options: PlanOptions,
    ) -> Result<Self> {
        let batch = batch.max(1);
        let longest = (0..=network.nodes().len())
            .map(|node| network.value_shape(node).len())
            .max()
            .unwrap_or(1);
        let most = MAX_BUFFER / longest.max(1);
        if batch > most {
            let expected = format!("at most {most}, because an example has up to {longest} values");
            return Err(Error::value("network", "the batch", batch, expected));
        }
        let plan = Planner::new(network, batch, options).plan();
        match plan.checked_bytes::<T>() {
            Some(_) => Ok(plan),
            None => Err(Error::Training(format!(
                "the layers ask for more memory than can be addressed for a batch of {batch}"
            ))),
        }
    }

    /// The largest batch.
    pub fn batch(&self) -> usize {
        self.batch
    }

    /// How many layers run: in training a closing activation that the loss is fused with does not.
    pub fn nodes(&self) -> usize {
        self.nodes
    }

    /// Whether the backward pass of a layer computes a gradient with respect to its input.
    pub fn sends_back(&self, node: usize) -> bool {
        self.flows[node].iter().any(|flow| *flow != Flow::None)
    }

    /// Memory of a workspace by this plan, in bytes.
    pub fn bytes<T: Number>(&self) -> usize {
        self.checked_bytes::<T>().unwrap_or(usize::MAX)
    }

    /// Of [`Plan::bytes`] what the passes lay out for themselves, shared by all layers: packed filters,
    /// parts of images, sums of parts. The rest is values, gradients and what is kept between passes.
    pub fn scratch_bytes<T: Number>(&self) -> usize {
        self.scratch.saturating_mul(size_of::<T>())
    }

    fn checked_bytes<T>(&self) -> Option<usize> {
        let whole = [self.scratch, self.targets, self.parameters];
        let values = self.kept.iter().map(|(values, _)| values);
        let mut elements = self.slots.iter().chain(values).chain(&whole);
        let elements = elements.try_fold(0_usize, |sum, &len| sum.checked_add(len))?;
        let mut indices = self.kept.iter().map(|(_, indices)| indices);
        let indices = indices.try_fold(0_usize, |sum, &len| sum.checked_add(len))?;
        elements
            .checked_mul(size_of::<T>())?
            .checked_add(indices.checked_mul(size_of::<u32>())?)
    }
}

/// A buffer in the making: how long it is and when it lives.
struct Life {
    len: usize,
    first: usize,
    last: usize,
}

struct Planner<'a, T> {
    network: &'a Network<T>,
    batch: usize,
    options: PlanOptions,
    nodes: usize,
    spans: Vec<Span>,
    /// Whether the gradient with respect to each value is needed.
    needed: Vec<bool>,
    lives: Vec<Life>,
    /// For each value its life's number; views share one.
    values: Vec<Option<usize>>,
    gradients: Vec<Option<usize>>,
    flows: Vec<Vec<Flow<usize>>>,
}

impl<'a, T: Number> Planner<'a, T> {
    fn new(network: &'a Network<T>, batch: usize, options: PlanOptions) -> Self {
        let nodes = if options.purpose.has_loss() {
            network.nodes_before_loss()
        } else {
            network.nodes().len()
        };
        let needed = match options.purpose.has_backward() {
            true => network.needs_gradients(options.input_gradient),
            false => vec![false; network.nodes().len() + 1],
        };
        Self {
            network,
            batch,
            options,
            nodes,
            spans: network
                .segments()
                .spans(options.purpose.has_backward())
                .filter(|span| span.end <= nodes)
                .collect(),
            needed,
            lives: Vec::new(),
            values: vec![None],
            gradients: vec![None; nodes + 1],
            flows: vec![Vec::new(); nodes],
        }
    }

    fn plan(mut self) -> Plan {
        self.live_values();
        self.live_gradients();
        if self.options.keep_values {
            self.lives
                .iter_mut()
                .for_each(|life| life.last = usize::MAX);
        }
        let (slot_of, slots) = share(&self.lives);
        let buffer = |life: Option<usize>| {
            life.map(|life| Buffer {
                len: self.lives[life].len / self.batch,
                slot: slot_of[life],
            })
        };
        let (kept, scratch) = self.memory();
        Plan {
            batch: self.batch,
            options: self.options,
            nodes: self.nodes,
            spans: self.spans.clone(),
            values: self.values.iter().map(|&life| buffer(life)).collect(),
            gradients: self.gradients.iter().map(|&life| buffer(life)).collect(),
            flows: (self.flows.iter())
                .map(|flows| {
                    flows
                        .iter()
                        .map(|flow| flow.map(|life| buffer(Some(life))))
                        .collect()
                })
                .collect(),
            slots,
            kept,
            scratch,
            targets: if self.options.purpose.has_loss() {
                self.batch * self.network.output().len()
            } else {
                0
            },
            work: self.network.work(),
            parameters: if self.options.purpose.has_backward() {
                self.network.parameters().len()
            } else {
                0
            },
        }
    }

    fn is_view(&self, node: usize) -> bool {
        self.network.nodes()[node]
            .layer()
            .is_view(self.options.purpose == Purpose::Train)
    }

    fn backward_time(&self, node: usize) -> usize {
        2 * self.nodes - node
    }

    /// The layer that runs the nodes of a span.
    fn layer(&self, span: Span) -> &'a dyn Layer<T> {
        self.network.span_layer(span)
    }

    fn live_values(&mut self) {
        for span in self.spans.clone() {
            let first = span.first;
            let inputs = self.network.nodes()[first].inputs();
            if !span.is_fused() && self.is_view(first) {
                self.values.push(self.values[inputs[0]]);
                continue;
            }
            let backward = self.needed[span.end].then(|| self.backward_time(first));
            let reads = self.layer(span).reads();
            let until = |read: bool| backward.filter(|_| read).unwrap_or(first);
            for &input in inputs {
                if let Some(life) = self.values[input].map(|input| &mut self.lives[input]) {
                    life.last = life.last.max(until(reads.input));
                }
            }
            for node in first..span.end {
                let inner = node + 1 < span.end;
                if inner && !self.options.keep_values {
                    self.values.push(None);
                    continue;
                }
                let len = self.batch * self.network.nodes()[node].output().len();
                let life = self.born(len, first);
                self.lives[life].last = until(reads.output);
                self.values.push(Some(life));
            }
        }
        // The last value is read by the loss, or at inference by the caller.
        let end = if self.options.purpose.has_backward() {
            self.nodes
        } else {
            usize::MAX
        };
        if let Some(life) = self.values[self.nodes].map(|output| &mut self.lives[output]) {
            life.last = life.last.max(end);
        }
    }

    /// A new life that begins and, so far, ends at `time`.
    fn born(&mut self, len: usize, time: usize) -> usize {
        self.lives.push(Life {
            len,
            first: time,
            last: time,
        });
        self.lives.len() - 1
    }

    fn memory(&self) -> (Vec<(usize, usize)>, usize) {
        let mut scratch = 0;
        let mut kept = vec![(0, 0); self.nodes];
        let mut add = |node: usize, layer: &dyn Layer<T>| {
            let memory = layer.memory(self.network.nodes()[node].input(), self.batch);
            scratch = scratch.max(memory.scratch);
            if self.options.purpose.has_backward() {
                scratch = scratch.max(memory.backward_scratch);
                let (values, indices) = &mut kept[node];
                *values = memory.kept.max(*values);
                *indices = memory.kept_indices.max(*indices);
            }
        };
        for &span in &self.spans {
            add(span.first, self.layer(span));
            if span.is_fused() && (self.options.keep_values || span.split_backward) {
                // The nodes' own layers run, too. The first one shares its place with the fused layer: where both
                // keep something, as bn and bn -> relu do, both write the same.
                for node in span.first..span.end {
                    add(node, self.network.nodes()[node].layer());
                }
            }
        }
        (kept, scratch)
    }
}

/// The slot of each life, and the size of each slot.
fn share(lives: &[Life]) -> (Vec<usize>, Vec<usize>) {
    let mut order: Vec<usize> = (0..lives.len()).collect();
    order.sort_by_key(|&life| lives[life].first);
    let mut sizes: Vec<usize> = Vec::new();
    let mut free_after: Vec<usize> = Vec::new();
    let mut slot_of = vec![0; lives.len()];
    for life in order {
        let Life { len, first, last } = lives[life];
        let free = (0..sizes.len()).filter(|&slot| free_after[slot] < first);
        // The tightest slot that is large enough, else the one that needs to grow least.
        let best = free.min_by_key(|&slot| (sizes[slot] < len, sizes[slot].abs_diff(len), slot));
        let slot = best.unwrap_or_else(|| {
            sizes.push(0);
            free_after.push(0);
            sizes.len() - 1
        });
        sizes[slot] = sizes[slot].max(len);
        free_after[slot] = last;
        slot_of[life] = slot;
    }
    (slot_of, sizes)
}
