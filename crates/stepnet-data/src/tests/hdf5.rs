//! HDF5 files: links, groups, types, many arrays.

use std::path::Path;

use hdf5_pure::FileBuilder;

use super::failure;
use crate::Result;
use crate::formats::arrays::array::ArrayValues;
use crate::formats::arrays::file::ArrayFile;
use crate::{OpenOptions, Opened, Role, open};

const LINKED: &[u8] = include_bytes!("../../tests/files/linked.h5");
const LINKS: &[u8] = include_bytes!("../../tests/files/links.h5");
const GROUPED: &[u8] = include_bytes!("../../tests/files/grouped.h5");

fn arrays(bytes: &[u8]) -> ArrayFile {
    ArrayFile::from_bytes(Path::new("a.h5"), bytes.to_vec()).unwrap()
}

fn opened(bytes: &[u8], role: Role) -> Result<Opened> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.h5");
    std::fs::write(&path, bytes).unwrap();
    let options = OpenOptions {
        role,
        ..OpenOptions::default()
    };
    open(path, &options)
}

/// A file with arrays of three numbers.
fn built(names: impl Iterator<Item = String>) -> Vec<u8> {
    let mut builder = FileBuilder::new();
    for name in names {
        builder.create_dataset(&name).with_i32_data(&[1, 2, 3]);
    }
    builder.finish().unwrap()
}

#[test]
fn soft_links_are_followed_and_rings_of_hard_links_passed_over() {
    let mut names = arrays(LINKED).names().to_vec();
    names.sort();
    let expected = [
        "group/bools",
        "group/compound",
        "group/enum",
        "group/latin",
        "images",
        "labels",
        "soft",
    ];
    assert_eq!(names, expected);
    let mut file = arrays(LINKED);
    assert_eq!(file.read("soft").unwrap(), file.read("images").unwrap());
    let data = opened(LINKED, Role::Train).unwrap().data;
    assert_eq!((data.len(), data.labels()), (6, &[0, 1, 0, 1, 0, 1][..]));
}

#[test]
fn links_in_new_files_are_followed_in_the_file_and_refused_out_of_it() {
    let mut file = arrays(LINKS);
    let mut names = file.names().to_vec();
    names.sort();
    let expected = [
        "far",
        "farther",
        "images",
        "labels",
        "raw/near",
        "raw/set/one",
        "raw/set/two",
    ];
    assert_eq!(names, expected);
    let one = file.read("raw/set/one").unwrap();
    assert_eq!(file.read("images").unwrap(), one);
    for name in ["far", "farther"] {
        let words = [
            "a.h5: ",
            name,
            "lies in another file (\"other.h5\")",
            "copy it",
        ];
        failure(file.read(name), &words);
    }
    let data = opened(LINKS, Role::Train).unwrap().data;
    assert_eq!((data.len(), data.labels()), (6, &[0, 1, 0, 1, 0, 1][..]));
}

#[test]
fn types_are_read_or_refused_by_name() {
    let mut file = arrays(LINKED);
    let bools = file.read("group/bools").unwrap().values;
    assert_eq!(bools.to_f64(), Some(vec![1.0, 0.0, 1.0]));
    assert_eq!(
        file.read("group/enum").unwrap().values,
        ArrayValues::I64(vec![0, 300])
    );
    failure(
        file.read("group/latin"),
        &["\"group/latin\"", "text 0 is not in UTF-8"],
    );
    failure(
        file.read("group/compound"),
        &["\"group/compound\"", "compound", "expected integers"],
    );
    assert_eq!(
        file.read("/group/enum").unwrap(),
        file.read("group/enum").unwrap()
    );
    // By way of a link that the list does not have.
    let again = file.read("group/again/enum");
    failure(again, &["has no array \"group/again/enum\""]);
}

#[test]
fn arrays_in_groups_are_found() {
    let both = opened(GROUPED, Role::Train).unwrap();
    assert_eq!((both.data.len(), both.test.unwrap().len()), (6, 2));
    assert_eq!(both.data.classes(), ["cat", "dog"]);
    assert_eq!(opened(GROUPED, Role::Test).unwrap().data.len(), 2);
    assert_eq!(arrays(GROUPED).read("set/test/labels").unwrap().shape, [2]);
    let two = |name: &str| ["a", "b"].map(|group| format!("{group}/{name}"));
    let names = two("images").into_iter().chain(two("labels"));
    let words = ["several groups: a/, b/", "expected one group"];
    failure(opened(&npz(names), Role::Train), &words);
}

/// An npz file with arrays of bytes: there groups are parts of names.
fn npz(names: impl Iterator<Item = String>) -> Vec<u8> {
    use std::io::{Cursor, Write};
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for name in names {
        let options = zip::write::SimpleFileOptions::default();
        writer.start_file(format!("{name}.npy"), options).unwrap();
        let header = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 1), }\n";
        writer.write_all(b"\x93NUMPY\x01\x00").unwrap();
        writer
            .write_all(&(header.len() as u16).to_le_bytes())
            .unwrap();
        writer.write_all(header.as_bytes()).unwrap();
        writer.write_all(&[0, 1]).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn thousands_of_arrays_are_listed_and_read() {
    let bytes = built((0..3000).map(|number| format!("a{number}")));
    let mut file = arrays(&bytes);
    let names = file.names().to_vec();
    assert_eq!(names.len(), 3000);
    for name in names {
        assert_eq!(
            file.read(&name).unwrap().values,
            ArrayValues::I64(vec![1, 2, 3]),
            "{name}"
        );
    }
}
