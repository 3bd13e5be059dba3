//! The graph while it is written: nodes, weights, and the names that are taken.

use std::collections::BTreeSet;

use super::attributes::whole;
use crate::onnx::proto::{AttributeProto, GraphProto, NodeProto, TensorProto, data_type};
use crate::outgoing::Array;

/// The version of the operators that every file needs, from 2020.
const OPSET: i64 = 13;

/// Names of inputs and outputs, which no value inside may have.
const RESERVED: &[&str] = &[
    "images",
    "values",
    "probabilities",
    "logits",
    "numbers",
    "scores",
];

/// Nodes in order, and the weights they use.
#[derive(Debug)]
pub(super) struct Graph {
    nodes: Vec<NodeProto>,
    weights: Vec<TensorProto>,
    taken: BTreeSet<String>,
    /// Names of nodes, which may be those of values but no other node's.
    node_names: BTreeSet<String>,
    opset: i64,
}

impl Default for Graph {
    fn default() -> Self {
        Self {
            nodes: Vec::new(),
            weights: Vec::new(),
            taken: RESERVED.iter().map(|&name| name.to_owned()).collect(),
            node_names: BTreeSet::new(),
            opset: OPSET,
        }
    }
}

impl Graph {
    /// Adds a node with one output, which is called like the node, and gives the output's name. An input that is
    /// left out is an empty name.
    pub(super) fn node(
        &mut self,
        op_type: &str,
        name: &str,
        inputs: &[&str],
        attribute: Vec<AttributeProto>,
    ) -> String {
        let output = fresh(&mut self.taken, name);
        let name = fresh(&mut self.node_names, name);
        self.nodes.push(NodeProto {
            input: inputs.iter().map(|&input| input.to_owned()).collect(),
            output: vec![output.clone()],
            name,
            op_type: op_type.to_owned(),
            attribute,
            ..NodeProto::default()
        });
        output
    }

    /// A node that is a step of the layer `name`, after which others come.
    pub(super) fn step(
        &mut self,
        op_type: &str,
        name: &str,
        inputs: &[&str],
        attribute: Vec<AttributeProto>,
    ) -> String {
        self.node(op_type, &format!("{name}/{op_type}"), inputs, attribute)
    }

    /// Adds weights.
    pub(super) fn weights(&mut self, name: &str, array: &Array) -> String {
        let raw = array.values.iter().flat_map(|value| value.to_le_bytes());
        let dims = array.shape.iter().map(|&extent| whole(extent)).collect();
        self.tensor(name, data_type::FLOAT, dims, raw.collect())
    }

    /// Adds one number.
    pub(super) fn number(&mut self, name: &str, value: f64) -> String {
        let raw = (value as f32).to_le_bytes().to_vec();
        self.tensor(name, data_type::FLOAT, Vec::new(), raw)
    }

    /// Adds a row of whole numbers, such as a shape.
    pub(super) fn ints(&mut self, name: &str, values: &[i64]) -> String {
        let raw = values.iter().flat_map(|value| value.to_le_bytes());
        self.tensor(
            name,
            data_type::INT64,
            vec![whole(values.len())],
            raw.collect(),
        )
    }

    fn tensor(&mut self, name: &str, data_type: i32, dims: Vec<i64>, raw: Vec<u8>) -> String {
        let name = fresh(&mut self.taken, name);
        self.weights.push(TensorProto {
            dims,
            data_type,
            name: name.clone(),
            raw_data: Some(raw),
            ..TensorProto::default()
        });
        name
    }

    /// Raises the version of the operators that the file needs.
    pub(super) fn require(&mut self, opset: i64) {
        self.opset = self.opset.max(opset);
    }

    pub(super) fn opset(&self) -> i64 {
        self.opset
    }

    /// Makes a value an output called `output`; `node` names the node where one must be added for it.
    pub(super) fn output(&mut self, value: &str, output: &str, node: &str) {
        let made_here = self
            .nodes
            .iter()
            .any(|node| node.output.iter().any(|name| name == value));
        if !made_here || RESERVED.contains(&value) {
            self.nodes.push(NodeProto {
                input: vec![value.to_owned()],
                output: vec![output.to_owned()],
                name: node.to_owned(),
                op_type: "Identity".to_owned(),
                ..NodeProto::default()
            });
            return;
        }
        for node in &mut self.nodes {
            for name in node
                .input
                .iter_mut()
                .chain(&mut node.output)
                .filter(|name| *name == value)
            {
                output.clone_into(name);
            }
        }
    }

    /// The nodes and weights of the message.
    pub(super) fn into_proto(self) -> GraphProto {
        GraphProto {
            node: self.nodes,
            initializer: self.weights,
            ..GraphProto::default()
        }
    }
}

/// A name that is not among those taken, which is from then on.
fn fresh(taken: &mut BTreeSet<String>, name: &str) -> String {
    let mut fresh = name.to_owned();
    let mut number = 1;
    while !taken.insert(fresh.clone()) {
        number += 1;
        fresh = format!("{name}/{number}");
    }
    fresh
}
