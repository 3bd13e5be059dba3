//! WebP images, lossy and lossless: the first frame of an animation.

use std::io::Cursor;
use std::path::Path;

use image::codecs::webp::WebPDecoder;
use image::{ImageDecoder, ImageResult};

use super::Codec;
use crate::Result;
use crate::images::decode::{Decoded, Header, decode_by, header_by};
use stepnet_files::Kind;

pub(super) static CODEC: Codec = Codec {
    kind: Kind::Webp,
    name: "WebP",
    endings: &["webp"],
    // A lossless image of one colour takes some 40 bytes, whatever its size.
    pixels_per_byte: u64::MAX,
    header,
    decode,
};

fn open(bytes: &[u8]) -> ImageResult<WebPDecoder<Cursor<&[u8]>>> {
    WebPDecoder::new(Cursor::new(bytes))
}

fn header(name: &Path, bytes: &[u8]) -> Result<Header> {
    header_by(name, bytes, &CODEC, open(bytes))
}

fn decode(name: &Path, bytes: &[u8]) -> Result<Decoded> {
    // Planes of a lossy image and the transparency are decoded by themselves, and so is a frame.
    decode_by(name, bytes, &CODEC, open(bytes), |decoder| {
        2 * decoder.total_bytes()
    })
}
