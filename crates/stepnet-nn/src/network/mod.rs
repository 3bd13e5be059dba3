//! A network: layers in order, each behind those whose outputs it takes, their shapes, and all
//! learnt numbers in one array.

pub(super) mod attempt;
mod builder;
mod checks;
mod join;
mod steps;

use std::ops::Range;
use std::sync::Arc;

use ndarray::{Array2, ArrayViewD};

pub use builder::NetworkBuilder;
pub use join::Join;
pub(super) use steps::Step;

use super::init::Init;
use super::layer::{Context, Layer, Parameter, Start};
use super::loss::Loss;
use super::notation::NetworkText;
use super::plan::{PlanOptions, Span};
use super::shape::Shape;
use super::workspace::Workspace;
use crate::Number;
use crate::error::{Error, Result};
use stepnet_base::rng::RandomState;
use stepnet_base::text::hint;

/// A layer in its place.
#[derive(Debug, Clone)]
pub struct Node<T> {
    name: String,
    layer: Arc<dyn Layer<T>>,
    /// What joins several values; then `layer` is the same.
    join: Option<Join>,
    inputs: Vec<usize>,
    input: Shape,
    output: Shape,
    parameters: Vec<Parameter>,
    range: Range<usize>,
    implied: bool,
    frozen: bool,
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
    /// unless it joins several.
    pub fn inputs(&self) -> &[usize] {
        &self.inputs
    }

    /// How it joins several values: where a residual block or branches end.
    pub fn join(&self) -> Option<&Join> {
        self.join.as_ref()
    }

    /// The shape of an input example; of several inputs, of the first.
    pub fn input(&self) -> Shape {
        self.input
    }

    /// The shape of an output example.
    pub fn output(&self) -> Shape {
        self.output
    }

    /// The arrays of its numbers, learnt or not.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// Where the layer's numbers lie in [`Network::parameters`].
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

    /// Whether there is anything to learn and training may.
    pub fn trains(&self) -> bool {
        !self.frozen && !self.range.is_empty()
    }

    /// Each array with the place of its numbers in [`Network::parameters`].
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

/// A network of layers for inputs of one shape, with its learnt numbers.
///
/// It can be shared between threads for inference; each brings its own [`Workspace`].
#[derive(Debug, Clone)]
pub struct Network<T> {
    text: NetworkText,
    input: Shape,
    nodes: Vec<Node<T>>,
    /// How a pass goes through the nodes.
    steps: steps::Steps<T>,
    parameters: Vec<T>,
    loss: Loss,
    exact: bool,
}

impl<T: Number> Network<T> {
    /// The network of a text in the arrow notation, or of a preset's name, for inputs of one shape.
    ///
    /// # Errors
    /// As [`NetworkBuilder::build`].
    pub fn new(text: &str, input: impl Into<Shape>) -> Result<Self> {
        Self::builder().build(text, input)
    }

    /// A builder, where more than a text and a shape is to be said.
    pub fn builder() -> NetworkBuilder<T> {
        NetworkBuilder::default()
    }

    /// Draws every weight by `init`, layer by layer, each array row by row; biases become their constants.
    pub fn initialize(&mut self, init: Init, random: &mut RandomState) {
        for node in 0..self.nodes.len() {
            self.initialize_node(node, init, random);
        }
    }

    /// Draws the weights of one layer.
    pub fn initialize_node(&mut self, node: usize, init: Init, random: &mut RandomState) {
        let node = &self.nodes[node];
        for (parameter, range) in node.placed_parameters() {
            let values = &mut self.parameters[range];
            match parameter.start {
                Start::Constant(value) => values.fill(T::from_f64(value)),
                Start::Drawn { .. } if !init.draws() => values.fill(T::zero()),
                Start::Drawn { fan_in, fan_out } => {
                    for value in values {
                        *value = T::from_f64(init.value(random.normal(), fan_in, fan_out));
                    }
                }
            }
        }
    }

