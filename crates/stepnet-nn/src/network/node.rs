//! A layer in its place.

use std::ops::Range;
use std::sync::Arc;

use super::merge::Merge;
use crate::Number;
use crate::layer::{Layer, Parameter};
use crate::shape::Shape;

/// A layer in its place.
#[derive(Debug, Clone)]
pub struct Node<T> {
    pub(super) name: String,
    pub(super) layer: Arc<dyn Layer<T>>,
    pub(super) inputs: Vec<usize>,
    pub(super) input: Shape,
    pub(super) output: Shape,
    pub(super) parameters: Vec<Parameter>,
    pub(super) range: Range<usize>,
    pub(super) implied: bool,
    pub(super) frozen: bool,
    pub(super) fixed_statistics: bool,
}

impl<T: Number> Node<T> {
    /// The layer's name: its label, or its kind and number.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The layer.
    pub fn layer(&self) -> &dyn Layer<T> {
        self.layer.as_ref()
    }

    /// The values it takes: 0 is the network's input, `i + 1` the output of layer number `i`. One,
    /// unless it merges several.
    pub fn inputs(&self) -> &[usize] {
        &self.inputs
    }

    /// How it merges several values: where a residual block or branches end.
    pub fn merge(&self) -> Option<&Merge> {
        self.layer.downcast_ref()
    }

    /// The shape of an input example; of several inputs, of the first.
    pub fn input(&self) -> Shape {
        self.input
    }

    /// The shape of an output example.
    pub fn output(&self) -> Shape {
        self.output
    }

    /// The arrays of its numbers, trainable or not.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// Where the layer's numbers lie in [`Network::parameters`](super::Network::parameters).
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// Whether the notation did not write this layer: the flatten before a `linear`.
    pub fn implied(&self) -> bool {
        self.implied
    }

    /// Whether training leaves the layer's numbers as they are.
    pub fn frozen(&self) -> bool {
        self.frozen
    }

    /// Whether the layer's running statistics stay as they are in training, and it normalises by them, as at inference.
    pub fn fixed_statistics(&self) -> bool {
        self.fixed_statistics
    }

    /// Whether a training pass runs the layer as at inference.
    pub(crate) fn acts_as_at_inference(&self) -> bool {
        self.frozen || self.fixed_statistics
    }

    /// Whether training updates the layer: it has parameters and is not frozen.
    pub fn trains(&self) -> bool {
        !self.frozen && !self.range.is_empty()
    }

    /// Each array with the place of its numbers in [`Network::parameters`](super::Network::parameters).
    pub fn placed_parameters(&self) -> impl Iterator<Item = (&Parameter, Range<usize>)> {
        self.parameters
            .iter()
            .scan(self.range.start, |start, parameter| {
                let range = *start..*start + parameter.len();
                *start = range.end;
                Some((parameter, range))
            })
    }
}

/// See [`Network::readers`](super::Network::readers).
pub(crate) fn readers<T>(nodes: &[Node<T>]) -> Vec<Vec<usize>> {
    let mut readers = vec![Vec::new(); nodes.len() + 1];
    for (number, node) in nodes.iter().enumerate() {
        for &value in &node.inputs {
            readers[value].push(number);
        }
    }
    readers
}

/// About how many multiply-adds of a matrix product take the time of one value elsewhere.
const VISIT_COST: u64 = 16;

/// See [`Network::work`](super::Network::work).
pub(super) fn work<T: Number>(layer: &dyn Layer<T>, input: Shape, output: Shape) -> u64 {
    let cost = layer.cost();
    let visits = cost.visits(input).saturating_add(output.len() as u64);
    let visits = visits.saturating_mul(VISIT_COST);
    cost.multiply_adds(input).saturating_add(visits)
}
