//! The error message of a command that fails, and its exit code.

use std::error::Error as _;
use std::io::Write as _;

use stepnet::nn::Diagnosis;
use stepnet::train::settings::SettingError;

use crate::display::{self, clean, escaped, escaped_lines};
use crate::quiet;
use crate::wording::{given_as, with_options, with_settings};

/// The most cells of a line: a message that repeats what somebody else wrote may be of any length.
pub(crate) const LONGEST: usize = 4000;

/// Why a command stopped.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    line: String,
    causes: Vec<String>,
    code: u8,
}

pub(crate) type Outcome<T = ()> = Result<T, Failure>;

impl Failure {
    /// A mistake in what the user gave: exit code 2.
    pub(crate) fn usage(line: impl Into<String>) -> Self {
        Self {
            line: line.into(),
            causes: Vec::new(),
            code: 2,
        }
    }

    /// Something that went wrong while running: exit code 1.
    pub(crate) fn running(line: impl Into<String>) -> Self {
        Self {
            line: line.into(),
            causes: Vec::new(),
            code: 1,
        }
    }

    /// A failure whose details have been reported already, by its exit code.
    pub(crate) fn said(code: u8) -> Self {
        Self {
            line: String::new(),
            causes: Vec::new(),
            code,
        }
    }

    /// A network that could not be made, where `network` and `input` are what stands on the command
    /// line before a network and an input, so that what is suggested can be copied.
    pub(crate) fn of_network(error: stepnet::Error, network: &str, input: &str) -> Self {
        match error.detail::<Diagnosis>() {
            Some(diagnosis) => Self::usage(diagnosis.line(network, input)),
            None => error.into(),
        }
    }

    /// A failure with an exit code.
    pub(crate) fn coded(code: u8, line: impl Into<String>) -> Self {
        Self {
            code,
            ..Self::running(line)
        }
    }

    pub(crate) fn code(&self) -> u8 {
        self.code
    }

    /// Whether there is something to say of it.
    pub(crate) fn is_told(&self) -> bool {
        !self.line.is_empty()
    }

    /// The same failure, introduced by what was being done.
    pub(crate) fn context(mut self, what: &str) -> Self {
        self.line = format!("{what}: {}", self.line);
        self
    }

    /// The same failure with `what` added at the end of its line.
    pub(crate) fn and(mut self, what: &str) -> Self {
        if !self.line.is_empty() {
            self.line.push_str("; ");
        }
        self.line.push_str(what);
        self
    }

    /// Prints the one line, and with `verbose` the causes, and gives the exit code.
    pub(crate) fn report(&self, verbose: bool) -> u8 {
        if self.line.is_empty() {
            return self.code;
        }
        // A process that is quiet has this to itself: no other will tell it.
        let mut text = match quiet::rank() {
            Some(rank) => format!("error: rank {rank}: {}", self.line()),
            None => format!("error: {}", self.line()),
        };
        if verbose {
            for cause in &self.causes {
                text.push_str("\n  caused by: ");
                text.push_str(&escaped(cause));
            }
        }
        if quiet::rank().is_some() || !quiet::is_quiet() {
            speak(&text);
        }
        self.code
    }

    /// The message, without the word `error`.
    pub(crate) fn line(&self) -> String {
        clean(&self.line, LONGEST)
    }
}

/// Says something on the standard error, unless another process of the command's group does.
pub(crate) fn say(text: &str) {
    if !quiet::is_quiet() {
        speak(text);
    }
}

/// Says something on the standard error, its first word coloured where it is `error`, `warning` or
/// `note` and the terminal takes colours. That nobody reads it is no reason to stop.
pub(crate) fn speak(text: &str) {
    let text = escaped_lines(text);
    let style = match text.split_once(": ").map(|(word, _)| word) {
        Some("error") => display::ERROR,
        Some("warning" | "note") => display::NOTE,
        _ => anstyle::Style::new(),
    };
    let coloured = match style.is_plain() {
        true => 0,
        false => text.find(' ').unwrap_or(0),
    };
    let (word, rest) = text.split_at(coloured);
    // Without colours on a terminal that takes none, or where NO_COLOR is set.
    writeln!(anstream::stderr(), "{style}{word}{style:#}{rest}").ok();
}

/// The error for a person at the shell: names of functions mean nothing there, and the system's
/// error numbers are left to `--verbose`.
fn line(error: &stepnet::Error) -> String {
    match error {
        stepnet::Error::Value {
            argument,
            found,
            expected,
            ..
        } => format!("{argument} is {found}, expected {expected}"),
        stepnet::Error::Shape {
            argument,
            found,
            expected,
            ..
        } => format!("{argument} has shape {found:?}, expected {expected}"),
        stepnet::Error::Io {
            path,
            action,
            source,
        } => {
            let said = source.to_string();
            let said = said.split(" (os error").next().unwrap_or_default();
            format!("{}: cannot {action}: {said}", path.display())
        }
        other => other.to_string(),
    }
}

impl From<SettingError> for Failure {
    fn from(error: SettingError) -> Self {
        match error {
            SettingError::Refused { setting, error } => {
                Self::from(error).context(&given_as(setting))
            }
            SettingError::Value {
                setting,
                found,
                expected,
            }
            | SettingError::Kind {
                setting,
                found,
                expected,
            } => {
                let option = given_as(setting);
                Self::usage(format!("{option} is {found}, expected {expected}"))
            }
            other => Self::usage(with_settings(&other.to_string())),
        }
    }
}

impl From<stepnet::Error> for Failure {
    fn from(error: stepnet::Error) -> Self {
        let error = error.map_problem(|problem| with_options(&problem));
        if let stepnet::Error::Context {
            before,
            error,
            after,
        } = error
        {
            let mut failure = Self::from(*error);
            failure.line = format!("{before}{}{after}", failure.line);
            return failure;
        }
        let code = match &error {
            stepnet::Error::Training(_)
            | stepnet::Error::Group(_)
            | stepnet::Error::Io {
                action: "write", ..
            } => 1,
            _ => 2,
        };
        let mut causes = Vec::new();
        let mut source = error.source();
        while let Some(cause) = source {
            causes.push(cause.to_string());
            source = cause.source();
        }
        Self {
            line: line(&error),
            causes,
            code,
        }
    }
}
