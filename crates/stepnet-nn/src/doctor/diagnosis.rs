//! The doctor's diagnosis: one line for people, fields for programs.

use std::fmt::{self, Write as _};

use serde::Serialize;

use crate::error::Error;
use crate::notation::NotationError;
use crate::shape::Shape;

/// Longer pieces of a line are cut, and longer networks are not repeated in it.
const LONGEST_LAYER: usize = 120;
const LONGEST_NETWORK: usize = 2000;

/// Why a network does not fit together, and the nearest change that works.
///
/// Prints as one line. As JSON, `problem` and `formula` say what is wrong and `fix` what works.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Diagnosis {
    /// The layer's name in its network, such as `conv2`.
    pub layer: String,
    /// The layer's canonical text, such as `conv(16, 5)`.
    pub layer_text: String,
    /// Where the layer stands in `text`, in characters from 1; 0 for a network built by code.
    pub column: usize,
    /// The network's text as it was given, or as the preset has it; empty if it is not known.
    pub text: String,
    /// The preset that was named instead of a text.
    pub preset: Option<String>,
    /// The shape of the layer's input.
    pub input: Shape,
    /// The problem, with the sizes.
    pub problem: String,
    /// The rule it breaks, with the numbers filled in.
    pub formula: Option<String>,
    /// The nearest change that works, where one was found: the whole network was tried with it.
    pub fix: Option<Fix>,
}

/// A change, or several at once, with which the whole network fits.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Fix {
    /// The changes.
    pub changes: Vec<Change>,
    /// The whole network in canonical notation; `None` if it stays as it is.
    pub network: Option<String>,
    /// The shape of the input; `None` if it stays as it is.
    pub input: Option<Shape>,
}

/// One change of a network.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "change", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Change {
    /// A layer, and in a group each of its repetitions, becomes another.
    Replace {
        /// The layer's name.
        layer: String,
        /// Its text.
        to: String,
    },
    /// A layer is put in.
    Insert {
        /// Its text.
        what: String,
        /// The name of the layer it stands before; `None` for the end.
        before: Option<String>,
    },
    /// A layer is left out.
    Remove {
        /// Its name.
        layer: String,
    },
    /// A layer, with those that go with it, comes earlier.
    Move {
        /// Its name.
        layer: String,
        /// The name of the layer it stands before from now on.
        before: String,
    },
    /// A group is repeated less often.
    Repeat {
        /// The name of the layer that did not fit.
        layer: String,
        /// Where the group starts in its text, in characters from 1; 0 without a text.
        column: usize,
        /// How often the group was repeated.
        from: usize,
        /// How often it is.
        to: usize,
    },
    /// Every convolution that had no padding gets `same` padding.
    AllPadded,
    /// Each convolution becomes a dense layer, and poolings are left out.
    Dense,
    /// The input has another shape.
    Input {
        /// The shape it was to have.
        from: Shape,
        /// The shape it has.
        to: Shape,
    },
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Replace { layer, to } => write!(f, "{layer} as {}", cut(to)),
            Self::Insert {
                what,
                before: Some(layer),
            } => write!(f, "{} before {layer}", cut(what)),
            Self::Insert { what, before: None } => write!(f, "{} at the end", cut(what)),
            Self::Remove { layer } => write!(f, "no {layer}"),
            Self::Move { layer, before } => write!(f, "{layer} before {before}"),
            Self::Repeat {
                layer, from, to, ..
            } => write!(f, "the group of {layer} x {to} instead of x {from}"),
            Self::AllPadded => f.write_str("same padding in every convolution"),
            Self::Dense => f.write_str("dense layers, because there is no image to slide over"),
            Self::Input { from, to } if channels_moved(*from, *to) => {
                write!(
                    f,
                    "{to} is height x width x channels, {from} has the channels in front"
                )
            }
            Self::Input { from, to } => write!(f, "an input of {to} instead of {from}"),
        }
    }
}

fn channels_moved(from: Shape, to: Shape) -> bool {
    let (from, to) = (from.extents(), to.extents());
    matches!((&from[..], &to[..]), (&[c, h, w], &[height, width, channels])
        if [h, w, c] == [height, width, channels] && from != to)
}

