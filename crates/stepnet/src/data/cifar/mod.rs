//! CIFAR's binary form (A. Krizhevsky, 2009): records of a label, or of a coarse and a fine one, and 32x32
//! pixels, all red values first, then green, then blue.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{Error, Result};

use super::dataset::{listed, numbered};
use super::open::{OpenOptions, Opened, Role};
use super::read::read_file;
use super::{Dataset, Images, Values, shape};

const SIDE: usize = 32;
const CHANNELS: usize = 3;
const PIXELS: usize = SIDE * SIDE;

/// The two sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    /// One label of 10.
    Ten,
    /// A coarse label of 20 and a fine one of 100.
    Hundred,
}

/// Which labels are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Labels {
    Only,
    Coarse,
    Fine,
}

impl Set {
    /// The limits of the labels that a record begins with.
    fn limits(self) -> &'static [u8] {
        match self {
            Self::Ten => &[10],
            Self::Hundred => &[20, 100],
        }
    }

    fn record(self) -> usize {
        self.limits().len() + CHANNELS * PIXELS
    }

    fn name(self) -> &'static str {
        match self {
            Self::Ten => "CIFAR-10",
            Self::Hundred => "CIFAR-100",
        }
    }

    /// Which set the bytes are of: whole records, and every label below its limit.
    fn of(bytes: &[u8]) -> Option<Self> {
        [Self::Ten, Self::Hundred].into_iter().find(|set| {
            let sound = |record: &[u8]| {
                set.limits()
                    .iter()
                    .zip(record)
                    .all(|(limit, label)| label < limit)
            };
            !bytes.is_empty()
                && bytes.len().is_multiple_of(set.record())
                && bytes.chunks_exact(set.record()).all(sound)
        })
    }

    /// The labels that the user asked for by the name of a column.
    fn labels(self, path: &Path, options: &OpenOptions) -> Result<Labels> {
        match (self, options.label_column.as_deref()) {
            (Self::Ten, None) => Ok(Labels::Only),
            (Self::Ten, Some(column)) => {
                let problem = format!("CIFAR-10 has one label a picture, no column {column:?}");
                Err(Error::file(path, problem))
            }
            (Self::Hundred, Some("coarse")) => Ok(Labels::Coarse),
            (Self::Hundred, None | Some("fine")) => Ok(Labels::Fine),
            (Self::Hundred, Some(column)) => {
                let problem = format!("CIFAR-100 has the labels coarse and fine, no {column:?}");
                Err(Error::file(path, problem))
            }
        }
    }
}

impl Labels {
    /// Where in a record the label is, and how many classes there are.
    fn place(self) -> (usize, usize) {
        match self {
            Self::Only => (0, 10),
            Self::Coarse => (0, 20),
            Self::Fine => (1, 100),
        }
    }

    /// The file with the names of the classes.
    fn names(self) -> &'static str {
        match self {
            Self::Only => "batches.meta.txt",
            Self::Coarse => "coarse_label_names.txt",
            Self::Fine => "fine_label_names.txt",
        }
    }
}

/// The length of a record of either set divides that of the file.
fn may_be(length: u64) -> bool {
    length > 0
        && [Set::Ten, Set::Hundred]
            .iter()
            .any(|set| length.is_multiple_of(set.record() as u64))
}

/// Whether a file holds records of either set, seen from its length and all of its labels.
///
/// # Errors
/// A file that cannot be read.
pub(super) fn is_file(path: &Path) -> Result<bool> {
    let length = fs::metadata(path)
        .map_err(|source| Error::io(path, "open", source))?
        .len();
    if !may_be(length) {
        return Ok(false);
    }
    let bytes = read_file(path)?;
    // A dark picture can begin like an IDX file, but hardly with the sizes of one.
    let is_idx = super::idx::from_bytes(path, &bytes).is_ok();
    Ok(!is_idx && Set::of(&bytes).is_some())
}

/// The training and the test files of a folder.
#[derive(Debug)]
pub(super) struct Files {
    train: Vec<PathBuf>,
    test: Vec<PathBuf>,
}

/// Finds the files of a folder by their names: `data_batch_1.bin` to `data_batch_5.bin` and
/// `test_batch.bin`, or `train.bin` and `test.bin`; nothing where none is there.
///
/// # Errors
/// A folder that cannot be read.
pub(super) fn find(folder: &Path) -> Result<Option<Files>> {
    let unread = |source| Error::io(folder, "read", source);
    let (mut train, mut test) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(folder).map_err(unread)? {
        let path = entry.map_err(unread)?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .to_ascii_lowercase();
        let Some(stem) = name.strip_suffix(".bin") else {
            continue;
        };
        match stem {
            "test_batch" | "test" => test.push(path),
            "train" => train.push(path),
            stem if stem.starts_with("data_batch") => train.push(path),
            _ => {}
        }
    }
    train.sort();
    Ok((!train.is_empty() || !test.is_empty()).then_some(Files { train, test }))
}

/// Opens the files of a folder.
///
/// # Errors
/// A file that is not of records, naming the place, or files of both sets.
pub(super) fn open_folder(folder: &Path, files: &Files, options: &OpenOptions) -> Result<Opened> {
    let (main, other) = match options.role {
        Role::Train if files.train.is_empty() => {
            let problem = "no data_batch_1.bin or train.bin; with its test part alone it serves for evaluation";
            return Err(Error::file(folder, problem));
        }
        Role::Train => (&files.train[..], &files.test[..]),
        Role::Test if files.test.is_empty() => (&files.train[..], &[][..]),
        Role::Test => (&files.test[..], &[][..]),
    };
    open(folder, folder, main, other, options)
}

