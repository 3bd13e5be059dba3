//! PNG images: 8 and 16 bits, palettes, grey, transparent.

use std::io::Cursor;
use std::path::Path;

use image::ImageResult;
use image::codecs::png::PngDecoder;

use super::codec::{Codec, Decoded, Header, decode_by, header_by, limits};
use crate::Result;
use stepnet_files::Kind;

pub(super) static CODEC: Codec = Codec {
    kind: Kind::Png,
    name: "PNG",
    endings: &["png"],
    // Deflate at its densest, of pixels of one bit.
    pixels_per_byte: 8_400,
    header,
    decode,
};

fn open(bytes: &[u8]) -> ImageResult<PngDecoder<Cursor<&[u8]>>> {
    PngDecoder::with_limits(Cursor::new(bytes), limits(0))
}

fn header(name: &Path, bytes: &[u8]) -> Result<Header> {
    header_by(name, bytes, &CODEC, open(bytes))
}

fn decode(name: &Path, bytes: &[u8]) -> Result<Decoded> {
    decode_by(name, bytes, &CODEC, open(bytes), |_| 0)
}
