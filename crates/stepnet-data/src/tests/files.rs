//! IDX, npy and CSV, from bytes and through `open`.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::failure;
use crate::Result;
use crate::formats::arrays::array::ArrayValues;
use crate::{OpenOptions, Opened, Role, idx, npy, open};

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn write(folder: &TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    path
}

fn plain(path: &Path) -> Result<Opened> {
    open(path, &OpenOptions::default())
}

/// An IDX file of bytes.
fn idx_file(shape: &[u32], values: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, shape.len() as u8];
    shape
        .iter()
        .for_each(|size| bytes.extend(size.to_be_bytes()));
    bytes.extend(values);
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// An npy file with this header and body.
fn npy_file(header: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(body);
    bytes
}

fn npy_header(descr: &str, fortran: &str, shape: &str) -> String {
    format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}")
}

fn npy_of(
    descr: &str,
    shape: &str,
    body: &[u8],
) -> Result<crate::formats::arrays::array::RawArray> {
    npy::from_bytes(
        Path::new("a.npy"),
        &npy_file(&npy_header(descr, "False", shape), body),
    )
}

#[test]
fn idx_types_and_gzip() {
    let bytes = idx_file(&[2, 1, 2], &[1, 2, 3, 4]);
    for bytes in [bytes.clone(), gzip(&bytes)] {
        let array = idx::from_bytes(Path::new("a"), &bytes).unwrap();
        assert_eq!(array.shape, [2, 1, 2]);
        assert_eq!(array.values, ArrayValues::U8(vec![1, 2, 3, 4]));
    }
    let mut bytes = vec![0, 0, 0x0b, 1, 0, 0, 0, 2];
    bytes.extend([0xff, 0xfe, 1, 0]);
    let array = idx::from_bytes(Path::new("a"), &bytes).unwrap();
    assert_eq!(array.values, ArrayValues::I64(vec![-2, 256]));
    let mut bytes = vec![0, 0, 0x0e, 1, 0, 0, 0, 1];
    bytes.extend((-0.1f64).to_be_bytes());
    let array = idx::from_bytes(Path::new("a"), &bytes).unwrap();
    assert_eq!(array.values, ArrayValues::F64(vec![-0.1]));
}

#[test]
fn idx_cut_anywhere_is_an_error() {
    let whole = idx_file(&[3, 2, 2], &[7; 12]);
    let packed = gzip(&whole);
    for bytes in [whole.clone(), packed] {
        for length in 0..bytes.len() {
            let result = idx::from_bytes(Path::new("cut.idx"), &bytes[..length]);
            failure(result, &["cut.idx"]);
        }
    }
    let mut longer = whole;
    longer.push(0);
    failure(
        idx::from_bytes(Path::new("a"), &longer),
        &["3x2x2", "left over after 12"],
    );
    let bomb = gzip(&idx_file(&[60_000, 28, 28], &[0; 4]));
    failure(
        idx::from_bytes(Path::new("a"), &bomb),
        &["60000x28x28", "packed bytes"],
    );
}

#[test]
fn an_idx_folder_has_parts() {
    let folder = folder();
    let images = idx_file(&[4, 2, 2], &[9; 16]);
    let labels = idx_file(&[4], &[0, 1, 2, 1]);
    write(&folder, "train-images.idx3-ubyte", &images);
    failure(
        plain(folder.path()),
        &["train-labels-idx1-ubyte is missing"],
    );
    write(&folder, "train-labels.idx1-ubyte.gz", &gzip(&labels));
    let opened = plain(folder.path()).unwrap();
    assert_eq!((opened.data.len(), opened.test.is_none()), (4, true));
    assert_eq!(opened.data.images().shape(), [2, 2, 1]);

    write(
        &folder,
        "t10k-images-idx3-ubyte.gz",
        &gzip(&idx_file(&[1, 2, 2], &[5; 4])),
    );
    write(&folder, "t10k-labels-idx1-ubyte", &idx_file(&[1], &[3]));
    let opened = plain(folder.path()).unwrap();
    let test = opened.test.unwrap();
    assert_eq!((test.labels(), test.classes().len()), (&[3][..], 4));
    assert!(
        opened
            .notes
            .iter()
            .any(|note| note == "no example of class 3"),
        "{:?}",
        opened.notes
    );
    let options = OpenOptions {
        role: Role::Test,
        ..OpenOptions::default()
    };
    assert_eq!(open(folder.path(), &options).unwrap().data.len(), 1);

    write(
        &folder,
        "train-labels.idx1-ubyte.gz",
        &gzip(&idx_file(&[3], &[0, 1, 2])),
    );
    failure(
        plain(folder.path()),
        &["4 images, but 3 labels", "train-labels"],
    );
}

