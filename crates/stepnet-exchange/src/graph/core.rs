//! A graph: nodes in an order in which each comes after those whose values it takes.

use super::array::Array;
use crate::problem::{Checked, Problem};
use crate::{Error, Item, LayerText, Registry, Shape};
use stepnet_base::error::cut;
use stepnet_nn::notation::{self, Kinds, Value as Argument};

/// The most nodes of a graph, and the most values that its nodes take together. Networks of the notation are shorter.
const MAX_NODES: usize = 20_000;
const MAX_EDGES: usize = 60_000;

/// The most characters of a name of the file in messages.
const LONGEST_NAME: usize = 200;

/// A value of a graph: its input, or what a node makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Value(pub(super) usize);

/// What a node does.
#[derive(Debug)]
pub(crate) enum Operation {
    /// A layer of the notation with its arrays, in Stepnet's layout.
    Layer(LayerText, Vec<Array>),
    /// Each channel multiplied by a factor, and an offset added to it.
    Affine {
        /// A factor for each channel.
        scale: Vec<f64>,
        /// An offset for each channel.
        shift: Vec<f64>,
    },
    /// The sum of two values.
    Add,
    /// The channels of several values one after the other.
    Concat,
    /// The first value times the second, which has one value for each of its channels, or its shape.
    Multiply,
}

/// Where a node comes from, for messages and for the mapping.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    /// Its name in the file.
    pub(crate) name: String,
    /// What the file's framework calls its operation.
    pub(crate) operator: String,
    /// Nodes of the file, and tensors, that it was made of; its name is one of them if it is to be listed.
    pub(crate) sources: Vec<String>,
    /// The name that the layer is to have in the network, if it is a valid label and free.
    pub(crate) label: Option<String>,
}

impl Origin {
    /// A node of the file.
    pub(crate) fn new(name: impl Into<String>, operator: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            sources: vec![name.clone()],
            name,
            operator: operator.into(),
            label: None,
        }
    }

    /// With more nodes or tensors that it was made of.
    pub(crate) fn and(mut self, sources: impl IntoIterator<Item = String>) -> Self {
        for source in sources {
            if !self.sources.contains(&source) {
                self.sources.push(source);
            }
        }
        self
    }

    /// With a name for the layer.
    pub(crate) fn labelled(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// The node for messages: `"conv1" (Conv)`.
    pub(crate) fn shown(&self) -> String {
        let [name, operator] = [&self.name, &self.operator].map(|text| cut(text, LONGEST_NAME));
        format!("{name:?} ({operator})")
    }
}

/// A node and the value that it makes.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) origin: Origin,
    pub(super) operation: Operation,
    pub(super) inputs: Vec<Value>,
    shape: Shape,
}

/// A graph with one input.
#[derive(Debug)]
pub(crate) struct Graph {
    pub(super) input: Shape,
    pub(super) nodes: Vec<Node>,
    edges: usize,
    registry: Registry<f32>,
}

impl Graph {
    /// A graph without nodes.
    pub(crate) fn new(input: Shape) -> Self {
        Self {
            input,
            nodes: Vec::new(),
            edges: 0,
            registry: Registry::builtin(),
        }
    }

    /// The graph's input.
    pub(crate) fn input(&self) -> Value {
        Value(0)
    }

    /// The shape of a value.
    pub(crate) fn shape(&self, value: Value) -> Shape {
        match value.0.checked_sub(1) {
            Some(node) => self.nodes[node].shape,
            None => self.input,
        }
    }

    /// The kind of the layer that makes a value.
    pub(crate) fn kind(&self, value: Value) -> Option<&str> {
        match &self.nodes.get(value.0.checked_sub(1)?)?.operation {
            Operation::Layer(text, _) => Some(text.kind()),
            _ => None,
        }
    }

    /// The kinds of layers.
    pub(crate) fn kinds(&self) -> &Kinds {
        self.registry.kinds()
    }

    /// The text of a layer.
    ///
    /// # Errors
    /// When it has no such argument, or the argument cannot have the value.
    pub(crate) fn text<'a>(
        &self,
        kind: &str,
        arguments: impl IntoIterator<Item = (&'a str, Argument)>,
    ) -> Checked<LayerText> {
        Ok(LayerText::new(self.kinds(), kind, arguments)?)
    }

    /// The layer of a text, such as `pad(1, mode=reflect)`.
    ///
    /// # Errors
    /// When it does not parse.
    pub(crate) fn parsed(&self, text: &str) -> Checked<LayerText> {
        let parsed = notation::parse(text, self.kinds()).map_err(Error::from)?;
        match parsed.steps.into_iter().next().map(|step| step.item) {
            Some(Item::Layer(layer)) => Ok(layer),
            _ => Err(format!("{text:?} is no layer").into()),
        }
    }

    /// Adds a layer that takes `input`, and gives its output.
    ///
    /// # Errors
    /// When it does not fit its input, or the graph has too many nodes.
    pub(crate) fn layer(
        &mut self,
        origin: Origin,
        text: LayerText,
        arrays: Vec<Array>,
        input: Value,
    ) -> Checked<Value> {
        let layer = self.registry.build(&origin.name, &text);
        let layer = layer.map_err(|error| Problem::Content(error.to_string()))?;
        let refuse = |problem: String| format!("node {}: {problem}", origin.shown());
        let shape = layer.output_shape(self.shape(input));
        let shape = shape.map_err(|error| refuse(error.message))?;
        let shape = (shape.checked()).map_err(|error| refuse(error.to_string()))?;
        self.push(origin, Operation::Layer(text, arrays), vec![input], shape)
    }

