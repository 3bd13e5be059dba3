//! In place of `tables` where the feature `files` is off: no such data is found, and requests for it are rejected.
//!
//! A part that is not there cannot be given either: its types have no values.

// What would use a part of this may be switched off as well.
#![allow(dead_code)]

pub(crate) mod assemble {
    use std::path::Path;

    use stepnet_files::Kind;

    use crate::{Error, OpenOptions, Opened, Result};

    pub(crate) fn open(path: &Path, kind: Kind, _: &OpenOptions) -> Result<Opened> {
        let problem = format!(
            "is {}; reading it needs the cargo feature `files`",
            kind.name()
        );
        Err(Error::file(path, problem))
    }
}

pub(crate) mod cifar {
    use std::borrow::Cow;
    use std::path::{Path, PathBuf};

    use stepnet_files::Kind;

    use crate::{OpenOptions, Opened, Result};

    pub(crate) enum Files {}

    impl Files {
        pub(crate) fn among(_: impl IntoIterator<Item = PathBuf>) -> Option<Self> {
            None
        }
    }

    pub(crate) trait Place {
        fn has(&self, path: &Path) -> bool;
        fn read(&self, path: &Path) -> Result<Cow<'_, [u8]>>;
    }

    pub(crate) fn is_file(_: &Path) -> Result<bool> {
        Ok(false)
    }

    pub(crate) fn find(_: &Path) -> Result<Option<Files>> {
        Ok(None)
    }

    pub(crate) fn open_folder(_: &Path, files: &Files, _: &OpenOptions) -> Result<Opened> {
        match *files {}
    }

    pub(crate) fn open_in(
        _: &dyn Place,
        _: &Path,
        files: &Files,
        _: &OpenOptions,
    ) -> Result<Opened> {
        match *files {}
    }

    pub(crate) fn open_file(path: &Path, options: &OpenOptions) -> Result<Opened> {
        super::assemble::open(path, Kind::Cifar, options)
    }
}

pub(crate) mod idx_folder {
    use std::path::Path;

    use crate::{OpenOptions, Opened, Result};

    pub(crate) enum Files {}

    pub(crate) fn find(_: &Path) -> Result<Option<Files>> {
        Ok(None)
    }

    pub(crate) fn open(_: &Path, files: &Files, _: &OpenOptions) -> Result<Opened> {
        match *files {}
    }
}

pub(crate) mod text {
    use crate::Result;

    pub(crate) fn encoding(_: &str) -> Result<()> {
        Ok(())
    }
}
