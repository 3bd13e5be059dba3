//! Batch normalisation: the statistics of each channel over all rows.
//!
//! One pass takes the statistics, one writes the outputs; backward one takes two sums, one writes
//! `dx`. Rows are cut into parts by the sizes alone, parts into blocks that stay in the cache. Of a
//! block the mean comes first and then the squares around it, so that a large mean costs no digits;
//! blocks, then parts, are merged in order (Chan, Golub and LeVeque, "Algorithms for computing the
//! sample variance", 1983). Narrow rows are taken several at a time (`geometry`).

mod backward;
mod forward;
mod parts;
mod statistics;

use super::NormGeometry;
pub use super::arguments::{BackwardInput, Gradients, Norm, NormStatistics, Statistics};
use crate::Real;
use crate::simd::InstructionSet;
use crate::work::compiled;
use crate::{assert_len, assert_scratch};
pub(crate) use backward::run_backward;
pub(crate) use forward::run_forward;
pub(crate) use statistics::run_statistics;

/// Scratch that [`statistics`] needs.
pub fn statistics_scratch(g: &NormGeometry) -> usize {
    g.scratch(0, 2 * g.channels, 2 * g.width())
}

/// The mean and the biased variance of each channel.
///
/// # Shapes
///
/// `x` is `(rows, channels)`, `mean` and `variance` `(channels)`; both are written.
///
/// # Panics
///
/// If a length is another, or there are no rows.
pub fn statistics<T: Real>(
    g: &NormGeometry,
    x: &[T],
    mean: &mut [T],
    variance: &mut [T],
    scratch: &mut [T],
) {
    assert_len("batch statistics", "x", x, g.len());
    assert_len("batch statistics", "mean", mean, g.channels);
    assert_len("batch statistics", "variance", variance, g.channels);
    assert_scratch("batch statistics", scratch, statistics_scratch(g));
    assert!(!g.is_empty(), "batch statistics of no rows");
    T::run::<StatisticsPass>((g, x, mean, variance, scratch));
}

compiled!(StatisticsPass<'a, T>(
    g: &'a NormGeometry, x: &'a [T], mean: &'a mut [T], variance: &'a mut [T], scratch: &'a mut [T],
) => run_statistics);

/// Scratch that [`forward`] needs.
pub fn forward_scratch(g: &NormGeometry) -> usize {
    3 * g.width()
}

/// `y = gamma (x - mean) / sqrt(variance + epsilon) + beta`, and with `rectified` 0 where that is
/// not above 0: bitwise what [`relu`](crate::relu) makes of it.
///
/// # Shapes
///
/// `x` and `y` are `(rows, channels)`, all others `(channels)`; `y` is written.
///
/// # Panics
///
/// If a length is another.
pub fn forward<T: Real>(
    g: &NormGeometry,
    norm: Norm<'_, T>,
    x: &[T],
    y: &mut [T],
    scratch: &mut [T],
) {
    assert_len("batch norm forward", "x", x, g.len());
    assert_len("batch norm forward", "y", y, g.len());
    let statistics = norm.statistics.values();
    for (name, values) in [
        ("mean", statistics.mean),
        ("variance", statistics.variance),
        ("gamma", norm.affine.gamma),
        ("beta", norm.affine.beta),
    ] {
        assert_len("batch norm forward", name, values, g.channels);
    }
    assert_scratch("batch norm forward", scratch, forward_scratch(g));
    T::run::<ForwardPass>((g, norm, x, y, scratch));
}

compiled!(ForwardPass<'a, T>(
    g: &'a NormGeometry, norm: Norm<'a, T>, x: &'a [T], y: &'a mut [T], scratch: &'a mut [T],
) => run_forward);

/// Scratch that [`backward`] needs.
pub fn backward_scratch(g: &NormGeometry) -> usize {
    let block = g.block_rows() * g.channels;
    g.scratch(
        4 * g.width(),
        backward::STATE * g.channels,
        2 * g.width() + block,
    )
}

/// `dbeta = sum of dy`, `dgamma = sum of dy n` and, with `n = (x - mean) / s`,
/// `s = sqrt(variance + epsilon)` and `m` rows,
///
/// ```text
/// dx = gamma / s (dy - dbeta / m - n dgamma / m)      where the statistics are those of x
/// dx = gamma / s dy                                   where they are constants
/// ```
///
/// # Shapes
///
/// As [`forward`]; the gradients are written.
///
/// # Panics
///
/// If a length is another.
pub fn backward<T: Real>(
    g: &NormGeometry,
    epsilon: f64,
    given: BackwardInput<'_, T>,
    to: Gradients<'_, T>,
    scratch: &mut [T],
) {
    assert_len("batch norm backward", "x", given.x, g.len());
    assert_len("batch norm backward", "dy", given.dy, g.len());
    if let Some(y) = given.rectified {
        assert_len("batch norm backward", "y", y, g.len());
    }
    if let Some(dx) = &to.dx {
        assert_len("batch norm backward", "dx", dx, g.len());
    }
    for values in to.affine.iter().flatten() {
        assert_len("batch norm backward", "a gradient", values, g.channels);
    }
    assert_scratch("batch norm backward", scratch, backward_scratch(g));
    let statistics = given.statistics.values();
    for values in [statistics.mean, statistics.variance, given.gamma] {
        assert_len("batch norm backward", "a parameter", values, g.channels);
    }
    T::run::<BackwardPass>((g, epsilon, given, to, scratch));
}

compiled!(BackwardPass<'a, T>(
    g: &'a NormGeometry, epsilon: f64, given: BackwardInput<'a, T>, to: Gradients<'a, T>, scratch: &'a mut [T],
) => run_backward);
