//! `dx`: where the gradient of a pooled value goes.

use rayon::prelude::*;

use super::PoolGeometry;
use super::forward::{for_each_position, positions};
use crate::Element;
use crate::kernels::assert_len;

/// `dx[winner of (n, i, j, c)] += dy[n, i, j, c]`; 0 where nothing won.
///
/// Overlapping windows with the same winner add up. Source: the notebooks' `pool_backward`, with
/// one winner per window.
///
/// # Shapes
///
/// `winners` (as [`super::max_forward`] wrote them) and `dy` (batch, out_height, out_width,
/// channels); `dx` (batch, height, width, channels), written.
///
/// # Panics
///
/// If a slice does not have the length that `g` says, or a winner lies outside its example.
pub fn max_backward<T: Element>(g: &PoolGeometry, winners: &[u32], dy: &[T], dx: &mut [T]) {
    const NAME: &str = "max pooling backward";
    assert_len(NAME, "winners", winners, g.y_len());
    assert_len(NAME, "dy", dy, g.y_len());
    assert_len(NAME, "dx", dx, g.x_len());
    for_each_example(g, dx, |example, dx| {
        let (dy, winners) = (part(g, dy, example), part(g, winners, example));
        for (&dy, &winner) in dy.iter().zip(winners) {
            let place = winner as usize;
            assert!(
                place < dx.len(),
                "{NAME}: winner {place} of an example of {} values",
                dx.len()
            );
            dx[place] += dy;
        }
    });
}

/// `dx[n, h, w, c] += dy[n, i, j, c]` for every position of the window whose `x` is the maximum
/// `y[n, i, j, c]` (for a NaN, every position that is NaN).
///
/// Source: the notebooks' `create_mask_from_window` and `pool_backward`.
///
/// # Shapes
///
/// `x` and `dx` (batch, height, width, channels), `y` and `dy` (batch, out_height, out_width,
/// channels); `dx` is written.
///
/// # Panics
///
/// If a slice does not have the length that `g` says.
pub fn max_backward_all<T: Element>(g: &PoolGeometry, x: &[T], y: &[T], dy: &[T], dx: &mut [T]) {
    const NAME: &str = "max pooling backward (all maxima)";
    assert_len(NAME, "x", x, g.x_len());
    assert_len(NAME, "y", y, g.y_len());
    assert_len(NAME, "dy", dy, g.y_len());
    assert_len(NAME, "dx", dx, g.x_len());
    let channels = g.output[2];
    for_each_example(g, dx, |example, dx| {
        let x = &x[example * g.example_len()..][..g.example_len()];
        let y = part(g, y, example).chunks_exact(channels);
        let dy = part(g, dy, example).chunks_exact(channels);
        for (pixel, (y, dy)) in y.zip(dy).enumerate() {
            for_each_position(g, pixel, |offset| {
                let values = dx[offset..]
                    .iter_mut()
                    .zip(&x[offset..])
                    .zip(y.iter().zip(dy));
                for ((dx, &x), (&y, &dy)) in values {
                    if x == y || (x.is_nan() && y.is_nan()) {
                        *dx += dy;
                    }
                }
            });
        }
    });
}

/// `dx[n, h, w, c] += dy[n, i, j, c] / number of positions` for every position of the window.
///
/// Source: the notebooks' `distribute_value` and `pool_backward`.
///
/// # Shapes
///
/// `dy` (batch, out_height, out_width, channels), `dx` (batch, height, width, channels), written.
///
/// # Panics
///
/// If a slice does not have the length that `g` says.
pub fn average_backward<T: Element>(g: &PoolGeometry, count_padding: bool, dy: &[T], dx: &mut [T]) {
    const NAME: &str = "average pooling backward";
    assert_len(NAME, "dy", dy, g.y_len());
    assert_len(NAME, "dx", dx, g.x_len());
    for_each_example(g, dx, |example, dx| {
        for (pixel, dy) in part(g, dy, example).chunks_exact(g.output[2]).enumerate() {
            let count: T = positions(g, count_padding, pixel);
            for_each_position(g, pixel, |offset| {
                for (dx, &dy) in dx[offset..].iter_mut().zip(dy) {
                    *dx += dy / count;
                }
            });
        }
    });
}

/// Calls `f` with the number and the zeroed gradient of every example. Windows overlap in `dx`, so
/// an example stays on one thread.
fn for_each_example<T: Element>(
    g: &PoolGeometry,
    dx: &mut [T],
    f: impl Fn(usize, &mut [T]) + Sync,
) {
    let lanes = g.lanes(g.batch);
    let chunks = dx.par_chunks_mut(lanes.per_lane * g.example_len());
    chunks.with_max_len(1).enumerate().for_each(|(lane, dx)| {
        dx.fill(T::zero());
        for (index, dx) in dx.chunks_exact_mut(g.example_len()).enumerate() {
            f(lane * lanes.per_lane + index, dx);
        }
    });
}

/// What belongs to one example of an array of the output's shape.
fn part<'a, T>(g: &PoolGeometry, values: &'a [T], example: usize) -> &'a [T] {
    &values[example * g.output_len()..][..g.output_len()]
}
