//! Forward and backward data: sums over features.

// Loops over indices that are constants are what keeps small arrays in registers.
#![allow(clippy::needless_range_loop)]

use super::{lanes, part};
use crate::Real;
use crate::dense::DenseGeometry;
use crate::long_sum::groups;
use crate::simd::{Isa, Kernel};

/// Steps of sums whose panel of weights is kept on the stack: of short sums, and of long ones.
pub(in crate::dense) const SHORT: usize = 64;
const LONG: usize = 256;

/// The most values of a product whose sums are very long (`long_sum::groups`).
pub(in crate::dense) const MOST_LONG: usize = 128;

/// `y[n, c] = start[c] + sum over k of x[n, k] w(k, c)`; without `start` from 0.
#[derive(Debug)]
pub(in crate::dense) struct Product<'a, T> {
    /// (examples, depth).
    x: &'a [T],
    /// How many features a sum runs over.
    depth: usize,
    /// The weights, `w(k, c)` at `k * strides[0] + c * strides[1]`.
    w: &'a [T],
    strides: [usize; 2],
    start: Option<&'a [T]>,
    /// (examples, width), written.
    y: &'a mut [T],
    width: usize,
}

impl<'a, T> Product<'a, T> {
    /// `y = x w^T + b`.
    pub(in crate::dense) fn forward(
        g: &DenseGeometry,
        x: &'a [T],
        w: &'a [T],
        b: Option<&'a [T]>,
        y: &'a mut [T],
    ) -> Self {
        Self {
            x,
            depth: g.inputs,
            w,
            strides: [1, g.inputs],
            start: b,
            y,
            width: g.outputs,
        }
    }

    /// `dx = dy w`.
    pub(in crate::dense) fn backward_data(
        g: &DenseGeometry,
        dy: &'a [T],
        w: &'a [T],
        dx: &'a mut [T],
    ) -> Self {
        Self {
            x: dy,
            depth: g.outputs,
            w,
            strides: [g.inputs, 1],
            start: None,
            y: dx,
            width: g.inputs,
        }
    }
}

impl<T: Real> Kernel for Product<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(mut self, isa: I) {
        // Clearing a panel for long sums would cost short ones more than the sums.
        if self.depth <= SHORT {
            self.steps::<I, SHORT, true>(isa, 0);
            return;
        }
        let group = groups(self.depth, LONG);
        if group > 1 {
            return self.by_groups(isa, group);
        }
        self.steps::<I, LONG, true>(isa, 0);
        for k in (LONG..self.depth).step_by(LONG) {
            self.steps::<I, LONG, false>(isa, k);
        }
    }
}

impl<T: Real> Product<'_, T> {
    /// Very long sums: `group` blocks are added up in `y`, then added to the groups before them.
    #[inline(always)]
    fn by_groups<I: Isa>(&mut self, isa: I, group: usize) {
        let mut before = [T::zero(); MOST_LONG];
        let before = &mut before[..self.y.len()];
        for (block, k) in (0..self.depth).step_by(LONG).enumerate() {
            if k == 0 {
                self.steps::<I, LONG, true>(isa, 0);
                continue;
            }
            if block.is_multiple_of(group) {
                for (before, y) in before.iter_mut().zip(&mut *self.y) {
                    *before += std::mem::replace(y, T::zero());
                }
            }
            self.steps::<I, LONG, false>(isa, k);
        }
        for (y, &before) in self.y.iter_mut().zip(&*before) {
            *y += before;
        }
    }

    /// Steps `k..k + D` of all sums. The `FIRST` ones begin them; later ones find them in `y`.
    #[inline(always)]
    fn steps<I: Isa, const D: usize, const FIRST: bool>(&mut self, isa: I, k: usize) {
        // As many sums at once as vector registers hold: 8 of 32 bytes.
        let wide = size_of::<T>() == 4;
        let mut done = 0;
        while done < self.width {
            let (columns, first) = part(self.width, done);
            let place = [k, first, done];
            match columns {
                8 if wide => self.panel::<I, D, FIRST, 8, 8>(isa, place),
                8 => self.panel::<I, D, FIRST, 8, 4>(isa, place),
                4 => self.panel::<I, D, FIRST, 4, 8>(isa, place),
                2 => self.panel::<I, D, FIRST, 2, 8>(isa, place),
                _ => self.panel::<I, D, FIRST, 1, 8>(isa, place),
            }
            done = first + columns;
        }
    }

    /// The same for `N` columns from `first` on, of which those before `done` have these steps
    /// already; `M` examples at a time.
    #[inline(always)]
    fn panel<I: Isa, const D: usize, const FIRST: bool, const N: usize, const M: usize>(
        &mut self,
        isa: I,
        [k, first, done]: [usize; 3],
    ) {
        let mut weights = [[T::zero(); N]; D];
        let weights = &mut weights[..(self.depth - k).min(D)];
        for (step, row) in weights.iter_mut().enumerate() {
            let place = (k + step) * self.strides[0] + first * self.strides[1];
            for (j, weight) in row.iter_mut().enumerate() {
                *weight = self.w[place + j * self.strides[1]];
            }
        }
        let panel = Panel {
            weights,
            start: match self.start {
                Some(start) => lanes(start, first),
                None => [T::zero(); N],
            },
            k,
            first,
            new: done - first,
        };
        let mut x = self.x.chunks_exact(M * self.depth);
        let mut y = self.y.chunks_exact_mut(M * self.width);
        for (x, y) in x.by_ref().zip(y.by_ref()) {
            panel.rows::<I, FIRST, M>(isa, x, y);
        }
        let x = x.remainder().chunks_exact(self.depth);
        for (x, y) in x.zip(y.into_remainder().chunks_exact_mut(self.width)) {
            panel.rows::<I, FIRST, 1>(isa, x, y);
        }
    }
}

/// Some steps of the sums of `N` columns.
struct Panel<'a, T, const N: usize> {
    weights: &'a [[T; N]],
    /// Where sums begin.
    start: [T; N],
    /// The first step.
    k: usize,
    /// The first column.
    first: usize,
    /// How many of the columns the panel before has summed already.
    new: usize,
}

impl<T: Real, const N: usize> Panel<'_, T, N> {
    /// The sums of `M` examples.
    #[inline(always)]
    fn rows<I: Isa, const FIRST: bool, const M: usize>(&self, isa: I, x: &[T], y: &mut [T]) {
        let (depth, width) = (x.len() / M, y.len() / M);
        let weights = self.weights;
        let mut examples: [&[T]; M] = [&[]; M];
        for e in 0..M {
            examples[e] = &x[e * depth + self.k..][..weights.len()];
        }
        // Indices, all known to the compiler, keep the sums in registers.
        let mut sums = [self.start; M];
        if !FIRST {
            sums = [[T::zero(); N]; M];
        }
        for (k, weights) in weights.iter().enumerate() {
            for e in 0..M {
                let value = examples[e][k];
                for j in 0..N {
                    sums[e][j] = isa.mul_add(value, weights[j], sums[e][j]);
                }
            }
        }
        for e in 0..M {
            let y = &mut y[e * width + self.first..][..N];
            if FIRST {
                y.copy_from_slice(&sums[e]);
            } else {
                // A block of a long sum: added to those before it.
                for j in self.new..N {
                    y[j] += sums[e][j];
                }
            }
        }
    }
}
