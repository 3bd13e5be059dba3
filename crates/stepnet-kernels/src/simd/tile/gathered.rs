//! Sums of rows that lie anywhere.

use super::registers::{Tile, vectors_at};
use crate::Real;
use crate::simd::Isa;

/// `sums[r][column] += sum over i of by[i] x[starts[i] + r row_step + column]`.
///
/// # Panics
///
/// If a row's vectors reach beyond `x`, or there are fewer factors than starts.
#[inline(always)]
pub(crate) fn gathered<I: Isa, T: Real, const R: usize, const V: usize>(
    isa: I,
    x: &[T],
    starts: &[u32],
    by: &[T],
    row_step: usize,
    sums: &mut Tile<I, T, R, V>,
) {
    let Some(furthest) = starts.iter().copied().max() else {
        return;
    };
    let reach = (R - 1) * row_step + V * I::lanes::<T>();
    assert!(
        furthest as usize + reach <= x.len(),
        "a row leaves the image"
    );
    let by = &by[..starts.len()];
    let mut tile = *sums;
    for (&start, &by) in starts.iter().zip(by) {
        let by = isa.splat(by);
        for (r, sums) in tile.iter_mut().enumerate() {
            // SAFETY: the last row of the furthest start ends within `x`; all others lie before it.
            let row = unsafe {
                let from = x.as_ptr().add(start as usize + r * row_step);
                vectors_at::<I, T, V>(isa, from)
            };
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum = isa.vector_mul_add(by, value, *sum);
            }
        }
    }
    *sums = tile;
}
