//! Finding the files below a folder.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::formats::labelled::part::SkippedPaths;
use crate::{Error, Result};
use stepnet_files::disk::{self, Metadata};

/// Files and folders that systems leave behind; hidden ones are passed over as well.
const CLUTTER: [&str; 4] = ["thumbs.db", "desktop.ini", "ehthumbs.db", "__macosx"];

/// Whether a name is that of a hidden file, or of one that systems leave behind.
pub fn is_clutter(name: &OsStr) -> bool {
    let name = name.to_string_lossy().to_lowercase();
    name.starts_with('.') || CLUTTER.contains(&name.as_str())
}

/// The files below a folder, each once however many links lead to it, in the order of the names in each
/// folder. Hidden files and what systems leave behind are passed over.
///
/// A folder that cannot be read, and a link that leads nowhere, are errors between the files.
#[derive(Debug)]
pub struct Files {
    seen: VisitedPaths,
    /// The paths that are not followed.
    around: Arc<VisitedPaths>,
    /// Whether a folder's files come before the folders in it.
    files_first: bool,
    /// The paths still to be visited, the next at the end.
    ahead: Vec<Pending>,
    /// Links to what is visited anyway.
    repeated: SkippedPaths,
}

#[derive(Debug)]
enum Pending {
    File(PathBuf),
    /// A folder, and whether it is the one that is searched.
    Folder(PathBuf, bool),
    Problem(Error),
}

impl Files {
    /// Those below `folder` that were not seen.
    pub fn below(folder: &Path, seen: VisitedPaths) -> Self {
        Self {
            seen,
            around: Arc::default(),
            files_first: false,
            ahead: vec![Pending::Folder(folder.to_owned(), true)],
            repeated: SkippedPaths::default(),
        }
    }

    /// Those below `folder`, without those in the folders `around`; a folder's files before the folders
    /// in it, as data sets have them.
    pub(crate) fn apart_from(around: &Arc<VisitedPaths>, folder: &Path) -> Self {
        Self {
            around: Arc::clone(around),
            files_first: true,
            ..Self::below(folder, VisitedPaths::default())
        }
    }

    /// The visited paths, for the search in another folder.
    pub fn into_seen(self) -> VisitedPaths {
        self.seen
    }

    /// Links to what is visited anyway, so far.
    pub(crate) fn repeated(&self) -> SkippedPaths {
        self.repeated.clone()
    }

    /// Lists a folder, if it is not to be passed over.
    fn enter(&mut self, folder: &Path, searched: bool) -> Result<()> {
        let meta = disk::metadata(folder).map_err(|source| Error::io(folder, "open", source))?;
        let identity = identity(folder, &meta)?;
        let around = !searched && self.around.0.contains(&identity);
        if around || !self.seen.0.insert(identity) {
            self.repeated.add(folder);
            return Ok(());
        }
        self.visit(folder)
    }

    /// Lists a folder.
    fn visit(&mut self, folder: &Path) -> Result<()> {
        let Entries {
            folders,
            files,
            problems,
        } = entries(folder)?;
        let problem = |(path, source): (PathBuf, io::Error)| {
            let error = Error::io(&path, "open", source);
            (path, Pending::Problem(error))
        };
        let mut ahead: Vec<(PathBuf, Pending)> = problems.into_iter().map(problem).collect();
        for (file, meta) in files {
            match identity(&file, &meta).map(|identity| self.seen.0.insert(identity)) {
                Ok(true) => ahead.push((file.clone(), Pending::File(file))),
                Ok(false) => self.repeated.add(&file),
                Err(error) => ahead.push((file, Pending::Problem(error))),
            }
        }
        let folder = |path: PathBuf| (path.clone(), Pending::Folder(path, false));
        ahead.extend(folders.into_iter().map(folder));
        if !self.files_first {
            ahead.sort_by(|(a, _), (b, _)| by_name(a, b));
        }
        let ahead = ahead.into_iter().map(|(_, ahead)| ahead);
        self.ahead.extend(ahead.rev());
        Ok(())
    }
}

impl Iterator for Files {
    type Item = Result<PathBuf>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.ahead.pop()? {
                Pending::File(path) => return Some(Ok(path)),
                Pending::Problem(error) => return Some(Err(error)),
                Pending::Folder(folder, searched) => {
                    if let Err(error) = self.enter(&folder, searched) {
                        return Some(Err(error));
                    }
                }
            }
        }
    }
}

