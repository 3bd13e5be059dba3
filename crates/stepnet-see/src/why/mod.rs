//! Explains every value of a network: it is split into the terms it was computed from, and its gradient into the
//! terms that its consumers pass back.
//!
//! The numbers are the network's own, from the passes that train it and predict with it. The terms are summed
//! again, and the sum is compared with the network's value (see [`Check`]).
//!
//! ```
//! use stepnet::nn::{Init, Network};
//! use stepnet::rng::RandomState;
//! use stepnet::see::why::{Question, Why};
//!
//! let mut network = Network::<f32>::new("conv(2, 3) -> relu -> linear(3) -> softmax", [4, 4, 1])?;
//! network.initialize(Init::He, &mut RandomState::new(1));
//! let x: Vec<f32> = (0..16_u8).map(|i| f32::from(i) / 16.0).collect();
//!
//! let mut why = Why::new(&network, &x)?;
//! let at = "conv1[0,1,1]".parse()?;
//! let explanation = why.explain(&Question::default().at(Some(at)).gradient(true))?;
//! assert_eq!(explanation.forward.terms.len(), 9);
//! assert!(explanation.ok());
//! println!("{explanation}");
//! # Ok::<(), stepnet::Error>(())
//! ```
//!
//! A layer explains its own values: see [`Explain::account`](stepnet_nn::layer::Explain::account) and
//! [`Explain::feeds`](stepnet_nn::layer::Explain::feeds). For a layer that does not, the derivatives that its
//! backward pass gives are reported.

mod at;
mod backward;
mod explanation;
mod field;
mod forward;
mod opaque;
#[cfg(feature = "pages")]
mod page;
mod subject;
mod sum;
mod target;
#[cfg(test)]
mod tests;
mod text;
mod trace;

pub use at::At;
pub use explanation::Step;
pub use explanation::{
    Content, Drawing, Explanation, Field, Forward, Gradient, Line, More, NextActivation, Prediction,
};
pub use subject::Subject;
pub use sum::Check;
#[doc(hidden)]
pub use sum::{EXTRA_ROUNDINGS, KERNEL_FACTOR};

use std::collections::HashMap;

use at::{Spot, indices, name_of, named, shape_of};

use crate::error::{Error, Result};
use stepnet_base::text::listed;
use stepnet_nn::Number;
use stepnet_nn::account::ExampleValues;
use stepnet_nn::{Network, PlanOptions, Targets, Task, Workspace, predicted_class};
use target::Target;

/// A question about an example.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Question {
    /// The value; the predicted class's output unless given.
    pub at: Option<At>,
    /// Whether to explain the gradient of the loss with respect to it as well.
    pub gradient: bool,
    /// The class whose loss that is, by name or number; the predicted one unless given. Of a network whose outputs say
    /// numbers, those: `3.5`, or `3.5,2`; of one whose outputs say labels, the names of those that apply: `cat,dog`,
    /// or nothing; what the network says unless given.
    pub class: Option<String>,
    /// How many layers the largest contributors are followed down.
    pub trace: usize,
    /// How many contributors are followed at each layer.
    pub branches: usize,
}

stepnet_base::setters! { Question {
    at: Option<At>,
    gradient: bool,
    class: Option<String>,
    trace: usize,
    branches: usize,
} }

impl Default for Question {
    fn default() -> Self {
        Self {
            at: None,
            gradient: false,
            class: None,
            trace: 0,
            branches: 3,
        }
    }
}

/// A network and one example that has passed through it.
#[derive(Debug)]
pub struct Why<'n, T> {
    network: &'n Network<T>,
    x: Vec<T>,
    /// The inputs of each merge, one after the other, by its number.
    merged: HashMap<usize, Vec<T>>,
    /// For each value the layers that take it.
    readers: Vec<Vec<usize>>,
    forward: Workspace<T>,
    /// The backward passes, for the target they were run for.
    backward: Option<(Target, f64, Workspace<T>)>,
    classes: Vec<String>,
    task: Task,
    subject: Option<Subject>,
}

