//! Group normalisation: the statistics of each example's groups of channels, over all its pixels.
//!
//! An example is to its channels what a batch is in batch normalisation, so the passes are those of
//! [`batch`], example by example: of the channels' means and variances those of a group are put
//! together, and of the channels' two sums of gradients those of a group. Only `dx` has a pass here.

mod geometry;

use super::batch::{self, BackwardInput, Gradients, Norm, NormStatistics, Statistics};
use super::{Affine, columns};
use crate::parallel::{MAX_PARTS, share};
use crate::simd::{InstructionSet, Isa, Kernel};
use crate::work::compiled;
use crate::{Real, assert_len, assert_scratch, long_sum};
pub use geometry::GroupGeometry;

/// The statistics of a group from those of its channels, which have equally many values.
fn group_statistics<T: Real>(mean: &[T], variance: &[T]) -> [T; 2] {
    let (first, count) = (mean[0].as_f64(), mean.len() as f64);
    // From the first mean on, so that equal means are kept as they are.
    let apart = mean.iter().map(|mean| mean.as_f64() - first);
    let shift = apart.clone().sum::<f64>() / count;
    let squares: f64 = apart.map(|apart| (apart - shift) * (apart - shift)).sum();
    let within: f64 = variance.iter().map(|variance| variance.as_f64()).sum();
    [first + shift, (within + squares) / count].map(T::from_f64)
}

/// Scratch of a thread for [`forward`].
fn forward_part(g: &GroupGeometry) -> usize {
    let example = g.example();
    let passes = batch::statistics_scratch(&example).max(batch::forward_scratch(&example));
    2 * g.channels + 2 * g.groups + passes
}

/// Scratch that [`forward`] needs.
pub fn forward_scratch(g: &GroupGeometry) -> usize {
    g.scratch(forward_part(g))
}

/// `y = gamma (x - mean) / sqrt(variance + epsilon) + beta` with the statistics of each example's groups, which
/// `kept` holds afterwards: mean and variance, group by group.
///
/// Source: Wu and He, "Group normalization", 2018.
///
/// # Shapes
///
/// `x` and `y` are `(examples, pixels, channels)`, `gamma` and `beta` `(channels)`, `kept` `(examples, groups, 2)` or
/// empty where no backward pass follows; `y` and `kept` are written.
///
/// # Panics
///
/// If a length is another.
pub fn forward<T: Real>(
    g: &GroupGeometry,
    epsilon: f64,
    x: &[T],
    affine: Affine<'_, T>,
    [y, kept, scratch]: [&mut [T]; 3],
) {
    T::run::<ForwardPass>((g, epsilon, x, affine, [y, kept, scratch]));
}

compiled!(ForwardPass<'a, T>(
    g: &'a GroupGeometry, epsilon: f64, x: &'a [T], affine: Affine<'a, T>, to: [&'a mut [T]; 3],
) => run_forward);

fn run_forward<T: Real>(
    set: InstructionSet,
    g: &GroupGeometry,
    epsilon: f64,
    x: &[T],
    affine: Affine<'_, T>,
    [y, kept, scratch]: [&mut [T]; 3],
) {
    const NAME: &str = "group norm forward";
    assert_len(NAME, "x", x, g.len());
    assert_len(NAME, "y", y, g.len());
    assert_len(NAME, "gamma", affine.gamma, g.channels);
    assert_len(NAME, "beta", affine.beta, g.channels);
    if !kept.is_empty() {
        assert_len(NAME, "kept", kept, g.kept());
    }
    assert_scratch(NAME, scratch, forward_scratch(g));
    let (one, size) = (g.example(), g.channels / g.groups);
    let step = g.parts().per_part * one.len();
    let mut kept = kept.chunks_mut(g.parts().per_part * 2 * g.groups);
    let jobs = x.chunks(step).zip(y.chunks_mut(step));
    let jobs = jobs.map(move |job| (job, kept.next().unwrap_or_default()));
    share(
        jobs,
        g.workers(),
        forward_part(g),
        scratch,
        |((x, y), kept), scratch| {
            let mut kept = kept.chunks_exact_mut(2 * g.groups);
            let (mean, rest) = scratch.split_at_mut(g.channels);
            let (variance, rest) = rest.split_at_mut(g.channels);
            let (groups, scratch) = rest.split_at_mut(2 * g.groups);
            for (x, y) in x.chunks_exact(one.len()).zip(y.chunks_exact_mut(one.len())) {
                batch::run_statistics(set, &one, x, mean, variance, scratch);
                let channels = mean.chunks(size).zip(variance.chunks(size));
                for (group, (mean, variance)) in groups.chunks_exact_mut(2).zip(channels) {
                    group.copy_from_slice(&group_statistics(mean, variance));
                }
                g.spread(groups, mean, variance);
                let statistics = NormStatistics::Batch(Statistics { mean, variance });
                let norm = Norm {
                    epsilon,
                    statistics,
                    affine,
                    rectified: false,
                };
                batch::run_forward(set, &one, norm, x, y, scratch);
                if let Some(kept) = kept.next() {
                    kept.copy_from_slice(groups);
                }
            }
        },
    );
}

