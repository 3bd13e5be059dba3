//! The content of an archive: which files are the classes' images, of which part.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::path::{Path, PathBuf};

use crate::{Error, Result};

use crate::decoding::item::Item;
use crate::decoding::load::SourceParts;
use crate::decoding::parts::{Parts, check_unlike, is_part};
use crate::decoding::walk::Part;
use crate::options::Role;
use crate::sizes::MAX_CLASSES;
use crate::tables::cifar::Files;

/// The files of an archive, each with the folders it is in and its own name.
#[derive(Default)]
pub(super) struct Contents {
    pub(super) files: Vec<(Vec<String>, Item)>,
    /// Links and other entries that are not files.
    pub(super) others: usize,
    /// Remarks for the user.
    pub(super) notes: Vec<String>,
}

impl crate::tables::cifar::Place for Contents {
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

    /// The parts for a role.
    pub(super) fn found(mut self, path: &Path, role: Role) -> Result<SourceParts> {
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
    pub(super) fn sort(&mut self) {
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
