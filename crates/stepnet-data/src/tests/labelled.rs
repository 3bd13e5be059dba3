//! Images with labels in zip archives, lists, tables of pixels, and Parquet.

use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use image::{ImageFormat, RgbImage};
use tempfile::TempDir;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::failure;
use crate::{Dataset, OpenOptions, Opened, Role, Values, open};

/// A PNG of 3x4 pixels of one colour.
fn png(value: u8) -> Vec<u8> {
    let image = RgbImage::from_pixel(4, 3, image::Rgb([value; 3]));
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// Writes a file, and the folders it is in.
fn write(folder: &TempDir, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.path().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, bytes).unwrap();
    path
}

fn plain(path: &Path) -> crate::Result<Opened> {
    open(path, &OpenOptions::default())
}

/// The first value and the class of each example.
fn examples(data: &Dataset) -> Vec<(u8, &str)> {
    let value = |at: usize| data.images().image(at).unwrap()[0] as u8;
    let label = |at: usize| data.classes()[data.labels()[at] as usize].as_str();
    (0..data.len()).map(|at| (value(at), label(at))).collect()
}

/// A zip archive of these files.
fn zipped(files: &[(&str, Vec<u8>)], options: SimpleFileOptions) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer.start_file(*name, options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

const STORED: SimpleFileOptions =
    SimpleFileOptions::DEFAULT.compression_method(zip::CompressionMethod::Stored);

fn parts() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("mine/train/cat/1.png", png(1)),
        ("mine/train/cat/2.png", png(2)),
        ("mine/train/dog/1.png", png(3)),
        ("mine/test/cat/1.png", png(4)),
        ("mine/test/dog/1.png", png(5)),
        ("__MACOSX/mine/._1.png", vec![0]),
    ]
}

#[test]
fn a_zip_archive_is_read_as_the_folder_in_it() {
    let folder = tempfile::tempdir().unwrap();
    for options in [STORED, SimpleFileOptions::DEFAULT] {
        let path = write(&folder, "a.zip", zipped(&parts(), options));
        for stream in [false, true] {
            let opened = open(&path, &OpenOptions::default().stream(stream)).unwrap();
            let train = [(1, "cat"), (2, "cat"), (3, "dog")];
            assert_eq!(examples(&opened.data), train);
            assert_eq!(examples(&opened.test.unwrap()), [(4, "cat"), (5, "dog")]);
            let name = opened.data.name(2).unwrap();
            assert!(name.ends_with("a.zip/mine/train/dog/1.png"), "{name:?}");
        }
        let options = OpenOptions::default().role(Role::Test);
        assert_eq!(open(&path, &options).unwrap().data.len(), 2);
    }
}

#[test]
fn what_is_wrong_with_a_zip_archive_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let with = |name: &str, bytes: Vec<u8>| {
        let mut files = parts();
        files.push((Box::leak(name.to_owned().into_boxed_str()), bytes));
        write(&folder, "a.zip", zipped(&files, STORED))
    };
    failure(plain(&with("../cat/1.png", png(1))), &["leads out of it"]);
    let broken = with("mine/train/cat/3.png", b"no image".to_vec());
    failure(plain(&broken), &["mine/train/cat/3.png", "`skip_bad`"]);
    let opened = open(&broken, &OpenOptions::default().skip_bad(true)).unwrap();
    assert_eq!((opened.data.len(), opened.skipped.len()), (3, 1));
    // A byte of an image that is stored as it is.
    let mut bytes = zipped(&parts(), STORED);
    let at = bytes.windows(4).position(|part| part == b"IDAT").unwrap();
    bytes[at + 5] ^= 1;
    let path = write(&folder, "b.zip", &bytes);
    failure(plain(&path), &["cat/1.png", "checksum"]);
    let half = &bytes[..bytes.len() / 2];
    failure(plain(&write(&folder, "c.zip", half)), &["c.zip", "zip"]);
    // A document has images, too.
    let mut files = parts();
    files.push(("word/document.xml", b"<a/>".to_vec()));
    let path = write(&folder, "d.zip", zipped(&files, STORED));
    failure(plain(&path), &["a Word document"]);
}