/// The files and folders that were visited, whatever names led to them.
#[derive(Debug, Clone, Default)]
pub struct VisitedPaths(HashSet<Identity>);

#[cfg(unix)]
type Identity = (u64, u64);
#[cfg(not(unix))]
type Identity = PathBuf;

impl VisitedPaths {
    /// Notes a folder.
    ///
    /// # Errors
    /// A folder that cannot be opened.
    pub(crate) fn add(&mut self, folder: &Path) -> Result<()> {
        let meta = disk::metadata(folder).map_err(|source| Error::io(folder, "open", source))?;
        self.0.insert(identity(folder, &meta)?);
        Ok(())
    }

    /// Whether a folder was noted.
    ///
    /// # Errors
    /// A folder that cannot be opened.
    pub(crate) fn has(&self, folder: &Path) -> Result<bool> {
        let meta = disk::metadata(folder).map_err(|source| Error::io(folder, "open", source))?;
        Ok(self.0.contains(&identity(folder, &meta)?))
    }

    /// Notes a file; whether it was not seen before.
    pub fn is_new(&mut self, file: &Path) -> bool {
        let identity = disk::metadata(file)
            .map_err(|source| Error::io(file, "open", source))
            .and_then(|meta| identity(file, &meta));
        // A file that cannot be opened is reported when it is read.
        identity.map_or(true, |identity| self.0.insert(identity))
    }
}

/// The identity of a file or folder, whatever name it was found by.
#[cfg(unix)]
fn identity(_path: &Path, meta: &Metadata) -> Result<Identity> {
    use std::os::unix::fs::MetadataExt;
    Ok((meta.dev(), meta.ino()))
}

#[cfg(not(unix))]
fn identity(path: &Path, _meta: &Metadata) -> Result<Identity> {
    disk::canonicalize(path).map_err(|source| Error::io(path, "open", source))
}

/// The content of a folder, each sorted by name, without hidden files and what systems leave behind.
#[derive(Debug, Default)]
pub(crate) struct Entries {
    pub(crate) folders: Vec<PathBuf>,
    pub(crate) files: Vec<(PathBuf, Metadata)>,
    /// Links that lead nowhere.
    pub(crate) problems: Vec<(PathBuf, io::Error)>,
}

/// Lists a folder; links are followed.
///
/// # Errors
/// A folder that cannot be read.
pub(crate) fn entries(folder: &Path) -> Result<Entries> {
    let unread = |source| Error::io(folder, "read", source);
    let mut found = Entries::default();
    for entry in disk::read_dir(folder).map_err(unread)? {
        let entry = entry.map_err(unread)?;
        if is_clutter(&entry.file_name()) {
            continue;
        }
        let path = entry.path();
        match reached(folder, &path) {
            Ok((path, meta)) if meta.is_dir() => found.folders.push(path),
            Ok((path, meta)) => found.files.push((path, meta)),
            Err(source) => found.problems.push((path, source)),
        }
    }
    found.folders.sort_by(|a, b| by_name(a, b));
    found.files.sort_by(|(a, _), (b, _)| by_name(a, b));
    found.problems.sort_by(|(a, _), (b, _)| by_name(a, b));
    Ok(found)
}

fn by_name(a: &Path, b: &Path) -> Ordering {
    a.file_name().cmp(&b.file_name())
}

/// The entry at `path` in `folder`, with links followed, and the path to open it by. Systems follow a limited number of
/// links in one path and no more (Linux 40): beyond it is the path without those before it.
fn reached(folder: &Path, path: &Path) -> io::Result<(PathBuf, Metadata)> {
    disk::metadata(path).map_or_else(
        |error| {
            let real = real_path(folder, path).ok_or(error)?;
            let meta = disk::metadata(&real)?;
            Ok((real, meta))
        },
        |meta| Ok((path.to_owned(), meta)),
    )
}

/// The path of an entry of a folder without the links on the way to it, if it leads anywhere.
fn real_path(folder: &Path, path: &Path) -> Option<PathBuf> {
    let real = disk::canonicalize(folder).ok()?.join(path.file_name()?);
    disk::metadata(&real).is_ok().then_some(real)
}

/// The path to open an entry of a folder by: its own where that can be followed.
pub fn path_to_open(folder: &Path, path: PathBuf) -> PathBuf {
    match disk::metadata(&path) {
        Ok(_) => path,
        Err(_) => real_path(folder, &path).unwrap_or(path),
    }
}
