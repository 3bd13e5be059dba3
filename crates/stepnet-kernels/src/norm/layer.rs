//! Layer normalisation: the statistics of each row over its channels.
//!
//! A row's mean comes first and then the squares around it, while the row is in the cache; what a
//! forward pass leaves for the backward pass are the mean and the factor of each row. Backward, one
//! pass takes a row's two sums, writes its `dx` and adds to the sums of `gamma` and `beta`, part by part.

use super::{Affine, NormGeometry, settled};
use crate::Real;
use crate::long_sum::{self, LONGEST, SHORT_BLOCK};
use crate::parallel::share;
use crate::simd::{InstructionSet, Isa, Kernel};
use crate::work::compiled;
use crate::{assert_len, assert_scratch};
use std::ops::Range;

/// `y = gamma (x - mean) / sqrt(variance + epsilon) + beta` with the statistics of each row, which
/// `kept` holds afterwards: the mean, and `1 / sqrt(variance + epsilon)`.
///
/// # Shapes
///
/// `x` and `y` are `(rows, channels)`, `gamma` and `beta` `(channels)`, `kept` `(rows, 2)` or empty where
/// no backward pass follows; `y` and `kept` are written.
///
/// # Panics
///
/// If a length is another.
pub fn forward<T: Real>(
    g: &NormGeometry,
    epsilon: f64,
    x: &[T],
    affine: Affine<'_, T>,
    y: &mut [T],
    kept: &mut [T],
) {
    assert_len("layer norm forward", "x", x, g.len());
    assert_len("layer norm forward", "y", y, g.len());
    assert_len("layer norm forward", "gamma", affine.gamma, g.channels);
    assert_len("layer norm forward", "beta", affine.beta, g.channels);
    if !kept.is_empty() {
        assert_len("layer norm forward", "kept", kept, 2 * g.rows);
    }
    T::run::<ForwardPass>((g, epsilon, x, affine, y, kept));
}

compiled!(ForwardPass<'a, T>(
    g: &'a NormGeometry, epsilon: f64, x: &'a [T], affine: Affine<'a, T>, y: &'a mut [T], kept: &'a mut [T],
) => run_forward);

/// Scratch that [`backward`] needs.
pub fn backward_scratch(g: &NormGeometry) -> usize {
    g.scratch(0, STATE * g.channels, 0)
}

/// With `n = (x - mean) / s`, `s = sqrt(variance + epsilon)`, `dbeta = sum of dy` and `dgamma = sum of dy n`
/// over the rows, and for each row of `c` channels
///
/// ```text
/// dx = (gamma dy - (sum of gamma dy) / c - n (sum of gamma dy n) / c) / s
/// ```
///
/// # Shapes
///
/// As [`forward`]; `dx` and both of `affine`, with respect to `gamma` and to `beta`, are written where they are asked for.
///
/// # Panics
///
/// If a length is another.
pub fn backward<T: Real>(
    g: &NormGeometry,
    [x, dy, gamma, kept]: [&[T]; 4],
    dx: Option<&mut [T]>,
    affine: Option<[&mut [T]; 2]>,
    scratch: &mut [T],
) {
    assert_len("layer norm backward", "x", x, g.len());
    assert_len("layer norm backward", "dy", dy, g.len());
    assert_len("layer norm backward", "gamma", gamma, g.channels);
    assert_len("layer norm backward", "kept", kept, 2 * g.rows);
    if let Some(dx) = &dx {
        assert_len("layer norm backward", "dx", dx, g.len());
    }
    for values in affine.iter().flatten() {
        assert_len("layer norm backward", "a gradient", values, g.channels);
    }
    assert_scratch("layer norm backward", scratch, backward_scratch(g));
    T::run::<BackwardPass>((g, [x, dy, gamma, kept], dx, affine, scratch));
}

