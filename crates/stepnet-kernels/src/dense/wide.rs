//! Dense layers of many features and few units, as on whole pictures: `x` is read where it lies.
//!
//! A general product copies both factors first, which for few units costs more than the product.
//! Forward splits the examples among threads, and sums as small layers do. The weights' gradient
//! splits the features into strips, and adds up four examples at a time. Where work is cut depends on
//! the sizes alone.

// Loops over indices that are constants are what keeps small arrays in registers.
#![allow(clippy::needless_range_loop)]

use ndarray::{ArrayViewMut2, Axis, s};
use rayon::prelude::*;

use super::DenseGeometry;
use super::small::{MOST_LONG, Product};
use crate::Real;
use crate::long_sum::LONGEST;
use crate::simd::{self, InstructionSet, Isa, Kernel};

/// Units up to which reading `x` where it lies was measured to be quicker than a general product.
const MAX_UNITS: usize = 24;
const MAX_UNITS_FORWARD: usize = 4;

/// Features that make a layer wide.
const MIN_FEATURES: usize = 256;

/// Examples that share the copying of weights into panels.
const PIECE_ROWS: usize = 32;

// Pieces of layers with very long sums are the smallest ones.
const _: () =
    assert!(PIECE_ROWS * MAX_UNITS_FORWARD <= MOST_LONG && PIECE_WORK / (64 * 256) <= PIECE_ROWS);

/// Features of a strip of the gradient: four examples' parts of it fit the first cache.
const STRIP: usize = 512;

/// Multiply-adds of a piece of the work that another thread may take.
const PIECE_WORK: usize = 1 << 17;

/// Whether [`forward`] takes a layer.
pub(super) fn suits_forward(g: &DenseGeometry) -> bool {
    g.outputs <= MAX_UNITS_FORWARD && g.inputs >= MIN_FEATURES
}

/// Whether [`backward_weights`] takes a layer.
pub(super) fn suits_weights(g: &DenseGeometry) -> bool {
    g.outputs <= MAX_UNITS && g.inputs >= MIN_FEATURES && g.batch <= LONGEST
}

/// `y = x w^T + b`.
pub(super) fn forward<T: Real>(g: &DenseGeometry, x: &[T], w: &[T], b: Option<&[T]>, y: &mut [T]) {
    let rows = (PIECE_WORK / (g.inputs * g.outputs)).max(PIECE_ROWS);
    y.par_chunks_mut(rows * g.outputs)
        .zip(x.par_chunks(rows * g.inputs))
        .for_each(|(y, x)| simd::run(Product::forward(g, x, w, b, y)));
}

/// `dw = dy^T x`, without `db`.
pub(super) fn backward_weights<T: Real>(
    set: InstructionSet,
    g: &DenseGeometry,
    x: &[T],
    dy: &[T],
    dw: &mut [T],
) {
    dw.fill(T::zero());
    let Ok(dw) = ArrayViewMut2::from_shape((g.outputs, g.inputs), dw) else {
        unreachable!("the length of dw was compared with the geometry's");
    };
    strips(set, [x, dy], g, 0, dw);
}

/// The columns of `dw` from `first` on, halved until they are little work.
fn strips<T: Real>(
    set: InstructionSet,
    [x, dy]: [&[T]; 2],
    g: &DenseGeometry,
    first: usize,
    mut dw: ArrayViewMut2<'_, T>,
) {
    let columns = dw.ncols();
    if columns < 2 * STRIP || dy.len().saturating_mul(columns) < 2 * PIECE_WORK {
        for start in (0..columns).step_by(STRIP) {
            let end = (start + STRIP).min(columns);
            let dw = dw.slice_mut(s![.., start..end]);
            let first = first + start;
            set.run(Gradient {
                g,
                x,
                dy,
                first,
                dw,
            });
        }
        return;
    }
    let half = (columns / 2).next_multiple_of(STRIP);
    let (left, right) = dw.view_mut().split_at(Axis(1), half);
    rayon::join(
        || strips(set, [x, dy], g, first, left),
        || strips(set, [x, dy], g, first + half, right),
    );
}

/// The gradient of the weights of a strip of features, on the calling thread.
///
/// Four examples at a time, so that a gradient is loaded and stored once for four products; the sum
/// still runs over the examples one after the other.
#[derive(Debug)]
struct Gradient<'a, T> {
    g: &'a DenseGeometry,
    x: &'a [T],
    dy: &'a [T],
    /// The first feature.
    first: usize,
    /// (out, features), added to.
    dw: ArrayViewMut2<'a, T>,
}

impl<T: Real> Kernel for Gradient<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(mut self, isa: I) {
        let mut example = 0;
        while example < self.g.batch {
            if self.g.batch - example >= 4 {
                self.examples::<I, 4>(isa, example);
                example += 4;
            } else {
                self.examples::<I, 1>(isa, example);
                example += 1;
            }
        }
    }
}

impl<T: Real> Gradient<'_, T> {
    #[inline(always)]
    fn examples<I: Isa, const M: usize>(&mut self, isa: I, example: usize) {
        let columns = self.dw.ncols();
        let mut x: [&[T]; M] = [&[]; M];
        for e in 0..M {
            x[e] = &self.x[(example + e) * self.g.inputs + self.first..][..columns];
        }
        for unit in 0..self.g.outputs {
            let mut dy = [T::zero(); M];
            for e in 0..M {
                dy[e] = self.dy[(example + e) * self.g.outputs + unit];
            }
            let Some(dw) = self.dw.row_mut(unit).into_slice() else {
                unreachable!("a row of dw is contiguous");
            };
            let dw = &mut dw[..columns];
            for column in 0..columns {
                let mut sum = dw[column];
                for e in 0..M {
                    sum = isa.mul_add(dy[e], x[e][column], sum);
                }
                dw[column] = sum;
            }
        }
    }
}
