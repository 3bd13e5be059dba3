//! Tar archives of images, images that cannot be read, and images that stay where they are.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::{Compression, write::GzEncoder};
use image::{ImageFormat, Rgb, RgbImage};
use tar::{Builder, EntryType, Header};
use tempfile::TempDir;

use super::failure;
use crate::{Dataset, OpenOptions, Opened, Role, Values, holds_images, open};
use stepnet_base::preprocessing::Preprocessing;

fn png(value: u8) -> Vec<u8> {
    let mut image = RgbImage::from_pixel(5, 4, Rgb([value, 255 - value, 7]));
    image.put_pixel(1, 2, Rgb([1, 2, value]));
    let mut bytes = std::io::Cursor::new(Vec::new());
    image.write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

fn add(builder: &mut Builder<impl Write>, name: &str, bytes: &[u8]) {
    let mut header = Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    builder.append_data(&mut header, name, bytes).unwrap();
}

/// A plain archive of files.
pub(super) fn archive(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    files
        .iter()
        .for_each(|(name, bytes)| add(&mut builder, name, bytes));
    builder.into_inner().unwrap()
}

pub(super) fn written(name: &str, bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    (folder, path)
}

pub(super) fn pack(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A tree of images with parts, nested folders, and what is passed over.
fn tree() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("train/dog/b.png", png(4)),
        ("train/cat/z.png", png(2)),
        ("train/cat/more/m.png", png(3)),
        ("train/cat/a.png", png(1)),
        ("train/cat/.hidden", b"x".to_vec()),
        ("train/dog/Thumbs.db", b"x".to_vec()),
        ("test/dog/t.png", png(9)),
        ("README", b"about".to_vec()),
    ]
}

