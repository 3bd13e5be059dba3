//! The arrow notation: how networks are written, on the command line, in model files, anywhere.
//!
//! ```text
//! conv(8, 4, same) -> relu -> maxpool(8, same) -> flatten -> linear(classes) -> softmax
//! [linear(20) -> relu] x 3 -> linear(1) -> sigmoid
//! ```
//!
//! This module is text and data only: [`parse`] reads a [`NetworkText`], `Display` prints its
//! canonical text, [`expand`] lists its layers with their names. Sizes are checked where layers
//! are built.
//!
//! # Grammar, version 1
//!
//! ```text
//! network   = step { "->" step }
//! step      = [ name ":" ] ( layer | group )
//! group     = "[" network "]" "x" integer
//! layer     = kind [ "(" argument { "," argument } ")" ]
//! argument  = [ key "=" ] value                     without keys first, then with keys
//! value     = number | number "x" number | number "/" number "/" number "/" number
//!           | word | network { "|" network }
//! number    = [ "-" ] ( digits [ "." [ digits ] ] | "." digits ) [ "e" [ "+" | "-" ] digits ]
//! ```
//!
//! Blanks and line ends may stand between any two of these. `→` is an arrow, too; `X` and `×` are
//! `x`. Kinds, keys and words may be in any case, and `_` in kinds and keys does not matter.
//! `3x5` is height x width. `classes`, as filters or units, is the number of classes of the data
//! ([`resolve_classes`]).
//! A name (label) is letters, digits and `_`, starts with a letter, and keeps its case;
//! [`expand`] says how layers without one are named.
//!
//! # Layer kinds
//!
//! A stride, kernel, size or dilation is `n` or `HxW`; a padding is `same`, `valid`, `n`, `HxW`
//! or `top/bottom/left/right`. More kinds can be added with [`Kinds::register`].
//!
#![doc = include_str!("kinds.md")]
//!
//! # Canonical text
//!
//! One network prints as one text: aliases become the kind's name, arguments that are what the
//! default would be are left out, required arguments stand by position, `same` and `valid` too
//! while nothing before them is left out, all others as `key=value`.
//!
//! ```
//! use stepnet::nn::notation::{Kinds, parse};
//!
//! let network = parse("CONV2D(8,3,PADDING=same,stride=2x2)→Dense(classes)", &Kinds::builtin())?;
//! assert_eq!(network.to_string(), "conv(8, 3, same, stride=2) -> linear(classes)");
//!
//! let error = parse("conv(8, 3) -> rleu", &Kinds::builtin()).unwrap_err();
//! assert_eq!(error.column, 15);
//! assert!(error.to_string().ends_with("did you mean \"relu\"?"));
//! # Ok::<(), stepnet::Error>(())
//! ```
//!
//! # Limits
//!
//! A text has at most [`MAX_TEXT`] bytes, numbers up to [`LARGEST_NUMBER`], brackets nested up to
//! [`MAX_DEPTH`] deep, labels up to [`MAX_LABEL`] characters and
//! [`MAX_LABEL_PATH`] with the labels of the groups around them, and a network at most [`MAX_LAYERS`]
//! layers with its groups written out. Texts come from files and strangers: these bound the time
//! and memory that any of them can take.

mod arguments;
mod error;
mod kinds;
mod layer_text;
mod lexer;
mod names;
mod parser;
pub mod presets;
mod printer;
mod scalars;
mod signature;
mod text;
mod value;

#[cfg(test)]
mod tests;

pub use error::NotationError;
pub use kinds::Kinds;
pub(crate) use kinds::{RESIDUAL, SCALE};
pub use layer_text::LayerText;
#[doc(hidden)]
pub use names::{MAX_DEPTH, MAX_LABEL, MAX_LABEL_PATH, MAX_LAYERS};
pub use names::{NamedLayer, expand};
#[doc(hidden)]
pub use parser::MAX_TEXT;
pub use parser::{parse, parse_or_preset};
pub use presets::Preset;
pub use signature::{DefaultValue, Parameter, ParameterKind, Signature};
pub use text::{Item, NetworkText, Step, resolve_classes};
pub use value::{Count, LARGEST_NUMBER, PaddingText, Value};

/// The version of the grammar and of the built-in kinds, stored in model files.
pub const VERSION: u32 = 1;