    /// Holds still the layers that `names` name: a layer's name (`conv1`), a kind (`conv`: all of
    /// them), or a number (`3`: the first three layers that learn).
    ///
    /// # Errors
    /// When a name fits no layer; the message lists those that would.
    pub fn freeze(&mut self, names: &[impl AsRef<str>]) -> Result<()> {
        for name in names {
            let name = name.as_ref().trim();
            let mut found = false;
            if let Ok(count) = name.parse::<usize>() {
                for node in self
                    .nodes
                    .iter_mut()
                    .filter(|node| !node.range.is_empty())
                    .take(count)
                {
                    node.frozen = true;
                }
                found = true;
            }
            for node in &mut self.nodes {
                if !node.range.is_empty() && (node.name == name || node.layer.text().kind() == name)
                {
                    node.frozen = true;
                    found = true;
                }
            }
            if !found {
                let known: Vec<&str> = self
                    .nodes
                    .iter()
                    .filter(|node| !node.range.is_empty())
                    .map(Node::name)
                    .collect();
                return Err(Error::value(
                    "freeze",
                    "the layer",
                    format!("{name:?}"),
                    format!(
                        "a number of layers, a kind such as conv, or one of {}{}",
                        known.join(", "),
                        hint(name, known.iter().copied())
                    ),
                ));
            }
        }
        Ok(())
    }

    /// Whether rounding counts more than time: then 3x3 convolutions of `f32` keep to the direct method,
    /// sum by sum, and never go Winograd's way, which rounds several times as much and lets a large
    /// value be felt, by rounding, in outputs whose windows do not see it (the bound is in
    /// [`kernels::conv::winograd`](stepnet_kernels::conv::winograd)). Off unless set, and not saved with a
    /// model: it says how a network is run, not what it is. A [`Workspace`] is made after it is set.
    pub fn set_exact(&mut self, exact: bool) {
        if self.exact == exact {
            return;
        }
        self.exact = exact;
        for node in &mut self.nodes {
            if let Some(layer) = node.layer.with_exact(exact) {
                node.layer = layer;
            }
        }
        self.steps = steps::Steps::of(&self.nodes);
    }

    /// Whether it keeps to the direct method: [`Network::set_exact`].
    pub fn exact(&self) -> bool {
        self.exact
    }

    /// The text of the network in the arrow notation, with `classes` resolved.
    pub fn text(&self) -> &NetworkText {
        &self.text
    }

    /// The shape of an input example.
    pub fn input(&self) -> Shape {
        self.input
    }

    /// The shape of an output example.
    pub fn output(&self) -> Shape {
        self.nodes.last().map_or(self.input, Node::output)
    }

    /// The layers in order.
    pub fn nodes(&self) -> &[Node<T>] {
        &self.nodes
    }

    /// The loss it is trained with.
    pub fn loss(&self) -> Loss {
        self.loss
    }

    /// What is worth saying of a network that is to tell classes apart and does not end in an
    /// activation for them: it fits, and trains by mean squared error.
    pub fn closing_advice(&self) -> Option<String> {
        let closed = self.loss.fused_kind().is_some();
        let last = self.nodes.last()?;
        (!closed).then(|| {
            let kind = if self.output().len() == 1 { "sigmoid" } else { "softmax" };
            format!(
                "the network ends in {} ({}), so it is trained by {}; with -> {kind} at the end its \
                 outputs are probabilities",
                last.name,
                last.layer.text(),
                self.loss
            )
        })
    }

    /// All learnt numbers, layer by layer.
    pub fn parameters(&self) -> &[T] {
        &self.parameters
    }

    /// All learnt numbers, to be changed.
    pub fn parameters_mut(&mut self) -> &mut [T] {
        &mut self.parameters
    }

    /// How many of [`Network::parameters`] are not learnt, such as running statistics.
    pub fn not_learnt(&self) -> usize {
        let arrays = self.nodes.iter().flat_map(Node::parameters);
        arrays
            .filter(|array| !array.learnt)
            .map(Parameter::len)
            .sum()
    }

    /// Multiplications of one example's forward pass (each with its addition).
    pub fn multiply_adds(&self) -> u64 {
        self.nodes
            .iter()
            .map(|node| node.layer.multiply_adds(node.input))
            .fold(0, u64::saturating_add)
    }

    /// About how many operations one example's forward pass takes: its multiply-adds, and 16 for
    /// each output of a layer and each position of a pooling's windows, which take that much longer.
    pub fn work(&self) -> u64 {
        self.nodes
            .iter()
            .map(|node| attempt::work(node.layer(), node.input, node.output))
            .fold(0, u64::saturating_add)
    }

