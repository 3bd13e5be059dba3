//! Reading inputs: every file that is read is opened here.
//!
//! An input is a plain file. A pipe or a device could wait or feed for ever, and is read only once, so it
//! is refused by name before it is opened; streams are for outputs.

use std::io::Read;
use std::path::Path;

use crate::disk::{self, File, FileType, Metadata};
use crate::error::{Error, Result};
use crate::memory;

/// Opens a plain file for reading.
///
/// # Errors
/// No such file, anything that is no plain file, or a refusal by the system.
pub fn open_input(path: &Path) -> Result<File> {
    check_input(path)?;
    let file = File::open(path).map_err(|source| Error::io(path, "open", source))?;
    // Another file may have come into its place meanwhile.
    let opened = metadata(path, &file)?;
    plain(path, opened.file_type())?;
    Ok(file)
}

/// Fails unless there is a plain file at `path`; nothing is opened.
///
/// # Errors
/// As [`open_input`].
pub fn check_input(path: &Path) -> Result<()> {
    let there = disk::metadata(path).map_err(|source| Error::io(path, "open", source))?;
    plain(path, there.file_type())
}

/// Fails if there is something at `path` that is no plain file: it could not be read again after it was
/// written.
///
/// # Errors
/// A folder, a pipe, a socket or a device.
pub fn check_kept(path: &Path) -> Result<()> {
    match disk::metadata(path) {
        Ok(there) => plain(path, there.file_type()),
        Err(_) => Ok(()),
    }
}

/// The content of a plain file.
///
/// # Errors
/// As [`open_input`]; a file that does not fit into the memory that is free, which is seen before it is
/// read; and one that shrinks or grows meanwhile.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    let mut file = open_input(path)?;
    let length = metadata(path, &file)?.len();
    let mut bytes = buffer_for(path, length)?;
    // One byte more than it had shows that it grows.
    let most = length.saturating_add(1);
    let read = (&mut file).take(most).read_to_end(&mut bytes);
    read.map_err(|source| Error::io(path, "read", source))?;
    let now = metadata(path, &file)?.len();
    if bytes.len() as u64 != length || now != length {
        let now = now.max(bytes.len() as u64);
        let problem =
            format!("changed while it was read: {length} bytes at first, {now} now; read it again");
        return Err(Error::file(path, problem));
    }
    Ok(bytes)
}

/// The content of a plain file that must have some.
///
/// # Errors
/// As [`read`], and an empty file.
pub fn read_filled(path: &Path) -> Result<Vec<u8>> {
    let bytes = read(path)?;
    if bytes.is_empty() {
        return Err(Error::file(path, "the file is empty"));
    }
    Ok(bytes)
}

/// The first bytes of a plain file, at most `most` of them.
///
/// # Errors
/// As [`open_input`].
pub fn read_start(path: &Path, most: usize) -> Result<Vec<u8>> {
    let mut start = Vec::with_capacity(most);
    let mut head = open_input(path)?.take(most as u64);
    head.read_to_end(&mut start)
        .map_err(|source| Error::io(path, "read", source))?;
    Ok(start)
}

fn metadata(path: &Path, file: &File) -> Result<Metadata> {
    file.metadata()
        .map_err(|source| Error::io(path, "read", source))
}

/// An empty array with room for a file of this length.
fn buffer_for(path: &Path, length: u64) -> Result<Vec<u8>> {
    memory::check_free(path, "the file", length.into())?;
    let mut bytes = Vec::new();
    // With the byte that shows that it grows.
    let wanted = usize::try_from(length.saturating_add(1)).ok();
    match wanted.map(|wanted| bytes.try_reserve_exact(wanted)) {
        Some(Ok(())) => Ok(bytes),
        _ => Err(Error::file_memory(
            path,
            format!("{length} bytes do not fit into memory"),
        )),
    }
}

/// Refuses what is no plain file by what it is.
fn plain(path: &Path, kind: FileType) -> Result<()> {
    if kind.is_file() {
        return Ok(());
    }
    let problem = match name(kind) {
        folder @ "a folder" => format!("is {folder}, expected a file"),
        other => format!("is {other}, expected a plain file: inputs are not read from streams"),
    };
    Err(Error::file(path, problem))
}

/// A kind of file in words.
fn name(kind: FileType) -> &'static str {
    if kind.is_dir() {
        return "a folder";
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            return "a pipe";
        }
        if kind.is_socket() {
            return "a socket";
        }
        if kind.is_char_device() || kind.is_block_device() {
            return "a device";
        }
    }
    "neither a file nor a folder"
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn refused<T>(result: Result<T>, parts: &[&str]) {
        let message = result
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default();
        for part in parts {
            assert!(message.contains(part), "{part:?} is not in: {message:?}");
        }
    }

    #[test]
    fn plain_files_are_read_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, b"").unwrap();
        assert_eq!(read(&path).unwrap(), b"");
        refused(read_filled(&path), &["a: the file is empty"]);
        fs::write(&path, b"12345").unwrap();
        assert_eq!(read_filled(&path).unwrap(), b"12345");
        assert_eq!(read_start(&path, 3).unwrap(), b"123");
        refused(read(folder.path()), &["is a folder, expected a file"]);
        refused(read(&folder.path().join("none")), &["none: cannot open"]);
    }

    #[cfg(unix)]
    #[test]
    fn streams_and_devices_are_refused_without_opening_them() {
        use std::os::unix::net::UnixListener;
        let folder = tempfile::tempdir().unwrap();
        for device in ["/dev/zero", "/dev/null"] {
            refused(
                read(Path::new(device)),
                &[device, "is a device", "plain file"],
            );
        }
        let socket = folder.path().join("s");
        let _listener = UnixListener::bind(&socket).unwrap();
        refused(read_start(&socket, 1), &["s: is a socket"]);
        refused(check_kept(&socket), &["s: is a socket"]);
        let pipe = folder.path().join("p");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.is_ok_and(|status| status.success()));
        // Opening it would wait for a writer for ever.
        refused(
            open_input(&pipe),
            &["p: is a pipe", "not read from streams"],
        );
        refused(check_kept(&pipe), &["p: is a pipe"]);
        check_kept(&folder.path().join("not there yet")).unwrap();
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_does_not_fit_into_memory_is_refused_before_it_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sparse");
        File::create(&path).unwrap().set_len(1 << 42).unwrap();
        refused(read(&path), &["sparse: the file takes 4.0 TiB of memory"]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_that_is_longer_than_it_says_is_refused() {
        // Files of the system's have a length of zero, whatever there is to read.
        refused(
            read(Path::new("/proc/self/status")),
            &["changed while it was read: 0 bytes at first"],
        );
    }
}
