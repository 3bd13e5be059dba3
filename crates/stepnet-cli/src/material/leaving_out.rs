//! The examples that a list has left out.

use std::cell::RefCell;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use stepnet::data::{Dataset, ImageObserver, LeaveOut, ListedPart, OpenOptions, Opened};
use stepnet_base::text::count;

use super::opened::{announce, open, read};
use crate::failure::{Failure, Outcome};
use crate::note::note;

/// The list of `--leave-out`, if there is one.
#[derive(Default)]
pub(super) struct List {
    list: Option<(PathBuf, LeaveOut)>,
    /// Its files that cannot be read, and so are in no part.
    unreadable: RefCell<Vec<PathBuf>>,
}

impl List {
    pub(super) fn read(path: Option<&Path>) -> Outcome<Self> {
        let read = |path: &Path| {
            let list = LeaveOut::read(path)
                .map_err(|error| Failure::from(error).context("--leave-out"))?;
            Ok::<_, Failure>((path.to_owned(), list))
        };
        Ok(Self {
            list: path.map(read).transpose()?,
            unreadable: RefCell::default(),
        })
    }

    /// Opens data. Files that cannot be read are no error where the list has them, and are not named one by one.
    pub(super) fn open(&self, path: &Path, options: &OpenOptions) -> Outcome<Opened> {
        let Some((list_path, list)) = self.list.as_ref().filter(|_| !options.skip_bad) else {
            return open(path, options);
        };
        let broken = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&broken);
        let observer = ImageObserver::new(move |shown| {
            if let Err(error) = shown.image {
                let found = (shown.name.to_owned(), error.to_string());
                seen.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(found);
            }
        });
        let options = options.clone().skip_bad(true).observer(Some(observer));
        let mut opened = read(path, &options)?;
        let mut broken = broken.lock().unwrap_or_else(PoisonError::into_inner);
        // Threads see them in any order.
        broken.sort();
        let (listed, others): (Vec<_>, Vec<_>) =
            broken.drain(..).partition(|(name, _)| list.lists(name));
        if let Some((_, error)) = others.first() {
            return Err(Failure::usage(format!(
                "{} cannot be read and {} not in the list of --leave-out, such as {error}; --skip-bad leaves such images out",
                count(others.len(), "image"),
                if others.len() == 1 { "is" } else { "are" },
            )));
        }
        if !listed.is_empty() {
            opened.facts.push(format!(
                "left out {} that cannot be read, as {} says",
                count(listed.len(), "image"),
                list_path.display()
            ));
        }
        let (names, errors): (Vec<_>, HashSet<_>) = listed.into_iter().unzip();
        opened.skipped.retain(|skipped| !errors.contains(skipped));
        self.unreadable.borrow_mut().extend(names);
        announce(&opened);
        Ok(opened)
    }

    /// The origin of data with the place of the list.
    pub(super) fn with_place(&self, mut origin: Value) -> Value {
        if let Some((path, _)) = &self.list {
            origin["leave_out"] = path.display().to_string().into();
        }
        origin
    }

    /// A part of the data without the examples of the list; says how many those are.
    pub(super) fn apply(
        &self,
        data: Dataset,
        part: ListedPart,
        facts: &mut Vec<String>,
    ) -> Outcome<Dataset> {
        let Some((path, list)) = &self.list else {
            return Ok(data);
        };
        let (data, left) = list
            .without(&self.unreadable.borrow())
            .apply(data, part)
            .map_err(|error| Failure::from(error).context("--leave-out"))?;
        if left.examples > 0 {
            facts.push(format!(
                "left out {} of the {} part, as {} says",
                count(left.examples, "example"),
                part.word(),
                path.display()
            ));
        }
        if left.missing > 0 {
            note(&format!(
                "{}: {} that it leaves out {} not in the {} part",
                path.display(),
                count(left.missing, "file"),
                if left.missing == 1 { "is" } else { "are" },
                part.word()
            ));
        }
        Ok(data)
    }
}