    /// Adds a layer without arrays.
    ///
    /// # Errors
    /// As [`Graph::layer`].
    pub(crate) fn plain(&mut self, origin: Origin, kind: &str, input: Value) -> Checked<Value> {
        let text = self.text(kind, [])?;
        self.layer(origin, text, Vec::new(), input)
    }

    /// Adds a factor and an offset for each channel of `input`.
    ///
    /// # Errors
    /// When there are not as many of them as channels.
    pub(crate) fn affine(
        &mut self,
        origin: Origin,
        scale: Vec<f64>,
        shift: Vec<f64>,
        input: Value,
    ) -> Checked<Value> {
        let shape = self.shape(input);
        let channels = shape.channels();
        if [scale.len(), shift.len()] != [channels; 2] {
            return Err(format!(
                "node {}: it has {} factors and {} offsets for {channels} channels",
                origin.shown(),
                scale.len(),
                shift.len()
            )
            .into());
        }
        self.push(
            origin,
            Operation::Affine { scale, shift },
            vec![input],
            shape,
        )
    }

    /// Adds the sum of two values.
    ///
    /// # Errors
    /// When their shapes differ.
    pub(crate) fn sum(&mut self, origin: Origin, a: Value, b: Value) -> Checked<Value> {
        let [first, second] = [self.shape(a), self.shape(b)];
        if first != second {
            return Err(format!(
                "node {}: it adds {first} and {second}, expected values of one shape",
                origin.shown()
            )
            .into());
        }
        self.push(origin, Operation::Add, vec![a, b], first)
    }

    /// Adds the product of a value and of one for each of its channels, or of its shape.
    ///
    /// # Errors
    /// When their shapes do not fit.
    pub(crate) fn product(&mut self, origin: Origin, value: Value, gate: Value) -> Checked<Value> {
        let [shape, gates] = [self.shape(value), self.shape(gate)];
        let channels = shape.channels();
        let per_channel = gates.len() == channels && gates.channels() == channels;
        if shape != gates && !per_channel {
            return Err(format!(
                "node {}: it multiplies {shape} by {gates}, expected a factor for each channel, or values of one shape",
                origin.shown()
            )
            .into());
        }
        self.push(origin, Operation::Multiply, vec![value, gate], shape)
    }

    /// Adds the channels of several values one after the other.
    ///
    /// # Errors
    /// When their heights and widths differ.
    pub(crate) fn concat(&mut self, origin: Origin, values: Vec<Value>) -> Checked<Value> {
        let shapes: Vec<Shape> = values.iter().map(|&value| self.shape(value)).collect();
        let channels = shapes.iter().map(Shape::channels);
        let channels = channels.fold(0_usize, usize::saturating_add);
        let joined = match shapes.first() {
            Some(&Shape::Volume { height, width, .. }) => Shape::volume(height, width, channels),
            Some(Shape::Features(_)) => Shape::Features(channels),
            None => return Err(format!("node {}: it joins nothing", origin.shown()).into()),
        };
        let plane = |shape: Shape| match shape {
            Shape::Volume { height, width, .. } => Some([height, width]),
            Shape::Features(_) => None,
        };
        if let Some(other) = shapes.iter().find(|&&shape| plane(shape) != plane(joined)) {
            return Err(format!(
                "node {}: it joins the channels of {} and {other}, expected values of one height and width",
                origin.shown(),
                shapes[0]
            )
            .into());
        }
        let joined = joined.checked()?;
        self.push(origin, Operation::Concat, values, joined)
    }

    /// Removes the factors and offsets of the input's channels, if they are the first thing that happens to it and all
    /// factors are positive: what the preprocessing can do.
    pub(crate) fn take_first_affine(&mut self, output: Value) -> Option<(Vec<f64>, Vec<f64>)> {
        let needed = self.readers(output);
        let readers: Vec<usize> = (0..self.nodes.len())
            .filter(|&node| needed[node + 1] > 0 && self.nodes[node].inputs.contains(&Value(0)))
            .collect();
        let &[place] = readers.as_slice() else {
            return None;
        };
        let node = &mut self.nodes[place];
        let Operation::Affine { scale, shift } = &mut node.operation else {
            return None;
        };
        let usable = |&factor: &f64| factor > 0.0 && factor.is_finite();
        if !scale.iter().all(usable) || output == Value(place + 1) {
            return None;
        }
        let taken = (std::mem::take(scale), std::mem::take(shift));
        for node in &mut self.nodes {
            for input in &mut node.inputs {
                if *input == Value(place + 1) {
                    *input = Value(0);
                }
            }
        }
        Some(taken)
    }

    fn push(
        &mut self,
        origin: Origin,
        operation: Operation,
        inputs: Vec<Value>,
        shape: Shape,
    ) -> Checked<Value> {
        self.edges += inputs.len();
        if self.nodes.len() >= MAX_NODES || self.edges > MAX_EDGES {
            return Err(format!("the file has more than {MAX_NODES} layers").into());
        }
        self.nodes.push(Node {
            origin,
            operation,
            inputs,
            shape,
        });
        Ok(Value(self.nodes.len()))
    }

    /// For each value, how many of the nodes that `output` needs take it; the output is taken once more.
    pub(super) fn readers(&self, output: Value) -> Vec<usize> {
        let mut readers = vec![0; self.nodes.len() + 1];
        readers[output.0] = 1;
        for (place, node) in self.nodes.iter().enumerate().rev() {
            if readers[place + 1] > 0 {
                for input in &node.inputs {
                    readers[input.0] += 1;
                }
            }
        }
        readers
    }
}
