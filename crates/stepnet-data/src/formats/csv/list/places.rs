//! Where the files of a list are.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::images::codecs::endings;
use crate::{Error, Result};
use stepnet_base::text::{listed, quoted};
use stepnet_files::disk;

/// The folders in which the files of a list are looked for: the list's own, and those in it.
#[derive(Debug)]
pub(super) struct Places {
    list: PathBuf,
    folder: PathBuf,
    /// Those in it, by their names, once they were wanted.
    inner: Option<Vec<PathBuf>>,
    /// The folder and the ending of the file found last: the next one is looked for there first.
    last: Option<(PathBuf, String)>,
}

impl Places {
    pub(super) fn around(list: &Path) -> Self {
        Self {
            list: list.to_owned(),
            folder: list.parent().unwrap_or(Path::new("")).to_owned(),
            inner: None,
            last: None,
        }
    }

    /// The file that a list calls `name`, if it is there. The ending may be left out.
    ///
    /// # Errors
    /// Several files that could be meant.
    pub(super) fn find(&mut self, name: &str) -> Result<Option<PathBuf>> {
        // Lists made on Windows have its separators.
        let name = match name.contains('/') || cfg!(windows) {
            true => name.to_owned(),
            false => name.replace('\\', "/"),
        };
        if let Some((folder, ending)) = &self.last {
            let path = folder.join(format!("{name}{ending}"));
            if disk::is_file(&path) {
                return Ok(Some(path));
            }
        }
        for ending in endings() {
            let file = format!("{name}{ending}");
            if let Some(folder) = self.folder_of(&file)? {
                let path = folder.join(&file);
                self.last = Some((folder, ending));
                return Ok(Some(path));
            }
        }
        Ok(None)
    }

    /// The folder in which there is such a file: the list's own before those in it, and of these the one of the list's
    /// name before others.
    fn folder_of(&mut self, file: &str) -> Result<Option<PathBuf>> {
        if disk::is_file(self.folder.join(file)) {
            return Ok(Some(self.folder.clone()));
        }
        let folder = &self.folder;
        let inner = self.inner.get_or_insert_with(|| folders_in(folder));
        let have: Vec<&PathBuf> = inner
            .iter()
            .filter(|inner| disk::is_file(inner.join(file)))
            .collect();
        let named = |inner: &&&PathBuf| inner.file_name() == self.list.file_stem();
        if let Some(named) = have.iter().find(named) {
            return Ok(Some(named.to_path_buf()));
        }
        match have[..] {
            [] => Ok(None),
            [one] => Ok(Some(one.clone())),
            _ => {
                let names = have.iter().filter_map(|inner| inner.file_name());
                let names: Vec<_> = names.map(OsStr::to_string_lossy).collect();
                let problem = format!(
                    "{} is in several folders next to it ({}): write the folder in front of the name",
                    quoted(file),
                    listed(&names)
                );
                Err(Error::file(&self.list, problem))
            }
        }
    }
}

/// The folders in a folder, by their names.
fn folders_in(folder: &Path) -> Vec<PathBuf> {
    let here = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let entries = disk::read_dir(here).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = entries
        .map(|entry| folder.join(entry.file_name()))
        .filter(|path| disk::is_dir(path))
        .collect();
    folders.sort();
    folders
}
