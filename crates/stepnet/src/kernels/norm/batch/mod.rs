//! Batch normalisation: the statistics of each channel over all rows.
//!
//! One pass takes the statistics, one writes the outputs; backward one takes two sums, one writes
//! `dx`. Rows are cut into lanes by the sizes alone, lanes into blocks that stay in the cache. Of a
//! block the mean comes first and then the squares around it, so that a large mean costs no digits;
//! blocks, then lanes, are merged in order (Chan, Golub and LeVeque, "Algorithms for computing the
//! sample variance", 1983). Narrow rows are taken several at a time (`geometry`).

use super::columns::{self, Of};
use super::{Affine, NormGeometry};
use crate::Element;
use crate::kernels::parallel::share;
use crate::kernels::simd::{InstructionSet, Isa, Kernel};
use crate::kernels::{assert_len, assert_scratch};

/// Mean and biased variance of each channel.
#[derive(Clone, Copy, Debug)]
pub struct Statistics<'a, T> {
    /// The means.
    pub mean: &'a [T],
    /// The mean squares of what values are apart from the mean.
    pub variance: &'a [T],
}

/// What a pass normalises by.
#[derive(Clone, Copy, Debug)]
pub enum By<'a, T> {
    /// The statistics of its own input, which change with it.
    Batch(Statistics<'a, T>),
    /// Constants: `y` is then `x scale + shift`, and is computed so.
    Constants(Statistics<'a, T>),
}

impl<'a, T> By<'a, T> {
    fn statistics(&self) -> Statistics<'a, T>
    where
        T: Copy,
    {
        match *self {
            Self::Batch(statistics) | Self::Constants(statistics) => statistics,
        }
    }

    fn is_batch(&self) -> bool {
        matches!(self, Self::Batch(_))
    }
}

/// A normalisation as a forward pass does it.
#[derive(Clone, Copy, Debug)]
pub struct Norm<'a, T> {
    /// Added to variances.
    pub epsilon: f64,
    /// What it normalises by.
    pub by: By<'a, T>,
    /// The factors and summands behind it.
    pub affine: Affine<'a, T>,
    /// Whether a ReLU follows, which is done in the same pass.
    pub rectified: bool,
}

/// What comes of a backward pass, where it is asked for.
#[derive(Debug)]
pub struct Gradients<'a, T> {
    /// By the input.
    pub dx: Option<&'a mut [T]>,
    /// By `gamma` and by `beta`.
    pub affine: Option<[&'a mut [T]; 2]>,
}

/// What a backward pass is given.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a, T> {
    /// The input.
    pub x: &'a [T],
    /// The outputs of a ReLU behind the normalisation, whose gradient is taken with it.
    pub rectified: Option<&'a [T]>,
    /// The gradient by the output.
    pub dy: &'a [T],
    /// What the forward pass normalised by.
    pub by: By<'a, T>,
    /// The factors.
    pub gamma: &'a [T],
}

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
pub fn statistics<T: Element>(
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
    T::batch_statistics(g, x, mean, variance, scratch);
}

/// Scratch that [`forward`] needs.
pub fn forward_scratch(g: &NormGeometry) -> usize {
    3 * g.width()
}

/// `y = gamma (x - mean) / sqrt(variance + epsilon) + beta`, and with `rectified` 0 where that is
/// not above 0: bitwise what [`relu`](crate::kernels::relu) makes of it.
///
/// # Shapes
///
/// `x` and `y` are `(rows, channels)`, all others `(channels)`; `y` is written.
///
/// # Panics
///
/// If a length is another.
pub fn forward<T: Element>(
    g: &NormGeometry,
    norm: Norm<'_, T>,
    x: &[T],
    y: &mut [T],
    scratch: &mut [T],
) {
    assert_len("batch norm forward", "x", x, g.len());
    assert_len("batch norm forward", "y", y, g.len());
    let statistics = norm.by.statistics();
    for (name, values) in [
        ("mean", statistics.mean),
        ("variance", statistics.variance),
        ("gamma", norm.affine.gamma),
        ("beta", norm.affine.beta),
    ] {
        assert_len("batch norm forward", name, values, g.channels);
    }
    assert_scratch("batch norm forward", scratch, forward_scratch(g));
    T::batch_forward(g, norm, x, y, scratch);
}

