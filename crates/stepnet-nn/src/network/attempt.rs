//! Whether a text makes a network: shapes follow from layer to layer, and what does not fit, or
//! would ask for more than a machine has, is told before memory is taken for it.

use std::sync::Arc;

use super::checks::{check_classes, check_loss, check_memory};
use super::core::Network;
use super::join::Join;
use super::node::{Node, work};
use super::steps::Steps;
use crate::Number;
use crate::error::{Error, Result};
use crate::layer::{Layer, Parameter, Remedy};
use crate::layers::Registry;
use crate::loss::Loss;
use crate::notation::{self, LayerText, NamedLayer, NetworkText};
use crate::shape::Shape;

/// The most that a network may ask for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Numbers it may learn.
    pub(crate) parameters: usize,
    /// Values one example may need at a time, scratch memory included.
    pub(crate) values: usize,
    /// [`Network::work`] of one example.
    pub(crate) work: u64,
    /// Whether `values` holds for training, too, and not for inference alone.
    pub(crate) training: bool,
}

impl Limits {
    /// What bounds the demands of a short text, or a small model file: some 8 milliard weights, two
    /// gibibytes of `f32` for an example, some minutes on a desktop's CPU. Real networks are far
    /// below.
    pub(crate) const MOST: Self = Self {
        parameters: 1 << 33,
        values: 1 << 29,
        work: 1 << 42,
        training: false,
    };
}

/// What a text is tried with.
#[derive(Debug)]
pub(crate) struct Terms<'a, T> {
    pub(crate) registry: &'a Registry<T>,
    /// What the word `classes` stands for.
    pub(crate) classes: Option<usize>,
    /// The classes that the network has to tell apart, if that is asked of it.
    pub(crate) names: Option<&'a [String]>,
    pub(crate) loss: Option<Loss>,
    pub(crate) limits: Limits,
}

/// Why no network came of a text.
#[derive(Debug)]
pub(crate) enum Refusal<T> {
    /// It is no matter of what fits what.
    Plain(Error),
    /// Something does not fit.
    Misfit(Box<Misfit<T>>),
}

impl<T, E: Into<Error>> From<E> for Refusal<T> {
    fn from(error: E) -> Self {
        Self::Plain(error.into())
    }
}

/// What is wrong about a misfit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A layer refuses its arguments.
    Arguments,
    /// A layer refuses its input.
    Input,
    /// The network asks for too much from this layer on.
    Size,
    /// The loss needs this closing activation.
    Closing(&'static str),
    /// The output is a volume where a vector is needed.
    Volume,
    /// The outputs are not one for each class.
    Classes,
}

/// Something that does not fit, with what there is to say about it.
#[derive(Debug)]
pub(crate) struct Misfit<T> {
    pub(crate) kind: Kind,
    /// The layer's number when groups are written out.
    pub(crate) index: usize,
    /// All layers, groups written out.
    pub(crate) layers: Vec<NamedLayer>,
    /// The layers before it that fit, with the implied ones.
    pub(crate) nodes: Vec<Node<T>>,
    /// What flows into the layer.
    pub(crate) input: Shape,
    pub(crate) problem: String,
    pub(crate) formula: Option<String>,
    /// What the layer itself would have changed.
    pub(crate) remedies: Vec<Remedy>,
}

/// The network of `text` with no numbers in it yet, and how many it learns.
pub(crate) fn attempt<T: Number>(
    terms: &Terms<'_, T>,
    text: &NetworkText,
    input: Shape,
) -> Result<(Network<T>, usize), Refusal<T>> {
    input.checked()?;
    let mut text = text.clone();
    if let Some(classes) = terms.classes {
        notation::resolve_classes(&mut text, classes)?;
    }
    let layers = notation::expand(&text)?;
    let mut stack = Stack {
        terms,
        input,
        nodes: Vec::new(),
        parameters: 0,
        work: 0,
    };
    // The value that each layer of the text makes: implied layers lie between.
    let mut made: Vec<usize> = Vec::with_capacity(layers.len());
    for (index, layer) in layers.iter().enumerate() {
        let inputs = layer.inputs.iter();
        let inputs: Vec<usize> = inputs
            .map(|input| input.map_or(0, |layer| made[layer]))
            .collect();
        let source = layer.source.map_or(0, |layer| made[layer]);
        let shape = stack.shape(source);
        if let Err(fault) = stack.push_with_flatten(layer, inputs, source) {
            return Err(fault.at(index, layers, stack.nodes, shape));
        }
        made.push(stack.nodes.len());
    }
    let Stack {
        nodes, parameters, ..
    } = stack;
    let closing = layers.last().map_or("", |named| named.layer.kind());
    let loss = (terms.loss).unwrap_or_else(|| Loss::for_closing_kind(closing));
    let mut network = Network {
        text,
        input,
        parameters: Vec::new(),
        steps: Steps::of(&nodes),
        nodes,
        loss,
        exact: false,
    };
    let checked = check_loss(&network, closing)
        .and_then(|()| check_classes(&network, terms.names))
        .map_err(|fault| Box::new((layers.len() - 1, fault)))
        .and_then(|()| check_memory(&network, &terms.limits));
    match checked {
        Ok(()) => Ok((network, parameters)),
        Err(blamed) => {
            let (index, fault) = *blamed;
            let nodes = std::mem::take(&mut network.nodes);
            let node = place_of(&nodes, index);
            let input = nodes.get(node).map_or(input, Node::input);
            Err(fault.at(index, layers, nodes, input))
        }
    }
}

