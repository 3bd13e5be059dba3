//! A part of an array, written as in Python.

use std::fmt;
use std::str::FromStr;

use ndarray::{ArrayViewD, Axis, Slice};

use crate::{Error, Result};

/// Which part of an array: `[0, :, :, 2]`, `[1:4, ..., -1]`, with or without the brackets.
///
/// Negative numbers count from the end; an axis that is not named is taken whole.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct At {
    axes: Vec<Place>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Index(isize),
    Range {
        start: Option<isize>,
        end: Option<isize>,
        step: isize,
    },
    /// `...`: as many whole axes as are left.
    Rest,
}

impl At {
    /// The part of an array.
    ///
    /// # Errors
    /// More axes than there are, or an index beyond an axis.
    pub fn of<'a, T>(&self, mut array: ArrayViewD<'a, T>) -> Result<ArrayViewD<'a, T>> {
        let named = self
            .axes
            .iter()
            .filter(|place| **place != Place::Rest)
            .count();
        if named > array.ndim() {
            return Err(Error::value(
                "At",
                "the part",
                self,
                format!(
                    "at most {} places, because the array has that many axes",
                    array.ndim()
                ),
            ));
        }
        let left = array.ndim() - named;
        // Axes that an index picks from go away: `axis` is the next one, `number` counts all.
        let (mut axis, mut number) = (0, 0);
        for place in &self.axes {
            let len = array.shape().get(axis).copied().unwrap_or(1);
            match *place {
                Place::Index(index) => {
                    array.index_axis_inplace(Axis(axis), self.index(index, len, number)?);
                    number += 1;
                }
                Place::Range { start, end, step } => {
                    let slice = Slice::new(clamp(start, len, 0), Some(clamp(end, len, len)), step);
                    array.slice_axis_inplace(Axis(axis), slice);
                    (axis, number) = (axis + 1, number + 1);
                }
                Place::Rest => (axis, number) = (axis + left, number + left),
            }
        }
        Ok(array)
    }

    fn index(&self, index: isize, len: usize, axis: usize) -> Result<usize> {
        let from_start = if index < 0 {
            index.checked_add_unsigned(len)
        } else {
            Some(index)
        };
        let place = from_start.and_then(|place| usize::try_from(place).ok());
        place.filter(|&place| place < len).ok_or_else(|| {
            let expected = match len.checked_sub(1) {
                Some(last) => format!("0 to {last} on axis {axis}"),
                None => format!("none, because axis {axis} is empty"),
            };
            Error::value("At", "the index", index, expected)
        })
    }
}

/// A bound as Python takes it: from the end where negative, and never beyond the axis.
fn clamp(bound: Option<isize>, len: usize, default: usize) -> isize {
    let whole = isize::try_from(len).unwrap_or(isize::MAX);
    let default = isize::try_from(default).unwrap_or(isize::MAX);
    match bound {
        None => default,
        Some(bound) if bound < 0 => bound.saturating_add(whole).max(0),
        Some(bound) => bound.min(whole),
    }
}

impl FromStr for At {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = || {
            let expected =
                "indices and ranges as in Python, such as [0, :, :, 2] or [1:4, ..., -1]";
            Error::value("At", "the part", format!("{text:?}"), expected)
        };
        let trimmed = text.trim();
        let inner = match trimmed.strip_prefix('[') {
            Some(rest) => rest.strip_suffix(']').ok_or_else(wrong)?,
            None => trimmed,
        };
        let inner = inner.trim();
        let inner = inner.strip_suffix(',').unwrap_or(inner);
        if inner.is_empty() {
            return Err(wrong());
        }
        let places = inner
            .split(',')
            .map(|part| place(part.trim()).ok_or_else(wrong));
        let axes = places.collect::<Result<Vec<_>>>()?;
        if axes.iter().filter(|place| **place == Place::Rest).count() > 1 {
            return Err(wrong());
        }
        Ok(Self { axes })
    }
}

fn place(text: &str) -> Option<Place> {
    if text == "..." {
        return Some(Place::Rest);
    }
    let bound = |text: &str| match text.trim() {
        "" => Some(None),
        number => number.parse().ok().map(Some),
    };
    let parts: Vec<&str> = text.split(':').collect();
    Some(match parts[..] {
        [index] => Place::Index(index.parse().ok()?),
        [start, end] => Place::Range {
            start: bound(start)?,
            end: bound(end)?,
            step: 1,
        },
        [start, end, step] => Place::Range {
            start: bound(start)?,
            end: bound(end)?,
            step: bound(step)?.unwrap_or(1),
        },
        _ => return None,
    })
    .filter(|place| !matches!(place, Place::Range { step, .. } if *step < 1))
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bound = |bound: Option<isize>| bound.map_or(String::new(), |bound| bound.to_string());
        let places = self.axes.iter().map(|place| match *place {
            Place::Index(index) => index.to_string(),
            Place::Rest => "...".to_owned(),
            Place::Range {
                start,
                end,
                step: 1,
            } => format!("{}:{}", bound(start), bound(end)),
            Place::Range { start, end, step } => {
                format!("{}:{}:{step}", bound(start), bound(end))
            }
        });
        write!(f, "[{}]", places.collect::<Vec<_>>().join(", "))
    }
}
