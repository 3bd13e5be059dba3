//! A network and its parameters.

use std::ops::Range;
use std::sync::Arc;

use super::node::{Node, readers, work};
use crate::Number;
use crate::error::{Error, Result};
use crate::fuse::{FusedNodes, Segments, Span};
use crate::init::Init;
use crate::layer::{Context, Layer, Parameter, Start};
use crate::layers::Conv;
use crate::loss::Loss;
use crate::notation::{Kinds, LayerText, NetworkText};
use crate::optim::ParameterRange;
use crate::shape::Shape;
use stepnet_base::rng::RandomState;
use stepnet_base::text::hint;

/// A network of layers for inputs of one shape, with its parameters.
///
/// It can be shared between threads for inference; each brings its own [`Workspace`](crate::Workspace).
#[derive(Debug, Clone)]
pub struct Network<T> {
    pub(super) text: NetworkText,
    pub(super) input: Shape,
    pub(super) nodes: Vec<Node<T>>,
    /// The nodes as passes run them, some fused.
    pub(super) segments: Segments<T>,
    pub(super) parameters: Vec<T>,
    pub(super) loss: Loss,
    pub(super) exact: bool,
}

impl<T: Number> Network<T> {
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

    /// Freezes the layers that `names` name: a layer's name (`conv1`), a kind (`conv`: all of
    /// them), or a number (`3`: the first three layers with parameters).
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
                return Err(self.unknown_layer(name));
            }
        }
        Ok(())
    }

    /// Freezes the layers whose numbers `frozen` names, and no others.
    pub fn set_frozen(&mut self, frozen: impl Fn(usize) -> bool) {
        for (number, node) in self.nodes.iter_mut().enumerate() {
            node.frozen = frozen(number);
        }
    }

    /// Whether training leaves running statistics, such as those of `bn`, as they are and normalises by them, as at
    /// inference. Factors and offsets are trained as before. Not saved in files.
    pub fn fix_statistics(&mut self, fixed: bool) {
        for node in &mut self.nodes {
            let has = node.parameters.iter().any(|array| !array.trainable);
            node.fixed_statistics = fixed && has;
        }
    }

    /// The error for a `name` that no layer with parameters has, with the nearest ones that one has.
    fn unknown_layer(&self, name: &str) -> Error {
        let nodes = self.nodes.iter().filter(|node| !node.range.is_empty());
        let known: Vec<&str> = nodes.clone().map(Node::name).collect();
        let texts: Vec<LayerText> = nodes.map(|node| node.layer.text()).collect();
        let kinds = texts.iter().map(LayerText::kind);
        // The kind that has this for another spelling, or else what is spelt alike.
        let builtin = Kinds::builtin();
        let meant = builtin.get(name).map(|signature| signature.name());
        let near = match meant.filter(|&kind| kinds.clone().any(|other| other == kind)) {
            Some(kind) => hint(kind, [kind]),
            None => hint(name, known.iter().copied().chain(kinds)),
        };
        let known = known.join(", ");
        let expected = format!("a number of layers, a kind such as conv, or one of {known}{near}");
        Error::value("freeze", "the layer", format!("{name:?}"), expected)
    }

    /// Whether accuracy matters more than time: then 3x3 convolutions of `f32` use the direct method, sum by
    /// sum, and never Winograd's, which rounds several times as much and spreads the rounding error of a large
    /// value to outputs whose windows do not contain it (the bound is in
    /// [`kernels::conv::winograd`](stepnet_kernels::conv::winograd)). Layers of a program's own are left as they
    /// are. Off unless set, and not saved with a model: it says how a network is run, not what it is. A
    /// [`Workspace`](crate::Workspace) is made after it is set.
    pub fn set_exact(&mut self, exact: bool) {
        if self.exact == exact {
            return;
        }
        self.exact = exact;
        for node in &mut self.nodes {
            if let Some(conv) = node.layer.downcast_ref::<Conv>() {
                node.layer = Arc::new(conv.with_exact(exact));
            }
        }
        self.segments = Segments::of(&self.nodes);
    }

    /// Whether it uses only the direct method: [`Network::set_exact`].
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

    /// Advice for a classifier that does not end in a sigmoid or softmax: it fits, and trains with the mean
    /// squared error.
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

    /// All parameters, layer by layer.
    pub fn parameters(&self) -> &[T] {
        &self.parameters
    }

    /// All parameters, to be changed.
    pub fn parameters_mut(&mut self) -> &mut [T] {
        &mut self.parameters
    }

    /// Where each array lies among [`Network::parameters`], in order, and how updates treat it.
    pub fn parameter_ranges(&self) -> Vec<ParameterRange> {
        let arrays = self.nodes.iter().flat_map(|node| {
            let arrays = node.placed_parameters();
            arrays.map(|(parameter, range)| {
                ParameterRange::new(range, parameter.decays)
                    .trainable(node.trains() && parameter.trainable)
            })
        });
        arrays.collect()
    }

    /// How many of [`Network::parameters`] are not trainable, such as running statistics.
    pub fn non_trainable(&self) -> usize {
        let arrays = self.nodes.iter().flat_map(Node::parameters);
        arrays
            .filter(|array| !array.trainable)
            .map(Parameter::len)
            .sum()
    }

    /// Multiplications of one example's forward pass (each with its addition).
    pub fn multiply_adds(&self) -> u64 {
        self.nodes
            .iter()
            .map(|node| node.layer.cost().multiply_adds(node.input))
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

    /// The nodes that run fused in training, or at inference, each with the rule that fuses them.
    pub fn fused(&self, training: bool) -> impl Iterator<Item = FusedNodes> {
        self.segments.fused(training)
    }

    /// The nodes as passes run them, some fused.
    pub(crate) fn segments(&self) -> &Segments<T> {
        &self.segments
    }

    /// The layer that does the work of a span: its node's, or the fused one.
    pub(crate) fn span_layer(&self, span: Span) -> &dyn Layer<T> {
        let segment = &self.segments.of_passes(span.training)[span.segment];
        match &segment.fused {
            Some((layer, _)) => layer.as_ref(),
            None => self.nodes[span.first].layer(),
        }
    }

    /// [`Layer::after_step`] of the layer that does the work of a span.
    pub(crate) fn after_step(&mut self, span: Span, context: &Context<'_>, kept: &[T]) {
        let range = self.nodes[span.first].range.clone();
        let segment = &self.segments.of_passes(span.training)[span.segment];
        let layer = match &segment.fused {
            Some((layer, _)) => layer.as_ref(),
            None => self.nodes[span.first].layer.as_ref(),
        };
        layer.after_step(context, kept, &mut self.parameters[range]);
    }

    /// The parameters of all nodes of a span, one after the other.
    pub(crate) fn span_parameters(&self, span: &Range<usize>) -> &[T] {
        let (first, last) = (&self.nodes[span.start], &self.nodes[span.end - 1]);
        &self.parameters[first.range.start..last.range.end]
    }

    pub(crate) fn node_parameters(&self, node: usize) -> &[T] {
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

    /// For each value whether a training pass computes the gradient with respect to it: whether a layer before it
    /// trains, and with `input_gradient` for all that depend on the input.
    pub(crate) fn needs_gradients(&self, input_gradient: bool) -> Vec<bool> {
        let mut needed = vec![input_gradient];
        for node in &self.nodes {
            let before = node.inputs.iter().any(|&value| needed[value]);
            needed.push(before || node.trains());
        }
        needed
    }

    /// How many layers run in training: all but an activation that the loss is fused with.
    pub(crate) fn nodes_before_loss(&self) -> usize {
        self.nodes.len() - usize::from(self.loss.fused_kind().is_some())
    }
}
