//! The words that the command was called with.

use std::ffi::OsString;
use std::sync::OnceLock;

static WORDS: OnceLock<Vec<OsString>> = OnceLock::new();

/// Keeps the words, the name of the program first. Only the first call of a process counts.
pub(crate) fn keep(words: impl IntoIterator<Item = OsString>) -> &'static [OsString] {
    WORDS.get_or_init(|| words.into_iter().collect())
}

/// The words, the name of the program first.
pub(crate) fn words() -> &'static [OsString] {
    keep([])
}

/// The words after the name of the program.
pub(crate) fn arguments() -> &'static [OsString] {
    words().get(1..).unwrap_or_default()
}
