//! One layer as plain data.

use std::sync::Arc;

use super::kinds::{BRANCH, RESIDUAL, SCALE};
use super::{Count, DefaultValue, Kinds, NetworkText, PaddingText, Signature, Value};
use crate::{Error, Result};

/// One layer: its kind and its arguments, each checked against the kind's [`Signature`].
///
/// The getters take a parameter's name and answer with its value or default, so they cannot fail
/// on a text; they panic only for a name or a type that the signature does not have.
#[derive(Debug, Clone)]
pub struct LayerText {
    signature: Arc<Signature>,
    /// One place per parameter; `None` where the default holds.
    values: Vec<Option<Value>>,
}

impl PartialEq for LayerText {
    fn eq(&self, other: &Self) -> bool {
        self.signature.name == other.signature.name && self.values == other.values
    }
}

impl LayerText {
    /// A layer for a network that code builds; what is not given takes its default.
    ///
    /// ```
    /// use stepnet::nn::notation::{Kinds, LayerText, PaddingText};
    ///
    /// let kinds = Kinds::builtin();
    /// let arguments = [("filters", 8.into()), ("kernel", 3.into())];
    /// let conv = LayerText::new(&kinds, "conv", arguments)?.with("padding", PaddingText::Same)?;
    /// assert_eq!(conv.to_string(), "conv(8, 3, same)");
    /// # Ok::<(), stepnet::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Value`] for an unknown kind or argument, a value that the argument cannot have,
    /// or a required argument that is missing.
    pub fn new<'a>(
        kinds: &Kinds,
        kind: &str,
        arguments: impl IntoIterator<Item = (&'a str, Value)>,
    ) -> Result<Self> {
        let Some(signature) = kinds.get(kind) else {
            return Err(Error::value(
                "LayerText",
                "kind",
                kind,
                "a registered layer kind",
            ));
        };
        let mut layer = Self {
            signature: Arc::clone(signature),
            values: vec![None; signature.parameters.len()],
        };
        for (name, value) in arguments {
            layer.set(name, value)?;
        }
        for (parameter, value) in signature.parameters.iter().zip(&layer.values) {
            if parameter.default == DefaultValue::Required && value.is_none() {
                let argument = format!("{}: {}", signature.name, parameter.name);
                return Err(Error::value(
                    "LayerText",
                    argument,
                    "missing",
                    parameter.kind.expected(),
                ));
            }
        }
        layer.drop_defaults();
        Ok(layer)
    }

