//! Files: inputs, each opened in one place and known by its content; outputs, written so that a crash leaves the
//! old file or the new one; checksums of tensors.
//!
//! # Features
//!
//! `containers` looks into zip, gzip and HDF5 files to name what they are.

pub mod disk;
#[cfg(any(test, all(target_family = "wasm", target_os = "unknown")))]
#[cfg_attr(
    test,
    allow(dead_code, unreachable_pub, reason = "a browser uses all of it")
)]
mod in_memory;
mod input;
mod kind;
pub mod npy;
pub mod tensors;

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tempfile::{NamedTempFile, PersistError, TempPath};

use stepnet_base::{Error, Result, error, memory};

pub use input::{check_input, check_kept, open_input, read, read_filled, read_start};
pub use kind::{Foreign, Kind, LOOK};
#[cfg(feature = "containers")]
pub use kind::{known_zip, refused};

/// How the names of unfinished files begin and end.
const PREFIX: &str = ".stepnet-";
const SUFFIX: &str = ".tmp";

/// Replaces a file by `content`: written under another name in the same folder, flushed to disk, renamed.
/// A pipe or a device at that path, such as `/dev/null`, is written to directly.
///
/// # Errors
/// When any of that fails; the old file is then untouched.
pub fn write_atomic(path: &Path, content: &[u8]) -> Result<()> {
    let failed = |error| Error::io(path, "write", error);
    if fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir()) {
        let mut file = fs::OpenOptions::new()
            .write(true)
            .open(path)
            .map_err(failed)?;
        return file.write_all(content).map_err(failed);
    }
    let unfinished = Unfinished::write(path, content)?;
    unfinished.name(path, |file| file.persist(path))
}

/// As [`write_atomic`], for a file that must not be there yet.
///
/// # Errors
/// Also when something of that name is there, however late it came; it is then untouched.
pub fn write_new(path: &Path, content: &[u8]) -> Result<()> {
    let unfinished = Unfinished::write(path, content)?;
    unfinished.name(path, |file| file.persist_noclobber(path))
}

/// As [`write_atomic`]; the file that was there is kept under the name `before`, in the same folder, and
/// replaces what had that name. At every moment one of the two is there and whole.
///
/// # Errors
/// When any of that fails; both files are then as they were, or the old one has the name `before`.
pub fn write_keeping(path: &Path, before: &Path, content: &[u8]) -> Result<()> {
    let unfinished = Unfinished::write(path, content)?;
    if fs::symlink_metadata(path).is_ok_and(|there| there.is_file()) {
        fs::rename(path, before).map_err(|error| Error::io(before, "write", error))?;
    }
    unfinished.name(path, |file| file.persist(path))
}

/// Gives a file that is whole another name in the same folder, which nothing may have yet.
///
/// # Errors
/// When something of that name is there, or the file cannot be renamed; it then keeps its name.
pub fn rename_new(from: &Path, to: &Path) -> Result<()> {
    let from = TempPath::try_from_path(from).map_err(|error| Error::io(to, "write", error))?;
    let named = from.persist_noclobber(to);
    named.map_err(|problem| {
        // Dropped, it would be removed.
        problem.path.keep().ok();
        Error::io(to, "write", problem.error)
    })
}

/// Fails if no file can be made in the folder of `path`.
///
/// # Errors
/// With what stands in the way: no such folder, no right to write there, a full disk.
pub fn check_folder_of(path: &Path) -> Result<()> {
    let folder = folder_of(path);
    if !folder.exists() {
        let problem = format!("there is no folder {} to write it in", folder.display());
        return Err(Error::file(path, problem));
    }
    check_writable(folder).map_err(|error| Error::io(path, "write", error))
}

/// Fails if no file can be made in `folder`, which is there.
///
/// # Errors
/// With what stands in the way: no right to write there, a full disk.
pub fn check_folder(folder: &Path) -> Result<()> {
    check_writable(folder).map_err(|error| Error::io(folder, "write into", error))
}

fn check_writable(folder: &Path) -> io::Result<()> {
    let made = tempfile::Builder::new()
        .prefix(PREFIX)
        .suffix(SUFFIX)
        .tempfile_in(folder);
    // The name of the file that was tried says nothing to the user.
    made.map(drop).map_err(|error| error.kind().into())
}

/// The names of files that are being written, which a process that is ended removes.
static PENDING: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Removes the files that this process has not finished writing: the last thing it does when it is to
/// end at once.
pub fn remove_pending() {
    if let Ok(mut pending) = PENDING.lock() {
        for path in pending.drain(..) {
            fs::remove_file(path).ok();
        }
    }
}

