//! Reading whole files, and only files.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use crate::{Error, Result};

use super::recognise::{Kind, LOOK};

/// The whole content of a file.
///
/// # Errors
/// No such file, a folder or a device in its place, an empty file, or a refusal by the system.
#[cfg(any(feature = "files", feature = "pictures"))]
pub(crate) fn read_file(path: &Path) -> Result<Vec<u8>> {
    let mut file = open_file(path)?;
    let length = file
        .metadata()
        .map_err(|source| Error::io(path, "read", source))?
        .len();
    let mut bytes = Vec::new();
    let wanted = usize::try_from(length).ok();
    if wanted
        .and_then(|length| bytes.try_reserve_exact(length).ok())
        .is_none()
    {
        return Err(Error::file(
            path,
            format!("{length} bytes do not fit into memory"),
        ));
    }
    file.read_to_end(&mut bytes)
        .map_err(|source| Error::io(path, "read", source))?;
    if bytes.is_empty() {
        return Err(Error::file(path, "the file is empty"));
    }
    Ok(bytes)
}

/// What a file holds, from its first bytes.
///
/// # Errors
/// As [`read_file`], but an empty file is [`Kind::Empty`].
pub(crate) fn kind_of_file(path: &Path) -> Result<Kind> {
    let mut start = Vec::with_capacity(LOOK);
    let mut head = open_file(path)?.take(LOOK as u64);
    head.read_to_end(&mut start)
        .map_err(|source| Error::io(path, "read", source))?;
    Ok(Kind::of(&start))
}

/// Opens a regular file: a pipe or a device could wait or feed for ever.
fn open_file(path: &Path) -> Result<File> {
    let kind = fs::metadata(path).map_err(|source| Error::io(path, "open", source))?;
    if kind.is_dir() {
        return Err(Error::file(path, "is a folder where a file is expected"));
    }
    if !kind.is_file() {
        return Err(Error::file(path, "is neither a file nor a folder"));
    }
    File::open(path).map_err(|source| Error::io(path, "open", source))
}
