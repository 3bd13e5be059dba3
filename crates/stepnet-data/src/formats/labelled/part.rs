//! A part of a source: its classes and images, and what is passed over.

use std::path::{Path, PathBuf};

use crate::images::item::Item;
use crate::{Error, Result, Targets};
use stepnet_base::text::listed;

/// The classes of a part, and the files of each in the order of their names.
#[derive(Debug, Default)]
pub(crate) struct Part {
    /// Class names, sorted.
    pub(crate) classes: Vec<String>,
    /// The images, each with the index of its class, or of its row in `rows`.
    pub(crate) files: Vec<Item>,
    /// Targets that are not classes.
    pub(crate) rows: Option<Targets>,
    /// Links that lead nowhere and so belong to no class.
    pub(crate) lost: Vec<Error>,
    /// The paths that are passed over.
    pub(crate) left: SkippedItems,
}

impl Part {
    /// Ends a class whose images come after the first `before`; one without any is left out.
    pub(crate) fn end_class(&mut self, name: String, before: usize) {
        match self.files.len() == before {
            true => self.left.empty.push(name),
            false => self.classes.push(name),
        }
    }

    /// The targets of its images.
    pub(crate) fn targets(&self) -> Targets {
        let labels = self.files.iter().map(|item| item.label);
        match &self.rows {
            Some(rows) => rows.gather(&labels.map(|row| row as usize).collect::<Vec<_>>()),
            None => Targets::Classes {
                labels: labels.collect(),
                names: self.classes.clone(),
            },
        }
    }

    /// The part itself, if there is an image in it.
    pub(crate) fn some(self, root: &Path) -> Result<Self> {
        match self.classes.is_empty() {
            true => Err(Error::file(root, "no image in the folders in it")),
            false => Ok(self),
        }
    }
}

/// Paths that are passed over because they are not images, or are there already.
#[derive(Debug, Default)]
pub(crate) struct SkippedItems {
    files: SkippedPaths,
    /// Links to folders around them, and to what was seen in the same class.
    links: SkippedPaths,
    /// Folders of classes without an image.
    empty: Vec<String>,
}

impl SkippedItems {
    /// Counts a link to a folder around, or to what was seen in the same class.
    pub(crate) fn link(&mut self, path: &Path) {
        self.links.add(path);
    }

    /// Counts such links that were found elsewhere, after these.
    pub(crate) fn links(&mut self, links: SkippedPaths) {
        self.links.join(links);
    }

    /// Counts a file that is not an image.
    pub(crate) fn file(&mut self, path: &Path) {
        self.files.add(path);
    }

    /// A line for each kind of what is left out.
    pub(crate) fn notes(&self, root: &Path) -> Vec<String> {
        let root = root.display();
        let mut notes = Vec::new();
        let first = self.files.first.display();
        match self.files.count {
            0 => {}
            1 => notes.push(format!("left out, as it is not an image: {first}")),
            count => notes.push(format!(
                "{count} files in {root} are not images: left out (the first is {first})"
            )),
        }
        let first = self.links.first.display();
        match self.links.count {
            0 => {}
            1 => notes.push(format!(
                "left out, as it leads to what is read anyway: {first}"
            )),
            count => notes.push(format!(
                "{count} links in {root} lead to what is read anyway: left out (the first is {first})"
            )),
        }
        if !self.empty.is_empty() {
            notes.push(format!(
                "folders in {root} without an image, left out: {}",
                listed(&self.empty)
            ));
        }
        notes
    }
}

/// Paths that are passed over: their number, and the first.
#[derive(Debug, Clone, Default)]
pub(crate) struct SkippedPaths {
    pub(crate) count: usize,
    pub(crate) first: PathBuf,
}

impl SkippedPaths {
    /// Counts what is at `path`.
    pub(crate) fn add(&mut self, path: &Path) {
        self.join(Self {
            count: 1,
            first: path.to_owned(),
        });
    }

    /// Counts what was passed over elsewhere, after this.
    pub(crate) fn join(&mut self, other: Self) {
        if self.count == 0 {
            self.first = other.first;
        }
        self.count += other.count;
    }
}
