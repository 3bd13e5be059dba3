//! Folders of images by class.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use image::{GrayImage, ImageFormat, Luma, Rgb, RgbImage};
use tempfile::TempDir;

use super::failure;
use crate::{Error, Result};
use crate::{ImageObserver, Kind, OpenOptions, Opened, Role, Values, open};
use stepnet_base::preprocessing::Resize;

/// A folder with a grey PNG of one value at each place.
fn tree(places: &[(&str, u8)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for &(place, value) in places {
        add(&folder, place, value, [4, 4]);
    }
    folder
}

fn add(folder: &TempDir, place: &str, value: u8, [height, width]: [u32; 2]) -> PathBuf {
    let path = folder.path().join(place);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let image = GrayImage::from_pixel(width, height, Luma([value]));
    image.save_with_format(&path, ImageFormat::Png).unwrap();
    path
}

fn plain(folder: &TempDir) -> Result<Opened> {
    open(folder.path(), &OpenOptions::default())
}

#[test]
fn opening_ends_when_it_is_asked_to() {
    let folder = tree(&[("a/1.png", 1), ("a/2.png", 2), ("b/1.png", 3)]);
    let stop = Arc::new(AtomicBool::new(false));
    for skip_bad in [false, true] {
        let options = OpenOptions {
            skip_bad,
            stop: Some(Arc::clone(&stop)),
            ..OpenOptions::default()
        };
        stop.store(false, Ordering::Relaxed);
        assert_eq!(open(folder.path(), &options).unwrap().data.len(), 3);
        stop.store(true, Ordering::Relaxed);
        let error = open(folder.path(), &options).unwrap_err();
        assert!(matches!(error, Error::Stopped), "{error}");
    }
}

fn bytes(opened: &Opened) -> Vec<u8> {
    let Values::U8(values) = opened.data.images().values() else {
        panic!("bytes expected")
    };
    values
        .chunks_exact(opened.data.images().per_image())
        .map(|image| image[0])
        .collect()
}

#[test]
fn classes_and_files_come_in_the_order_of_their_names() {
    let places = [
        ("dog/b.png", 4),
        ("cat/z.png", 2),
        ("cat/a.jpeg", 1),
        ("dog/.hidden.png", 9),
        ("cat/more/m.png", 3),
    ];
    let folder = tree(&places);
    fs::write(folder.path().join("cat/.DS_Store"), b"x").unwrap();
    fs::write(folder.path().join("cat/Thumbs.db"), b"x").unwrap();
    fs::write(folder.path().join("README.txt"), b"about").unwrap();
    let opened = plain(&folder).unwrap();
    assert_eq!(opened.data.classes(), ["cat", "dog"]);
    assert_eq!(bytes(&opened), [1, 2, 3, 4]);
    assert_eq!(opened.data.labels(), [0, 0, 0, 1]);
    assert_eq!(opened.data.images().shape(), [4, 4, 1]);
    assert_eq!((opened.divisor, opened.divisor_is_stated), (255.0, true));
    assert!(opened.notes.is_empty(), "{:?}", opened.notes);
}

#[test]
fn parts_are_found_by_their_names() {
    for test_name in ["test", "val", "Validation", "valid"] {
        let test_place = format!("{test_name}/b/1.png");
        let folder = tree(&[("train/a/1.png", 1), ("train/b/1.png", 2), (&test_place, 3)]);
        let opened = plain(&folder).unwrap();
        assert_eq!(bytes(&opened), [1, 2]);
        let test = opened.test.as_ref().unwrap();
        assert_eq!(
            (test.labels(), test.classes()),
            (&[1][..], opened.data.classes())
        );
        assert!(
            opened.notes[0].contains("no images of class a"),
            "{:?}",
            opened.notes
        );
        let options = OpenOptions {
            role: Role::Test,
            ..OpenOptions::default()
        };
        assert_eq!(bytes(&open(folder.path(), &options).unwrap()), [3]);
    }
    let folder = tree(&[
        ("train/a/1.png", 1),
        ("train/b/1.png", 2),
        ("test/c/1.png", 3),
    ]);
    failure(plain(&folder), &["c: class \"c\" is not among", "a, b"]);
    // Without a folder `train`, one called `test` is a class like the others.
    let folder = tree(&[("exam/1.png", 1), ("test/1.png", 2)]);
    assert_eq!(plain(&folder).unwrap().data.classes(), ["exam", "test"]);
}

#[test]
fn sizes_and_channels_follow_a_rule() {
    let folder = tree(&[("a/1.png", 100), ("b/1.png", 200)]);
    let image = RgbImage::from_pixel(4, 4, Rgb([255, 0, 0]));
    image.save(folder.path().join("b/2.png")).unwrap();
    let opened = plain(&folder).unwrap();
    assert_eq!(opened.data.images().shape(), [4, 4, 3]);

    add(&folder, "a/2.png", 7, [8, 3]);
    let opened = plain(&folder).unwrap();
    assert_eq!(opened.data.images().shape(), [64, 64, 3]);
    assert!(
        opened.facts[0].contains("different sizes: taken as 64x64x3"),
        "{:?}",
        opened.facts
    );
    assert!(
        opened.facts[1].contains("4 of 4 images"),
        "{:?}",
        opened.facts
    );

    let mut options = OpenOptions {
        input: Some([4, 4, 1]),
        resize: Resize::Fit,
        ..OpenOptions::default()
    };
    let opened = open(folder.path(), &options).unwrap();
    assert!(
        opened.facts[0].contains("1 of 4 images"),
        "{:?}",
        opened.facts
    );
    assert!(
        opened.facts[0].contains("fitted on black to 4x4x1"),
        "{:?}",
        opened.facts
    );
    // Red is 0.299 of 255 in grey; the tall image leaves its left column black.
    assert_eq!(bytes(&opened), [100, 0, 200, 76]);
    options.input = Some([4, 4, 2]);
    failure(open(folder.path(), &options), &["4x4x2", "1 or 3 channels"]);
}

#[test]
fn broken_files_are_named_together() {
    let folder = tree(&[("a/1.png", 1), ("b/1.png", 2)]);
    fs::write(folder.path().join("b/9.PNG"), b"some text").unwrap();
    failure(plain(&folder), &["b/9.PNG: not an image but text"]);
    for number in 0..12 {
        fs::write(folder.path().join(format!("a/x{number:02}.png")), b"").unwrap();
    }
    let message = failure(
        plain(&folder),
        &["13 files cannot be read", "a/x00.png", "and 3 more"],
    );
    assert!(
        message.contains("a/x09.png") && !message.contains("a/x10.png"),
        "{message}"
    );
    // An image broken in its body is found where all headers are well.
    let folder = tree(&[("a/1.png", 1), ("b/1.png", 2)]);
    let whole = fs::read(folder.path().join("a/1.png")).unwrap();
    fs::write(folder.path().join("a/2.png"), &whole[..whole.len() - 20]).unwrap();
    failure(plain(&folder), &["a/2.png", "PNG"]);
}

#[test]
fn folders_without_enough_in_them() {
    let folder = tree(&[("a/1.png", 1)]);
    failure(plain(&folder), &["one class only (a)", "at least two"]);
    let options = OpenOptions {
        role: Role::Test,
        ..OpenOptions::default()
    };
    assert_eq!(open(folder.path(), &options).unwrap().data.len(), 1);
    fs::create_dir(folder.path().join("b")).unwrap();
    failure(plain(&folder), &["one class only (a)"]);
    let hollow = tempfile::tempdir().unwrap();
    fs::create_dir(hollow.path().join("a")).unwrap();
    failure(plain(&hollow), &["no image in the folders in it"]);
    let empty = tempfile::tempdir().unwrap();
    failure(plain(&empty), &["no folder in it", "each class", "0 files"]);
    let loose = tree(&[("1.png", 1), ("2.png", 1)]);
    failure(plain(&loose), &["no folder in it", "2 files"]);
    let loose = tree(&[("a/1.png", 1), ("b/1.png", 1), ("c.png", 3)]);
    let notes = plain(&loose).unwrap().notes;
    assert!(notes[0].contains("1 images directly in"), "{notes:?}");
    let image = loose.path().join("c.png");
    failure(
        open(image, &OpenOptions::default()),
        &["c.png: is a PNG image", "folder"],
    );
    let part = tree(&[("test/a/1.png", 1), ("test/b/1.png", 1)]);
    failure(plain(&part), &["no folder train", "evaluation"]);
}

#[cfg(unix)]
#[test]
fn links_names_and_special_files() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;

    let folder = tree(&[("a/1.png", 1), ("b/1.png", 2)]);
    symlink(folder.path().join("b"), folder.path().join("c")).unwrap();
    assert_eq!(plain(&folder).unwrap().data.classes(), ["a", "b", "c"]);
    symlink(folder.path(), folder.path().join("a/loop")).unwrap();
    symlink("../b", folder.path().join("a/other")).unwrap();
    symlink("1.png", folder.path().join("a/2.png")).unwrap();
    assert_eq!(bytes(&plain(&folder).unwrap()), [1, 2, 2]);
    let skip = OpenOptions {
        skip_bad: true,
        ..OpenOptions::default()
    };
    for (link, target) in [
        ("a/gone.png", "nowhere"),
        ("a/self", "self"),
        ("lost", "nowhere"),
    ] {
        let link = folder.path().join(link);
        symlink(target, &link).unwrap();
        let name = link.display().to_string();
        failure(plain(&folder), &[&name, "cannot open", "`skip_bad`"]);
        let opened = open(folder.path(), &skip).unwrap();
        assert_eq!(bytes(&opened), [1, 2, 2]);
        assert_eq!(opened.skipped.len(), 1);
        assert!(opened.skipped[0].starts_with(&name), "{:?}", opened.skipped);
        fs::remove_file(link).unwrap();
    }
    let odd = folder.path().join(OsStr::from_bytes(b"caf\xe9"));
    fs::create_dir(&odd).unwrap();
    failure(plain(&folder), &["not valid UTF-8"]);
    fs::remove_dir(&odd).unwrap();
    let device = Path::new("/dev/zero");
    let error = open(device, &OpenOptions::default()).unwrap_err();
    assert!(matches!(error, Error::File { .. }), "{error}");
}

