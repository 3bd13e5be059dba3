//! Node by node, from a file's graph to a graph of layers.

use std::collections::HashMap;
use std::rc::Rc;

use super::expression::{Expression, Term};
use super::node::NodeOf;
use super::tensor::{Beside, Tensor};
use super::view::{Axis, View};
use crate::Shape;
use crate::graph::{Graph, Numbers, Origin, Value};
use crate::onnx::proto::{GraphProto, TensorProto};
use crate::problem::{Checked, Problem};

/// The most elements of a weight that is kept.
const MOST_KEPT: usize = 1 << 14;

/// What is known of a value of a file.
#[derive(Debug, Clone)]
pub(super) enum Known {
    /// Its numbers.
    Constant(Rc<Tensor>),
    /// How it is computed from values of the network.
    Activation(Activation),
    /// A part of a normalisation that is written out.
    Piece(super::normalise::Piece),
}

/// A value that depends on the network's input.
#[derive(Debug, Clone)]
pub(super) struct Activation {
    pub(super) expression: Rc<Expression>,
    pub(super) view: View,
}

/// A file on its way to a graph of layers.
#[derive(Debug)]
pub(super) struct Lowering<'f> {
    pub(super) graph: Graph,
    pub(super) batch: usize,
    /// The version of the operators.
    pub(super) opset: i64,
    pub(super) notes: Vec<String>,
    known: HashMap<&'f str, Known>,
    weights: HashMap<&'f str, &'f TensorProto>,
    beside: Beside<'f>,
    /// How many numbers may still be copied or computed: in proportion to the file.
    budget: usize,
    /// The last node whose value is one of the network's.
    pub(super) last: Option<&'f str>,
}

impl<'f> Lowering<'f> {
    /// The beginning: only the input and the weights are known.
    pub(super) fn new(
        file: &'f GraphProto,
        beside: Beside<'f>,
        bytes: usize,
        input: (&'f str, Shape, View),
        batch: usize,
    ) -> Self {
        let (name, shape, view) = input;
        let graph = Graph::new(shape);
        let expression = Expression::value(graph.input());
        let known = HashMap::from([(name, Known::Activation(Activation { expression, view }))]);
        let weights = file.initializer.iter();
        Self {
            graph,
            batch,
            opset: 0,
            notes: Vec::new(),
            known,
            weights: weights
                .map(|weight| (weight.name.as_str(), weight))
                .collect(),
            beside,
            budget: bytes.saturating_mul(4).saturating_add(1 << 22),
            last: None,
        }
    }

    /// What is known of the inputs of a node; `None` of those that are left out.
    ///
    /// # Errors
    /// When nothing has made one of them.
    pub(super) fn inputs(&mut self, node: NodeOf<'f>) -> Checked<Vec<Option<Known>>> {
        let each = |name: &'f String| match name.as_str() {
            "" => Ok(None),
            name => self.value(name).map(Some),
        };
        node.proto.input.iter().map(each).collect()
    }

    /// Keeps the values of a node.
    pub(super) fn keep(&mut self, node: NodeOf<'f>, outputs: Vec<Known>) {
        for (name, known) in node.proto.output.iter().zip(outputs) {
            if matches!(known, Known::Activation(_)) {
                self.last = Some(node.name());
            }
            self.known.insert(name, known);
        }
    }

    /// What is known of a value by name.
    fn value(&mut self, name: &'f str) -> Checked<Known> {
        if let Some(known) = self.known.get(name) {
            return Ok(known.clone());
        }
        let Some(weight) = self.weights.get(name) else {
            return Err(format!(
                "its input {name:?} is neither a weight nor the value of a node before it"
            )
            .into());
        };
        let tensor = self.tensor(weight).map_err(|problem| match problem {
            Problem::Content(problem) => {
                Problem::Content(format!("its weight {name:?}: {problem}"))
            }
            other => other,
        })?;
        // Large ones are read again where they are used again, and not kept until the end.
        let small = tensor.len() <= MOST_KEPT;
        let known = Known::Constant(Rc::new(tensor));
        if small {
            self.known.insert(name, known.clone());
        }
        Ok(known)
    }

