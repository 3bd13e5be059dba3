//! Tar archives of images by class, or of CIFAR's binary form, plain or gzip. Nothing is unpacked: a plain archive's images are
//! read where they lie, those of a gzip one are kept in memory as they are stored.

#[cfg(feature = "files")]
mod cifar;

use std::cell::Cell;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use flate2::bufread::MultiGzDecoder;
use tar::{Archive, Entry, EntryType, PaxExtensions};

use crate::{Error, Result};
use stepnet_base::memory;
use stepnet_files::open_input;

use super::labelled::load::load;
use crate::formats::format::{Choice, Format};
use crate::formats::labelled::contents::{Contents, name_parts};
use crate::images::item::Item;
use crate::opened::Opened;
use crate::options::{OpenOptions, Role};
use stepnet_files::{Kind, LOOK};

/// The longest name, and the longest list of extended attributes.
const MAX_NAME: u64 = 1 << 12;
const MAX_PAX: u64 = 1 << 16;

/// The limit on the unpacked size of a gzip archive: this many times its length, and this much in any case. Images are
/// packed already, so more means that it is not an archive of images.
const HELD_RATIO: u64 = 32;
const HELD_FREE: u64 = 64 << 20;

/// The size of a header, of which an archive's length is a multiple.
const HEADER: u64 = 512;

pub(crate) static FORMAT: Format = Format {
    name: "a tar archive",
    content: "a tar archive of images, plain or gzip",
    read: "the same as of a folder that was packed, or CIFAR's binary form",
    images: true,
    // It may hold CIFAR's binary form, which is seen when it is read.
    takes: &[Choice::LabelColumn],
    recognises: |source| {
        let in_gzip = || source.is_any(&[Kind::Gzip]) && is_in_gzip(source.path);
        Ok(source.is_any(&[Kind::Tar]) || in_gzip())
    },
    open: |source, options| open(source.path, source.is_any(&[Kind::Gzip]), options),
    fuzz: Some(("tar", scan)),
};

/// Opens an archive as if it were the folder that was packed into it.
///
/// Folders that all the rest is in are passed over. Links, devices and sparse files are left out, with a
/// note. Where a name comes twice the last one counts, as when unpacking.
///
/// # Errors
/// An archive that is damaged, a name that leads out of it, and as for folders of images.
fn open(path: &Path, packed: bool, options: &OpenOptions) -> Result<Opened> {
    let unread = |source| Error::io(path, "read", source);
    let file = open_input(path)?;
    let length = file.metadata().map_err(unread)?.len();
    let contents = if packed {
        let keep = EntryStorage::hold(HELD_FREE.saturating_add(length.saturating_mul(HELD_RATIO)));
        scanned_in_order(path, MultiGzDecoder::new(BufReader::new(file)), keep)?
    } else {
        let mut archive = Archive::new(BufReader::new(file));
        let entries = archive.entries_with_seek().map_err(unread)?;
        let keep = EntryStorage::InArchive(path.into(), length);
        scanned(path, entries.raw(true), keep, || length)?
    };
    #[cfg(feature = "files")]
    if let Some((folder, files)) = contents.cifar() {
        return crate::formats::cifar::open_in(&contents, &folder, &files, options);
    }
    if let Some(column) = &options.label_column {
        let problem = format!("an archive of images has no label column {column:?}");
        return Err(Error::file(path, problem));
    }
    load(contents.found(path, options.role)?, options)
}

/// Whether a gzip file holds a tar archive.
fn is_in_gzip(path: &Path) -> bool {
    let Ok(file) = open_input(path) else {
        return false;
    };
    let mut start = Vec::new();
    let decoder = MultiGzDecoder::new(BufReader::new(file));
    // A stream that breaks off may still have begun.
    decoder.take(LOOK as u64).read_to_end(&mut start).ok();
    Kind::of(&start) == Kind::Tar
}

/// Where an archive's images are read from later.
enum EntryStorage {
    /// From their place in the archive of this length.
    InArchive(Arc<Path>, u64),
    /// In memory, up to `most` bytes together, of which `held` are used.
    InMemory { held: u64, most: u64 },
}

impl EntryStorage {
    fn hold(most: u64) -> Self {
        Self::InMemory { held: 0, most }
    }

