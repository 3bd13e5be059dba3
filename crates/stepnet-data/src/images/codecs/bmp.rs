//! BMP images.

use std::io::Cursor;
use std::path::Path;

use image::ImageResult;
use image::codecs::bmp::BmpDecoder;

use super::codec::{Codec, Decoded, Header, decode_by, header_by};
use crate::Result;
use stepnet_files::Kind;

pub(super) static CODEC: Codec = Codec {
    kind: Kind::Bmp,
    name: "BMP",
    endings: &["bmp", "dib"],
    pixels_per_byte: 8_400,
    header,
    decode,
};

fn open(bytes: &[u8]) -> ImageResult<BmpDecoder<Cursor<&[u8]>>> {
    BmpDecoder::new(Cursor::new(bytes))
}

fn header(name: &Path, bytes: &[u8]) -> Result<Header> {
    header_by(name, bytes, &CODEC, open(bytes))
}

fn decode(name: &Path, bytes: &[u8]) -> Result<Decoded> {
    decode_by(name, bytes, &CODEC, open(bytes), |_| 0)
}
