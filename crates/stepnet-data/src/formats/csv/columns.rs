//! Which column holds the labels, and which hold no values.

use std::collections::HashSet;
use std::path::Path;

use crate::{Error, Result, TargetKind};
use stepnet_base::text::{listed, or_list};

use super::dialect::LABEL_NAMES;

/// Names of columns that number the lines; pandas writes an index under an empty name, and one that was
/// read back under `Unnamed: 0`. Case does not matter.
const INDEX_NAMES: [&str; 6] = ["", "index", "id", "row", "row_id", "level_0"];

/// An index of pandas has this many columns at most, where it has several.
const MOST_UNNAMED: usize = 3;

/// Fewer lines without a header say nothing about an index.
const FEWEST: usize = 3;

/// If labels count this many lines, it is not by accident.
const CERTAIN: usize = 20;

/// Which column holds the labels.
///
/// # Errors
/// No column of the name or number, or several that could be meant.
pub(super) fn label_position(
    path: &Path,
    names: &[String],
    columns: usize,
    wanted: Option<&str>,
) -> Result<usize> {
    let wrong = |problem: String| Err(Error::file(path, problem));
    let found = |wanted: &str, same: fn(&str, &str) -> bool| -> Vec<usize> {
        let places = names.iter().enumerate();
        let places = places.filter(|(_, name)| same(name, wanted));
        places.map(|(at, _)| at).collect()
    };
    let find = |wanted: &str| found(wanted, |name, wanted| name.eq_ignore_ascii_case(wanted));
    let only = |name: &str, places: Vec<usize>| match places[..] {
        [at] => Ok(at),
        _ => wrong(format!(
            "{} columns are named {name:?}: labels can only be in one",
            places.len()
        )),
    };
    match wanted {
        Some(wanted) if names.is_empty() => {
            let number = wanted.parse().ok();
            match number.filter(|number| (1..=columns).contains(number)) {
                Some(number) => Ok(number - 1),
                None => wrong(format!(
                    "no column {wanted:?}: the table has no header, give a number from 1 to {columns}"
                )),
            }
        }
        Some(wanted) => {
            let exact = found(wanted, |name, wanted| name == wanted);
            match if exact.is_empty() {
                find(wanted)
            } else {
                exact
            } {
                none if none.is_empty() => wrong(format!(
                    "no column {wanted:?}; the header has {}",
                    listed(names)
                )),
                places => only(wanted, places),
            }
        }
        None if names.is_empty() => Ok(0),
        None => {
            let places = LABEL_NAMES.map(|name| (name, find(name)));
            // `y` is the name of a label, and of a coordinate.
            let sure = places
                .iter()
                .filter(|(name, places)| *name != "y" && !places.is_empty());
            let sure: Vec<&str> = sure.map(|(name, _)| *name).collect();
            if sure.len() > 1 {
                return wrong(format!(
                    "the columns {} could all hold the labels: choose one with `label_column`",
                    sure.join(", ")
                ));
            }
            match places.into_iter().find(|(_, places)| !places.is_empty()) {
                Some((name, places)) => only(name, places),
                None => wrong(format!(
                    "no column named {} in the header {}: name the label column with `label_column`",
                    or_list(&LABEL_NAMES),
                    listed(names)
                )),
            }
        }
    }
}

/// The label column of a table with a header: the requested one, one with the name of labels, or the only one of the
/// `others`, which hold nothing else.
///
/// # Errors
/// As [`label_position`].
pub(super) fn named_label(
    path: &Path,
    names: &[String],
    wanted: Option<&str>,
    others: impl Fn(usize) -> bool,
) -> Result<usize> {
    let free: Vec<usize> = (0..names.len()).filter(|&at| others(at)).collect();
    let known = names.iter().zip(0..).any(|(name, at)| {
        others(at)
            && LABEL_NAMES
                .iter()
                .any(|known| name.eq_ignore_ascii_case(known))
    });
    match free[..] {
        [only] if wanted.is_none() && !known => Ok(only),
        _ => label_position(path, names, names.len(), wanted),
    }
}

/// Which columns hold the targets: that of the labels, or those of several numbers or labels, in the order of the table.
///
/// # Errors
/// As [`label_position`]; a column that is named twice.
pub(super) fn target_positions(
    path: &Path,
    names: &[String],
    columns: usize,
    wanted: Option<&str>,
    kind: TargetKind,
) -> Result<Vec<usize>> {
    let whole = wanted.is_none_or(|wanted| names.iter().any(|name| name == wanted));
    if kind == TargetKind::Classes || whole {
        return Ok(vec![label_position(path, names, columns, wanted)?]);
    }
    let parts = wanted.unwrap_or_default().split(',').map(str::trim);
    let places = parts.map(|part| label_position(path, names, columns, Some(part)));
    let mut places: Vec<usize> = places.collect::<Result<_>>()?;
    places.sort_unstable();
    match places.windows(2).find(|pair| pair[0] == pair[1]) {
        None => Ok(places),
        Some(pair) => {
            let problem = format!("column {} is named twice among the targets", pair[0] + 1);
            Err(Error::file(path, problem))
        }
    }
}

