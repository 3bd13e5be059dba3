//! The gradients of a pooled convolution from its winners, one at a time.
//!
//! A winner at pixel `p` for filter `f` adds `dy x[window of p]` to the filter's gradient and
//! `dy w[filter f]` to that of the window. Both want a filter's elements side by side, so the filters
//! and their gradients are held transposed. Filters' gradients are summed over fixed parts of the
//! batch, and these in their order; an image's gradient is summed by one thread.

use std::ops::Range;

use rayon::prelude::*;

use super::{Gradient, PooledGeometry, passes};
use crate::Element;
use crate::kernels::conv::ConvGeometry;
use crate::kernels::simd::{self, Isa, Kernel};

/// The most parts of the batch.
const PARTS: usize = 16;

/// Winners of a part that pay for its own sums.
const PART_WINNERS: usize = 1 << 10;

/// Elements that the sums of all parts together may take, unless one part does.
const PARTIAL_ELEMENTS: usize = 1 << 16;

/// Elements of scratch memory for the filters' gradients: the parts' sums.
pub(super) fn weights_scratch(g: &PooledGeometry) -> usize {
    most_parts(g) * (g.conv.weights_len() + g.conv.filters)
}

/// No batch of as many examples or fewer has more parts.
fn most_parts(g: &PooledGeometry) -> usize {
    let by_work = g.y_len() / PART_WINNERS;
    let by_memory = PARTIAL_ELEMENTS / (g.conv.weights_len() + g.conv.filters);
    by_work.min(by_memory).clamp(1, PARTS)
}

/// The gradients of filters and bias.
pub(super) fn weights<T: Element>(
    g: &PooledGeometry,
    x: &[T],
    gradient: &Gradient<'_, T>,
    dw: &mut [T],
    db: Option<&mut [T]>,
    scratch: &mut [T],
) {
    let batch = g.conv.batch;
    let per_part = batch.div_ceil(most_parts(g)).max(1);
    let parts = batch.div_ceil(per_part).max(1);
    let part_len = g.conv.weights_len() + g.conv.filters;
    let sums = &mut scratch[..parts * part_len];
    let one = |part: usize, sums: &mut [T]| {
        sums.fill(T::zero());
        let examples = part * per_part..batch.min((part + 1) * per_part);
        simd::run(Winners {
            g,
            x,
            gradient,
            examples,
            sums,
        });
    };
    if parts == 1 {
        one(0, sums);
    } else {
        sums.par_chunks_mut(part_len)
            .enumerate()
            .for_each(|(part, sums)| one(part, sums));
    }
    add_up(&g.conv, sums, part_len, dw, db);
}

/// The gradients of the images.
pub(super) fn data<T: Element>(
    g: &PooledGeometry,
    w: &[T],
    gradient: &Gradient<'_, T>,
    dx: &mut [T],
    scratch: &mut [T],
) {
    let transposed = &mut scratch[..g.conv.weights_len()];
    transpose(&g.conv, w, transposed);
    let image = g.conv.input.iter().product::<usize>();
    let one = |example: usize, dx: &mut [T]| {
        dx.fill(T::zero());
        simd::run(Spread {
            g,
            w: transposed,
            gradient,
            example,
            dx,
        });
    };
    if g.y_len() < PART_WINNERS {
        dx.chunks_exact_mut(image)
            .enumerate()
            .for_each(|(example, dx)| one(example, dx));
    } else {
        dx.par_chunks_exact_mut(image)
            .enumerate()
            .for_each(|(example, dx)| one(example, dx));
    }
}

/// Runs of a window that lie in the image: where each starts in the window and in the image, and how
/// long it is.
#[inline(always)]
fn for_each_run(
    g: &ConvGeometry,
    pixel: usize,
    group: usize,
    mut f: impl FnMut(Range<usize>, usize),
) {
    let [_, width, channels] = g.input;
    let seen = g.group_channels();
    let [down, right] = g.axes();
    let (row, col) = (pixel / g.output[1], pixel % g.output[1]);
    let taps = right.taps(col);
    if taps.is_empty() {
        return;
    }
    let joined = seen == channels && g.dilation[1] == 1;
    for u in down.taps(row) {
        let image_row = row * g.stride[0] + u * g.dilation[0] - g.padding.top;
        let tap = |v: usize| {
            let image_col = col * g.stride[1] + v * g.dilation[1] - g.padding.left;
            let place = (image_row * width + image_col) * channels + group * seen;
            ((u * g.kernel[1] + v) * seen, place)
        };
        if joined {
            let (start, place) = tap(taps.start);
            f(start..start + taps.len() * seen, place);
        } else {
            for v in taps.clone() {
                let (start, place) = tap(v);
                f(start..start + seen, place);
            }
        }
    }
}