impl<'n, T: Number> Why<'n, T> {
    /// Runs the network on one example and keeps every value.
    ///
    /// # Shapes
    /// `x`: the network's input, row-major.
    ///
    /// # Errors
    /// When `x` is not one example, or there is not enough memory for all values.
    pub fn new(network: &'n Network<T>, x: &[T]) -> Result<Self> {
        if x.len() != network.input().len() {
            let expected = format!("{} values, one example", network.input());
            return Err(Error::shape("why", "x", &[x.len()], expected));
        }
        let options = PlanOptions::default().keep_values(true);
        let mut forward = Workspace::new(network, 1, options)?;
        forward.predict(network, x)?;
        let mut why = Self {
            network,
            x: x.to_vec(),
            merged: HashMap::new(),
            readers: network.readers(),
            forward,
            backward: None,
            classes: Vec::new(),
            task: Task::Classes,
            subject: None,
        };
        for (number, node) in network.nodes().iter().enumerate() {
            if node.merge().is_some() {
                let values = node.inputs().iter().map(|&value| why.values(value));
                let merged = values.collect::<Vec<_>>().concat();
                why.merged.insert(number, merged);
            }
        }
        Ok(why)
    }

    /// Runs the network on a subject, whose raw values are then reported and drawn.
    ///
    /// # Errors
    /// As [`Why::new`].
    pub fn of(network: &'n Network<T>, subject: Subject) -> Result<Self> {
        let mut why = Self::new(network, &subject.input())?;
        why.subject = Some(subject);
        Ok(why)
    }

    /// Gives the classes their names.
    #[must_use]
    pub fn with_classes(mut self, names: &[String]) -> Self {
        self.classes = names.to_vec();
        self
    }

    /// Says what the outputs stand for, unless that is classes.
    #[must_use]
    pub fn with_task(mut self, task: &Task) -> Self {
        self.task = task.clone();
        self
    }

    /// Explains a value.
    ///
    /// # Errors
    /// A place or a class that the network has not, and memory that there is not.
    pub fn explain(&mut self, question: &Question) -> Result<Explanation> {
        let spot = match &question.at {
            Some(at) => at.spot(self.network)?,
            None => self.predicted_output(),
        };
        let gradient = match (question.gradient, &question.class) {
            (true, class) => Some(self.gradient(spot, class.as_deref())?),
            (false, Some(class)) => {
                self.wanted(class)?;
                None
            }
            (false, None) => None,
        };
        let trace = match question.trace {
            0 => None,
            layers => Some(self.trace(spot, layers, question.branches)?),
        };
        let shape = shape_of(self.network, spot.value);
        let node = self.node(spot.value);
        Ok(Explanation {
            name: self.name(spot),
            layer: name_of(self.network, spot.value).to_owned(),
            text: node.map_or(at::INPUT.to_owned(), |node| node.layer().text().to_string()),
            input: node.map_or(shape, |node| node.input()).extents(),
            output: shape.extents(),
            at: indices(shape, spot.place),
            value: self.value(spot),
            element: T::NAME,
            network: self.network.text().to_string(),
            subject: self.subject.as_ref().map(|subject| subject.name.clone()),
            prediction: self.prediction(),
            forward: self.forward(spot)?,
            then: self.then(spot)?,
            gradient,
            trace,
            receptive_field: self.field(spot)?,
            image: self.drawing(),
        })
    }

    /// The predicted class: the largest output, or the side of the only one.
    pub fn predicted(&self) -> usize {
        predicted_class(self.outputs())
    }

    fn outputs(&self) -> &[T] {
        self.values(self.network.nodes().len())
    }

    /// The value number `value` of the example: 0 is the input.
    fn values(&self, value: usize) -> &[T] {
        let kept = value.checked_sub(1);
        kept.and_then(|node| self.forward.value(node, 1))
            .unwrap_or(&self.x)
    }

    fn value(&self, spot: Spot) -> f64 {
        let values = self.values(spot.value);
        values.get(spot.place).map_or(f64::NAN, |v| v.as_f64())
    }

    fn name(&self, spot: Spot) -> String {
        let shape = shape_of(self.network, spot.value);
        let indices = indices(shape, spot.place);
        named(name_of(self.network, spot.value), &indices)
    }

