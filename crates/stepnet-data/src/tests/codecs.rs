//! WebP and TIFF images, made by Pillow and tifffile: a gradient of 6x9 pixels, whose values the formula tells.

use std::path::Path;

use super::failure;
use crate::images::decode::{Image, from_bytes, header};

macro_rules! file {
    ($name:literal) => {
        (
            $name,
            &include_bytes!(concat!("../../tests/files/", $name))[..],
        )
    };
}

const HEIGHT: usize = 6;
const WIDTH: usize = 9;

/// The red, green and blue of the gradient.
fn pixel(y: usize, x: usize) -> [u8; 3] {
    [20 * x, 30 * y, 10 * (x + y)].map(|value| value as u8)
}

fn decoded((name, bytes): (&str, &[u8])) -> Image {
    let image = from_bytes(Path::new(name), bytes).unwrap();
    let header = header(Path::new(name), bytes).unwrap();
    assert_eq!(
        (header.height, header.width),
        (image.height(), image.width()),
        "{name}"
    );
    image
}

/// The largest difference from the gradient, over the first three channels.
fn furthest(image: &Image) -> u8 {
    let channels = image.channels();
    let pixels = image.values().chunks_exact(channels).enumerate();
    let differences = pixels.flat_map(|(at, values)| {
        let expected = pixel(at / WIDTH, at % WIDTH);
        std::array::from_fn::<u8, 3, _>(|c| values[c.min(channels - 1)].abs_diff(expected[c]))
    });
    differences.max().unwrap()
}

#[test]
fn webp_is_decoded() {
    for file in [
        file!("lossless.webp"),
        file!("animated.webp"),
        file!("alpha.webp"),
    ] {
        let image = decoded(file);
        assert_eq!(
            (image.height(), image.width()),
            (HEIGHT, WIDTH),
            "{}",
            file.0
        );
        assert_eq!(furthest(&image), 0, "{}", file.0);
        assert_eq!(image.is_transparent(), file.0 == "alpha.webp");
    }
    // The colours of a lossy image are stored at half the size.
    let lossy = decoded(file!("lossy.webp"));
    assert_eq!(lossy.channels(), 3);
    assert!(furthest(&lossy) < 40, "{}", furthest(&lossy));
}

#[test]
fn tiff_is_decoded() {
    for file in [
        file!("lzw.tif"),
        file!("deflate.tif"),
        file!("pages.tif"),
        file!("deep.tif"),
        file!("planar.tif"),
        file!("big.tif"),
    ] {
        let image = decoded(file);
        assert_eq!(
            (image.height(), image.width()),
            (HEIGHT, WIDTH),
            "{}",
            file.0
        );
        assert_eq!(furthest(&image), 0, "{}", file.0);
    }
    assert!(furthest(&decoded(file!("jpeg.tif"))) < 48);
    assert!(furthest(&decoded(file!("cmyk.tif"))) <= 1);
    let grey = decoded(file!("grey.tif"));
    assert_eq!(grey.channels(), 1);
    // The weights of Rec. 601, as Pillow has them.
    let [r, g, b] = pixel(5, 8).map(f64::from);
    let luma = (0.299 * r + 0.587 * g + 0.114 * b).round() as u8;
    assert!(grey.values()[5 * WIDTH + 8].abs_diff(luma) <= 1);
    let fax = decoded(file!("fax.tif"));
    let black_and_white: Vec<u8> = (0..HEIGHT * WIDTH).map(|at| 255 * (at % 2) as u8).collect();
    assert_eq!((fax.channels(), fax.values()), (1, &black_and_white[..]));
    let turned = decoded(file!("turned.tif"));
    assert_eq!((turned.height(), turned.width()), (WIDTH, HEIGHT));
    assert!(turned.was_turned());
    // Turned to the right by a quarter: the first column, from below, is the first row.
    assert_eq!(turned.values()[..3], pixel(HEIGHT - 1, 0));
}

#[test]
fn deeper_numbers_are_refused() {
    for (name, bytes) in [file!("float.tif"), file!("int.tif")] {
        let words = ["a TIFF image", "32", "npy"];
        failure(from_bytes(Path::new(name), bytes), &words[..1]);
        failure(header(Path::new(name), bytes), &words[..1]);
    }
    let (name, bytes) = file!("float.tif");
    failure(
        from_bytes(Path::new(name), bytes),
        &["32-bit numbers", "npy"],
    );
}

/// Whatever is cut off or changed, there is an image of the size that the header has or an error.
#[test]
fn damage_is_no_panic() {
    let files = [
        file!("lossless.webp"),
        file!("lossy.webp"),
        file!("alpha.webp"),
        file!("animated.webp"),
        file!("lzw.tif"),
        file!("jpeg.tif"),
        file!("fax.tif"),
        file!("palette.tif"),
        file!("planar.tif"),
        file!("big.tif"),
    ];
    for (name, bytes) in files {
        for end in 0..bytes.len() {
            drop(from_bytes(Path::new(name), &bytes[..end]));
        }
        let mut damaged = bytes.to_vec();
        for at in 0..bytes.len() {
            for flip in [0x01, 0x80, 0xff] {
                damaged[at] ^= flip;
                drop(from_bytes(Path::new(name), &damaged));
                damaged[at] ^= flip;
            }
        }
    }
}

/// Of a file that is cut off no image is made up, not even when most of it is there.
#[test]
fn what_is_cut_off_is_refused() {
    for (name, bytes) in [
        file!("lossless.webp"),
        file!("lossy.webp"),
        file!("lzw.tif"),
    ] {
        for end in [bytes.len() / 2, bytes.len() * 3 / 4, bytes.len() - 3] {
            let words = [name.split('.').next().unwrap()];
            failure(from_bytes(Path::new(name), &bytes[..end]), &words);
        }
    }
}
