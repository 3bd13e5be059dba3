//! The buffers of gradients: which pass writes one, which passes add to it, and which gradients are the same numbers.

use std::collections::HashMap;
use std::ops::Range;

use super::Planner;
use crate::Number;

/// How a backward pass treats the gradient with respect to one of its inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow<B> {
    /// Nothing: nobody needs it.
    None,
    /// Nothing: it is the gradient with respect to the output, in the same buffer.
    View,
    /// Writes it.
    Write,
    /// Adds to it, because a later node has written it; the values to add are in this buffer unless it can be
    /// taken from the gradient with respect to the output.
    Add(Option<B>),
}

impl<B> Flow<B> {
    /// The same with another kind of buffer.
    pub(super) fn map<C>(self, change: impl FnOnce(B) -> Option<C>) -> Flow<C> {
        match self {
            Self::None => Flow::None,
            Self::View => Flow::View,
            Self::Write => Flow::Write,
            Self::Add(part) => Flow::Add(part.and_then(change)),
        }
    }
}

/// The values whose gradients share a life, by its number.
type Sharing = HashMap<usize, Vec<usize>>;

impl<T: Number> Planner<'_, T> {
    /// From the loss down: who writes which gradient, and who reads it.
    pub(super) fn live_gradients(&mut self) {
        if !self.options.purpose.has_backward() {
            return;
        }
        let readers = self.network.readers();
        let mut sharing = Sharing::new();
        let by_output = self.new_gradient(self.nodes, self.nodes);
        sharing.insert(by_output, vec![self.nodes]);
        for span in self.spans.clone().into_iter().rev() {
            if self.needed[span.end] {
                for part in span.backward_parts() {
                    self.flow_back(part, &readers, &mut sharing);
                }
            }
        }
        // By the input, for the caller.
        if let Some(life) = self.gradients[0] {
            self.lives[life].last = usize::MAX;
        }
    }

    fn new_gradient(&mut self, value: usize, time: usize) -> usize {
        let len = self.batch * self.network.value_shape(value).len();
        let life = self.born(len, time);
        self.gradients[value] = Some(life);
        life
    }

    /// The gradients that the backward pass of `nodes`, which runs as one, reads, writes and adds to.
    fn flow_back(&mut self, nodes: Range<usize>, readers: &[Vec<usize>], sharing: &mut Sharing) {
        let time = self.backward_time(nodes.start);
        let node = &self.network.nodes()[nodes.start];
        self.read_gradient(nodes.end, time);
        // Gradients with respect to the values inside are only for looking into them.
        if self.options.keep_values {
            for value in (nodes.start + 1..nodes.end).rev() {
                let life = self.new_gradient(value, time);
                sharing.insert(life, vec![value]);
                self.flows[value] = vec![Flow::Write];
            }
        }
        let sum = node.merge().is_some_and(|merge| merge.adds());
        let same = sum || (nodes.len() == 1 && self.is_view(nodes.start));
        for &value in node.inputs() {
            let flow = match (self.needed[value], self.gradients[value]) {
                (false, _) => Flow::None,
                (true, None) => {
                    let life = self.gradients[nodes.end].filter(|_| same);
                    let life = life.filter(|life| {
                        let members = sharing.get(life).map_or(&[][..], Vec::as_slice);
                        self.may_share(value, members, nodes.start, readers)
                    });
                    match life {
                        Some(life) => {
                            self.gradients[value] = Some(life);
                            sharing.entry(life).or_default().push(value);
                            Flow::View
                        }
                        None => {
                            let life = self.new_gradient(value, time);
                            sharing.insert(life, vec![value]);
                            Flow::Write
                        }
                    }
                }
                (true, Some(_)) => {
                    self.read_gradient(value, time);
                    let len = self.batch * self.network.value_shape(value).len();
                    let direct = same || node.merge().is_some();
                    Flow::Add((!direct).then(|| self.born(len, time)))
                }
            };
            self.flows[nodes.start].push(flow);
        }
    }

    fn read_gradient(&mut self, value: usize, time: usize) {
        if let Some(life) = self.gradients[value] {
            let last = &mut self.lives[life].last;
            *last = (*last).max(time);
        }
    }

    /// Whether the gradient with respect to `value` may be in the buffer of those with respect to `members`, from the
    /// backward pass of node number `node` on: whatever is still added to one of them must come
    /// after all the others were read, by the nodes that made those values.
    fn may_share(
        &self,
        value: usize,
        members: &[usize],
        node: usize,
        readers: &[Vec<usize>],
    ) -> bool {
        // Backward passes run from the last node to the first: "after" is a smaller number.
        let still_adds = |value: usize| readers[value].iter().copied().filter(move |&n| n < node);
        // The gradient with respect to `other` is read by node `other - 1`. That node itself may add, once it has
        // read, unless what it adds is what it reads.
        let direct =
            |node: usize| self.network.nodes()[node].merge().is_some() || self.is_view(node);
        let spoils = |changed: usize, other: usize| {
            let kept = self.options.keep_values || other == 0;
            still_adds(changed).any(|adds| kept || adds + usize::from(direct(adds)) >= other)
        };
        members
            .iter()
            .all(|&member| !spoils(value, member) && !spoils(member, value))
    }
}