/// The place among the nodes of the layer number `index` of the text: implied nodes lie between.
pub(crate) fn place_of<T>(nodes: &[Node<T>], index: usize) -> usize {
    let written = nodes.iter().enumerate().filter(|(_, node)| !node.implied);
    written
        .map(|(place, _)| place)
        .nth(index)
        .unwrap_or(nodes.len())
}

/// What is wrong with a layer, before it is known where the layer stands.
pub(super) enum Fault {
    Plain(Error),
    Misfit {
        kind: Kind,
        problem: String,
        formula: Option<String>,
        remedies: Vec<Remedy>,
    },
}

impl Fault {
    pub(super) fn new(kind: Kind, problem: String, formula: Option<String>) -> Self {
        Self::Misfit {
            kind,
            problem,
            formula,
            remedies: Vec::new(),
        }
    }

    fn at<T>(
        self,
        index: usize,
        layers: Vec<NamedLayer>,
        nodes: Vec<Node<T>>,
        input: Shape,
    ) -> Refusal<T> {
        match self {
            Self::Plain(error) => Refusal::Plain(error),
            Self::Misfit {
                kind,
                problem,
                formula,
                remedies,
            } => Refusal::Misfit(Box::new(Misfit {
                kind,
                index,
                layers,
                nodes,
                input,
                problem,
                formula,
                remedies,
            })),
        }
    }
}

/// The nodes so far.
struct Stack<'a, T> {
    terms: &'a Terms<'a, T>,
    input: Shape,
    nodes: Vec<Node<T>>,
    parameters: usize,
    work: u64,
}

/// A layer that is to become a node.
struct Candidate<'n, T> {
    name: &'n str,
    layer: Arc<dyn Layer<T>>,
    join: Option<Join>,
    inputs: Vec<usize>,
    implied: bool,
}

impl<T: Number> Stack<'_, T> {
    /// The shape of a value: 0 is the input, `i + 1` the output of node `i`.
    fn shape(&self, value: usize) -> Shape {
        let node = value.checked_sub(1).and_then(|node| self.nodes.get(node));
        node.map_or(self.input, Node::output)
    }

    /// Pushes a layer, and before a dense one the flatten that the text left out.
    fn push_with_flatten(
        &mut self,
        named: &NamedLayer,
        mut inputs: Vec<usize>,
        source: usize,
    ) -> Result<(), Fault> {
        if named.layer.kind() == "linear" && matches!(self.shape(inputs[0]), Shape::Volume { .. }) {
            let kinds = self.terms.registry.kinds();
            let flatten = LayerText::new(kinds, "flatten", []).map_err(Fault::Plain)?;
            let name = format!("flatten before {}", named.name);
            self.push_layer(&name, &flatten, inputs, true)?;
            inputs = vec![self.nodes.len()];
        }
        if named.layer.joins() {
            return self.push_join(named, inputs, source);
        }
        self.push_layer(&named.name, &named.layer, inputs, false)
    }

    /// Pushes what joins the `inputs`, made of value number `source`.
    fn push_join(
        &mut self,
        named: &NamedLayer,
        inputs: Vec<usize>,
        source: usize,
    ) -> Result<(), Fault> {
        let shapes: Vec<Shape> = inputs.iter().map(|&value| self.shape(value)).collect();
        let adds = named.layer.kind() == notation::RESIDUAL;
        let joined = match adds {
            true => Join::add(&shapes),
            false => Join::concat(&shapes),
        };
        let join = joined.map_err(|problem| Fault::Misfit {
            kind: Kind::Input,
            problem,
            formula: None,
            remedies: match adds {
                true => projection(self.terms, &named.layer, self.shape(source), shapes[0]),
                false => Vec::new(),
            },
        })?;
        self.push(Candidate {
            name: &named.name,
            layer: Arc::new(join.clone()),
            join: Some(join),
            inputs,
            implied: false,
        })
    }

    fn push_layer(
        &mut self,
        name: &str,
        text: &LayerText,
        inputs: Vec<usize>,
        implied: bool,
    ) -> Result<(), Fault> {
        let layer = self.terms.registry.made(text);
        let layer = layer.map_err(|problem| Fault::new(Kind::Arguments, problem, None))?;
        self.push(Candidate {
            name,
            layer,
            join: None,
            inputs,
            implied,
        })
    }

    fn push(&mut self, candidate: Candidate<'_, T>) -> Result<(), Fault> {
        let layer = candidate.layer;
        let input = self.shape(candidate.inputs[0]);
        let output = layer.output_shape(input).map_err(|problem| Fault::Misfit {
            kind: Kind::Input,
            problem,
            formula: layer
                .formula(input)
                .or_else(|| self.vector_made(layer.as_ref(), input)),
            remedies: layer.remedies(input),
        })?;
        let too_much = |problem: String, formula| Fault::Misfit {
            kind: Kind::Size,
            problem,
            formula,
            remedies: layer.remedies(input),
        };
        if let Err(Error::Value {
            found, expected, ..
        }) = output.checked()
        {
            let problem = format!("its output is {found}, expected {expected}");
            return Err(too_much(problem, None));
        }
        let limits = &self.terms.limits;
        self.work = self
            .work
            .saturating_add(work(layer.as_ref(), input, output));
        if self.work > limits.work {
            let (work, most) = (self.work, limits.work);
            return Err(too_much(
                format!(
                    "with it one example would take {work} operations, expected at most {most}"
                ),
                None,
            ));
        }
        let parameters = layer.parameters(input);
        let (formula, learnt) = count(&parameters);
        let total = (self.parameters as u128).saturating_add(learnt);
        let fits = usize::try_from(total).ok();
        let Some(total) = fits.filter(|&total| total <= limits.parameters) else {
            let most = limits.parameters;
            let problem = format!("with it the network would learn more than {most} numbers");
            let before = match self.parameters {
                0 => String::new(),
                before => format!(", with {before} before it"),
            };
            return Err(too_much(problem, Some(formula + &before)));
        };
        self.nodes.push(Node {
            name: candidate.name.to_owned(),
            layer,
            join: candidate.join,
            inputs: candidate.inputs,
            input,
            output,
            parameters,
            range: self.parameters..total,
            implied: candidate.implied,
            frozen: false,
        });
        self.parameters = total;
        Ok(())
    }
}

