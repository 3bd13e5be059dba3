//! Where answers go: the standard output, or a file that is not there until it is whole.

use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Stdout, Write};
use std::path::{Path, PathBuf};

use stepnet::Error;
use stepnet_files as files;

use crate::failure::{Failure, Outcome};

/// Whether somebody still reads what is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    There,
    /// The pipe was closed: not an error, but nothing more needs to be written.
    Gone,
}

/// An output that has a name in messages.
#[derive(Debug)]
pub(crate) enum Output {
    Standard(BufWriter<Stdout>),
    /// A device or pipe, written as it is.
    Special(BufWriter<File>, PathBuf),
    /// A file under another name until it is whole.
    Partial {
        file: BufWriter<File>,
        partial: PathBuf,
        path: PathBuf,
        replace: bool,
    },
}

impl Output {
    pub(crate) fn standard() -> Self {
        Self::Standard(BufWriter::new(io::stdout()))
    }

    /// A device, a pipe or an open file at `path`; writes to an open file append to it.
    pub(super) fn stream(path: &Path) -> Outcome<Self> {
        let file = File::options().append(true).open(path);
        let file = file.map_err(|error| Failure::from(Error::io(path, "write", error)))?;
        Ok(Self::Special(BufWriter::new(file), path.to_owned()))
    }

    /// The file `path`, as `path.partial` until [`Output::finish`].
    pub(super) fn file(path: &Path, replace: bool) -> Outcome<Self> {
        let mut partial = path.to_owned().into_os_string();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        if replace {
            fs::remove_file(&partial).ok();
        }
        let file = File::create_new(&partial).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => Failure::usage(format!(
                "{} is there already, of a command that was stopped or still runs; remove it, or add --overwrite to replace it",
                partial.display()
            )),
            _ => Failure::from(Error::io(path, "write", error)),
        })?;
        Ok(Self::Partial {
            file: BufWriter::new(file),
            partial,
            path: path.to_owned(),
            replace,
        })
    }

    /// Lets out what was written.
    pub(crate) fn finish(self) -> Outcome<Reader> {
        let Self::Partial {
            mut file,
            partial,
            path,
            replace,
        } = self
        else {
            let mut output = self;
            let flushed = output.flush();
            return output.judge(flushed);
        };
        let whole = file.flush().and_then(|()| file.get_ref().sync_all());
        let whole = whole.map_err(|error| Error::io(&path, "write", error));
        whole
            .and_then(|()| match replace {
                true => {
                    fs::rename(&partial, &path).map_err(|error| Error::io(&path, "write", error))
                }
                false => files::rename_new(&partial, &path),
            })
            .map_err(|error| unfinished(&partial, error))?;
        Ok(Reader::There)
    }

    /// Tells from the result of a write whether somebody still reads, and fails if it failed.
    pub(crate) fn judge(&self, written: io::Result<()>) -> Outcome<Reader> {
        let error = match written {
            Ok(()) => return Ok(Reader::There),
            Err(error) => error,
        };
        match self {
            Self::Partial { partial, path, .. } => {
                Err(unfinished(partial, Error::io(path, "write", error)))
            }
            _ if error.kind() == ErrorKind::BrokenPipe => Ok(Reader::Gone),
            Self::Standard(_) => Err(Error::io("the standard output", "write", error).into()),
            Self::Special(_, path) => Err(Error::io(path, "write", error).into()),
        }
    }
}

fn unfinished(partial: &Path, error: Error) -> Failure {
    Failure::from(error).and(&format!(
        "what was written until then is in {}",
        partial.display()
    ))
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Standard(out) => out.write(bytes),
            Self::Special(file, _) | Self::Partial { file, .. } => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Standard(out) => out.flush(),
            Self::Special(file, _) | Self::Partial { file, .. } => file.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_takes_its_name_when_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        let partial = folder.path().join("out.csv.partial");
        for (replace, before) in [(false, None), (true, Some(b"new".to_vec()))] {
            let mut output = Output::file(&path, replace).unwrap();
            output.write_all(b"new").unwrap();
            output.flush().unwrap();
            assert_eq!(fs::read(&path).ok(), before);
            assert_eq!(fs::read(&partial).unwrap(), b"new");
            output.finish().unwrap();
            assert_eq!(fs::read(&path).unwrap(), b"new");
            assert!(!partial.exists());
        }
    }

    #[test]
    fn the_part_that_another_command_left_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        let partial = folder.path().join("out.csv.partial");
        fs::write(&partial, "rows").unwrap();
        let refused = Output::file(&path, false).unwrap_err();
        assert_eq!(refused.code(), 2);
        assert!(refused.line().contains("out.csv.partial is there already"));
        assert_eq!(fs::read(&partial).unwrap(), b"rows");
        Output::file(&path, true).unwrap();
    }
}
