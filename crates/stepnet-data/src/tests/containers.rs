//! Containers with something else in them than what is read, and more than there is memory for.

use std::io::{Cursor, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use zip::write::SimpleFileOptions;

use super::failure;
use crate::Result;
use crate::formats::arrays::file::ArrayFile;
use crate::{OpenOptions, Opened, idx, open};
use stepnet_files::tensors::refusal;

fn opened(bytes: &[u8]) -> Result<Opened> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data");
    std::fs::write(&path, bytes).unwrap();
    open(path, &OpenOptions::default())
}

/// A zip archive of empty files.
fn zip(names: &[&str]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for name in names {
        writer
            .start_file(*name, SimpleFileOptions::default())
            .unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut writer = GzEncoder::new(Vec::new(), Compression::fast());
    writer.write_all(content).unwrap();
    writer.finish().unwrap()
}

/// The message about bytes that should be a model.
fn as_model(bytes: &[u8]) -> String {
    let error = safetensors::SafeTensors::deserialize(bytes).unwrap_err();
    refusal(bytes, &error)
}

#[test]
fn zip_archives_are_named_by_what_is_in_them() {
    let cases: [(&[&str], &[&str]); 6] = [
        (
            &["config.json", "metadata.json", "model.weights.h5"],
            &["a Keras model (.keras)", "import it as a model first"],
        ),
        (
            &["archive/data.pkl", "archive/data/0"],
            &["a PyTorch file", "import it as a model first"],
        ),
        (
            &["[Content_Types].xml", "xl/workbook.xml"],
            &["an Excel workbook", "as CSV"],
        ),
        (&["mimetype", "content.xml"], &["an OpenDocument file"]),
        (
            &["cats/1.txt", "dogs/1.txt"],
            &["a zip archive with neither numpy", "unpack it first"],
        ),
        (&[], &["a zip archive with neither"]),
    ];
    for (names, words) in cases {
        let bytes = zip(names);
        failure(opened(&bytes), words);
        failure(
            ArrayFile::from_bytes(Path::new("a"), bytes.clone()).map(drop),
            words,
        );
        let said = as_model(&bytes);
        assert!(words.iter().all(|word| said.contains(word)), "{said}");
    }
    assert!(as_model(&zip(&["x.npy"])).contains("is a zip archive, not a .safetensors file"));
}

#[test]
fn gzip_files_are_named_by_what_is_in_them() {
    let cases: [(&[u8], &str); 3] = [
        (b"label,a\n1,2\n", "is a gzip file of text, expected"),
        (b"\x89PNG\r\n\x1a\n....", "is a gzip file of a PNG image"),
        (b"%PDF-1.7", "is a gzip file of a PDF document"),
    ];
    for (content, words) in cases {
        let bytes = gzip(content);
        failure(opened(&bytes), &[words, "gunzip"]);
        failure(idx::from_bytes(Path::new("a"), &bytes), &[words]);
    }
}

#[test]
fn models_of_keras_in_hdf5_are_named() {
    let mut builder = hdf5_pure::FileBuilder::new();
    builder.create_dataset("model_config").with_i32_data(&[1]);
    let bytes = builder.finish().unwrap();
    let words = ["a Keras model (.h5)", "import it as a model first"];
    failure(opened(&bytes), &words);
    let said = as_model(&bytes);
    assert!(words.iter().all(|word| said.contains(word)), "{said}");
}

/// A packed array that needs more memory than any machine has, although the stored bytes could hold it.
#[cfg(target_os = "linux")]
#[test]
fn arrays_beyond_the_memory_that_is_free_are_refused_before_they_are_read() {
    // 4 million times 1.3 million bytes, of which the file could hold only some: said before memory.
    let header = [
        &[0, 0, 8, 2][..],
        &4_000_000_u32.to_be_bytes(),
        &1_300_000_u32.to_be_bytes(),
    ]
    .concat();
    failure(
        idx::from_bytes(Path::new("a.gz"), &gzip(&header)),
        &["more than", "packed bytes can hold"],
    );
    let text = "{'descr': '|u1', 'fortran_order': False, 'shape': (4000000, 1300000), }\n";
    let mut npy = b"\x93NUMPY\x01\x00".to_vec();
    npy.extend((text.len() as u16).to_le_bytes());
    npy.extend(text.as_bytes());
    let words = ["a.npy: shape 4000000x1300000 of |u1 takes 4.7 TiB of memory, but only"];
    let read = crate::formats::npy::from_reader(Path::new("a.npy"), &npy[..], usize::MAX);
    failure(read, &words);
    let words = [
        "a.gz: an array of 4000000x1300000",
        " values of 1 bytes takes 4.7 TiB of memory, but only",
    ];
    let read = idx::from_reader(Path::new("a.gz"), &header[..], usize::MAX, true);
    failure(read, &words);
}