compiled!(BackwardPass<'a, T>(
    g: &'a NormGeometry, given: [&'a [T]; 4], dx: Option<&'a mut [T]>, affine: Option<[&'a mut [T]; 2]>,
    scratch: &'a mut [T],
) => run_backward);

/// Arrays of a part: the sums for `dgamma` and `dbeta`, what `long_sum` keeps of them, and those of the rows
/// that are being summed.
const STATE: usize = 6;

/// The sum of `f` over the places of a row, of a long one in blocks.
#[inline(always)]
fn sum<T: Real>(len: usize, f: impl Fn(usize) -> T) -> T {
    if len <= LONGEST {
        return sum_of(0..len, f);
    }
    long_sum::of_blocks(
        len,
        PLACES,
        #[inline(always)]
        |places| sum_of(places, &f),
    )
}

/// Places of a block of a long row.
const PLACES: usize = 8 * SHORT_BLOCK;

/// The sum of `f` over some places of a row: in eight lanes, which are then added in order, and the
/// rest one by one. The order depends on the length alone.
#[inline(always)]
fn sum_of<T: Real>(places: Range<usize>, f: impl Fn(usize) -> T) -> T {
    let mut lanes = [T::zero(); 8];
    let Range { start, end } = places;
    let whole = start + (end - start) / 8 * 8;
    for first in (start..whole).step_by(8) {
        for (lane, sum) in lanes.iter_mut().enumerate() {
            *sum += f(first + lane);
        }
    }
    let mut sum = T::zero();
    if whole > start {
        sum = lanes.into_iter().fold(sum, |sum, lane| sum + lane);
    }
    (whole..end).fold(sum, |sum, place| sum + f(place))
}

pub(crate) fn run_forward<T: Real>(
    set: InstructionSet,
    g: &NormGeometry,
    epsilon: f64,
    x: &[T],
    affine: Affine<'_, T>,
    y: &mut [T],
    kept: &mut [T],
) {
    let rows = g.parts().per_part;
    let step = (rows * g.channels).max(1);
    let mut kept = kept.chunks_mut(2 * rows);
    let jobs = x.chunks(step).zip(y.chunks_mut(step));
    let jobs = jobs.map(move |job| (job, kept.next().unwrap_or_default()));
    share(
        jobs,
        g.workers(),
        0,
        &mut [],
        |((x, y), kept), _: &mut [T]| {
            set.run(Forward {
                epsilon,
                x,
                affine,
                y,
                kept,
            });
        },
    );
}

/// Whole rows of [`forward`].
struct Forward<'a, T> {
    epsilon: f64,
    x: &'a [T],
    affine: Affine<'a, T>,
    y: &'a mut [T],
    kept: &'a mut [T],
}

impl<T: Real> Kernel for Forward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        let c = self.affine.gamma.len();
        let count = T::from_f64(c as f64);
        let mut kept = self.kept.chunks_exact_mut(2);
        for (y, x) in self.y.chunks_exact_mut(c).zip(self.x.chunks_exact(c)) {
            let mean = sum(
                c,
                #[inline(always)]
                |at| x[at],
            ) / count;
            let variance = sum(
                c,
                #[inline(always)]
                |at| (x[at] - mean) * (x[at] - mean),
            ) / count;
            let [mean, variance] = settled([mean, variance], x.iter());
            let inverse = T::from_f64(1.0 / (variance.as_f64() + self.epsilon).sqrt());
            if let Some(kept) = kept.next() {
                kept.copy_from_slice(&[mean, inverse]);
            }
            let affine = self.affine.gamma.iter().zip(self.affine.beta);
            for ((y, &x), (&gamma, &beta)) in y.iter_mut().zip(x).zip(affine) {
                *y = isa.mul_add((x - mean) * inverse, gamma, beta);
            }
        }
    }
}

