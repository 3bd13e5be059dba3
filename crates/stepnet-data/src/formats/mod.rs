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
mod format;
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

use crate::{Error, Result};
use stepnet_base::text::or_list;
use stepnet_files::Kind;

pub use format::Format;
pub(crate) use format::{Choice, Source};

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

/// The format of a source, if it is one that is read.
///
/// # Errors
/// Content that cannot be read.
pub(crate) fn recognised(source: &Source<'_>) -> Result<Option<&'static Format>> {
    for format in formats() {
        if (format.recognises)(source)? {
            return Ok(Some(format));
        }
    }
    Ok(None)
}

/// Whether it is a folder with a folder for each class.
pub(crate) fn has_class_folders(format: &Format) -> bool {
    #[cfg(feature = "pictures")]
    let folder = Some(&folder::FORMAT);
    #[cfg(not(feature = "pictures"))]
    let folder: Option<&Format> = None;
    folder.is_some_and(|folder| std::ptr::eq(format, folder))
}

/// The names of the formats that take an option, for messages.
pub(crate) fn that_take(choice: Choice) -> String {
    let taking = formats().filter(|format| format.takes.contains(&choice));
    let names: Vec<&str> = taking.map(|format| format.name).collect();
    or_list(&names)
}

/// The formats that can be opened, for messages.
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
