//! Data sets from folders of images by class.

pub(crate) mod files;
mod walk;

use std::path::{Path, PathBuf};

use crate::{Error, Result};

use crate::formats::format::Format;
use crate::formats::labelled::load::{SourceParts, load};
use crate::opened::Opened;
use crate::options::{OpenOptions, Role};

pub(crate) static FORMAT: Format = Format {
    name: "a folder of images",
    content: "a folder of images",
    read: "images in a folder for each class, in `train/` and `test/` (or other common names of parts) or directly",
    images: true,
    takes: &[],
    recognises: |source| Ok(source.kind.is_none()),
    open: |source, options| open(source.path, options),
    fuzz: None,
};

/// Opens a folder of images by class, with or without `train/` and `test/`.
///
/// Without a wanted input it is the images' common size, or 64x64 where they differ, with one
/// channel if every file stores grey values and three if not.
///
/// # Errors
/// Images that are damaged (the first ten by name) unless they are to be skipped, one class alone for
/// training, test classes that the training part does not have, or classes that look like parts. Files
/// that are not images and classes without any are left out with a note.
fn open(root: &Path, options: &OpenOptions) -> Result<Opened> {
    let layout = walk::layout(root)?;
    let parts = [
        Some(root.to_owned()),
        layout.train.clone(),
        layout.test.clone(),
    ];
    let parts: Vec<PathBuf> = parts.into_iter().flatten().collect();
    let (main, other) = match (options.role, layout.train, layout.test) {
        (Role::Train, Some(train), test) => (train, test),
        (Role::Test, train, test) => match test.or(train) {
            Some(part) => (part, None),
            None => return Err(Error::file(root, "no folder of images")),
        },
        (Role::Train, None, _) => {
            return Err(Error::file(
                root,
                "no folder train; with test alone it serves for evaluation",
            ));
        }
    };
    let part = |folder: PathBuf| {
        let part = walk::part(&parts, &folder)?;
        Ok::<_, Error>((folder, part))
    };
    let found = SourceParts {
        main: part(main)?,
        other: other.map(part).transpose()?,
        notes: layout.notes,
    };
    load(found, options)
}
