//! The disk as readers see it: [`std::fs`], or in a browser, where there is no disk, the files that a page has put into
//! memory under their paths.

use std::path::Path;

#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
pub use std::fs::{File, FileType, Metadata, canonicalize, metadata, read_dir};

#[cfg(all(target_family = "wasm", target_os = "unknown"))]
pub use crate::in_memory::{
    File, FileType, Metadata, canonicalize, metadata, put, read_dir, remove_all,
};

/// Whether there is a plain file at `path`; links are followed.
pub fn is_file(path: impl AsRef<Path>) -> bool {
    metadata(path).is_ok_and(|there| there.is_file())
}

/// Whether there is a folder at `path`; links are followed.
pub fn is_dir(path: impl AsRef<Path>) -> bool {
    metadata(path).is_ok_and(|there| there.is_dir())
}
