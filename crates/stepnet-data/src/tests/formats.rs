//! npz and HDF5: names, pairs, class names, damage.

use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::failure;
use crate::Result;
use crate::images::decode::Image;
use crate::{Dataset, OpenOptions, Opened, Role, Values, open};
use stepnet_base::preprocessing::Resize;

const CHUNKED: &[u8] = include_bytes!("../../tests/files/chunked.h5");
const LATEST: &[u8] = include_bytes!("../../tests/files/latest.h5");

fn opened(name: &str, bytes: &[u8], role: Role) -> Result<Opened> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    let options = OpenOptions {
        role,
        ..OpenOptions::default()
    };
    open(path, &options)
}

/// An npy file.
fn npy(descr: &str, shape: &str, body: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(body);
    bytes
}

/// An npz file, deflated.
fn npz(arrays: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, bytes) in arrays {
        writer.start_file(format!("{name}.npy"), options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn images(count: u8) -> Vec<u8> {
    let body: Vec<u8> = (0..count * 6).collect();
    npy("|u1", &format!("({count}, 2, 3)"), &body)
}

fn labels(labels: &[u8]) -> Vec<u8> {
    npy("|u1", &format!("({},)", labels.len()), labels)
}

#[test]
fn npz_names_of_many_makes() {
    let pairs = [
        ("images", "labels"),
        ("x", "y"),
        ("X", "y"),
        ("data", "target"),
        ("x_train", "y_train"),
    ];
    for (x, y) in pairs {
        let file = npz(&[(x, images(2)), (y, labels(&[1, 0]))]);
        let opened = opened("a.npz", &file, Role::Train).unwrap();
        assert_eq!(
            (opened.data.labels(), opened.test.is_none()),
            (&[1, 0][..], true),
            "{x}"
        );
    }
    // The four arrays of the file that Keras calls mnist.npz.
    let keras = [
        ("x_test", images(1)),
        ("x_train", images(3)),
        ("y_train", labels(&[0, 1, 2])),
        ("y_test", labels(&[2])),
    ];
    let both = opened("mnist.npz", &npz(&keras), Role::Train).unwrap();
    assert_eq!(
        (both.data.len(), both.test.unwrap().labels()),
        (3, &[2][..])
    );
    assert_eq!(
        opened("mnist.npz", &npz(&keras), Role::Test)
            .unwrap()
            .data
            .len(),
        1
    );
}

#[test]
fn npz_class_names_and_text_labels() {
    let names = npy("|S3", "(2,)", b"catdog");
    let file = npz(&[
        ("x", images(2)),
        ("y", labels(&[1, 0])),
        ("class_names", names.clone()),
    ]);
    assert_eq!(
        opened("a.npz", &file, Role::Train).unwrap().data.classes(),
        ["cat", "dog"]
    );
    let file = npz(&[("x", images(2)), ("y", npy("|S3", "(2,)", b"dogcat"))]);
    let data = opened("a.npz", &file, Role::Train).unwrap().data;
    assert_eq!(
        (data.classes(), data.labels()),
        (&["cat".into(), "dog".into()][..], &[1, 0][..])
    );
    let file = npz(&[("x", images(2)), ("y", labels(&[1, 2])), ("classes", names)]);
    failure(
        opened("a.npz", &file, Role::Train),
        &["label 1 is 2", "2 classes are named"],
    );
}

#[test]
fn npz_damage_is_an_error() {
    let file = npz(&[("x", images(2)), ("y", labels(&[1, 0]))]);
    for length in 0..file.len() {
        failure(
            opened("cut.npz", &file[..length], Role::Train),
            &["cut.npz"],
        );
    }
    let mut silent = 0;
    for at in 0..file.len() {
        let mut damaged = file.clone();
        damaged[at] ^= 0x10;
        // A flip in a time stamp or the like does no harm; one in the data must not pass.
        if let Ok(opened) = opened("flip.npz", &damaged, Role::Train) {
            silent += 1;
            assert_eq!(
                opened.data.images().values(),
                &Values::U8((0..12).collect()),
                "byte {at}"
            );
        }
    }
    assert!(silent < file.len() / 2, "{silent} of {}", file.len());
    let bomb = npz(&[
        ("x", npy("|u1", "(1000000, 100, 100)", &[0; 100])),
        ("y", labels(&[0])),
    ]);
    failure(
        opened("a.npz", &bomb, Role::Train),
        &["a.npz[x]", "10000000000 bytes"],
    );
    let other = npz(&[("weights", images(1)), ("bias", labels(&[1]))]);
    failure(
        opened("a.npz", &other, Role::Train),
        &["images + labels", "\"bias\", \"weights\""],
    );
}

#[test]
fn arrays_are_resized_as_image_files_are() {
    let body: Vec<u8> = (0..32).map(|v| v * 8).collect();
    let file = npz(&[
        ("x", npy("|u1", "(2, 4, 4)", &body)),
        ("y", labels(&[1, 0])),
    ]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npz");
    fs::write(&path, file).unwrap();
    for wanted in [[2, 2, 1], [4, 4, 3], [3, 5, 3]] {
        let options = OpenOptions {
            input: Some(wanted),
            ..OpenOptions::default()
        };
        let opened = open(&path, &options).unwrap();
        let images = body.chunks_exact(16).map(|values| {
            let image = Image::new(4, 4, 1, values.to_vec()).unwrap();
            image.to_shape(wanted, Resize::Stretch).unwrap()
        });
        let expected: Vec<u8> = images.flatten().collect();
        assert_eq!(opened.data.images().values(), &Values::U8(expected));
        assert!(
            opened.facts[0].contains("2 images brought from 4x4x1"),
            "{:?}",
            opened.facts
        );
    }
    let options = OpenOptions {
        input: Some([4, 4, 2]),
        ..OpenOptions::default()
    };
    failure(open(&path, &options), &["4x4x1, expected 4x4x2"]);
    let options = OpenOptions {
        labels: Some(path.clone()),
        ..OpenOptions::default()
    };
    failure(
        open(&path, &options),
        &[
            "is an npz file",
            "labels from",
            "can only be used with npy or IDX",
        ],
    );
    let options = OpenOptions {
        label_column: Some("kind".into()),
        ..OpenOptions::default()
    };
    failure(
        open(&path, &options),
        &["is an npz file", "label column \"kind\"", "or CSV"],
    );
}

fn classes(data: &Dataset) -> Vec<&str> {
    data.classes().iter().map(String::as_str).collect()
}

#[test]
fn hdf5_chunked_packed_and_with_variable_length_names() {
    let opened = opened("chunked.h5", CHUNKED, Role::Train).unwrap();
    assert_eq!(opened.data.images().shape(), [4, 5, 3]);
    let expected: Vec<u8> = (0..360u32).map(|v| v as u8).collect();
    assert_eq!(opened.data.images().values(), &Values::U8(expected.clone()));
    assert_eq!(opened.data.labels(), [0, 1, 2, 0, 1, 2]);
    assert_eq!(classes(&opened.data), ["red", "grün", "blue"]);
    assert_eq!((opened.divisor, opened.divisor_is_stated), (255.0, true));
    let test = opened.test.unwrap();
    assert_eq!(
        test.images().values(),
        &Values::U8(expected[..120].to_vec())
    );
    assert_eq!(test.labels(), [2, 0]);
}

#[test]
fn hdf5_of_the_latest_format() {
    let opened = opened("latest.h5", LATEST, Role::Train).unwrap();
    assert_eq!(opened.data.images().shape(), [4, 5, 3]);
    let Values::F32(values) = opened.data.images().values() else {
        panic!("f32 expected")
    };
    assert_eq!((values.len(), values[5]), (360, 0.01));
    assert_eq!((opened.divisor, opened.divisor_is_stated), (1.0, false));
}

/// Where the layout of `chunked.h5`'s first packed dataset names its index of chunks, with the index.
fn chunk_index() -> (usize, usize) {
    let find = |part: &[u8]| {
        let found = CHUNKED.windows(part.len()).position(|place| place == part);
        found.unwrap()
    };
    let tree = find(b"TREE\x01");
    (find(&(tree as u64).to_le_bytes()), tree)
}

#[test]
fn hdf5_chunks_that_the_file_cannot_hold_are_an_error() {
    // Behind the index's address stand the extents of a chunk, four bytes each. The reader would
    // go through the rows of each of these chunks, billions of them.
    let (layout, _) = chunk_index();
    let mut bytes = CHUNKED.to_vec();
    bytes[layout + 8..layout + 12].copy_from_slice(&(1u32 << 26).to_le_bytes());
    let words = [
        "damaged.h5",
        "train_set_x",
        "3 chunks of shape 67108864x4x5x3, more",
    ];
    failure(opened("damaged.h5", &bytes, Role::Train), &words);

    // The first record of the index says how long its chunk is as stored.
    let (_, tree) = chunk_index();
    let mut bytes = CHUNKED.to_vec();
    bytes[tree + 24..tree + 28].copy_from_slice(&u32::MAX.to_le_bytes());
    let words = ["damaged.h5", "train_set_x", "more than a file of"];
    failure(opened("damaged.h5", &bytes, Role::Train), &words);
}

#[test]
fn hdf5_index_whose_nodes_share_their_children_is_an_error() {
    // Each of forty nodes names the next one twice: 2^40 ways to the leaf.
    const LEVELS: u8 = 40;
    const KEY: [u8; 48] = [0; 48];
    let (layout, tree) = chunk_index();
    let mut bytes = CHUNKED.to_vec();
    let mut below = tree as u64;
    for level in 1..=LEVELS {
        let here = bytes.len() as u64;
        bytes.extend(b"TREE\x01");
        bytes.extend([level, 2, 0]);
        bytes.extend([0xff; 16]);
        for _ in 0..2 {
            bytes.extend(KEY);
            bytes.extend(below.to_le_bytes());
        }
        bytes.extend(KEY);
        below = here;
    }
    bytes[layout..layout + 8].copy_from_slice(&below.to_le_bytes());
    let words = ["damaged.h5", "train_set_x", "read again and again"];
    failure(opened("damaged.h5", &bytes, Role::Train), &words);
}

#[test]
fn hdf5_cut_anywhere_is_an_error() {
    for whole in [CHUNKED, LATEST] {
        for length in (0..whole.len()).step_by(61) {
            failure(opened("cut.h5", &whole[..length], Role::Train), &["cut.h5"]);
        }
    }
    let name = Path::new("short.h5");
    let result = crate::formats::hdf5::Hdf5::open(name, CHUNKED[..4096].to_vec()).map(|_| ());
    failure(
        result,
        &[
            "short.h5",
            "ends early: 4096 bytes found",
            &CHUNKED.len().to_string(),
        ],
    );
}
