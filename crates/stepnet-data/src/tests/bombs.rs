//! Small files that ask for much memory.

use std::io::{Cursor, Write};
use std::path::Path;

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};
use image::{DynamicImage, GrayImage, ImageFormat};

use super::failure;
use crate::images::decode::{from_bytes, header};

fn png() -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    let image = DynamicImage::from(GrayImage::new(3, 2));
    image.write_to(&mut out, ImageFormat::Png).unwrap();
    out.into_inner()
}

/// A PNG with a colour profile of this many zeros.
fn with_profile(length: usize) -> Vec<u8> {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::best());
    packed.write_all(&vec![0; length]).unwrap();
    let content = [&b"iCCPname\0\0"[..], &packed.finish().unwrap()].concat();
    let mut sum = Crc::new();
    sum.update(&content);
    let length = content.len() as u32 - 4;
    let chunk = [
        &length.to_be_bytes()[..],
        &content,
        &sum.sum().to_be_bytes(),
    ]
    .concat();
    let whole = png();
    // After the signature and the header.
    [&whole[..33], &chunk, &whole[33..]].concat()
}

#[test]
fn a_colour_profile_takes_no_more_than_a_profile_may() {
    let name = Path::new("p.png");
    let plain = from_bytes(name, &png()).unwrap();
    for length in [1 << 10, 100 << 20] {
        let bytes = with_profile(length);
        assert!(bytes.len() < 200_000, "{}", bytes.len());
        // It is passed over where it is too long.
        assert_eq!(from_bytes(name, &bytes).unwrap(), plain, "{length}");
        assert_eq!(header(name, &bytes).unwrap().width, 3);
    }
    let cut = with_profile(100 << 20);
    failure(
        from_bytes(name, &cut[..cut.len() - 20]),
        &["p.png: a PNG image that"],
    );
}