/// Found by the fuzz target `zip`: the directory declares 4 GiB of packed bytes and 2.1 GiB of unpacked ones.
const CLAIMS: &[u8] = include_bytes!("../../tests/files/claims-4gib.zip");

#[test]
fn an_entry_takes_no_memory_for_bytes_that_its_archive_does_not_have() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(&folder, "a.zip", CLAIMS);
    let ends = format!("ends after {}", CLAIMS.len() - 37);
    let declared = ["a/1.png", "declares 4294967295 packed bytes", &ends];
    failure(plain(&path), &declared);
    // The packed bytes that there are hold no 2.1 GiB.
    let packed = CLAIMS.windows(4).position(|part| part == [255; 4]).unwrap();
    let mut bytes = CLAIMS.to_vec();
    bytes[packed..packed + 4].copy_from_slice(&68_u32.to_le_bytes());
    let path = write(&folder, "b.zip", &bytes);
    failure(plain(&path), &["a/1.png", "more than 68 packed ones"]);
    // Few enough that they might, but they do not.
    bytes[packed + 4..packed + 8].copy_from_slice(&60_000_u32.to_le_bytes());
    let path = write(&folder, "c.zip", &bytes);
    let short = ["a/1.png", "declares 60000 bytes", "end after 24"];
    failure(plain(&path), &short);
    // Images that pack well are read whole.
    let image = RgbImage::from_pixel(400, 300, image::Rgb([7; 3]));
    let mut grey = Cursor::new(Vec::new());
    image.write_to(&mut grey, ImageFormat::Bmp).unwrap();
    let files = [("a/1.bmp", grey.get_ref().clone()), ("b/1.png", png(1))];
    let archive = zipped(&files, SimpleFileOptions::DEFAULT);
    assert!(20 * archive.len() < grey.get_ref().len());
    let input = OpenOptions::default().input(Some([3, 4, 3]));
    let opened = open(write(&folder, "d.zip", archive), &input).unwrap();
    assert_eq!(examples(&opened.data), [(7, "a"), (1, "b")]);
}

#[test]
fn names_and_labels_are_read_from_a_list() {
    let folder = tempfile::tempdir().unwrap();
    for (at, name) in ["images/a.png", "images/b.png", "images/c.png"]
        .into_iter()
        .enumerate()
    {
        write(&folder, name, png(at as u8));
    }
    let expected = [(0, "cat"), (1, "dog"), (2, "cat")];
    for (name, text) in [
        ("a.csv", "file,label\na.png,cat\nb.png,dog\nc.png,cat\n"),
        (
            "b.csv",
            "label;path\ncat;images/a.png\ndog;images/b.png\ncat;images/c.png\n",
        ),
        (
            "c.tsv",
            "images/a.png\tcat\nimages/b.png\tdog\nimages/c.png\tcat\n",
        ),
        (
            "d.txt",
            "images/a.png cat\nimages/b.png dog\n\nimages/c.png cat\n",
        ),
        ("e.csv", "id,breed\r\na,cat\r\nb,dog\r\nc,cat\r\n"),
        (
            "f.csv",
            "image,label\nimages\\a.png,cat\nimages\\b.png,dog\nimages\\c.png,cat\n",
        ),
    ] {
        let path = write(&folder, name, text);
        let opened = plain(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(examples(&opened.data), expected, "{name}");
        assert_eq!((opened.divisor, opened.divisor_is_stated), (255.0, true));
        assert!(opened.data.name(1).unwrap().ends_with("images/b.png"));
    }
    let path = write(&folder, "g.csv", "file,label\na.png,2\nb.png,00\nc.png,2\n");
    let opened = plain(&path).unwrap();
    assert_eq!(opened.data.classes(), ["0", "1", "2"]);
    assert_eq!(opened.data.labels(), [2, 0, 2]);
    let text = "file,label,split\na.png,cat,train\nb.png,dog,train\nc.png,cat,val\n";
    let opened = plain(&write(&folder, "h.csv", text)).unwrap();
    assert_eq!((opened.data.len(), opened.test.unwrap().len()), (2, 1));
    // Names in another alphabet, and in another encoding.
    write(&folder, "images/кот.png", png(9));
    let text = "file;label\nкот.png;кот\na.png;пёс\n";
    let opened = plain(&write(&folder, "i.csv", text)).unwrap();
    assert_eq!(examples(&opened.data), [(9, "кот"), (0, "пёс")]);
}

#[test]
fn what_is_wrong_with_a_list_is_said() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["train/a.png", "train/b.png", "other/a.png"] {
        write(&folder, name, png(1));
    }
    let said = |name: &str, text: &str, words: &[&str]| {
        let path = write(&folder, name, text);
        failure(plain(&path).map(drop), words)
    };
    let missing = "file,label\ntrain/a.png,x\ntrain/b.png,y\ntrain/c.png,x\n";
    said(
        "l.csv",
        missing,
        &["l.csv", "line 4", "no image \"train/c.png\""],
    );
    let skipping = OpenOptions::default().skip_bad(true);
    let opened = open(folder.path().join("l.csv"), &skipping).unwrap();
    assert_eq!((opened.data.len(), opened.skipped.len()), (2, 1));
    said(
        "m.csv",
        "file,label\na.png,x\nb.png,y\n",
        &["several folders", "other, train"],
    );
    // The folder of the list's name is the one.
    let path = write(&folder, "train.csv", "file,label\na.png,x\nb.png,y\n");
    assert_eq!(plain(&path).unwrap().data.len(), 2);
    said(
        "n.csv",
        "file,one,two\ntrain/a.png,x,y\n",
        &["no column named label", "`label_column`"],
    );
    said(
        "o.csv",
        "file,label\ntrain/a.png,x\ntrain/b.png\n",
        &["line 3", "1 fields"],
    );
    said(
        "p.csv",
        "file,label\ntrain/a.png,x\ntrain/b.png,\n",
        &["line 3", "label is missing"],
    );
    let options = OpenOptions::default().labels(Some("a".into()));
    failure(
        open(path, &options),
        &["labels from a", "only be used with npy or IDX"],
    );
}