/// A file under another name than it is to have.
struct Unfinished {
    file: NamedTempFile,
    at: PathBuf,
}

impl Unfinished {
    /// Writes `content` in the folder of `path` and flushes it to disk.
    fn write(path: &Path, content: &[u8]) -> Result<Self> {
        let failed = |error| Error::io(path, "write", error);
        let folder = folder_of(path);
        fs::metadata(folder).map_err(failed)?;
        let mut builder = tempfile::Builder::new();
        // The rights of the file that is replaced, or the usual ones of a new file, less the user's
        // umask; the crate's own default is for secrets.
        #[cfg(unix)]
        let rights = fs::metadata(path).ok().map(|there| there.permissions());
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let file = builder
            .prefix(PREFIX)
            .suffix(SUFFIX)
            .tempfile_in(folder)
            // The crate's own words have the unfinished file's name in them.
            .map_err(|error| failed(error.kind().into()))?;
        let at = file.path().to_owned();
        if let Ok(mut pending) = PENDING.lock() {
            pending.push(at.clone());
        }
        let mut unfinished = Self { file, at };
        #[cfg(unix)]
        if let Some(rights) = rights {
            unfinished.file.as_file().set_permissions(rights).ok();
        }
        unfinished.file.write_all(content).map_err(failed)?;
        unfinished.file.as_file().sync_all().map_err(failed)?;
        Ok(unfinished)
    }

    /// Gives it its name.
    fn name(
        self,
        path: &Path,
        persist: impl FnOnce(NamedTempFile) -> std::result::Result<File, PersistError>,
    ) -> Result<()> {
        persist(self.file).map_err(|error| Error::io(path, "write", error.error))?;
        if let Ok(mut pending) = PENDING.lock() {
            pending.retain(|other| *other != self.at);
        }
        // The new name itself is on disk only once the folder is. Where folders cannot be opened
        // (not on Unix), the rename has to do.
        if let Ok(folder) = File::open(folder_of(path)) {
            folder.sync_all().ok();
        }
        Ok(())
    }
}

/// The folder that a path's last name is in.
fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Removes what [`write_atomic`] left in a folder when the process was ended in the middle of it.
/// Nobody else may be writing there.
pub fn remove_unfinished(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(PREFIX) && name.ends_with(SUFFIX) {
            fs::remove_file(entry.path()).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_nothing_else_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        write_atomic(&path, b"one").unwrap();
        write_atomic(&path, b"two").unwrap();
        assert_eq!(read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_new_file_never_replaces_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        write_new(&path, b"one").unwrap();
        let message = write_new(&path, b"two").unwrap_err().to_string();
        assert!(message.contains("cannot write"), "{message}");
        assert_eq!(read(&path).unwrap(), b"one");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn the_file_before_is_kept_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let (path, before) = (folder.path().join("a"), folder.path().join("b"));
        write_keeping(&path, &before, b"one").unwrap();
        assert!(!before.exists());
        for (now, then) in [(b"two", b"one"), (b"3rd", b"two")] {
            write_keeping(&path, &before, now).unwrap();
            assert_eq!(read(&path).unwrap(), now);
            assert_eq!(read(&before).unwrap(), then);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_is_replaced_keeps_its_rights() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        write_atomic(&path, b"one").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        write_atomic(&path, b"two").unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_stays_what_it_is() {
        use std::os::unix::fs::FileTypeExt;
        let null = Path::new("/dev/null");
        write_atomic(null, b"one").unwrap();
        assert!(fs::metadata(null).unwrap().file_type().is_char_device());
    }

    #[test]
    fn unfinished_files_are_removed_and_no_others() {
        let folder = tempfile::tempdir().unwrap();
        let names = [".stepnet-x1y2.tmp", ".stepnet-notes", "a.tmp", "a"];
        for name in names {
            fs::write(folder.path().join(name), "").unwrap();
        }
        remove_unfinished(folder.path());
        let left = names.map(|name| folder.path().join(name).exists());
        assert_eq!(left, [false, true, true, true]);
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("none").join("a");
        let message = write_atomic(&path, b"one").unwrap_err().to_string();
        assert!(
            message.contains("none")
                && message.contains("cannot write")
                && !message.contains(PREFIX),
            "{message}"
        );
        assert!(
            read(folder.path())
                .unwrap_err()
                .to_string()
                .contains("is a folder")
        );
    }
}
