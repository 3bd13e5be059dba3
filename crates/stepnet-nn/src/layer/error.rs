//! The error of a layer that refuses its arguments or its input.

use stepnet_base::Error;

/// Why a layer refuses its arguments or its input.
///
/// The layer need not say which one it is: the network adds its name and, for an input that does not fit, the nearest
/// change that works.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
#[non_exhaustive]
pub struct LayerError {
    /// What is wrong, with the numbers, and what was expected.
    pub message: String,
}

impl LayerError {
    /// An error with this message.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
        }
    }
}

impl From<String> for LayerError {
    fn from(message: String) -> Self {
        Self { message }
    }
}

impl From<&str> for LayerError {
    fn from(message: &str) -> Self {
        Self::new(message)
    }
}

impl From<Error> for LayerError {
    fn from(error: Error) -> Self {
        Self::new(error.to_string())
    }
}
