//! Decoding: formats, orientation, transparency, damage.

use std::io::Cursor;
use std::path::Path;

use image::{
    DynamicImage, GrayAlphaImage, GrayImage, ImageBuffer, ImageFormat, RgbImage, Rgba, RgbaImage,
};

use super::failure;
use crate::images::decode::{Image, from_bytes, header, load_for, load_input};
use stepnet_base::preprocessing::{Preprocessing, Resize};

const JPEGS: [(&str, &[u8]); 8] = [
    ("444", include_bytes!("../../tests/files/wave-444.jpg")),
    (
        "444-progressive",
        include_bytes!("../../tests/files/wave-444-progressive.jpg"),
    ),
    ("420", include_bytes!("../../tests/files/wave-420.jpg")),
    (
        "420-progressive",
        include_bytes!("../../tests/files/wave-420-progressive.jpg"),
    ),
    ("grey", include_bytes!("../../tests/files/wave-grey.jpg")),
    (
        "grey-progressive",
        include_bytes!("../../tests/files/wave-grey-progressive.jpg"),
    ),
    (
        "420-restart",
        include_bytes!("../../tests/files/wave-420-restart.jpg"),
    ),
    ("cmyk", include_bytes!("../../tests/files/wave-cmyk.jpg")),
];

fn decoded(bytes: &[u8]) -> Image {
    from_bytes(Path::new("p"), bytes).unwrap_or_else(|error| panic!("{error}"))
}

fn encoded(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    image.into().write_to(&mut out, format).unwrap();
    out.into_inner()
}

/// The formula of `tools/data_fixtures.py`.
fn wave(y: usize, x: usize) -> [f64; 3] {
    let (y, x) = (y as f64, x as f64);
    let blue = 128.0 + 60.0 * ((x + y) / 11.0).sin();
    [
        128.0 + 100.0 * (x / 9.0).sin(),
        128.0 + 100.0 * (y / 7.0).cos(),
        blue,
    ]
}

#[test]
fn jpegs_show_the_image_they_were_made_of() {
    for (name, bytes) in JPEGS {
        let image = decoded(bytes);
        assert_eq!((image.height(), image.width()), (37, 45), "{name}");
        let grey = name.starts_with("grey");
        assert_eq!(image.channels(), if grey { 1 } else { 3 }, "{name}");
        let rgb = image.to_shape([37, 45, 3], Resize::Stretch).unwrap();
        let mut off = 0.0f64;
        for (at, pixel) in rgb.chunks_exact(3).enumerate() {
            let [r, g, b] = wave(at / 45, at % 45);
            let luma = 0.299 * r + 0.587 * g + 0.114 * b;
            let expected = if grey { [luma; 3] } else { [r, g, b] };
            for (&got, wanted) in pixel.iter().zip(expected) {
                off = off.max((f64::from(got) - wanted).abs());
            }
        }
        assert!(off < 26.0, "{name}: {off}");
        let seen = header(Path::new("p"), bytes).unwrap();
        assert_eq!(
            (seen.height, seen.width, seen.grey),
            (37, 45, grey),
            "{name}"
        );
    }
    // The same coefficients in another order are the same image.
    for at in [0, 2, 4] {
        assert_eq!(
            decoded(JPEGS[at].1),
            decoded(JPEGS[at + 1].1),
            "{}",
            JPEGS[at].0
        );
    }
    assert_eq!(decoded(JPEGS[2].1), decoded(JPEGS[6].1), "restart markers");
}

#[test]
fn a_jpeg_cut_anywhere_is_an_error() {
    for (name, bytes) in JPEGS {
        for length in 0..bytes.len() {
            let cut = &bytes[..length];
            assert!(
                from_bytes(Path::new("p"), cut).is_err(),
                "{name}: {length} bytes pass"
            );
            let closed = [cut, &[0xff, 0xd9]].concat();
            let whole = length + 2 >= bytes.len();
            let result = from_bytes(Path::new("p"), &closed);
            assert!(
                whole || result.is_err(),
                "{name}: {length} bytes and an end marker pass"
            );
        }
    }
}

#[test]
fn a_jpeg_must_end_its_data_at_its_markers() {
    for (name, bytes) in JPEGS {
        let end = bytes.len() - 2;
        let surplus = [&bytes[..end], &[0x55], &bytes[end..]].concat();
        failure(from_bytes(Path::new(name), &surplus), &[name, "left over"]);
    }
    let restart = JPEGS[6].1;
    let marker = restart
        .windows(2)
        .position(|pair| pair == [0xff, 0xd1])
        .unwrap();
    let mut other = restart.to_vec();
    other[marker + 1] = 0xd2;
    failure(
        from_bytes(Path::new("p"), &other),
        &["expected restart marker 1"],
    );
    // Without the interval between two markers.
    let next = restart
        .windows(2)
        .position(|pair| pair == [0xff, 0xd2])
        .unwrap();
    let missing = [&restart[..marker], &restart[next..]].concat();
    failure(
        from_bytes(Path::new("p"), &missing),
        &["expected restart marker 1"],
    );
    let none = [&restart[..marker], &restart[marker + 2..]].concat();
    failure(from_bytes(Path::new("p"), &none), &["left over"]);
}

