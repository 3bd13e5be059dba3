//! JPEG images, read strictly: what is damaged or cut off is an error.

mod check;
mod entropy;
mod frame;
mod markers;
mod rewrite;
mod scan;

use std::path::Path;

use image::metadata::Orientation;
use image::{DynamicImage, GrayImage, RgbImage};
use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::{Error, Result};

use super::codec::{Codec, Decoded, Header, check_size, is_turned, needed, upright_header};
use crate::images::reservation::MemoryReservation;
use stepnet_files::Kind;

pub(super) static CODEC: Codec = Codec {
    kind: Kind::Jpeg,
    name: "JPEG",
    endings: &["jpg", "jpeg", "jpe", "jfif"],
    pixels_per_byte: 8_400,
    header,
    decode,
};

/// The largest width and height the format can state.
const MAX_SIDE: usize = 65_535;

/// A decoder that has read everything before the pixels, and the facts from there.
struct Opened<'a> {
    decoder: JpegDecoder<ZCursor<&'a [u8]>>,
    width: usize,
    height: usize,
    grey: bool,
    orientation: Orientation,
    /// Whether the frame is progressive, and how many components it has.
    form: (bool, u64),
}

impl Opened<'_> {
    /// The bytes that decoding a file of `length` bytes takes.
    fn memory(&self, length: u64) -> u64 {
        let pixels = self.width as u64 * self.height as u64;
        let (progressive, components) = self.form;
        let own = if self.grey { pixels } else { 3 * pixels };
        // Coefficients of two bytes each and what is known of them, or blocks and a second file.
        let aside = match progressive {
            true => components * (2 * pixels + pixels / 8),
            false => components * pixels / 4 + 3 * length,
        };
        let turned = if is_turned(self.orientation) { own } else { 0 };
        needed(own, pixels, aside.max(turned))
    }
}

/// Decodes a JPEG to 8-bit grey or RGB; the orientation is still to be applied.
///
/// The decoder fills in what it misses when a scan's data end at a marker, so the file is walked
/// through by [`check`] first; and some forms it reads wrongly, so that they are written
/// again ([`rewrite`]).
fn decode(name: &Path, bytes: &[u8]) -> Result<Decoded> {
    let mut opened = open(name, bytes)?;
    let reservation = MemoryReservation::take(name, opened.memory(bytes.len() as u64))?;
    let damaged = |problem| Error::file(name, format!("a damaged JPEG image: {problem}"));
    let walk = check::check(bytes, false).map_err(damaged)?;
    let better = rewrite::readable(bytes, &walk).map_err(damaged)?;
    drop(walk);
    if let Some(better) = &better {
        opened = Opened {
            orientation: opened.orientation,
            ..open(name, better)?
        };
    }
    let space = if opened.grey {
        ColorSpace::Luma
    } else {
        ColorSpace::RGB
    };
    opened
        .decoder
        .set_options(options().jpeg_set_out_colorspace(space));
    let values = opened
        .decoder
        .decode()
        .map_err(|error| broken(name, &error))?;
    let (width, height) = (opened.width as u32, opened.height as u32);
    let image = if opened.grey {
        GrayImage::from_raw(width, height, values).map(DynamicImage::ImageLuma8)
    } else {
        RgbImage::from_raw(width, height, values).map(DynamicImage::ImageRgb8)
    };
    let short = || {
        Error::file(
            name,
            "the JPEG decoder gave fewer values than the size needs",
        )
    };
    Ok(Decoded {
        image: image.ok_or_else(short)?,
        orientation: opened.orientation,
        reservation,
    })
}

/// Reads the header of a JPEG.
fn header(name: &Path, bytes: &[u8]) -> Result<Header> {
    let opened = open(name, bytes)?;
    Ok(upright_header(
        opened.width,
        opened.height,
        opened.grey,
        opened.orientation,
    ))
}

fn options() -> DecoderOptions {
    let options = DecoderOptions::default().set_strict_mode(true);
    options.set_max_width(MAX_SIDE).set_max_height(MAX_SIDE)
}

fn open<'a>(name: &Path, bytes: &'a [u8]) -> Result<Opened<'a>> {
    let frame = frame::check_form(bytes).map_err(|problem| undecoded(name, &problem))?;
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options());
    decoder
        .decode_headers()
        .map_err(|error| broken(name, &error))?;
    let unread = || Error::file(name, "a JPEG image without a size");
    let (width, height) = decoder.dimensions().ok_or_else(unread)?;
    check_size(name, bytes, &CODEC, (width as u64, height as u64))?;
    let grey = decoder.input_colorspace().ok_or_else(unread)? == ColorSpace::Luma;
    let orientation = decoder
        .exif()
        .and_then(|exif| Orientation::from_exif_chunk(exif));
    let orientation = orientation.unwrap_or(Orientation::NoTransforms);
    Ok(Opened {
        decoder,
        width,
        height,
        grey,
        orientation,
        form: (frame.progressive, frame.components.len() as u64),
    })
}

fn broken(name: &Path, error: &DecodeErrors) -> Error {
    let problem = match error {
        DecodeErrors::ExhaustedData => "the file ends early".to_owned(),
        DecodeErrors::IoErrors(error) => format!("the file ends early ({error:?})"),
        other => format!("{other:?}"),
    };
    // The decoder ends some of its messages with a line break.
    let problem = problem.split_whitespace().collect::<Vec<_>>().join(" ");
    undecoded(name, &problem)
}

fn undecoded(name: &Path, problem: &str) -> Error {
    Error::file(
        name,
        format!("a JPEG image that cannot be decoded: {problem}"),
    )
}