#[cfg(unix)]
#[test]
fn folders_linked_into_each_other_are_visited_once() {
    use std::os::unix::fs::symlink;

    let folder = tree(&[("a/1.png", 1), ("b/1.png", 2), ("chain/n50/3.png", 3)]);
    let at = |n: usize| folder.path().join(format!("chain/n{n}"));
    for n in 0..50 {
        fs::create_dir(at(n)).unwrap();
        symlink(at(n + 1), at(n).join("x")).unwrap();
        symlink(at(n + 1), at(n).join("y")).unwrap();
    }
    for class in ["a", "b"] {
        symlink("..", folder.path().join(class).join("s")).unwrap();
    }
    symlink(at(0), folder.path().join("b/deep")).unwrap();
    // `b/deep` leads beyond the class, but not into another part of it, so it counts there too.
    let opened = plain(&folder).unwrap();
    assert_eq!(bytes(&opened), [1, 2, 3, 3]);
    assert_eq!(opened.data.labels(), [0, 1, 1, 2]);
}

#[cfg(unix)]
#[test]
fn classes_that_link_to_each_other_and_to_themselves_are_classes() {
    use std::os::unix::fs::symlink;

    let folder = tree(&[("a/1.png", 1), ("b/1.png", 2), ("c/in/1.png", 3)]);
    for (class, other) in [("a", "b"), ("b", "c"), ("c", "a")] {
        let link = |name: &str| folder.path().join(class).join(name);
        symlink(".", link("self")).unwrap();
        symlink(format!("../{other}"), link("other")).unwrap();
        symlink("..", link("up")).unwrap();
    }
    let opened = plain(&folder).unwrap();
    assert_eq!(
        (bytes(&opened), opened.data.labels()),
        (vec![1, 2, 3], &[0, 1, 2][..])
    );
    let note = |count: usize, first: &str| {
        let (root, first) = (folder.path().display(), folder.path().join(first));
        let first = first.display();
        format!(
            "{count} links in {root} lead to what is read anyway: left out (the first is {first})"
        )
    };
    assert_eq!(opened.notes, [note(9, "a/other")]);
    // The folder itself is no class in it, nor what makes a part of a class.
    symlink(".", folder.path().join("again")).unwrap();
    add(&folder, "loose.png", 9, [4, 4]);
    let opened = plain(&folder).unwrap();
    assert_eq!(
        (bytes(&opened), opened.data.classes().len()),
        (vec![1, 2, 3], 3)
    );
    assert_eq!(opened.notes[1], note(10, "again"));
    let folder = tree(&[("bus/1.png", 1), ("train/1.png", 2), ("train/2.png", 3)]);
    for name in ["self", "other"] {
        let target = if name == "self" { "." } else { "../bus" };
        symlink(target, folder.path().join("train").join(name)).unwrap();
    }
    let opened = plain(&folder).unwrap();
    assert_eq!(opened.data.classes(), ["bus", "train"]);
    assert_eq!(bytes(&opened), [1, 2, 3]);
    // Parts that link to each other are still parts.
    let folder = tree(&[
        ("train/a/1.png", 1),
        ("train/b/1.png", 2),
        ("test/a/1.png", 3),
    ]);
    symlink("../test", folder.path().join("train/test")).unwrap();
    symlink("..", folder.path().join("test/up")).unwrap();
    let opened = plain(&folder).unwrap();
    assert_eq!(opened.data.classes(), ["a", "b"]);
    assert_eq!(
        (bytes(&opened), opened.test.unwrap().len()),
        (vec![1, 2], 1)
    );
}