pub(crate) fn run_backward<T: Real>(
    set: InstructionSet,
    g: &NormGeometry,
    [x, dy, gamma, kept]: [&[T]; 4],
    dx: Option<&mut [T]>,
    affine: Option<[&mut [T]; 2]>,
    scratch: &mut [T],
) {
    let c = g.channels;
    let parts = g.parts();
    let step = (parts.per_part * c).max(1);
    let states = &mut scratch[..STATE * c * parts.count];
    states.fill(T::zero());
    let mut dx = dx.map(|dx| dx.chunks_mut(step));
    let given = x
        .chunks(step)
        .zip(dy.chunks(step))
        .zip(kept.chunks(2 * parts.per_part));
    let jobs = states.chunks_exact_mut(STATE * c).zip(given);
    let jobs = jobs.map(move |job| (job, dx.as_mut().and_then(Iterator::next)));
    share(
        jobs,
        g.workers(),
        0,
        &mut [],
        |((state, ((x, dy), kept)), dx), _: &mut [T]| {
            set.run(Backward {
                x,
                dy,
                gamma,
                kept,
                dx: dx.unwrap_or_default(),
                state,
            });
        },
    );
    let Some([dgamma, dbeta]) = affine else {
        return;
    };
    let (first, others) = states.split_at(STATE * c);
    dgamma.copy_from_slice(&first[..c]);
    dbeta.copy_from_slice(&first[c..2 * c]);
    for other in others.chunks_exact(STATE * c) {
        let sums = dgamma.iter_mut().chain(dbeta.iter_mut());
        for (sum, &part) in sums.zip(other) {
            *sum += part;
        }
    }
}

/// Whole rows of [`backward`]; `state` takes the sums for `dgamma`, then those for `dbeta`.
struct Backward<'a, T> {
    x: &'a [T],
    dy: &'a [T],
    gamma: &'a [T],
    kept: &'a [T],
    dx: &'a mut [T],
    state: &'a mut [T],
}

impl<T: Real> Kernel for Backward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        let c = self.gamma.len();
        let count = T::from_f64(c as f64);
        let gamma = self.gamma;
        let (sums, rests) = self.state.split_at_mut(2 * c);
        let (rests, block) = rests.split_at_mut(2 * c);
        let rows_of_block = long_sum::short_block(self.x.len() / c);
        let (mut in_block, mut blocks) = (0, 0);
        let mut dx = self.dx.chunks_exact_mut(c);
        let rows = self.x.chunks_exact(c).zip(self.dy.chunks_exact(c));
        for ((x, dy), kept) in rows.zip(self.kept.chunks_exact(2)) {
            let (mean, inverse) = (kept[0], kept[1]);
            let (dgamma, dbeta) = block.split_at_mut(c);
            let affine = dgamma.iter_mut().zip(dbeta);
            for ((dgamma, dbeta), (&x, &dy)) in affine.zip(x.iter().zip(dy)) {
                *dgamma = isa.mul_add(dy, (x - mean) * inverse, *dgamma);
                *dbeta += dy;
            }
            in_block += 1;
            if in_block == rows_of_block {
                long_sum::add(sums, rests, block);
                (in_block, blocks) = (0, blocks + 1);
                long_sum::settle(sums, rests, blocks);
                block.fill(T::zero());
            }
            let Some(dx) = dx.next() else { continue };
            let level = sum(
                c,
                #[inline(always)]
                |at| gamma[at] * dy[at],
            ) / count;
            let slope = sum(
                c,
                #[inline(always)]
                |at| (gamma[at] * dy[at]) * ((x[at] - mean) * inverse),
            ) / count;
            for ((dx, &x), (&dy, &gamma)) in dx.iter_mut().zip(x).zip(dy.iter().zip(gamma)) {
                let normal = (x - mean) * inverse;
                *dx = inverse * isa.mul_add(-normal, slope, isa.mul_add(gamma, dy, -level));
            }
        }
        long_sum::add(sums, rests, block);
        long_sum::finish(sums, rests);
    }
}