/// Arrays of a part: the sums for `dgamma` and `dbeta`, and what `long_sum` keeps of them.
const STATE: usize = 4;

/// Scratch of a thread for [`backward`].
fn backward_part(g: &GroupGeometry) -> usize {
    let example = g.example();
    4 * g.channels + 4 * example.width() + batch::backward_scratch(&example)
}

/// Scratch that [`backward`] needs.
pub fn backward_scratch(g: &GroupGeometry) -> usize {
    MAX_PARTS * STATE * g.channels + g.scratch(backward_part(g))
}

/// With `n = (x - mean) / s`, `s = sqrt(variance + epsilon)`, `dbeta = sum of dy` and `dgamma = sum of dy n` over
/// examples and pixels, and for each example's groups of `m` values
///
/// ```text
/// dx = (gamma dy - (sum of gamma dy) / m - n (sum of gamma dy n) / m) / s
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
    g: &GroupGeometry,
    epsilon: f64,
    [x, dy, gamma, kept]: [&[T]; 4],
    to: Gradients<'_, T>,
    scratch: &mut [T],
) {
    T::run::<BackwardPass>((g, epsilon, [x, dy, gamma, kept], to, scratch));
}

compiled!(BackwardPass<'a, T>(
    g: &'a GroupGeometry, epsilon: f64, given: [&'a [T]; 4], to: Gradients<'a, T>, scratch: &'a mut [T],
) => run_backward);

fn run_backward<T: Real>(
    set: InstructionSet,
    g: &GroupGeometry,
    epsilon: f64,
    [x, dy, gamma, kept]: [&[T]; 4],
    to: Gradients<'_, T>,
    scratch: &mut [T],
) {
    const NAME: &str = "group norm backward";
    assert_len(NAME, "x", x, g.len());
    assert_len(NAME, "dy", dy, g.len());
    assert_len(NAME, "gamma", gamma, g.channels);
    assert_len(NAME, "kept", kept, g.kept());
    if let Some(dx) = &to.dx {
        assert_len(NAME, "dx", dx, g.len());
    }
    for values in to.affine.iter().flatten() {
        assert_len(NAME, "a gradient", values, g.channels);
    }
    assert_scratch(NAME, scratch, backward_scratch(g));
    let (c, parts) = (g.channels, g.parts());
    let step = parts.per_part * g.example().len();
    let (states, scratch) = scratch.split_at_mut(STATE * c * parts.count);
    states.fill(T::zero());
    let mut dx = to.dx.map(|dx| dx.chunks_mut(step));
    let given = x.chunks(step).zip(dy.chunks(step));
    let given = given.zip(kept.chunks(parts.per_part * 2 * g.groups));
    let jobs = states.chunks_exact_mut(STATE * c).zip(given);
    let jobs = jobs.map(move |job| (job, dx.as_mut().and_then(Iterator::next)));
    share(
        jobs,
        g.workers(),
        backward_part(g),
        scratch,
        |job, scratch| {
            let ((state, ((x, dy), kept)), dx) = job;
            let part = Part {
                g,
                epsilon,
                given: [x, dy, gamma, kept],
                dx: dx.unwrap_or_default(),
            };
            part.run(set, state, scratch);
        },
    );
    let Some([dgamma, dbeta]) = to.affine else {
        return;
    };
    dgamma.fill(T::zero());
    dbeta.fill(T::zero());
    for state in states.chunks_exact(STATE * c) {
        let sums = dgamma.iter_mut().chain(dbeta.iter_mut());
        for (sum, &part) in sums.zip(state) {
            *sum += part;
        }
    }
}

