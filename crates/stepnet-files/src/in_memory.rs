//! Files in memory, with the functions and types of [`std::fs`] that readers use.
//!
//! A folder is there as long as a file lies in it. Paths are relative to the one root; there are no links.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

static FILES: Mutex<BTreeMap<PathBuf, Arc<[u8]>>> = Mutex::new(BTreeMap::new());

fn files() -> MutexGuard<'static, BTreeMap<PathBuf, Arc<[u8]>>> {
    FILES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A path without what leads nowhere: `./a/../b` is `b`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => plain.push(name),
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    plain
}

/// Puts a file at `path`, in place of one that is there.
pub fn put(path: impl AsRef<Path>, bytes: Vec<u8>) {
    files().insert(plain(path.as_ref()), bytes.into());
}

/// Removes all files.
pub fn remove_all() {
    files().clear();
}

/// What is at a path.
#[derive(Debug, Clone)]
pub struct Metadata {
    /// The bytes of a file; `None` for a folder.
    length: Option<u64>,
}

impl Metadata {
    /// Whether it is a folder.
    pub fn is_dir(&self) -> bool {
        self.length.is_none()
    }

    /// Whether it is a file.
    pub fn is_file(&self) -> bool {
        self.length.is_some()
    }

    /// The bytes of a file.
    #[allow(clippy::len_without_is_empty, reason = "as in `std::fs`")]
    pub fn len(&self) -> u64 {
        self.length.unwrap_or(0)
    }

    /// Its type.
    pub fn file_type(&self) -> FileType {
        FileType {
            file: self.is_file(),
        }
    }
}

/// A file or a folder.
#[derive(Debug, Clone, Copy)]
pub struct FileType {
    file: bool,
}

impl FileType {
    /// Whether it is a folder.
    pub fn is_dir(self) -> bool {
        !self.file
    }

    /// Whether it is a file.
    pub fn is_file(self) -> bool {
        self.file
    }
}

/// What is at `path`.
///
/// # Errors
/// Nothing is.
pub fn metadata(path: impl AsRef<Path>) -> io::Result<Metadata> {
    let path = plain(path.as_ref());
    let files = files();
    if let Some(bytes) = files.get(&path) {
        let length = Some(bytes.len() as u64);
        return Ok(Metadata { length });
    }
    // Files in a folder come after its own path, with only files between that begin as it does.
    let after = files.range(path.clone()..).map(|(file, _)| file);
    let begins = |file: &&PathBuf| file.starts_with(&path);
    match path.as_os_str().is_empty() || after.take_while(begins).next().is_some() {
        true => Ok(Metadata { length: None }),
        false => Err(io::ErrorKind::NotFound.into()),
    }
}

/// The path that leads straight to what is at `path`.
///
/// # Errors
/// Nothing is.
pub fn canonicalize(path: impl AsRef<Path>) -> io::Result<PathBuf> {
    metadata(path.as_ref())?;
    Ok(plain(path.as_ref()))
}

/// An entry of a folder.
#[derive(Debug, Clone)]
pub struct DirEntry {
    path: PathBuf,
}

impl DirEntry {
    /// Its path, which begins with the one that was asked for.
    pub fn path(&self) -> PathBuf {
        self.path.clone()
    }

    /// Its name.
    pub fn file_name(&self) -> OsString {
        self.path.file_name().unwrap_or_default().to_owned()
    }
}

/// The entries of a folder, by name.
///
/// # Errors
/// No folder of that name.
pub fn read_dir(path: impl AsRef<Path>) -> io::Result<impl Iterator<Item = io::Result<DirEntry>>> {
    let asked = path.as_ref();
    if !metadata(asked)?.is_dir() {
        return Err(io::ErrorKind::NotADirectory.into());
    }
    let folder = plain(asked);
    let files = files();
    let below = files.keys().filter_map(|file| {
        let first = file.strip_prefix(&folder).ok()?.components().next()?;
        Some(first.as_os_str())
    });
    let names: BTreeSet<&OsStr> = below.collect();
    let entry = |name: &OsStr| {
        let path = asked.join(name);
        Ok(DirEntry { path })
    };
    let entries: Vec<_> = names.into_iter().map(entry).collect();
    Ok(entries.into_iter())
}

/// An opened file.
#[derive(Debug)]
pub struct File(Cursor<Arc<[u8]>>);

impl File {
    /// Opens the file at `path`.
    ///
    /// # Errors
    /// There is none.
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        let bytes = files().get(&plain(path.as_ref())).cloned();
        let bytes = bytes.ok_or(io::ErrorKind::NotFound)?;
        Ok(Self(Cursor::new(bytes)))
    }

    /// What is known of it.
    ///
    /// # Errors
    /// None.
    pub fn metadata(&self) -> io::Result<Metadata> {
        let length = Some(self.0.get_ref().len() as u64);
        Ok(Metadata { length })
    }
}

impl Read for File {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Seek for File {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &str) -> Vec<String> {
        let entries = read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.map(|path| path.display().to_string()).collect()
    }

    #[test]
    fn files_are_where_they_were_put() {
        for path in ["cats/b.png", "cats/in/c.png", "cats.csv", "./dogs/../d"] {
            put(path, path.into());
        }
        assert_eq!(names("cats"), ["cats/b.png", "cats/in"]);
        assert_eq!(names("./cats/in"), ["./cats/in/c.png"]);
        assert_eq!(names(""), ["cats", "cats.csv", "d"]);
        let kinds = ["cats", "cats/in", "cats/b.png", "cats.csv", "d", "."].map(|path| {
            let there = metadata(path).unwrap();
            assert_ne!(there.is_dir(), there.file_type().is_file());
            there.is_file().then(|| there.len())
        });
        assert_eq!(kinds, [None, None, Some(10), Some(8), Some(11), None]);
        for missing in ["cat", "cats/b", "dogs", "cats/b.png/c"] {
            let error = metadata(missing).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::NotFound, "{missing}");
            assert!(File::open(missing).is_err(), "{missing}");
        }
        assert!(File::open("cats").is_err() && read_dir("d").is_err());

        let mut file = File::open("./cats/b.png").unwrap();
        file.seek(SeekFrom::Start(5)).unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(
            (text.as_str(), file.metadata().unwrap().len()),
            ("b.png", 10)
        );
        remove_all();
        assert!(metadata("cats").is_err());
    }
}
