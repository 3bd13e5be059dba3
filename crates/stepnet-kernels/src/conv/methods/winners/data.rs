//! The data gradient from the winners alone.
//!
//! A winner at pixel `p` for filter `f` adds `dy w[filter f]` to the gradient of the window of `p`.
//! That wants a filter's elements side by side, so the filters are held transposed. An image's
//! gradient is summed by one thread.

use stepnet_base::parallel::prelude::*;

use crate::Real;
use crate::conv::methods::winners::list::{Clipped, OUTSIDE, Starts, add_scaled};
use crate::conv::pooled::geometry::{Gradient, PooledGeometry};
use crate::conv::pooled::values::passes;
use crate::simd::{self, Isa, Kernel};
use crate::transpose;

/// Winners below which the calling thread does everything.
const FEW_WINNERS: usize = 1 << 10;

/// Winners whose places are listed at a time.
const LISTED: usize = 256;

/// The gradients of the images; `scratch` takes the filters.
pub(in crate::conv) fn data<T: Real>(
    g: &PooledGeometry,
    w: &[T],
    gradient: &Gradient<'_, T>,
    dx: &mut [T],
    scratch: &mut [T],
) {
    let transposed = &mut scratch[..g.conv.weights_len()];
    transpose([g.conv.patch_len(), g.conv.filters], w, transposed);
    let transposed = &*transposed;
    let image = g.conv.input.iter().product::<usize>();
    let to_starts = Starts::new(&g.conv);
    let one = |example: usize, dx: &mut [T]| {
        dx.fill(T::zero());
        simd::run(Spread {
            g,
            to_starts,
            w: transposed,
            gradient,
            example,
            dx,
        });
    };
    if g.y_len() < FEW_WINNERS {
        dx.chunks_exact_mut(image)
            .enumerate()
            .for_each(|(example, dx)| one(example, dx));
    } else {
        dx.par_chunks_exact_mut(image)
            .enumerate()
            .for_each(|(example, dx)| one(example, dx));
    }
}

/// An image's gradient.
struct Spread<'a, T> {
    g: &'a PooledGeometry,
    to_starts: Starts,
    /// The filters, transposed.
    w: &'a [T],
    gradient: &'a Gradient<'a, T>,
    example: usize,
    dx: &'a mut [T],
}

impl<T: Real> Kernel for Spread<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(mut self, isa: I) {
        let pooled = self.g.pool.output.iter().product::<usize>();
        let all = self.example * pooled..(self.example + 1) * pooled;
        let [y, dy] = [self.gradient.y, self.gradient.dy].map(|values| &values[all.clone()]);
        let winners = &self.gradient.winners[all];
        let mut starts = [0; LISTED];
        for first in (0..pooled).step_by(LISTED) {
            let here = first..pooled.min(first + LISTED);
            self.to_starts.find(&winners[here.clone()], &mut starts);
            for (at, &start) in here.zip(&starts) {
                if passes(self.g, y[at]) {
                    self.add(isa, winners[at] as usize, start, dy[at]);
                }
            }
        }
    }
}

impl<T: Real> Spread<'_, T> {
    /// One winner's part.
    #[inline(always)]
    fn add<I: Isa>(&mut self, isa: I, winner: usize, start: u32, dy: T) {
        let g = &self.g.conv;
        let (pixel, filter) = (winner / g.filters, winner % g.filters);
        let group = filter / g.group_filters();
        let window = g.patch_len();
        let w = &self.w[filter * window..(filter + 1) * window];
        if start == OUTSIDE || !super::list::joined(g) {
            let clipped = Clipped::new(g, pixel);
            for u in clipped.tap_rows.clone() {
                for run in 0..clipped.runs(g) {
                    let (elements, place) = clipped.run(g, group, u, run);
                    let dx = &mut self.dx[place..place + elements.len()];
                    add_scaled(isa, dy, &w[elements], dx);
                }
            }
            return;
        }
        let row = g.kernel[1] * g.input[2];
        let step = g.dilation[0] * g.input[1] * g.input[2];
        for (u, w) in w.chunks_exact(row).enumerate() {
            let place = start as usize + u * step;
            add_scaled(isa, dy, w, &mut self.dx[place..place + row]);
        }
    }
}