/// Some examples of [`backward`]; an empty `dx` is not asked for.
struct Part<'a, T> {
    g: &'a GroupGeometry,
    epsilon: f64,
    given: [&'a [T]; 4],
    dx: &'a mut [T],
}

impl<T: Real> Part<'_, T> {
    fn run(self, set: InstructionSet, state: &mut [T], scratch: &mut [T]) {
        let (g, one) = (self.g, self.g.example());
        let (c, width) = (g.channels, one.width());
        let [x, dy, gamma, kept] = self.given;
        let (sums, rests) = state.split_at_mut(2 * c);
        let (statistics, rest) = scratch.split_at_mut(2 * c);
        let (mean, variance) = statistics.split_at_mut(c);
        let (own, rest) = rest.split_at_mut(2 * c);
        let (by, scratch) = rest.split_at_mut(4 * width);
        let mut dx = self.dx.chunks_exact_mut(one.len());
        let examples = x.chunks_exact(one.len()).zip(dy.chunks_exact(one.len()));
        let examples = examples.zip(kept.chunks_exact(2 * g.groups));
        for (number, ((x, dy), kept)) in examples.enumerate() {
            g.spread(kept, mean, variance);
            let (dgamma, dbeta) = own.split_at_mut(c);
            let given = BackwardInput {
                x,
                rectified: None,
                dy,
                statistics: NormStatistics::Batch(Statistics { mean, variance }),
                gamma,
            };
            let to = Gradients {
                dx: None,
                affine: Some([&mut *dgamma, &mut *dbeta]),
            };
            batch::run_backward(set, &one, self.epsilon, given, to, scratch);
            if let Some(dx) = dx.next() {
                factors(g, self.epsilon, [kept, gamma, dgamma, dbeta], by);
                set.run(Spread { x, dy, dx, by });
            }
            long_sum::add(sums, rests, own);
            long_sum::settle(sums, rests, number + 1);
        }
        long_sum::finish(sums, rests);
    }
}

/// The values that `dx` is computed from, column by column: `mean`, `gamma / s`, `level` and `slope` of [`Spread`].
fn factors<T: Real>(
    g: &GroupGeometry,
    epsilon: f64,
    [kept, gamma, dgamma, dbeta]: [&[T]; 4],
    by: &mut [T],
) {
    let (c, size) = (g.channels, g.channels / g.groups);
    let count = (size * g.pixels) as f64;
    let width = by.len() / 4;
    for (group, kept) in kept.chunks_exact(2).enumerate() {
        let channels = group * size..(group + 1) * size;
        let inverse = 1.0 / (kept[1].as_f64() + epsilon).sqrt();
        let sum = |sums: &[T]| -> f64 {
            let products = channels
                .clone()
                .map(|c| gamma[c].as_f64() * sums[c].as_f64());
            products.sum()
        };
        let level = T::from_f64(inverse * sum(dbeta) / count);
        let slope = T::from_f64(inverse * inverse * sum(dgamma) / count);
        for channel in channels {
            by[channel] = kept[0];
            by[width + channel] = T::from_f64(gamma[channel].as_f64() * inverse);
            by[2 * width + channel] = level;
            by[3 * width + channel] = slope;
        }
    }
    for values in by.chunks_exact_mut(width) {
        columns::spread(values, c);
    }
}

/// `dx = scale dy - level - (x - mean) slope` of an example.
struct Spread<'a, T> {
    x: &'a [T],
    dy: &'a [T],
    dx: &'a mut [T],
    by: &'a [T],
}

impl<T: Real> Kernel for Spread<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        let width = self.by.len() / 4;
        let (mean, rest) = self.by.split_at(width);
        let (scale, rest) = rest.split_at(width);
        let (level, slope) = rest.split_at(width);
        let rows = self.x.chunks(width).zip(self.dy.chunks(width));
        for (dx, (x, dy)) in self.dx.chunks_mut(width).zip(rows) {
            let by = mean.iter().zip(scale).zip(level.iter().zip(slope));
            for ((dx, (&x, &dy)), ((&mean, &scale), (&level, &slope))) in
                dx.iter_mut().zip(x.iter().zip(dy)).zip(by)
            {
                *dx = isa.mul_add(scale, dy, isa.mul_add(mean - x, slope, -level));
            }
        }
    }
}

#[cfg(test)]
mod tests;
