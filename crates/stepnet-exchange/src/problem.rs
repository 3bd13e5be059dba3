//! Why a file cannot be read: a sentence, to which the file's name is added, or an error of another crate.

use std::path::Path;

use crate::Error;

/// A result of a reader.
pub(crate) type Checked<T> = Result<T, Problem>;

/// Why a file cannot be read.
#[derive(Debug)]
pub(crate) enum Problem {
    /// What is wrong with the file's content.
    Content(String),
    /// An error that speaks for itself, such as too little memory.
    Other(Error),
}

impl Problem {
    /// The error of the file at `path`.
    pub(crate) fn of_file(self, path: &Path) -> Error {
        match self {
            Self::Content(problem) => Error::file(path, problem),
            Self::Other(error @ (Error::File { .. } | Error::Io { .. })) => error,
            Self::Other(error) if error.is_memory() => error,
            Self::Other(error) => Error::file(path, error.to_string()),
        }
    }
}

impl From<String> for Problem {
    fn from(problem: String) -> Self {
        Self::Content(problem)
    }
}

impl From<&str> for Problem {
    fn from(problem: &str) -> Self {
        Self::Content(problem.to_owned())
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

#[cfg(test)]
impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Content(problem) => f.write_str(problem),
            Self::Other(error) => error.fmt(f),
        }
    }
}
