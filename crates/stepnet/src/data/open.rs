//! Opening a data set of any kind by its content.

use std::path::{Path, PathBuf};

use crate::nn::preprocessing::Resize;
use crate::{Error, Result};

use super::Dataset;
use super::read::kind_of_file;
use super::recognise::{ACCEPTED, Kind};

/// What a data set is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Role {
    /// Training: the training part, and the source's own test part beside it.
    #[default]
    Train,
    /// Evaluation: the test part where the source has one, else all of it.
    Test,
}

/// How a data set is opened.
#[derive(Debug, Clone, Default)]
pub struct OpenOptions {
    /// Whether it is for training or for evaluation.
    pub role: Role,
    /// The wanted height, width and channels; `None` takes the source's own.
    pub input: Option<[usize; 3]>,
    /// How pictures of another size are brought to `input`.
    pub resize: Resize,
    /// The column of a CSV table that holds the labels.
    pub label_column: Option<String>,
    /// The file of the labels where it is apart from the pictures: the second of an npy or IDX pair.
    pub labels: Option<PathBuf>,
    /// What raw values are divided by, in place of the rule told at [`Opened::divisor`].
    pub divisor: Option<f64>,
}

/// An opened data set.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Opened {
    /// The examples asked for: those to train on for [`Role::Train`], those to evaluate on for
    /// [`Role::Test`].
    pub data: Dataset,
    /// The source's own test part, for [`Role::Train`].
    pub test: Option<Dataset>,
    /// What raw values are to be divided by.
    ///
    /// 255 for pictures and for IDX and HDF5 files of bytes. For npz, npy and CSV, and for other
    /// types, by the values of `data`: whole numbers from 0 to 255 are divided by 255 if the
    /// largest is over 127, else by the largest; other numbers by the largest magnitude if it is
    /// over 1, else by 1.
    pub divisor: f64,
    /// Whether the kind of file (or the caller) states the divisor, rather than the largest value
    /// in this very file.
    pub divisor_is_stated: bool,
    /// Remarks for the user, a line each.
    pub notes: Vec<String>,
}

/// Opens a data set: a file or a folder, recognised by its content.
///
/// | content | what is read |
/// | --- | --- |
/// | a folder with IDX files | `train-images...`, `train-labels...`, `t10k-images...`, `t10k-labels...`, plain or gzip |
/// | a folder with folders | pictures by class, in `train/` and `test/` or directly |
/// | an IDX file | pictures; labels from `labels`, or the file beside it named alike |
/// | an npz or HDF5 file | pictures and labels under their usual names, train and test |
/// | an npy file | pictures; labels from `labels` |
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
        let kind = kind_of_file(path)?;
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
            super::dataset::listed(&empty)
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
    let elements = options.input.map(super::images::elements);
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
            "labels from {} do not go with it: only IDX and npy pictures have their labels apart",
            labels.display()
        );
        return Err(Error::file(path, problem));
    }
    if let Some(column) = options
        .label_column
        .as_ref()
        .filter(|_| kind != Some(Kind::Text))
    {
        let problem = format!("not a CSV table: it has no label column {column:?}");
        return Err(Error::file(path, problem));
    }
    Ok(())
}

/// Chooses the reader for a folder.
fn open_folder(path: &Path, options: &OpenOptions) -> Result<Opened> {
    #[cfg(feature = "files")]
    if let Some(files) = super::idx_folder::find(path)? {
        return super::idx_folder::open(path, &files, options);
    }
    #[cfg(feature = "pictures")]
    return super::folder::open(path, options);
    #[cfg(not(feature = "pictures"))]
    {
        let _ = options;
        Err(Error::file(
            path,
            "folders of pictures need the cargo feature `pictures`",
        ))
    }
}

/// Chooses the reader for a file.
fn open_file(path: &Path, kind: Kind, options: &OpenOptions) -> Result<Opened> {
    match kind {
        Kind::Empty => Err(Error::file(path, "the file is empty")),
        Kind::Unknown => Err(Error::file(
            path,
            format!("not a data set: expected {ACCEPTED}"),
        )),
        kind if kind.is_picture() => {
            let problem = format!(
                "is {}; a data set of pictures is a folder with a folder for each class",
                kind.name()
            );
            Err(Error::file(path, problem))
        }
        #[cfg(feature = "files")]
        kind => super::assemble::open(path, kind, options),
        #[cfg(not(feature = "files"))]
        kind => {
            let _ = options;
            let problem = format!(
                "is {}; reading it needs the cargo feature `files`",
                kind.name()
            );
            Err(Error::file(path, problem))
        }
    }
}
