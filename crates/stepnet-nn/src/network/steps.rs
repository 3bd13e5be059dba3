//! The steps of a pass: layers one by one, several that one layer does together, or a sum with the
//! ReLU behind it.

use std::sync::Arc;

use super::merge::Merge;
use super::node::{Node, readers};
use crate::Number;
use crate::layer::{Layer, Role};

/// Consecutive layers that run as one.
#[derive(Debug, Clone)]
pub(crate) struct Step<T> {
    /// The first layer's number, and how many there are.
    pub(crate) first: usize,
    pub(crate) count: usize,
    /// What does their work together; `None` for a layer on its own, and for a sum.
    pub(crate) together: Option<Arc<dyn Layer<T>>>,
}

/// Consecutive nodes of a pass that run as one: the first, and the one behind the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    /// Its number among the network's steps, and whether among those of training.
    pub(crate) step: usize,
    pub(crate) training: bool,
    pub(crate) first: usize,
    pub(crate) end: usize,
}

impl Span {
    /// Whether a layer of its own does the nodes' work together.
    pub(crate) fn is_joined(self) -> bool {
        self.end - self.first > 1
    }
}

/// The steps of a network's passes: in training, and at inference, where more is done together.
#[derive(Debug, Clone)]
pub(super) struct Steps<T>(pub(super) [Vec<Step<T>>; 2]);

impl<T: Number> Steps<T> {
    pub(super) fn of(nodes: &[Node<T>]) -> Self {
        Self([true, false].map(|training| steps(nodes, training)))
    }
}

/// The most layers behind one that it is shown: looking at all would take the time of a long network
/// squared.
const MOST_BEHIND: usize = 8;

/// The steps through `nodes`. Nobody else takes the values inside of a step, and in training a layer
/// that begins a step is the only one of them that has parameters.
fn steps<T: Number>(nodes: &[Node<T>], training: bool) -> Vec<Step<T>> {
    let readers = readers(nodes);
    // Whether a node takes the value before it, and nothing else, and nobody else takes that.
    let follows = |number: usize| {
        nodes[number].inputs == [number]
            && readers[number].len() == 1
            && nodes[number].merge.is_none()
    };
    let mut steps = Vec::new();
    let mut first = 0;
    while let Some(node) = nodes.get(first) {
        let behind = first + 1..nodes.len().min(first + 1 + MOST_BEHIND);
        let after: Vec<_> = behind
            .take_while(|&number| follows(number))
            .map(|number| (nodes[number].layer(), nodes[number].input()))
            .collect();
        let fused = match training {
            true => node.layer().together(node.input(), &after),
            false => node.layer().together_at_inference(node.input(), &after),
        };
        let fused = fused.filter(|fused| {
            let others = nodes.get(first + 1..first + fused.layers);
            fused.layers <= 1 + after.len()
                && others.is_some_and(|others| {
                    !training || others.iter().all(|node| node.range.is_empty())
                })
        });
        let rectified = |merge: &Merge| {
            let next = after.first();
            merge.adds() && next.is_some_and(|(layer, input)| layer.role(*input) == Role::Relu)
        };
        let (count, together) = match fused {
            Some(fused) => (fused.layers.max(1), Some(fused.layer)),
            None if node.merge.as_ref().is_some_and(rectified) => (2, None),
            None => (1, None),
        };
        steps.push(Step {
            first,
            count,
            together,
        });
        first += count;
    }
    steps
}

#[cfg(test)]
mod tests {
    use crate::Network;

    #[test]
    fn a_normalisation_joins_its_convolution_at_inference_alone() {
        let steps = |text: &str| {
            let network = Network::<f32>::new(text, [8, 8, 2]).unwrap();
            [true, false].map(|training| {
                let steps = network.steps(training).iter();
                steps.map(|step| step.count).collect::<Vec<_>>()
            })
        };
        let text = "conv(4, 3) -> bn -> relu -> conv(4, 3) -> bn -> linear(3) -> bn -> relu";
        assert_eq!(
            steps(text),
            [vec![1, 2, 1, 1, 1, 1, 2], vec![3, 2, 1, 2, 1]]
        );
        let text = "conv(4, 3) -> bn -> relu -> maxpool(2) -> bn -> relu";
        assert_eq!(steps(text), [vec![1, 2, 1, 2], vec![4, 2]]);
        // Where somebody else takes what comes before it, it stays alone.
        let text = "conv(2, 1) -> residual(bn -> relu)";
        assert_eq!(steps(text), [vec![1, 2, 1], vec![1, 2, 1]]);
    }
}