impl Change {
    /// Adds a change to those before it; a second one of the same thing takes the first's place.
    pub(super) fn add(changes: &mut Vec<Self>, change: Self) {
        for before in changes.iter_mut() {
            match (before, &change) {
                (
                    Self::Replace { layer, to },
                    Self::Replace {
                        layer: same,
                        to: last,
                    },
                ) if layer == same => {
                    to.clone_from(last);
                    return;
                }
                (
                    Self::Repeat { column, to, .. },
                    Self::Repeat {
                        column: same,
                        from,
                        to: last,
                        ..
                    },
                ) if column == same && *column > 0 && to == from => {
                    *to = *last;
                    return;
                }
                (Self::Input { to, .. }, Self::Input { to: last, .. }) => {
                    *to = *last;
                    return;
                }
                _ => {}
            }
        }
        changes.push(change);
    }
}

impl Fix {
    /// The suggestion in a few words: `try "conv(8, 3, same) -> ..." (conv1 as conv(8, 3, same))`.
    ///
    /// `network` and `input` are written before the values: a command's options, or nothing.
    pub fn suggestion(&self, network: &str, input: &str) -> String {
        let changes: Vec<String> = self.changes.iter().map(Change::to_string).collect();
        let changes = changes.join(", ");
        let short = |text: &&String| text.chars().count() <= LONGEST_NETWORK;
        let text = self.network.as_ref().filter(short);
        let text = text.map(|text| format!("{network}\"{text}\""));
        let shape = self.input.map(|shape| format!("{input}{shape}"));
        match (text, shape) {
            (Some(text), None) => format!("try {text} ({changes})"),
            // Options stand side by side, words do not.
            (Some(text), Some(shape)) if input.starts_with('-') => {
                format!("try {text} {shape} ({changes})")
            }
            (Some(text), Some(shape)) => format!("try {text} with {shape} ({changes})"),
            (None, Some(shape)) if self.network.is_none() => match &self.changes[..] {
                [Change::Input { from, to }] if !channels_moved(*from, *to) => {
                    format!("try {shape} instead of {from}")
                }
                _ => format!("try {shape} ({changes})"),
            },
            (None, _) => format!("try {changes}"),
        }
    }
}

impl Diagnosis {
    /// The problem, without the suggestion.
    pub fn finding(&self) -> String {
        let mut line = format!("layer {}", self.layer);
        if self.column > 0 {
            write!(line, " at column {}", self.column).ok();
        }
        if let Some(preset) = &self.preset {
            write!(line, " of {preset}").ok();
        }
        let (layer, input) = (cut(&self.layer_text), self.input);
        write!(line, ", {layer} on {input}: {}", self.problem).ok();
        if let Some(formula) = &self.formula {
            write!(line, ": {formula}").ok();
        }
        one_line(&line)
    }

    /// The whole line, with `network` and `input` before what they would be changed to: the
    /// options of a command, such as `"--model "` and `"--input "`.
    pub fn line(&self, network: &str, input: &str) -> String {
        match &self.fix {
            None => self.finding(),
            Some(fix) => {
                let suggestion = one_line(&fix.suggestion(network, input));
                format!("{}; {suggestion}", self.finding())
            }
        }
    }

    /// Two lines for a terminal: the text with a caret under the layer, as
    /// [`NotationError::snippet`] shows it. `None` where the text or the place is not known.
    pub fn snippet(&self) -> Option<String> {
        NotationError::new(self.column, "")
            .in_text(&self.text)
            .snippet()
    }
}

impl std::error::Error for Diagnosis {}

impl From<Diagnosis> for Error {
    fn from(diagnosis: Diagnosis) -> Self {
        Self::Network(Box::new(diagnosis))
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line("", "an input of "))
    }
}

/// A piece of text that is not too long for a line.
fn cut(text: &str) -> String {
    if text.chars().count() <= LONGEST_LAYER {
        return text.to_owned();
    }
    let start: String = text.chars().take(LONGEST_LAYER).collect();
    start + "..."
}

/// The messages of a program's own layers may contain line ends.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}
