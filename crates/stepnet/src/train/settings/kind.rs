//! The kinds of values that settings have, and the groups of settings.

use super::Value;
use crate::error::short;
use crate::limits::Bounds;

/// The group that a setting belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Group {
    /// The examples and how they are read.
    Data,
    /// The network.
    Network,
    /// Its training.
    Training,
    /// What a run keeps of itself.
    Checkpoints,
}

impl Group {
    /// Its title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Data => "Data",
            Self::Network => "Network",
            Self::Training => "Training",
            Self::Checkpoints => "Checkpoints",
        }
    }
}

/// Its name as a keyword argument of a training in Python.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Keyword {
    /// It is not a keyword argument.
    None,
    /// The name that it has everywhere.
    Same,
    /// The name that libraries for Python usually have for it.
    Named(&'static str),
}

/// A value that a setting may have, of few.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Choice {
    /// How it is written.
    pub name: &'static str,
    /// Its meaning; empty if the name says it.
    pub help: &'static str,
}

/// A form that a value may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Form {
    /// A text.
    Text,
    /// A whole number.
    Whole,
    /// Any number.
    Number,
    /// A list.
    List,
    /// Numbers by name.
    Map,
}

/// The kind of values that a setting has.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Kind {
    /// On or off; off unless given.
    Switch,
    /// On or off; on unless given.
    On {
        /// The effect of turning it off.
        off: &'static str,
    },
    /// A whole number within bounds.
    Whole {
        /// The least.
        least: u64,
        /// The largest.
        most: u64,
    },
    /// A number within bounds.
    Number {
        /// The least.
        least: f64,
        /// The largest.
        most: f64,
    },
    /// A share from 0 to less than 1.
    Share,
    /// One of a few words.
    Choice(&'static [Choice]),
    /// A notation that has a reader for it, and the forms that it may come in.
    Notation(&'static [Form]),
    /// Several words.
    List,
    /// A file or a folder.
    Path,
    /// On, or a file or a folder; off unless given.
    Place,
}

impl Kind {
    /// A number within bounds.
    pub(super) const fn number(bounds: Bounds) -> Self {
        let Bounds { least, most } = bounds;
        Self::Number { least, most }
    }

    /// The forms that a value may have.
    pub fn forms(&self) -> &'static [Form] {
        match self {
            Self::Switch | Self::On { .. } => &[],
            Self::Whole { .. } => &[Form::Whole],
            Self::Number { .. } | Self::Share => &[Form::Number],
            Self::Choice(_) | Self::Path | Self::Place => &[Form::Text],
            Self::Notation(forms) => forms,
            Self::List => &[Form::List, Form::Text, Form::Whole],
        }
    }

    /// Whether a value has a form that fits, whatever its size or its words.
    pub(super) fn admits(&self, value: &Value) -> bool {
        let form = match value {
            Value::Word(_) => return true,
            Value::Switch(_) => return self.is_switch() || *self == Self::Place,
            Value::Whole(_) => Form::Whole,
            Value::Number(_) => Form::Number,
            Value::Text(_) => Form::Text,
            Value::List(_) => Form::List,
            Value::Map(_) => Form::Map,
        };
        let forms = self.forms();
        forms.contains(&form) || (form == Form::Whole && forms.contains(&Form::Number))
    }

    /// Whether it is on or off.
    pub fn is_switch(&self) -> bool {
        matches!(self, Self::Switch | Self::On { .. })
    }

    /// The expected value, for messages: `a number from 0 to 1e6`.
    pub fn expected(&self) -> String {
        match self {
            Self::Switch | Self::On { .. } => "true or false".to_owned(),
            Self::Whole { least, most } => format!("a whole number from {least} to {most}"),
            Self::Number { least, most } => {
                format!("a number from {} to {}", short(*least), short(*most))
            }
            Self::Share => "a share from 0 to less than 1".to_owned(),
            Self::Choice(choices) => {
                let names: Vec<String> = choices.iter().map(|c| format!("{:?}", c.name)).collect();
                or_list(&names)
            }
            Self::Path => "a path".to_owned(),
            Self::Place => "true or a path".to_owned(),
            Self::Notation(_) | Self::List => {
                let names: Vec<_> = self
                    .forms()
                    .iter()
                    .map(|form| form.words().to_owned())
                    .collect();
                or_list(&names)
            }
        }
    }
}

impl Form {
    fn words(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Whole => "a whole number",
            Self::Number => "a number",
            Self::List => "a list",
            Self::Map => "numbers by name",
        }
    }
}

/// `a`, `a or b`, `a, b or c`.
fn or_list(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}
