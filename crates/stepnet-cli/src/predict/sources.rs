//! The images that are named: files, folders with everything in them, and patterns.

use std::cell::{Cell, RefCell};
use std::iter;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use stepnet::Error;
use stepnet::data::{Files, VisitedPaths, is_image};

use crate::failure::Failure;

use super::pattern::Pattern;

/// Something to answer for.
#[derive(Debug)]
pub(crate) enum Found {
    /// A file that is, or should be, an image.
    Picture(PathBuf),
    /// A place that could not be searched for images.
    Problem(PathBuf, Failure),
}

/// The images that arguments name, in their order; those of a folder or pattern are sorted by name. A file that several
/// arguments name, or that several links lead to, comes once, at its first place.
///
/// Found one by one, so that any number of them takes little memory: a few bytes each, by which it is known again.
pub(crate) struct Sources<'a> {
    arguments: &'a [PathBuf],
    found: Box<dyn Iterator<Item = Found> + 'a>,
    passed_over: Counter,
}

/// How many files were not images.
type Counter = Rc<Cell<usize>>;

/// The paths visited so far, by all arguments.
type Seen = Rc<RefCell<VisitedPaths>>;

impl<'a> Sources<'a> {
    pub(crate) fn new(arguments: &'a [PathBuf]) -> Self {
        let passed_over = Counter::default();
        let (counter, seen) = (Rc::clone(&passed_over), Seen::default());
        let found = arguments
            .iter()
            .flat_map(move |argument| named(argument, &seen, &counter));
        Self {
            arguments,
            found: Box::new(found),
            passed_over,
        }
    }

    /// Whether exactly one image is meant, by its own name.
    pub(crate) fn names_one_file(&self) -> bool {
        match self.arguments {
            [one] => !one.is_dir() && (exists(one) || !Pattern::is_one(one)),
            _ => false,
        }
    }

    /// How many files so far were not images.
    pub(crate) fn passed_over(&self) -> usize {
        self.passed_over.get()
    }
}

impl Iterator for Sources<'_> {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        self.found.next()
    }
}

type Pictures = Box<dyn Iterator<Item = Found>>;

/// The meaning of one argument. A file of exactly that name takes precedence over a pattern.
fn named(argument: &Path, seen: &Seen, counter: &Counter) -> Pictures {
    if argument.is_dir() {
        return Box::new(below(argument, seen, counter));
    }
    if Pattern::is_one(argument) && !exists(argument) {
        return matching(argument, seen, counter);
    }
    let new = seen.borrow_mut().is_new(argument);
    Box::new(new.then(|| Found::Picture(argument.to_owned())).into_iter())
}

fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// The images that match a pattern.
fn matching(argument: &Path, seen: &Seen, counter: &Counter) -> Pictures {
    let problem = |failure| Box::new(iter::once(Found::Problem(argument.to_owned(), failure)));
    let shown = argument.display();
    let pattern = match Pattern::new(argument) {
        Ok(pattern) => pattern,
        Err(error) => {
            return problem(Failure::usage(format!(
                "{shown}: no such file, and not a pattern either: {error}"
            )));
        }
    };
    // With ** the files in a folder match by themselves.
    let deep = pattern.is_deep();
    let mut matches = pattern.matches().peekable();
    if matches.peek().is_none() {
        return problem(Failure::usage(format!(
            "{shown}: no file matches this pattern"
        )));
    }
    let (seen, counter) = (Rc::clone(seen), Rc::clone(counter));
    Box::new(matches.flat_map(move |path| -> Pictures {
        match path {
            Ok(path) if path.is_dir() && deep => Box::new(iter::empty()),
            Ok(path) if path.is_dir() => Box::new(below(&path, &seen, &counter)),
            Ok(path) if seen.borrow_mut().is_new(&path) => {
                Box::new(picture(path, &counter).into_iter())
            }
            Ok(_) => Box::new(iter::empty()),
            Err(error) => Box::new(iter::once(trouble(error))),
        }
    }))
}

/// The images below a folder that were not seen before.
fn below(folder: &Path, seen: &Seen, counter: &Counter) -> impl Iterator<Item = Found> + use<> {
    let (seen, counter) = (Rc::clone(seen), Rc::clone(counter));
    let mut files = Some(Files::below(folder, seen.take()));
    iter::from_fn(move || {
        loop {
            match files.as_mut()?.next() {
                Some(Ok(path)) => {
                    if let Some(found) = picture(path, &counter) {
                        return Some(found);
                    }
                }
                Some(Err(error)) => return Some(trouble(error)),
                None => {
                    seen.replace(files.take()?.into_seen());
                    return None;
                }
            }
        }
    })
}

/// A place that could not be searched for images.
fn trouble(error: Error) -> Found {
    let path = match &error {
        Error::Io { path, .. } | Error::File { path, .. } | Error::FileMemory { path, .. } => {
            path.clone()
        }
        _ => PathBuf::new(),
    };
    Found::Problem(path, error.into())
}

/// The file at `path` if its name or its content says that it is an image; counted if not.
fn picture(path: PathBuf, passed_over: &Counter) -> Option<Found> {
    match is_image(&path) {
        Ok(true) => Some(Found::Picture(path)),
        Ok(false) => {
            passed_over.set(passed_over.get() + 1);
            None
        }
        Err(error) => Some(Found::Problem(path, error.into())),
    }
}
