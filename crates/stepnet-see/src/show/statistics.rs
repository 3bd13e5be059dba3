//! Statistics of a whole array.

use std::fmt;

use ndarray::ArrayViewD;
use serde::Serialize;

use super::numbers::alone;
use super::value::{Cell, Value};

/// A smallest or largest value, exactly.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Extreme {
    /// Of signed integers.
    Signed(i64),
    /// Of unsigned integers and truth values.
    Unsigned(u64),
    /// Of floating point numbers.
    Float(f64),
}

/// Shape, type and range of an array.
///
/// `min`, `max` and `mean` are those of the finite values, and `None` where there is none.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Statistics {
    /// The type, by numpy's name.
    pub dtype: String,
    /// The extents.
    pub shape: Vec<usize>,
    /// How many values there are.
    pub values: usize,
    /// The smallest.
    pub min: Option<Extreme>,
    /// The largest.
    pub max: Option<Extreme>,
    /// The mean.
    pub mean: Option<f64>,
    /// How many are not a number.
    pub nan: usize,
    /// How many are infinite.
    pub infinite: usize,
}

impl Statistics {
    pub(super) fn of<T: Value>(array: &ArrayViewD<'_, T>) -> Self {
        let mut statistics = Self {
            dtype: T::DTYPE.to_owned(),
            shape: array.shape().to_vec(),
            values: array.len(),
            min: None,
            max: None,
            mean: None,
            nan: 0,
            infinite: 0,
        };
        let (mut finite, mut sum) = (0_u64, 0.0);
        let mut ends: Option<(Cell<'_>, Cell<'_>)> = None;
        for cell in array.iter().map(Value::cell) {
            let Some(value) = cell.as_f64() else { break };
            statistics.nan += usize::from(value.is_nan());
            statistics.infinite += usize::from(value.is_infinite());
            if value.is_finite() {
                finite += 1;
                sum += value;
                let (low, high) = ends.unwrap_or((cell, cell));
                ends = Some((
                    if below(cell, low) { cell } else { low },
                    if below(high, cell) { cell } else { high },
                ));
            }
        }
        if finite > 0 {
            let count = finite as f64;
            // A sum beyond the largest number: each value's share instead.
            let shares = || {
                let values = array.iter().filter_map(|value| value.cell().as_f64());
                values
                    .filter(|value| value.is_finite())
                    .map(|value| value / count)
                    .sum()
            };
            let mean = sum / count;
            statistics.mean = Some(if mean.is_finite() { mean } else { shares() });
        }
        statistics.min = ends.and_then(|(low, _)| extreme(low));
        statistics.max = ends.and_then(|(_, high)| extreme(high));
        statistics
    }
}

/// Whether `a < b`, without rounding large integers.
fn below(a: Cell<'_>, b: Cell<'_>) -> bool {
    match (a, b) {
        (Cell::Signed(a), Cell::Signed(b)) => a < b,
        (Cell::Unsigned(a), Cell::Unsigned(b)) => a < b,
        _ => a.as_f64() < b.as_f64(),
    }
}

fn extreme(cell: Cell<'_>) -> Option<Extreme> {
    Some(match cell {
        Cell::Signed(value) => Extreme::Signed(value),
        Cell::Unsigned(value) => Extreme::Unsigned(value),
        Cell::Bool(value) => Extreme::Unsigned(value.into()),
        Cell::F32(value) => Extreme::Float(value.into()),
        Cell::F64(value) => Extreme::Float(value),
        Cell::Text(_) => return None,
    })
}

impl fmt::Display for Extreme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signed(value) => write!(f, "{value}"),
            Self::Unsigned(value) => write!(f, "{value}"),
            Self::Float(value) => f.write_str(&brief(*value)),
        }
    }
}

/// At most 8 digits.
fn brief(value: f64) -> String {
    let rounded: f64 = format!("{value:.7e}").parse().unwrap_or(value);
    let text = alone(Cell::F64(rounded));
    text.strip_suffix(".0").unwrap_or(&text).to_owned()
}

impl fmt::Display for Statistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shape = match &self.shape[..] {
            [one] => format!("({one},)"),
            extents => {
                let extents: Vec<String> = extents.iter().map(usize::to_string).collect();
                format!("({})", extents.join(", "))
            }
        };
        write!(f, "{} {shape}", self.dtype)?;
        if self.values == 0 {
            return f.write_str(": no values");
        }
        if let (Some(min), Some(max), Some(mean)) = (self.min, self.max, self.mean) {
            write!(f, ": {min} to {max}, mean {}", brief(mean))?;
        }
        let mut before = if self.min.is_some() { ", " } else { ": " };
        for (count, name) in [(self.nan, "NaN"), (self.infinite, "infinite")] {
            if count > 0 {
                write!(f, "{before}{count} {name}")?;
                before = ", ";
            }
        }
        Ok(())
    }
}
