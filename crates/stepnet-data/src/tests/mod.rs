//! Tests of data sets and readers on small inputs made here.

#[cfg(all(feature = "files", feature = "pictures"))]
mod archives;
#[cfg(all(feature = "files", feature = "pictures"))]
mod bombs;
#[cfg(all(feature = "files", feature = "pictures"))]
mod broken_archives;
#[cfg(all(feature = "files", feature = "pictures"))]
mod cifar;
#[cfg(feature = "files")]
mod containers;
#[cfg(feature = "files")]
mod csv;
mod dataset;
#[cfg(feature = "files")]
mod files;
#[cfg(feature = "pictures")]
mod folders;
#[cfg(all(feature = "files", feature = "pictures"))]
mod formats;
#[cfg(feature = "files")]
mod hdf5;
#[cfg(feature = "pictures")]
mod jpegs;
#[cfg(feature = "pictures")]
mod pictures;
mod range;

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
