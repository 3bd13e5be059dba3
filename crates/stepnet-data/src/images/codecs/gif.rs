//! GIF images: the first frame.

use std::io::Cursor;
use std::path::Path;

use image::codecs::gif::GifDecoder;
use image::{ImageDecoder, ImageResult};

use super::codec::{Codec, Decoded, Header, decode_by, header_by};
use crate::Result;
use stepnet_files::Kind;

pub(super) static CODEC: Codec = Codec {
    kind: Kind::Gif,
    name: "GIF",
    endings: &["gif"],
    pixels_per_byte: 8_400,
    header,
    decode,
};

fn open(bytes: &[u8]) -> ImageResult<GifDecoder<Cursor<&[u8]>>> {
    GifDecoder::new(Cursor::new(bytes))
}

fn header(name: &Path, bytes: &[u8]) -> Result<Header> {
    header_by(name, bytes, &CODEC, open(bytes))
}

fn decode(name: &Path, bytes: &[u8]) -> Result<Decoded> {
    // A frame that does not fill the image is decoded by itself.
    decode_by(name, bytes, &CODEC, open(bytes), ImageDecoder::total_bytes)
}
