//! One function for each parser of bytes, for the fuzz targets: whatever the bytes are, it returns.

use std::path::Path;

use super::{assemble, cifar, csv, hdf5, idx, keys, npy, npz};
use crate::OpenOptions;

/// Puts parsed parts together, as opening a file does.
fn assembled(parts: crate::Result<keys::Parts>) {
    if let Ok(parts) = parts {
        let options = OpenOptions::default();
        let _ = assemble::assemble(Path::new("fuzz"), parts, assemble::Certain::Never, &options);
    }
}

/// An IDX file.
pub fn idx(bytes: &[u8]) {
    let _ = idx::from_bytes(Path::new("fuzz"), bytes);
}

/// An npy file.
pub fn npy(bytes: &[u8]) {
    let _ = npy::from_bytes(Path::new("fuzz"), bytes);
}

/// An npz file and the data set in it.
pub fn npz(bytes: &[u8]) {
    assembled(npz::parts_from_bytes(Path::new("fuzz"), bytes));
}

/// An HDF5 file and the data set in it.
pub fn hdf5(bytes: &[u8]) {
    assembled(hdf5::parts_from_bytes(Path::new("fuzz"), bytes.to_vec()));
}

/// A CSV table and the data set in it.
pub fn csv(bytes: &[u8]) {
    let pair = csv::from_bytes(Path::new("fuzz"), bytes, csv::CsvOptions::default());
    assembled(pair.map(|(pair, notes)| keys::Parts {
        train: Some(pair),
        notes,
        ..keys::Parts::default()
    }));
}

/// CIFAR's binary form.
pub fn cifar(bytes: &[u8]) {
    cifar::parse(bytes);
}