    /// The file that an entry is, and whether it is cut off.
    fn item<R: Read>(
        &mut self,
        path: &Path,
        name: PathBuf,
        entry: &mut Entry<'_, R>,
    ) -> Result<(Item, bool)> {
        let size = entry.size();
        match self {
            Self::InArchive(archive, length) => {
                let offset = entry.raw_file_position();
                let end = offset.checked_add(size).filter(|end| *end <= *length);
                if let (Some(_), Ok(size)) = (end, usize::try_from(size)) {
                    return Ok((Item::inside(name, archive, offset, size), false));
                }
                let left = length.saturating_sub(offset);
                let problem = format!("declares {size} bytes, but the archive ends after {left}");
                Ok((Item::broken(name, problem), true))
            }
            Self::InMemory { held, most } => {
                let wanted = held.saturating_add(size).min(*most);
                memory::check_free(path, "what is packed in it", wanted.into())?;
                let bytes = hold(path, entry, *most - *held)?;
                *held += bytes.len() as u64 + HEADER;
                if *held > *most {
                    return Err(over(path, *most));
                }
                if bytes.len() as u64 == size {
                    return Ok((Item::in_memory(name, bytes), false));
                }
                let problem = format!("declares {size} bytes, but {} are there", bytes.len());
                Ok((Item::broken(name, problem), true))
            }
        }
    }
}

/// The facts about a file in the entries before it.
#[derive(Default)]
struct ExtendedHeader {
    name: Option<Vec<u8>>,
    odd: bool,
}

/// How far an archive goes.
#[derive(Default)]
struct Extent {
    /// Where the next header should begin, or the end mark.
    end: u64,
    /// Whether the last file was found to be cut off, and is remembered as broken.
    cut: bool,
    /// Whether something should follow the last entry: the files of a folder, or what it describes.
    begun: bool,
}

impl Extent {
    /// Takes in an entry.
    fn add<R: Read>(&mut self, entry: &Entry<'_, R>) {
        let end = entry.raw_file_position().saturating_add(entry.size());
        let kind = entry.header().entry_type();
        *self = Self {
            end: end.checked_next_multiple_of(HEADER).unwrap_or(u64::MAX),
            cut: false,
            begun: kind.is_dir()
                || kind.is_gnu_longname()
                || kind.is_gnu_longlink()
                || kind.is_pax_local_extensions(),
        };
    }

    /// Compares with how many bytes there are.
    ///
    /// # Errors
    /// Too few for what is declared.
    fn check(&self, path: &Path, length: u64, notes: &mut Vec<String>) -> Result<()> {
        let end = self.end;
        if length < end && !self.cut {
            let problem = format!(
                "the archive breaks off: its last entry goes to byte {end}, but it ends after {length}; get it again"
            );
            return Err(Error::file(path, problem));
        }
        if length == end && self.begun {
            let problem = format!(
                "the archive breaks off: after {length} bytes, where a folder or a file has only begun; get it again"
            );
            return Err(Error::file(path, problem));
        }
        if length == end {
            notes.push(format!(
                "{} has no end mark: it may have been longer once",
                path.display()
            ));
        }
        Ok(())
    }
}

/// A reader that counts what it gives.
struct CountingReader<R> {
    reader: R,
    count: Rc<Cell<u64>>,
}

impl<R: Read> Read for CountingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.count.set(self.count.get() + read as u64);
        Ok(read)
    }
}

