//! WebP images, lossy and lossless: the first frame of an animation.

use std::io::Cursor;
use std::path::Path;

use image::codecs::webp::WebPDecoder;
use image::{ImageDecoder, ImageResult};

use super::codec::{Codec, Decoded, Header, decode_by, header_by};
use crate::{Error, Result};
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

/// Fails for a file that is shorter than it says: the decoder of lossy images would make up the rest.
fn check_end(name: &Path, bytes: &[u8]) -> Result<()> {
    let declared = bytes.get(4..8).and_then(|size| size.try_into().ok());
    let declared = declared.map_or(0, u32::from_le_bytes);
    let end = u64::from(declared) + 8;
    match bytes.len() as u64 {
        length if length < end => {
            let problem = format!(
                "a WebP image that cannot be decoded: the file ends early, after {length} of {end} bytes"
            );
            Err(Error::file(name, problem))
        }
        _ => Ok(()),
    }
}

fn header(name: &Path, bytes: &[u8]) -> Result<Header> {
    check_end(name, bytes)?;
    header_by(name, bytes, &CODEC, open(bytes))
}

fn decode(name: &Path, bytes: &[u8]) -> Result<Decoded> {
    check_end(name, bytes)?;
    // Planes of a lossy image and the transparency are decoded by themselves, and so is a frame.
    decode_by(name, bytes, &CODEC, open(bytes), |decoder| {
        2 * decoder.total_bytes()
    })
}
