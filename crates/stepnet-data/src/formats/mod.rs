//! The formats of data sets that are read: a row each in one table, its reader in a file or folder of its own.
//!
//! To add one: its file with a row, a line in [`FORMATS`], a line in the module list, and where it has content that
//! nothing else has, a line in the table of kinds (`stepnet-files`).

#[cfg(feature = "files")]
pub(crate) mod arrays;
#[cfg(feature = "files")]
pub(crate) mod cifar;
#[cfg(feature = "files")]
pub(crate) mod csv;
#[cfg(feature = "pictures")]
pub(crate) mod folder;
#[cfg(feature = "files")]
pub(crate) mod hdf5;
#[cfg(feature = "files")]
pub mod idx;
#[cfg(feature = "pictures")]
pub(crate) mod labelled;
#[cfg(feature = "files")]
pub mod npy;
#[cfg(feature = "files")]
pub mod npz;
#[cfg(feature = "parquet")]
pub(crate) mod parquet;
#[cfg(feature = "pictures")]
pub(crate) mod tar;
#[cfg(feature = "pictures")]
pub(crate) mod zip;

use std::path::Path;

use crate::opened::Opened;
use crate::options::OpenOptions;
use crate::{Error, Result};
use stepnet_base::text::or_list;
use stepnet_files::Kind;

/// A format of data sets that is read.
#[derive(Debug)]
pub struct Format {
    /// Its name, as messages list it.
    pub(crate) name: &'static str,
    /// What a file or folder of it is.
    pub(crate) content: &'static str,
    /// What is read of it.
    pub(crate) read: &'static str,
    /// Whether its images are 8-bit ones.
    pub(crate) images: bool,
    /// The options that say how to read it, of those that not all formats take.
    pub(crate) takes: &'static [Choice],
    /// Whether it is this format. The first in the table that says so reads it.
    pub(crate) recognises: fn(&Source<'_>) -> Result<bool>,
    /// Reads it.
    pub(crate) open: fn(&Source<'_>, &OpenOptions) -> Result<Opened>,
    /// Reads bytes as a file of it, for the fuzz target of this name.
    pub(crate) fuzz: Option<FuzzTarget>,
}

impl Format {
    /// Its name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What a file or folder of it is, such as "an IDX file".
    pub fn content(&self) -> &'static str {
        self.content
    }

    /// What is read of it.
    pub fn what_is_read(&self) -> &'static str {
        self.read
    }

    /// Whether it is a folder with a folder for each class.
    pub(crate) fn has_class_folders(&self) -> bool {
        #[cfg(feature = "pictures")]
        let is_folder = std::ptr::eq(self, &raw const folder::FORMAT);
        #[cfg(not(feature = "pictures"))]
        let is_folder = false;
        is_folder
    }
}

/// The name of a fuzz target, and what it runs.
pub(crate) type FuzzTarget = (&'static str, fn(&[u8]));

/// An option that says how to read some formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    Labels,
    LabelColumn,
    Encoding,
}

/// What is at a path.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    pub(crate) path: &'a Path,
    /// What a file begins as; `None` for a folder.
    pub(crate) kind: Option<Kind>,
    /// The encoding that the user has named.
    pub(crate) encoding: Option<&'a str>,
    /// Whether it is text because of that: it may look like anything.
    pub(crate) is_text: bool,
}

impl<'a> Source<'a> {
    /// Looks at `path`.
    ///
    /// # Errors
    /// Nothing there, or nothing that can be opened.
    pub(crate) fn look(path: &'a Path, options: &'a OpenOptions) -> Result<Self> {
        let meta = std::fs::metadata(path).map_err(|source| Error::io(path, "open", source))?;
        let kind = match meta.is_dir() {
            true => None,
            false => Some(Kind::of_file(path)?),
        };
        Ok(Self {
            path,
            kind,
            encoding: options.encoding.as_deref(),
            is_text: options.encoding.is_some() && kind == Some(Kind::Unknown),
        })
    }

