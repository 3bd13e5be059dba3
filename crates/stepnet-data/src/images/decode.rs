//! Decoding images and bringing them to a network's input.
//!
//! Training on a folder and predicting on a file go through [`Image::to_shape`] alike, so the
//! same image gives the same values bit for bit.
//!
//! PNG (8 and 16 bit, palette, grey, transparent), JPEG (baseline and progressive; CMYK is turned
//! into RGB), BMP, the first frame of a GIF or WebP file, and the first page of a TIFF file. An image is turned
//! upright by its EXIF orientation. 16-bit values `v` become `round(v / 257)`. Colour profiles are not applied. A
//! damaged or cut-off file is an error: nothing is filled in.

use std::path::Path;

use image::DynamicImage;
use image::metadata::Orientation;

use crate::{Element, Error, Result};
use stepnet_base::memory::free;
use stepnet_base::preprocessing::Preprocessing;
use stepnet_files::read_filled;

use super::codecs;
use super::codecs::codec::Decoded;
pub use super::codecs::codec::Header;
use super::image::check_shape;
pub use super::image::{Image, MAX_PIXELS};

/// The names of the formats that are read: "PNG, JPEG, ... or TIFF".
pub fn formats() -> String {
    codecs::names()
}

/// Decodes an image file.
///
/// # Errors
/// A file that is not an image, is damaged, or declares more than [`MAX_PIXELS`].
pub fn decode(path: impl AsRef<Path>) -> Result<Image> {
    let path = path.as_ref();
    from_bytes(path, &read_filled(path)?)
}

/// Decodes the content of an image file; `name` is for messages.
///
/// # Errors
/// As [`decode`].
pub fn from_bytes(name: &Path, bytes: &[u8]) -> Result<Image> {
    decoded(name, bytes, Ok)
}

/// Decodes the content of an image file, and has the memory for it until `then` is done with it.
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

/// Reads an image's header alone.
///
/// # Errors
/// As [`decode`], for what the header shows.
pub fn header(name: &Path, bytes: &[u8]) -> Result<Header> {
    (codecs::of(name, bytes)?.header)(name, bytes)
}

/// The raw 8-bit values of an image file in the shape of a network's input.
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

/// An image file as a network sees it.
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
