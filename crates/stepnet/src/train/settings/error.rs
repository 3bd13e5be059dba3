//! Errors about settings, in parts, so that each front end can word them with its own names.

use std::fmt;

use super::Row;
use crate::error::Error;
use stepnet_base::text::nearest;

/// An error about a setting.
#[derive(Debug)]
#[non_exhaustive]
pub enum SettingError {
    /// There is no setting with this name.
    Unknown {
        /// The name.
        name: String,
        /// The nearest known name, if one is near enough.
        nearest: Option<&'static str>,
    },
    /// Its value is of another kind: a text where it should be a number.
    Kind {
        /// The setting.
        setting: &'static Row,
        /// The value, or the part of it that is wrong.
        found: String,
        /// The values that are allowed.
        expected: String,
    },
    /// Its value is not one that it may have.
    Value {
        /// The setting.
        setting: &'static Row,
        /// The value, or the part of it that is wrong.
        found: String,
        /// The values that are allowed.
        expected: String,
    },
    /// It excludes others.
    Together {
        /// The setting.
        setting: &'static Row,
        /// A sentence, with the names of settings in backticks.
        problem: String,
    },
    /// The code that uses it refuses it.
    Refused {
        /// The setting.
        setting: &'static Row,
        /// Why.
        error: Error,
    },
}

impl SettingError {
    pub(super) fn unknown(name: &str, known: impl Iterator<Item = &'static str>) -> Self {
        Self::Unknown {
            name: name.to_owned(),
            nearest: nearest(&name.replace('-', "_"), known),
        }
    }

    /// The setting, where there is one.
    pub fn setting(&self) -> Option<&'static Row> {
        match self {
            Self::Unknown { .. } => None,
            Self::Kind { setting, .. }
            | Self::Value { setting, .. }
            | Self::Together { setting, .. }
            | Self::Refused { setting, .. } => Some(setting),
        }
    }
}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name, nearest } => {
                let name = stepnet_base::text::quoted(name);
                write!(f, "{name} is not a setting")?;
                match nearest {
                    Some(near) => write!(f, "; did you mean {}?", near.replace('_', "-")),
                    None => Ok(()),
                }
            }
            Self::Kind {
                setting,
                found,
                expected,
            }
            | Self::Value {
                setting,
                found,
                expected,
            } => {
                write!(f, "{} is {found}, expected {expected}", setting.spelled())
            }
            Self::Together { problem, .. } => f.write_str(problem),
            Self::Refused { setting, error } => write!(f, "{}: {error}", setting.spelled()),
        }
    }
}

impl std::error::Error for SettingError {}

impl From<SettingError> for Error {
    fn from(error: SettingError) -> Self {
        match error {
            SettingError::Kind {
                setting,
                found,
                expected,
            }
            | SettingError::Value {
                setting,
                found,
                expected,
            } => Self::value("settings", setting.name, found, expected),
            SettingError::Refused { error, .. } => error,
            other => Self::Training(other.to_string()),
        }
    }
}
