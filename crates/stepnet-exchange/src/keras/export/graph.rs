//! The layers of a functional model: their description, and the order by which Keras numbers their weights.

use std::collections::HashMap;

use serde_json::{Map, Value as Json, json};
use stepnet_nn::Shape;

use crate::keras::weights::snake_case;
use crate::outgoing::Array;

/// Where Keras's layers are found, and the operators that are none.
const LAYERS: &str = "keras.layers";

/// A layer of Keras, or one of its operators.
#[derive(Debug)]
pub(super) struct Node {
    module: &'static str,
    class: &'static str,
    name: String,
    config: Json,
    inputs: Vec<usize>,
    /// A number that it takes after its input.
    constant: Option<f64>,
    pub(super) weights: Vec<Array>,
}

/// A model in the making.
#[derive(Debug)]
pub(super) struct Graph {
    nodes: Vec<Node>,
}

impl Graph {
    /// A model that takes examples of this shape.
    pub(super) fn new(input: Shape) -> Self {
        let mut graph = Self { nodes: Vec::new() };
        let mut shape = vec![Json::Null];
        shape.extend(input.extents().into_iter().map(Json::from));
        let config = json!({"batch_shape": shape, "dtype": "float32"});
        graph.layer("InputLayer", "input", config, &[], Vec::new());
        graph
    }

    /// The model's input.
    pub(super) fn input(&self) -> usize {
        0
    }

    /// Adds a layer and gives its number.
    pub(super) fn layer(
        &mut self,
        class: &'static str,
        name: &str,
        config: Json,
        inputs: &[usize],
        weights: Vec<Array>,
    ) -> usize {
        self.push(Node {
            module: LAYERS,
            class,
            name: name.to_owned(),
            config,
            inputs: inputs.to_vec(),
            constant: None,
            weights,
        })
    }

    /// Adds an operator, which Keras has as functions of a module, and gives its number.
    pub(super) fn operator(
        &mut self,
        (module, class): (&'static str, &'static str),
        name: &str,
        config: Json,
        input: usize,
        constant: Option<f64>,
    ) -> usize {
        self.push(Node {
            module,
            class,
            name: name.to_owned(),
            config,
            inputs: vec![input],
            constant,
            weights: Vec::new(),
        })
    }

    /// Adds a factor and an offset.
    pub(super) fn rescaling(
        &mut self,
        name: &str,
        factor: Json,
        offset: Json,
        input: usize,
    ) -> usize {
        let config = json!({"scale": factor, "offset": offset});
        self.layer("Rescaling", name, config, &[input], Vec::new())
    }

    fn push(&mut self, mut node: Node) -> usize {
        // Keras has paths of names.
        node.name = node.name.replace('/', ".");
        node.config["name"] = node.name.clone().into();
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    /// The model that ends in `output`.
    pub(super) fn description(&self, output: usize) -> Json {
        let layers: Vec<Json> = self
            .order(output)
            .into_iter()
            .map(|node| self.described(node))
            .collect();
        let end = |node: usize| json!([self.nodes[node].name, 0, 0]);
        let config = json!({
            "name": "stepnet", "trainable": true, "layers": layers,
            "input_layers": end(0), "output_layers": end(output),
        });
        json!({"module": "keras.src.models.functional", "class_name": "Functional", "config": config, "registered_name": "Functional"})
    }

    fn described(&self, number: usize) -> Json {
        let node = &self.nodes[number];
        let tensor = |&input: &usize| {
            let history = json!([self.nodes[input].name, 0, 0]);
            let config = json!({"shape": [null], "dtype": "float32", "keras_history": history});
            json!({"class_name": "__keras_tensor__", "config": config})
        };
        let mut tensors: Vec<Json> = node.inputs.iter().map(tensor).collect();
        if tensors.len() > 1 {
            tensors = vec![tensors.into()];
        }
        tensors.extend(node.constant.map(Json::from));
        let calls = match node.inputs.is_empty() {
            true => json!([]),
            false => json!([{"args": tensors, "kwargs": Map::new()}]),
        };
        let registered = match node.module {
            LAYERS => Json::Null,
            _ => node.class.into(),
        };
        json!({
            "module": node.module, "class_name": node.class, "config": node.config,
            "registered_name": registered, "name": node.name, "inbound_nodes": calls,
        })
    }

    /// The layers with weights, under the names that Keras looks for: the class, and how many of it come before.
    pub(super) fn stored(&self, output: usize) -> Vec<(String, &Node)> {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        let mut stored = Vec::new();
        for node in self.order(output).into_iter().map(|node| &self.nodes[node]) {
            if node.module != LAYERS {
                continue;
            }
            let count = counts.entry(node.class).or_default();
            let class = snake_case(node.class);
            let path = match *count {
                0 => class,
                number => format!("{class}_{number}"),
            };
            *count += 1;
            if !node.weights.is_empty() {
                stored.push((path, node));
            }
        }
        stored
    }

    /// The nodes in Keras's order: those that are further from the output first, and among them those first that a search
    /// from the output finds first.
    fn order(&self, output: usize) -> Vec<usize> {
        let mut distance = vec![0; self.nodes.len()];
        for (number, node) in self.nodes.iter().enumerate().rev() {
            for &input in &node.inputs {
                distance[input] = distance[input].max(distance[number] + 1);
            }
        }
        let mut found = vec![false; self.nodes.len()];
        let mut order = Vec::new();
        let mut open = vec![output];
        while let Some(node) = open.pop() {
            if !std::mem::replace(&mut found[node], true) {
                order.push(node);
                open.extend(self.nodes[node].inputs.iter().rev());
            }
        }
        // Stable: the order of the search stays among equals.
        order.sort_by_key(|&node| std::cmp::Reverse(distance[node]));
        order
    }
}