#[test]
fn test_files_alone_serve_for_evaluation() {
    let folder = folder();
    write(
        &folder,
        "t10k-images-idx3-ubyte",
        &idx_file(&[1, 2, 2], &[5; 4]),
    );
    write(&folder, "t10k-labels-idx1-ubyte", &idx_file(&[1], &[3]));
    failure(plain(folder.path()), &["no training files", "evaluation"]);
    let options = OpenOptions {
        role: Role::Test,
        ..OpenOptions::default()
    };
    assert_eq!(open(folder.path(), &options).unwrap().data.labels(), [3]);
}

#[test]
fn idx_pairs_given_apart() {
    let folder = folder();
    let images = write(&folder, "images.bin", &idx_file(&[2, 2, 2], &[5; 8]));
    failure(plain(&images), &["images.bin", "without its labels"]);
    let options = OpenOptions {
        labels: Some(write(&folder, "answers.bin", &idx_file(&[2], &[1, 0]))),
        ..OpenOptions::default()
    };
    assert_eq!(open(&images, &options).unwrap().data.labels(), [1, 0]);
}

#[test]
fn npy_types_and_orders() {
    assert_eq!(
        npy_of("|b1", "(3,)", &[0, 1, 2]).unwrap().values,
        ArrayValues::U8(vec![0, 1, 1])
    );
    assert_eq!(
        npy_of("<i2", "(1,)", &[0xfe, 0xff]).unwrap().values,
        ArrayValues::I64(vec![-2])
    );
    assert_eq!(
        npy_of(">u4", "(1,)", &[0, 0, 1, 2]).unwrap().values,
        ArrayValues::I64(vec![258])
    );
    let big = npy_of("<u8", "(1,)", &[0xff; 8]).unwrap().values;
    assert_eq!(big, ArrayValues::U64(vec![u64::MAX]));
    assert_eq!(
        npy_of("<f4", "()", &1.5f32.to_le_bytes()).unwrap().shape,
        [0; 0]
    );
    let text = npy_of("|S3", "(2,)", b"ab\0xyz").unwrap().values;
    assert_eq!(text, ArrayValues::Text(vec!["ab".into(), "xyz".into()]));
    let unicode: Vec<u8> = "né"
        .chars()
        .flat_map(|c| u32::from(c).to_be_bytes())
        .collect();
    let text = npy_of(">U2", "(1,)", &unicode).unwrap().values;
    assert_eq!(text, ArrayValues::Text(vec!["né".into()]));
    // Shape (2, 3, 2) in Fortran order: the first index runs fastest.
    let body: Vec<u8> = (0..12).collect();
    let file = npy_file(&npy_header("|u1", "True", "(2, 3, 2)"), &body);
    let array = npy::from_bytes(Path::new("f.npy"), &file).unwrap();
    let expected = vec![0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11];
    assert_eq!(array.values, ArrayValues::U8(expected));
}

#[test]
fn npy_refusals() {
    failure(
        npy_of("|O", "(1,)", &[0; 8]),
        &["a.npy", "Python objects", "nothing is unpickled"],
    );
    failure(
        npy_of("<f2", "(1,)", &[0; 2]),
        &["\"<f2\"", "not supported"],
    );
    failure(npy_of("<c8", "(1,)", &[0; 8]), &["\"<c8\""]);
    failure(npy_of("<f8", "(2,)", &[0; 15]), &["16 bytes", "15 found"]);
    failure(
        npy_of("<f8", "(2,)", &[0; 17]),
        &["16 bytes", "more bytes follow"],
    );
    failure(
        npy_of("<f8", "(0, 18446744073709551615, 9)", &[]),
        &["too large"],
    );
    failure(npy_of("|S0", "(4,)", &[]), &["\"|S0\""]);
    let file = npy_file(&npy_header("<f4", "False", "(1,)"), &[0; 4]);
    for length in 0..file.len() {
        failure(
            npy::from_bytes(Path::new("cut.npy"), &file[..length]),
            &["cut.npy"],
        );
    }
    let mut version = file;
    version[6] = 9;
    failure(
        npy::from_bytes(Path::new("a"), &version),
        &["version 9", "1, 2 or 3"],
    );
}

/// Opens an npy pair; the labels are `<i8`.
fn npy_pair(images: &[u8], labels: &[i64], input: Option<[usize; 3]>) -> Result<Opened> {
    let folder = folder();
    let images = write(&folder, "x.npy", images);
    let body: Vec<u8> = labels
        .iter()
        .flat_map(|label| label.to_le_bytes())
        .collect();
    let header = npy_header("<i8", "False", &format!("({},)", labels.len()));
    let options = OpenOptions {
        labels: Some(write(&folder, "y.npy", &npy_file(&header, &body))),
        input,
        ..OpenOptions::default()
    };
    open(images, &options)
}

