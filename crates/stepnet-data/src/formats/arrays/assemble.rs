//! From arrays to data sets: shapes, labels, class names, and the divisor.

use std::collections::HashMap;
use std::path::Path;

use crate::{Error, Result};

use super::array::{ArrayValues, RawArray, times};
use super::keys::{Pair, Parts};
use super::shape;
use crate::limits::MAX_CLASSES;
use crate::opened::Opened;
use crate::options::{OpenOptions, Role};
use crate::set::dataset::numbered;
use crate::{Dataset, Images, TargetKind, Targets, Values};
use stepnet_base::text::listed;
use stepnet_files::refused;

/// Whether a kind of file states what its values are divided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Certain {
    /// Bytes are 8-bit images: 255.
    Bytes,
    /// By the values found.
    Never,
}

/// Says that a container holds something else altogether, where that is why it cannot be read.
pub(crate) fn named_inside(path: &Path, bytes: &[u8], error: Error) -> Error {
    match refused(bytes) {
        Some(problem) => Error::file(path, problem),
        None => error,
    }
}

/// Puts parsed parts together as opening a file does, for fuzz targets.
pub(crate) fn fuzz_parts(parts: Result<Parts>) {
    if let Ok(parts) = parts {
        let options = OpenOptions::default();
        drop(assemble(Path::new("fuzz"), parts, Certain::Never, &options));
    }
}

/// Makes data sets of the arrays of a source.
///
/// # Errors
/// Arrays that are not images and labels, naming the place.
pub(crate) fn assemble(
    path: &Path,
    parts: Parts,
    certain: Certain,
    options: &OpenOptions,
) -> Result<Opened> {
    let Parts {
        train,
        test,
        classes,
        target_names,
        mut notes,
    } = parts;
    let (main, other) = match (options.role, train, test) {
        (Role::Train, Some(train), test) => (train, test),
        (Role::Test, _, Some(test)) | (Role::Train, None, Some(test)) => (test, None),
        (Role::Test, Some(train), None) => (train, None),
        (_, None, None) => return Err(Error::file(path, "no images and labels")),
    };
    let stated = certain == Certain::Bytes && matches!(main.images.values, ArrayValues::U8(_));
    let naming = match options.targets {
        TargetKind::Classes => Naming::Classes(class_names(path, classes, &main, other.as_ref())?),
        TargetKind::Labels => Naming::Labels(target_names.or(classes)),
        TargetKind::Numbers => Naming::Numbers(target_names),
    };
    let mut facts = Vec::new();
    let (images, divisor) = images(path, main.images, options, (&mut facts, &mut notes))?;
    let targets = naming.targets(path, &main.labels, images.len())?;
    let dataset = |images, targets| {
        Dataset::with_targets(images, targets).map_err(|error| Error::file(path, error.to_string()))
    };
    let test = match other {
        None => None,
        Some(pair) => {
            let shape = images.shape();
            let options = OpenOptions {
                input: Some(shape),
                ..options.clone()
            };
            let remarks = (&mut facts, &mut notes);
            let (images, _) = self::images(path, pair.images, &options, remarks)?;
            let targets = naming.targets(path, &pair.labels, images.len())?;
            Some(dataset(images, targets)?)
        }
    };
    let divisor = if stated { 255.0 } else { divisor };
    let data = dataset(images, targets)?;
    Ok(Opened {
        data,
        test,
        divisor,
        divisor_is_stated: stated,
        facts,
        notes,
        skipped: Vec::new(),
    })
}

/// How the labels of arrays become targets, and what these are called.
enum Naming {
    Classes(Vec<String>),
    Labels(Option<Vec<String>>),
    Numbers(Option<Vec<String>>),
}

impl Naming {
    fn targets(&self, path: &Path, array: &RawArray, images: usize) -> Result<Targets> {
        let names = match self {
            Self::Classes(names) => {
                let labels = labels(path, array, names)?;
                check_count(path, images, labels.len(), "labels")?;
                let names = names.clone();
                return Ok(Targets::Classes { labels, names });
            }
            Self::Labels(names) | Self::Numbers(names) => names,
        };
        let (values, outputs) = rows(path, array, images)?;
        let known = names.clone().filter(|names| names.len() == outputs);
        match self {
            Self::Labels(_) => {
                let names = known.unwrap_or_else(|| numbered(outputs));
                Targets::labels(&values, names)
                    .map_err(|error| Error::file(path, error.to_string()))
            }
            _ => {
                let names = known.unwrap_or_else(|| match outputs {
                    1 => vec!["y".to_owned()],
                    _ => (1..=outputs).map(|output| format!("y{output}")).collect(),
                });
                Ok(Targets::Numbers { values, names })
            }
        }
    }
}