/// Goes through the entries; `length` is how many bytes of the archive there were after that.
fn scanned<R: Read>(
    path: &Path,
    entries: tar::Entries<'_, R>,
    mut keep: EntryStorage,
    length: impl Fn() -> u64,
) -> Result<Contents> {
    let mut contents = Contents::default();
    let mut extent = Extent::default();
    let mut ahead = ExtendedHeader::default();
    for entry in entries {
        let damaged = |error: std::io::Error| {
            let said = error.to_string().replace('\n', " ");
            Error::file(path, format!("a tar archive that is damaged: {said}"))
        };
        let mut entry = entry.map_err(damaged)?;
        extent.add(&entry);
        let kind = entry.header().entry_type();
        let size = entry.size();
        match kind {
            EntryType::GNULongName => {
                ahead.name = Some(limited(path, &mut entry, MAX_NAME, "a name")?);
                continue;
            }
            EntryType::XHeader => {
                let bytes = limited(path, &mut entry, MAX_PAX, "a list of attributes")?;
                ahead.read(&bytes, size);
                continue;
            }
            EntryType::XGlobalHeader | EntryType::GNULongLink => continue,
            _ => {}
        }
        let ExtendedHeader { name, odd } = std::mem::take(&mut ahead);
        if kind.is_dir() {
            continue;
        }
        let name = name.unwrap_or_else(|| entry.path_bytes().into_owned());
        let Some(parts) = name_parts(path, &name)? else {
            continue;
        };
        let regular = matches!(kind, EntryType::Regular | EntryType::Continuous);
        if !regular || odd {
            contents.others += 1;
            continue;
        }
        let name = path.join(parts.join("/"));
        let (item, cut) = keep.item(path, name, &mut entry)?;
        extent.cut = cut;
        contents.files.push((parts, item));
    }
    extent.check(path, length(), &mut contents.notes)?;
    contents.sort();
    Ok(contents)
}

/// Scans an archive that is read from its beginning to its end.
fn scanned_in_order(path: &Path, reader: impl Read, keep: EntryStorage) -> Result<Contents> {
    let count = Rc::new(Cell::new(0));
    let mut archive = Archive::new(CountingReader {
        reader,
        count: Rc::clone(&count),
    });
    let entries = archive.entries();
    let entries = entries.map_err(|source| Error::io(path, "read", source))?;
    scanned(path, entries.raw(true), keep, || count.get())
}

fn over(path: &Path, most: u64) -> Error {
    let most = stepnet_base::memory::readable(most.into());
    let problem = format!(
        "holds more than {most}, too much for a packed archive of this length; unpack it with gunzip first"
    );
    Error::file(path, problem)
}

/// The whole content of an entry, of which no more than `most` bytes are read.
fn hold<R: Read>(path: &Path, entry: &mut Entry<'_, R>, most: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // The declared size of an entry is not trusted: memory grows as bytes come.
    let read = entry.take(most.saturating_add(1)).read_to_end(&mut bytes);
    read.map_err(|source| Error::io(path, "read", source))?;
    if bytes.len() as u64 > most {
        return Err(over(path, most));
    }
    Ok(bytes)
}

/// The content of an entry that describes another.
fn limited<R: Read>(
    path: &Path,
    entry: &mut Entry<'_, R>,
    most: u64,
    what: &str,
) -> Result<Vec<u8>> {
    if entry.size() > most {
        let problem = format!(
            "{what} of {} bytes in the archive, at most {most}",
            entry.size()
        );
        return Err(Error::file(path, problem));
    }
    hold(path, entry, most)
}

impl ExtendedHeader {
    /// Takes over the attributes of the next file whose header is at hand.
    fn read(&mut self, bytes: &[u8], _size: u64) {
        for extension in PaxExtensions::new(bytes).flatten() {
            match extension.key_bytes() {
                b"path" => self.name = Some(extension.value_bytes().to_vec()),
                // Where the size in the header does not count, neither does what follows it.
                b"size" => self.odd = true,
                key => self.odd |= key.starts_with(b"GNU.sparse"),
            }
        }
    }
}

/// Scans a plain or a gzip archive for the fuzz target, and decodes what it holds.
fn scan(bytes: &[u8]) {
    let path = Path::new("fuzz.tar");
    let keep = EntryStorage::hold(HELD_FREE.min(bytes.len() as u64 * HELD_RATIO + (1 << 16)));
    let contents = match bytes.starts_with(b"\x1f\x8b") {
        true => scanned_in_order(path, MultiGzDecoder::new(bytes), keep),
        false => scanned_in_order(path, bytes, keep),
    };
    let Ok(contents) = contents else {
        return;
    };
    #[cfg(feature = "files")]
    if let Some((folder, files)) = contents.cifar() {
        let _ = crate::formats::cifar::open_in(&contents, &folder, &files, &OpenOptions::default());
        return;
    }
    let Ok(found) = contents.found(path, Role::Train) else {
        return;
    };
    let options = OpenOptions {
        input: Some([4, 4, 3]),
        skip_bad: true,
        memory: Some(1 << 20),
        ..OpenOptions::default()
    };
    let _ = load(found, &options);
}
