//! `y = pool(x)`.

use rayon::prelude::*;

use super::PoolGeometry;
use crate::Element;
use crate::kernels::assert_len;

/// `y = max of x over the window`, and where it was found.
///
/// A winner is the place of the first maximum (row-major in the window) as an offset into its
/// example's `height * width * channels` values. Source: the notebooks' `pool_forward`.
///
/// # Shapes
///
/// `x` (batch, height, width, channels); `y` and `winners` (batch, out_height, out_width,
/// channels), written.
///
/// # Panics
///
/// If a slice does not have the length that `g` says.
pub fn max_forward<T: Element>(
    g: &PoolGeometry,
    x: &[T],
    y: &mut [T],
    winners: Option<&mut [u32]>,
) {
    const NAME: &str = "max pooling forward";
    assert_len(NAME, "x", x, g.x_len());
    assert_len(NAME, "y", y, g.y_len());
    let row_len = g.output[1] * g.output[2];
    let lanes = g.lanes(g.batch * g.output[0]);
    let lane_len = lanes.per_lane * row_len;
    let Some(winners) = winners else {
        y.par_chunks_mut(lane_len)
            .with_max_len(1)
            .enumerate()
            .for_each(|(lane, y)| {
                for_each_pixel(g, x, lane * lanes.per_lane, y, |x, pixel, y| {
                    max_of(g, x, pixel, y)
                });
            });
        return;
    };
    assert_len(NAME, "winners", winners, g.y_len());
    y.par_chunks_mut(lane_len)
        .zip(winners.par_chunks_mut(lane_len))
        .with_max_len(1)
        .enumerate()
        .for_each(|(lane, (y, winners))| {
            let mut winners = winners.chunks_exact_mut(g.output[2]);
            for_each_pixel(g, x, lane * lanes.per_lane, y, |x, pixel, y| {
                if let Some(winners) = winners.next() {
                    winner_of(g, x, pixel, y, winners);
                }
            });
        });
}

/// `y = sum of x over the window / number of its positions`.
///
/// Positions in the padding are counted if `count_padding`. Source: the notebooks' `pool_forward`.
///
/// # Shapes
///
/// `x` (batch, height, width, channels), `y` (batch, out_height, out_width, channels), written.
///
/// # Panics
///
/// If a slice does not have the length that `g` says.
pub fn average_forward<T: Element>(g: &PoolGeometry, count_padding: bool, x: &[T], y: &mut [T]) {
    const NAME: &str = "average pooling forward";
    assert_len(NAME, "x", x, g.x_len());
    assert_len(NAME, "y", y, g.y_len());
    let lanes = g.lanes(g.batch * g.output[0]);
    let lane_len = lanes.per_lane * g.output[1] * g.output[2];
    y.par_chunks_mut(lane_len)
        .with_max_len(1)
        .enumerate()
        .for_each(|(lane, y)| {
            for_each_pixel(g, x, lane * lanes.per_lane, y, |x, pixel, y| {
                y.fill(T::zero());
                for_each_position(g, pixel, |offset| {
                    for (y, &x) in y.iter_mut().zip(&x[offset..]) {
                        *y += x;
                    }
                });
                let count = positions(g, count_padding, pixel);
                for y in y {
                    *y /= count;
                }
            });
        });
}

/// The number that an average divides by.
pub(super) fn positions<T: Element>(g: &PoolGeometry, count_padding: bool, pixel: usize) -> T {
    let (rows, cols) = g.window(pixel);
    let count = if count_padding {
        g.kernel[0] * g.kernel[1]
    } else {
        rows.len() * cols.len()
    };
    T::from_f64(count as f64)
}

/// Calls `f` with the offset, in its example, of every pixel of the window, in row-major order.
#[inline(always)]
pub(super) fn for_each_position(g: &PoolGeometry, pixel: usize, mut f: impl FnMut(usize)) {
    let (rows, cols) = g.window(pixel);
    for row in rows {
        for col in cols.clone() {
            f((row * g.input[1] + col) * g.input[2]);
        }
    }
}

/// Calls `f` with the example, the pixel's number in its output, and the pixel's channels, for the
/// rows in `y`, the first of which is row `first` of the batch.
#[inline(always)]
fn for_each_pixel<T: Element>(
    g: &PoolGeometry,
    x: &[T],
    first: usize,
    y: &mut [T],
    mut f: impl FnMut(&[T], usize, &mut [T]),
) {
    let [out_h, out_w, channels] = g.output;
    for (index, y) in y.chunks_exact_mut(out_w * channels).enumerate() {
        let row = first + index;
        let x = &x[row / out_h * g.example_len()..][..g.example_len()];
        for (col, y) in y.chunks_exact_mut(channels).enumerate() {
            f(x, row % out_h * out_w + col, y);
        }
    }
}

/// Whether `value` takes the maximum from `best`: it is larger, or the first NaN.
///
/// `!(value <= best)` is "larger, or one of them is NaN"; a `best` that is NaN stays.
#[inline(always)]
#[allow(clippy::neg_cmp_op_on_partial_ord)] // the negation is what lets NaN in
pub(crate) fn beats<T: Element>(value: T, best: T) -> bool {
    !(value <= best) & !best.is_nan()
}

#[inline(always)]
fn max_of<T: Element>(g: &PoolGeometry, x: &[T], pixel: usize, y: &mut [T]) {
    let mut started = false;
    for_each_position(g, pixel, |offset| {
        let x = &x[offset..][..y.len()];
        if !started {
            started = true;
            return y.copy_from_slice(x);
        }
        for (y, &x) in y.iter_mut().zip(x) {
            *y = if beats(x, *y) { x } else { *y };
        }
    });
}

#[inline(always)]
#[allow(clippy::cast_possible_truncation)] // the geometry has checked that offsets fit in u32
fn winner_of<T: Element>(
    g: &PoolGeometry,
    x: &[T],
    pixel: usize,
    y: &mut [T],
    winners: &mut [u32],
) {
    let mut started = false;
    for_each_position(g, pixel, |offset| {
        let x = &x[offset..][..y.len()];
        let places = offset as u32..;
        if !started {
            started = true;
            y.copy_from_slice(x);
            winners
                .iter_mut()
                .zip(places)
                .for_each(|(winner, place)| *winner = place);
            return;
        }
        for (((y, winner), &x), place) in y.iter_mut().zip(&mut *winners).zip(x).zip(places) {
            let beats = beats(x, *y);
            *y = if beats { x } else { *y };
            *winner = if beats { place } else { *winner };
        }
    });
}
