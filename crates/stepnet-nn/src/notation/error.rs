//! The error of a text that is not in the notation.

use std::fmt;

use crate::error::{Error, cut, cut_message};

/// How many characters of a long line a snippet shows.
const SNIPPET_WIDTH: usize = 76;

/// A text that is not in the notation: where, what was expected, what was found, the nearest name.
///
/// Prints as one line; [`NotationError::snippet`] shows the place in the text for terminals.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub struct NotationError {
    /// Where, in characters from 1; 0 for a network that was built by code and has no text.
    pub column: usize,
    /// What was expected there, what was found, and the nearest known name.
    pub message: String,
    /// The text that was read; empty if it is not known.
    pub text: String,
    /// The layer kind that is unknown, if that is the mistake.
    pub(crate) unknown_kind: Option<String>,
}

impl From<NotationError> for Error {
    fn from(error: NotationError) -> Self {
        Self::Network(Box::new(error))
    }
}

impl fmt::Display for NotationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.column > 0 {
            write!(f, "column {}: ", self.column)?;
        }
        f.write_str(&self.message)
    }
}

impl NotationError {
    /// An error at a column (characters from 1), in a text that [`NotationError::in_text`] may name.
    pub fn new(column: usize, message: impl Into<String>) -> Self {
        Self {
            column,
            message: cut_message(&message.into()),
            text: String::new(),
            unknown_kind: None,
        }
    }

    /// The same error with the unknown layer kind that it is about.
    pub(super) fn with_unknown_kind(mut self, kind: &str) -> Self {
        self.unknown_kind = Some(cut(kind, LONGEST).into_owned());
        self
    }

    /// The same error with the text it is about, for [`NotationError::snippet`].
    #[must_use]
    pub fn in_text(mut self, text: &str) -> Self {
        self.text = text.to_owned();
        self
    }

    /// Two lines for a terminal: the line of the text with the error, and a caret under the place.
    ///
    /// `None` where the text or the place is not known. Long lines are cut around the place, and
    /// control characters are shown as blanks.
    pub fn snippet(&self) -> Option<String> {
        if self.text.is_empty() || self.column == 0 {
            return None;
        }
        let text: Vec<char> = self.text.chars().collect();
        let (before, after) = text.split_at((self.column - 1).min(text.len()));
        let line_start = before
            .iter()
            .rposition(|&c| c == '\n')
            .map_or(0, |at| at + 1);
        let line: Vec<char> = before[line_start..]
            .iter()
            .chain(after.iter().take_while(|&&c| c != '\n'))
            .map(|&c| if c.is_control() { ' ' } else { c })
            .collect();
        let caret = before.len() - line_start;
        let start = match line.len() {
            length if length <= SNIPPET_WIDTH => 0,
            length => caret
                .saturating_sub(SNIPPET_WIDTH / 2)
                .min(length - SNIPPET_WIDTH),
        };
        let shown: String = line.iter().skip(start).take(SNIPPET_WIDTH).collect();
        Some(format!(
            "{shown}\n{:>width$}",
            '^',
            width = caret - start + 1
        ))
    }
}

/// The most characters of a user's text that a message quotes.
const LONGEST: usize = 40;

/// A piece of a user's text as a message shows it: quoted, escaped, cut if long.
pub(super) fn quoted(piece: &str) -> String {
    format!("{:?}", cut(piece, LONGEST))
}
