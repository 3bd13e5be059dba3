//! The gradients: two sums over all rows, then `dx` row by row.

use super::parts::{by_parts, inverse};
use crate::Real;
use crate::long_sum;
use crate::norm::NormGeometry;
use crate::norm::arguments::{BackwardInput, Gradients};
use crate::norm::columns::{self, Of};
use crate::parallel::share;
use crate::simd::{InstructionSet, Isa, Kernel};

pub(crate) fn run_backward<T: Real>(
    set: InstructionSet,
    g: &NormGeometry,
    epsilon: f64,
    given: BackwardInput<'_, T>,
    to: Gradients<'_, T>,
    scratch: &mut [T],
) {
    let (c, width) = (g.channels, g.width());
    let (by, scratch) = scratch.split_at_mut(4 * width);
    let (mean, rest) = by.split_at_mut(width);
    let (scale, rest) = rest.split_at_mut(width);
    let (level, slope) = rest.split_at_mut(width);
    let (statistics, own) = (given.statistics.values(), given.statistics.are_of_batch());
    mean[..c].copy_from_slice(statistics.mean);
    columns::spread(mean, c);
    let mean = &*mean;
    let parts = g.parts().count;
    let (states, scratch) = scratch.split_at_mut(STATE * c * parts);
    if to.affine.is_some() || (own && to.dx.is_some()) {
        sum_rows(set, g, &given, mean, states, scratch);
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
    let step = (g.parts().per_part * c).max(1);
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

/// The sums of each channel over all rows, at the front of `states`.
fn sum_rows<T: Real>(
    set: InstructionSet,
    g: &NormGeometry,
    given: &BackwardInput<'_, T>,
    mean: &[T],
    states: &mut [T],
    scratch: &mut [T],
) {
    let c = g.channels;
    let part = 2 * g.width() + g.block_rows() * c;
    by_parts(
        g,
        STATE,
        &mut *states,
        scratch,
        part,
        |rows, state, scratch| {
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
        },
    );
    let (first, others) = states.split_at_mut(STATE * c);
    for other in others.chunks_exact(STATE * c) {
        for (sum, &part) in first.iter_mut().zip(other) {
            *sum += part;
        }
    }
}

/// Arrays of a part: two sums, and what `long_sum` keeps of them.
pub(super) const STATE: usize = 4;

/// The gradient that a ReLU lets through.
#[inline(always)]
fn passed<T: Real>(y: T, dy: T) -> T {
    if y <= T::zero() { T::zero() } else { dy }
}

/// `sum of dy`, then `sum of dy (x - mean)`, over one part's rows; the other two
/// arrays of its state are those of [`long_sum::add`].
struct LaneSums<'a, 's, T> {
    g: &'a NormGeometry,
    x: &'a [T],
    y: Option<&'a [T]>,
    dy: &'a [T],
    mean: &'a [T],
    state: &'a mut [T],
    scratch: &'s mut [T],
}

impl<T: Real> Kernel for LaneSums<'_, '_, T> {
    type Output = ();
    const WIDE: bool = true;

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        let (c, width) = (self.g.channels, self.g.width());
        let block = self.g.block_rows() * c;
        self.state.fill(T::zero());
        let (sums, rests) = self.state.split_at_mut(2 * c);
        let (sums, products) = sums.split_at_mut(c);
        let (sum_rests, product_rests) = rests.split_at_mut(c);
        let (work, masked) = self.scratch.split_at_mut(2 * width);
        let (one, other) = work.split_at_mut(width);
        let mut masks = self.y.map(|y| y.chunks(block));
        let blocks = self.x.chunks(block).zip(self.dy.chunks(block));
        for (number, (x, dy)) in blocks.enumerate() {
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
            // The last rows, which do not fill a wide row, are summed separately.
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
                long_sum::add(sums, sum_rests, &one[..c]);
                long_sum::add(products, product_rests, &other[..c]);
            }
            long_sum::settle(sums, sum_rests, number + 1);
            long_sum::settle(products, product_rests, number + 1);
        }
        long_sum::finish(sums, sum_rests);
        long_sum::finish(products, product_rests);
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

impl<T: Real> Spread<'_, T> {
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

impl<T: Real> Kernel for Spread<'_, T> {
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
