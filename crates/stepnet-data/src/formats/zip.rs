//! Zip archives of images by class. Nothing is unpacked to the disk: each image is read where it lies.

use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;

use zip::{CompressionMethod, ZipArchive};

use crate::formats::format::{Format, Source};
use crate::formats::labelled::contents::{Contents, name_parts};
use crate::formats::labelled::load::load;
use crate::images::codecs::is_named_as_image;
use crate::images::item::Item;
use crate::images::zipped::Zipped;
use crate::opened::Opened;
use crate::options::{OpenOptions, Role};
use crate::{Error, Result};
use stepnet_files::disk::File;
use stepnet_files::{Kind, known_zip, open_input};

pub(crate) static FORMAT: Format = Format {
    name: "a zip archive of images",
    content: "a zip archive of images",
    read: "the same as of a folder that was packed",
    images: true,
    takes: &[],
    recognises: |source| Ok(source.is_any(&[Kind::Zip]) && holds_images(source.path)),
    open,
    fuzz: Some(("zip", fuzz)),
};

/// An opened archive.
type Archive = ZipArchive<BufReader<File>>;

fn archive(path: &Path) -> Result<Archive> {
    ZipArchive::new(BufReader::new(open_input(path)?)).map_err(|error| {
        let problem = format!("the zip archive ends early or its directory is damaged: {error}");
        Error::file(path, problem)
    })
}

/// Whether an archive has images in it, and is not one of arrays, nor a document or a model.
fn holds_images(path: &Path) -> bool {
    let Ok(archive) = archive(path) else {
        return false;
    };
    let names = archive.file_names_raw();
    let names: Vec<_> = names.map(String::from_utf8_lossy).collect();
    let arrays = names.iter().any(|name| name.ends_with(".npy"));
    let images = names
        .iter()
        .any(|name| is_named_as_image(Path::new(name.as_ref())));
    images && !arrays && known_zip(&names).is_none()
}

/// Opens an archive as if it were the folder that was packed into it.
///
/// # Errors
/// An archive that is damaged, a name that leads out of it, and as for folders of images.
fn open(source: &Source<'_>, options: &OpenOptions) -> Result<Opened> {
    let found = contents(source.path)?.found(source.path, options.role)?;
    load(found, options)
}

/// The files in an archive.
fn contents(path: &Path) -> Result<Contents> {
    let mut archive = archive(path)?;
    let place: Arc<Path> = path.into();
    let mut contents = Contents::default();
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(|error| {
            let problem = format!("entry {} of the zip archive is damaged: {error}", index + 1);
            Error::file(path, problem)
        })?;
        if entry.is_dir() {
            continue;
        }
        // Some programs write the separators of Windows.
        let raw = entry.name_raw();
        let windows = raw.contains(&b'\\') && !raw.contains(&b'/');
        let name: Vec<u8> = match windows {
            true => raw
                .iter()
                .map(|&byte| if byte == b'\\' { b'/' } else { byte })
                .collect(),
            false => raw.to_vec(),
        };
        let Some(parts) = name_parts(path, &name)? else {
            continue;
        };
        if entry.is_symlink() {
            contents.others += 1;
            continue;
        }
        let name = path.join(parts.join("/"));
        let item = match (entry.compression(), entry.data_start()) {
            _ if entry.encrypted() => Item::broken(
                name,
                "is encrypted in the archive: unpack that first".to_owned(),
            ),
            (CompressionMethod::Stored | CompressionMethod::Deflated, Some(offset)) => {
                let zipped = Zipped {
                    offset,
                    packed: entry.compressed_size(),
                    length: entry.size(),
                    deflated: entry.compression() == CompressionMethod::Deflated,
                    crc: entry.crc32(),
                };
                Item::zipped(name, &place, zipped)
            }
            (method, _) => {
                let problem = format!(
                    "is packed by {method}, expected deflate or stored: unpack the archive first"
                );
                Item::broken(name, problem)
            }
        };
        contents.files.push((parts, item));
    }
    contents.sort();
    Ok(contents)
}

/// Reads bytes as an archive. They are written to a file, since images are read where they lie.
fn fuzz(bytes: &[u8]) {
    let path = std::env::temp_dir().join(format!("stepnet-fuzz-{}.zip", std::process::id()));
    if std::fs::write(&path, bytes).is_err() {
        return;
    }
    let options = OpenOptions {
        input: Some([4, 4, 3]),
        skip_bad: true,
        memory: Some(1 << 20),
        ..OpenOptions::default()
    };
    if let Ok(found) = contents(&path).and_then(|contents| contents.found(&path, Role::Train)) {
        drop(load(found, &options));
    }
    std::fs::remove_file(&path).ok();
}