#[test]
fn a_progressive_jpeg_needs_all_its_scans() {
    let bytes = JPEGS[3].1;
    let scans: Vec<usize> = (0..bytes.len() - 1)
        .filter(|&at| bytes[at..at + 2] == [0xff, 0xda])
        .collect();
    assert!(scans.len() > 5);
    // Between scans stand Huffman tables: the file is cut where the last scan's begins.
    let tables = bytes
        .windows(2)
        .rposition(|pair| pair == [0xff, 0xc4])
        .unwrap();
    let closed = [&bytes[..tables], &[0xff, 0xd9]].concat();
    failure(from_bytes(Path::new("p"), &closed), &["scans are missing"]);
}

#[test]
fn other_images_cut_or_damaged_are_errors() {
    let rgb = RgbImage::from_fn(9, 7, |x, y| {
        image::Rgb([(x * 20) as u8, (y * 30) as u8, 77])
    });
    for format in [ImageFormat::Png, ImageFormat::Gif, ImageFormat::Bmp] {
        let bytes = encoded(rgb.clone(), format);
        assert_eq!((decoded(&bytes).height(), decoded(&bytes).width()), (7, 9));
        // The last bytes of a PNG and a GIF only say that nothing more comes.
        let spare = match format {
            ImageFormat::Png => 12,
            ImageFormat::Gif => 4,
            _ => 0,
        };
        for length in 0..bytes.len() {
            match from_bytes(Path::new("p"), &bytes[..length]) {
                Err(_) => {}
                Ok(_) if length < bytes.len() - spare => panic!("{format:?}: {length} bytes pass"),
                Ok(image) => assert_eq!(image, decoded(&bytes), "{format:?}: {length} bytes"),
            }
        }
    }
    let png = encoded(rgb, ImageFormat::Png);
    for at in 8..png.len() - 12 {
        let mut damaged = png.clone();
        damaged[at] ^= 1;
        assert!(
            from_bytes(Path::new("p"), &damaged).is_err(),
            "a change in byte {at} passes"
        );
    }
}

/// A JPEG with an EXIF segment that states an orientation.
fn with_orientation(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
    let length = (exif.len() as u16 + 2).to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, &exif, &jpeg[2..]].concat()
}

#[test]
fn all_eight_orientations_are_turned_upright() {
    let plain = decoded(JPEGS[0].1);
    let (height, width) = (plain.height(), plain.width());
    for orientation in 1..=8u8 {
        let bytes = with_orientation(JPEGS[0].1, orientation);
        let image = decoded(&bytes);
        let swapped = orientation >= 5;
        let size = if swapped {
            (width, height)
        } else {
            (height, width)
        };
        assert_eq!((image.height(), image.width()), size, "{orientation}");
        assert_eq!(image.was_turned(), orientation != 1);
        let seen = header(Path::new("p"), &bytes).unwrap();
        assert_eq!((seen.height, seen.width), size, "{orientation}");
        for (y, x) in [(0, 0), (3, 5), (size.0 - 1, 1)] {
            // EXIF 2.3, table of Orientation: where row 0 and column 0 of the stored image are.
            let (sy, sx) = match orientation {
                1 => (y, x),
                2 => (y, width - 1 - x),
                3 => (height - 1 - y, width - 1 - x),
                4 => (height - 1 - y, x),
                5 => (x, y),
                6 => (height - 1 - x, y),
                7 => (height - 1 - x, width - 1 - y),
                _ => (x, width - 1 - y),
            };
            let pixel =
                |p: &Image, y: usize, x: usize| p.values()[(y * p.width() + x) * 3..][..3].to_vec();
            assert_eq!(
                pixel(&image, y, x),
                pixel(&plain, sy, sx),
                "{orientation} ({y}, {x})"
            );
        }
    }
}

