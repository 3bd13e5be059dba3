//! Which arrays of a file with several are the pictures, the labels and the class names.

use std::path::Path;

use crate::{Error, Result};

use super::array::{ArrayValues, RawArray};
use super::dataset::listed;

/// A file with named arrays.
pub(crate) trait Arrays {
    /// The names of the arrays in it.
    fn names(&mut self) -> Result<Vec<String>>;
    /// One of them.
    fn read(&mut self, name: &str) -> Result<RawArray>;
}

/// Pictures and labels as stored.
#[derive(Debug)]
pub(crate) struct Pair {
    /// The pictures: `(n, h, w)`, `(n, h, w, c)` or `(n, values)`.
    pub(crate) images: RawArray,
    /// The labels: `(n)`, `(1, n)` or `(n, 1)`.
    pub(crate) labels: RawArray,
}

/// What a source of arrays holds.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    /// Training examples, or examples without a stated purpose.
    pub(crate) train: Option<Pair>,
    /// Test examples.
    pub(crate) test: Option<Pair>,
    /// The classes' names in the order of the labels.
    pub(crate) classes: Option<Vec<String>>,
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

/// Reads the pairs with known names; case does not matter.
///
/// # Errors
/// No such pair: the message has the names wanted and those found.
pub(crate) fn find_parts(path: &Path, arrays: &mut dyn Arrays) -> Result<Parts> {
    let names = arrays.names()?;
    let find = |wanted: &str| {
        names
            .iter()
            .find(|name| name.eq_ignore_ascii_case(wanted))
            .cloned()
    };
    let pick = |pairs: &[(&str, &str)]| {
        pairs
            .iter()
            .find_map(|(images, labels)| Some((find(images)?, find(labels)?)))
    };
    let (train, test) = (pick(&TRAIN), pick(&TEST));
    if train.is_none() && test.is_none() {
        return Err(Error::file(path, missing(&names)));
    }
    let mut read = |pair: Option<(String, String)>| -> Result<Option<Pair>> {
        let Some((images, labels)) = pair else {
            return Ok(None);
        };
        Ok(Some(Pair {
            images: arrays.read(&images)?,
            labels: arrays.read(&labels)?,
        }))
    };
    let (train, test) = (read(train)?, read(test)?);
    let classes = match CLASSES.iter().find_map(|wanted| find(wanted)) {
        Some(name) => Some(class_names(path, &name, &arrays.read(&name)?)?),
        None => None,
    };
    Ok(Parts {
        train,
        test,
        classes,
    })
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
    format!("no arrays of pictures and labels: wanted one of {wanted}; found {found}")
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
