//! CIFAR's binary form (A. Krizhevsky, 2009): records of a label, or of a coarse and a fine one, and 32x32
//! pixels, all red values first, then green, then blue.

mod records;

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use crate::{Error, Result};

use crate::formats::format::{Choice, Format};
use crate::opened::Opened;
use crate::options::{OpenOptions, Role};
use crate::set::dataset::numbered;
use records::{Labels, Set, dataset, may_be, not_records};
use stepnet_base::text::listed;
use stepnet_files::{Kind, disk, read_filled};

pub(crate) static FOLDER: Format = Format {
    name: "a folder of the CIFAR files",
    content: "a folder with the CIFAR files",
    read: "`data_batch_1.bin`, ..., `test_batch.bin`, or `train.bin` and `test.bin`: CIFAR's binary form",
    images: true,
    takes: &[Choice::LabelColumn],
    recognises: |source| Ok(source.kind.is_none() && find(source.path)?.is_some()),
    open: |source, options| match find(source.path)? {
        Some(files) => open_in(&Disk, source.path, &files, options),
        None => Err(Error::file(source.path, "its files are gone")),
    },
    fuzz: None,
};

pub(crate) static FORMAT: Format = Format {
    name: "CIFAR",
    content: "a file of CIFAR's binary form",
    read: "CIFAR-10, or CIFAR-100 with the label column `fine` or `coarse`",
    images: true,
    takes: &[Choice::LabelColumn],
    recognises: |source| {
        // A record begins with a small number and any pixels.
        let may_be = matches!(
            source.kind,
            Some(Kind::Unknown | Kind::Text | Kind::Idx | Kind::Foreign(_))
        );
        Ok(may_be && is_file(source.path)?)
    },
    open: |source, options| open_file(source.path, options),
    fuzz: Some(("cifar", parse)),
};

/// Whether a file holds records of either set, seen from its length and all of its labels.
///
/// # Errors
/// A file that cannot be read.
fn is_file(path: &Path) -> Result<bool> {
    let length = disk::metadata(path)
        .map_err(|source| Error::io(path, "open", source))?
        .len();
    if !may_be(length) {
        return Ok(false);
    }
    let bytes = read_filled(path)?;
    // A dark image can begin like an IDX file, but hardly with the sizes of one.
    let is_idx = super::idx::from_bytes(path, &bytes).is_ok();
    Ok(!is_idx && Set::of(&bytes).is_some())
}

/// Where files are: on the disk, or in an archive.
pub(crate) trait Place {
    /// Whether there is such a file.
    fn has(&self, path: &Path) -> bool;

    /// Its whole content.
    ///
    /// # Errors
    /// A file that cannot be read.
    fn read(&self, path: &Path) -> Result<Cow<'_, [u8]>>;
}

/// The disk.
struct Disk;

impl Place for Disk {
    fn has(&self, path: &Path) -> bool {
        disk::is_file(path)
    }

    fn read(&self, path: &Path) -> Result<Cow<'_, [u8]>> {
        read_filled(path).map(Cow::Owned)
    }
}

/// The training and the test files of a folder.
#[derive(Debug)]
pub(crate) struct Files {
    train: Vec<PathBuf>,
    test: Vec<PathBuf>,
}

impl Files {
    /// Those among the files of a folder, by their names: `data_batch_1.bin` to `data_batch_5.bin` and
    /// `test_batch.bin`, or `train.bin` and `test.bin`; nothing where none is there.
    pub(crate) fn among(paths: impl IntoIterator<Item = PathBuf>) -> Option<Self> {
        let (mut train, mut test) = (Vec::new(), Vec::new());
        for path in paths {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let name = name.to_ascii_lowercase();
            match name.strip_suffix(".bin") {
                Some("test_batch" | "test") => test.push(path),
                Some("train") => train.push(path),
                Some(stem) if stem.starts_with("data_batch") => train.push(path),
                _ => {}
            }
        }
        train.sort();
        (!train.is_empty() || !test.is_empty()).then_some(Self { train, test })
    }
}

/// Finds the files of a folder.
///
/// # Errors
/// A folder that cannot be read.
pub(crate) fn find(folder: &Path) -> Result<Option<Files>> {
    let unread = |source| Error::io(folder, "read", source);
    let entries = disk::read_dir(folder).map_err(unread)?;
    let paths: Result<Vec<PathBuf>> = entries
        .map(|entry| entry.map(|entry| entry.path()).map_err(unread))
        .collect();
    Ok(Files::among(paths?))
}