/// Calls `f` with the convolution's pixel, the filter and the gradient of every winner of an
/// example that the gradient reaches.
#[inline(always)]
fn for_each_winner<T: Element>(
    g: &PooledGeometry,
    gradient: &Gradient<'_, T>,
    example: usize,
    mut f: impl FnMut(usize, usize, T),
) {
    let filters = g.conv.filters;
    let pooled = g.pool.output.iter().product::<usize>();
    let all = example * pooled..(example + 1) * pooled;
    let values = gradient.y[all.clone()]
        .iter()
        .zip(&gradient.dy[all.clone()]);
    for ((&y, &dy), &winner) in values.zip(&gradient.winners[all]) {
        if passes(g, y) {
            let winner = winner as usize;
            f(winner / filters, winner % filters, dy);
        }
    }
}

/// The filters' gradients, transposed, and behind them the bias's, over some examples.
struct Winners<'a, T> {
    g: &'a PooledGeometry,
    x: &'a [T],
    gradient: &'a Gradient<'a, T>,
    examples: Range<usize>,
    sums: &'a mut [T],
}

impl<T: Element> Kernel for Winners<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        let g = &self.g.conv;
        let window = g.patch_len();
        let image = g.input.iter().product::<usize>();
        let (dw, db) = self.sums.split_at_mut(g.weights_len());
        for example in self.examples {
            let x = &self.x[example * image..(example + 1) * image];
            for_each_winner(self.g, self.gradient, example, |pixel, filter, dy| {
                db[filter] += dy;
                let dw = &mut dw[filter * window..(filter + 1) * window];
                for_each_run(g, pixel, filter / g.group_filters(), |run, place| {
                    let x = &x[place..place + run.len()];
                    for (dw, &x) in dw[run].iter_mut().zip(x) {
                        *dw = isa.mul_add(dy, x, *dw);
                    }
                });
            });
        }
    }
}

/// An image's gradient.
struct Spread<'a, T> {
    g: &'a PooledGeometry,
    /// The filters, transposed.
    w: &'a [T],
    gradient: &'a Gradient<'a, T>,
    example: usize,
    dx: &'a mut [T],
}

impl<T: Element> Kernel for Spread<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        let g = &self.g.conv;
        let window = g.patch_len();
        for_each_winner(self.g, self.gradient, self.example, |pixel, filter, dy| {
            let w = &self.w[filter * window..(filter + 1) * window];
            for_each_run(g, pixel, filter / g.group_filters(), |run, place| {
                let dx = &mut self.dx[place..place + run.len()];
                for (dx, &w) in dx.iter_mut().zip(&w[run]) {
                    *dx = isa.mul_add(dy, w, *dx);
                }
            });
        });
    }
}

/// `to[filter][k] = w[k][filter]`.
fn transpose<T: Element>(g: &ConvGeometry, w: &[T], to: &mut [T]) {
    for (filter, to) in to.chunks_exact_mut(g.patch_len()).enumerate() {
        let from = w[filter..].iter().step_by(g.filters);
        to.iter_mut().zip(from).for_each(|(to, &from)| *to = from);
    }
}

/// `dw` and `db` from the parts' sums.
fn add_up<T: Element>(
    g: &ConvGeometry,
    sums: &[T],
    part_len: usize,
    dw: &mut [T],
    db: Option<&mut [T]>,
) {
    let window = g.patch_len();
    let total = |place: usize| {
        let parts = sums[place..].iter().step_by(part_len);
        parts.fold(T::zero(), |sum, &part| sum + part)
    };
    for (k, dw) in dw.chunks_exact_mut(g.filters).enumerate() {
        for (filter, dw) in dw.iter_mut().enumerate() {
            *dw = total(filter * window + k);
        }
    }
    if let Some(db) = db {
        for (filter, db) in db.iter_mut().enumerate() {
            *db = total(g.weights_len() + filter);
        }
    }
}
