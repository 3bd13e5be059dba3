//! The name of a layer kind and the arguments it takes.

use super::value::LARGEST_NUMBER;
use super::{Count, PaddingText, Value};

/// The kind of values that an argument may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ParameterKind {
    /// A positive whole number.
    Count,
    /// A positive whole number, or the word `classes`.
    CountOrClasses,
    /// A whole number, 0 included.
    Whole,
    /// Positive height and width: `3` or `3x5`.
    Pair,
    /// Height and width, 0 included.
    WholePair,
    /// A finite number.
    Number,
    /// A number in `[0, 1)`.
    Rate,
    /// `true` or `false`.
    Flag,
    /// `same`, `valid`, `n`, `HxW`, or `top/bottom/left/right`.
    Padding,
    /// One of a few words.
    Word {
        /// The words, in lower case; texts may write them in any case.
        words: &'static [&'static str],
        /// Their description for messages: `zeros, reflect or edge`.
        expected: &'static str,
    },
    /// One network.
    Network,
    /// Networks side by side, separated by `|`.
    Branches,
}

impl ParameterKind {
    /// The description of such a value, for messages.
    pub fn expected(self) -> &'static str {
        match self {
            Self::Count => "a positive whole number",
            Self::CountOrClasses => "a positive whole number or the word classes",
            Self::Whole => "a whole number from 0 on",
            Self::Pair => "a positive whole number or height x width, such as 3 or 3x5",
            Self::WholePair => "a whole number from 0 on or height x width, such as 1 or 1x0",
            Self::Number => "a number",
            Self::Rate => "a number from 0 up to, but not including, 1",
            Self::Flag => "true or false",
            Self::Padding => "same, valid, a number, height x width or top/bottom/left/right",
            Self::Word { expected, .. } => expected,
            Self::Network => "a network",
            Self::Branches => "networks separated by |",
        }
    }

    /// The words that are values of this kind.
    pub(super) fn words(self) -> &'static [&'static str] {
        match self {
            Self::CountOrClasses => &["classes", "outputs"],
            Self::Flag => &["true", "false"],
            Self::Padding => &["same", "valid"],
            Self::Word { words, .. } => words,
            _ => &[],
        }
    }

    /// The value that a written word is, where values are words.
    pub(super) fn word(self, written: &str) -> Option<Value> {
        let Self::Word { words, .. } = self else {
            return None;
        };
        let word = words.iter().find(|word| word.eq_ignore_ascii_case(written));
        word.map(|word| Value::Word((*word).to_owned()))
    }

    /// Whether a value of this kind is written as a network.
    pub(super) fn is_network(self) -> bool {
        matches!(self, Self::Network | Self::Branches)
    }

    /// The value in the one form this kind stores, or `None` if it is not of this kind.
    pub(super) fn accept(self, value: Value) -> Option<Value> {
        let positive = |number: usize| (1..=LARGEST_NUMBER).contains(&number);
        let small = |number: usize| number <= LARGEST_NUMBER;
        let accepted = match (self, value) {
            (Self::Count | Self::CountOrClasses, Value::Count(Count::Number(n))) => {
                positive(n).then(|| n.into())?
            }
            (Self::CountOrClasses, Value::Count(Count::Classes)) => Count::Classes.into(),
            (Self::Whole, Value::Count(Count::Number(n))) => small(n).then(|| n.into())?,
            (Self::WholePair, Value::Count(Count::Number(n))) => small(n).then(|| [n, n].into())?,
            (Self::WholePair, Value::Pair([height, width])) => {
                (small(height) && small(width)).then(|| [height, width].into())?
            }
            (Self::Word { .. }, Value::Word(word)) => self.word(&word)?,
            (Self::Pair, Value::Count(Count::Number(n))) => positive(n).then(|| [n, n].into())?,
            (Self::Pair, Value::Pair([height, width])) => {
                (positive(height) && positive(width)).then(|| [height, width].into())?
            }
            (Self::Number | Self::Rate, Value::Count(Count::Number(n))) => {
                let number = small(n).then_some(n as f64)?;
                return self.accept(number.into());
            }
            // Adding zero turns -0 into 0, so that equal numbers have one spelling.
            (Self::Number, Value::Number(number)) => {
                (number.abs() <= LARGEST_NUMBER as f64).then(|| (number + 0.0).into())?
            }
            (Self::Rate, Value::Number(rate)) => {
                (0.0..1.0).contains(&rate).then(|| (rate + 0.0).into())?
            }
            (Self::Flag, Value::Flag(flag)) => flag.into(),
            (Self::Padding, Value::Count(Count::Number(n))) => {
                return self.accept(PaddingText::symmetric(n, n).into());
            }
            (Self::Padding, Value::Pair([height, width])) => {
                return self.accept(PaddingText::symmetric(height, width).into());
            }
            (Self::Padding, Value::Padding(padding)) => match padding {
                PaddingText::Sides {
                    top,
                    bottom,
                    left,
                    right,
                } if ![top, bottom, left, right].into_iter().all(small) => return None,
                _ => padding.canonical().into(),
            },
            (Self::Network, Value::Networks(networks)) if networks.len() == 1 => networks.into(),
            (Self::Branches, Value::Networks(networks)) if !networks.is_empty() => networks.into(),
            _ => return None,
        };
        Some(accepted)
    }
}