/// Opens the files of a folder, wherever it is.
///
/// # Errors
/// A file that is not of records, naming the place, or files of both sets.
pub(crate) fn open_in(
    place: &dyn Place,
    folder: &Path,
    files: &Files,
    options: &OpenOptions,
) -> Result<Opened> {
    let parts = match options.role {
        Role::Train if files.train.is_empty() => {
            let problem = "no data_batch_1.bin or train.bin; with its test part alone it serves for evaluation";
            return Err(Error::file(folder, problem));
        }
        Role::Train => [&files.train[..], &files.test[..]],
        Role::Test if files.test.is_empty() => [&files.train[..], &[][..]],
        Role::Test => [&files.test[..], &[][..]],
    };
    open(place, folder, folder, parts, options)
}

/// Opens one file; the names of the classes may lie next to it.
///
/// # Errors
/// As [`open_in`].
fn open_file(path: &Path, options: &OpenOptions) -> Result<Opened> {
    let folder = path.parent().unwrap_or(Path::new(""));
    open(&Disk, path, folder, [&[path.to_path_buf()], &[]], options)
}

fn open(
    place: &dyn Place,
    path: &Path,
    folder: &Path,
    [main, other]: [&[PathBuf]; 2],
    options: &OpenOptions,
) -> Result<Opened> {
    let mut set = None;
    let (mut facts, mut notes) = (Vec::new(), Vec::new());
    let main = read(place, main, &mut set)?;
    let other = read(place, other, &mut set)?;
    let set = set.unwrap_or(Set::Ten);
    let labels = set.labels(path, options)?;
    let classes = class_names(place, folder, labels, &mut notes)?;
    let mut dataset =
        |bytes: Vec<u8>| dataset(path, &bytes, (set, labels), &classes, options, &mut facts);
    let data = dataset(main)?;
    let test = if other.is_empty() {
        None
    } else {
        Some(dataset(other)?)
    };
    facts.push(format!("{}: {}", path.display(), set.name()));
    Ok(Opened {
        data,
        test,
        divisor: 255.0,
        divisor_is_stated: true,
        facts,
        notes,
        skipped: Vec::new(),
    })
}

/// The records of several files, one after the other.
fn read(place: &dyn Place, paths: &[PathBuf], set: &mut Option<Set>) -> Result<Vec<u8>> {
    let mut all = Vec::new();
    for path in paths {
        let bytes = place.read(path)?;
        let found = Set::of(&bytes).ok_or_else(|| not_records(path, &bytes))?;
        if let Some(before) = set.replace(found).filter(|before| *before != found) {
            let problem = format!(
                "records of {}, but those of {} lie next to it",
                found.name(),
                before.name()
            );
            return Err(Error::file(path, problem));
        }
        if all.try_reserve_exact(bytes.len()).is_err() {
            return Err(Error::file_memory(
                path,
                format!("{} bytes more do not fit into memory", bytes.len()),
            ));
        }
        all.extend_from_slice(&bytes);
    }
    Ok(all)
}

/// The names of the classes: a line each, or numbers where the file is not there.
fn class_names(
    place: &dyn Place,
    folder: &Path,
    labels: Labels,
    notes: &mut Vec<String>,
) -> Result<Vec<String>> {
    let (_, count) = labels.place();
    let path = folder.join(labels.names());
    if !place.has(&path) {
        notes.push(format!(
            "no {} next to the data: classes are numbered",
            labels.names()
        ));
        return Ok(numbered(count));
    }
    let bytes = place.read(&path)?;
    let text = str::from_utf8(&bytes).map_err(|_| Error::file(&path, "is not valid UTF-8"))?;
    let names: Vec<String> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect();
    if names.len() != count {
        let problem = format!(
            "{} names ({}), expected {count}",
            names.len(),
            listed(&names)
        );
        return Err(Error::file(&path, problem));
    }
    Ok(names)
}

/// Reads bytes as records, for the fuzz target.
fn parse(bytes: &[u8]) {
    let path = Path::new("fuzz");
    let Some(set) = Set::of(bytes) else {
        let _ = not_records(path, bytes);
        return;
    };
    for labels in match set {
        Set::Ten => &[Labels::Only][..],
        Set::Hundred => &[Labels::Coarse, Labels::Fine],
    } {
        let classes = numbered(labels.place().1);
        let _ = dataset(
            path,
            bytes,
            (set, *labels),
            &classes,
            &OpenOptions::default(),
            &mut Vec::new(),
        );
    }
}
