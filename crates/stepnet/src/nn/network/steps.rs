//! The steps of a pass: layers one by one, or several that one layer does together.

use std::sync::Arc;

use super::Node;
use crate::Element;
use crate::nn::layer::Layer;

/// Consecutive layers that run as one.
#[derive(Debug, Clone)]
pub(in crate::nn) struct Step<T> {
    /// The first layer's number, and how many there are.
    pub(in crate::nn) first: usize,
    pub(in crate::nn) count: usize,
    /// What does their work together; `None` for a layer on its own.
    pub(in crate::nn) together: Option<Arc<dyn Layer<T>>>,
}

/// The steps through `nodes`. A layer that begins a step is the only one of them that learns.
pub(super) fn steps<T: Element>(nodes: &[Node<T>]) -> Vec<Step<T>> {
    let mut steps = Vec::new();
    let mut first = 0;
    while let Some(node) = nodes.get(first) {
        let after: Vec<_> = nodes[first + 1..]
            .iter()
            .map(|node| (node.layer(), node.input()))
            .collect();
        let fused = node.layer().together(node.input(), &after).filter(|fused| {
            let others = nodes.get(first + 1..first + fused.layers);
            others.is_some_and(|others| others.iter().all(|node| node.range.is_empty()))
        });
        let (count, together) = match fused {
            Some(fused) => (fused.layers.max(1), Some(fused.layer)),
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
