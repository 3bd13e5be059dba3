//! CIFAR's binary form.

use std::fs;
use std::path::Path;

use super::archives::{archive, pack, written};
use super::failure;
use crate::{OpenOptions, Role, Values, holds_images, open};

/// Records with these labels; pixel `p` of record `r` is `r + p` in red, `r + 100` in green, `7` in blue.
fn records(labels: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (r, labels) in labels.iter().enumerate() {
        bytes.extend_from_slice(labels);
        bytes.extend((0..1024).map(|p| (r + p) as u8));
        bytes.extend([r as u8 + 100; 1024]);
        bytes.extend([7; 1024]);
    }
    bytes
}

fn write(folder: &Path, name: &str, bytes: &[u8]) {
    fs::write(folder.join(name), bytes).unwrap();
}

const NAMES: &str = "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n";

#[test]
fn a_folder_of_cifar_10_has_its_parts_and_names() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "data_batch_2.bin", &records(&[&[9]]));
    write(folder.path(), "data_batch_1.bin", &records(&[&[3], &[0]]));
    write(folder.path(), "test_batch.bin", &records(&[&[1]]));
    write(folder.path(), "batches.meta.txt", NAMES.as_bytes());
    write(folder.path(), "readme.html", b"<html>");
    let opened = open(folder.path(), &OpenOptions::default()).unwrap();
    assert_eq!(opened.data.labels(), [3, 0, 9]);
    assert_eq!(opened.data.classes()[3], "cat");
    assert_eq!(opened.data.images().shape(), [32, 32, 3]);
    let Values::U8(values) = opened.data.images().values() else {
        panic!("bytes expected")
    };
    assert_eq!(values[..6], [0, 100, 7, 1, 100, 7]);
    assert_eq!(values[3072 + 3 * 40..][..3], [41, 101, 7]);
    assert_eq!(opened.divisor, 255.0);
    assert_eq!(opened.test.unwrap().labels(), [1]);
    assert!(holds_images(folder.path()));
    let options = OpenOptions {
        role: Role::Test,
        input: Some([8, 8, 1]),
        ..OpenOptions::default()
    };
    let test = open(folder.path(), &options).unwrap().data;
    assert_eq!(
        (test.labels(), test.images().shape()),
        (&[1][..], [8, 8, 1])
    );
}

#[test]
fn a_single_file_is_recognised_by_its_content() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("anything");
    for labels in [[0_u8, 9], [9, 0]] {
        fs::write(&path, records(&[&labels[..1], &labels[1..]])).unwrap();
        let opened = open(&path, &OpenOptions::default()).unwrap();
        assert_eq!(opened.data.labels(), labels.map(u32::from));
        assert_eq!(opened.data.classes()[9], "9");
        assert!(holds_images(&path));
    }
    // An image that begins like text, and one that begins like an IDX file.
    let mut text = records(&[&[9]]);
    text[1..].fill(b'x');
    let mut idx = records(&[&[0]]);
    idx[1..8].copy_from_slice(&[0, 8, 3, 0, 0, 0, 9]);
    for bytes in [text, idx] {
        fs::write(&path, bytes).unwrap();
        assert_eq!(open(&path, &OpenOptions::default()).unwrap().data.len(), 1);
    }
}

#[test]
fn cifar_100_has_two_labels() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "train.bin", &records(&[&[19, 99], &[4, 0]]));
    write(folder.path(), "test.bin", &records(&[&[0, 1]]));
    let names: Vec<String> = (0..20).map(|i| format!("kind {i}")).collect();
    write(
        folder.path(),
        "coarse_label_names.txt",
        names.join("\n").as_bytes(),
    );
    let with = |column: Option<&str>, path: &Path| {
        let options = OpenOptions {
            label_column: column.map(str::to_owned),
            ..OpenOptions::default()
        };
        open(path, &options)
    };
    let fine = with(None, folder.path()).unwrap();
    assert_eq!(fine.data.labels(), [99, 0]);
    assert_eq!(fine.data.classes().len(), 100);
    let coarse = with(Some("coarse"), folder.path()).unwrap();
    assert_eq!(
        (coarse.data.labels(), coarse.data.classes().len()),
        (&[19, 4][..], 20)
    );
    assert_eq!(coarse.data.classes()[19], "kind 19");
    let file = folder.path().join("train.bin");
    assert_eq!(with(Some("fine"), &file).unwrap().data.labels(), [99, 0]);
    failure(
        with(Some("middle"), &file),
        &["train.bin", "coarse and fine", "middle"],
    );
}