/// Scratch that [`backward`] needs.
pub fn backward_scratch(g: &NormGeometry) -> usize {
    let block = g.block_rows() * g.channels;
    g.scratch(4 * g.width(), 2 * g.channels, 2 * g.width() + block)
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
pub fn backward<T: Element>(
    g: &NormGeometry,
    epsilon: f64,
    given: Given<'_, T>,
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
    let statistics = given.by.statistics();
    for values in [statistics.mean, statistics.variance, given.gamma] {
        assert_len("batch norm backward", "a parameter", values, g.channels);
    }
    T::batch_backward(g, epsilon, given, to, scratch);
}

/// `1 / sqrt(variance + epsilon)`, in `f64`.
fn inverse<T: Element>(variance: T, epsilon: f64) -> f64 {
    1.0 / (variance.as_f64() + epsilon).sqrt()
}

/// Hands each lane of rows and its part of `states` to a thread.
fn by_lanes<'a, T: Element>(
    g: &NormGeometry,
    states: &'a mut [T],
    scratch: &mut [T],
    part: usize,
    work: impl Fn(std::ops::Range<usize>, &'a mut [T], &mut [T]) + Sync,
) {
    let lanes = g.lanes();
    let step = lanes.per_lane;
    let states = states.chunks_exact_mut(2 * g.channels).enumerate();
    share(states, g.workers(), part, scratch, |(lane, state), own| {
        work(lane * step..g.rows.min((lane + 1) * step), state, own);
    });
}

pub(in crate::kernels) fn run_statistics<T: Element>(
    set: InstructionSet,
    g: &NormGeometry,
    x: &[T],
    mean: &mut [T],
    variance: &mut [T],
    scratch: &mut [T],
) {
    let c = g.channels;
    let lanes = g.lanes();
    let (states, scratch) = scratch.split_at_mut(2 * c * lanes.count);
    let states = &mut states[..];
    by_lanes(g, states, scratch, 2 * g.width(), |rows, state, scratch| {
        set.run(LaneStatistics {
            g,
            x: &x[rows.start * c..rows.end * c],
            state,
            scratch,
        });
    });
    // `variance` holds sums of squares until the last lane has joined.
    let (first, others) = states.split_at(2 * c);
    mean.copy_from_slice(&first[..c]);
    variance.copy_from_slice(&first[c..]);
    let mut before = lanes.per_lane.min(g.rows);
    for other in others.chunks_exact(2 * c) {
        let rows = lanes.per_lane.min(g.rows - before);
        let (other_mean, squares) = other.split_at(c);
        merge([before, rows], [mean, variance], [other_mean, squares]);
        before += rows;
    }
    let rows = T::from_f64(g.rows as f64);
    variance.iter_mut().for_each(|square| *square /= rows);
}

/// Joins the statistics of further rows to those of the rows before: counts, means, sums of squares.
#[inline(always)]
fn merge<T: Element>(
    [before, rows]: [usize; 2],
    [mean, squares]: [&mut [T]; 2],
    [other_mean, other_squares]: [&[T]; 2],
) {
    let (a, b) = (before as f64, rows as f64);
    let share = T::from_f64(b / (a + b));
    let weight = T::from_f64(a * (b / (a + b)));
    let own = mean.iter_mut().zip(squares.iter_mut());
    let other = other_mean.iter().zip(other_squares);
    for ((mean, squares), (&other_mean, &other_squares)) in own.zip(other) {
        let apart = other_mean - *mean;
        *mean += apart * share;
        *squares += other_squares + apart * apart * weight;
    }
}

/// The statistics of one lane's rows: means, then sums of squares.
struct LaneStatistics<'a, 's, T> {
    g: &'a NormGeometry,
    x: &'a [T],
    state: &'a mut [T],
    scratch: &'s mut [T],
}

impl<T: Element> Kernel for LaneStatistics<'_, '_, T> {
    type Output = ();
    const WIDE: bool = true;

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        let c = self.g.channels;
        let (mean, squares) = self.state.split_at_mut(c);
        let mut before = 0;
        for block in self.x.chunks(self.g.block_rows() * c) {
            // What does not fill a wide row comes by itself.
            let (wide, narrow) = block.split_at(block.len() / self.g.width() * self.g.width());
            for (part, width) in [(wide, self.g.width()), (narrow, c)] {
                let rows = part.len() / c;
                if rows == 0 {
                    continue;
                }
                let (sums, means) = self.scratch.split_at_mut(self.g.width());
                let (sums, means) = (&mut sums[..width], &mut means[..width]);
                columns::sum(isa, Of::Values(part), means);
                columns::fold(means, c);
                let count = T::from_f64(rows as f64);
                means[..c].iter_mut().for_each(|mean| *mean /= count);
                columns::spread(means, c);
                columns::sum(isa, Of::Squares(part, means), sums);
                columns::fold(sums, c);
                if before == 0 {
                    mean.copy_from_slice(&means[..c]);
                    squares.copy_from_slice(&sums[..c]);
                } else {
                    merge([before, rows], [mean, squares], [&means[..c], &sums[..c]]);
                }
                before += rows;
            }
        }
    }
}

