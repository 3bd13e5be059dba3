//! ONNX, the format that most frameworks and runtimes exchange models in.

pub mod export;
pub(crate) mod import;
// Readers need fields that the writer never sets, and the other way round.
#[allow(dead_code)]
mod proto;

#[cfg(test)]
mod proto_tests;

pub use export::{ExportInput, ExportOptions, Exported, export};
