//! The steps of a pass: layers one by one, several that one layer does together, or a sum with the
//! ReLU behind it.

use std::sync::Arc;

use super::{Join, Node};
use crate::Element;
use crate::nn::layer::{Layer, Role};

/// Consecutive layers that run as one.
#[derive(Debug, Clone)]
pub(in crate::nn) struct Step<T> {
    /// The first layer's number, and how many there are.
    pub(in crate::nn) first: usize,
    pub(in crate::nn) count: usize,
    /// What does their work together; `None` for a layer on its own, and for a sum.
    pub(in crate::nn) together: Option<Arc<dyn Layer<T>>>,
}

/// The steps through `nodes`. A layer that begins a step is the only one of them that learns, and
/// nobody else takes the values inside of a step.
pub(super) fn steps<T: Element>(nodes: &[Node<T>]) -> Vec<Step<T>> {
    let readers = super::readers(nodes);
    // Whether a node takes the value before it, and nothing else, and nobody else takes that.
    let follows = |number: usize| {
        nodes[number].inputs == [number]
            && readers[number].len() == 1
            && nodes[number].join.is_none()
    };
    let mut steps = Vec::new();
    let mut first = 0;
    while let Some(node) = nodes.get(first) {
        let behind = first + 1..nodes.len();
        let after: Vec<_> = behind
            .take_while(|&number| follows(number))
            .map(|number| (nodes[number].layer(), nodes[number].input()))
            .collect();
        let fused = node.layer().together(node.input(), &after).filter(|fused| {
            let others = nodes.get(first + 1..first + fused.layers);
            fused.layers <= 1 + after.len()
                && others.is_some_and(|others| others.iter().all(|node| node.range.is_empty()))
        });
        let rectified = |join: &Join| {
            let next = after.first();
            join.adds() && next.is_some_and(|(layer, input)| layer.role(*input) == Role::Relu)
        };
        let (count, together) = match fused {
            Some(fused) => (fused.layers.max(1), Some(fused.layer)),
            None if node.join.as_ref().is_some_and(rectified) => (2, None),
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
