//! An image's bytes, wherever they are: in a file, in an archive, or in memory.

use std::borrow::Cow;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::{Error, Result};
use stepnet_base::memory::zeros;
use stepnet_files::{open_input, read_filled};

use super::codecs::is_named_as_image;
use super::decode::{self, Header, Image};
use super::observer::{ImageObserver, ObservedImage};
use super::zipped::Zipped;
use stepnet_files::Kind;

/// An image of a data set that is not decoded yet.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    /// Its name for messages; a file's path.
    pub(crate) name: PathBuf,
    /// The index of its class.
    pub(crate) label: u32,
    place: Place,
}

#[derive(Debug, Clone)]
enum Place {
    /// The file of its name.
    File,
    /// A part of another file.
    Inside {
        archive: Arc<Path>,
        offset: u64,
        length: usize,
    },
    /// A part of a zip archive.
    Zipped(Arc<Path>, Zipped),
    /// Here.
    InMemory(Arc<[u8]>),
    /// Nowhere, for this reason.
    Broken(Arc<str>),
}

impl Item {
    /// A file.
    pub(crate) fn file(name: PathBuf, label: u32) -> Self {
        Self {
            name,
            label,
            place: Place::File,
        }
    }

    /// `length` bytes at `offset` of `archive`.
    pub(crate) fn inside(name: PathBuf, archive: &Arc<Path>, offset: u64, length: usize) -> Self {
        let archive = Arc::clone(archive);
        Self {
            name,
            label: 0,
            place: Place::Inside {
                archive,
                offset,
                length,
            },
        }
    }

    /// An entry of a zip archive.
    pub(crate) fn zipped(name: PathBuf, archive: &Arc<Path>, entry: Zipped) -> Self {
        Self {
            name,
            label: 0,
            place: Place::Zipped(Arc::clone(archive), entry),
        }
    }

    /// Bytes that are here.
    pub(crate) fn in_memory(name: PathBuf, bytes: Vec<u8>) -> Self {
        Self {
            name,
            label: 0,
            place: Place::InMemory(bytes.into()),
        }
    }

    /// An image that cannot be read.
    pub(crate) fn broken(name: PathBuf, problem: String) -> Self {
        Self {
            name,
            label: 0,
            place: Place::Broken(problem.into()),
        }
    }

    /// The same in another class.
    pub(crate) fn labelled(self, label: u32) -> Self {
        Self { label, ..self }
    }

    /// Its bytes, read again unless they are in memory.
    ///
    /// # Errors
    /// Bytes that cannot be read.
    pub(crate) fn bytes(&self) -> Result<Cow<'_, [u8]>> {
        match &self.place {
            Place::File => read_filled(&self.name).map(Cow::Owned),
            Place::InMemory(bytes) => Ok(Cow::Borrowed(bytes)),
            Place::Zipped(archive, entry) => entry.read(&self.name, archive).map(Cow::Owned),
            Place::Broken(problem) => Err(Error::file(&self.name, problem.as_ref())),
            Place::Inside {
                archive,
                offset,
                length,
            } => {
                // Opened each time, so that threads do not share a position.
                let unread = |source| Error::io(&self.name, "read", source);
                let mut file = open_input(archive)?;
                file.seek(SeekFrom::Start(*offset)).map_err(unread)?;
                let mut bytes = zeros(&self.name.display().to_string(), *length)?;
                file.read_exact(&mut bytes).map_err(unread)?;
                Ok(Cow::Owned(bytes))
            }
        }
    }

    /// Whether it is an image by its name or by its content; what cannot be read may be one.
    pub(crate) fn is_image(&self) -> bool {
        is_named_as_image(&self.name)
            || matches!(self.place, Place::Broken(_))
            || self.bytes().is_ok_and(|bytes| Kind::of(&bytes).is_image())
    }

    /// The image's header.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn header(&self) -> Result<Header> {
        decode::header(&self.name, &self.bytes()?)
    }

    /// Decodes it for `then`, which has memory for it meanwhile.
    ///
    /// # Errors
    /// When it cannot be read, and the errors of `then`.
    pub(crate) fn decoded<T>(&self, then: impl FnOnce(Image) -> Result<T>) -> Result<T> {
        decode::decoded(&self.name, &self.bytes()?, then)
    }

    /// The error, if it cannot be decoded; shows the image, or the error, to an observer.
    pub(crate) fn observed(&self, observer: Option<&ImageObserver>) -> Option<Error> {
        let Some(observer) = observer else {
            return self.error();
        };
        let (bytes, error) = match self.bytes() {
            Err(error) => (Cow::Borrowed(&[][..]), error),
            Ok(bytes) => {
                let shown = |image: Image| {
                    observer.see(self.shown(&bytes, Ok(&image)));
                    Ok(())
                };
                let error = decode::decoded(&self.name, &bytes, shown).err()?;
                (bytes, error)
            }
        };
        observer.see(self.shown(&bytes, Err(&error)));
        Some(error)
    }

    fn shown<'a>(
        &'a self,
        bytes: &'a [u8],
        image: std::result::Result<&'a Image, &'a Error>,
    ) -> ObservedImage<'a> {
        ObservedImage {
            name: &self.name,
            bytes: bytes.len(),
            kind: Kind::of(bytes),
            image,
        }
    }

    /// The error, if it cannot be decoded.
    pub(crate) fn error(&self) -> Option<Error> {
        self.decoded(|_| Ok(())).err()
    }
}

/// Advice about images that cannot be read.
pub(crate) const ADVICE: &str = "`skip_bad` leaves such images out";

/// The error of one image, with what can be done.
pub(crate) fn advised(error: Error) -> Error {
    error.map_problem(|problem| format!("{problem}; {ADVICE}"))
}
