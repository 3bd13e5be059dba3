//! Zip archives whose files are stored as they are, as PyTorch and Keras write them: where each one's bytes lie.

use std::io::Cursor;

use zip::{CompressionMethod, ZipArchive};

/// A file of an archive.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) name: String,
    /// Where its bytes begin, and how many there are; `None` if they are packed.
    place: Option<(usize, usize)>,
}

impl Entry {
    /// Where its bytes begin in the archive, and how many there are.
    ///
    /// # Errors
    /// In words, if they are packed.
    pub(crate) fn place(&self) -> Result<(usize, usize), String> {
        self.place.ok_or_else(|| {
            format!(
                "{} is packed in the archive, expected it stored as it is: unpack the archive, and pack it without compression",
                self.name
            )
        })
    }

    /// Its bytes.
    ///
    /// # Errors
    /// In words, if they are packed.
    pub(crate) fn bytes<'a>(&self, archive: &'a [u8]) -> Result<&'a [u8], String> {
        let (start, length) = self.place()?;
        Ok(archive.get(start..start + length).unwrap_or_default())
    }
}

/// Whether bytes are an archive with a file whose name ends so.
pub(crate) fn has(bytes: &[u8], ending: &str) -> bool {
    if !bytes.starts_with(b"PK") {
        return false;
    }
    let archive = ZipArchive::new(Cursor::new(bytes));
    archive.is_ok_and(|archive| {
        let mut names = archive.file_names_raw();
        names.any(|name| name.ends_with(ending.as_bytes()))
    })
}

/// The files of an archive.
///
/// # Errors
/// In words: a damaged archive.
pub(crate) fn entries(bytes: &[u8]) -> Result<Vec<Entry>, String> {
    let damaged =
        |error| format!("the zip archive ends early or its directory is damaged: {error}");
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    let mut entries = Vec::new();
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(damaged)?;
        let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
        if entry.is_dir() {
            continue;
        }
        let start = entry
            .data_start()
            .and_then(|start| usize::try_from(start).ok());
        let length = usize::try_from(entry.size()).ok();
        let place = start.zip(length).filter(|&(start, length)| {
            start
                .checked_add(length)
                .is_some_and(|end| end <= bytes.len())
        });
        let stored = entry.compression() == CompressionMethod::Stored && !entry.encrypted();
        match (stored, place) {
            (true, None) => return Err(format!("{name} reaches beyond the end of the archive")),
            (true, place) => entries.push(Entry { name, place }),
            (false, _) => entries.push(Entry { name, place: None }),
        }
    }
    Ok(entries)
}
