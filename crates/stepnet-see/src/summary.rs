//! A network at a glance: its layers, their shapes, and how much they hold and compute.

use serde::Serialize;

use stepnet_nn::layer::Parameter;
use stepnet_nn::{Network, Node, Number, Shape};

/// A network's layers and totals.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Summary {
    /// The network in the arrow notation.
    pub network: String,
    /// The shape of an input example.
    pub input: Shape,
    /// The layers in order.
    pub layers: Vec<LayerSummary>,
    /// How many numbers all layers hold.
    pub parameters: usize,
    /// How many of them are not trainable, such as running statistics.
    // The JSON key that programs read is older than the name.
    #[serde(rename = "not_learnt")]
    pub non_trainable: usize,
    /// How many of them training updates: those that are trainable, in layers that are not frozen.
    pub trainable: usize,
    /// Multiplications of one example's forward pass (each with its addition).
    pub multiply_adds: u64,
    /// The loss it is trained with.
    pub loss: String,
}

/// One layer.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LayerSummary {
    /// Its name.
    pub name: String,
    /// Its text in the arrow notation.
    pub layer: String,
    /// Whether the notation did not write it: the flatten before a `linear`.
    pub implied: bool,
    /// The layers whose outputs it takes; `input` is the network's input.
    pub inputs: Vec<String>,
    /// The shape of an output example.
    pub output: Shape,
    /// How many numbers it holds.
    pub parameters: usize,
    /// Multiplications for one example.
    pub multiply_adds: u64,
    /// Whether training leaves it as it is.
    pub frozen: bool,
}

impl Summary {
    /// The summary of a network.
    pub fn of<T: Number>(network: &Network<T>) -> Self {
        let layers = network.nodes().iter();
        Self {
            network: network.text().to_string(),
            input: network.input(),
            layers: layers.map(|node| LayerSummary::of(network, node)).collect(),
            parameters: network.parameters().len(),
            non_trainable: network.non_trainable(),
            trainable: trainable(network),
            multiply_adds: network.multiply_adds(),
            loss: network.loss().to_string(),
        }
    }

    /// The inputs of layer number `layer`, where they are not the layer before it alone.
    pub fn other_inputs(&self, layer: usize) -> Option<&[String]> {
        let before = match layer.checked_sub(1) {
            Some(before) => &self.layers[before].name,
            None => INPUT,
        };
        let inputs = self.layers[layer].inputs.as_slice();
        (inputs != [before]).then_some(inputs)
    }
}

/// How many numbers training updates.
fn trainable<T: Number>(network: &Network<T>) -> usize {
    let nodes = network.nodes().iter().filter(|node| !node.frozen());
    let arrays = nodes.flat_map(Node::parameters);
    let arrays = arrays.filter(|array| array.trainable);
    arrays.map(Parameter::len).sum()
}

/// The name of the network's input.
const INPUT: &str = "input";

impl LayerSummary {
    fn of<T: Number>(network: &Network<T>, node: &Node<T>) -> Self {
        let name = |&value: &usize| match value.checked_sub(1) {
            Some(layer) => network.nodes()[layer].name().to_owned(),
            None => INPUT.to_owned(),
        };
        Self {
            name: node.name().to_owned(),
            layer: node.layer().text().to_string(),
            implied: node.implied(),
            inputs: node.inputs().iter().map(name).collect(),
            output: node.output(),
            parameters: node.range().len(),
            multiply_adds: node.layer().cost().multiply_adds(node.input()),
            frozen: node.frozen(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_that_takes_others_than_the_one_before_says_so() {
        let text = "conv(4, 3, same) -> residual(relu -> conv(4, 3, same)) -> linear(2) -> softmax";
        let mut network = Network::<f32>::new(text, [6, 6, 1]).unwrap();
        network.freeze(&["conv1"]).unwrap();
        let summary = Summary::of(&network);
        let names: Vec<_> = (0..summary.layers.len())
            .filter_map(|layer| summary.other_inputs(layer))
            .collect();
        assert_eq!(names, [["residual1.conv1", "conv1"]]);
        assert_eq!(summary.layers[0].parameters, 40);
        assert_eq!(summary.layers[0].inputs, ["input"]);
        assert!(summary.layers[0].frozen && !summary.layers[1].frozen);
        let layers = summary.layers.iter();
        assert_eq!(
            summary.parameters,
            layers.map(|layer| layer.parameters).sum::<usize>()
        );
    }

    #[test]
    fn neither_running_statistics_nor_frozen_layers_are_trainable() {
        let text = "conv(4, 3) -> bn -> linear(2) -> softmax";
        let mut network = Network::<f32>::new(text, [5, 5, 1]).unwrap();
        let counts = |network: &Network<f32>| {
            let summary = Summary::of(network);
            [summary.parameters, summary.non_trainable, summary.trainable]
        };
        let [conv, gamma_and_beta, statistics, linear] = [40, 8, 8, 74];
        let all = conv + gamma_and_beta + statistics + linear;
        assert_eq!(counts(&network), [all, statistics, all - statistics]);
        network.freeze(&["conv", "bn1"]).unwrap();
        assert_eq!(counts(&network), [all, statistics, linear]);
    }
}
