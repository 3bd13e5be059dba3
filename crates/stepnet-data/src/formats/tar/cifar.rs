//! CIFAR's binary form in an archive.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use crate::formats::cifar::{Files, Place};
use crate::formats::labelled::contents::Contents;
use crate::{Error, Result};

impl Place for Contents {
    fn has(&self, path: &Path) -> bool {
        self.files.iter().any(|(_, item)| item.name == path)
    }

    fn read(&self, path: &Path) -> Result<Cow<'_, [u8]>> {
        let found = self.files.iter().find(|(_, item)| item.name == path);
        let (_, item) = found.ok_or_else(|| Error::file(path, "is not in the archive"))?;
        item.bytes()
    }
}

impl Contents {
    /// The files of CIFAR's binary form and the folder they are in, if the archive is one folder of them.
    pub(super) fn cifar(&self) -> Option<(PathBuf, Files)> {
        let names = || self.files.iter().map(|(_, item)| &item.name);
        let folder = names().next()?.parent()?;
        let alone = names().all(|name| name.parent() == Some(folder));
        let files = alone.then(|| Files::among(names().cloned())).flatten()?;
        Some((folder.to_path_buf(), files))
    }
}