/// The value of an argument that a text leaves out.
#[derive(Debug, Clone, PartialEq)]
pub enum DefaultValue {
    /// It may not be left out.
    Required,
    /// This value.
    Value(Value),
    /// The value of an earlier parameter, as in `stride=size`.
    SameAs(String),
    /// Nothing: only for networks.
    Absent,
}

/// One parameter of a layer kind.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// The key of `key=value`.
    pub name: String,
    /// The kind of its values.
    pub kind: ParameterKind,
    /// Its value when left out.
    pub default: DefaultValue,
}

/// The name, spellings, parameters and one-line summary of a layer kind.
///
/// Built in a chain and handed to [`super::Kinds::register`], which checks it:
///
/// ```
/// use stepnet::nn::notation::{Kinds, ParameterKind, Signature, parse};
///
/// let mut kinds = Kinds::builtin();
/// kinds.register(
///     Signature::new("gain", "Multiplies by a factor.")
///         .alias("multiply")
///         .required("factor", ParameterKind::Number),
/// )?;
/// let network = parse("flatten -> Multiply(0.5) -> linear(10)", &kinds)?;
/// assert_eq!(network.to_string(), "flatten -> gain(0.5) -> linear(10)");
/// # Ok::<(), stepnet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Signature {
    pub(super) name: String,
    pub(super) aliases: Vec<String>,
    pub(super) parameters: Vec<Parameter>,
    pub(super) summary: String,
    examples: Vec<String>,
}

impl Signature {
    /// A kind without parameters; `name` is its canonical spelling.
    pub fn new(name: impl Into<String>, summary: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            aliases: Vec::new(),
            parameters: Vec::new(),
            summary: summary.into(),
            examples: Vec::new(),
        }
    }

    /// Adds another accepted spelling of the name.
    #[must_use]
    pub fn alias(mut self, name: impl Into<String>) -> Self {
        self.aliases.push(name.into());
        self
    }

    /// Adds a parameter that every text must give; these come before all others.
    #[must_use]
    pub fn required(self, name: &str, kind: ParameterKind) -> Self {
        self.parameter(name, kind, DefaultValue::Required)
    }

    /// Adds a parameter with a value for texts that leave it out.
    #[must_use]
    pub fn optional(self, name: &str, kind: ParameterKind, default: impl Into<Value>) -> Self {
        self.parameter(name, kind, DefaultValue::Value(default.into()))
    }

    /// Adds a parameter that takes the value of an earlier one when left out.
    #[must_use]
    pub fn same_as(self, name: &str, kind: ParameterKind, earlier: &str) -> Self {
        self.parameter(name, kind, DefaultValue::SameAs(earlier.to_owned()))
    }

    /// Adds a network parameter that may be left out.
    #[must_use]
    pub fn optional_network(self, name: &str, kind: ParameterKind) -> Self {
        self.parameter(name, kind, DefaultValue::Absent)
    }

    /// Adds a layer of this kind as an example: `leakyrelu(0.1)`.
    #[must_use]
    pub fn example(mut self, text: impl Into<String>) -> Self {
        self.examples.push(text.into());
        self
    }

    fn parameter(mut self, name: &str, kind: ParameterKind, default: DefaultValue) -> Self {
        self.parameters.push(Parameter {
            name: name.to_owned(),
            kind,
            default,
        });
        self
    }

    /// The canonical name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The other accepted spellings.
    pub fn aliases(&self) -> &[String] {
        &self.aliases
    }

    /// The parameters in the order of positional arguments.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// The layer's description in one line.
    pub fn summary(&self) -> &str {
        &self.summary
    }

    /// Layers of this kind as they are written. Every test of all built-in layers tries those of each.
    pub fn examples(&self) -> &[String] {
        &self.examples
    }

    /// How the kind is written, with its defaults: `maxpool(size, padding=valid, stride=size)`.
    pub fn usage(&self) -> String {
        if self.parameters.is_empty() {
            return self.name.clone();
        }
        let arguments: Vec<String> = self
            .parameters
            .iter()
            .map(|Parameter { name, default, .. }| match default {
                DefaultValue::Required => name.clone(),
                DefaultValue::Value(value) => format!("{name}={value}"),
                DefaultValue::SameAs(earlier) => format!("{name}={earlier}"),
                DefaultValue::Absent => format!("{name}=..."),
            })
            .collect();
        format!("{}({})", self.name, arguments.join(", "))
    }

    /// The place of a parameter among the positional arguments; case and `_` do not matter.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        let key = super::kinds::lookup_key(name);
        self.parameters
            .iter()
            .position(|parameter| super::kinds::lookup_key(&parameter.name) == key)
    }

    /// The names of the parameters.
    pub(super) fn parameter_names(&self) -> Vec<&str> {
        self.parameters.iter().map(|p| p.name.as_str()).collect()
    }
}