pub(in crate::kernels) fn run_forward<T: Element>(
    set: InstructionSet,
    g: &NormGeometry,
    norm: Norm<'_, T>,
    x: &[T],
    y: &mut [T],
    scratch: &mut [T],
) {
    let (c, width) = (g.channels, g.width());
    let (mean, rest) = scratch.split_at_mut(width);
    let (scale, rest) = rest.split_at_mut(width);
    let shift = &mut rest[..width];
    let statistics = norm.by.statistics();
    for channel in 0..c {
        let inverse = inverse(statistics.variance[channel], norm.epsilon);
        let by = norm.affine.gamma[channel].as_f64() * inverse;
        let (own, beta) = (statistics.mean[channel], norm.affine.beta[channel]);
        scale[channel] = T::from_f64(by);
        (mean[channel], shift[channel]) = match norm.by {
            By::Batch(_) => (own, beta),
            By::Constants(_) => (T::zero(), T::from_f64(beta.as_f64() - own.as_f64() * by)),
        };
    }
    for values in [&mut *mean, &mut *scale, &mut *shift] {
        columns::spread(values, c);
    }
    let step = (g.lanes().per_lane * c).max(1);
    let jobs = x.chunks(step).zip(y.chunks_mut(step));
    let by = [&*mean, &*scale, &*shift];
    let rectified = norm.rectified;
    share(jobs, g.workers(), 0, &mut [], |(x, y), _: &mut [T]| {
        set.run(Normalise {
            x,
            y,
            by,
            rectified,
        });
    });
}

/// `y = (x - mean) scale + shift` over whole rows.
struct Normalise<'a, T> {
    x: &'a [T],
    y: &'a mut [T],
    by: [&'a [T]; 3],
    rectified: bool,
}

impl<T: Element> Normalise<'_, T> {
    #[inline(always)]
    fn each<I: Isa>(self, isa: I, close: impl Fn(T) -> T) {
        let [mean, scale, shift] = self.by;
        let width = mean.len();
        for (y, x) in self.y.chunks_mut(width).zip(self.x.chunks(width)) {
            let by = mean.iter().zip(scale).zip(shift);
            for ((y, &x), ((&mean, &scale), &shift)) in y.iter_mut().zip(x).zip(by) {
                *y = close(isa.mul_add(x - mean, scale, shift));
            }
        }
    }
}

