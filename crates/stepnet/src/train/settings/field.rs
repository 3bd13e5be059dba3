//! How the fields of the tables take values and give them back.

use std::path::PathBuf;
use std::str::FromStr;

use super::kind::Kind;
use super::{Size, Value};
use crate::data::Augmentation;
use crate::error::Error;
use crate::limits;
use crate::nn::{Init, Loss, Shape};
use crate::optim::{Rule, Schedule, WarmUp};
use crate::train::run::{CheckpointEvery, EventFiles};
use crate::train::{BackboneRate, BatchSize, ClassWeights};

/// Why a value is refused.
pub(super) struct Refusal {
    /// The part of it that is wrong, where it is not the whole.
    pub(super) found: Option<String>,
    /// The expected value.
    pub(super) expected: String,
}

impl Refusal {
    pub(super) fn of(kind: &Kind) -> Self {
        Self {
            found: None,
            expected: kind.expected(),
        }
    }
}

/// A field of a table.
pub(super) trait Field: Sized {
    /// From a value that has one of the forms of its kind.
    fn take(value: &Value, kind: &Kind) -> Result<Self, Refusal>;

    /// Its value, which `take` would read again; `None` where it has none.
    fn give(&self) -> Option<Value>;
}

impl<T: Field> Field for Option<T> {
    fn take(value: &Value, kind: &Kind) -> Result<Self, Refusal> {
        T::take(value, kind).map(Some)
    }

    fn give(&self) -> Option<Value> {
        self.as_ref().and_then(T::give)
    }
}

impl Field for bool {
    fn take(value: &Value, kind: &Kind) -> Result<Self, Refusal> {
        match value {
            Value::Switch(on) => Ok(*on),
            other => other.to_string().parse().map_err(|_| Refusal::of(kind)),
        }
    }

    fn give(&self) -> Option<Value> {
        Some(Value::Switch(*self))
    }
}

impl Field for f64 {
    fn take(value: &Value, kind: &Kind) -> Result<Self, Refusal> {
        let number = match value {
            Value::Number(number) => Some(*number),
            Value::Whole(whole) => Some(*whole as f64),
            other => other.to_string().parse().ok(),
        };
        let fits = |number: &f64| match kind {
            Kind::Number { least, most } => (*least..=*most).contains(number),
            Kind::Share => (0.0..1.0).contains(number),
            _ => number.is_finite(),
        };
        number.filter(fits).ok_or_else(|| Refusal::of(kind))
    }

    fn give(&self) -> Option<Value> {
        Some(Value::Number(*self))
    }
}

macro_rules! whole {
    ($($type:ty),+) => {$(
        impl Field for $type {
            fn take(value: &Value, kind: &Kind) -> Result<Self, Refusal> {
                let number = match value {
                    Value::Whole(whole) => u64::try_from(*whole).ok(),
                    other => other.to_string().parse().ok(),
                };
                let fits = |number: &u64| match kind {
                    Kind::Whole { least, most } => (*least..=*most).contains(number),
                    _ => true,
                };
                let number = number.filter(fits).and_then(|number| number.try_into().ok());
                number.ok_or_else(|| Refusal::of(kind))
            }

            fn give(&self) -> Option<Value> {
                i64::try_from(*self).ok().map(Value::Whole)
            }
        }
    )+};
}

whole!(u32, usize);

impl Field for String {
    fn take(value: &Value, _kind: &Kind) -> Result<Self, Refusal> {
        match value {
            Value::Word(word) => match word.to_str() {
                Some(word) => Ok(word.to_owned()),
                None => Err(Refusal {
                    found: None,
                    expected: "a text in UTF-8".to_owned(),
                }),
            },
            other => Ok(other.to_string()),
        }
    }

    fn give(&self) -> Option<Value> {
        Some(Value::Text(self.clone()))
    }
}

impl Field for PathBuf {
    fn take(value: &Value, kind: &Kind) -> Result<Self, Refusal> {
        match value {
            Value::Word(word) if !word.is_empty() => Ok(word.into()),
            Value::Text(text) if !text.is_empty() => Ok(text.into()),
            _ => Err(Refusal::of(kind)),
        }
    }