#[test]
fn what_is_no_cifar_is_told_with_the_place() {
    let folder = tempfile::tempdir().unwrap();
    let plain = || open(folder.path(), &OpenOptions::default());
    write(folder.path(), "data_batch_1.bin", &records(&[&[1], &[10]]));
    failure(
        plain(),
        &[
            "data_batch_1.bin",
            "label of record 1 is 10",
            "less than 10",
        ],
    );
    write(folder.path(), "data_batch_1.bin", &records(&[&[1]])[1..]);
    failure(plain(), &["3072 bytes", "3073", "3074"]);
    write(folder.path(), "data_batch_1.bin", &records(&[&[1]]));
    write(folder.path(), "test_batch.bin", &records(&[&[1, 1]]));
    failure(plain(), &["test_batch.bin", "CIFAR-100", "CIFAR-10 lie"]);
    fs::remove_file(folder.path().join("test_batch.bin")).unwrap();
    write(folder.path(), "batches.meta.txt", b"one\ntwo\n");
    failure(
        plain(),
        &["batches.meta.txt", "2 names (one, two)", "expected 10"],
    );
    fs::remove_file(folder.path().join("data_batch_1.bin")).unwrap();
    write(folder.path(), "test_batch.bin", &records(&[&[1]]));
    failure(plain(), &["data_batch_1.bin or train.bin"]);
}

#[test]
fn an_archive_of_the_files_is_what_their_folder_is() {
    let files = |folder: &str| {
        [
            ("data_batch_2.bin", records(&[&[9]])),
            ("batches.meta.txt", NAMES.into()),
            ("readme.html", b"<html>".to_vec()),
            ("data_batch_1.bin", records(&[&[3], &[0]])),
            ("test_batch.bin", records(&[&[1]])),
        ]
        .map(|(name, bytes)| (format!("{folder}{name}"), bytes))
    };
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files("") {
        write(folder.path(), &name, &bytes);
    }
    let expected = open(folder.path(), &OpenOptions::default()).unwrap();
    for inside in ["cifar-10-batches-bin/", "", "./a/b/"] {
        let files = files(inside);
        let plain: Vec<_> = files.iter().map(|(n, b)| (n.as_str(), b.clone())).collect();
        let plain = archive(&plain);
        for (name, bytes) in [("c.tar", plain.clone()), ("c.tar.gz", pack(&plain))] {
            let (_folder, path) = written(name, &bytes);
            let opened = open(&path, &OpenOptions::default()).unwrap();
            assert_eq!(opened.data, expected.data, "{inside} {name}");
            assert_eq!(opened.test, expected.test, "{inside} {name}");
        }
    }
}

#[test]
fn an_archive_may_have_the_labels_of_cifar_100() {
    let bytes = archive(&[
        (
            "cifar-100-binary/train.bin",
            records(&[&[19, 99], &[0, 42]]),
        ),
        ("cifar-100-binary/fine_label_names.txt", b"one\n".to_vec()),
    ]);
    let (_folder, path) = written("c.tar", &bytes);
    let options = |column: &str| OpenOptions {
        label_column: Some(column.into()),
        ..OpenOptions::default()
    };
    let opened = open(&path, &options("coarse")).unwrap();
    assert_eq!(opened.data.labels(), [19, 0]);
    failure(
        open(&path, &OpenOptions::default()),
        &["fine_label_names.txt: 1 names"],
    );
    let bytes = archive(&[("a/x.png", vec![1]), ("b/y.png", vec![2])]);
    let (_folder, path) = written("images.tar", &bytes);
    failure(
        open(&path, &options("coarse")),
        &["no label column \"coarse\""],
    );
}

#[test]
fn the_version_for_python_is_told_from_the_one_that_is_read() {
    let files = ["batches.meta", "data_batch_1", "test_batch"];
    let files = files.map(|name| (format!("cifar-10-batches-py/{name}"), b"pickle".to_vec()));
    let files: Vec<_> = files.iter().map(|(n, b)| (n.as_str(), b.clone())).collect();
    let (_folder, path) = written("c.tar.gz", &pack(&archive(&files)));
    failure(
        open(&path, &OpenOptions::default()),
        &["cifar-10-binary.tar.gz"],
    );
}
