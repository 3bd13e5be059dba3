//! From a graph to a network with its parameters.

use std::ops::Range;

use super::array::{Array, Numbers};
use super::assemble::{Assembled, assemble};
use super::core::{Graph, Operation, Value};
use crate::imported::Mapping;
use crate::problem::{Checked, Problem};
use crate::{Network, Number};

/// A network that was made of a graph.
#[derive(Debug)]
pub(crate) struct Filled<T> {
    /// The network and its weights.
    pub(crate) network: Network<T>,
    /// Where each of its layers comes from.
    pub(crate) mappings: Vec<Mapping>,
}

impl Graph {
    /// The network of everything that leads to `output`.
    ///
    /// # Errors
    /// Names the first node that the notation cannot write, or an array that does not fit its layer.
    pub(crate) fn finish<T: Number>(mut self, output: Value) -> Checked<Filled<T>> {
        let output = self.simplify(output)?;
        self.check_labels();
        let assembled = match assemble(&self, output) {
            Ok(assembled) => assembled,
            Err(refusal) => {
                // With what concatenations share, densely connected networks can be written.
                self.share_concats();
                assemble(&self, output).map_err(|_| refusal)?
            }
        };
        self.fill(assembled)
    }

    fn fill<T: Number>(&self, assembled: Assembled) -> Checked<Filled<T>> {
        let Assembled { text, nodes } = assembled;
        let builder = Network::builder().advice(false);
        let mut network = builder
            .most_parameters(self.numbers())
            .build_text(text, self.input)?;
        let mut mappings = Vec::new();
        let mut places: Vec<(Range<usize>, &Numbers)> = Vec::new();
        let written = network.nodes().iter().filter(|node| !node.implied());
        for (layer, node) in written.zip(nodes) {
            let Some(node) = node.map(|node| &self.nodes[node]) else {
                continue;
            };
            // Layers that were added have none.
            if !node.origin.sources.is_empty() {
                let sources = node.origin.sources.clone();
                mappings.push(Mapping::new(layer.name(), sources));
            }
            let arrays: &[Array] = match &node.operation {
                Operation::Layer(_, arrays) => arrays,
                _ => &[],
            };
            let refuse = |problem: String| -> Problem {
                let (node, layer) = (node.origin.shown(), layer.name());
                format!("node {node}, which is to be the layer {layer}: {problem}").into()
            };
            for (parameter, range) in layer.placed_parameters() {
                let found = arrays.iter().find(|array| array.name == parameter.name);
                let Some(Array { numbers, .. }) = found else {
                    return Err(refuse(format!(
                        "it has no array for its {}",
                        parameter.name
                    )));
                };
                if numbers.len() != range.len() {
                    let problem = format!(
                        "its {} has {} numbers, expected {} ({:?})",
                        parameter.name,
                        numbers.len(),
                        range.len(),
                        parameter.shape
                    );
                    return Err(refuse(problem));
                }
                places.push((range, numbers));
            }
            let known = layer.parameters().len();
            if arrays.len() != known {
                let problem = format!("it has {} arrays, expected {known}", arrays.len());
                return Err(refuse(problem));
            }
        }
        let parameters = network.parameters_mut();
        for (range, numbers) in places {
            for (at, value) in parameters[range].iter_mut().enumerate() {
                *value = T::from_f64(numbers.at(at));
            }
        }
        Ok(Filled { network, mappings })
    }

    /// How many numbers its arrays have: the most parameters that its network may have.
    fn numbers(&self) -> usize {
        let arrays = self.nodes.iter().filter_map(|node| match &node.operation {
            Operation::Layer(_, arrays) => Some(arrays),
            _ => None,
        });
        arrays.flatten().map(|array| array.numbers.len()).sum()
    }
}
