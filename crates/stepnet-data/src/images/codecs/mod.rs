//! The image formats that are read: a row each in one table, its decoder in a file of its own.

mod bmp;
pub(crate) mod codec;
mod gif;
mod jpeg;
mod png;
mod tiff;
mod webp;

use std::ffi::OsStr;
use std::path::Path;

use crate::{Error, Result};
use codec::Codec;
use stepnet_base::text::or_list;
use stepnet_files::Kind;

/// All of them, in the order in which messages list them.
static CODECS: &[&Codec] = &[
    &png::CODEC,
    &jpeg::CODEC,
    &webp::CODEC,
    &bmp::CODEC,
    &gif::CODEC,
    &tiff::CODEC,
];

/// Endings of images that are not read. A file with one counts as an image whatever it holds, so that it is reported.
const OTHER_ENDINGS: [&str; 4] = ["heic", "heif", "avif", "jxl"];

/// The names of the formats, for messages: "PNG, JPEG, ... or TIFF".
pub(crate) fn names() -> String {
    let names: Vec<&str> = CODECS.iter().map(|codec| codec.name).collect();
    or_list(&names)
}

/// The codec of a file's content, or an error that it is not an image that is read.
pub(super) fn of(name: &Path, bytes: &[u8]) -> Result<&'static Codec> {
    let kind = Kind::of(bytes);
    if let Some(codec) = CODECS.iter().find(|codec| codec.kind == kind) {
        return Ok(codec);
    }
    let problem = match kind {
        Kind::Empty => "the file is empty".to_owned(),
        Kind::Foreign(format) => format.refusal(),
        kind => format!("not an image but {}; expected {}", kind.name(), names()),
    };
    Err(Error::file(name, problem))
}

/// The endings that a list may leave out of the names of image files: nothing, or a dot and an ending.
pub(crate) fn endings() -> Vec<String> {
    let known = CODECS.iter().flat_map(|codec| codec.endings);
    let known =
        known.flat_map(|ending| [format!(".{ending}"), format!(".{}", ending.to_uppercase())]);
    std::iter::once(String::new()).chain(known).collect()
}

/// Whether a name ends as those of images do.
pub(crate) fn is_named_as_image(path: &Path) -> bool {
    let ending = path.extension().and_then(OsStr::to_str);
    let known = CODECS.iter().flat_map(|codec| codec.endings);
    let mut known = known.chain(&OTHER_ENDINGS);
    ending.is_some_and(|ending| known.any(|known| ending.eq_ignore_ascii_case(known)))
}

/// Whether the file at `path` is an image by its name or by its content. Pipes and devices are none.
///
/// # Errors
/// A file that cannot be read, where the name does not say it.
pub fn is_image(path: &Path) -> Result<bool> {
    if is_named_as_image(path) {
        return Ok(true);
    }
    match Kind::of_file(path) {
        // Of a format that is not read its kind is named when it is opened: it is not passed over.
        Ok(kind) => Ok(kind.is_image() || kind.is_foreign_image()),
        Err(Error::File { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_image_has_a_codec() {
        for kind in Kind::all_read().filter(|kind| kind.is_image()) {
            assert!(CODECS.iter().any(|codec| codec.kind == kind), "{kind:?}");
        }
        for codec in CODECS {
            assert!(codec.kind.is_image(), "{}", codec.name);
            let ending = Path::new("a").with_extension(codec.endings[0]);
            assert!(is_named_as_image(&ending), "{}", codec.name);
        }
        assert_eq!(names(), "PNG, JPEG, WebP, BMP, GIF or TIFF");
    }
}