#[cfg(unix)]
#[test]
fn names_of_one_file_in_a_class_count_once_with_a_note() {
    let folder = tree(&[("a/1.png", 1), ("b/1.png", 2)]);
    let at = |place: &str| folder.path().join(place);
    fs::hard_link(at("a/1.png"), at("a/2.png")).unwrap();
    let opened = plain(&folder).unwrap();
    assert_eq!(bytes(&opened), [1, 2]);
    let note = "left out, as it leads to what is read anyway";
    assert_eq!(
        opened.notes,
        [format!("{note}: {}", at("a/2.png").display())]
    );
}

#[test]
fn what_is_no_image_is_left_out_with_a_note() {
    let folder = tree(&[("a/1.png", 1), ("b/1.png", 2)]);
    fs::create_dir_all(folder.path().join("c/deeper")).unwrap();
    fs::write(folder.path().join("a/readme.txt"), b"about").unwrap();
    let notes = plain(&folder).unwrap().notes;
    let expected = format!(
        "left out, as it is not an image: {}",
        folder.path().join("a/readme.txt").display()
    );
    assert_eq!(notes[0], expected);
    assert!(
        notes[1].ends_with("without an image, left out: c"),
        "{notes:?}"
    );
    fs::write(folder.path().join("b/index.csv"), b"a,b\n").unwrap();
    fs::write(folder.path().join("b/empty"), b"").unwrap();
    let opened = plain(&folder).unwrap();
    assert!(
        opened.notes[0].starts_with("3 files in "),
        "{:?}",
        opened.notes
    );
    assert!(
        opened.notes[0].contains("a/readme.txt"),
        "{:?}",
        opened.notes
    );
    assert_eq!(opened.data.classes(), ["a", "b"]);
    // One that is named as an image is one, and an image by its content needs no name.
    fs::write(folder.path().join("b/2.JPeG"), b"").unwrap();
    failure(plain(&folder), &["b/2.JPeG: the file is empty"]);
    fs::rename(
        folder.path().join("a/1.png"),
        folder.path().join("b/2.JPeG"),
    )
    .unwrap();
    fs::copy(
        folder.path().join("b/1.png"),
        folder.path().join("a/unnamed"),
    )
    .unwrap();
    assert_eq!(bytes(&plain(&folder).unwrap()), [2, 2, 1]);
}

