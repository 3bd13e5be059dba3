//! Every broken or awkward file of the shared collection, answered as its `expected.json` says.
#![cfg(all(feature = "files", feature = "pictures"))]

use std::path::{Path, PathBuf};

use stepnet::data::array::ArrayValues;
use stepnet::data::{OpenOptions, image_files, npy, open};

/// The files that belong to the reader of models.
const MODELS: &str = ".safetensors";

fn folder() -> Option<PathBuf> {
    let path = Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../shared/data/bad-inputs"
    ));
    if path.is_dir() {
        return Some(path.to_path_buf());
    }
    eprintln!("skipped: the shared collection of broken files is not there");
    None
}

/// Opens a file as a picture or a data set, as `predict` and `train` do.
fn answer(path: &Path) -> Result<(), String> {
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .expect("a name");
    let picture = [".png", ".jpg", ".gif"]
        .iter()
        .any(|end| name.ends_with(end));
    let result = if picture {
        image_files::decode(path).map(drop)
    } else if name.ends_with(".npy") {
        npy::read(path).map(drop)
    } else {
        open(path, &OpenOptions::default()).map(drop)
    };
    result.map_err(|error| error.to_string())
}

/// The texts that each error must contain in addition to the file's name.
const SAYS: [(&str, &[&str]); 25] = [
    ("truncated.png", &["PNG", "ends early"]),
    ("bad-crc.png", &["PNG", "CRC"]),
    ("truncated.jpg", &["JPEG", "ends early"]),
    ("truncated-header.jpg", &["JPEG", "ends early"]),
    ("zero-byte.jpg", &["empty"]),
    ("text-renamed.png", &["not an image", "text"]),
    ("huge-declared.png", &["60000x60000", "3600000000", "limit"]),
    (
        "idx-wrong-magic-images-idx3-ubyte",
        &["not an IDX file", "type code 0x0a"],
    ),
    (
        "idx-labels-as-images-idx3-ubyte",
        &["1 dimension found", "3 expected"],
    ),
    (
        "idx-short-images-idx3-ubyte",
        &["100x28x28", "78400 bytes expected", "8140 found"],
    ),
    (
        "idx-dims-overflow-images-idx3-ubyte",
        &["4294967295x4294967295x4294967295", "too large"],
    ),
    (
        "idx-dims-wrap-to-zero-images-idx3-ubyte",
        &["2147483648x2147483648x4", "too large"],
    ),
    (
        "count-mismatch-images-idx3-ubyte",
        &["10 images, but 9 labels", "count-mismatch-labels"],
    ),
    (
        "count-mismatch-labels-idx1-ubyte",
        &["1 dimension found, 3 expected"],
    ),
    (
        "idx-truncated-images-idx3-ubyte.gz",
        &["compressed stream ends early"],
    ),
    ("idx-bad-crc-images-idx3-ubyte.gz", &["checksum"]),
    ("not-a-zip.npz", &["not a zip (npz) archive"]),
    ("truncated.npz", &["zip", "ends early"]),
    (
        "object-dtype.npy",
        &["Python objects are not supported", "|O"],
    ),
    (
        "shape-overflow.npy",
        &["4294967296x4294967296x1", "too large"],
    ),
    (
        "short-body.npy",
        &["1000x28x28", "3136000 bytes", "64 found"],
    ),
    ("truncated.h5", &["ends early", "25623", "51246"]),
    (
        "no-expected-keys.h5",
        &["train_set_x + train_set_y", "\"notes\", \"temperature\""],
    ),
    (
        "missing-field.csv",
        &["line 7", "64 fields found", "65 expected"],
    ),
    (
        "not-a-number.csv",
        &["line 5", "field 22", "(p20)", "\"n/a\""],
    ),
];

#[test]
fn every_file_is_answered_as_expected() {
    let Some(folder) = folder() else { return };
    let text = std::fs::read_to_string(folder.join("expected.json")).expect("expected.json");
    let cases: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let mut seen = 0;
    for case in cases.as_array().expect("a list") {
        let name = case["file"].as_str().expect("a name");
        if name.ends_with(MODELS) {
            continue;
        }
        seen += 1;
        let answer = answer(&folder.join(name));
        match case["expect"].as_str().expect("a word") {
            "error" | "error-as-pair" => {
                let error = answer.expect_err(name);
                assert!(error.contains(name), "{name}: {error}");
                assert!(!error.contains('\n'), "{name}: {error}");
                let says = SAYS.iter().find(|(file, _)| *file == name);
                let (_, parts) = says.unwrap_or_else(|| panic!("{name} is not in the table"));
                for part in *parts {
                    assert!(error.contains(part), "{name}: {part:?} is not in: {error}");
                }
            }
            "read" | "either" => {
                answer.unwrap_or_else(|error| panic!("{error}"));
                assert!(
                    check_values(&folder, name, &case["values"]),
                    "{name} has no check"
                );
            }
            other => panic!("{name}: unknown expectation {other}"),
        }
    }
    assert!(seen >= 31, "{seen} files only");
}