    /// What is known of a value that some node has made.
    pub(super) fn known(&self, name: &str) -> Checked<Known> {
        let found = self.known.get(name).cloned();
        found.ok_or_else(|| format!("no node makes its output {name:?}").into())
    }

    /// The array of a message.
    pub(super) fn tensor(&mut self, message: &TensorProto) -> Checked<Tensor> {
        let tensor = Tensor::of(message, &mut self.beside)?;
        self.spend(tensor.len())?;
        Ok(tensor)
    }

    /// Fails if nodes have copied or computed out of all proportion to the file.
    pub(super) fn spend(&mut self, numbers: usize) -> Checked<()> {
        match self.budget.checked_sub(numbers) {
            Some(left) => {
                self.budget = left;
                Ok(())
            }
            None => Err("with it the file computes more constants than its size allows".into()),
        }
    }

    /// Numbers of a weight for a layer.
    pub(super) fn numbers(&mut self, tensor: &Tensor) -> Checked<Numbers> {
        self.spend(tensor.len())?;
        Ok(tensor.numbers())
    }

    /// The value of an activation in the graph: the layers that compute it are added if they are not there yet.
    pub(super) fn force(&mut self, activation: &Activation) -> Checked<Value> {
        super::force::force(self, &activation.expression)
    }

    /// The value and its shape.
    pub(super) fn forced(&mut self, activation: &Activation) -> Checked<(Value, Shape)> {
        let value = self.force(activation)?;
        Ok((value, self.graph.shape(value)))
    }

    /// An activation in a new value of the graph, whose view is the usual one with as many dimensions as `like`.
    pub(super) fn plane(&self, value: Value) -> Activation {
        Activation {
            expression: Expression::value(value),
            view: View::planes(self.batch, self.graph.shape(value)),
        }
    }

    /// The value of an activation that is an image per channel, in the order of dimensions `NCHW`.
    pub(super) fn image(&mut self, activation: &Activation) -> Checked<Value> {
        let (value, shape) = self.forced(activation)?;
        if activation.view != View::planes(self.batch, shape) {
            return Err(self.misshapen(activation, "images of height and width by channel (NCHW)"));
        }
        Ok(value)
    }

    /// The value of an activation whose dimension `dim` runs through its channels, and nothing else.
    pub(super) fn channels_at(
        &mut self,
        activation: &Activation,
        dim: usize,
    ) -> Checked<(Value, usize)> {
        let (value, shape) = self.forced(activation)?;
        let channels = shape.channels();
        if !activation.view.is_axis(dim, Axis::Channel, channels) {
            return Err(self.misshapen(activation, "its channels in this dimension"));
        }
        Ok((value, channels))
    }

    /// A message about an array whose dimensions are not as an operator needs them.
    pub(super) fn misshapen(&self, activation: &Activation, expected: &str) -> Problem {
        let extents = activation.view.extents();
        format!("its input of shape {extents:?} is a rearranged image, expected {expected}").into()
    }

    /// An activation of a term over others of the same view.
    pub(super) fn term(&mut self, term: Term, view: View, origin: Origin) -> Checked<Known> {
        let made = Expression::new(term.clone(), origin.clone());
        let expression = match made {
            Some(expression) => expression,
            // So many terms are no activation: what they are made of becomes layers.
            None => {
                let term = term.over(|part| -> Checked<_> {
                    let value = super::force::force(self, part)?;
                    Ok(Expression::value(value))
                })?;
                let made = Expression::new(term, origin);
                made.ok_or("with it an expression has too many terms")?
            }
        };
        Ok(Known::Activation(Activation { expression, view }))
    }
}

/// The inputs, if all of them are constants.
pub(super) fn constants(inputs: &[Option<Known>]) -> Option<Vec<Option<Rc<Tensor>>>> {
    let each = |input: &Option<Known>| match input {
        None => Some(None),
        Some(Known::Constant(tensor)) => Some(Some(Rc::clone(tensor))),
        Some(_) => None,
    };
    inputs.iter().map(each).collect()
}
