//! Where answers go: the standard output, or a file that is not there until it is whole.

use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Stdout, Write};
use std::path::{Path, PathBuf};

use stepnet::Error;

use crate::failure::{Failure, Outcome};

/// Whether somebody still reads what is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    There,
    /// The pipe was closed: no mistake, and no reason to go on.
    Gone,
}

/// An output that has a name in messages.
#[derive(Debug)]
pub(super) enum Output {
    Standard(BufWriter<Stdout>),
    /// A device or pipe, written as it is.
    Special(BufWriter<File>, PathBuf),
    /// A file under another name until it is whole.
    Partial {
        file: BufWriter<File>,
        partial: PathBuf,
        path: PathBuf,
    },
}

impl Output {
    pub(super) fn standard() -> Self {
        Self::Standard(BufWriter::new(io::stdout()))
    }

    /// The file `path`, as `path.partial` until [`Output::finish`].
    pub(super) fn file(path: &Path) -> Outcome<Self> {
        let refused = |at: &Path, error| Failure::from(Error::io(at, "write", error));
        let there = fs::metadata(path).ok();
        if there.as_ref().is_some_and(fs::Metadata::is_dir) {
            let problem = "is a folder, expected a file to write to";
            return Err(Failure::usage(format!("{}: {problem}", path.display())));
        }
        if there.is_some_and(|there| !there.is_file()) {
            let file = File::options()
                .write(true)
                .open(path)
                .map_err(|error| refused(path, error))?;
            return Ok(Self::Special(BufWriter::new(file), path.to_owned()));
        }
        // A link stays a link: what it leads to is replaced.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let mut partial = path.clone().into_os_string();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        let file = File::create(&partial).map_err(|error| refused(&path, error))?;
        Ok(Self::Partial {
            file: BufWriter::new(file),
            partial,
            path,
        })
    }

    /// Lets out what was written.
    pub(super) fn finish(self) -> Outcome<Reader> {
        let Self::Partial {
            mut file,
            partial,
            path,
        } = self
        else {
            let mut output = self;
            let flushed = output.flush();
            return output.judge(flushed);
        };
        let whole = file
            .flush()
            .and_then(|()| file.get_ref().sync_all())
            .and_then(|()| fs::rename(&partial, &path));
        whole.map_err(|error| unfinished(&path, &partial, error))?;
        Ok(Reader::There)
    }

    /// What the result of a write means.
    pub(super) fn judge(&self, written: io::Result<()>) -> Outcome<Reader> {
        let error = match written {
            Ok(()) => return Ok(Reader::There),
            Err(error) => error,
        };
        match self {
            Self::Partial { partial, path, .. } => Err(unfinished(path, partial, error)),
            _ if error.kind() == ErrorKind::BrokenPipe => Ok(Reader::Gone),
            Self::Standard(_) => Err(Error::io("the standard output", "write", error).into()),
            Self::Special(_, path) => Err(Error::io(path, "write", error).into()),
        }
    }
}

fn unfinished(path: &Path, partial: &Path, error: io::Error) -> Failure {
    let failure = Failure::from(Error::io(path, "write", error));
    failure.and(&format!(
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
        fs::write(&path, "old").unwrap();
        let mut output = Output::file(&path).unwrap();
        output.write_all(b"new").unwrap();
        output.flush().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"old");
        let partial = folder.path().join("out.csv.partial");
        assert_eq!(fs::read(&partial).unwrap(), b"new");
        output.finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert!(!partial.exists());
    }

    #[test]
    fn what_is_no_plain_file_is_refused_or_written_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Output::file(folder.path()).unwrap_err().code(), 2);
        assert!(Output::file(&folder.path().join("none").join("a")).is_err());
        #[cfg(unix)]
        {
            let mut null = Output::file(Path::new("/dev/null")).unwrap();
            null.write_all(b"gone").unwrap();
            null.finish().unwrap();
            assert!(!fs::metadata("/dev/null").unwrap().is_file());
        }
    }
}