    /// The format of what is there, if it is one that is read.
    ///
    /// # Errors
    /// Content that cannot be read.
    pub(crate) fn format(&self) -> Result<Option<&'static Format>> {
        for format in FORMATS {
            if (format.recognises)(self)? {
                return Ok(Some(format));
            }
        }
        Ok(None)
    }

    /// Whether a file begins as one of `kinds`.
    pub(crate) fn is_any(&self, kinds: &[Kind]) -> bool {
        self.kind.is_some_and(|kind| kinds.contains(&kind))
    }
}

/// All of them, in the order in which they are tried.
static FORMATS: &[&Format] = &[
    #[cfg(feature = "files")]
    &idx::folder::FORMAT,
    #[cfg(feature = "files")]
    &cifar::FOLDER,
    #[cfg(feature = "parquet")]
    &parquet::FOLDER,
    #[cfg(feature = "pictures")]
    &folder::FORMAT,
    #[cfg(feature = "pictures")]
    &tar::FORMAT,
    #[cfg(feature = "files")]
    &cifar::FORMAT,
    #[cfg(feature = "pictures")]
    &zip::FORMAT,
    #[cfg(feature = "files")]
    &npz::FORMAT,
    #[cfg(feature = "files")]
    &hdf5::FORMAT,
    #[cfg(feature = "files")]
    &npy::FORMAT,
    #[cfg(feature = "files")]
    &idx::FORMAT,
    #[cfg(feature = "parquet")]
    &parquet::FORMAT,
    #[cfg(all(feature = "files", feature = "pictures"))]
    &csv::list::FORMAT,
    #[cfg(feature = "files")]
    &csv::pixels::FORMAT,
    #[cfg(feature = "files")]
    &csv::FORMAT,
];

/// The formats of data sets that this build reads.
pub fn formats() -> impl Iterator<Item = &'static Format> {
    FORMATS.iter().copied()
}

/// The names of the formats that take an option, for messages.
pub(crate) fn that_take(choice: Choice) -> String {
    let taking = formats().filter(|format| format.takes.contains(&choice));
    let names: Vec<&str> = taking.map(|format| format.name).collect();
    or_list(&names)
}

/// What can be opened, for messages.
pub(crate) fn accepted() -> String {
    let names: Vec<&str> = formats().map(|format| format.name).collect();
    or_list(&names)
}

/// The refusal of what no format recognises.
pub(crate) fn refused(source: &Source<'_>) -> Error {
    let problem = match source.kind {
        Some(Kind::Empty) => "the file is empty".to_owned(),
        Some(Kind::Unknown) => format!("not a data set: expected {}", accepted()),
        Some(Kind::Foreign(format)) => format.refusal(),
        Some(Kind::Safetensors) => "is a .safetensors file: weights, not a data set".to_owned(),
        Some(kind) if kind.is_image() => format!(
            "is {}; a data set of images is a folder with a folder for each class",
            kind.name()
        ),
        None => needs("folders of pictures", "pictures"),
        Some(Kind::Tar) => needs("archives of pictures", "pictures"),
        Some(Kind::Parquet) => needs("a Parquet table", "parquet"),
        Some(kind) => needs(kind.name(), "files"),
    };
    Error::file(source.path, problem)
}

fn needs(what: &str, feature: &str) -> String {
    format!("{what}: reading it needs the cargo feature `{feature}`")
}

/// Reads bytes as a file of the format whose fuzz target has this name; whatever they are, it returns.
pub(crate) fn fuzz(target: &str, bytes: &[u8]) -> bool {
    let mut targets = formats().filter_map(|format| format.fuzz);
    match targets.find(|(name, _)| *name == target) {
        Some((_, run)) => run(bytes),
        None => return false,
    }
    true
}

/// The table for the documentation.
#[cfg(test)]
pub(crate) fn table() -> String {
    let mut lines = vec![
        "| content | what is read |".to_owned(),
        "| --- | --- |".to_owned(),
    ];
    lines.extend(formats().map(|format| format!("| {} | {} |", format.content, format.read)));
    lines.join("\n") + "\n"
}
