//! The description of a codec, and the codecs of the crate `image`.

use std::path::Path;

use image::metadata::Orientation;
use image::{ColorType, DynamicImage, ImageDecoder, ImageResult, Limits};

use crate::images::image::MAX_PIXELS;
use crate::images::reservation::MemoryReservation;
use crate::{Error, Result};
use stepnet_files::Kind;

/// Images up to this many pixels are decoded whatever the length of their file.
const FREE_PIXELS: u64 = 1_000_000;

/// The bytes that a decoder may allocate for other things than the image, such as a colour profile.
const DECODER_MEMORY: u64 = 16 << 20;

/// The facts in an image's header, after turning it upright.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Header {
    /// The height in pixels.
    pub height: usize,
    /// The width in pixels.
    pub width: usize,
    /// Whether the file stores grey values, with or without transparency.
    pub grey: bool,
}

/// How one image format is read. The content of a file is handed over whole; its path is for messages.
pub(crate) struct Codec {
    /// The kind of content that this codec decodes.
    pub(crate) kind: Kind,
    /// Its name for people.
    pub(crate) name: &'static str,
    /// The endings of its files' names, in lower case.
    pub(crate) endings: &'static [&'static str],
    /// The most pixels that a byte of a file can stand for. Files that declare more are refused before memory is taken.
    pub(crate) pixels_per_byte: u64,
    /// Reads the size alone.
    pub(crate) header: fn(&Path, &[u8]) -> Result<Header>,
    /// Decodes the image, as it is stored.
    pub(crate) decode: fn(&Path, &[u8]) -> Result<Decoded>,
}

/// The limits of a decoder that needs `own` bytes for the image itself.
pub(crate) fn limits(own: u64) -> Limits {
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(DECODER_MEMORY.saturating_add(own));
    limits
}

fn image_error(name: &Path, bytes: &[u8], error: &image::ImageError) -> Error {
    let what = Kind::of(bytes).name();
    let mut text = plain(&error.to_string().replace('\n', " "));
    if let image::ImageError::IoError(source) = error
        && source.kind() == std::io::ErrorKind::UnexpectedEof
    {
        text = format!("the file ends early ({text})");
    }
    Error::file(name, format!("{what} that cannot be decoded: {text}"))
}

/// A decoder's words without what only its programmers read: its own introduction, which repeats
/// the format, and the printed form of its chunk types.
fn plain(text: &str) -> String {
    let text = match text.split_once(": ") {
        Some((head, rest)) if head.starts_with("Format error decoding") => rest,
        _ => text,
    };
    match text.split_once(" while decoding ChunkType { type: ") {
        Some((problem, chunk)) => {
            let name = chunk.split([',', ' ']).next().unwrap_or_default();
            format!("{problem} in the {name} chunk")
        }
        None => text.to_owned(),
    }
}

/// Fails if the declared size is over the limit, or more than a file of this length can hold.
/// Gives the number of pixels.
pub(crate) fn check_size(
    name: &Path,
    bytes: &[u8],
    codec: &Codec,
    (width, height): (u64, u64),
) -> Result<u64> {
    let stored = bytes.len() as u64;
    let pixels = width.saturating_mul(height);
    if pixels == 0 {
        return Err(Error::file(
            name,
            format!("declares {width}x{height} pixels: nothing to see"),
        ));
    }
    if pixels > MAX_PIXELS {
        let problem =
            format!("declares {width}x{height} = {pixels} pixels, over the limit of {MAX_PIXELS}");
        return Err(Error::file(name, problem));
    }
    if pixels > FREE_PIXELS.max(stored.saturating_mul(codec.pixels_per_byte)) {
        let problem =
            format!("declares {width}x{height} pixels, more than {stored} bytes can hold");
        return Err(Error::file(name, problem));
    }
    Ok(pixels)
}

/// A decoded image before it is turned upright, and the memory that it takes.
pub(crate) struct Decoded {
    pub(crate) image: DynamicImage,
    pub(crate) orientation: Orientation,
    pub(crate) reservation: MemoryReservation,
}

/// Decodes by a decoder of the crate `image`, if it could be made; on the way `aside` bytes are taken next to the image.
pub(crate) fn decode_by<D: ImageDecoder>(
    name: &Path,
    bytes: &[u8],
    codec: &Codec,
    decoder: ImageResult<D>,
    aside: impl Fn(&D) -> u64,
) -> Result<Decoded> {
    let wrong = |error| image_error(name, bytes, &error);
    let mut decoder = decoder.map_err(wrong)?;
    let (width, height) = decoder.dimensions();
    let pixels = check_size(name, bytes, codec, (width.into(), height.into()))?;
    check_depth(name, bytes, decoder.color_type())?;
    let aside = aside(&decoder);
    let orientation = decoder.orientation().map_err(wrong)?;
    let own = decoder.total_bytes();
    let deep = own > 4 * pixels;
    let copied = if deep || is_turned(orientation) {
        own
    } else {
        0
    };
    let reservation = MemoryReservation::take(name, needed(own, pixels, aside.max(copied)))?;
    decoder.set_limits(limits(own)).map_err(wrong)?;
    Ok(Decoded {
        image: DynamicImage::from_decoder(decoder).map_err(wrong)?,
        orientation,
        reservation,
    })
}

/// The bytes that an image takes until it has the shape of a network's input: its own, and those of
/// its copies, one at a time: a copy for decoding or turning (`copied`), one without
/// alpha and in other channels.
pub(crate) fn needed(own: u64, pixels: u64, copied: u64) -> u64 {
    own.saturating_add(copied.max(4 * pixels))
}

/// Fails for pixels that are not whole numbers of 8 or 16 bits: their range is not known.
fn check_depth(name: &Path, bytes: &[u8], colour: ColorType) -> Result<()> {
    match colour.bytes_per_pixel() / colour.channel_count() {
        1 | 2 => Ok(()),
        deep => {
            let (kind, bits) = (Kind::of(bytes).name(), 8 * u32::from(deep));
            let problem = format!(
                "{kind} of {bits}-bit numbers, expected 8 or 16 bits: save it as PNG, or its numbers as npy"
            );
            Err(Error::file(name, problem))
        }
    }
}

/// Reads a header by a decoder of the crate `image`, if it could be made.
pub(crate) fn header_by<D: ImageDecoder>(
    name: &Path,
    bytes: &[u8],
    codec: &Codec,
    decoder: ImageResult<D>,
) -> Result<Header> {
    let mut decoder = decoder.map_err(|error| image_error(name, bytes, &error))?;
    let (width, height) = decoder.dimensions();
    check_size(name, bytes, codec, (width.into(), height.into()))?;
    check_depth(name, bytes, decoder.color_type())?;
    let orientation = decoder
        .orientation()
        .map_err(|error| image_error(name, bytes, &error))?;
    let grey = !decoder.color_type().has_color();
    Ok(upright_header(
        width as usize,
        height as usize,
        grey,
        orientation,
    ))
}

/// The header of an image turned upright.
pub(crate) fn upright_header(
    width: usize,
    height: usize,
    grey: bool,
    orientation: Orientation,
) -> Header {
    match is_turned(orientation) {
        true => Header {
            height: width,
            width: height,
            grey,
        },
        false => Header {
            height,
            width,
            grey,
        },
    }
}

/// Whether an orientation exchanges height and width.
pub(crate) fn is_turned(orientation: Orientation) -> bool {
    matches!(
        orientation,
        Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH
    )
}
