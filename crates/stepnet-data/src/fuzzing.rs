//! One function for each parser of bytes, for the fuzz targets: whatever the bytes are, it returns.

#[cfg(any(feature = "files", feature = "pictures"))]
use std::path::Path;

#[cfg(feature = "files")]
use super::{assemble, csv, hdf5, idx, keys, npy, npz, options::OpenOptions};

/// Puts parsed parts together, as opening a file does.
#[cfg(feature = "files")]
fn assembled(parts: crate::Result<keys::Parts>) {
    if let Ok(parts) = parts {
        let options = OpenOptions::default();
        let _ = assemble::assemble(Path::new("fuzz"), parts, assemble::Certain::Never, &options);
    }
}

/// An IDX file.
#[cfg(feature = "files")]
pub fn idx(bytes: &[u8]) {
    let _ = idx::from_bytes(Path::new("fuzz"), bytes);
}

/// An npy file.
#[cfg(feature = "files")]
pub fn npy(bytes: &[u8]) {
    let _ = npy::from_bytes(Path::new("fuzz"), bytes);
}

/// An npz file and the data set in it.
#[cfg(feature = "files")]
pub fn npz(bytes: &[u8]) {
    assembled(npz::parts_from_bytes(Path::new("fuzz"), bytes));
}

/// An HDF5 file and the data set in it.
#[cfg(feature = "files")]
pub fn hdf5(bytes: &[u8]) {
    assembled(hdf5::parts_from_bytes(Path::new("fuzz"), bytes.to_vec()));
}

/// A CSV table and the data set in it.
#[cfg(feature = "files")]
pub fn csv(bytes: &[u8]) {
    let pair = csv::from_bytes(Path::new("fuzz"), bytes, csv::Wanted::default());
    assembled(pair.map(|(pair, notes)| keys::Parts {
        train: Some(pair),
        notes,
        ..keys::Parts::default()
    }));
}

/// CIFAR's binary form.
#[cfg(feature = "files")]
pub fn cifar(bytes: &[u8]) {
    super::cifar::parse(bytes);
}

/// A tar archive of pictures, plain or gzip.
#[cfg(feature = "pictures")]
pub fn tar(bytes: &[u8]) {
    super::tar::scan(bytes);
}

/// A picture, brought to a small input by each of the rules.
#[cfg(feature = "pictures")]
pub fn picture(bytes: &[u8]) {
    use stepnet_base::preprocessing::Resize;
    let Ok(picture) = super::pictures::from_bytes(Path::new("fuzz"), bytes) else {
        return;
    };
    for resize in [Resize::Stretch, Resize::Crop, Resize::Fit] {
        let _ = picture.to_shape([7, 5, 3], resize);
    }
}
