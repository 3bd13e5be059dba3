//! The `stepnet` command within Python.

use std::ffi::OsString;
use std::panic::catch_unwind;

use pyo3::prelude::*;

/// The exit code of a Rust program that panicked; its message is on the standard error already.
const PANICKED: u8 = 101;

/// Runs the command by its words, the name of the program first, and gives its exit code.
#[pyfunction]
pub(crate) fn command(py: Python<'_>, words: Vec<OsString>) -> u8 {
    py.detach(|| catch_unwind(|| stepnet_cli::run(words)).unwrap_or(PANICKED))
}
