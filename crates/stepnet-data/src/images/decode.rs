//! Decoding images and bringing them to a network's input.
//!
//! Training on a folder and predicting on a file go through [`Image::to_shape`] alike, so the
//! same image gives the same values bit for bit.
//!
//! PNG (8 and 16 bit, palette, grey, transparent), JPEG (baseline and progressive; CMYK is turned
//! into RGB), BMP, and the first frame of a GIF. A image is turned upright by its EXIF
//! orientation. 16-bit values `v` become `round(v / 257)`. Colour profiles are not applied. A
//! damaged or cut-off file is an error: nothing is filled in.

use std::path::Path;

use image::metadata::Orientation;
use image::{ColorType, DynamicImage, ImageDecoder, ImageResult, Limits};

use crate::{Element, Error, Result};
use stepnet_base::memory::free;
use stepnet_base::preprocessing::Preprocessing;
use stepnet_files::read_filled;

use super::codecs::{self, Codec};
pub use super::image::Image;
use super::image::check_shape;
use super::reservation::MemoryReservation;
use stepnet_files::Kind;

/// The most pixels a image may declare.
pub const MAX_PIXELS: u64 = 100_000_000;

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

/// Decodes a image file.
///
/// # Errors
/// A file that is not an image, is damaged, or declares more than [`MAX_PIXELS`].
pub fn decode(path: impl AsRef<Path>) -> Result<Image> {
    let path = path.as_ref();
    from_bytes(path, &read_filled(path)?)
}

/// Decodes the content of a image file; `name` is for messages.
///
/// # Errors
/// As [`decode`].
pub fn from_bytes(name: &Path, bytes: &[u8]) -> Result<Image> {
    decoded(name, bytes, Ok)
}

/// Decodes the content of a image file, and has the memory for it until `then` is done with it.
///
/// # Errors
/// As [`decode`], and those of `then`.
pub(crate) fn decoded<T>(
    name: &Path,
    bytes: &[u8],
    then: impl FnOnce(Image) -> Result<T>,
) -> Result<T> {
    let Decoded {
        image,
        orientation,
        reservation,
    } = (codecs::of(name, bytes)?.decode)(name, bytes)?;
    let done = then(upright(name, image, orientation)?);
    drop(reservation);
    done
}

/// Reads a image's header alone.
///
/// # Errors
/// As [`decode`], for what the header shows.
pub fn header(name: &Path, bytes: &[u8]) -> Result<Header> {
    (codecs::of(name, bytes)?.header)(name, bytes)
}

/// The raw 8-bit values of a image file in the shape of a network's input.
///
/// # Shapes
/// `preprocessing.shape()`: `(height, width, channels)`, row-major.
///
/// # Errors
/// As [`decode`], and an input that is not one of images.
pub fn load_for(path: impl AsRef<Path>, preprocessing: &Preprocessing) -> Result<Vec<u8>> {
    let path = path.as_ref();
    check_shape(preprocessing.shape())?;
    let shaped = |image: Image| image.to_shape(preprocessing.shape(), preprocessing.resize);
    decoded(path, &read_filled(path)?, shaped)
}

/// A image file as a network sees it.
///
/// A network whose training values did not run to 255 (the digits' run to 16) sees the image's
/// range 0..255 instead of its own: the values are divided by the preprocessing's divisor for
/// images.
///
/// # Shapes
/// `preprocessing.shape()`: `(height, width, channels)`, row-major.
///
/// # Errors
/// As [`load_for`].
pub fn load_input<T: Element>(
    path: impl AsRef<Path>,
    preprocessing: &Preprocessing,
) -> Result<Vec<T>> {
    preprocessing.check_for::<T>()?;
    let preprocessing = preprocessing.for_pictures();
    let values = load_for(path, &preprocessing)?;
    let value = |(at, v): (usize, u8)| {
        preprocessing.value(T::from_f64(f64::from(v)), at % preprocessing.channels)
    };
    Ok(values.into_iter().enumerate().map(value).collect())
}

/// The limits of a decoder that needs `own` bytes for the image itself.
pub(super) fn limits(own: u64) -> Limits {
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
pub(super) fn check_size(
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
pub(super) fn decode_by<D: ImageDecoder>(
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
pub(super) fn header_by<D: ImageDecoder>(
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

/// The header of a image turned upright.
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

/// Turns a decoded image upright and brings it to 8 bits.
fn upright(name: &Path, mut image: DynamicImage, orientation: Orientation) -> Result<Image> {
    fn eight(values: Vec<u16>) -> Vec<u8> {
        values
            .into_iter()
            .map(|v| ((u32::from(v) + 128) / 257) as u8)
            .collect()
    }
    image.apply_orientation(orientation);
    let (height, width) = (image.height() as usize, image.width() as usize);
    let (channels, values) = match image {
        DynamicImage::ImageLuma8(image) => (1, image.into_raw()),
        DynamicImage::ImageLumaA8(image) => (2, image.into_raw()),
        DynamicImage::ImageRgb8(image) => (3, image.into_raw()),
        DynamicImage::ImageRgba8(image) => (4, image.into_raw()),
        DynamicImage::ImageLuma16(image) => (1, eight(image.into_raw())),
        DynamicImage::ImageLumaA16(image) => (2, eight(image.into_raw())),
        DynamicImage::ImageRgb16(image) => (3, eight(image.into_raw())),
        DynamicImage::ImageRgba16(image) => (4, eight(image.into_raw())),
        other => (4, other.into_rgba8().into_raw()),
    };
    let turned = orientation != Orientation::NoTransforms;
    let image = Image::new(height, width, channels, values);
    let image = image.map_err(|error| Error::file(name, error.to_string()))?;
    Ok(image.turned(turned))
}

/// Zeroed memory for `count` images of a shape.
///
/// # Errors
/// More than there is, naming the bytes.
pub(crate) fn image_buffer(path: &Path, count: usize, shape: [usize; 3]) -> Result<Vec<u8>> {
    let length = crate::limits::elements(shape).and_then(|run| run.checked_mul(count));
    let mut values = Vec::new();
    let free = free().and_then(|free| usize::try_from(free).ok());
    if length
        .filter(|length| free.is_none_or(|free| *length <= free))
        .and_then(|length| values.try_reserve_exact(length).ok())
        .is_none()
    {
        let [height, width, channels] = shape;
        let problem =
            format!("{count} images of {height}x{width}x{channels} do not fit into memory");
        return Err(Error::file_memory(path, problem));
    }
    values.resize(length.unwrap_or_default(), 0);
    Ok(values)
}
