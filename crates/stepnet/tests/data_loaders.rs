//! The shared data sets against their stated counts, labels and sums of pixels.
#![cfg(all(feature = "files", feature = "pictures"))]

use std::path::{Path, PathBuf};

use stepnet::data::{Dataset, OpenOptions, Opened, Role, Values, digits, open};

fn shared(name: &str) -> Option<PathBuf> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data"));
    let path = folder.join(name);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: the shared data set {name} is not there");
    None
}

fn opened(path: &Path, role: Role) -> Opened {
    let options = OpenOptions::default().role(role);
    open(path, &options).unwrap_or_else(|error| panic!("{error}"))
}

fn check(set: &Dataset, shape: [usize; 3], first: &[u32], counts: &[usize], sum: u64) {
    assert_eq!(set.images().shape(), shape);
    assert_eq!(&set.labels()[..first.len()], first);
    assert_eq!(set.class_counts(), counts);
    let Values::U8(values) = set.images().values() else {
        panic!("bytes expected")
    };
    assert_eq!(values.iter().map(|&v| u64::from(v)).sum::<u64>(), sum);
}

const DIGIT_COUNTS: [usize; 10] = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180];

#[test]
fn the_embedded_digits_are_whole() {
    check(
        &digits(),
        [8, 8, 1],
        &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        &DIGIT_COUNTS,
        561_718,
    );
}

#[test]
fn digits_as_npz_are_the_embedded_ones() {
    let Some(path) = shared("digits/digits.npz") else {
        return;
    };
    let opened = opened(&path, Role::Train);
    assert_eq!(opened.data, digits());
    assert_eq!((opened.divisor, opened.divisor_is_stated), (16.0, false));
}

#[test]
fn mnist() {
    let Some(path) = shared("mnist") else { return };
    let opened = opened(&path, Role::Train);
    let counts = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949];
    check(
        &opened.data,
        [28, 28, 1],
        &[5, 0, 4, 1, 9, 2, 1, 3, 1, 4],
        &counts,
        1_567_298_545,
    );
    let counts = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009];
    let test = opened.test.expect("a test part");
    check(
        &test,
        [28, 28, 1],
        &[7, 2, 1, 0, 4, 1, 4, 9, 5, 9],
        &counts,
        264_923_200,
    );
    assert_eq!((opened.divisor, opened.divisor_is_stated), (255.0, true));
    let alone = self::opened(&path, Role::Test);
    assert_eq!(alone.data, test);
    assert!(alone.test.is_none());
    let file = self::opened(&path.join("t10k-images-idx3-ubyte.gz"), Role::Train);
    assert_eq!(file.data, test);
}

#[test]
fn cats_in_both_forms() {
    let Some(folder) = shared("catvnoncat") else {
        return;
    };
    let train = opened(&folder.join("train_catvnoncat.h5"), Role::Train).data;
    check(
        &train,
        [64, 64, 3],
        &[0, 0, 1, 0, 0, 0, 0, 1, 0, 0],
        &[137, 72],
        264_542_077,
    );
    assert_eq!(train.classes(), ["non-cat", "cat"]);
    let test = opened(&folder.join("test_catvnoncat.h5"), Role::Test).data;
    check(
        &test,
        [64, 64, 3],
        &[1, 1, 1, 1, 1, 0, 1, 1, 1, 1],
        &[17, 33],
        65_969_547,
    );

    let other = opened(
        &folder.join("column-labels/train_catvnoncat.h5"),
        Role::Train,
    )
    .data;
    assert_eq!(other.classes(), ["0", "1"]);
    assert_eq!(
        (other.images(), other.labels()),
        (train.images(), train.labels())
    );
    let column_test = opened(&folder.join("column-labels/test_catvnoncat.h5"), Role::Test).data;
    assert_eq!(column_test, test);
    // Unnamed classes take the other side's names, or give way to them.
    assert_eq!(
        column_test
            .with_classes(other.classes())
            .expect("classes")
            .labels(),
        test.labels()
    );
    assert_eq!(other.with_classes(train.classes()).expect("classes"), train);
}

#[test]
fn signs() {
    let Some(path) = shared("signs/test_signs.h5") else {
        return;
    };
    let opened = opened(&path, Role::Train);
    assert_eq!(opened.data.classes(), ["0", "1", "2", "3", "4", "5"]);
    check(
        &opened.data,
        [64, 64, 3],
        &[0, 0, 0, 5, 1, 0, 3, 1, 5, 1],
        &[20; 6],
        268_289_681,
    );
    assert_eq!(opened.divisor, 255.0);
}

#[test]
fn folder_of_pictures() {
    let Some(path) = shared("folder-sample") else {
        return;
    };
    let opened = opened(&path, Role::Train);
    assert_eq!(opened.data.classes(), ["cat", "frog", "truck"]);
    assert_eq!(opened.data.images().shape(), [32, 32, 3]);
    assert_eq!(opened.data.class_counts(), [60; 3]);
    assert_eq!(
        opened.test.as_ref().expect("a test part").class_counts(),
        [20; 3]
    );
    assert!(opened.notes.is_empty(), "{:?}", opened.notes);
    // CIFAR-10's mean by channel is 0.4913 0.4821 0.4465; 180 pictures of it are near.
    let Values::U8(values) = opened.data.images().values() else {
        panic!("bytes expected")
    };
    let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / values.len() as f64 / 255.0;
    assert!((mean - 0.47).abs() < 0.05, "{mean}");
    // One class folder's parent is not a data set with parts: its folders are the classes.
    let part = self::opened(&path.join("test"), Role::Train);
    assert_eq!(Some(part.data), opened.test);
}
