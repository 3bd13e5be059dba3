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

pub(super) use product::{MOST_LONG, Product};
pub(super) use weights::Weights;

use super::DenseGeometry;
use crate::Real;
use product::SHORT;

// The limits below are where a general product on a 2-core AVX2 machine became as quick, over both
// number types and sizes from 1 x 2 x 2 to 4000 x 2 x 2 and 128 x 64 x 64; well inside them it took
// 2 to 8 times as long.

/// Multiply-adds up to which the calling thread alone is quicker than several.
const MAX_WORK: u64 = 1 << 19;

/// Examples from which copying any weights is worth while, and weights that are worth it for fewer.
const MANY_EXAMPLES: usize = 16;
const FEW_WEIGHTS: usize = 1 << 10;

/// The shorter side of `w` up to which tiles over the examples are quicker.
const MAX_SHORT_SIDE: usize = 16;

/// Whether [`Product`] is quick for sums over so many features.
pub(super) fn suits_product(g: &DenseGeometry, depth: usize) -> bool {
    depth <= SHORT
        && g.multiply_adds() <= MAX_WORK
        && (g.batch >= MANY_EXAMPLES || g.weights_len() <= FEW_WEIGHTS)
}

/// Whether [`Weights`] is quick for a layer.
pub(super) fn suits_weights(g: &DenseGeometry) -> bool {
    g.inputs.min(g.outputs) <= MAX_SHORT_SIDE && g.multiply_adds() <= MAX_WORK
}

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
