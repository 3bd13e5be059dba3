//! Seeds without checksums: a file that was changed would be refused by them in the end, and what comes after
//! reading would never be reached.

use std::path::Path;

use serde_json::Value;
use stepnet::{Error, Result};

/// Takes the checksums out of a model file.
pub fn without_checksums(path: &Path) -> Result<()> {
    let wrong = |error: serde_json::Error| Error::file(path, error.to_string());
    let bytes = std::fs::read(path).map_err(|error| Error::io(path, "read", error))?;
    let body = 8 + bytes.first_chunk().map_or(0, |&first| u64::from_le_bytes(first)) as usize;
    let mut header: Value = serde_json::from_slice(&bytes[8..body]).map_err(wrong)?;
    let entry = &mut header["__metadata__"]["stepnet"];
    let text = entry.as_str().unwrap_or_default();
    let mut about: Value = serde_json::from_str(text).map_err(wrong)?;
    if let Some(about) = about.as_object_mut() {
        about.remove("checksum");
        about.remove("checksums");
    }
    *entry = Value::String(about.to_string());
    let mut header = header.to_string();
    while !header.len().is_multiple_of(8) {
        header.push(' ');
    }
    let length = (header.len() as u64).to_le_bytes();
    let plain = [&length, header.as_bytes(), &bytes[body..]].concat();
    std::fs::write(path, &plain).map_err(|error| Error::io(path, "write", error))
}
