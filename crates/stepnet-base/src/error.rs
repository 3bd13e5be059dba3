//! The library's one error type: what happened, where, and what would be right.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::{fmt, io};

/// `Result` with Stepnet's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Characters of a value that messages show.
const LONGEST_VALUE: usize = 240;

/// Characters of a message.
const LONGEST_MESSAGE: usize = 2000;

/// A text of at most `most` characters: of a longer one the beginning and the end. Messages show with it what a
/// user gave, which may be the content of a file instead of its name.
pub fn cut(text: &str, most: usize) -> Cow<'_, str> {
    // The number of bytes is never less than that of characters.
    if text.len() <= most || text.chars().nth(most).is_none() {
        return Cow::Borrowed(text);
    }
    let end = most / 4;
    let beginning: String = text.chars().take(most - end).collect();
    let last = text.char_indices().rev().nth(end.saturating_sub(1));
    let rest = last.map_or("", |(at, _)| &text[at..]);
    Cow::Owned(format!("{beginning}...{rest}"))
}

/// A message of at most 2,000 characters, as [`cut`].
pub fn cut_message(text: &str) -> String {
    cut(&escapes_of_json(text), LONGEST_MESSAGE).into_owned()
}

/// The most characters of a number that messages show as it is.
const LONGEST_NUMBER: usize = 9;

/// A number for people: of a long one six digits, with an exponent where that is shorter.
pub fn short(number: f64) -> String {
    let usual = number == 0.0 || (1e-3..1e4).contains(&number.abs());
    let plain = number.to_string();
    let whole = plain.len() <= LONGEST_NUMBER;
    if whole && usual {
        return plain;
    }
    let rounded = format!("{number:.5e}").parse().unwrap_or(number);
    let shown = if whole { number } else { rounded };
    let (plain, exponent) = (shown.to_string(), format!("{shown:e}"));
    match plain.len() <= exponent.len() {
        true => plain,
        false => exponent,
    }
}

/// A rejected number as a text, with an exponent where it is longer than any that is counted. All its digits
/// stay: 1.0000000001 must not be shown as 1 where at most 1 is expected.
fn refused_number(text: String) -> String {
    const LONGEST_COUNT: usize = 20;
    let digits = |c: char| c.is_ascii_digit() || matches!(c, '-' | '.');
    match text.parse::<f64>() {
        Ok(number) if text.len() > LONGEST_COUNT && text.chars().all(digits) => {
            format!("{number:e}")
        }
        _ => text,
    }
}

/// A message with the escapes of quoted texts, which are `\u{1b}` in Rust, as JSON has them: `\u001b`. All
/// others are shown so.
fn escapes_of_json(text: &str) -> Cow<'_, str> {
    if !text.contains("\\u{") {
        return Cow::Borrowed(text);
    }
    let mut parts = text.split('\\');
    let mut shown = parts.next().unwrap_or_default().to_owned();
    while let Some(part) = parts.next() {
        shown.push('\\');
        let code = part
            .strip_prefix("u{")
            .and_then(|rest| rest.split_once('}'));
        let character = code.and_then(|(code, rest)| {
            let code = u32::from_str_radix(code, 16).ok()?;
            Some((char::from_u32(code)?, rest))
        });
        match character {
            Some((c, rest)) => {
                let mut units = [0; 2];
                let units: Vec<String> = (c.encode_utf16(&mut units).iter())
                    .map(|unit| format!("u{unit:04x}"))
                    .collect();
                shown.push_str(&units.join("\\"));
                shown.push_str(rest);
            }
            None => shown.push_str(part),
        }
        // A backslash that is escaped itself begins nothing.
        if part.is_empty()
            && let Some(next) = parts.next()
        {
            shown.push('\\');
            shown.push_str(next);
        }
    }
    Cow::Owned(shown)
}

