//! Arrays as files hold them.

use std::fmt;

use ndarray::{ArrayViewD, IxDyn};
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::value::{Cell, Value};
use super::{At, MOST_WHOLE, Statistics, show};
use crate::{Error, Result};
use stepnet_data::array::{ArrayValues, RawArray};

/// An array of a file, or a part of it, ready to be printed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct StoredArray {
    /// Shape, range and mean.
    #[serde(flatten)]
    pub statistics: Statistics,
    /// The type as the file spells it, such as `>f8`.
    pub stored_as: String,
    /// The values as they are printed.
    #[serde(skip)]
    pub text: String,
    /// The values in nested lists, unless they are many; what is not finite is `null`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<Json>,
}

/// The part `at` of an array from a file; with nested brackets alone, as numpy prints it, if `nested`.
///
/// # Errors
/// When the array has no such part.
pub fn stored(array: &RawArray, at: &At, nested: bool) -> Result<StoredArray> {
    let mut stored = match &array.values {
        ArrayValues::U8(values) if letters(&array.dtype).starts_with('b') => {
            let values: Vec<bool> = values.iter().map(|&value| value != 0).collect();
            part(array, &values, at, nested)
        }
        ArrayValues::U8(values) => part(array, values, at, nested),
        ArrayValues::I64(values) => part(array, values, at, nested),
        ArrayValues::U64(values) => part(array, values, at, nested),
        ArrayValues::F32(values) => part(array, values, at, nested),
        ArrayValues::F64(values) => part(array, values, at, nested),
        ArrayValues::Text(values) => part(array, values, at, nested),
    }?;
    stored.statistics.dtype = name(&array.dtype);
    Ok(stored)
}

fn part<T: Value>(array: &RawArray, values: &[T], at: &At, nested: bool) -> Result<StoredArray> {
    let view = ArrayViewD::from_shape(IxDyn(&array.shape), values)
        .map_err(|error| Error::shape("show", "the array", &array.shape, error.to_string()))?;
    let view = at.of(view)?;
    let shown = match nested {
        true => show(&view).nested(),
        false => show(&view),
    };
    Ok(StoredArray {
        statistics: shown.statistics(),
        stored_as: array.dtype.clone(),
        text: shown.values(),
        content: (view.len() <= MOST_WHOLE).then(|| lists(&view.view())),
    })
}

/// Nested lists; a single value where there is no axis.
fn lists<T: Value>(array: &ArrayViewD<'_, T>) -> Json {
    if array.ndim() == 0 {
        return match array.first().map(Value::cell) {
            Some(Cell::F32(value)) => json!(value),
            Some(Cell::F64(value)) => json!(value),
            Some(Cell::Signed(value)) => json!(value),
            Some(Cell::Unsigned(value)) => json!(value),
            Some(Cell::Bool(value)) => json!(value),
            Some(Cell::Text(value)) => json!(value),
            None => Json::Null,
        };
    }
    array.outer_iter().map(|part| lists(&part)).collect()
}

/// Numpy's name of a stored type: `>i2` is `int16`.
fn name(stored_as: &str) -> String {
    let letters = letters(stored_as);
    let split = letters
        .char_indices()
        .nth(1)
        .map_or(letters.len(), |(at, _)| at);
    let (kind, size) = letters.split_at(split);
    // Types of numpy count bytes after a mark of their order, those of HDF5 count bits.
    let unit = if letters == stored_as { 1 } else { 8 };
    let bits = size
        .parse::<usize>()
        .ok()
        .and_then(|size| size.checked_mul(unit));
    match (kind, bits) {
        ("b", _) => "bool".to_owned(),
        ("u", Some(bits)) => format!("uint{bits}"),
        ("i", Some(bits)) => format!("int{bits}"),
        ("f", Some(bits)) => format!("float{bits}"),
        ("U" | "S", _) => "text".to_owned(),
        _ => stored_as.to_owned(),
    }
}

/// A stored type without the order of its bytes.
fn letters(stored_as: &str) -> &str {
    stored_as.trim_start_matches(['<', '>', '|', '='])
}

impl fmt::Display for StoredArray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}", self.statistics, self.text)
    }
}