/// Targets that are not classes, `(n)`, `(n, outputs)` or `(1, n)`: the values row by row, and how many a row has.
fn rows(path: &Path, array: &RawArray, images: usize) -> Result<(Vec<f64>, usize)> {
    let (found, outputs) = match array.shape[..] {
        [count] => (count, 1),
        [1, count] if count == images => (count, 1),
        [count, outputs] => (count, outputs),
        _ => {
            let problem = format!(
                "targets of shape {}, expected n or n x outputs",
                times(&array.shape)
            );
            return Err(Error::file(path, problem));
        }
    };
    check_count(path, images, found, "rows of targets")?;
    let values = array.values.to_f64();
    let values =
        values.ok_or_else(|| Error::file(path, "the targets are texts, expected numbers"))?;
    Ok((values, outputs))
}

fn check_count(path: &Path, images: usize, found: usize, what: &str) -> Result<()> {
    match images == found {
        true => Ok(()),
        false => Err(Error::file(
            path,
            format!("{images} images, but {found} {what}"),
        )),
    }
}

/// Images of the wanted shape, and the divisor by the rule of [`Opened::divisor`].
fn images(
    path: &Path,
    array: RawArray,
    options: &OpenOptions,
    (facts, notes): (&mut Vec<String>, &mut Vec<String>),
) -> Result<(Images, f64)> {
    let (own, flat) = shape::of_images(path, &array.shape, options.input)?;
    let values = pixels(path, array, own)?;
    let divisor = divisor(&values);
    let beyond = match &values {
        Values::F64(values) => values
            .iter()
            .filter(|v| v.abs() > f64::from(f32::MAX))
            .count(),
        _ => 0,
    };
    if beyond > 0 {
        notes.push(format!(
            "{beyond} values are too large for f32 and need f64"
        ));
    }
    let images = Images::new(own, values).map_err(|error| Error::file(path, error.to_string()))?;
    let images = shape::fit(path, images, flat, options, facts)?;
    Ok((images, divisor))
}

/// The values as images keep them; numbers that are not finite are rejected.
fn pixels(path: &Path, array: RawArray, shape: [usize; 3]) -> Result<Values> {
    let values = match array.values {
        ArrayValues::U8(values) => Values::U8(values),
        ArrayValues::F32(values) => Values::F32(values),
        ArrayValues::F64(values) => Values::F64(values),
        ArrayValues::I64(values) => integers(&values, |v| v as f64),
        ArrayValues::U64(values) => integers(&values, |v| v as f64),
        ArrayValues::Text(_) => {
            return Err(Error::file(path, "the images are texts, expected numbers"));
        }
    };
    let bad = match &values {
        Values::U8(_) => None,
        Values::F32(values) => values.iter().position(|value| !value.is_finite()),
        Values::F64(values) => values.iter().position(|value| !value.is_finite()),
        Values::Streamed(_) | Values::Provided(_) => None,
    };
    match bad {
        None => Ok(values),
        Some(at) => {
            let [height, width, channels] = shape;
            let problem = format!(
                "image {}, row {}, column {}, channel {} is {}, expected a finite number",
                at / (height * width * channels),
                at / (width * channels) % height,
                at / channels % width,
                at % channels,
                values.get(at).unwrap_or(f64::NAN)
            );
            Err(Error::file(path, problem))
        }
    }
}

/// Integers as bytes where they fit, else as the narrowest floating point that holds them.
fn integers<V: Copy>(values: &[V], to: impl Fn(V) -> f64) -> Values
where
    u8: TryFrom<V>,
{
    if let Ok(bytes) = values.iter().map(|&value| u8::try_from(value)).collect() {
        return Values::U8(bytes);
    }
    const EXACT_IN_F32: f64 = 16_777_216.0;
    if values.iter().all(|&value| to(value).abs() <= EXACT_IN_F32) {
        return Values::F32(values.iter().map(|&value| to(value) as f32).collect());
    }
    Values::F64(values.iter().map(|&value| to(value)).collect())
}