    /// The layer that made value number `value`; `None` for the input.
    fn node(&self, value: usize) -> Option<&'n stepnet_nn::Node<T>> {
        let network = self.network;
        network.nodes().get(value.checked_sub(1)?)
    }

    /// The values that layer number `node` read and wrote.
    fn seen(&self, node: usize) -> ExampleValues<'_, T> {
        let described = &self.network.nodes()[node];
        ExampleValues {
            input: described.input(),
            output: described.output(),
            parameters: &self.network.parameters()[described.range()],
            x: self.taken(node),
            y: self.values(node + 1),
        }
    }

    /// The values that layer number `node` took, one after the other.
    fn taken(&self, node: usize) -> &[T] {
        match self.merged.get(&node) {
            Some(merged) => merged,
            None => self.values(self.network.nodes()[node].inputs()[0]),
        }
    }

    /// Which value it is that lies at `place` of what layer number `node` took.
    fn source(&self, node: usize, place: usize) -> Spot {
        let node = &self.network.nodes()[node];
        let merged = node.merge().and_then(|merge| merge.place(place));
        let (number, place) = merged.unwrap_or((0, place));
        Spot {
            value: node.inputs()[number],
            place,
        }
    }

    /// Where a value lies in what layer number `node` took.
    fn place_in(&self, node: usize, spot: Spot) -> usize {
        let inputs = self.network.nodes()[node].inputs();
        let before = inputs.iter().take_while(|&&value| value != spot.value);
        let before: usize = before
            .map(|&value| self.network.value_shape(value).len())
            .sum();
        before + spot.place
    }

    fn predicted_output(&self) -> Spot {
        let place = match self.outputs().len() {
            1 => 0,
            _ => self.predicted(),
        };
        Spot {
            value: self.network.nodes().len(),
            place,
        }
    }

    fn prediction(&self) -> Prediction {
        let said = self.said();
        let spot = self.predicted_output();
        Prediction {
            class: match &said {
                Target::Class(class) => Some(*class),
                Target::Values(_) => None,
            },
            name: self.target_name(&said),
            at: self.name(spot),
            value: self.value(spot),
        }
    }

    fn class_name(&self, class: usize) -> String {
        let name = self.classes.get(class);
        name.cloned().unwrap_or_else(|| class.to_string())
    }

    /// The class that is meant: a name before a number.
    fn class(&self, wanted: &str) -> Result<usize> {
        let count = match self.outputs().len() {
            1 => 2,
            several => several,
        };
        let wanted = wanted.trim();
        let named = (0..count).find(|&class| self.class_name(class) == wanted);
        let number = || wanted.parse().ok().filter(|&class| class < count);
        named.or_else(number).ok_or_else(|| {
            let names: Vec<String> = (0..count.min(21)).map(|c| self.class_name(c)).collect();
            let hint = stepnet_base::text::hint(wanted, names.iter().map(String::as_str));
            let expected = format!(
                "a number from 0 to {}, or one of {}{hint}",
                count - 1,
                listed(&names)
            );
            Error::value("why", "the class", format!("{wanted:?}"), expected)
        })
    }

    /// Runs the backward passes for a target, unless they have been.
    fn run_backward(&mut self, target: &Target) -> Result<()> {
        if matches!(&self.backward, Some((of, ..)) if of == target) {
            return Ok(());
        }
        let mut workspace = match self.backward.take() {
            Some((_, _, workspace)) => workspace,
            None => {
                let options = PlanOptions::DIFFERENTIATION
                    .keep_values(true)
                    .input_gradient(true);
                Workspace::new(self.network, 1, options)?
            }
        };
        let scores = match target {
            Target::Class(class) => {
                let label = u32::try_from(*class).unwrap_or(u32::MAX);
                workspace.differentiate(self.network, &self.x, &Targets::Classes(&[label]))?
            }
            Target::Values(values) => {
                let values: Vec<T> = values.iter().map(|&value| T::from_f64(value)).collect();
                workspace.differentiate(self.network, &self.x, &Targets::Values(&values))?
            }
        };
        self.backward = Some((target.clone(), scores.loss, workspace));
        Ok(())
    }
}