    fn give(&self) -> Option<Value> {
        Some(match self.to_str() {
            Some(text) => Value::Text(text.to_owned()),
            None => Value::Word(self.clone().into_os_string()),
        })
    }
}

impl Field for EventFiles {
    fn take(value: &Value, kind: &Kind) -> Result<Self, Refusal> {
        match (value, value.to_string().as_str()) {
            (Value::Switch(true), _) | (Value::Word(_), "true") => Ok(Self::InRun),
            (Value::Switch(false), _) | (Value::Word(_), "false") => Ok(Self::None),
            _ => PathBuf::take(value, kind).map(Self::Folder),
        }
    }

    fn give(&self) -> Option<Value> {
        match self {
            Self::None => None,
            Self::InRun => Some(Value::Switch(true)),
            Self::Folder(folder) => folder.give(),
        }
    }
}

impl Field for Vec<String> {
    fn take(value: &Value, kind: &Kind) -> Result<Self, Refusal> {
        match value {
            Value::List(values) => values
                .iter()
                .map(|value| String::take(value, kind))
                .collect(),
            other => {
                let words = String::take(other, kind)?;
                Ok(words
                    .split(',')
                    .map(|word| word.trim().to_owned())
                    .collect())
            }
        }
    }

    fn give(&self) -> Option<Value> {
        let values = self.iter().map(|value| Value::Text(value.clone()));
        (!self.is_empty()).then(|| Value::List(values.collect()))
    }
}

/// Reads a notation; the part that is wrong is named where it is not the whole.
fn parsed<T: FromStr<Err = Error>>(text: &str) -> Result<T, Refusal> {
    text.parse().map_err(|error| match error {
        Error::Value {
            found, expected, ..
        } => Refusal {
            found: (found != format!("{text:?}")).then_some(found),
            expected,
        },
        other => Refusal {
            found: None,
            expected: other.to_string(),
        },
    })
}

/// A value as the text that a notation's reader takes.
fn notation(value: &Value) -> String {
    match value {
        // 1.0 is a share where 1 is a count.
        Value::Number(number) => format!("{number:?}"),
        other => other.to_string(),
    }
}

macro_rules! notations {
    ($($type:ty),+) => {$(
        impl Field for $type {
            fn take(value: &Value, _kind: &Kind) -> Result<Self, Refusal> {
                parsed(&notation(value))
            }

            fn give(&self) -> Option<Value> {
                Some(Value::of_text(self.to_string()))
            }
        }
    )+};
}

notations!(
    BackboneRate,
    BatchSize,
    CheckpointEvery,
    Init,
    Loss,
    Rule,
    Schedule,
    Shape,
    Size,
    WarmUp
);

impl Field for Augmentation {
    fn take(value: &Value, _kind: &Kind) -> Result<Self, Refusal> {
        parsed(&notation(value))
    }

    fn give(&self) -> Option<Value> {
        Some(Value::Text(self.to_string()))
    }
}

impl Field for ClassWeights {
    fn take(value: &Value, _kind: &Kind) -> Result<Self, Refusal> {
        let weight = |value: &Value| {
            let number = match value {
                Value::Number(number) => Some(*number),
                Value::Whole(whole) => Some(*whole as f64),
                _ => None,
            };
            let number = number.filter(|&number| limits::CLASS_WEIGHT.contain(number));
            number.ok_or_else(|| Refusal {
                found: Some(value.shown()),
                expected: format!("weights that are each {}", limits::CLASS_WEIGHT),
            })
        };
        match value {
            Value::List(weights) => weights
                .iter()
                .map(weight)
                .collect::<Result<_, _>>()
                .map(Self::InOrder),
            Value::Map(weights) => {
                let named = weights
                    .iter()
                    .map(|(name, value)| Ok((name.clone(), weight(value)?)));
                named.collect::<Result<_, _>>().map(Self::ByName)
            }
            other => parsed(&notation(other)),
        }
    }

    fn give(&self) -> Option<Value> {
        Some(match self {
            Self::InOrder(weights) => {
                Value::List(weights.iter().map(|&w| Value::Number(w)).collect())
            }
            Self::ByName(named) => {
                let named = named
                    .iter()
                    .map(|(name, weight)| (name.clone(), Value::Number(*weight)));
                Value::Map(named.collect())
            }
        })
    }
}
