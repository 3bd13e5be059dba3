//! Whether a text makes a network: shapes follow from layer to layer, and what does not fit, or
//! would ask for more than a machine has, is an error before memory is taken for it.

use std::sync::Arc;

use super::checks::{check_classes, check_loss, check_memory};
use super::core::Network;
use super::formula::{count, vector_made};
use super::limits::Limits;
use super::merge::Merge;
use super::misfit::{Fault, Kind, Refusal};
use super::node::{Node, work};
use super::projection::{factors, projection};
use crate::Number;
use crate::error::{Error, Result};
use crate::fuse::Segments;
use crate::layer::Layer;
use crate::layers::Registry;
use crate::loss::Loss;
use crate::notation::{self, LayerText, NamedLayer, NetworkText};
use crate::shape::Shape;

/// The values that a text is tried with.
#[derive(Debug)]
pub(crate) struct Terms<'a, T> {
    pub(crate) registry: &'a Registry<T>,
    /// What the word `classes` stands for.
    pub(crate) classes: Option<usize>,
    /// The classes that the network must distinguish, if they are known.
    pub(crate) names: Option<&'a [String]>,
    /// Whether those are the names of the outputs, not of classes.
    pub(crate) named_outputs: bool,
    pub(crate) loss: Option<Loss>,
    pub(crate) limits: Limits,
}

/// The network of `text`, without its parameters, and how many parameters it has.
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
        segments: Segments::of(&nodes),
        nodes,
        loss,
        exact: false,
    };
    let checked = check_loss(&network, closing)
        .and_then(|()| check_classes(&network, terms.names, terms.named_outputs))
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
            return self.push_merge(named, inputs, source);
        }
        self.push_layer(&named.name, &named.layer, inputs, false)
    }

    /// Pushes the merge of the `inputs`, made of value number `source`.
    fn push_merge(
        &mut self,
        named: &NamedLayer,
        inputs: Vec<usize>,
        source: usize,
    ) -> Result<(), Fault> {
        let shapes: Vec<Shape> = inputs.iter().map(|&value| self.shape(value)).collect();
        let merged = match named.layer.kind() {
            notation::RESIDUAL => Merge::add(&shapes),
            notation::SCALE => Merge::multiply(&shapes),
            _ => Merge::concat(&shapes),
        };
        let merge = merged.map_err(|problem| Fault::Misfit {
            kind: Kind::Input,
            problem,
            formula: None,
            remedies: match named.layer.kind() {
                notation::RESIDUAL => projection(
                    self.terms.registry,
                    &named.layer,
                    self.shape(source),
                    shapes[0],
                ),
                notation::SCALE => factors(&named.layer, self.shape(source).channels()),
                _ => Vec::new(),
            },
        })?;
        self.push(Candidate {
            name: &named.name,
            layer: Arc::new(merge),
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
        let layer = layer.map_err(|error| Fault::new(Kind::Arguments, error.message, None))?;
        self.push(Candidate {
            name,
            layer,
            inputs,
            implied,
        })
    }

    fn push(&mut self, candidate: Candidate<'_, T>) -> Result<(), Fault> {
        let layer = candidate.layer;
        let input = self.shape(candidate.inputs[0]);
        let output = layer.output_shape(input).map_err(|error| Fault::Misfit {
            kind: Kind::Input,
            problem: error.message,
            formula: layer
                .advise()
                .formula(input)
                .or_else(|| vector_made(&self.nodes, layer.as_ref(), input)),
            remedies: layer.advise().remedies(input),
        })?;
        let too_much = |problem: String, formula| Fault::Misfit {
            kind: Kind::Size,
            problem,
            formula,
            remedies: layer.advise().remedies(input),
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
        let (formula, added) = count(&parameters);
        let total = (self.parameters as u128).saturating_add(added);
        let fits = usize::try_from(total).ok();
        let Some(total) = fits.filter(|&total| total <= limits.parameters) else {
            let most = limits.parameters;
            let problem = format!("with it the network would have more than {most} parameters");
            let before = match self.parameters {
                0 => String::new(),
                before => format!(", with {before} before it"),
            };
            return Err(too_much(problem, Some(formula + &before)));
        };
        self.nodes.push(Node {
            name: candidate.name.to_owned(),
            layer,
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
