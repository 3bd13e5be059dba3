//! The arrow notation: how networks are written.

/// A text that is not in the notation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {message}")]
pub struct NotationError {
    /// Where, in characters from 1.
    pub column: usize,
    /// What was expected there, what came, and the nearest known name.
    pub message: String,
}