#[test]
fn pixels_in_one_column_are_images() {
    let folder = tempfile::tempdir().unwrap();
    let text =
        "emotion,pixels,Usage\n0,1 2 3 4,Training\n3,5 6 7 8,Training\n1,9 9 9 255,PublicTest\n";
    let opened = plain(&write(&folder, "fer.csv", text)).unwrap();
    assert_eq!(opened.data.images().shape(), [2, 2, 1]);
    assert_eq!(opened.data.images().values(), &Values::U8((1..9).collect()));
    assert_eq!(opened.data.labels(), [0, 3]);
    assert_eq!(opened.test.unwrap().labels(), [1]);
    assert_eq!((opened.divisor, opened.divisor_is_stated), (255.0, true));
    for (text, words) in [
        (
            "emotion,pixels\n0,1 2 3 4\n1,1 2 3\n",
            ["line 3", "3 pixels found, expected 4"],
        ),
        (
            "emotion,pixels\n0,1 2 3 4\n1,1 2 3 256\n",
            ["line 3", "pixel 4 is \"256\""],
        ),
        (
            "emotion,pixels\n0,1 2 3 4\n,1 2 3 5\n",
            ["line 3", "label is missing"],
        ),
        (
            "a,b,pixels\n0,1,1 2 3 4\n",
            ["no column named", "`label_column`"],
        ),
    ] {
        failure(plain(&write(&folder, "bad.csv", text)), &words);
    }
}

#[cfg(feature = "parquet")]
mod parquet {
    use super::*;
    use crate::{TargetKind, Targets};

    const HUB: &[u8] = include_bytes!("../../tests/files/hub.parquet");