    /// What does the work of a span of nodes; of a sum with its ReLU, the sum.
    pub(super) fn span_layer(&self, span: Span) -> &dyn Layer<T> {
        let step = &self.steps(span.training)[span.step];
        let together = step.together.as_deref();
        together.unwrap_or_else(|| self.nodes[span.first].layer())
    }

    /// The steps of a pass through all layers, in training or at inference.
    pub(super) fn steps(&self, training: bool) -> &[Step<T>] {
        &self.steps.0[usize::from(!training)]
    }

    /// [`Layer::after_step`] of what does the work of a span.
    pub(super) fn after_step(&mut self, span: Span, context: &Context<'_>, kept: &[T]) {
        let range = self.nodes[span.first].range.clone();
        let step = &self.steps.0[usize::from(!span.training)][span.step];
        let together = step.together.as_deref();
        let layer = together.unwrap_or_else(|| self.nodes[span.first].layer.as_ref());
        layer.after_step(context, kept, &mut self.parameters[range]);
    }

    /// The parameters of all nodes of a span, one after the other.
    pub(super) fn span_parameters(&self, span: &Range<usize>) -> &[T] {
        let (first, last) = (&self.nodes[span.start], &self.nodes[span.end - 1]);
        &self.parameters[first.range.start..last.range.end]
    }

    pub(super) fn node_parameters(&self, node: usize) -> &[T] {
        &self.parameters[self.nodes[node].range.clone()]
    }

    /// The shape of value number `value`: 0 is the input, `i + 1` the output of layer number `i`.
    pub fn value_shape(&self, value: usize) -> Shape {
        match value.checked_sub(1) {
            Some(node) => self.nodes[node].output,
            None => self.input,
        }
    }

    /// For each value the numbers of the layers that take it, in order.
    pub fn readers(&self) -> Vec<Vec<usize>> {
        readers(&self.nodes)
    }

    /// How many layers run in training: all but an activation that the loss is fused with.
    pub(super) fn nodes_before_loss(&self) -> usize {
        self.nodes.len() - usize::from(self.loss.fused_kind().is_some())
    }

    /// What an array of examples has to be, and how one comes to it whose channels are in front.
    fn expected(&self, found: &[usize]) -> String {
        let expected = format!("(examples, {})", self.input);
        match (self.input, found) {
            (
                Shape::Volume {
                    height,
                    width,
                    channels,
                },
                &[_, c, h, w],
            ) if [h, w, c] == [height, width, channels] => {
                expected + "; the channels are in front: move axis 1 to the end"
            }
            _ => expected,
        }
    }

    /// The outputs for any array whose examples, along its first axis, have the network's input
    /// shape: one row per example. Allocates; for many calls keep a [`Workspace`].
    ///
    /// # Errors
    /// When the shape of `x` is another.
    pub fn predict(&self, x: ArrayViewD<'_, T>) -> Result<Array2<T>> {
        let Some((&examples, extents)) = x.shape().split_first() else {
            return Err(Error::shape(
                "predict",
                "x",
                x.shape(),
                format!("(examples, {})", self.input),
            ));
        };
        // Other axes may only hold the same values in the same order: flat, or without the ones.
        let longer = |extents: &[usize]| -> Vec<usize> {
            extents.iter().copied().filter(|&n| n > 1).collect()
        };
        let other_axes = extents.len() == 3 && longer(extents) != longer(&self.input.extents());
        let size = extents.iter().product::<usize>();
        if size != self.input.len() || extents.contains(&0) || other_axes {
            return Err(Error::shape(
                "predict",
                "x",
                x.shape(),
                self.expected(x.shape()),
            ));
        }
        let contiguous = x.as_standard_layout();
        let mut workspace = Workspace::new(self, examples, PlanOptions::default())?;
        let values = contiguous.as_slice().unwrap_or(&[]);
        let outputs = workspace.predict(self, values)?.to_vec();
        Array2::from_shape_vec((examples, self.output().len()), outputs)
            .map_err(|error| Error::Training(error.to_string()))
    }
}

/// See [`Network::readers`].
fn readers<T>(nodes: &[Node<T>]) -> Vec<Vec<usize>> {
    let mut readers = vec![Vec::new(); nodes.len() + 1];
    for (number, node) in nodes.iter().enumerate() {
        for &value in &node.inputs {
            readers[value].push(number);
        }
    }
    readers
}