impl<T: Number> Stack<'_, T> {
    /// Which layer made a vector of a volume that `layer` would have taken.
    fn vector_made(&self, layer: &dyn Layer<T>, input: Shape) -> Option<String> {
        let Shape::Features(_) = input else {
            return None;
        };
        self.nodes.iter().rev().find_map(|node| {
            let (
                Shape::Volume {
                    height,
                    width,
                    channels,
                },
                Shape::Features(features),
            ) = (node.input, node.output)
            else {
                return None;
            };
            let volume = node.input;
            layer.output_shape(volume).ok()?;
            let sum = match features == volume.len() {
                true => format!("{height} * {width} * {channels} = {features}"),
                false => features.to_string(),
            };
            Some(format!("{} made {sum} features of {volume}", node.name))
        })
    }
}

/// The residual block with a shortcut that brings its `input` to what its body gives: the projection
/// of He et al. (2016).
fn projection<T: Number>(
    terms: &Terms<'_, T>,
    block: &LayerText,
    input: Shape,
    body: Shape,
) -> Vec<Remedy> {
    let kinds = terms.registry.kinds();
    let layer = match (input, body) {
        (
            Shape::Volume { height, width, .. },
            Shape::Volume {
                height: rows,
                width: columns,
                channels,
            },
        ) => {
            // With a kernel of one, stride s leaves ceil(n / s).
            let stride = |n: usize, m: usize| (1..=n).find(|&s| n.div_ceil(s) <= m);
            let (Some(down), Some(across)) = (stride(height, rows), stride(width, columns)) else {
                return Vec::new();
            };
            let arguments = [
                ("filters", channels.into()),
                ("kernel", 1.into()),
                ("stride", [down, across].into()),
            ];
            LayerText::new(kinds, "conv", arguments)
        }
        (_, Shape::Features(units)) => LayerText::new(kinds, "linear", [("units", units.into())]),
        _ => return Vec::new(),
    };
    let with = layer.and_then(|layer| {
        let shortcut: NetworkText = [layer].into_iter().collect();
        block.clone().with("shortcut", shortcut)
    });
    let cost = crate::doctor::cost::ARGUMENT;
    let remedy = |text| Remedy { text, cost };
    with.ok().map(remedy).into_iter().collect()
}

/// How many numbers some arrays hold: `3 * 3 * 8 * 16 + 16 = 1168`, and the sum.
fn count(parameters: &[Parameter]) -> (String, u128) {
    let product = |parameter: &Parameter| {
        let extents = parameter.shape.iter();
        extents.fold(1_u128, |product, &extent| {
            product.saturating_mul(extent as u128)
        })
    };
    let written = |parameter: &Parameter| {
        let extents: Vec<String> = parameter.shape.iter().map(usize::to_string).collect();
        extents.join(" * ")
    };
    let terms: Vec<String> = parameters.iter().map(written).collect();
    let sum = parameters.iter().map(product).fold(0, u128::saturating_add);
    (format!("{} = {sum}", terms.join(" + ")), sum)
}
