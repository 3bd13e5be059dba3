//! JPEGs of other forms than most: components in several scans, rare samplings, colours that markers
//! contradict. The files are made by `tools/data_fixtures.py`.

use std::path::Path;

use super::failure;
use crate::images::decode::{Image, from_bytes, header};

macro_rules! file {
    ($name:literal) => {
        include_bytes!(concat!("../../tests/files/wave-", $name, ".jpg"))
    };
}

fn decoded(bytes: &[u8]) -> Image {
    from_bytes(Path::new("p"), bytes).unwrap_or_else(|error| panic!("{error}"))
}

/// The largest distance of two images' values.
fn apart(a: &Image, b: &Image) -> u8 {
    let pairs = a.values().iter().zip(b.values());
    pairs.map(|(&a, &b)| a.abs_diff(b)).max().unwrap()
}

#[test]
fn components_in_several_scans_are_the_same_image() {
    let cases: [(&[u8], &[u8]); 5] = [
        (file!("420-apart"), file!("420")),
        (file!("420-apart-restart"), file!("420")),
        (file!("420-chroma-together"), file!("420")),
        (file!("444-chroma-apart"), file!("444")),
        (file!("cmyk-apart"), file!("cmyk")),
    ];
    for (at, (bytes, whole)) in cases.into_iter().enumerate() {
        assert_eq!(decoded(bytes), decoded(whole), "case {at}");
        let name = Path::new("p");
        assert_eq!(header(name, bytes).unwrap(), header(name, whole).unwrap());
    }
}

#[test]
fn damage_in_several_scans_is_found() {
    let bytes = file!("420-apart");
    for length in (0..bytes.len()).step_by(7) {
        let cut = &bytes[..length];
        failure(from_bytes(Path::new("p"), cut), &["p"]);
        let closed = [cut, &[0xff, 0xd9]].concat();
        assert!(
            from_bytes(Path::new("p"), &closed).is_err(),
            "{length} bytes pass"
        );
    }
}

#[test]
fn samplings_are_read_rightly_or_refused() {
    // Both are smooth images, so that coarser colours change little.
    let full = decoded(file!("444"));
    for (name, bytes) in [("411", &file!("411")[..]), ("440", file!("440"))] {
        let off = apart(&decoded(bytes), &full);
        assert!(off < 40, "{name}: {off}");
    }
    let words = [
        "p: ",
        "sampling 1x1,2x2,2x2 is not supported",
        "expected the first component",
    ];
    failure(from_bytes(Path::new("p"), file!("coarse-luma")), &words);
    failure(header(Path::new("p"), file!("coarse-luma")), &words);
    let words = ["p: ", "arithmetic coding is not supported", "Huffman"];
    failure(from_bytes(Path::new("p"), file!("arithmetic")), &words);
    let mut twelve = file!("444").to_vec();
    let at = twelve
        .windows(2)
        .position(|pair| pair == [0xff, 0xc0])
        .unwrap();
    twelve[at + 4] = 12;
    failure(
        from_bytes(Path::new("p"), &twelve),
        &["12 bits a value", "8 bits"],
    );
}

/// The file with Adobe's marker, which names a transform, at its beginning or after its JFIF marker.
fn with_adobe(bytes: &[u8], transform: u8, first: bool) -> Vec<u8> {
    let marker = [&b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0"[..], &[transform]].concat();
    let jfif = usize::from(u16::from_be_bytes([bytes[4], bytes[5]])) + 4;
    let at = if first { 2 } else { jfif };
    [&bytes[..at], &marker, &bytes[at..]].concat()
}

#[test]
fn a_jfif_marker_means_ycbcr_whatever_other_markers_say() {
    for (bytes, name) in [
        (&file!("444")[..], "sequential"),
        (file!("444-progressive"), "progressive"),
        (file!("420-apart"), "apart"),
    ] {
        let plain = decoded(bytes);
        for transform in [0, 1, 2] {
            for first in [true, false] {
                let image = decoded(&with_adobe(bytes, transform, first));
                assert_eq!(image, plain, "{name}, transform {transform}");
            }
        }
    }
}
