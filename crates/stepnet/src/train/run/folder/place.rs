//! Tracks the folder of a run during the run: it may be moved or removed, and so may the files in it.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use super::super::description::RunDescription;
use super::super::files::METRICS;
use super::RunFolder;
use super::metrics::open_metrics;
use crate::error::{Error, Result};

impl RunFolder {
    /// Where the folder is at this moment, for what is to be written there: another may have its old name by now.
    pub(in crate::train::run) fn here(&self) -> PathBuf {
        let moved = self.folder.as_ref().filter(|own| !is_at(own, &self.path));
        let now = moved.and_then(place_of);
        now.unwrap_or_else(|| self.path.clone())
    }

    /// Finds the folder again where it was moved, makes it again where it was removed, and writes the
    /// metrics again where they were; what is to be said of that.
    pub(in crate::train::run) fn settle(&mut self, run: &RunDescription) -> Result<Option<String>> {
        let mut note = None;
        let moved = self.folder.as_ref().filter(|own| !is_at(own, &self.path));
        if let Some(own) = moved {
            let was = self.path.display().to_string();
            match place_of(own) {
                Some(path) => {
                    self.path = path;
                    let is = self.path.display();
                    note = Some(format!("{was}: was moved; the run continues in {is}"));
                }
                None => {
                    self.path = make_again(&self.path)?;
                    self.folder = open(&self.path);
                    run.write(&self.path)?;
                    let is = self.path.display();
                    note = Some(format!(
                        "{was}: was removed with its files; the run continues in {is}"
                    ));
                }
            }
        }
        let path = self.path.join(METRICS);
        if cfg!(unix) && !is_at(&self.metrics, &path) {
            // Whatever has the name now is not what was written.
            fs::remove_file(&path).ok();
            self.metrics = open_metrics(&path)?;
            self.written = (0, 0);
            self.write_records()?;
            note.get_or_insert(format!(
                "{}: was removed or replaced during the run; it is written again",
                path.display()
            ));
        }
        Ok(note)
    }
}

/// The folder as an open file, which stays the same under any name.
pub(super) fn open(path: &Path) -> Option<File> {
    // Elsewhere folders cannot be opened.
    File::open(path).ok().filter(|_| cfg!(unix))
}

/// Takes the lock of a run; whether another process has it. Where files have no locks, two runs in
/// one folder are the user's own affair.
pub(super) fn is_locked(file: &File) -> bool {
    // Elsewhere nobody could read a file that is locked.
    cfg!(unix) && matches!(file.try_lock(), Err(TryLockError::WouldBlock))
}

/// Whether the open file or folder has that name, by itself and not by a link.
fn is_at(own: &File, path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let identity = |file: fs::Metadata| (file.dev(), file.ino());
        let there = match own.metadata().is_ok_and(|file| file.is_dir()) {
            true => fs::metadata(path),
            false => fs::symlink_metadata(path),
        };
        let own = own.metadata().ok().map(identity);
        own.is_some() && own == there.ok().map(identity)
    }
    #[cfg(not(unix))]
    {
        let _ = own;
        path.exists()
    }
}

/// Where an open folder is now, if it still has a name.
fn place_of(own: &File) -> Option<PathBuf> {
    name_of(own).filter(|path| is_at(own, path))
}

/// The present name of an open folder, where the system says it.
fn name_of(own: &File) -> Option<PathBuf> {
    #[cfg(unix)]
    {
        use std::os::fd::AsRawFd;
        fs::read_link(format!("/proc/self/fd/{}", own.as_raw_fd())).ok()
    }
    #[cfg(not(unix))]
    {
        let _ = own;
        None
    }
}

/// A folder in place of the one at `path`, under that name if nothing else has it.
fn make_again(path: &Path) -> Result<PathBuf> {
    let failed = |error| Error::io(path, "write", error);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(failed)?;
    }
    let names = (2..1000).map(|number| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!("-{number}"));
        PathBuf::from(name)
    });
    for path in std::iter::once(path.to_owned()).chain(names) {
        match fs::create_dir(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(error)),
        }
    }
    Err(Error::Training(format!(
        "{}: was removed, and no other name is free",
        path.display()
    )))
}