/// Compares a file that reads with its stated values; false if there is no comparison for it.
fn check_values(folder: &Path, name: &str, values: &serde_json::Value) -> bool {
    let path = folder.join(name);
    if name.ends_with(".npy") {
        let array = npy::read(&path).expect(name);
        assert_eq!(serde_json::json!(array.shape), values["shape"], "{name}");
        let rows = values["values"].as_array().expect("rows");
        let expected = rows.iter().flat_map(|row| row.as_array().expect("a row"));
        let expected: Vec<f64> = expected.map(|v| v.as_f64().expect("a number")).collect();
        assert_eq!(array.values.to_f64().expect("numbers"), expected, "{name}");
        let double = matches!(array.values, ArrayValues::F64(_));
        assert_eq!(double, name.contains("f8"), "{name}");
        return true;
    }
    let picture = image_files::decode(&path).expect(name);
    let size = serde_json::json!([picture.width(), picture.height()]);
    assert_eq!(size, values["size"], "{name}");
    let channels = picture.channels();
    let at =
        |x: usize, y: usize| &picture.values()[(y * picture.width() + x) * channels..][..channels];
    match name {
        "gray16.png" => {
            // Pixel i is 64 i of 65535, so round(64 i / 257) of 255.
            let expected = (0..1024u32)
                .map(|i| ((64 * i + 128) / 257) as u8)
                .collect::<Vec<_>>();
            assert_eq!((channels, picture.values()), (1, &expected[..]));
            assert_eq!(values["last"], 65_472);
        }
        "cmyk.jpg" => each_pixel(&values["rgb_at_xy"], |x, y, expected| {
            let near = at(x, y)
                .iter()
                .zip(expected)
                .all(|(&a, &b)| a.abs_diff(b) <= 8);
            assert!(near, "({x}, {y}): {:?} is not near {expected:?}", at(x, y));
        }),
        "palette-alpha.png" => {
            each_pixel(&values["rgba_at_xy"], |x, y, expected| {
                assert_eq!(at(x, y), expected)
            });
            let rgb = picture
                .to_shape([16, 16, 3], Default::default())
                .expect("RGB");
            let over_white = |x: usize, y: usize| rgb[(y * 16 + x) * 3..][..3].to_vec();
            assert_eq!(over_white(12, 2), [127, 255, 127]);
            assert_eq!(over_white(2, 12), [255, 255, 255]);
        }
        "animated.gif" => {
            let rgb = picture
                .to_shape([16, 16, 3], Default::default())
                .expect("RGB");
            assert!(rgb.chunks_exact(3).all(|pixel| pixel == [255, 0, 0]));
        }
        _ => return false,
    }
    true
}

/// Calls `check` for each `"x,y": [..]` of a table.
fn each_pixel(table: &serde_json::Value, mut check: impl FnMut(usize, usize, &[u8])) {
    for (place, expected) in table.as_object().expect("a table") {
        let (x, y) = place.split_once(',').expect("x,y");
        let expected = expected.as_array().expect("values");
        let expected: Vec<u8> = expected
            .iter()
            .map(|v| v.as_u64().expect("a byte") as u8)
            .collect();
        check(x.parse().expect("x"), y.parse().expect("y"), &expected);
    }
}

/// The pictures and arrays of the collection through the door that `train` uses.
#[test]
fn opening_them_as_data_sets_fails_clearly() {
    let Some(folder) = folder() else { return };
    for entry in std::fs::read_dir(&folder).expect("the folder") {
        let path = entry.expect("an entry").path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .expect("a name")
            .to_owned();
        let error = open(&path, &OpenOptions::default())
            .expect_err(&name)
            .to_string();
        assert!(
            error.contains(&name) && !error.contains('\n'),
            "{name}: {error}"
        );
    }
}
