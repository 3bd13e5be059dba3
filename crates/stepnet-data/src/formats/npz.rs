//! The `.npz` format of numpy: a zip archive of `.npy` files, stored or deflated.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use zip::ZipArchive;

use crate::{Error, Result};
use stepnet_files::read_filled;

use super::npy;
use crate::formats::arrays::array::RawArray;
use crate::formats::arrays::assemble::{Certain, assemble, fuzz_parts, named_inside};
use crate::formats::arrays::keys::{Arrays, Parts, find_parts};
use crate::formats::format::{Choice, Format, Source};
use crate::formats::idx::MAX_DEFLATE_RATIO;
use crate::opened::Opened;
use crate::options::OpenOptions;
use stepnet_files::Kind;

pub(crate) static FORMAT: Format = Format {
    name: "npz",
    content: "an npz file",
    read: "images and labels under their usual names, train and test",
    images: false,
    takes: &[Choice::Targets],
    recognises: |source| Ok(source.is_any(&[Kind::Zip])),
    open,
    fuzz: Some(("npz", |bytes| {
        fuzz_parts(parts_from_bytes(Path::new("fuzz"), bytes));
    })),
};

fn open(source: &Source<'_>, options: &OpenOptions) -> Result<Opened> {
    let path = source.path;
    let bytes = read_filled(path)?;
    let parts = parts_from_bytes(path, &bytes);
    let parts = parts.map_err(|error| named_inside(path, &bytes, error))?;
    assemble(path, parts, Certain::Never, options)
}

/// The arrays of images and labels in the content of an `.npz` file; `name` is for messages.
///
/// # Errors
/// No zip archive, a damaged one, or no pair of arrays with a known name.
pub(crate) fn parts_from_bytes(name: &Path, bytes: &[u8]) -> Result<Parts> {
    find_parts(name, &mut Npz::open(name, bytes)?)
}

/// The array called `array` of the `.npz` file at `path`.
///
/// # Errors
/// No zip archive, a damaged one, or no such array.
pub fn array(path: &Path, array: &str) -> Result<RawArray> {
    Npz::open(path, read_filled(path)?)?.read(array)
}

/// An opened archive, in bytes that it owns or borrows.
pub struct Npz<B> {
    name: PathBuf,
    archive: ZipArchive<Cursor<B>>,
    /// The length of the archive.
    stored: usize,
}

impl<B: AsRef<[u8]>> Npz<B> {
    /// Opens an archive from the content of a file; `name` is for messages.
    ///
    /// # Errors
    /// Content that is not a whole zip archive.
    pub fn open(name: &Path, bytes: B) -> Result<Self> {
        let stored = bytes.as_ref().len();
        let begins = bytes.as_ref().starts_with(b"PK\x03\x04");
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| {
            let why = match &error {
                zip::result::ZipError::InvalidArchive(_) if begins => {
                    "the zip archive ends early or its directory is damaged"
                }
                _ => "not a zip (npz) archive",
            };
            Error::file(name, format!("{why}: {error}"))
        })?;
        Ok(Self {
            name: name.to_path_buf(),
            archive,
            stored,
        })
    }
}

impl<B: AsRef<[u8]>> Arrays for Npz<B> {
    fn names(&mut self) -> Result<Vec<String>> {
        let names = self.archive.file_names();
        // An entry whose name cannot be read is none that is looked for.
        let names = names.filter_map(|name| Some(name.ok()?.strip_suffix(".npy")?.to_owned()));
        Ok(names.collect())
    }

    fn read(&mut self, array: &str) -> Result<RawArray> {
        let place = PathBuf::from(format!("{}[{array}]", self.name.display()));
        let entry = self.archive.by_name(&format!("{array}.npy"));
        let entry =
            entry.map_err(|error| Error::file(&place, format!("cannot be read: {error}")))?;
        // The directory may declare more than there is.
        let packed = usize::try_from(entry.compressed_size()).unwrap_or(usize::MAX);
        let packed = packed.min(self.stored);
        npy::from_reader(&place, entry, packed.saturating_mul(MAX_DEFLATE_RATIO))
    }
}