    #[test]
    fn a_table_of_the_hub_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let opened = plain(&write(&folder, "a.parquet", HUB)).unwrap();
        let expected: Vec<(u8, &str)> = (0..8)
            .map(|at| (10 * at, ["cat", "dog"][usize::from(at) % 2]))
            .collect();
        assert_eq!(examples(&opened.data), expected);
        assert_eq!(opened.data.images().shape(), [4, 5, 3]);
        for part in [
            "train-00000-of-00002",
            "train-00001-of-00002",
            "test-00000-of-00001",
        ] {
            write(&folder, &format!("set/data/{part}.parquet"), HUB);
        }
        let opened = plain(&folder.path().join("set")).unwrap();
        assert_eq!((opened.data.len(), opened.test.unwrap().len()), (16, 8));
        let plain_columns = include_bytes!("../../tests/files/plain.parquet");
        let opened = plain(&write(&folder, "b.parquet", plain_columns)).unwrap();
        assert_eq!(opened.data.classes(), ["a", "b"]);
        assert_eq!(opened.data.labels(), [1, 0, 1, 0, 1, 0, 1, 0]);
    }

    #[test]
    fn what_is_wrong_with_a_table_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let numbers = include_bytes!("../../tests/files/numbers.parquet");
        let path = write(&folder, "a.parquet", numbers);
        failure(plain(&path), &["no column of images", "x, y"]);
        let packed = include_bytes!("../../tests/files/zstd.parquet");
        failure(
            plain(&write(&folder, "b.parquet", packed)),
            &["compression", "snappy"],
        );
        let options = OpenOptions::default().label_column(Some("kind".into()));
        let path = write(&folder, "c.parquet", HUB);
        failure(open(path, &options), &["no label column \"kind\"", "label"]);
    }

    #[test]
    fn numbers_and_labels_are_read_from_columns() {
        let folder = tempfile::tempdir().unwrap();
        let bytes = include_bytes!("../../tests/files/targets.parquet");
        let path = write(&folder, "a.parquet", bytes);
        let options = |kind: TargetKind, columns: Option<&str>| {
            let options = OpenOptions::default().targets(kind);
            options.label_column(columns.map(str::to_owned))
        };
        let numbers = |column| options(TargetKind::Numbers, column);
        let opened = open(&path, &numbers(Some("size, angle"))).unwrap();
        let Targets::Numbers { values, names } = opened.data.targets() else {
            panic!("{:?}", opened.data.targets());
        };
        assert_eq!(names, &["size", "angle"]);
        let wanted = (0..8).flat_map(|row| [f64::from(row), f64::from(row) * 0.5]);
        assert_eq!(values, &wanted.collect::<Vec<_>>());
        assert_eq!(opened.data.images().image(3).unwrap()[0], 30.0);
        // As a model knows them, whose names say the order.
        let known = numbers(None).target_names(vec!["angle".into(), "size".into()]);
        let opened = open(&path, &known).unwrap();
        assert_eq!(opened.data.targets().names(), ["angle", "size"]);
        let opened = open(&path, &options(TargetKind::Labels, Some("sunny"))).unwrap();
        let Targets::Labels { marks, .. } = opened.data.targets() else {
            panic!("{:?}", opened.data.targets());
        };
        assert_eq!(marks, &[1, 0, 0, 1, 0, 0, 1, 0]);
        for part in ["train", "test"] {
            write(&folder, &format!("set/{part}.parquet"), bytes);
        }
        let opened = open(folder.path().join("set"), &numbers(Some("angle"))).unwrap();
        assert_eq!((opened.data.len(), opened.test.unwrap().len()), (8, 8));
        for (kind, columns, said) in [
            (TargetKind::Numbers, None, "angle, size"),
            (
                TargetKind::Labels,
                Some("angle"),
                "no label column \"angle\"",
            ),
            (
                TargetKind::Labels,
                Some("size"),
                "[2]: its column \"size\" has not 0 or 1",
            ),
            (
                TargetKind::Numbers,
                Some("angle,depth"),
                "no label column \"depth\"",
            ),
        ] {
            failure(open(&path, &options(kind, columns)), &["a.parquet", said]);
        }
    }

    /// Whatever is cut off or changed, the reader returns.
    #[test]
    fn damage_is_no_panic() {
        let folder = tempfile::tempdir().unwrap();
        for end in 0..HUB.len() {
            let message = plain(&write(&folder, "cut.parquet", &HUB[..end])).unwrap_err();
            assert!(message.to_string().contains("cut.parquet"), "{message}");
        }
        let mut damaged = HUB.to_vec();
        for at in 0..HUB.len() {
            for flip in [0x01, 0x80, 0xff] {
                damaged[at] ^= flip;
                drop(plain(&write(&folder, "changed.parquet", &damaged)));
                damaged[at] ^= flip;
            }
        }
    }
}