/// The columns of targets whose names are known, as they are asked for, if the header has them all.
pub(super) fn known_columns(
    header: &[impl AsRef<str>],
    kind: TargetKind,
    known: &[String],
) -> Option<String> {
    let has = |name: &String| header.iter().any(|field| field.as_ref() == name);
    let all = kind != TargetKind::Classes && !known.is_empty() && known.iter().all(has);
    all.then(|| known.join(","))
}

/// What targets in these columns are called.
pub(super) fn target_names(names: &[String], places: &[usize]) -> Option<Vec<String>> {
    let name = |&at: &usize| names.get(at).filter(|name| !name.is_empty()).cloned();
    places.iter().map(name).collect()
}

/// A column that may number the lines instead of holding values.
#[derive(Debug)]
pub(super) struct Candidate {
    /// Its place among the fields of a line.
    pub(super) at: usize,
    name: Option<String>,
    /// Whether it is left out whatever is in it: it comes first and has no name, as an index.
    pub(super) unread: bool,
    /// Its values so far.
    pub(super) values: Vec<f64>,
}

impl Candidate {
    /// The columns that may be one: by their names, or the first where there are none.
    pub(super) fn among(names: &[String], targets: &[usize]) -> Vec<Self> {
        let is_unnamed =
            |name: &String| name.is_empty() || name.to_ascii_lowercase().starts_with("unnamed: ");
        let first = names.iter().take_while(|name| is_unnamed(name)).count();
        let rest = names.iter().enumerate().skip(first);
        let values = rest.filter(|(at, name)| !targets.contains(at) && !is_unnamed(name));
        let index = first <= MOST_UNNAMED && values.count() > 0;
        let new = |at, name| Self {
            at,
            name,
            unread: index && at < first,
            values: Vec::new(),
        };
        if names.is_empty() {
            return if targets.contains(&0) {
                Vec::new()
            } else {
                vec![new(0, None)]
            };
        }
        let named = names.iter().enumerate().filter(|(at, name)| {
            let name = name.to_ascii_lowercase();
            let index = INDEX_NAMES.contains(&name.as_str()) || name.starts_with("unnamed: ");
            !targets.contains(at) && index
        });
        named
            .map(|(at, name)| new(at, Some(name.clone())))
            .collect()
    }

    /// The line that says that it is left out; nothing if it holds values after all.
    ///
    /// With a fitting name any whole numbers that differ from line to line are an index: a table that was
    /// shuffled or cut keeps that of the whole one. Without a name only those that count the lines are.
    pub(super) fn left_out(&self) -> Option<String> {
        if self.unread {
            let field = self.at + 1;
            return Some(format!(
                "column {field} has no name, as an index, and is left out"
            ));
        }
        let count = self.values.len();
        let whole = self.values.iter().all(|value| value.fract() == 0.0);
        let counts = || {
            let steps = self.values.windows(2);
            let first = self.values.first().copied().unwrap_or(-1.0);
            (first == 0.0 || first == 1.0) && steps.clone().all(|pair| pair[1] - pair[0] == 1.0)
        };
        let differ = || {
            let bits: HashSet<u64> = self.values.iter().map(|value| value.to_bits()).collect();
            bits.len() == count
        };
        let field = self.at + 1;
        match &self.name {
            Some(name) if whole && differ() => Some(format!(
                "column {field} ({name:?}) numbers the lines and is left out"
            )),
            None if count >= FEWEST && whole && counts() => {
                Some(format!("column {field} counts the lines and is left out"))
            }
            _ => None,
        }
    }
}

/// Looks at labels that were taken from the first column because there is no header: where they count the lines,
/// they are hardly labels but an index. In a few lines each may have a different class; then a note says so.
///
/// # Errors
/// Many lines that the labels count, and how to name the right column.
pub(super) fn check_first(path: &Path, labels: &[f64], columns: usize) -> Result<Option<String>> {
    let labels = Candidate {
        at: 0,
        name: None,
        unread: false,
        values: labels.to_vec(),
    };
    if labels.left_out().is_none() {
        return Ok(None);
    }
    let problem = "the first column, taken for the labels, counts the lines as an index does";
    if labels.values.len() < CERTAIN {
        return Ok(Some(problem.into()));
    }
    let problem = format!(
        "{problem}; the labels are in one of the columns 2 to {columns}: give its number with `label_column`"
    );
    Err(Error::file(path, problem))
}
