//! Containers that are read only with the right content: what else may be in one.

use std::io::{Cursor, Read};

use super::foreign::{IMPORT, said};
use super::{Kind, LOOK};

/// What a file is that Stepnet does not read, and what to do to have it read; `None` where the bytes alone
/// do not tell that it is not read.
pub fn refused(bytes: &[u8]) -> Option<String> {
    match Kind::of(bytes) {
        Kind::Foreign(format) => Some(said(format.name, format.advice)),
        Kind::Zip => zip(bytes),
        Kind::Gzip => gzip(bytes),
        Kind::Hdf5 => hdf5(bytes),
        _ => None,
    }
}

/// A zip archive that is no npz file, by the names in it.
fn zip(bytes: &[u8]) -> Option<String> {
    let archive = ::zip::ZipArchive::new(Cursor::new(bytes)).ok()?;
    let names: Vec<_> = archive.file_names().filter_map(Result::ok).collect();
    let ends = |end: &str| names.iter().any(|name| name.ends_with(end));
    if ends(".npy") {
        return None;
    }
    let (name, advice) = known_zip(&names).unwrap_or((
        "a zip archive with neither numpy arrays (.npy) nor images in it",
        "unpack it first",
    ));
    Some(said(name, advice))
}

/// What a zip archive with files of these names is, and what to do, where it is known and not read.
pub fn known_zip<S: AsRef<str>>(names: &[S]) -> Option<(&'static str, &'static str)> {
    const TABLE: &str = "save the table as CSV";
    const DOCUMENT: &str = "save its images as PNG or JPEG";
    let has = |wanted: &str| names.iter().any(|name| name.as_ref() == wanted);
    let ends = |end: &str| names.iter().any(|name| name.as_ref().ends_with(end));
    Some(match () {
        () if has("model.weights.h5") => ("a Keras model (.keras)", IMPORT),
        () if ends("/data.pkl") => ("a PyTorch file (.pt, .pth)", IMPORT),
        () if has("xl/workbook.xml") || has("xl/workbook.bin") => ("an Excel workbook", TABLE),
        () if has("word/document.xml") => ("a Word document", DOCUMENT),
        () if has("ppt/presentation.xml") => ("a PowerPoint presentation", DOCUMENT),
        () if has("mimetype") && has("content.xml") => ("an OpenDocument file", TABLE),
        () if has("META-INF/MANIFEST.MF") => {
            ("a program (jar, apk)", "name the file that holds the data")
        }
        () => return None,
    })
}

/// A gzip stream of anything that is not read in one.
fn gzip(bytes: &[u8]) -> Option<String> {
    let mut start = Vec::new();
    let decoder = flate2::read::MultiGzDecoder::new(bytes);
    // A stream that breaks off may still have begun.
    decoder.take(LOOK as u64).read_to_end(&mut start).ok();
    match Kind::of(&start) {
        Kind::Idx | Kind::Tar | Kind::Gzip => None,
        // Too little of it to say so: the reader names the damage.
        Kind::Unknown | Kind::Empty => None,
        kind => Some(format!(
            "is a gzip file of {}, expected one of an IDX file or a tar archive: unpack it with gunzip first",
            kind.name()
        )),
    }
}

/// A model of Keras in HDF5: its description is an attribute that data have not.
fn hdf5(bytes: &[u8]) -> Option<String> {
    let mark = b"model_config";
    let layers = b"layer_names";
    let keras = b"keras_version";
    let has = |mark: &[u8]| bytes.windows(mark.len()).any(|part| part == mark);
    (has(mark) || has(layers) && has(keras)).then(|| said("a Keras model (.h5)", IMPORT))
}
