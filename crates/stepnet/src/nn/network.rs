//! A network: layers in order, their shapes, and all learnt numbers in one array.

use std::ops::Range;
use std::sync::Arc;

use ndarray::{Array2, ArrayViewD};

use super::init::Init;
use super::layer::{Layer, Parameter, Start};
use super::layers::Registry;
use super::loss::Loss;
use super::notation::{self, LayerText, NetworkText};
use super::plan::{Plan, PlanOptions};
use super::shape::Shape;
use super::workspace::Workspace;
use crate::Element;
use crate::error::{Error, Result};
use crate::memory;
use crate::rng::RandomState;

/// The most numbers a network may learn: checked before any memory is taken.
const MAX_PARAMETERS: usize = 1 << 33;

/// The most values one example may need at a time at inference, scratch memory included: two
/// gibibytes in `f32`. It bounds what a short text, or a small model file, can ask for.
const MAX_PASS: usize = 1 << 29;

/// The most [`Network::work`] of one example: some minutes on a desktop's CPU. Real networks are
/// far below; a short text that repeats a layer over a large picture is not.
const MAX_WORK: u64 = 1 << 42;

/// About how many multiply-adds of a matrix product take the time of one value elsewhere.
const VISIT_COST: u64 = 16;

/// A layer in its place.
#[derive(Debug, Clone)]
pub struct Node<T> {
    name: String,
    layer: Arc<dyn Layer<T>>,
    input: Shape,
    output: Shape,
    parameters: Vec<Parameter>,
    range: Range<usize>,
    implied: bool,
    frozen: bool,
}

impl<T: Element> Node<T> {
    /// The layer's name: its label, or its kind and number.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The layer.
    pub fn layer(&self) -> &dyn Layer<T> {
        self.layer.as_ref()
    }

    /// The shape of an input example.
    pub fn input(&self) -> Shape {
        self.input
    }

    /// The shape of an output example.
    pub fn output(&self) -> Shape {
        self.output
    }

    /// The arrays of learnt numbers.
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
    parameters: Vec<T>,
    loss: Loss,
}

/// What a network is built from besides its text and its input.
#[derive(Debug, Clone)]
pub struct NetworkBuilder<T> {
    registry: Registry<T>,
    classes: Option<usize>,
    loss: Option<Loss>,
    most_parameters: usize,
}

impl<T: Element> Default for NetworkBuilder<T> {
    fn default() -> Self {
        Self {
            registry: Registry::builtin(),
            classes: None,
            loss: None,
            most_parameters: MAX_PARAMETERS,
        }
    }
}

impl<T: Element> NetworkBuilder<T> {
    /// The number that `classes` stands for in the text.
    #[must_use]
    pub fn classes(mut self, classes: usize) -> Self {
        self.classes = Some(classes);
        self
    }

    /// Another loss than the closing activation would choose.
    #[must_use]
    pub fn loss(mut self, loss: Loss) -> Self {
        self.loss = Some(loss);
        self
    }

    /// Other layers than the built-in ones.
    #[must_use]
    pub fn registry(mut self, registry: Registry<T>) -> Self {
        self.registry = registry;
        self
    }

    /// Refuses to learn more numbers than these, before memory is taken for them.
    #[must_use]
    pub fn most_parameters(mut self, most: usize) -> Self {
        self.most_parameters = most.min(MAX_PARAMETERS);
        self
    }

    /// The network of a text in the arrow notation, or of a preset's name. All weights are zero
    /// until [`Network::initialize`] draws them.
    ///
    /// # Errors
    /// What does not parse, with the column; which layer does not fit its input, with the sizes.
    pub fn build(self, text: &str, input: impl Into<Shape>) -> Result<Network<T>> {
        let parsed = notation::parse_or_preset(text, self.registry.kinds())?;
        self.build_text(parsed, input.into())
    }

    /// The network of a parsed text.
    ///
    /// # Errors
    /// Which layer does not fit its input, with the sizes.
    pub fn build_text(self, mut text: NetworkText, input: Shape) -> Result<Network<T>> {
        input.checked()?;
        if let Some(classes) = self.classes {
            notation::resolve_classes(&mut text, classes)?;
        }
        let mut stack = Stack {
            nodes: Vec::new(),
            shape: input,
            parameters: 0,
            most_parameters: self.most_parameters,
            work: 0,
        };
        for named in notation::expand(&text)? {
            stack.push_with_flatten(&self.registry, &named.name, &named.layer)?;
        }
        let closing = stack
            .nodes
            .last()
            .map_or(String::new(), |node| node.layer.text().kind().to_owned());
        let loss = self
            .loss
            .unwrap_or_else(|| Loss::for_closing_kind(&closing));
        check_loss(loss, &stack, &closing)?;
        let mut network = Network {
            text,
            input,
            parameters: Vec::new(),
            nodes: stack.nodes,
            loss,
        };
        check_memory(&network)?;
        network.parameters =
            memory::zeros("the numbers that the network learns", stack.parameters)?;
        Ok(network)
    }
}

