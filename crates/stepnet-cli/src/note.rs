//! Notes: warnings to read before a result is trusted. Each is one line on the standard error, printed once, and
//! saved for the files that the command writes; `--strict` turns notes into errors.

use std::sync::{Mutex, PoisonError};

use crate::failure::{Failure, Outcome, say};

/// The notes of this process.
struct Notes {
    strict: bool,
    verbose: bool,
    said: Vec<String>,
    /// How many of them were let pass.
    passed: usize,
}

static NOTES: Mutex<Notes> = Mutex::new(Notes {
    strict: false,
    verbose: false,
    said: Vec::new(),
    passed: 0,
});

fn with<T>(act: impl FnOnce(&mut Notes) -> T) -> T {
    act(&mut NOTES.lock().unwrap_or_else(PoisonError::into_inner))
}

/// How notes are taken from now on: as errors where `strict`, and with rarely needed numbers where
/// `verbose`.
pub(crate) fn set(strict: bool, verbose: bool) {
    with(|notes| (notes.strict, notes.verbose) = (strict, verbose));
}

/// Whether rarely needed numbers are asked for.
pub(crate) fn is_verbose() -> bool {
    with(|notes| notes.verbose)
}

/// Says a note, unless it was said before. Under `--strict` it waits for [`check`].
pub(crate) fn note(text: &str) {
    let text = text.strip_prefix("note: ").unwrap_or(text);
    let now = with(|notes| {
        let new = !notes.said.iter().any(|said| said == text);
        if new {
            notes.said.push(text.to_owned());
        }
        new && !notes.strict
    });
    if now {
        say(&format!("note: {text}"));
    }
}

/// Says several.
pub(crate) fn notes(texts: &[String]) {
    texts.iter().for_each(|text| note(text));
}

/// All notes so far.
pub(crate) fn all() -> Vec<String> {
    with(|notes| notes.said.clone())
}

/// Fails under `--strict` if there were notes since the last time: with a mistake in what was given
/// before the work begins, with `running` after it.
pub(crate) fn check(fail: fn(String) -> Failure) -> Outcome {
    let new = with(|notes| {
        let from = std::mem::replace(&mut notes.passed, notes.said.len());
        match notes.strict {
            true => notes.said[from..].to_vec(),
            false => Vec::new(),
        }
    });
    match new.is_empty() {
        true => Ok(()),
        false => Err(fail(format!("--strict: {}", new.join("; ")))),
    }
}
