//! Dense layers of few features: no packing of the examples, no allocation, no other threads.
//!
//! Forward and backward data are one loop. A *panel* is up to 8 neighbouring columns of the result;
//! its weights are copied to the stack, so that those of one step of the sum lie side by side:
//!
//! ```text
//! for each panel:
//!     for each few examples:
//!         sums = bias                              # examples x columns, in vector registers
//!         for k in 0..depth:
//!             for each of the examples: sums += x[example, k] * panel[k]
//!         y[examples, columns] = sums
//! ```
//!
//! Where the columns do not divide into panels, the last one overlaps the one before and computes
//! the same sums again. The weights' gradient is summed in tiles over the examples, with the columns
//! of the longer side of `w` in the lanes of a vector, and several examples apart in sums of their
//! own, added at the end, so that additions do not wait for each other. All sums have an order that
//! only the sizes decide.

mod product;
mod weights;

pub(in crate::dense) use product::{MOST_LONG, Product, SHORT};
pub(in crate::dense) use weights::Weights;

use crate::Real;

/// `N` values from `first` on.
#[inline(always)]
fn lanes<T: Real, const N: usize>(values: &[T], first: usize) -> [T; N] {
    let mut lanes = [T::zero(); N];
    lanes.copy_from_slice(&values[first..][..N]);
    lanes
}

/// How many of the rows that are left a tile takes.
#[inline(always)]
fn rows_left(left: usize) -> usize {
    match left {
        4.. => 4,
        2 | 3 => 2,
        _ => left,
    }
}

/// The next part of `width` columns of which `done` are covered: how many, and the first of them. The
/// last part may overlap what is covered.
#[inline(always)]
fn part(width: usize, done: usize) -> (usize, usize) {
    let left = width - done;
    let columns = if left > 4 && width >= 8 {
        8
    } else if left > 4 || width >= 4 {
        4
    } else if width >= 2 {
        2
    } else {
        1
    };
    (columns, done.min(width - columns))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_every_column_and_stay_inside() {
        for width in 1..70 {
            let (mut done, mut above) = (0, 0);
            while done < width {
                let (columns, first) = part(width, done);
                assert!([1, 2, 4, 8].contains(&columns));
                assert!(first <= done && first + columns <= width);
                assert!(first + columns > done, "{width} {done}");
                done = first + columns;
            }
            while above < width {
                let rows = rows_left(width - above);
                assert!([1, 2, 4].contains(&rows) && above + rows <= width);
                above += rows;
            }
        }
    }
}
