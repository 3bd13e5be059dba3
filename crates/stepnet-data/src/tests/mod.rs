//! Tests of data sets and readers on small inputs made here.

mod archives;
mod bombs;
mod broken_archives;
mod cifar;
mod codecs;
mod containers;
mod csv;
mod dataset;
mod files;
mod folders;
mod formats;
mod hdf5;
mod image_files;
mod jpegs;
mod labelled;
mod range;
mod table;
mod targets;

use std::fmt::Debug;

use crate::Result;

/// The message of a result that must have failed; every part must be in it, on one line.
fn failure<T: Debug>(result: Result<T>, parts: &[&str]) -> String {
    let message = result.expect_err("an error was expected").to_string();
    for part in parts {
        assert!(message.contains(part), "{part:?} is not in: {message}");
    }
    assert!(!message.contains('\n'), "{message}");
    message
}