#[test]
fn folders_with_the_same_folders_in_them_are_no_classes() {
    let places = [
        ("one/cat/1.png", 1),
        ("one/dog/1.png", 2),
        ("two/cat/1.png", 3),
        ("two/dog/1.png", 4),
    ];
    let words = ["one, two", "(cat, dog)", "train and test"];
    failure(plain(&tree(&places)), &words);
    let places = [
        ("cat/train/1.png", 1),
        ("cat/test/1.png", 2),
        ("dog/train/1.png", 3),
        ("dog/test/1.png", 4),
    ];
    failure(
        plain(&tree(&places)),
        &["cat, dog", "parts test, train", "outermost"],
    );
    // One folder in each class, or folders that differ, are not parts.
    let places = [("cat/images/1.png", 1), ("dog/images/1.png", 2)];
    assert_eq!(
        plain(&tree(&places)).unwrap().data.classes(),
        ["cat", "dog"]
    );
    let places = [("cat/a/1.png", 1), ("cat/b/1.png", 2), ("dog/a/1.png", 3)];
    assert_eq!(
        plain(&tree(&places)).unwrap().data.classes(),
        ["cat", "dog"]
    );
}

#[test]
fn common_names_of_parts() {
    for (train, test) in [
        ("training_set", "test_set"),
        ("Train Data", "VALIDATION-SET"),
        ("trainset", "val"),
    ] {
        let places = ["a/1.png", "b/1.png"].map(|place| format!("{train}/{place}"));
        let other = format!("{test}/b/1.png");
        let folder = tree(&[(&places[0], 1), (&places[1], 2), (&other, 3)]);
        let opened = plain(&folder).unwrap();
        assert_eq!(bytes(&opened), [1, 2], "{train}");
        assert_eq!(opened.test.unwrap().labels(), [1], "{test}");
    }
    // A class of vehicles.
    let folder = tree(&[("bus/1.png", 1), ("train/1.png", 2)]);
    assert_eq!(plain(&folder).unwrap().data.classes(), ["bus", "train"]);
}

