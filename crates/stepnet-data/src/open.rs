//! Opening a data set of any kind by its content.

use std::path::Path;

use crate::{Error, Result};

use super::opened::Opened;
use super::options::OpenOptions;
use crate::decoding::{folder, tar};
use crate::tables::{assemble, cifar, idx_folder, text};
use stepnet_files::{ACCEPTED, Kind};

/// Opens a data set: a file or a folder, recognised by its content.
///
/// | content | what is read |
/// | --- | --- |
/// | a folder with IDX files | `train-images...`, `train-labels...`, `t10k-images...`, `t10k-labels...`, plain or gzip |
/// | a folder with folders | images by class, in `train/` and `test/` (or other common names of parts) or directly |
/// | a tar archive, plain or gzip | the same, packed; or a packed folder of CIFAR's binary form |
/// | `data_batch_1.bin`, ..., or a folder of them | CIFAR-10's binary form, or CIFAR-100's (the label column `fine` or `coarse`) |
/// | an IDX file | images; labels from `labels`, or the file next to it with a matching name |
/// | an npz or HDF5 file | images and labels under their usual names, train and test |
/// | an npy file | images; labels from `labels` |
/// | text | a CSV table with a label column |
///
/// # Errors
/// Content of another kind, or damaged: one line with the file, the place and what was expected.
pub fn open(path: impl AsRef<Path>, options: &OpenOptions) -> Result<Opened> {
    let path = path.as_ref();
    check_options(options)?;
    let meta = std::fs::metadata(path).map_err(|source| Error::io(path, "open", source))?;
    let mut opened = if meta.is_dir() {
        check_apart(path, None, options)?;
        open_folder(path, options)?
    } else {
        let kind = match content(path)? {
            // Text in an encoding that the user names may look like anything.
            Kind::Unknown if options.encoding.is_some() => Kind::Text,
            kind => kind,
        };
        check_apart(path, Some(kind), options)?;
        open_file(path, kind, options)?
    };
    if let Some(divisor) = options.divisor {
        opened.divisor = divisor;
        opened.divisor_is_stated = true;
    }
    let counts = opened.data.class_counts();
    let empty = counts
        .iter()
        .zip(opened.data.classes())
        .filter(|(count, _)| **count == 0);
    let empty: Vec<&String> = empty.map(|(_, name)| name).collect();
    if !empty.is_empty() {
        opened.notes.push(format!(
            "no example of class {}",
            stepnet_base::text::listed(&empty)
        ));
    }
    Ok(opened)
}

fn check_options(options: &OpenOptions) -> Result<()> {
    if options
        .divisor
        .is_some_and(|divisor| !(divisor > 0.0 && divisor.is_finite()))
    {
        let found = options.divisor.unwrap_or_default();
        return Err(Error::value(
            "data::open",
            "divisor",
            found,
            "a positive finite number",
        ));
    }
    if let Some(name) = &options.encoding {
        text::encoding(name)?;
    }
    let elements = options.input.map(super::sizes::elements);
    if let (Some(shape), Some(None | Some(0))) = (options.input, elements) {
        let expected = "height, width and channels, each at least 1";
        return Err(Error::value(
            "data::open",
            "input",
            format!("{shape:?}"),
            expected,
        ));
    }
    Ok(())
}

/// Fails if an option is given that content of this kind cannot obey.
fn check_apart(path: &Path, kind: Option<Kind>, options: &OpenOptions) -> Result<()> {
    let labels_apart = matches!(kind, Some(Kind::Idx | Kind::Gzip | Kind::Npy));
    if let Some(labels) = options.labels.as_ref().filter(|_| !labels_apart) {
        let problem = format!(
            "labels from {} do not go with it: only IDX and npy images have their labels apart",
            labels.display()
        );
        return Err(Error::file(path, problem));
    }
    let text = kind == Some(Kind::Text);
    if let Some(encoding) = options.encoding.as_ref().filter(|_| !text) {
        let problem = format!("not a CSV table: the encoding {encoding:?} is only for these");
        return Err(Error::file(path, problem));
    }
    if let Some(column) = options
        .label_column
        .as_ref()
        .filter(|_| !has_columns(path, kind))
    {
        let problem = format!("not a CSV table: it has no label column {column:?}");
        return Err(Error::file(path, problem));
    }
    Ok(())
}

/// Whether content has labels to choose from by the name of a column: a table, and CIFAR.
fn has_columns(path: &Path, kind: Option<Kind>) -> bool {
    if kind.is_none() {
        return cifar::find(path).is_ok_and(|files| files.is_some());
    }
    // An archive may hold CIFAR's binary form, which is seen when it is read.
    matches!(
        kind,
        Some(Kind::Text | Kind::Cifar | Kind::Tar | Kind::TarGzip)
    )
}

/// Chooses the reader for a folder.
fn open_folder(path: &Path, options: &OpenOptions) -> Result<Opened> {
    if let Some(files) = idx_folder::find(path)? {
        return idx_folder::open(path, &files, options);
    }
    if let Some(files) = cifar::find(path)? {
        return cifar::open_folder(path, &files, options);
    }
    folder::open(path, options)
}

/// The kind of a file, detected from its first bytes, and from more of it where those can deceive.
fn content(path: &Path) -> Result<Kind> {
    let kind = Kind::of_file(path)?;
    if kind == Kind::Gzip && tar::is_in_gzip(path) {
        return Ok(Kind::TarGzip);
    }
    // A record of CIFAR begins with a small number and any pixels.
    let may_be = matches!(
        kind,
        Kind::Unknown | Kind::Text | Kind::Idx | Kind::Foreign(_)
    );
    if may_be && cifar::is_file(path)? {
        return Ok(Kind::Cifar);
    }
    Ok(kind)
}

/// Whether the folders in a folder are read as classes of images: not where it has the files of MNIST or CIFAR.
pub fn has_class_folders(path: &Path) -> bool {
    let of_idx = idx_folder::find(path).is_ok_and(|files| files.is_some());
    let of_cifar = cifar::find(path).is_ok_and(|files| files.is_some());
    path.is_dir() && !of_idx && !of_cifar
}

/// Whether what is at `path` holds 8-bit images: a folder, an archive, or CIFAR's binary form.
pub fn holds_images(path: &Path) -> bool {
    let kind = || content(path).unwrap_or(Kind::Unknown);
    path.is_dir() || matches!(kind(), Kind::Tar | Kind::TarGzip | Kind::Cifar)
}

/// Chooses the reader for a file.
fn open_file(path: &Path, kind: Kind, options: &OpenOptions) -> Result<Opened> {
    match kind {
        Kind::Empty => Err(Error::file(path, "the file is empty")),
        Kind::Unknown => Err(Error::file(
            path,
            format!("not a data set: expected {ACCEPTED}"),
        )),
        Kind::Foreign(format) => Err(Error::file(path, format.refusal())),
        Kind::Safetensors => {
            let problem = format!("is {}: weights, not a data set", kind.name());
            Err(Error::file(path, problem))
        }
        kind if kind.is_image() => {
            let problem = format!(
                "is {}; a data set of images is a folder with a folder for each class",
                kind.name()
            );
            Err(Error::file(path, problem))
        }
        Kind::Tar | Kind::TarGzip => tar::open(path, kind, options),
        Kind::Cifar => cifar::open_file(path, options),
        kind => assemble::open(path, kind, options),
    }
}
