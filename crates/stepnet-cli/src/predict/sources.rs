//! Which pictures are meant: files, folders with all in them, and patterns.

use std::cell::Cell;
use std::ffi::OsStr;
use std::iter;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use glob::MatchOptions;
use stepnet::Error;
use stepnet::data::Kind;
use walkdir::{DirEntry, WalkDir};

use crate::failure::Failure;

/// Endings of pictures. Files with one are looked at whatever they hold, so that a damaged picture
/// is reported and so is one in a form that cannot be read.
const ENDINGS: [&str; 15] = [
    "png", "jpg", "jpeg", "jpe", "jfif", "gif", "bmp", "dib", "webp", "tif", "tiff", "heic",
    "heif", "avif", "jxl",
];

/// Files that systems leave behind.
const CLUTTER: [&str; 4] = ["thumbs.db", "desktop.ini", "ehthumbs.db", "__macosx"];

/// Something to answer for.
#[derive(Debug)]
pub(super) enum Found {
    /// A file that is, or should be, a picture.
    Picture(PathBuf),
    /// A place where pictures could not be looked for.
    Problem(PathBuf, Failure),
}

/// The pictures that arguments name, in their order; those of a folder or pattern sorted by name.
/// Found one by one, so that any number of them takes no memory.
pub(super) struct Sources<'a> {
    arguments: &'a [PathBuf],
    found: Box<dyn Iterator<Item = Found> + 'a>,
    passed_over: Rc<Cell<usize>>,
}

impl<'a> Sources<'a> {
    pub(super) fn new(arguments: &'a [PathBuf]) -> Self {
        let passed_over = Rc::new(Cell::new(0));
        let counter = Rc::clone(&passed_over);
        let found = arguments
            .iter()
            .flat_map(move |argument| named(argument, &counter));
        Self {
            arguments,
            found: Box::new(found),
            passed_over,
        }
    }

    /// Whether exactly one picture is meant, by its own name.
    pub(super) fn names_one_file(&self) -> bool {
        match self.arguments {
            [one] => !one.is_dir() && (exists(one) || pattern(one).is_none()),
            _ => false,
        }
    }

    /// How many files so far were no pictures.
    pub(super) fn passed_over(&self) -> usize {
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

/// What one argument names. A file of that very name comes before a pattern.
fn named(argument: &Path, counter: &Rc<Cell<usize>>) -> Pictures {
    if argument.is_dir() {
        return Box::new(walk(argument, Rc::clone(counter)));
    }
    match pattern(argument) {
        Some(text) if !exists(argument) => matching(argument, text, counter),
        _ => Box::new(iter::once(Found::Picture(argument.to_owned()))),
    }
}

fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// The argument's text if it could be a pattern.
fn pattern(argument: &Path) -> Option<&str> {
    argument
        .to_str()
        .filter(|text| text.contains(['*', '?', '[']))
}

/// The pictures that match a pattern.
fn matching(argument: &Path, text: &str, counter: &Rc<Cell<usize>>) -> Pictures {
    let problem = |failure| Box::new(iter::once(Found::Problem(argument.to_owned(), failure)));
    // As shells have it: no hidden files unless asked for.
    let options = MatchOptions {
        case_sensitive: true,
        require_literal_separator: true,
        require_literal_leading_dot: true,
    };
    let paths = match glob::glob_with(text, options) {
        Ok(paths) => paths,
        Err(error) => {
            return problem(Failure::usage(format!(
                "{text}: no such file, and not a pattern either: {} at character {}",
                error.msg,
                error.pos + 1
            )));
        }
    };
    let mut paths = paths.peekable();
    if paths.peek().is_none() {
        return problem(Failure::usage(format!(
            "{text}: no file matches this pattern"
        )));
    }
    // With ** the files in a folder match by themselves.
    let deep = text.contains("**");
    let counter = Rc::clone(counter);
    Box::new(paths.flat_map(move |path| -> Pictures {
        match path {
            Ok(path) if path.is_dir() && deep => Box::new(iter::empty()),
            Ok(path) if path.is_dir() => Box::new(walk(&path, Rc::clone(&counter))),
            Ok(path) => Box::new(picture(path, &counter).into_iter()),
            Err(error) => {
                let path = error.path().to_owned();
                let failure = Error::io(&path, "open", error.into());
                Box::new(iter::once(Found::Problem(path, failure.into())))
            }
        }
    }))
}

/// The pictures below a folder, each folder's entries in the order of their names.
fn walk(folder: &Path, counter: Rc<Cell<usize>>) -> impl Iterator<Item = Found> + use<> {
    let root = folder.to_owned();
    WalkDir::new(folder)
        .follow_links(true)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| entry.depth() == 0 || !is_hidden(entry))
        .filter_map(move |entry| match entry {
            Ok(entry) if entry.file_type().is_dir() => None,
            Ok(entry) => picture(entry.into_path(), &counter),
            Err(error) => {
                let path = error.path().unwrap_or(&root).to_owned();
                let failure = match error.into_io_error() {
                    Some(source) => Error::io(&path, "open", source),
                    None => Error::file(
                        &path,
                        "symbolic links form a loop: it leads to a folder around it",
                    ),
                };
                Some(Found::Problem(path, failure.into()))
            }
        })
}

fn is_hidden(entry: &DirEntry) -> bool {
    let name = entry.file_name().to_string_lossy().to_lowercase();
    name.starts_with('.') || CLUTTER.contains(&name.as_str())
}

/// The file at `path` if its name or its content says that it is a picture; counted if not.
fn picture(path: PathBuf, passed_over: &Cell<usize>) -> Option<Found> {
    let ending = path.extension().and_then(OsStr::to_str);
    let named = ending.is_some_and(|ending| ENDINGS.iter().any(|e| ending.eq_ignore_ascii_case(e)));
    if named {
        return Some(Found::Picture(path));
    }
    match Kind::of_file(&path) {
        Ok(kind) if kind.is_picture() || kind.is_foreign_image() => Some(Found::Picture(path)),
        // A pipe or a device is as little a picture as a text is.
        Ok(_) | Err(Error::File { .. }) => {
            passed_over.set(passed_over.get() + 1);
            None
        }
        Err(error) => Some(Found::Problem(path, error.into())),
    }
}