/// Opens one file; the names of the classes may lie beside it.
///
/// # Errors
/// As [`open_folder`].
pub(super) fn open_file(path: &Path, options: &OpenOptions) -> Result<Opened> {
    let folder = path.parent().unwrap_or(Path::new(""));
    open(path, folder, &[path.to_path_buf()], &[], options)
}

fn open(
    path: &Path,
    folder: &Path,
    main: &[PathBuf],
    other: &[PathBuf],
    options: &OpenOptions,
) -> Result<Opened> {
    let mut set = None;
    let mut notes = Vec::new();
    let main = read(main, &mut set)?;
    let other = read(other, &mut set)?;
    let set = set.unwrap_or(Set::Ten);
    let labels = set.labels(path, options)?;
    let classes = class_names(folder, labels, &mut notes)?;
    let mut dataset =
        |bytes: Vec<u8>| dataset(path, &bytes, (set, labels), &classes, options, &mut notes);
    let data = dataset(main)?;
    let test = if other.is_empty() {
        None
    } else {
        Some(dataset(other)?)
    };
    notes.push(format!("{}: {}", path.display(), set.name()));
    Ok(Opened {
        data,
        test,
        divisor: 255.0,
        divisor_is_stated: true,
        notes,
        skipped: Vec::new(),
    })
}

/// The records of several files, one after the other.
fn read(paths: &[PathBuf], set: &mut Option<Set>) -> Result<Vec<u8>> {
    let mut all = Vec::new();
    for path in paths {
        let bytes = read_file(path)?;
        let found = Set::of(&bytes).ok_or_else(|| not_records(path, &bytes))?;
        if let Some(before) = set.replace(found).filter(|before| *before != found) {
            let problem = format!(
                "records of {}, but those of {} lie beside it",
                found.name(),
                before.name()
            );
            return Err(Error::file(path, problem));
        }
        if all.try_reserve_exact(bytes.len()).is_err() {
            return Err(Error::file(
                path,
                format!("{} bytes more do not fit into memory", bytes.len()),
            ));
        }
        all.extend(bytes);
    }
    Ok(all)
}

/// What keeps bytes from being records.
fn not_records(path: &Path, bytes: &[u8]) -> Error {
    let fits = |set: &Set| bytes.len().is_multiple_of(set.record());
    let Some(set) = [Set::Ten, Set::Hundred].into_iter().find(fits) else {
        let problem = format!(
            "{} bytes, expected whole records of CIFAR: {} bytes each (CIFAR-10) or {} (CIFAR-100)",
            bytes.len(),
            Set::Ten.record(),
            Set::Hundred.record()
        );
        return Error::file(path, problem);
    };
    for (at, record) in bytes.chunks_exact(set.record()).enumerate() {
        for (place, (label, limit)) in record.iter().zip(set.limits()).enumerate() {
            if label >= limit {
                let what = match (set, place) {
                    (Set::Ten, _) => "label",
                    (Set::Hundred, 0) => "coarse label",
                    (Set::Hundred, _) => "fine label",
                };
                let problem = format!(
                    "the {what} of record {at} is {label}, expected less than {limit} ({})",
                    set.name()
                );
                return Error::file(path, problem);
            }
        }
    }
    Error::file(path, "no records of CIFAR")
}

/// The names of the classes: a line each, or numbers where the file is not there.
fn class_names(folder: &Path, labels: Labels, notes: &mut Vec<String>) -> Result<Vec<String>> {
    let (_, count) = labels.place();
    let path = folder.join(labels.names());
    if !path.is_file() {
        notes.push(format!(
            "no {} beside the data: classes are numbered",
            labels.names()
        ));
        return Ok(numbered(count));
    }
    let bytes = read_file(&path)?;
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

fn dataset(
    path: &Path,
    bytes: &[u8],
    (set, labels): (Set, Labels),
    classes: &[String],
    options: &OpenOptions,
    notes: &mut Vec<String>,
) -> Result<Dataset> {
    let records = bytes.chunks_exact(set.record());
    let (place, _) = labels.place();
    let numbers = records
        .clone()
        .map(|record| u32::from(record[place]))
        .collect();
    let mut values = Vec::new();
    let length = records.len() * CHANNELS * PIXELS;
    if values.try_reserve_exact(length).is_err() {
        return Err(Error::file(
            path,
            format!("{length} bytes do not fit into memory"),
        ));
    }
    for record in records {
        let (red, rest) = record[set.limits().len()..].split_at(PIXELS);
        let (green, blue) = rest.split_at(PIXELS);
        let pixels = red.iter().zip(green).zip(blue);
        values.extend(pixels.flat_map(|((&red, &green), &blue)| [red, green, blue]));
    }
    let wrong = |error: Error| Error::file(path, error.to_string());
    let images = Images::new([SIDE, SIDE, CHANNELS], Values::U8(values)).map_err(wrong)?;
    let images = shape::fit(path, images, false, options, notes)?;
    Dataset::new(images, numbers, classes.to_vec()).map_err(wrong)
}

/// Reads bytes as records, for the fuzz target.
pub(super) fn parse(bytes: &[u8]) {
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