fn unpacked(files: &[(&str, Vec<u8>)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

/// Values, labels and classes.
type Seen = (Vec<f32>, Vec<u32>, Vec<String>);

/// The values that training would see.
fn seen(data: &Dataset) -> Seen {
    let [height, width, channels] = data.images().shape();
    let mut preprocessing = Preprocessing::scaled(height, width, channels, 255.0);
    data.standardize(&mut preprocessing).unwrap();
    let mut x = vec![0.0; data.len() * height * width * channels];
    let order: Vec<usize> = (0..data.len()).rev().collect();
    data.fill_batch(&order, &preprocessing, &mut x).unwrap();
    (x, data.labels().to_vec(), data.classes().to_vec())
}

fn both(opened: &Opened) -> [Option<Seen>; 2] {
    [Some(seen(&opened.data)), opened.test.as_ref().map(seen)]
}

#[test]
fn an_archive_is_what_its_folder_is_plain_packed_and_streamed() {
    let files = tree();
    let folder = unpacked(&files);
    let plain = archive(&files);
    let (_a, tar) = written("images.bin", &plain);
    let (_b, gz) = written("images.tgz", &pack(&plain));
    let wrapped: Vec<(String, Vec<u8>)> = files
        .iter()
        .map(|(name, bytes)| (format!("./all/{name}"), bytes.clone()))
        .collect();
    let wrapped: Vec<(&str, Vec<u8>)> = wrapped
        .iter()
        .map(|(name, bytes)| (name.as_str(), bytes.clone()))
        .collect();
    let wrapped: Vec<_> = wrapped
        .into_iter()
        .filter(|(name, _)| !name.contains("README"))
        .collect();
    let (_c, wrapped) = written("wrapped.tar", &archive(&wrapped));
    for role in [Role::Train, Role::Test] {
        let options = OpenOptions {
            role,
            ..OpenOptions::default()
        };
        let expected = open(folder.path(), &options).unwrap();
        assert_eq!(expected.data.len(), if role == Role::Train { 4 } else { 1 });
        let streaming = OpenOptions {
            stream: true,
            ..options.clone()
        };
        for path in [folder.path(), &tar, &gz, &wrapped] {
            assert!(holds_images(path));
            for options in [&options, &streaming] {
                let opened = open(path, options).unwrap();
                assert_eq!(opened.data.images().are_streamed(), options.stream);
                assert_eq!(both(&opened), both(&expected), "{}", path.display());
                assert_eq!(opened.divisor, 255.0);
            }
        }
    }
}

#[test]
fn streamed_images_are_subset_and_parted_like_those_in_memory() {
    let names: Vec<String> = (0..12)
        .map(|i| format!("{}/{i}.png", ["a", "b"][i % 2]))
        .collect();
    let files: Vec<(&str, Vec<u8>)> = names
        .iter()
        .enumerate()
        .map(|(i, name)| (name.as_str(), png(i as u8 * 9)))
        .collect();
    let folder = unpacked(&files);
    let [held, streamed] = [false, true].map(|stream| {
        let options = OpenOptions {
            input: Some([3, 3, 1]),
            stream,
            ..OpenOptions::default()
        };
        open(folder.path(), &options).unwrap().data
    });
    let subset = [3, 3, 0, 11];
    assert_eq!(
        seen(&held.subset(&subset).unwrap()),
        seen(&streamed.subset(&subset).unwrap())
    );
    let (a, b) = (
        held.split(0.25, 7).unwrap(),
        streamed.split(0.25, 7).unwrap(),
    );
    assert_eq!((seen(&a.0), seen(&a.1)), (seen(&b.0), seen(&b.1)));
    assert_eq!(streamed, streamed.clone());
    assert_eq!(held.fingerprint().unwrap(), streamed.fingerprint().unwrap());
    let values = |data: &Dataset| -> Vec<Option<f64>> {
        (0..13 * 9)
            .map(|place| data.images().values().get(place))
            .collect()
    };
    assert_eq!(values(&held), values(&streamed));
    assert_eq!(
        held.images().image(5).unwrap(),
        streamed.images().image(5).unwrap()
    );
    failure(streamed.images().image(12), &["12"]);
    assert!(values(&held)[107].is_some() && values(&held)[108].is_none());
}

#[test]
fn a_budget_decides_what_is_streamed() {
    let folder = unpacked(&tree());
    for (memory, streamed) in [(5 * 60, false), (5 * 60 - 1, true)] {
        let options = OpenOptions {
            memory: Some(memory),
            ..OpenOptions::default()
        };
        let opened = open(folder.path(), &options).unwrap();
        assert_eq!(opened.data.images().are_streamed(), streamed, "{memory}");
        let found = opened
            .facts
            .iter()
            .any(|note| note.contains("decoded as they are needed"));
        assert_eq!(found, streamed, "{:?}", opened.facts);
    }
}

/// Images of which some are damaged: in the header, after it, and one that is not an image at all.
fn damaged() -> Vec<(&'static str, Vec<u8>)> {
    let whole = png(8);
    vec![
        ("cat/1.png", png(1)),
        ("cat/2.png", b"no image at all, but text".to_vec()),
        ("cat/3.png", png(3)),
        ("dog/1.png", whole[..20].to_vec()),
        ("dog/2.png", png(2)),
        ("dog/3.png", whole[..whole.len() - 20].to_vec()),
    ]
}

#[test]
fn unreadable_images_are_named_or_skipped() {
    let folder = unpacked(&damaged());
    let (_a, tar) = written("a.tar", &archive(&damaged()));
    for path in [folder.path(), tar.as_path()] {
        for (input, stream) in [(None, false), (Some([4, 5, 3]), false), (None, true)] {
            let options = OpenOptions {
                input,
                stream,
                ..OpenOptions::default()
            };
            let parts = [
                "3 files cannot be read (of 6)",
                "cat/2.png",
                "dog/1.png",
                "dog/3.png",
                "`skip_bad`",
            ];
            failure(open(path, &options), &parts);
            let options = OpenOptions {
                skip_bad: true,
                ..options
            };
            let opened = open(path, &options).unwrap();
            assert_eq!(opened.data.labels(), [0, 0, 1]);
            assert_eq!(opened.skipped.len(), 3);
            assert!(
                opened.skipped[0].contains("cat/2.png: not an image but text"),
                "{:?}",
                opened.skipped
            );
            let good = [0, 2, 4].map(|i| damaged().swap_remove(i));
            let good = unpacked(&good);
            assert_eq!(
                both(&opened),
                both(&open(good.path(), &OpenOptions::default()).unwrap())
            );
        }
    }
}

#[test]
fn a_single_unreadable_image_is_named_and_a_class_of_them_is_refused() {
    let mut files = damaged();
    files.truncate(3);
    files.push(("dog/2.png", png(2)));
    let folder = unpacked(&files);
    failure(
        open(folder.path(), &OpenOptions::default()),
        &["cat/2.png", "not an image", "`skip_bad`"],
    );
    let mut files = damaged();
    files.remove(4);
    let folder = unpacked(&files);
    let options = OpenOptions {
        skip_bad: true,
        ..OpenOptions::default()
    };
    failure(
        open(folder.path(), &options),
        &["dog", "no image of this class can be read", "dog/1.png"],
    );
}

#[test]
fn a_image_that_is_damaged_behind_its_header_is_named_when_it_is_streamed() {
    let whole = png(8);
    let mut broken = whole.clone();
    let middle = whole.len() - 25;
    broken[middle] ^= 0xff;
    let folder = unpacked(&[("a/1.png", png(1)), ("b/2.png", broken)]);
    let options = OpenOptions {
        stream: true,
        ..OpenOptions::default()
    };
    let data = open(folder.path(), &options).unwrap().data;
    let preprocessing = Preprocessing::scaled(4, 5, 3, 255.0);
    let mut x = vec![0.0_f32; 120];
    failure(
        data.fill_batch(&[0, 1], &preprocessing, &mut x),
        &["b/2.png", "PNG", "`skip_bad`"],
    );
    data.fill_batch(&[0], &preprocessing, &mut x[..60]).unwrap();
}

#[test]
fn links_are_left_out_and_names_that_lead_out_are_refused() {
    let mut builder = Builder::new(Vec::new());
    add(&mut builder, "a/1.png", &png(1));
    add(&mut builder, "b/1.png", &png(2));
    add(&mut builder, "b/1.png", &png(3));
    for kind in [EntryType::Symlink, EntryType::Link, EntryType::Fifo] {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(0);
        header.set_path("a/link.png").unwrap();
        if kind != EntryType::Fifo {
            header.set_link_name("/etc/passwd").unwrap();
        }
        header.set_cksum();
        builder.append(&header, std::io::empty()).unwrap();
    }
    let bytes = builder.into_inner().unwrap();
    let (_a, path) = written("a.tar", &bytes);
    let opened = open(&path, &OpenOptions::default()).unwrap();
    assert_eq!(opened.data.len(), 2, "the last of two with one name counts");
    assert_eq!(opened.data.images().values().get(60), Some(3.0));
    assert!(
        opened.notes.iter().any(|note| note.contains("3 entries")),
        "{:?}",
        opened.notes
    );

    let mut header = Header::new_gnu();
    header.set_size(0);
    header.as_old_mut().name[..12].copy_from_slice(b"a/../../evil");
    header.set_cksum();
    let mut bytes = header.as_bytes().to_vec();
    bytes.extend(archive(&tree()));
    let (_b, path) = written("b.tar", &bytes);
    failure(
        open(&path, &OpenOptions::default()),
        &["b.tar", "a/../../evil", "leads out"],
    );
}

#[test]
fn sizes_that_lie_take_no_memory() {
    let mut bytes = archive(&[
        ("a/1.png", png(1)),
        ("b/1.png", png(2)),
        ("b/2.png", png(3)),
    ]);
    // The last header declares 8 GiB less one.
    let last = (0..bytes.len())
        .step_by(512)
        .rfind(|&at| bytes[at..].starts_with(b"b/2.png"))
        .unwrap();
    let mut header = Header::from_byte_slice(&bytes[last..last + 512]).clone();
    header.set_size((8 << 30) - 1);
    header.set_cksum();
    bytes[last..last + 512].copy_from_slice(header.as_bytes());
    for bytes in [bytes.clone(), pack(&bytes)] {
        let (_a, path) = written("a.tar", &bytes);
        let message = open(&path, &OpenOptions::default())
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("8589934591 bytes") || message.contains("damaged"),
            "{message}"
        );
    }
    // A packed archive of much more than its length.
    let zeros = vec![0; 200 << 20];
    let (_b, path) = written(
        "b.tgz",
        &pack(&archive(&[("a/1.png", zeros), ("b/1.png", png(1))])),
    );
    failure(
        open(&path, &OpenOptions::default()),
        &["b.tgz", "too much for a packed archive"],
    );
    // A name of a megabyte.
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::GNULongName);
    header.set_size(1 << 20);
    header.set_path("././@LongLink").unwrap();
    header.set_cksum();
    let mut bytes = header.as_bytes().to_vec();
    bytes.extend(vec![b'a'; 1 << 20]);
    let (_c, path) = written("c.tar", &bytes);
    failure(
        open(&path, &OpenOptions::default()),
        &["c.tar", "a name of 1048576 bytes"],
    );
}