impl<T: Element> Kernel for Normalise<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        if self.rectified {
            self.each(
                isa,
                #[inline(always)]
                |y| if y <= T::zero() { T::zero() } else { y },
            );
        } else {
            self.each(
                isa,
                #[inline(always)]
                |y| y,
            );
        }
    }
}

pub(in crate::kernels) fn run_backward<T: Element>(
    set: InstructionSet,
    g: &NormGeometry,
    epsilon: f64,
    given: Given<'_, T>,
    to: Gradients<'_, T>,
    scratch: &mut [T],
) {
    let (c, width) = (g.channels, g.width());
    let (by, scratch) = scratch.split_at_mut(4 * width);
    let (mean, rest) = by.split_at_mut(width);
    let (scale, rest) = rest.split_at_mut(width);
    let (level, slope) = rest.split_at_mut(width);
    let (statistics, own) = (given.by.statistics(), given.by.is_batch());
    mean[..c].copy_from_slice(statistics.mean);
    columns::spread(mean, c);
    let mean = &*mean;
    let lanes = g.lanes().count;
    let (states, scratch) = scratch.split_at_mut(2 * c * lanes);
    if to.affine.is_some() || (own && to.dx.is_some()) {
        let part = 2 * width + g.block_rows() * c;
        by_lanes(g, &mut *states, scratch, part, |rows, state, scratch| {
            let rows = rows.start * c..rows.end * c;
            set.run(LaneSums {
                g,
                x: &given.x[rows.clone()],
                y: given.rectified.map(|y| &y[rows.clone()]),
                dy: &given.dy[rows],
                mean,
                state,
                scratch,
            });
        });
        let (first, others) = states.split_at_mut(2 * c);
        for other in others.chunks_exact(2 * c) {
            for (sum, &part) in first.iter_mut().zip(other) {
                *sum += part;
            }
        }
    }
    let (sums, products) = states[..2 * c].split_at(c);
    let inverses = statistics.variance.iter();
    let inverses = inverses.map(|&variance| inverse(variance, epsilon));
    if let Some([dgamma, dbeta]) = to.affine {
        dbeta.copy_from_slice(sums);
        for ((dgamma, product), inverse) in dgamma.iter_mut().zip(products).zip(inverses.clone()) {
            *dgamma = T::from_f64(product.as_f64() * inverse);
        }
    }
    let Some(dx) = to.dx else { return };
    let rows = g.rows as f64;
    for (channel, inverse) in inverses.enumerate() {
        scale[channel] = T::from_f64(given.gamma[channel].as_f64() * inverse);
        if own {
            level[channel] = T::from_f64(sums[channel].as_f64() / rows);
            slope[channel] = T::from_f64(products[channel].as_f64() * inverse * inverse / rows);
        }
    }
    for values in [&mut *scale, &mut *level, &mut *slope] {
        columns::spread(values, c);
    }
    let by = [mean, &*scale, &*level, &*slope];
    let step = (g.lanes().per_lane * c).max(1);
    let mut masks = given.rectified.map(|y| y.chunks(step));
    let jobs = dx
        .chunks_mut(step)
        .zip(given.x.chunks(step).zip(given.dy.chunks(step)));
    let jobs = jobs.map(move |job| (job, masks.as_mut().and_then(Iterator::next)));
    share(
        jobs,
        g.workers(),
        0,
        &mut [],
        |((dx, (x, dy)), y), _: &mut [T]| {
            set.run(Spread {
                dx,
                x,
                y,
                dy,
                by,
                own,
            });
        },
    );
}

/// The gradient that a ReLU lets through.
#[inline(always)]
fn passed<T: Element>(y: T, dy: T) -> T {
    if y <= T::zero() { T::zero() } else { dy }
}

