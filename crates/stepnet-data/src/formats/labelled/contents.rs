//! The content of an archive: which files are the classes' images, of which part.

use std::cmp::Ordering;
use std::path::{Path, PathBuf};

use crate::{Error, Result};

use super::load::SourceParts;
use super::part::Part;
use super::parts::{Parts, check_unlike, is_part};
use crate::formats::folder::files::is_clutter;
use crate::images::item::Item;
use crate::limits::MAX_CLASSES;
use crate::options::Role;

/// Folders inside folders, at most.
const MAX_DEPTH: usize = 32;

/// The files of an archive, each with the folders it is in and its own name.
#[derive(Default)]
pub(crate) struct Contents {
    pub(crate) files: Vec<(Vec<String>, Item)>,
    /// Links and other entries that are not files.
    pub(crate) others: usize,
    /// Remarks for the user.
    pub(crate) notes: Vec<String>,
}

impl Contents {
    /// The parts for a role.
    pub(crate) fn found(mut self, path: &Path, role: Role) -> Result<SourceParts> {
        if self.is_pickled() {
            let problem = "CIFAR's Python version, which is not read; its binary version is (cifar-10-binary.tar.gz)";
            return Err(Error::file(path, problem));
        }
        let mut notes = std::mem::take(&mut self.notes);
        if self.others > 0 {
            notes.push(format!(
                "{} entries of {} that are links or no plain files are left out",
                self.others,
                path.display()
            ));
        }
        let root = self.unwrap_folders(path, &mut notes)?;
        let mut tops: Vec<String> = self
            .files
            .iter()
            .map(|(parts, _)| parts[0].clone())
            .collect();
        tops.dedup();
        let has_folders = |at: usize| {
            let mut files = self.files.iter();
            files.any(|(parts, _)| parts[0] == tops[at] && parts.len() > 2)
        };
        let Some(found) = Parts::among(&tops, has_folders) else {
            let part = self.part(&root, None)?;
            return Ok(SourceParts {
                main: (root, part),
                other: None,
                notes,
            });
        };
        let left = found.others(&tops);
        if !left.is_empty() {
            let left: Vec<String> = left
                .iter()
                .map(|top| root.join(top).display().to_string())
                .collect();
            notes.push(format!(
                "left out, as other parts are used: {}",
                left.join(", ")
            ));
        }
        let name = |at: Option<usize>| at.map(|at| tops[at].clone());
        let (main, other) = chosen_parts(path, role, name(found.train), name(found.test))?;
        let mut part = |top: String| {
            let folder = root.join(&top);
            let part = self.part(&folder, Some(&top))?;
            Ok::<(PathBuf, Part), Error>((folder, part))
        };
        Ok(SourceParts {
            main: part(main)?,
            other: other.map(&mut part).transpose()?,
            notes,
        })
    }

    /// Passes over the folders that all the rest is in, and leaves out files that lie in no folder; gives the
    /// folder in which the others are.
    fn unwrap_folders(&mut self, path: &Path, notes: &mut Vec<String>) -> Result<PathBuf> {
        let mut root = path.to_path_buf();
        while let Some(top) = self.wrapper() {
            root.push(top);
            self.files
                .iter_mut()
                .for_each(|(parts, _)| drop(parts.remove(0)));
        }
        let loose = self
            .files
            .iter()
            .filter(|(parts, _)| parts.len() == 1)
            .count();
        self.files.retain(|(parts, _)| parts.len() > 1);
        if self.files.is_empty() {
            let problem = format!(
                "no folder in the archive; expected a folder of images for each class ({loose} files found)"
            );
            return Err(Error::file(path, problem));
        }
        if loose > 0 {
            notes.push(format!(
                "{loose} files directly in {} belong to no class: left out",
                root.display()
            ));
        }
        Ok(root)
    }

    /// Whether it is the version of CIFAR that only Python reads.
    fn is_pickled(&self) -> bool {
        let mut own = self.files.iter().filter_map(|(parts, _)| parts.last());
        self.files.len() < 16 && own.any(|name| name == "data_batch_1" || name == "batches.meta")
    }

    /// Sorts files as folders are walked, and keeps the last of those with the same name.
    pub(crate) fn sort(&mut self) {
        self.files.sort_by(|(a, _), (b, _)| walked(a, b));
        self.files.reverse();
        self.files.dedup_by(|(a, _), (b, _)| a == b);
        self.files.reverse();
    }

