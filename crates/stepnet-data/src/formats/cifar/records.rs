//! Records: their length, their labels, and data sets of them.

use std::path::Path;

use crate::formats::arrays::shape;
use crate::options::OpenOptions;
use crate::{Dataset, Images, Values};
use crate::{Error, Result};

const SIDE: usize = 32;
const CHANNELS: usize = 3;
const PIXELS: usize = SIDE * SIDE;

/// The two sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Set {
    /// One label of 10.
    Ten,
    /// A coarse label of 20 and a fine one of 100.
    Hundred,
}

/// Which labels are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Labels {
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

    pub(super) fn record(self) -> usize {
        self.limits().len() + CHANNELS * PIXELS
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ten => "CIFAR-10",
            Self::Hundred => "CIFAR-100",
        }
    }

    /// Which set the bytes are of: whole records, and every label below its limit.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
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

    /// The labels that the user chose by the name of a column.
    pub(super) fn labels(self, path: &Path, options: &OpenOptions) -> Result<Labels> {
        match (self, options.label_column.as_deref()) {
            (Self::Ten, None) => Ok(Labels::Only),
            (Self::Ten, Some(column)) => {
                let problem = format!("CIFAR-10 has one label an image, no column {column:?}");
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
    pub(super) fn place(self) -> (usize, usize) {
        match self {
            Self::Only => (0, 10),
            Self::Coarse => (0, 20),
            Self::Fine => (1, 100),
        }
    }

    /// The file with the names of the classes.
    pub(super) fn names(self) -> &'static str {
        match self {
            Self::Only => "batches.meta.txt",
            Self::Coarse => "coarse_label_names.txt",
            Self::Fine => "fine_label_names.txt",
        }
    }
}

/// The length of a record of either set divides that of the file.
pub(super) fn may_be(length: u64) -> bool {
    length > 0
        && [Set::Ten, Set::Hundred]
            .iter()
            .any(|set| length.is_multiple_of(set.record() as u64))
}

/// The reason why bytes are not records.
pub(super) fn not_records(path: &Path, bytes: &[u8]) -> Error {
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

pub(super) fn dataset(
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
        return Err(Error::file_memory(
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
