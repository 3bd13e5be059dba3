//! TIFF images of 8 or 16 bits: the first page.

use std::io::Cursor;
use std::path::Path;

use image::codecs::tiff::TiffDecoder;
use image::{ImageDecoder, ImageResult};

use super::codec::{Codec, Decoded, Header, decode_by, header_by};
use crate::Result;
use stepnet_files::Kind;

pub(super) static CODEC: Codec = Codec {
    kind: Kind::Tiff,
    name: "TIFF",
    endings: &["tif", "tiff"],
    // A white line of a fax takes one bit.
    pixels_per_byte: u64::MAX,
    header,
    decode,
};

fn open(bytes: &[u8]) -> ImageResult<TiffDecoder<Cursor<&[u8]>>> {
    TiffDecoder::new(Cursor::new(bytes))
}

fn header(name: &Path, bytes: &[u8]) -> Result<Header> {
    header_by(name, bytes, &CODEC, open(bytes))
}

fn decode(name: &Path, bytes: &[u8]) -> Result<Decoded> {
    // Strips and tiles are unpacked before they are put together.
    decode_by(name, bytes, &CODEC, open(bytes), ImageDecoder::total_bytes)
}
