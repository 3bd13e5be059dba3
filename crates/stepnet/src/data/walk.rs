//! Finding the pictures of a folder: parts, classes, files.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{Error, Result};

use super::dataset::MAX_CLASSES;
use super::item::Item;
use super::recognise::Kind;

/// Folders inside folders, at most.
pub(super) const MAX_DEPTH: usize = 32;

/// Names of the training and the test part, in the order they are looked for.
pub(super) const TRAIN: [&str; 2] = ["train", "training"];
pub(super) const TEST: [&str; 5] = ["test", "testing", "validation", "valid", "val"];

/// Files that systems leave behind; hidden files are passed over as well.
const CLUTTER: [&str; 3] = ["thumbs.db", "desktop.ini", "ehthumbs.db"];

/// Where a folder keeps its parts.
#[derive(Debug)]
pub(super) struct Layout {
    /// The folder of the training classes.
    pub(super) train: Option<PathBuf>,
    /// The folder of the test classes.
    pub(super) test: Option<PathBuf>,
    /// Remarks for the user.
    pub(super) notes: Vec<String>,
}

/// The classes of a part, and the files of each in the order of their names.
#[derive(Debug)]
pub(super) struct Part {
    /// Class names, sorted.
    pub(super) classes: Vec<String>,
    /// The pictures, each with the index of its class.
    pub(super) files: Vec<Item>,
}

/// Whether a name is that of a hidden file, or of one that systems leave behind.
pub(super) fn is_clutter(name: &str) -> bool {
    let name = name.to_lowercase();
    name.starts_with('.') || name == "__macosx" || CLUTTER.contains(&name.as_str())
}

/// Whether a folder's name is that of a part.
pub(super) fn is_part(name: &str) -> bool {
    let is = |part: &&str| name.eq_ignore_ascii_case(part);
    TRAIN.iter().chain(&TEST).any(is)
}

/// The first of `names` that is among the folders.
pub(super) fn named(folders: &[String], names: &[&str]) -> Option<String> {
    let find = |name: &&str| {
        folders
            .iter()
            .find(|folder| folder.eq_ignore_ascii_case(name))
    };
    names.iter().find_map(find).cloned()
}

/// Sees whether a folder has parts or classes.
///
/// It has parts where a folder `train` is among its folders, or nothing but parts.
///
/// # Errors
/// A folder that cannot be read, or has no folder in it.
pub(super) fn layout(root: &Path) -> Result<Layout> {
    let (folders, files) = entries(root)?;
    if folders.is_empty() {
        let problem = format!(
            "no folder in it; expected a folder of pictures for each class ({} files found)",
            files.len()
        );
        return Err(Error::file(root, problem));
    }
    let mut notes = Vec::new();
    let mut loose = 0;
    for file in &files {
        loose += usize::from(Kind::of_file(file)?.is_picture());
    }
    if loose > 0 {
        let folder = root.display();
        notes.push(format!(
            "{loose} pictures directly in {folder} belong to no class: left out"
        ));
    }
    let named = |names: &[&str]| {
        let is = |folder: &&PathBuf, name: &str| {
            folder
                .file_name()
                .is_some_and(|found| found.eq_ignore_ascii_case(name))
        };
        names
            .iter()
            .find_map(|name| folders.iter().find(|folder| is(folder, name)))
            .cloned()
    };
    let (train, test) = (named(&TRAIN), named(&TEST));
    let is_part = |folder: &&PathBuf| {
        let name = folder.file_name().unwrap_or_default();
        TRAIN
            .iter()
            .chain(&TEST)
            .any(|part| name.eq_ignore_ascii_case(part))
    };
    let others: Vec<&PathBuf> = folders
        .iter()
        .filter(|&folder| Some(folder) != train.as_ref() && Some(folder) != test.as_ref())
        .collect();
    if train.is_none() && !folders.iter().all(|folder| is_part(&folder)) {
        return Ok(Layout {
            train: Some(root.to_path_buf()),
            test: None,
            notes,
        });
    }
    if !others.is_empty() {
        let others: Vec<String> = others
            .iter()
            .map(|other| other.display().to_string())
            .collect();
        notes.push(format!(
            "beside the parts used, left out: {}",
            others.join(", ")
        ));
    }
    Ok(Layout { train, test, notes })
}

/// Finds the classes and files of a part.
///
/// # Errors
/// A folder that cannot be read, a class name that is not UTF-8, a class without a file, or
/// symbolic links that form a loop.
pub(super) fn part(root: &Path) -> Result<Part> {
    let (folders, _) = entries(root)?;
    if folders.is_empty() {
        return Err(Error::file(
            root,
            "no folder in it; expected one for each class",
        ));
    }
    if folders.len() > MAX_CLASSES {
        let problem = format!("{} folders, at most {MAX_CLASSES} classes", folders.len());
        return Err(Error::file(root, problem));
    }
    let (mut classes, mut files) = (Vec::new(), Vec::new());
    for folder in &folders {
        let name = folder.file_name().unwrap_or_default();
        let name = name.to_str().ok_or_else(|| {
            Error::file(
                folder,
                "the class folder's name is not valid UTF-8; rename it",
            )
        })?;
        let before = files.len();
        let label = classes.len() as u32;
        let mut inside = vec![canonical(root)?];
        collect(folder, &mut inside, &mut |file| {
            files.push(Item::file(file, label));
        })?;
        if files.len() == before {
            return Err(Error::file(
                folder,
                "no picture in the folder of this class",
            ));
        }
        classes.push(name.to_owned());
    }
    Ok(Part { classes, files })
}

/// Calls `found` for every file below a folder. `inside` has the real paths of the folders around.
fn collect(
    folder: &Path,
    inside: &mut Vec<PathBuf>,
    found: &mut impl FnMut(PathBuf),
) -> Result<()> {
    let real = canonical(folder)?;
    if inside.contains(&real) {
        return Err(Error::file(
            folder,
            "symbolic links form a loop: it leads to a folder around it",
        ));
    }
    if inside.len() > MAX_DEPTH {
        return Err(Error::file(
            folder,
            format!("more than {MAX_DEPTH} folders inside each other"),
        ));
    }
    inside.push(real);
    let (folders, files) = entries(folder)?;
    files.into_iter().for_each(&mut *found);
    for folder in folders {
        collect(&folder, inside, found)?;
    }
    inside.pop();
    Ok(())
}

fn canonical(folder: &Path) -> Result<PathBuf> {
    fs::canonicalize(folder).map_err(|source| Error::io(folder, "open", source))
}

/// The folders and the files in a folder, each sorted by name; hidden ones and clutter left out.
fn entries(folder: &Path) -> Result<(Vec<PathBuf>, Vec<PathBuf>)> {
    let unread = |source| Error::io(folder, "read", source);
    let (mut folders, mut files) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(folder).map_err(unread)? {
        let entry = entry.map_err(unread)?;
        let name = entry.file_name();
        let text = name.to_string_lossy();
        if is_clutter(&text) {
            continue;
        }
        let path = entry.path();
        // Follows symbolic links; one that leads nowhere is an error.
        let kind = fs::metadata(&path).map_err(|source| Error::io(&path, "open", source))?;
        if kind.is_dir() {
            folders.push(path);
        } else {
            files.push(path);
        }
    }
    folders.sort();
    files.sort();
    Ok((folders, files))
}
