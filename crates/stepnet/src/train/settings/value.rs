//! Values of settings as they come and go: from a command line, a file, a program in another language.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{cut, short};

/// The value of a setting before it is known what it may be, and for people to read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Value {
    /// On or off.
    Switch(bool),
    /// A whole number.
    Whole(i64),
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
    /// A word of a command line, which stands for a value of any kind; or a path that is not UTF-8.
    #[serde(with = "word")]
    Word(OsString),
    /// Several.
    List(Vec<Value>),
    /// Values by name.
    Map(BTreeMap<String, Value>),
}

/// Words in files: by their bytes or units where the system has words that are not texts, elsewhere as texts.
mod word {
    use std::ffi::OsString;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(word: &OsString, to: S) -> Result<S::Ok, S::Error> {
        #[cfg(any(unix, windows))]
        return word.serialize(to);
        #[cfg(not(any(unix, windows)))]
        return word.to_string_lossy().serialize(to);
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<OsString, D::Error> {
        #[cfg(any(unix, windows))]
        return OsString::deserialize(from);
        #[cfg(not(any(unix, windows)))]
        return String::deserialize(from).map(OsString::from);
    }
}

/// Characters of a value in a message.
const LONGEST: usize = 240;

impl Value {
    /// As messages show it: texts in quotes.
    pub(super) fn shown(&self) -> String {
        let shown = match self {
            Self::Number(number) => short(*number),
            Self::Text(text) => format!("{text:?}"),
            Self::Word(word) => format!("{:?}", word.to_string_lossy()),
            other => other.to_string(),
        };
        cut(&shown, LONGEST).into_owned()
    }

    /// The value that a text stands for: a number where it is one.
    pub(super) fn of_text(text: String) -> Self {
        // Only numbers that are written so again: `007` stays what it is.
        let whole = text.parse().ok().filter(|n: &i64| n.to_string() == text);
        let number = || text.parse().ok().filter(|n: &f64| n.to_string() == text);
        match (whole, number()) {
            (Some(whole), _) => Self::Whole(whole),
            (None, Some(number)) if number.is_finite() => Self::Number(number),
            _ => Self::Text(text),
        }
    }
}

/// As it is written on a command line.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Switch(on) => write!(f, "{on}"),
            Self::Whole(whole) => write!(f, "{whole}"),
            Self::Number(number) => f.write_str(&plain(*number)),
            Self::Text(text) => f.write_str(text),
            Self::Word(word) => f.write_str(&word.to_string_lossy()),
            Self::List(values) => {
                let values: Vec<String> = values.iter().map(Self::to_string).collect();
                f.write_str(&values.join(","))
            }
            Self::Map(values) => {
                let values = values.iter().map(|(name, value)| format!("{name}={value}"));
                f.write_str(&values.collect::<Vec<_>>().join(","))
            }
        }
    }
}

/// All digits of a number, with an exponent where that is much shorter.
fn plain(number: f64) -> String {
    let (plain, exponent) = (number.to_string(), format!("{number:e}"));
    match plain.len() <= exponent.len() + 4 {
        true => plain,
        false => exponent,
    }
}
