//! Data that is opened, and what is said of it.

use std::path::Path;

use stepnet::data::{self, OpenOptions};

use crate::display::escaped;
use crate::failure::{Failure, Outcome, say};
use crate::note::{self, notes};
use crate::wording::with_options;

/// Opens data, names the images that it left out, and prints the notes on it.
pub(crate) fn open(path: &Path, options: &OpenOptions) -> Outcome<data::Opened> {
    let opened = read(path, options)?;
    announce(&opened);
    Ok(opened)
}

/// Opens data and prints nothing yet.
pub(super) fn read(path: &Path, options: &OpenOptions) -> Outcome<data::Opened> {
    let mut opened = data::open(path, options)?;
    for text in opened.facts.iter_mut().chain(&mut opened.notes) {
        *text = with_options(text);
    }
    Ok(opened)
}

/// Names the images that data left out, and prints the notes on it.
pub(super) fn announce(opened: &data::Opened) {
    for skipped in &opened.skipped {
        say(&format!("skipped: {}", escaped(skipped)));
    }
    notes(&opened.notes);
}

/// Opens data that needs no further checks: under `--strict` its notes are errors at once.
pub(crate) fn open_alone(path: &Path, options: &OpenOptions) -> Outcome<data::Opened> {
    let opened = open(path, options)?;
    note::check(Failure::usage)?;
    Ok(opened)
}
