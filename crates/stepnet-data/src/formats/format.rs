//! The description of a format of data sets, and how a file is recognised as one.

use std::path::Path;

use crate::opened::Opened;
use crate::options::OpenOptions;
use crate::{Error, Result};
use stepnet_files::Kind;

/// A format of data sets that is read.
#[derive(Debug)]
pub struct Format {
    /// Its name, as messages list it.
    pub(crate) name: &'static str,
    /// What a file or folder of it is.
    pub(crate) content: &'static str,
    /// What is read of it.
    pub(crate) read: &'static str,
    /// Whether its images are 8-bit ones.
    pub(crate) images: bool,
    /// The options that say how to read it, of those that not all formats take.
    pub(crate) takes: &'static [Choice],
    /// Whether it is this format. The first in the table that says so reads it.
    pub(crate) recognises: fn(&Source<'_>) -> Result<bool>,
    /// Reads it.
    pub(crate) open: fn(&Source<'_>, &OpenOptions) -> Result<Opened>,
    /// Reads bytes as a file of it, for the fuzz target of this name.
    pub(crate) fuzz: Option<FuzzTarget>,
}

impl Format {
    /// Its name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What a file or folder of it is, such as "an IDX file".
    pub fn content(&self) -> &'static str {
        self.content
    }

    /// What is read of it.
    pub fn what_is_read(&self) -> &'static str {
        self.read
    }
}

/// The name of a fuzz target, and what it runs.
pub(crate) type FuzzTarget = (&'static str, fn(&[u8]));

/// An option that says how to read some formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    /// Targets that are not classes.
    Targets,
    Labels,
    LabelColumn,
    Encoding,
}

/// What is at a path.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    pub(crate) path: &'a Path,
    /// What a file begins as; `None` for a folder.
    pub(crate) kind: Option<Kind>,
    /// The encoding that the user has named.
    pub(crate) encoding: Option<&'a str>,
    /// Whether it is text because of that: it may look like anything.
    pub(crate) is_text: bool,
}

impl<'a> Source<'a> {
    /// Looks at `path`.
    ///
    /// # Errors
    /// Nothing there, or nothing that can be opened.
    pub(crate) fn look(path: &'a Path, options: &'a OpenOptions) -> Result<Self> {
        let meta = stepnet_files::disk::metadata(path)
            .map_err(|source| Error::io(path, "open", source))?;
        let kind = match meta.is_dir() {
            true => None,
            false => Some(Kind::of_file(path)?),
        };
        Ok(Self {
            path,
            kind,
            encoding: options.encoding.as_deref(),
            is_text: options.encoding.is_some() && kind == Some(Kind::Unknown),
        })
    }

    /// Whether a file begins as one of `kinds`.
    pub(crate) fn is_any(&self, kinds: &[Kind]) -> bool {
        self.kind.is_some_and(|kind| kinds.contains(&kind))
    }
}
