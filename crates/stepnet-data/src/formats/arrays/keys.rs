//! Which arrays of a file with several are the images, the labels and the class names.

use std::collections::BTreeSet;
use std::path::Path;

use crate::{Error, Result};

use super::array::{ArrayValues, RawArray};
use stepnet_base::text::listed;

/// A file with named arrays.
pub(crate) trait Arrays {
    /// The names of the arrays in it.
    fn names(&mut self) -> Result<Vec<String>>;
    /// One of them.
    fn read(&mut self, name: &str) -> Result<RawArray>;
}

/// Images and labels as stored.
#[derive(Debug)]
pub(crate) struct Pair {
    /// The images: `(n, h, w)`, `(n, h, w, c)` or `(n, values)`.
    pub(crate) images: RawArray,
    /// The labels: `(n)`, `(1, n)` or `(n, 1)`; other targets also `(n, outputs)`.
    pub(crate) labels: RawArray,
}

/// The content of a source of arrays.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    /// Training examples, or examples without a stated purpose.
    pub(crate) train: Option<Pair>,
    /// Test examples.
    pub(crate) test: Option<Pair>,
    /// The classes' names in the order of the labels.
    pub(crate) classes: Option<Vec<String>>,
    /// What targets that are not classes are called, where the source says.
    pub(crate) target_names: Option<Vec<String>>,
    /// Lines for the user about how it was read.
    pub(crate) notes: Vec<String>,
}

const TRAIN: [(&str, &str); 9] = [
    ("train_set_x", "train_set_y"),
    ("x_train", "y_train"),
    ("train_x", "train_y"),
    ("train_images", "train_labels"),
    ("images", "labels"),
    ("x", "y"),
    ("data", "target"),
    ("data", "labels"),
    ("images", "target"),
];

const TEST: [(&str, &str); 4] = [
    ("test_set_x", "test_set_y"),
    ("x_test", "y_test"),
    ("test_x", "test_y"),
    ("test_images", "test_labels"),
];

const CLASSES: [&str; 5] = [
    "list_classes",
    "classes",
    "class_names",
    "target_names",
    "label_names",
];

/// Names of groups that hold the examples of one part.
const TRAIN_GROUPS: [&str; 2] = ["train", "training"];
const TEST_GROUPS: [&str; 5] = ["test", "testing", "validation", "valid", "val"];

/// The names of two arrays that belong together.
type Names = Option<(String, String)>;

/// Reads the pairs with known names, at the root or else in a group; case does not matter.
///
/// # Errors
/// No such pair, or several groups that could be meant: the message has the names wanted and those found.
pub(crate) fn find_parts(path: &Path, arrays: &mut dyn Arrays) -> Result<Parts> {
    let names = arrays.names()?;
    let find = |group: &str, wanted: &str| {
        let wanted = format!("{group}{wanted}");
        let mut same = names
            .iter()
            .filter(|name| name.eq_ignore_ascii_case(&wanted));
        same.next().cloned()
    };
    let pick = |group: &str, pairs: &[(&str, &str)]| -> Names {
        pairs
            .iter()
            .find_map(|(images, labels)| Some((find(group, images)?, find(group, labels)?)))
    };
    let (mut train, mut test) = (pick("", &TRAIN), pick("", &TEST));
    let mut group = String::new();
    if train.is_none() && test.is_none() {
        (group, train, test) = in_groups(path, &names, pick)?;
    }
    if train.is_none() && test.is_none() {
        return Err(Error::file(path, missing(&names)));
    }
    let mut read = |pair: Names| -> Result<Option<Pair>> {
        let Some((images, labels)) = pair else {
            return Ok(None);
        };
        Ok(Some(Pair {
            images: arrays.read(&images)?,
            labels: arrays.read(&labels)?,
        }))
    };
    let (train, test) = (read(train)?, read(test)?);
    let named = |group| CLASSES.iter().find_map(|wanted| find(group, wanted));
    let classes = match named(&group).or_else(|| named("")) {
        Some(name) => Some(class_names(path, &name, &arrays.read(&name)?)?),
        None => None,
    };
    Ok(Parts {
        train,
        test,
        classes,
        ..Parts::default()
    })
}

/// The pairs in groups, and the group that both parts are in: one group with the usual names, or one for
/// each part.
fn in_groups(
    path: &Path,
    names: &[String],
    pick: impl Fn(&str, &[(&str, &str)]) -> Names,
) -> Result<(String, Names, Names)> {
    let groups = names
        .iter()
        .filter_map(|name| name.rfind('/').map(|at| &name[..=at]));
    let groups: BTreeSet<&str> = groups.collect();
    let (mut whole, mut train, mut test) = (Vec::new(), Vec::new(), Vec::new());
    for group in groups {
        let pairs = (pick(group, &TRAIN), pick(group, &TEST));
        let own = group.trim_end_matches('/');
        let own = own.rsplit('/').next().unwrap_or_default();
        let is = |list: &[&str]| list.iter().any(|name| own.eq_ignore_ascii_case(name));
        match pairs {
            (None, None) => {}
            (Some(pair), None) if is(&TRAIN_GROUPS) => train.push((group, pair)),
            (Some(pair), None) if is(&TEST_GROUPS) => test.push((group, pair)),
            pairs => whole.push((group, pairs)),
        }
    }
    let parts = train.iter().chain(&test).map(|(group, _)| *group);
    let found: Vec<&str> = whole.iter().map(|(group, _)| *group).chain(parts).collect();
    let clear = match whole.len() {
        0 => train.len() <= 1 && test.len() <= 1,
        _ => found.len() == 1,
    };
    if !clear {
        let problem = format!(
            "images and labels in several groups: {}; expected one group, or one for training and one for testing",
            listed(&found)
        );
        return Err(Error::file(path, problem));
    }
    if let Some((group, (train, test))) = whole.pop() {
        return Ok((group.to_owned(), train, test));
    }
    // The names of the classes may lie next to the groups of the parts.
    let around = |group: &str| {
        let own = group.trim_end_matches('/');
        own.rfind('/')
            .map_or(String::new(), |at| own[..=at].to_owned())
    };
    let group = found.first().map_or(String::new(), |group| around(group));
    let only = |mut part: Vec<(&str, (String, String))>| part.pop().map(|(_, pair)| pair);
    Ok((group, only(train), only(test)))
}

/// The message for a file without a known pair.
fn missing(names: &[String]) -> String {
    let mut sorted: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
    sorted.sort();
    let found = if sorted.is_empty() {
        "none".into()
    } else {
        listed(&sorted)
    };
    let pairs = TRAIN
        .iter()
        .chain(&TEST)
        .map(|(images, labels)| format!("{images} + {labels}"));
    let wanted = pairs.collect::<Vec<_>>().join(", ");
    format!("no arrays of images and labels: wanted one of {wanted}; found {found}")
}

/// Class names from texts or integers.
fn class_names(path: &Path, name: &str, array: &RawArray) -> Result<Vec<String>> {
    match &array.values {
        ArrayValues::Text(texts) => Ok(texts.clone()),
        ArrayValues::U8(values) => Ok(values.iter().map(ToString::to_string).collect()),
        ArrayValues::I64(values) => Ok(values.iter().map(ToString::to_string).collect()),
        ArrayValues::U64(values) => Ok(values.iter().map(ToString::to_string).collect()),
        ArrayValues::F32(_) | ArrayValues::F64(_) => Err(Error::file(
            path,
            format!(
                "{name}: class names of type {}, expected texts or integers",
                array.dtype
            ),
        )),
    }
}
