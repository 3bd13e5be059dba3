//! A folder with the MNIST files: images and labels for training and testing.

use std::path::{Path, PathBuf};

use crate::{Error, Result};

use crate::formats::arrays::assemble::{Certain, assemble};
use crate::formats::arrays::keys::{Pair, Parts};
use crate::formats::format::Format;
use crate::opened::Opened;
use crate::options::{OpenOptions, Role};
use stepnet_files::{Kind, disk};

pub(crate) static FORMAT: Format = Format {
    name: "a folder of the MNIST files",
    content: "a folder with the MNIST files",
    read: "`train-images...`, `train-labels...`, `t10k-images...`, `t10k-labels...`, plain or gzip",
    images: false,
    takes: &[],
    recognises: |source| Ok(source.kind.is_none() && find(source.path)?.is_some()),
    open: |source, options| match find(source.path)? {
        Some(files) => open(source.path, &files, options),
        None => Err(Error::file(source.path, "its IDX files are gone")),
    },
    fuzz: None,
};

/// The IDX files of a folder, by what their names say.
#[derive(Debug, Default)]
pub(crate) struct IdxFiles {
    train_images: Option<PathBuf>,
    train_labels: Option<PathBuf>,
    test_images: Option<PathBuf>,
    test_labels: Option<PathBuf>,
}

/// Looks for IDX files named as MNIST's: `train-images-idx3-ubyte`, `t10k-labels.idx1-ubyte.gz`
/// and the like. `None` if there is none. A plain file goes before a packed one.
///
/// # Errors
/// A folder that cannot be read.
pub(crate) fn find(folder: &Path) -> Result<Option<IdxFiles>> {
    let entries = disk::read_dir(folder).map_err(|source| Error::io(folder, "read", source))?;
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|source| Error::io(folder, "read", source))?;
        names.push(entry.file_name());
    }
    // Sorted, `name` comes before `name.gz`.
    names.sort();
    let mut found = IdxFiles::default();
    let mut any = false;
    for name in names {
        let Some(text) = name.to_str() else { continue };
        let Some(slot) = found.slot(&text.to_ascii_lowercase()) else {
            continue;
        };
        let path = folder.join(text);
        if slot.is_none() && disk::is_file(&path) && is_idx(&path, text)? {
            *slot = Some(path);
            any = true;
        }
    }
    Ok(any.then_some(found))
}

/// Whether a file with a fitting name is one: by content, or by name where the content is damaged.
fn is_idx(path: &Path, name: &str) -> Result<bool> {
    let kind = Kind::of_file(path)?;
    Ok(matches!(kind, Kind::Idx | Kind::Gzip) || name.contains("idx"))
}

impl IdxFiles {
    /// The place for a file of this name, in lower case.
    fn slot(&mut self, name: &str) -> Option<&mut Option<PathBuf>> {
        let train = name.starts_with("train");
        let test = name.starts_with("t10k") || name.starts_with("test");
        let (images, labels) = (name.contains("images"), name.contains("labels"));
        match (train, test, images, labels) {
            (true, false, true, false) => Some(&mut self.train_images),
            (true, false, false, true) => Some(&mut self.train_labels),
            (false, true, true, false) => Some(&mut self.test_images),
            (false, true, false, true) => Some(&mut self.test_labels),
            _ => None,
        }
    }
}

/// Reads the files found: all four for training, the test pair for evaluation.
///
/// # Errors
/// Half a pair, no training pair where one is wanted, or a damaged file.
pub(crate) fn open(folder: &Path, found: &IdxFiles, options: &OpenOptions) -> Result<Opened> {
    let train = pair(
        folder,
        "train",
        found.train_images.as_ref(),
        found.train_labels.as_ref(),
    )?;
    let test = pair(
        folder,
        "t10k",
        found.test_images.as_ref(),
        found.test_labels.as_ref(),
    )?;
    let read = |(images, labels): (&PathBuf, &PathBuf)| read_pair(images, labels);
    let mut parts = Parts::default();
    match options.role {
        Role::Test if test.is_some() => parts.test = test.map(read).transpose()?,
        Role::Train if train.is_none() => {
            let problem = "no training files (train-images-idx3-ubyte, train-labels-idx1-ubyte): \
                           with test files alone it serves for evaluation";
            return Err(Error::file(folder, problem));
        }
        Role::Test => parts.train = train.map(read).transpose()?,
        Role::Train => {
            parts.train = train.map(read).transpose()?;
            parts.test = test.map(read).transpose()?;
        }
    }
    assemble(folder, parts, Certain::Bytes, options)
}

/// Both files of a part, or neither.
fn pair<'a>(
    folder: &Path,
    part: &str,
    images: Option<&'a PathBuf>,
    labels: Option<&'a PathBuf>,
) -> Result<Option<(&'a PathBuf, &'a PathBuf)>> {
    match (images, labels) {
        (Some(images), Some(labels)) => Ok(Some((images, labels))),
        (None, None) => Ok(None),
        (Some(_), None) => Err(Error::file(
            folder,
            format!("{part}-labels-idx1-ubyte is missing"),
        )),
        (None, Some(_)) => Err(Error::file(
            folder,
            format!("{part}-images-idx3-ubyte is missing"),
        )),
    }
}

/// Reads a file of images and a file of labels, and compares their counts.
///
/// # Errors
/// A damaged file, dimensions that are not those of images or labels, or different counts.
pub(crate) fn read_pair(images_path: &Path, labels_path: &Path) -> Result<Pair> {
    let images = read_images(images_path)?;
    let labels = super::read(labels_path)?;
    if labels.shape.len() != 1 {
        let problem = format!(
            "{} found, 1 expected in a file of labels",
            dimensions(labels.shape.len())
        );
        return Err(Error::file(labels_path, problem));
    }
    if images.shape[0] != labels.shape[0] {
        let problem = format!(
            "{} images, but {} labels in {}",
            images.shape[0],
            labels.shape[0],
            labels_path.display()
        );
        return Err(Error::file(images_path, problem));
    }
    Ok(Pair { images, labels })
}

/// Reads a file of images: three dimensions, or four with channels.
///
/// # Errors
/// A damaged file or other dimensions.
pub(crate) fn read_images(path: &Path) -> Result<crate::formats::arrays::array::RawArray> {
    let images = super::read(path)?;
    if !(2..=4).contains(&images.shape.len()) {
        let mut problem = format!(
            "{} found, 3 expected in a file of images (count, height, width)",
            dimensions(images.shape.len())
        );
        if images.shape.len() == 1 {
            problem.push_str("; it looks like a file of labels");
        }
        return Err(Error::file(path, problem));
    }
    Ok(images)
}

fn dimensions(rank: usize) -> String {
    if rank == 1 {
        "1 dimension".into()
    } else {
        format!("{rank} dimensions")
    }
}

/// The file of labels that belongs to a file of images by its name, if it is there.
pub(crate) fn labels_next_to(images: &Path) -> Option<PathBuf> {
    let name = images.file_name()?.to_str()?;
    let other = name
        .replacen("images", "labels", 1)
        .replacen("idx3", "idx1", 1);
    let plain = other.strip_suffix(".gz").unwrap_or(&other).to_owned();
    let packed = format!("{plain}.gz");
    [other, plain, packed]
        .into_iter()
        .filter(|candidate| candidate != name)
        .map(|candidate| images.with_file_name(candidate))
        .find(|candidate| disk::is_file(candidate))
}