/// The nodes so far and what flows out of them.
struct Stack<T> {
    nodes: Vec<Node<T>>,
    shape: Shape,
    parameters: usize,
    most_parameters: usize,
    work: u64,
}

impl<T: Element> Stack<T> {
    /// Pushes a layer, and before a dense one the flatten that the text left out.
    fn push_with_flatten(
        &mut self,
        registry: &Registry<T>,
        name: &str,
        text: &LayerText,
    ) -> Result<()> {
        if text.kind() == "linear" && matches!(self.shape, Shape::Volume { .. }) {
            let flatten = LayerText::new(registry.kinds(), "flatten", [])?;
            self.push(registry, &format!("flatten before {name}"), &flatten, true)?;
        }
        self.push(registry, name, text, false)
    }

    fn push(
        &mut self,
        registry: &Registry<T>,
        name: &str,
        text: &LayerText,
        implied: bool,
    ) -> Result<()> {
        let layer = registry.build(name, text)?;
        let input = self.shape;
        let output = layer
            .output_shape(input)
            .and_then(|shape| shape.checked().map_err(|error| error.to_string()))
            .map_err(|problem| Error::layer(name, problem))?;
        self.work = self
            .work
            .saturating_add(work(layer.as_ref(), input, output));
        if self.work > MAX_WORK {
            let problem = format!(
                "with it one example would take {} operations, expected at most {MAX_WORK}",
                self.work
            );
            return Err(Error::layer(name, problem));
        }
        let parameters = layer.parameters(input);
        let total = parameters
            .iter()
            .try_fold(self.parameters, |total, parameter| {
                let len = parameter
                    .shape
                    .iter()
                    .try_fold(1_usize, |len, &extent| len.checked_mul(extent))?;
                total
                    .checked_add(len)
                    .filter(|&total| total <= self.most_parameters)
            })
            .ok_or_else(|| {
                let most = self.most_parameters;
                Error::layer(
                    name,
                    format!("with it the network would learn more than {most} numbers"),
                )
            })?;
        let range = self.parameters..total;
        self.nodes.push(Node {
            name: name.to_owned(),
            layer,
            input,
            output,
            parameters,
            range,
            implied,
            frozen: false,
        });
        self.shape = output;
        self.parameters = total;
        Ok(())
    }
}

/// See [`Network::work`].
fn work<T: Element>(layer: &dyn Layer<T>, input: Shape, output: Shape) -> u64 {
    let visits = layer.visits(input).saturating_add(output.len() as u64);
    let visits = visits.saturating_mul(VISIT_COST);
    layer.multiply_adds(input).saturating_add(visits)
}

/// Refuses a network whose workspace for one example would be out of all proportion.
fn check_memory<T: Element>(network: &Network<T>) -> Result<()> {
    let needed = Plan::new(network, 1, PlanOptions::default())?.bytes::<T>();
    let most = MAX_PASS * size_of::<T>();
    if needed <= most {
        return Ok(());
    }
    let needed = memory::readable(needed as u128);
    Err(Error::value(
        "network",
        "the memory for one example",
        needed,
        format!("at most {}", memory::readable(most as u128)),
    ))
}

fn check_loss<T>(loss: Loss, stack: &Stack<T>, closing: &str) -> Result<()> {
    let Some(needed) = loss.fused_kind() else {
        return Ok(());
    };
    if closing != needed {
        return Err(Error::value(
            "network",
            "the last layer",
            format!("{closing:?}"),
            format!("{needed}, because the loss is {loss}"),
        ));
    }
    match stack.shape {
        Shape::Features(_) => Ok(()),
        volume @ Shape::Volume { .. } => Err(Error::value(
            "network",
            "the output",
            format!("a volume {volume}"),
            "a vector; put flatten or globalavgpool and linear before the last activation",
        )),
    }
}

impl<T: Element> Network<T> {
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
    pub(crate) fn initialize_node(&mut self, node: usize, init: Init, random: &mut RandomState) {
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
                        "a number of layers, a kind such as conv, or one of {}",
                        known.join(", ")
                    ),
                ));
            }
        }
        Ok(())
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

    /// All learnt numbers, layer by layer.
    pub fn parameters(&self) -> &[T] {
        &self.parameters
    }

    /// All learnt numbers, to be changed.
    pub fn parameters_mut(&mut self) -> &mut [T] {
        &mut self.parameters
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
            .map(|node| work(node.layer(), node.input, node.output))
            .fold(0, u64::saturating_add)
    }

    pub(super) fn node_parameters(&self, node: usize) -> &[T] {
        &self.parameters[self.nodes[node].range.clone()]
    }

    pub(super) fn shape_before(&self, node: usize) -> Shape {
        match node.checked_sub(1) {
            Some(before) => self.nodes[before].output,
            None => self.input,
        }
    }

    /// How many layers run in training: all but an activation that the loss is fused with.
    pub(super) fn nodes_before_loss(&self) -> usize {
        self.nodes.len() - usize::from(self.loss.fused_kind().is_some())
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
        if extents.iter().product::<usize>() != self.input.len() || extents.contains(&0) {
            return Err(Error::shape(
                "predict",
                "x",
                x.shape(),
                format!("(examples, {})", self.input),
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
