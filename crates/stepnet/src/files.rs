//! Reading inputs, and writing files so that a crash leaves the old one or the new one.

mod input;

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use crate::error::{Error, Result};

pub(crate) use input::read_start;
pub use input::{check_input, check_kept, open_input, read, read_filled};

/// How the names of unfinished files begin and end.
const PREFIX: &str = ".stepnet-";
const SUFFIX: &str = ".tmp";

/// Replaces a file by `content`: written under another name in the same folder, flushed to disk, renamed.
/// What is there and is no file, such as a pipe or `/dev/null`, is written to instead.
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
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    fs::metadata(folder).map_err(failed)?;
    let mut builder = tempfile::Builder::new();
    // The usual rights of a new file, less the user's umask; the crate's own default is for secrets.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder
        .prefix(PREFIX)
        .suffix(SUFFIX)
        .tempfile_in(folder)
        // The crate's own words have the unfinished file's name in them.
        .map_err(|error| failed(error.kind().into()))?;
    file.write_all(content).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    // The new name itself is on disk only once the folder is. Where folders cannot be opened
    // (not on Unix), the rename has to do.
    if let Ok(folder) = File::open(folder) {
        folder.sync_all().ok();
    }
    Ok(())
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