/// The divisor by the largest value: the rule of [`Opened::divisor`].
fn divisor(values: &Values) -> f64 {
    fn of(values: impl Iterator<Item = f64>) -> f64 {
        let (mut largest, mut bytes) = (0.0f64, true);
        for value in values {
            largest = largest.max(value.abs());
            bytes &= value.fract() == 0.0 && (0.0..=255.0).contains(&value);
        }
        match largest {
            largest if bytes && largest > 127.0 => 255.0,
            largest if largest > 1.0 => largest,
            _ => 1.0,
        }
    }
    match values {
        Values::U8(values) => of(values.iter().map(|&v| f64::from(v))),
        Values::F32(values) => of(values.iter().map(|&v| f64::from(v))),
        Values::F64(values) => of(values.iter().copied()),
        // Arrays are in memory.
        Values::Streamed(_) | Values::Provided(_) => 1.0,
    }
}

/// The classes' names: the source's, or the sorted texts among the labels, or `0` to the largest.
fn class_names(
    path: &Path,
    named: Option<Vec<String>>,
    main: &Pair,
    other: Option<&Pair>,
) -> Result<Vec<String>> {
    if let Some(names) = named {
        return Ok(names);
    }
    if let ArrayValues::Text(texts) = &main.labels.values {
        let mut names = texts.clone();
        names.sort();
        names.dedup();
        if names.len() > MAX_CLASSES {
            let problem = format!("{} different labels, at most {MAX_CLASSES}", names.len());
            return Err(Error::file(path, problem));
        }
        return Ok(names);
    }
    let mut largest = 0;
    for pair in std::iter::once(main).chain(other) {
        let labels = integer_labels(path, &pair.labels)?;
        largest = labels.into_iter().max().unwrap_or(0).max(largest);
    }
    Ok(numbered(largest as usize + 1))
}

/// Labels as indices into the classes.
fn labels(path: &Path, array: &RawArray, classes: &[String]) -> Result<Vec<u32>> {
    if let ArrayValues::Text(texts) = &array.values {
        check_label_shape(path, array)?;
        let known: HashMap<&str, u32> = classes.iter().map(String::as_str).zip(0..).collect();
        let index = |(at, text): (usize, &String)| {
            known.get(text.as_str()).copied().ok_or_else(|| {
                let problem = format!(
                    "label {at} is {text:?}, expected one of {}",
                    listed(classes)
                );
                Error::file(path, problem)
            })
        };
        return texts.iter().enumerate().map(index).collect();
    }
    let labels = integer_labels(path, array)?;
    match labels
        .iter()
        .position(|&label| label as usize >= classes.len())
    {
        None => Ok(labels),
        Some(at) => {
            let (label, count) = (labels[at], classes.len());
            let problem = format!("label {at} is {label}, but only {count} classes are named");
            Err(Error::file(path, problem))
        }
    }
}

/// Labels that are whole numbers from 0.
fn integer_labels(path: &Path, array: &RawArray) -> Result<Vec<u32>> {
    check_label_shape(path, array)?;
    let numbers = array.values.to_f64();
    let numbers =
        numbers.ok_or_else(|| Error::file(path, "labels are texts, expected integers"))?;
    let whole = |(at, value): (usize, f64)| {
        if value.fract() == 0.0 && (0.0..MAX_CLASSES as f64).contains(&value) {
            return Ok(value as u32);
        }
        let problem = format!(
            "label {at} is {value}, expected an integer from 0 to {}",
            MAX_CLASSES - 1
        );
        Err(Error::file(path, problem))
    };
    numbers.into_iter().enumerate().map(whole).collect()
}

/// Labels are `(n)`, `(1, n)` or `(n, 1)`.
fn check_label_shape(path: &Path, array: &RawArray) -> Result<()> {
    match array.shape[..] {
        [_] | [1, _] | [_, 1] => Ok(()),
        _ => {
            let found = times(&array.shape);
            let problem = format!("labels of shape {found}, expected n, 1xn or nx1");
            Err(Error::file(path, problem))
        }
    }
}
