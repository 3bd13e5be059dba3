//! Small files made for the tests, so that a clone alone runs them.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

/// Writes an uncompressed 24-bit BMP whose pixel at `(x, y)` is `colour(x, y)` in RGB.
pub(crate) fn bmp(path: &Path, side: u32, colour: impl Fn(u32, u32) -> [u8; 3]) {
    let row = (3 * side).next_multiple_of(4);
    let size = 54 + row * side;
    let mut bytes = b"BM".to_vec();
    for word in [
        size,
        0,
        54,
        40,
        side,
        side,
        1 | (24 << 16),
        0,
        row * side,
        2835,
        2835,
        0,
        0,
    ] {
        bytes.extend(word.to_le_bytes());
    }
    // The rows stand from the bottom up, the colours as BGR.
    for y in (0..side).rev() {
        let start = bytes.len();
        for x in 0..side {
            let [red, green, blue] = colour(x, y);
            bytes.extend([blue, green, red]);
        }
        bytes.resize(start + row as usize, 0);
    }
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// A folder of `each` pictures a class, of one colour each with a little texture: easily told apart.
pub(crate) fn colours(folder: &Path, classes: &[(&str, [u8; 3])], each: u32, side: u32) {
    for (name, base) in classes {
        for number in 0..each {
            let path = folder.join(name).join(format!("{number:03}.bmp"));
            bmp(&path, side, |x, y| {
                base.map(|value| value.saturating_add(((x * 7 + y * 3 + number * 5) % 40) as u8))
            });
        }
    }
}

/// Three classes that differ in colour.
pub(crate) const RGB: [(&str, [u8; 3]); 3] = [
    ("blue", [0, 0, 200]),
    ("green", [0, 200, 0]),
    ("red", [200, 0, 0]),
];

/// An IDX file of bytes.
pub(crate) fn idx(path: &Path, extents: &[u32], values: &[u8]) {
    let mut bytes = vec![0, 0, 8, extents.len() as u8];
    bytes.extend(extents.iter().flat_map(|extent| extent.to_be_bytes()));
    bytes.extend(values);
    fs::write(path, bytes).unwrap();
}

/// A folder with the four MNIST files: 4x4 pictures, of which the upper or the lower half is white.
pub(crate) fn mnist(folder: &Path, train: u32, test: u32) {
    fs::create_dir_all(folder).unwrap();
    for (name, count) in [("train", train), ("t10k", test)] {
        let pixel = |i: u32| {
            if ((i / 16).is_multiple_of(2)) == (i % 16 < 8) {
                250
            } else {
                (i % 30) as u8
            }
        };
        let pixels: Vec<u8> = (0..16 * count).map(pixel).collect();
        let labels: Vec<u8> = (0..count).map(|i| (i % 2) as u8).collect();
        idx(
            &folder.join(format!("{name}-images-idx3-ubyte")),
            &[count, 4, 4],
            &pixels,
        );
        idx(
            &folder.join(format!("{name}-labels-idx1-ubyte")),
            &[count],
            &labels,
        );
    }
}

/// An npy file of bytes.
pub(crate) fn npy(path: &Path, shape: &str, values: &[u8]) {
    let mut header = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': ({shape}), }}");
    while !(header.len() + 11).is_multiple_of(64) {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(values);
    fs::write(path, bytes).unwrap();
}

/// A model file for grey 2x2 pictures: `flatten -> ` and the layers of `network`, with these tensors.
pub(crate) fn model(
    path: &Path,
    network: &str,
    loss: &str,
    tensors: &[(&str, &[usize], Vec<f32>)],
) {
    let about = json!({
        "format": 1, "notation": 1, "network": format!("flatten -> {network}"), "input": "2x2x1",
        "element": "f32", "loss": loss, "classes": ["no", "yes"],
        "preprocessing": {"height": 2, "width": 2, "channels": 1, "resize": "stretch",
            "divisor": 255.0, "picture_divisor": 255.0, "mean": [], "deviation": []},
        "training": {},
    });
    let mut header = json!({"__metadata__": {"stepnet": about.to_string()}});
    let mut body = Vec::new();
    for (name, shape, values) in tensors {
        let start = body.len();
        body.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        header[*name] =
            json!({"dtype": "F32", "shape": shape, "data_offsets": [start, body.len()]});
    }
    let mut text = header.to_string();
    while !text.len().is_multiple_of(8) {
        text.push(' ');
    }
    let mut bytes = (text.len() as u64).to_le_bytes().to_vec();
    bytes.extend(text.as_bytes());
    bytes.extend(body);
    fs::write(path, bytes).unwrap();
}

/// Puts other classes into a model file of [`model`].
pub(crate) fn with_classes(path: &Path, classes: &[&str]) {
    let bytes = fs::read(path).unwrap();
    let (length, rest) = bytes.split_at(8);
    let end = u64::from_le_bytes(length.try_into().unwrap()) as usize;
    let mut header: Value = serde_json::from_slice(&rest[..end]).unwrap();
    let about = &mut header["__metadata__"]["stepnet"];
    let mut inner: Value = serde_json::from_str(about.as_str().unwrap()).unwrap();
    inner["classes"] = json!(classes);
    *about = inner.to_string().into();
    let mut text = header.to_string();
    while !text.len().is_multiple_of(8) {
        text.push(' ');
    }
    let length = (text.len() as u64).to_le_bytes();
    let whole = [&length[..], text.as_bytes(), &rest[end..]].concat();
    fs::write(path, whole).unwrap();
}

/// The names and numbers of values of a model file's tensors, after checking that the file is whole.
pub(crate) fn tensors(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header: Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    let body = &bytes[8 + length..];
    let entries = header.as_object().unwrap().iter();
    entries
        .filter(|(name, _)| *name != "__metadata__")
        .map(|(name, about)| {
            let at = |end: usize| about["data_offsets"][end].as_u64().unwrap() as usize;
            (name.clone(), body[at(0)..at(1)].to_vec())
        })
        .collect()
}