fn bytes_of(shape: &str, count: usize) -> Vec<u8> {
    npy_file(&npy_header("|u1", "False", shape), &vec![200; count])
}

#[test]
fn npy_pairs_and_shapes() {
    let opened = npy_pair(&bytes_of("(2, 3, 4)", 24), &[1, 0], None).unwrap();
    assert_eq!(opened.data.images().shape(), [3, 4, 1]);
    assert_eq!((opened.divisor, opened.divisor_is_stated), (255.0, false));
    let shape = |text, count| npy_pair(&bytes_of(text, count), &[1, 0], None);
    assert_eq!(
        shape("(2, 3, 4, 3)", 72).unwrap().data.images().shape(),
        [3, 4, 3]
    );
    assert_eq!(
        shape("(2, 64)", 128).unwrap().data.images().shape(),
        [8, 8, 1]
    );
    assert_eq!(
        shape("(2, 10)", 20).unwrap().data.images().shape(),
        [1, 1, 10]
    );
    failure(
        shape("(2, 3, 32, 32)", 6144),
        &["2x3x32x32", "channels", "first"],
    );
    failure(shape("(2,)", 2), &["x.npy", "shape 2, expected (n, h, w)"]);
    failure(shape("(0, 8, 8)", 0), &["no image"]);
    failure(shape("(2, 0, 8)", 0), &["dimension of 0"]);
    failure(shape("(3, 2, 2)", 12), &["3 images, but 2 labels"]);
    let wanted = |wanted| npy_pair(&bytes_of("(2, 48)", 96), &[1, 0], Some(wanted));
    assert_eq!(wanted([4, 4, 3]).unwrap().data.images().shape(), [4, 4, 3]);
    failure(wanted([4, 4, 4]), &["1x1x48, expected 4x4x4"]);
    failure(
        npy_pair(&bytes_of("(2, 3, 4)", 24), &[1, -1], None),
        &["label 1 is -1", "integer"],
    );
    failure(
        npy_pair(&bytes_of("(2, 3, 4)", 24), &[1, 1 << 40], None),
        &["65535"],
    );
    let folder = folder();
    let path = write(&folder, "x.npy", &bytes_of("(2, 3, 4)", 24));
    failure(plain(&path), &["give the npy file of the labels"]);
}

#[test]
fn numbers_that_are_not_finite_are_named_by_place() {
    let mut values = [0.5f32; 24];
    values[12 + 7] = f32::NAN;
    let body: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    let file = npy_file(&npy_header("<f4", "False", "(2, 2, 3, 2)"), &body);
    let parts = ["image 1, row 1, column 0, channel 1 is NaN"];
    failure(npy_pair(&file, &[0, 1], None), &parts);
}

#[test]
fn the_divisor_follows_the_largest_value() {
    let divisor = |values: &[f64]| {
        let body: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        let shape = format!("({}, 1, 1)", values.len());
        let file = npy_file(&npy_header("<f8", "False", &shape), &body);
        let opened = npy_pair(&file, &vec![0; values.len()], None).unwrap();
        assert!(!opened.divisor_is_stated);
        opened.divisor
    };
    assert_eq!(divisor(&[0.0, 16.0]), 16.0);
    assert_eq!(divisor(&[0.0, 128.0]), 255.0);
    assert_eq!(divisor(&[0.0, 127.0]), 127.0);
    assert_eq!(divisor(&[0.0, 1.0]), 1.0);
    assert_eq!(divisor(&[0.0, 0.0]), 1.0);
    assert_eq!(divisor(&[-0.5, 0.25]), 1.0);
    assert_eq!(divisor(&[-3.5, 0.25]), 3.5);
    assert_eq!(divisor(&[0.0, 4095.0]), 4095.0);
}

#[test]
fn content_decides_and_the_name_explains() {
    let folder = folder();
    let path = write(&folder, "table.png", b"label,a\n1,2\n0,3\n");
    assert_eq!(plain(&path).unwrap().data.len(), 2);
    let path = write(&folder, "data.npz", b"PK is what it begins with\n");
    failure(plain(&path), &["data.npz", "not a zip (npz) archive"]);
    let path = write(&folder, "noise.bin", &[1, 2, 3, 0, 255]);
    failure(
        plain(&path),
        &["noise.bin", "not a data set", "IDX", "or CSV"],
    );
    failure(
        plain(&folder.path().join("absent")),
        &["absent", "cannot open"],
    );
    let mut options = OpenOptions {
        divisor: Some(0.0),
        ..OpenOptions::default()
    };
    failure(open(&path, &options), &["divisor is 0"]);
    options.divisor = None;
    options.input = Some([0, 1, 1]);
    failure(open(&path, &options), &["[0, 1, 1]"]);
}