#[test]
fn long_names_are_read_and_damage_is_told() {
    let long = format!("a/{}/1.png", "x".repeat(150));
    let longer = format!("b/{}.png", "y".repeat(300));
    let bytes = archive(&[(&long, png(1)), (&longer, png(2))]);
    let (_a, path) = written("a.tar", &bytes);
    let opened = open(&path, &OpenOptions::default()).unwrap();
    assert_eq!(opened.data.classes(), ["a", "b"]);
    let mut broken = archive(&tree());
    // The second header's checksum.
    broken[1024 + 148] ^= 1;
    let (_b, path) = written("b.tar", &broken);
    failure(open(&path, &OpenOptions::default()), &["b.tar", "damaged"]);
    let (_c, path) = written("c.tar", &archive(&[("1.png", png(1))]));
    failure(
        open(&path, &OpenOptions::default()),
        &["c.tar", "no folder in the archive", "1 files"],
    );
    let (_d, path) = written("d.tar", &archive(&[("a/1.png", png(1))]));
    failure(open(&path, &OpenOptions::default()), &["one class only"]);
}

#[test]
fn nothing_is_written_beside_an_archive() {
    let (folder, path) = written("a.tar", &archive(&tree()));
    open(&path, &OpenOptions::default()).unwrap();
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(names.len(), 1);
    assert!(matches!(
        open(Path::new(&path), &OpenOptions::default())
            .unwrap()
            .data
            .images()
            .values(),
        Values::U8(_)
    ));
}