    /// The same layer with another value of one argument.
    ///
    /// # Errors
    ///
    /// [`Error::Value`] for an unknown argument, or a value that it cannot have.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Result<Self> {
        self.set(name, value.into())?;
        self.drop_defaults();
        Ok(self)
    }

    /// A layer of a kind without parameters that no text can name.
    pub(crate) fn bare(signature: Signature) -> Self {
        Self {
            signature: Arc::new(signature),
            values: Vec::new(),
        }
    }

    /// A layer from values that were checked one by one, a place per parameter.
    pub(super) fn from_values(signature: Arc<Signature>, values: Vec<Option<Value>>) -> Self {
        let mut layer = Self { signature, values };
        layer.drop_defaults();
        layer
    }

    /// The canonical name of the kind.
    pub fn kind(&self) -> &str {
        &self.signature.name
    }

    /// The kind's parameters, defaults and summary.
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// A count, such as `units`.
    ///
    /// # Panics
    ///
    /// If the kind has no such parameter or it is not a count.
    pub fn count(&self, name: &str) -> Count {
        match self.value(name) {
            Some(Value::Count(count)) => *count,
            other => self.mismatch(name, "a count", other),
        }
    }

    /// A whole number that may be 0, such as `first`.
    ///
    /// # Panics
    ///
    /// If the kind has no such parameter or it is not a number of this kind.
    pub fn whole(&self, name: &str) -> usize {
        match self.value(name) {
            Some(Value::Count(Count::Number(number))) => *number,
            other => self.mismatch(name, "a whole number", other),
        }
    }

    /// Height and width, such as `kernel`.
    ///
    /// # Panics
    ///
    /// If the kind has no such parameter or it is not a pair.
    pub fn pair(&self, name: &str) -> [usize; 2] {
        match self.value(name) {
            Some(Value::Pair(pair)) => *pair,
            other => self.mismatch(name, "a pair", other),
        }
    }

    /// A number or a rate, such as `slope`.
    ///
    /// # Panics
    ///
    /// If the kind has no such parameter or it is not a number.
    pub fn number(&self, name: &str) -> f64 {
        match self.value(name) {
            Some(Value::Number(number)) => *number,
            other => self.mismatch(name, "a number", other),
        }
    }

    /// A switch, such as `bias`.
    ///
    /// # Panics
    ///
    /// If the kind has no such parameter or it is not a flag.
    pub fn flag(&self, name: &str) -> bool {
        match self.value(name) {
            Some(Value::Flag(flag)) => *flag,
            other => self.mismatch(name, "a flag", other),
        }
    }

    /// A word, such as `mode`.
    ///
    /// # Panics
    ///
    /// If the kind has no such parameter or it is not a word.
    pub fn word(&self, name: &str) -> &str {
        match self.value(name) {
            Some(Value::Word(word)) => word,
            other => self.mismatch(name, "a word", other),
        }
    }

    /// A padding.
    ///
    /// # Panics
    ///
    /// If the kind has no such parameter or it is not a padding.
    pub fn padding(&self, name: &str) -> PaddingText {
        match self.value(name) {
            Some(Value::Padding(padding)) => *padding,
            other => self.mismatch(name, "a padding", other),
        }
    }

    /// A network, or `None` if it was left out.
    ///
    /// # Panics
    ///
    /// If the kind has no such parameter or it is not a network.
    pub fn network(&self, name: &str) -> Option<&NetworkText> {
        self.networks(name).first()
    }

    /// Networks side by side; empty if they were left out.
    ///
    /// # Panics
    ///
    /// If the kind has no such parameter or it is not one of networks.
    pub fn networks(&self, name: &str) -> &[NetworkText] {
        match self.value(name) {
            Some(Value::Networks(networks)) => networks,
            None => &[],
            other => self.mismatch(name, "networks", other),
        }
    }

    /// Whether the kind has this parameter.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.signature.position(name).is_some()
    }

    /// Whether the networks among its arguments are written out, the layer being what joins them.
    pub(crate) fn joins(&self) -> bool {
        [RESIDUAL, SCALE, BRANCH].contains(&self.kind())
    }

    /// The value given for the parameter at `place`, `None` where the default holds.
    pub(super) fn given(&self, place: usize) -> Option<&Value> {
        self.values.get(place)?.as_ref()
    }

    /// The networks among the arguments.
    pub(crate) fn networks_inside(&self) -> impl Iterator<Item = &NetworkText> {
        self.values.iter().flatten().flat_map(|value| match value {
            Value::Networks(networks) => networks.as_slice(),
            _ => &[],
        })
    }

    /// The same, to be changed.
    pub(crate) fn networks_inside_mut(&mut self) -> impl Iterator<Item = &mut NetworkText> {
        let values = self.values.iter_mut().flatten();
        values.flat_map(|value| match value {
            Value::Networks(networks) => networks.as_mut_slice(),
            _ => &mut [],
        })
    }

    /// Whether one of the layer's own counts is the word `classes`.
    pub(super) fn counts_classes(&self) -> bool {
        (0..self.values.len()).any(|place| self.is_classes(place))
    }

    /// Replaces the word `classes` among the layer's own counts.
    pub(super) fn replace_classes(&mut self, classes: usize) {
        for place in 0..self.values.len() {
            if self.is_classes(place) {
                self.values[place] = Some(classes.into());
            }
        }
        self.drop_defaults();
    }

    fn is_classes(&self, place: usize) -> bool {
        self.effective(place) == Some(&Value::Count(Count::Classes))
    }

    /// The value or the default of a parameter; `None` for a network that was left out.
    fn value(&self, name: &str) -> Option<&Value> {
        match self.signature.position(name) {
            Some(place) => self.effective(place),
            None => panic!("layer kind {} has no parameter {name}", self.kind()),
        }
    }

    /// The value given or, failing that, the default.
    fn effective(&self, place: usize) -> Option<&Value> {
        self.given(place).or_else(|| self.default_value(place))
    }

    /// The default of a parameter as the other arguments stand.
    fn default_value(&self, place: usize) -> Option<&Value> {
        match &self.signature.parameters.get(place)?.default {
            DefaultValue::Value(value) => Some(value),
            // Registration made sure that the name is an earlier one, so this ends.
            DefaultValue::SameAs(earlier) => self.effective(self.signature.position(earlier)?),
            DefaultValue::Required | DefaultValue::Absent => None,
        }
    }

    fn set(&mut self, name: &str, value: Value) -> Result<()> {
        let argument = || format!("{}: {name}", self.kind());
        let Some(place) = self.signature.position(name) else {
            return Err(Error::value(
                "LayerText",
                argument(),
                "unknown",
                self.signature.usage(),
            ));
        };
        let kind = self.signature.parameters[place].kind;
        let found = value.to_string();
        let Some(value) = kind.accept(value) else {
            return Err(Error::value(
                "LayerText",
                argument(),
                found,
                kind.expected(),
            ));
        };
        self.values[place] = Some(value);
        Ok(())
    }

    /// Forgets the values that are what the default would be: one network, one representation.
    fn drop_defaults(&mut self) {
        for place in 0..self.values.len() {
            if self.values[place].is_some() && self.given(place) == self.default_value(place) {
                self.values[place] = None;
            }
        }
    }

    fn mismatch(&self, name: &str, wanted: &str, found: Option<&Value>) -> ! {
        panic!(
            "{}: parameter {name} is {found:?}, not {wanted}",
            self.kind()
        )
    }
}
