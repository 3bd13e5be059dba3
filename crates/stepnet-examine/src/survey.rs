//! What is seen of image files while a data set is opened.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use stepnet::data::{ImageObserver, ObservedImage};

use crate::look::Look;

/// A look at every image file of a data set, taken while it is opened: give [`observer`](Self::observer) to
/// [`OpenOptions`](stepnet::data::OpenOptions) together with `skip_bad`. Each image takes about 8 KB of memory.
#[derive(Debug, Clone, Default)]
pub struct Survey {
    seen: Arc<Mutex<Seen>>,
}

#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) looks: HashMap<PathBuf, Look>,
    /// The files that cannot be read, and why.
    pub(crate) broken: Vec<(PathBuf, String)>,
}

impl Survey {
    /// An observer that writes here.
    pub fn observer(&self) -> ImageObserver {
        let survey = self.clone();
        ImageObserver::new(move |image| survey.see(image))
    }

    fn see(&self, shown: ObservedImage<'_>) {
        let look = match shown.image {
            Ok(image) => Look::of(image, true).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        let name = shown.name.to_owned();
        let mut seen = self.seen();
        match look {
            Ok(mut look) => {
                look.file = Some((shown.kind, shown.bytes));
                seen.looks.insert(name, look);
            }
            Err(problem) => seen.broken.push((name, problem)),
        }
    }

    pub(crate) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    pub(crate) fn of(&self, name: Option<&Path>) -> Option<&Look> {
        self.looks.get(name?)
    }
}
