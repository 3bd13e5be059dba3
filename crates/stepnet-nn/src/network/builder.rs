//! From a text to a network: the settings it is built with, and the diagnosis if it cannot be built.

use super::attempt::{Terms, attempt};
use super::core::Network;
use super::limits::Limits;
use super::misfit::Refusal;
use crate::Number;
use crate::doctor::{self, InputChange, Source};
use crate::error::Result;
use crate::layers::Registry;
use crate::loss::Loss;
use crate::memory;
use crate::notation::{self, NetworkText, presets};
use crate::shape::Shape;

/// The options of building a network, in addition to its text and its input.
#[derive(Debug, Clone)]
pub struct NetworkBuilder<T> {
    registry: Registry<T>,
    classes: Option<usize>,
    names: Option<Vec<String>>,
    named_outputs: bool,
    loss: Option<Loss>,
    most_parameters: usize,
    advice: bool,
    input_change: InputChange,
}

impl<T: Number> Default for NetworkBuilder<T> {
    fn default() -> Self {
        Self {
            registry: Registry::builtin(),
            classes: None,
            names: None,
            named_outputs: false,
            loss: None,
            most_parameters: Limits::MOST.parameters,
            advice: true,
            input_change: InputChange::Any,
        }
    }
}

impl<T: Number> NetworkBuilder<T> {
    /// The number that `classes` stands for in the text.
    #[must_use]
    pub fn classes(mut self, classes: usize) -> Self {
        self.classes = Some(classes);
        self
    }

    /// The classes that the network must distinguish: `classes` stands for their number, and a
    /// network with other outputs is refused. One output distinguishes two classes.
    #[must_use]
    pub fn class_names(mut self, names: &[impl AsRef<str>]) -> Self {
        self.classes = Some(names.len());
        self.names = Some(names.iter().map(|name| name.as_ref().to_owned()).collect());
        self.named_outputs = false;
        self
    }

    /// The outputs that the network must have, one for each label or number: `classes` and `outputs` stand for their
    /// number, and a network with others is refused.
    #[must_use]
    pub fn output_names(mut self, names: &[impl AsRef<str>]) -> Self {
        self = self.class_names(names);
        self.named_outputs = true;
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

    /// Refuses a network with more parameters than these, before memory is allocated for them.
    #[must_use]
    pub fn most_parameters(mut self, most: usize) -> Self {
        self.most_parameters = most.min(Limits::MOST.parameters);
        self
    }

    /// Whether the error of a network that does not fit suggests the nearest change that does (the default), or
    /// only reports the problem, as is right for a text that will not be edited.
    #[must_use]
    pub fn advice(mut self, wanted: bool) -> Self {
        self.advice = wanted;
        self
    }

    /// Whether that change may be one of the input's shape.
    #[must_use]
    pub fn input_change(mut self, change: InputChange) -> Self {
        self.input_change = change;
        self
    }

    /// The network of a text in the arrow notation, or of a preset's name. All weights are zero
    /// until [`Network::initialize`] draws them.
    ///
    /// # Errors
    /// What does not parse, with the column; which layer does not fit, with the numbers and the
    /// nearest change that works ([`Diagnosis`](crate::Diagnosis), see `Error::detail`).
    pub fn build(self, text: &str, input: impl Into<Shape>) -> Result<Network<T>> {
        let parsed = notation::parse_or_preset(text, self.registry.kinds())?;
        let source = match presets::find(text.trim()) {
            Some(preset) => Source {
                text: preset.text,
                preset: Some(preset.name),
            },
            None => Source { text, preset: None },
        };
        self.finish(parsed, input.into(), source)
    }

    /// The network of a parsed text.
    ///
    /// # Errors
    /// As [`NetworkBuilder::build`].
    pub fn build_text(self, text: NetworkText, input: Shape) -> Result<Network<T>> {
        self.finish(text, input, Source::default())
    }

    fn finish(self, text: NetworkText, input: Shape, source: Source<'_>) -> Result<Network<T>> {
        let terms = self.terms();
        match attempt(&terms, &text, input) {
            Ok((mut network, parameters)) => {
                network.parameters = memory::zeros("the parameters of the network", parameters)?;
                Ok(network)
            }
            Err(Refusal::Plain(error)) => Err(error),
            Err(Refusal::Misfit(misfit)) => {
                let patient = doctor::Patient {
                    text: &text,
                    input,
                    source,
                    misfit: &misfit,
                };
                let change = self.advice.then_some(self.input_change);
                let diagnosis = doctor::diagnose(&terms, &patient, change);
                Err(diagnosis.into())
            }
        }
    }

    fn terms(&self) -> Terms<'_, T> {
        Terms {
            registry: &self.registry,
            classes: self.classes,
            names: self.names.as_deref(),
            named_outputs: self.named_outputs,
            loss: self.loss,
            limits: Limits {
                parameters: self.most_parameters,
                ..Limits::MOST
            },
        }
    }
}

impl<T: Number> Network<T> {
    /// The network of a text in the arrow notation, or of a preset's name, for inputs of one shape.
    ///
    /// # Errors
    /// As [`NetworkBuilder::build`].
    pub fn new(text: &str, input: impl Into<Shape>) -> Result<Self> {
        Self::builder().build(text, input)
    }

    /// A builder, for options in addition to the text and the shape.
    pub fn builder() -> NetworkBuilder<T> {
        NetworkBuilder::default()
    }
}
