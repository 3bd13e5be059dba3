//! In place of `decoding` where the feature `pictures` is off: no such data is found, and requests for it are rejected.
//!
//! A part that is not there cannot be given either: its types have no values.

// What would use a part of this may be switched off as well.
#![allow(dead_code)]

pub(crate) mod folder {
    use std::path::Path;

    use crate::{Error, OpenOptions, Opened, Result};

    pub(crate) fn open(path: &Path, _: &OpenOptions) -> Result<Opened> {
        let problem = "folders of images need the cargo feature `pictures`";
        Err(Error::file(path, problem))
    }
}

pub(crate) mod resize_all {
    use std::path::Path;

    use crate::{Error, Images, OpenOptions, Result};

    pub(crate) fn resize_all(
        path: &Path,
        _: &Images,
        _: [usize; 3],
        _: &OpenOptions,
    ) -> Result<Images> {
        let problem = "resizing images needs the cargo feature `pictures`";
        Err(Error::file(path, problem))
    }
}

pub(crate) mod streamed {
    use std::path::Path;

    use stepnet_base::Hash;

    use crate::{Result, Values};

    /// Images that are decoded as they are needed: none, without the feature `pictures`.
    #[derive(Debug, Clone, PartialEq)]
    pub enum Streamed {}

    impl Streamed {
        /// The number of images.
        pub fn len(&self) -> usize {
            match *self {}
        }

        /// Whether there is none.
        pub fn is_empty(&self) -> bool {
            match *self {}
        }

        /// The values of the image at `index`, which must be there.
        ///
        /// # Errors
        /// An image that cannot be read, naming it.
        pub fn image(&self, _: usize) -> Result<Vec<u8>> {
            match *self {}
        }

        pub(crate) fn name(&self, _: usize) -> Option<&Path> {
            match *self {}
        }

        pub(crate) fn per_image(&self) -> usize {
            match *self {}
        }

        pub(crate) fn each(&self, _: impl FnMut(Vec<u8>)) -> Result<()> {
            match *self {}
        }

        pub(crate) fn hashes(&self) -> Result<Vec<Hash>> {
            match *self {}
        }

        pub(crate) fn gather(&self, _: &[usize]) -> Values {
            match *self {}
        }
    }
}

pub(crate) mod tar {
    use std::path::Path;

    use stepnet_files::Kind;

    use crate::{Error, OpenOptions, Opened, Result};

    pub(crate) fn is_in_gzip(_: &Path) -> bool {
        false
    }

    pub(crate) fn open(path: &Path, _: Kind, _: &OpenOptions) -> Result<Opened> {
        let problem = "tar archives of images need the cargo feature `pictures`";
        Err(Error::file(path, problem))
    }
}
