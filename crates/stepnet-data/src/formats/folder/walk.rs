//! Finding the images of a folder: parts, classes, files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::{Error, Result};

use super::files::{Entries, Files, VisitedPaths, entries};
use crate::formats::labelled::part::{Part, SkippedItems};
use crate::formats::labelled::parts::{Parts, check_unlike, is_part};
use crate::images::codecs::is_image;
use crate::images::item::Item;
use crate::limits::MAX_CLASSES;
use stepnet_files::disk;

/// Where a folder keeps its parts.
#[derive(Debug)]
pub(crate) struct Layout {
    /// The folder of the training classes.
    pub(crate) train: Option<PathBuf>,
    /// The folder of the test classes.
    pub(crate) test: Option<PathBuf>,
    /// Remarks for the user.
    pub(crate) notes: Vec<String>,
}

/// The name of a file or folder as text.
fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// The names of the folders in a folder, without links to one of those `around`.
fn folders_in(folder: &Path, around: &VisitedPaths) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for inner in entries(folder)?.folders {
        if !around.has(&inner)? {
            names.push(name_of(&inner));
        }
    }
    Ok(names)
}

/// The folders that others are compared with.
fn seen<'a>(folders: impl IntoIterator<Item = &'a Path>) -> Result<VisitedPaths> {
    let mut seen = VisitedPaths::default();
    for folder in folders {
        seen.add(folder)?;
    }
    Ok(seen)
}

/// Sees whether a folder has parts or classes.
///
/// # Errors
/// A folder that cannot be read, or has no folder in it.
pub(crate) fn layout(root: &Path) -> Result<Layout> {
    let Entries {
        folders,
        files,
        problems,
    } = entries(root)?;
    // A part that cannot be followed would be missed without a word.
    let is_lost_part = |(path, _): &(PathBuf, _)| is_part(&name_of(path));
    if let Some((path, source)) = problems.into_iter().find(is_lost_part) {
        return Err(Error::io(path, "open", source));
    }
    if folders.is_empty() {
        let problem = format!(
            "no folder in it; expected a folder of images for each class ({} files found)",
            files.len()
        );
        return Err(Error::file(root, problem));
    }
    let mut notes = Vec::new();
    let mut loose = 0;
    for (file, _) in &files {
        loose += usize::from(is_image(file)?);
    }
    if loose > 0 {
        let folder = root.display();
        notes.push(format!(
            "{loose} images directly in {folder} belong to no class: left out"
        ));
    }
    let names: Vec<String> = folders.iter().map(|folder| name_of(folder)).collect();
    let around = seen(folders.iter().map(PathBuf::as_path).chain([root]))?;
    let has_folders =
        |at: usize| folders_in(&folders[at], &around).is_ok_and(|inside| !inside.is_empty());
    let Some(parts) = Parts::among(&names, has_folders) else {
        return Ok(Layout {
            train: Some(root.to_path_buf()),
            test: None,
            notes,
        });
    };
    let others = parts.others(&names);
    if !others.is_empty() {
        let others = others
            .iter()
            .map(|name| root.join(name).display().to_string());
        let others: Vec<String> = others.collect();
        notes.push(format!(
            "left out, as other parts are used: {}",
            others.join(", ")
        ));
    }
    let folder = |at: Option<usize>| at.map(|at| folders[at].clone());
    Ok(Layout {
        train: folder(parts.train),
        test: folder(parts.test),
        notes,
    })
}

/// Folders without those that are one of `outer` again.
fn without_links_to(
    outer: &VisitedPaths,
    folders: Vec<PathBuf>,
    left: &mut SkippedItems,
) -> Result<Vec<PathBuf>> {
    let mut others = Vec::with_capacity(folders.len());
    for folder in folders {
        match outer.has(&folder)? {
            true => left.link(&folder),
            false => others.push(folder),
        }
    }
    Ok(others)
}

/// The error of a link that leads nowhere.
fn unopened((path, source): (PathBuf, std::io::Error)) -> Error {
    Error::file(path, format!("cannot open: {source}"))
}

/// Finds the classes and files of a part; `parts` are all that are read, and the folder that they are in.
/// Links to one of these, and from a class to another class, are not followed, so that no image gets into
/// a part or class by them.
///
/// # Errors
/// A folder that cannot be read, a class name that is not UTF-8, or classes that look like parts.
pub(crate) fn part(parts: &[PathBuf], part: &Path) -> Result<Part> {
    let outer = seen(parts.iter().map(PathBuf::as_path))?;
    let Entries {
        folders, problems, ..
    } = entries(part)?;
    let mut left = SkippedItems::default();
    let folders = without_links_to(&outer, folders, &mut left)?;
    if folders.is_empty() {
        return Err(Error::file(
            part,
            "no folder in it; expected one for each class",
        ));
    }
    if folders.len() > MAX_CLASSES {
        let problem = format!("{} folders, at most {MAX_CLASSES} classes", folders.len());
        return Err(Error::file(part, problem));
    }
    let name = |folder: &PathBuf| {
        let name = folder.file_name().unwrap_or_default().to_str();
        name.map(str::to_owned).ok_or_else(|| {
            Error::file(
                folder,
                "the class folder's name is not valid UTF-8; rename it",
            )
        })
    };
    let names = folders.iter().map(name).collect::<Result<Vec<String>>>()?;
    let classes = folders.iter().chain(parts);
    let around = Arc::new(seen(classes.map(PathBuf::as_path))?);
    check_unlike(&names, |at| folders_in(&folders[at], &around), || part)?;
    let mut found = Part {
        lost: problems.into_iter().map(unopened).collect(),
        left,
        ..Part::default()
    };
    for (folder, name) in folders.iter().zip(names) {
        let before = found.files.len();
        let label = found.classes.len() as u32;
        let mut files = Files::apart_from(&around, folder);
        for file in files.by_ref() {
            match file.and_then(|file| Ok((is_image(&file)?, file))) {
                Ok((true, file)) => found.files.push(Item::file(file, label)),
                Ok((false, file)) => found.left.file(&file),
                // A path that is not a folder may be an image that cannot be read.
                Err(Error::Io { path, source, .. }) if !disk::is_dir(&path) => {
                    let problem = format!("cannot open: {source}");
                    found
                        .files
                        .push(Item::broken(path, problem).labelled(label));
                }
                Err(error) => return Err(error),
            }
        }
        found.left.links(files.repeated());
        found.end_class(name, before);
    }
    found.some(part)
}