    /// The one folder that everything is in, if it has folders of folders.
    fn wrapper(&self) -> Option<String> {
        let top = &self.files.first()?.0[0];
        let inside = |(parts, _): &(Vec<String>, Item)| parts.len() > 2 && parts[0] == *top;
        (!is_part(top) && self.files.iter().all(inside)).then(|| top.clone())
    }

    /// The classes and files of a part, or of everything.
    fn part(&mut self, root: &Path, top: Option<&str>) -> Result<Part> {
        let skip = usize::from(top.is_some());
        // Of each class its name, the folders in it and the places of its files.
        let mut classes: Vec<(String, Vec<String>, Vec<usize>)> = Vec::new();
        for (at, (parts, _)) in self.files.iter().enumerate() {
            if top.is_some_and(|top| parts[0] != top) || parts.len() < skip + 2 {
                continue;
            }
            let class = &parts[skip];
            if classes.last().is_none_or(|(name, _, _)| name != class) {
                classes.push((class.clone(), Vec::new(), Vec::new()));
            }
            if let Some((_, inside, files)) = classes.last_mut() {
                files.push(at);
                let folder = &parts[skip + 1];
                if parts.len() > skip + 2 && inside.last() != Some(folder) {
                    inside.push(folder.clone());
                }
            }
        }
        if classes.is_empty() {
            return Err(Error::file(
                root,
                "no folder in it; expected one for each class",
            ));
        }
        if classes.len() > MAX_CLASSES {
            let problem = format!("{} folders, at most {MAX_CLASSES} classes", classes.len());
            return Err(Error::file(root, problem));
        }
        let names: Vec<String> = classes.iter().map(|(name, _, _)| name.clone()).collect();
        check_unlike(&names, |at| Ok(classes[at].1.clone()), || root)?;
        let mut found = Part::default();
        for (name, _, files) in classes {
            let (before, label) = (found.files.len(), found.classes.len() as u32);
            for (_, item) in files.into_iter().filter_map(|at| self.files.get(at)) {
                match item.is_image() {
                    true => found.files.push(item.clone().labelled(label)),
                    false => found.left.file(&item.name),
                }
            }
            found.end_class(name, before);
        }
        found.some(root)
    }
}

/// The names of the part for a role and of the other one, of those that the archive has.
fn chosen_parts(
    path: &Path,
    role: Role,
    train: Option<String>,
    test: Option<String>,
) -> Result<(String, Option<String>)> {
    match (role, train, test) {
        (Role::Train, Some(train), test) => Ok((train, test)),
        (Role::Test, train, test) => match test.or(train) {
            Some(part) => Ok((part, None)),
            None => Err(Error::file(path, "no folder of images")),
        },
        (Role::Train, None, _) => Err(Error::file(
            path,
            "no folder train; with test alone it serves for evaluation",
        )),
    }
}

/// The order in which folders are walked: by name, files before folders.
fn walked(a: &[String], b: &[String]) -> Ordering {
    let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let is_folder = |parts: &[String]| parts.len() > same + 1;
    // Classes are folders all; files lie deeper.
    (is_folder(a).cmp(&is_folder(b))).then_with(|| a.get(same).cmp(&b.get(same)))
}

/// The parts of a name, or nothing for hidden files and what systems leave behind.
pub(crate) fn name_parts(path: &Path, name: &[u8]) -> Result<Option<Vec<String>>> {
    let name = name.split(|&byte| byte == 0).next().unwrap_or_default();
    let Ok(name) = str::from_utf8(name) else {
        let name = String::from_utf8_lossy(name);
        return Err(Error::file(
            path.join(name.as_ref()),
            "the name in the archive is not valid UTF-8; rename it",
        ));
    };
    let parts: Vec<&str> = name
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
        .collect();
    if parts.contains(&"..") {
        let problem = format!("the name {name:?} in the archive leads out of it");
        return Err(Error::file(path, problem));
    }
    if parts.len() > MAX_DEPTH {
        let problem = format!("more than {MAX_DEPTH} folders inside each other in the archive");
        return Err(Error::file(path, problem));
    }
    if parts.is_empty() || parts.iter().any(|part| is_clutter(part.as_ref())) {
        return Ok(None);
    }
    Ok(Some(parts.into_iter().map(str::to_owned).collect()))
}