#[test]
fn transparency_is_blended_over_white() {
    let rgba = RgbaImage::from_raw(2, 1, vec![0, 100, 200, 128, 9, 9, 9, 0]).unwrap();
    let image = decoded(&encoded(rgba, ImageFormat::Png));
    assert!(image.is_transparent());
    let expected = [127, 177, 227, 255, 255, 255];
    assert_eq!(
        image.to_shape([1, 2, 3], Resize::Stretch).unwrap(),
        expected
    );
    // Grey by BT.601 of the blended values: 0.299 127 + 0.587 177 + 0.114 227 = 167.75.
    assert_eq!(
        image.to_shape([1, 2, 1], Resize::Stretch).unwrap(),
        [168, 255]
    );
    let grey = GrayAlphaImage::from_raw(1, 1, vec![55, 51]).unwrap();
    let image = decoded(&encoded(grey, ImageFormat::Png));
    assert_eq!(
        image.to_shape([1, 1, 3], Resize::Stretch).unwrap(),
        [215; 3]
    );
}

#[test]
fn grey_has_the_weights_of_bt_601() {
    // Values for which a thousandth more or less in a weight would round to another grey.
    let rgb = vec![82, 0, 0, 0, 23, 0, 0, 0, 250, 255, 255, 255];
    let image = Image::new(1, 4, 3, rgb).unwrap();
    assert_eq!(
        image.to_shape([1, 4, 1], Resize::Stretch).unwrap(),
        [25, 14, 29, 255]
    );
}

#[test]
fn sixteen_bits_are_rounded_to_eight() {
    let mut deep = ImageBuffer::<Rgba<u16>, Vec<u16>>::new(1, 1);
    deep.put_pixel(0, 0, Rgba([65_535, 128, 129, 65_535]));
    let image = decoded(&encoded(deep, ImageFormat::Png));
    assert_eq!(
        (image.channels(), image.values()),
        (4, &[255, 0, 1, 255][..])
    );
}

#[test]
fn sizes_are_checked_before_memory_is_taken() {
    let mut bmp = encoded(GrayImage::new(4, 4), ImageFormat::Bmp);
    bmp[18..22].copy_from_slice(&40_000i32.to_le_bytes());
    bmp[22..26].copy_from_slice(&40_000i32.to_le_bytes());
    failure(
        from_bytes(Path::new("p.bmp"), &bmp),
        &["p.bmp", "40000x40000", "limit of 100000000"],
    );
    bmp[18..22].copy_from_slice(&9_000i32.to_le_bytes());
    bmp[22..26].copy_from_slice(&9_000i32.to_le_bytes());
    failure(
        from_bytes(Path::new("p.bmp"), &bmp),
        &["9000x9000", "bytes can hold"],
    );
    let mut jpeg = JPEGS[0].1.to_vec();
    let frame = jpeg
        .windows(2)
        .position(|pair| pair == [0xff, 0xc0])
        .unwrap();
    jpeg[frame + 5..frame + 9].fill(0xff);
    failure(
        from_bytes(Path::new("p.jpg"), &jpeg),
        &["65535x65535", "limit"],
    );
    let mut gif = encoded(RgbImage::new(4, 4), ImageFormat::Gif);
    gif[6..10].fill(0xff);
    failure(
        from_bytes(Path::new("p.gif"), &gif),
        &["65535x65535", "limit"],
    );
}

#[test]
fn prediction_repeats_the_preprocessing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.jpg");
    std::fs::write(&path, JPEGS[2].1).unwrap();
    let mut preprocessing = Preprocessing::scaled(8, 9, 1, 255.0);
    preprocessing.resize = Resize::Crop;
    preprocessing.mean = vec![0.5];
    let raw = load_for(&path, &preprocessing).unwrap();
    assert_eq!(
        raw,
        decoded(JPEGS[2].1)
            .to_shape([8, 9, 1], Resize::Crop)
            .unwrap()
    );
    let input = load_input::<f32>(&path, &preprocessing).unwrap();
    let expected: Vec<f32> = raw
        .iter()
        .map(|&v| preprocessing.value(f32::from(v), 0))
        .collect();
    assert_eq!(input, expected);
    // Digits run to 16: an image's 255 stands for the same brightness.
    let sixteenths = preprocessing.clone().divisor(16.0);
    assert_eq!(load_input::<f32>(&path, &sixteenths).unwrap(), expected);
    let flat = Preprocessing::scaled(1, 1, 64, 255.0);
    failure(load_for(&path, &flat), &["1x1x64", "1 or 3 channels"]);
}

#[test]
fn what_is_no_image_is_told() {
    failure(
        from_bytes(Path::new("a.png"), b"hello"),
        &["a.png", "not an image but text"],
    );
    failure(from_bytes(Path::new("a.png"), b""), &["a.png", "empty"]);
    failure(
        from_bytes(Path::new("a.png"), b"\x93NUMPY\x01\0"),
        &["a numpy array"],
    );
    failure(
        Image::new(2, 2, 3, vec![0; 11]).map(drop),
        &["2x2x3 with 11 values"],
    );
}