/// The errors of the library. Every variant prints as one line.
///
/// [`Debug`](std::fmt::Debug) shows the same line: it is what a `main` that returns [`Result`] prints.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An array has the wrong shape.
    #[error("{operation}: {argument} has shape {found:?}, expected {expected}")]
    Shape {
        /// The function that was called.
        operation: &'static str,
        /// The name of the array.
        argument: String,
        /// The shape that came.
        found: Vec<usize>,
        /// The shape that is needed, in words or numbers.
        expected: String,
    },
    /// A number or a word is outside what the function accepts.
    #[error("{operation}: {argument} is {found}, expected {expected}")]
    Value {
        /// The function that was called.
        operation: &'static str,
        /// The name of the argument.
        argument: String,
        /// The value found.
        found: String,
        /// The values accepted.
        expected: String,
    },
    /// A layer does not fit its input, or cannot be built as asked.
    #[error("layer {layer}: {problem}")]
    Layer {
        /// The layer's name in its network, such as `conv2`.
        layer: String,
        /// The mismatch, with the sizes, and the sizes that would fit.
        problem: String,
    },
    /// A network cannot be built from its text. [`Error::detail`] gives more about the reason, such as
    /// `nn::Diagnosis` where its layers do not fit together, and
    /// `nn::notation::NotationError` where its text could not be read.
    #[error("{0}")]
    Network(Box<dyn std::error::Error + Send + Sync>),
    /// A file's content is not what it should be.
    #[error("{}: {problem}", cut_message(&path.display().to_string()))]
    File {
        /// The file.
        path: PathBuf,
        /// The problem, its place in the file, and what was expected.
        problem: String,
    },
    /// The content of a file does not fit into memory.
    #[error("{}: {problem}", cut_message(&path.display().to_string()))]
    FileMemory {
        /// The file.
        path: PathBuf,
        /// How much it takes, and how much there is.
        problem: String,
    },
    /// The operating system refused to read or write a file.
    #[error("{}: cannot {action}: {source}", cut_message(&path.display().to_string()))]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The operation: `open`, `read`, `write`, ...
        action: &'static str,
        /// The error of the operating system.
        source: io::Error,
    },
    /// There is not enough memory.
    #[error("{what}: {} of memory are needed, more than there is", crate::memory::readable(*bytes))]
    Memory {
        /// The purpose it is needed for.
        what: String,
        /// How much.
        bytes: u128,
    },
    /// Another error, with what was being done before it, and what follows from it after it.
    #[error("{before}{error}{after}")]
    Context {
        /// The beginning of the line, such as `checkpoint: `; or nothing.
        before: String,
        /// What went wrong.
        error: Box<Error>,
        /// The end of the line, such as `; the earlier one is kept`; or nothing.
        after: String,
    },
    /// Training cannot go on, or was asked for with settings that do not go together.
    #[error("{0}")]
    Training(String),
    /// Processes that work together cannot do so.
    #[error("{0}")]
    Group(String),
    /// The work was stopped before it was done, by [`stop::request`](crate::stop::request).
    #[error("stopped before it was done, as was asked")]
    Stopped,
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error {
    /// An array of shape `found` where `expected` was needed.
    pub fn shape(
        operation: &'static str,
        argument: impl Into<String>,
        found: &[usize],
        expected: impl Into<String>,
    ) -> Self {
        Self::Shape {
            operation,
            argument: argument.into(),
            found: found.to_vec(),
            expected: expected.into(),
        }
    }

    /// A value `found` where `expected` was needed.
    pub fn value(
        operation: &'static str,
        argument: impl Into<String>,
        found: impl ToString,
        expected: impl Into<String>,
    ) -> Self {
        Self::Value {
            operation,
            argument: argument.into(),
            found: {
                let found = refused_number(found.to_string());
                cut(&escapes_of_json(&found), LONGEST_VALUE).into_owned()
            },
            expected: cut_message(&expected.into()),
        }
    }

    /// A layer, named as in its network, that does not fit.
    pub fn layer(layer: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Layer {
            layer: layer.into(),
            problem: cut_message(&problem.into()),
        }
    }

    /// A file with the wrong content.
    pub fn file(path: impl AsRef<Path>, problem: impl Into<String>) -> Self {
        Self::File {
            path: path.as_ref().to_path_buf(),
            problem: cut_message(&problem.into()),
        }
    }

    /// A file whose content does not fit into memory.
    pub fn file_memory(path: impl AsRef<Path>, problem: impl Into<String>) -> Self {
        Self::FileMemory {
            path: path.as_ref().to_path_buf(),
            problem: cut_message(&problem.into()),
        }
    }

    /// Whether it is memory that was missing: with more of it the same call would go on.
    pub fn is_memory(&self) -> bool {
        match self {
            Self::Memory { .. } | Self::FileMemory { .. } => true,
            Self::Io { source, .. } => source.kind() == io::ErrorKind::OutOfMemory,
            Self::Context { error, .. } => error.is_memory(),
            _ => false,
        }
    }

    /// The same error with its words about a file or a training changed; errors of other kinds as they are.
    #[must_use]
    pub fn map_problem(self, change: impl Fn(String) -> String) -> Self {
        self.changed(&change)
    }

    fn changed(self, change: &dyn Fn(String) -> String) -> Self {
        match self {
            Self::File { path, problem } => Self::file(path, change(problem)),
            Self::FileMemory { path, problem } => Self::file_memory(path, change(problem)),
            Self::Training(problem) => Self::Training(change(problem)),
            Self::Group(problem) => Self::Group(change(problem)),
            Self::Context {
                before,
                error,
                after,
            } => Self::Context {
                before: change(before),
                error: Box::new(error.changed(change)),
                after: change(after),
            },
            other => other,
        }
    }

    /// The same error, introduced by what was being done.
    #[must_use]
    pub fn context(self, what: &str) -> Self {
        self.told(&format!("{what}: "), "")
    }

    /// The same error with what follows from it at the end of its line.
    #[must_use]
    pub fn and(self, what: &str) -> Self {
        self.told("", &format!("; {what}"))
    }

    fn told(self, first: &str, last: &str) -> Self {
        match self {
            Self::Context {
                before,
                error,
                after,
            } => Self::Context {
                before: format!("{first}{before}"),
                error,
                after: format!("{after}{last}"),
            },
            error => Self::Context {
                before: first.to_owned(),
                error: Box::new(error),
                after: last.to_owned(),
            },
        }
    }

    /// Details of the reason from a part of the library, by their type.
    pub fn detail<E: std::error::Error + 'static>(&self) -> Option<&E> {
        match self {
            Self::Network(detail) => detail.downcast_ref(),
            Self::Context { error, .. } => error.detail(),
            _ => None,
        }
    }

    /// An error of the operating system.
    pub fn io(path: impl AsRef<Path>, action: &'static str, source: io::Error) -> Self {
        Self::Io {
            path: path.as_ref().to_path_buf(),
            action,
            source,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_main_that_returns_it_prints_the_line() {
        let error = Error::value("fit", "epochs", 0, "at least 1");
        assert_eq!(
            format!("{error:?}"),
            "fit: epochs is 0, expected at least 1"
        );
    }

    #[test]
    fn an_error_keeps_its_kind_under_what_is_told_of_it() {
        let full = Error::io("a", "write", io::Error::other("full"));
        let error = full.and("b is kept").context("checkpoint").and("c");
        let line = "checkpoint: a: cannot write: full; b is kept; c";
        assert_eq!(error.to_string(), line);
        let Error::Context { error, .. } = error else {
            panic!("{line}")
        };
        assert!(matches!(*error, Error::Io { .. }), "told once");
        let error = Error::file("a", "no `x`").and("give `x`");
        let error = error.map_problem(|text| text.replace("`x`", "--x"));
        assert_eq!(error.to_string(), "a: no --x; give --x");
        let memory = Error::file_memory("a", "all").context("b");
        assert!(memory.is_memory());
    }

    #[test]
    fn long_values_are_cut_and_short_ones_left() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("äöü", 3), "äöü", "by characters");
        assert_eq!(cut("abcdefghijklmnop", 8), "abcdef...op");
        assert_eq!(cut("ääääääääääääääüö", 8), "ääääää...üö");
        let long = "x".repeat(10_000_000);
        for error in [
            Error::value("f", "a", &long, "less"),
            Error::layer("conv1", long.clone()),
            Error::file(&long, long.clone()),
            Error::io(&long, "open", io::Error::other("no")),
        ] {
            let length = error.to_string().len();
            assert!(length < 5000, "{length}");
        }
    }

    #[test]
    fn numbers_are_short() {
        for (number, text) in [
            (0.0, "0"),
            (-0.25, "-0.25"),
            (255.0, "255"),
            (65_536.0, "65536"),
            (1e6, "1e6"),
            (12_345_678.0, "12345678"),
            (555_555.555_555_555_5, "555556"),
            (6.666_666_666_666_666e29, "6.66667e29"),
            (1e-300, "1e-300"),
            (0.1 + 0.2, "0.3"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(short(number), text);
        }
        for (number, text) in [
            (1e-300, "1e-300"),
            (555_555.555_555_555_5, "555555.5555555555"),
            (6.666_666_666_666_666e29, "6.666666666666666e29"),
            (1.000_000_000_1, "1.0000000001"),
            (1e40, "1e40"),
            (-0.5, "-0.5"),
        ] {
            let error = Error::value("f", "a", number, "less").to_string();
            assert_eq!(error, format!("f: a is {text}, expected less"));
        }
        let error = Error::value("f", "a", u64::MAX, "less").to_string();
        assert!(error.contains("a is 18446744073709551615,"), "{error}");
    }

    #[test]
    fn escapes_are_those_of_json() {
        let name = "a\u{1b}[2J\u{202e}\u{e0001}\\u{41}";
        let json = r#""a\u001b[2J\u202e\udb40\udc01\\u{41}""#;
        for error in [
            Error::value("f", "a", format!("{name:?}"), "less"),
            Error::file("p", format!("{name:?}")),
            Error::layer("conv1", format!("{name:?}")),
            Error::value("f", "a", 1, format!("{name:?}")),
        ] {
            let error = error.to_string();
            assert!(error.contains(json), "{error}");
        }
    }
}