#[test]
fn an_observer_is_shown_every_image_as_it_is_stored() {
    let folder = tree(&[
        ("train/a/1.png", 1),
        ("train/b/2.png", 2),
        ("test/a/3.png", 3),
    ]);
    add(&folder, "train/b/wide.png", 7, [2, 9]);
    fs::write(folder.path().join("train/a/broken.png"), "no image").unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let write = Arc::clone(&seen);
    let observer = ImageObserver::new(move |shown| {
        let name = shown.name.file_name().unwrap().to_owned();
        let size = shown.image.map(|image| [image.height(), image.width()]);
        write.lock().unwrap().push((name, shown.kind, size.ok()));
    });
    let options = OpenOptions {
        skip_bad: true,
        observer: Some(observer),
        ..OpenOptions::default()
    };
    let opened = open(folder.path(), &options).unwrap();
    assert_eq!((opened.data.len(), opened.skipped.len()), (3, 1));
    let mut seen = std::mem::take(&mut *seen.lock().unwrap());
    seen.sort_by(|a, b| a.0.cmp(&b.0));
    let expected = [
        ("1.png", Kind::Png, Some([4, 4])),
        ("2.png", Kind::Png, Some([4, 4])),
        ("3.png", Kind::Png, Some([4, 4])),
        ("broken.png", Kind::Text, None),
        ("wide.png", Kind::Png, Some([2, 9])),
    ];
    assert_eq!(
        seen,
        expected.map(|(name, kind, size)| (name.into(), kind, size))
    );
}
