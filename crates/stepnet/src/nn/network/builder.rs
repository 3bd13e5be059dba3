//! From a text to a network: shapes follow from layer to layer, and what does not fit, or would ask
//! for more than a machine has, is refused before memory is taken for it.

use super::{Network, Node};
use crate::Element;
use crate::error::{Error, Result};
use crate::memory;
use crate::nn::layer::Layer;
use crate::nn::layers::Registry;
use crate::nn::loss::Loss;
use crate::nn::notation::{self, LayerText, NetworkText};
use crate::nn::plan::{Plan, PlanOptions};
use crate::nn::shape::Shape;

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
pub(super) fn work<T: Element>(layer: &dyn Layer<T>, input: Shape, output: Shape) -> u64 {
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
