//! Arrays for people: shape, range, and values the way a notebook prints them.
//!
//! [`show()`] takes any array or view; [`stored`] takes an array of a file. Values are written as
//! numpy writes them: as many digits as distinguish a value, at most 8 after the point, columns
//! aligned, and of large arrays the first and last three along each axis. A volume
//! `(height, width, channels)` or a batch of them is shown as one grid a channel, which is what
//! numpy's nested brackets make hard to see; [`ArrayDisplay::nested`] keeps to the brackets.

mod at;
mod layout;
mod numbers;
mod statistics;
#[cfg(feature = "files")]
mod stored;
#[cfg(test)]
mod tests;
mod value;

use std::fmt;

use ndarray::{ArrayRef, ArrayViewD, Axis, Dimension};

pub use at::At;
pub use statistics::{Extreme, Statistics};
#[cfg(feature = "files")]
pub use stored::{StoredArray, stored};
pub use value::{Cell, Value};

/// Arrays of more values than this are shown in part.
const MOST_WHOLE: usize = 1000;

/// Values shown at both ends of an axis, and grids shown at both ends of a batch.
const EDGE: usize = 3;

/// An array to be printed.
///
/// ```
/// use stepnet::ndarray::array;
/// use stepnet::see::show;
///
/// let text = show(&array![[1.5, -2.0], [0.25, 3.0]]).to_string();
/// assert_eq!(text, "\
/// float64 (2, 2): -2 to 3, mean 0.6875
/// [[ 1.5  -2.  ]
///  [ 0.25  3.  ]]");
/// ```
#[derive(Debug, Clone)]
pub struct ArrayDisplay<'a, T> {
    array: ArrayViewD<'a, T>,
    nested: bool,
}

/// Prints an array: `println!("{}", show(&array))`.
pub fn show<T: Value, D: Dimension>(array: &ArrayRef<T, D>) -> ArrayDisplay<'_, T> {
    ArrayDisplay {
        array: array.view().into_dyn(),
        nested: false,
    }
}

impl<T: Value> ArrayDisplay<'_, T> {
    /// With nested brackets only, exactly as numpy prints arrays of any shape.
    #[must_use]
    pub fn nested(mut self) -> Self {
        self.nested = true;
        self
    }

    /// Range, mean, and what is not finite.
    pub fn statistics(&self) -> Statistics {
        Statistics::of(&self.array)
    }

    /// The values without the line on top.
    pub fn values(&self) -> String {
        let whole = self.array.len() <= MOST_WHOLE;
        if self.nested || self.array.is_empty() || !is_volume(self.array.shape()) {
            return layout::nested(&self.array.view(), whole);
        }
        let grids = grids(self.array.shape());
        let last = grids.len();
        let mut lines = Vec::new();
        for (at, index) in grids.iter().enumerate() {
            if !whole && last > 2 * EDGE && (EDGE..last - EDGE).contains(&at) {
                if at == EDGE {
                    lines.push(format!("... {} more ...", last - 2 * EDGE));
                }
                continue;
            }
            let (name, grid) = self.grid(index);
            lines.push(format!("{name}\n{}", layout::nested(&grid, whole)));
        }
        lines.join("\n")
    }

    /// A channel of a volume, and its index as one writes it in Python.
    fn grid(&self, index: &[usize; 2]) -> (String, ArrayViewD<'_, T>) {
        let &[example, channel] = index;
        let mut grid = self.array.view();
        let last = grid.ndim() - 1;
        grid.index_axis_inplace(Axis(last), channel);
        if last == 2 {
            return (format!("[:, :, {channel}]"), grid);
        }
        grid.index_axis_inplace(Axis(0), example);
        (format!("[{example}, :, :, {channel}]"), grid)
    }
}

/// Whether an array is interpreted as `(h, w, c)` or `(m, h, w, c)`. An array `(m, n, n)` is a stack of
/// square images.
fn is_volume(shape: &[usize]) -> bool {
    match *shape {
        [first, second, third] => second != third || first == second,
        [_, _, _, _] => true,
        _ => false,
    }
}

/// Example and channel of each grid; of many, only as many as are needed to show both ends.
fn grids(shape: &[usize]) -> Vec<[usize; 2]> {
    let channels = *shape.last().unwrap_or(&0);
    let examples = if shape.len() == 4 { shape[0] } else { 1 };
    let pairs = (0..examples).flat_map(|example| (0..channels).map(move |c| [example, c]));
    pairs.collect()
}

impl<T: Value> fmt::Display for ArrayDisplay<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.statistics())?;
        f.write_str(&self.values())
    }
}
