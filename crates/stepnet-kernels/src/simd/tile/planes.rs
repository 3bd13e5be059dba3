//! Sums of windows with pixels in the lanes.

use super::registers::Tile;
use super::windows::Runs;
use crate::Real;
use crate::simd::Isa;

/// `sums[column][v][lane] += sum over k of w[k][column] x[starts[v] + place(k) + lane]`, `k` over the
/// rows, columns and elements of the runs; here an element lies `plane` after the one before.
///
/// `w` holds a vector for every element of the window, of which the first `C` values are used; or, if
/// it is `SPREAD` out, `C` vectors, each full of one value.
///
/// # Panics
///
/// If a vector reaches beyond `x`, or `w` is shorter than the window needs.
#[inline(always)]
pub(crate) fn planes<I: Isa, T: Real, const C: usize, const V: usize, const SPREAD: bool>(
    isa: I,
    x: &[T],
    starts: [usize; V],
    runs: &Runs,
    plane: usize,
    w: &[T],
    sums: &mut Tile<I, T, C, V>,
) {
    if runs.elements() == 0 {
        return;
    }
    let lanes = I::lanes::<T>();
    let furthest = starts.iter().copied().max().unwrap_or(0);
    let vectors = if SPREAD { C } else { 1 };
    let reach = (runs.rows - 1) * runs.row_step
        + (runs.per_row - 1) * runs.run_step
        + (runs.len - 1) * plane
        + lanes;
    assert!(furthest + reach <= x.len(), "a window leaves the image");
    assert!(
        C <= lanes && runs.elements() * vectors * lanes <= w.len(),
        "too few weights"
    );
    let mut tile = *sums;
    // SAFETY: the vector of the last element of the furthest window ends within `x`, and all others
    // lie before it; `w` is read front to back, `C` of a vector's values, or `C` vectors,
    // for each of the elements.
    unsafe {
        let mut pixels = [x.as_ptr(); V];
        for (pixel, start) in pixels.iter_mut().zip(starts) {
            *pixel = pixel.add(start);
        }
        let mut w = w.as_ptr();
        for row in 0..runs.rows {
            for run in 0..runs.per_row {
                let mut place = row * runs.row_step + run * runs.run_step;
                for _ in 0..runs.len {
                    let mut values = [isa.splat(T::zero()); V];
                    for (value, pixel) in values.iter_mut().zip(&pixels) {
                        *value = isa.load_at(pixel.add(place));
                    }
                    for (column, sums) in tile.iter_mut().enumerate() {
                        let by = if SPREAD {
                            isa.load_at(w.add(column * lanes))
                        } else {
                            isa.splat(*w.add(column))
                        };
                        for (sum, value) in sums.iter_mut().zip(values) {
                            *sum = isa.vector_mul_add(by, value, *sum);
                        }
                    }
                    place += plane;
                    w = w.add(vectors * lanes);
                }
            }
        }
    }
    *sums = tile;
}