/// `sum of dy`, then `sum of dy (x - mean)`, over one lane's rows.
struct LaneSums<'a, 's, T> {
    g: &'a NormGeometry,
    x: &'a [T],
    y: Option<&'a [T]>,
    dy: &'a [T],
    mean: &'a [T],
    state: &'a mut [T],
    scratch: &'s mut [T],
}

impl<T: Element> Kernel for LaneSums<'_, '_, T> {
    type Output = ();
    const WIDE: bool = true;

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        let (c, width) = (self.g.channels, self.g.width());
        let block = self.g.block_rows() * c;
        self.state.fill(T::zero());
        let (sums, products) = self.state.split_at_mut(c);
        let (work, masked) = self.scratch.split_at_mut(2 * width);
        let (one, other) = work.split_at_mut(width);
        let mut masks = self.y.map(|y| y.chunks(block));
        for (x, dy) in self.x.chunks(block).zip(self.dy.chunks(block)) {
            let dy = match masks.as_mut().and_then(Iterator::next) {
                None => dy,
                Some(y) => {
                    let masked = &mut masked[..dy.len()];
                    for (dz, (&y, &dy)) in masked.iter_mut().zip(y.iter().zip(dy)) {
                        *dz = passed(y, dy);
                    }
                    masked
                }
            };
            // What does not fill a wide row comes by itself.
            let cut = x.len() / width * width;
            for (places, width) in [(0..cut, width), (cut..x.len(), c)] {
                if places.is_empty() {
                    continue;
                }
                let (x, dy) = (&x[places.clone()], &dy[places]);
                let (one, other) = (&mut one[..width], &mut other[..width]);
                columns::sum(isa, Of::Values(dy), one);
                columns::sum(isa, Of::Products(x, dy, &self.mean[..width]), other);
                columns::fold(one, c);
                columns::fold(other, c);
                for (sum, &part) in sums.iter_mut().zip(&*one) {
                    *sum += part;
                }
                for (product, &part) in products.iter_mut().zip(&*other) {
                    *product += part;
                }
            }
        }
    }
}

/// `dx` over whole rows.
struct Spread<'a, T> {
    dx: &'a mut [T],
    x: &'a [T],
    y: Option<&'a [T]>,
    dy: &'a [T],
    by: [&'a [T]; 4],
    own: bool,
}

impl<T: Element> Spread<'_, T> {
    /// `dx = scale (dz - level - (x - mean) slope)`, or `scale dz`.
    #[inline(always)]
    fn each<I: Isa>(self, isa: I, y: &[T], dz: impl Fn(T, T) -> T) {
        let [mean, scale, level, slope] = self.by;
        let width = mean.len();
        let rows = self
            .x
            .chunks(width)
            .zip(y.chunks(width).zip(self.dy.chunks(width)));
        for (dx, (x, (y, dy))) in self.dx.chunks_mut(width).zip(rows) {
            let given = x.iter().zip(y.iter().zip(dy));
            if self.own {
                let by = mean.iter().zip(scale).zip(level.iter().zip(slope));
                for ((dx, (&x, (&y, &dy))), ((&mean, &scale), (&level, &slope))) in
                    dx.iter_mut().zip(given).zip(by)
                {
                    let apart = isa.mul_add(mean - x, slope, dz(y, dy) - level);
                    *dx = scale * apart;
                }
            } else {
                for ((dx, (_, (&y, &dy))), &scale) in dx.iter_mut().zip(given).zip(scale) {
                    *dx = scale * dz(y, dy);
                }
            }
        }
    }
}

impl<T: Element> Kernel for Spread<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        match self.y {
            Some(y) => self.each(
                isa,
                y,
                #[inline(always)]
                |y, dy| passed(y, dy),
            ),
            // Nobody looks at what stands in the place of the outputs.
            None => {
                let dy = self.dy;
                self.each(
                    isa,
                    dy,
                    #[inline(always)]
                    |_, dy| dy,
                );
            }
        }
    }
}
