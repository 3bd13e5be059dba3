//! Dense layers of many features and few units, as on whole pictures: `x` is read where it lies.
//!
//! A general product copies both factors first, which for few units costs more than the product.
//! Forward splits the examples among threads, and sums as small layers do. The weights' gradient
//! splits the features into strips, whose tiles are summed over all examples. Where work is cut depends
//! on the sizes alone.

use ndarray::{ArrayViewMut2, Axis, s};
use rayon::prelude::*;

use super::small::{MOST_LONG, Product};
use crate::Real;
use crate::aligned::LINE;
use crate::dense::DenseGeometry;
use crate::dense::thresholds::WIDE_UNITS_FORWARD;
use crate::simd::tile::{Pixels, Tile, outer};
use crate::simd::{InstructionSet, Isa, Kernel};

/// Examples that share the copying of weights into panels.
const PIECE_ROWS: usize = 32;

// Pieces of layers with very long sums are the smallest ones.
const _: () =
    assert!(PIECE_ROWS * WIDE_UNITS_FORWARD <= MOST_LONG && PIECE_WORK / (64 * 256) <= PIECE_ROWS);

/// Features of a strip of the gradient.
const STRIP: usize = 512;

/// Multiply-adds of a piece of the work that another thread may take.
const PIECE_WORK: usize = 1 << 17;

/// `y = x w^T + b`.
pub(in crate::dense) fn forward<T: Real>(
    set: InstructionSet,
    g: &DenseGeometry,
    x: &[T],
    w: &[T],
    b: Option<&[T]>,
    y: &mut [T],
) {
    let rows = (PIECE_WORK / (g.inputs * g.outputs)).max(PIECE_ROWS);
    y.par_chunks_mut(rows * g.outputs)
        .zip(x.par_chunks(rows * g.inputs))
        .for_each(|(y, x)| set.run(Product::forward(g, x, w, b, y)));
}

/// `dw = dy^T x`, without `db`.
pub(in crate::dense) fn backward_weights<T: Real>(
    set: InstructionSet,
    g: &DenseGeometry,
    x: &[T],
    dy: &[T],
    dw: &mut [T],
) {
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
/// The sum runs over the examples one after the other, whatever the tile.
#[derive(Debug)]
struct Gradient<'a, T> {
    g: &'a DenseGeometry,
    x: &'a [T],
    dy: &'a [T],
    /// The first feature.
    first: usize,
    /// (out, features), written.
    dw: ArrayViewMut2<'a, T>,
}

/// Vectors of features of a tile.
const VECTORS: usize = 2;

/// Tiles whose features are asked of memory together, while those before them are summed: a row of `x` ends a page
/// or more before the next begins, so the processor's own guesses do not find them, and memory gives several lines
/// in a row sooner than as many apart.
const GROUP: usize = 4;

impl<T: Real> Kernel for Gradient<'_, T> {
    type Output = ();

    const WIDE: bool = true;

    #[inline(always)]
    fn run<I: Isa>(mut self, isa: I) {
        let tile = VECTORS * I::lanes::<T>();
        match self.g.outputs {
            // No examples: no sums, and no rows that a tile could start in.
            _ if self.x.is_empty() => self.examples(isa),
            8.. if I::BROADCASTS && self.dw.ncols() >= tile => self.tiles::<I, 8>(isa),
            4.. if self.dw.ncols() >= tile => self.tiles::<I, 4>(isa),
            _ => self.examples(isa),
        }
    }
}

impl<T: Real> Gradient<'_, T> {
    /// Tiles of `K` units; the last ones overlap those before them, and come to the same sums.
    #[inline(always)]
    fn tiles<I: Isa, const K: usize>(&mut self, isa: I) {
        let (columns, tile) = (self.dw.ncols(), VECTORS * I::lanes::<T>());
        for (number, column) in (0..columns).step_by(tile).enumerate() {
            self.ask_ahead(isa, number, tile);
            let column = column.min(columns - tile);
            for unit in (0..self.g.outputs).step_by(K) {
                let unit = unit.min(self.g.outputs - K);
                self.tile::<I, K>(isa, [unit, column]);
            }
        }
    }

    /// Asks memory for a part of the examples of the group of tiles after the one that tile `number` is in, so that
    /// the group's tiles together ask for all of them.
    #[inline(always)]
    fn ask_ahead<I: Isa>(&self, isa: I, number: usize, tile: usize) {
        let part = number % GROUP;
        let first = self.first + (number - part + GROUP) * tile;
        let end = (first + GROUP * tile).min(self.g.inputs);
        let examples = self.g.batch * part / GROUP..self.g.batch * (part + 1) / GROUP;
        for example in examples {
            let row = example * self.g.inputs;
            for at in (first..end).step_by(LINE / size_of::<T>()) {
                isa.prefetch(self.x, row + at);
            }
        }
    }

    /// The units from `unit` on at the columns from `column` on.
    #[inline(always)]
    fn tile<I: Isa, const K: usize>(&mut self, isa: I, [unit, column]: [usize; 2]) {
        let &DenseGeometry {
            batch,
            inputs,
            outputs,
        } = self.g;
        let lanes = I::lanes::<T>();
        let mut sums: Tile<I, T, K, VECTORS> = [[isa.splat(T::zero()); VECTORS]; K];
        let pixels = Pixels {
            counts: [1, 1, batch],
            x_steps: [0, 0, outputs],
            dy_steps: [0, 0, inputs],
        };
        let x = &self.x[self.first + column..];
        outer(isa, &self.dy[unit..], x, &pixels, &mut sums);
        for (unit, sums) in (unit..).zip(sums) {
            let Some(dw) = self.dw.row_mut(unit).into_slice() else {
                unreachable!("a row of dw is contiguous");
            };
            for (v, sum) in sums.into_iter().enumerate() {
                isa.store(&mut dw[column + v * lanes..], sum);
            }
        }
    }

    /// Of few units or few features.
    #[inline(always)]
    fn examples<I: Isa>(&mut self, isa: I) {
        let columns = self.dw.ncols();
        self.dw.fill(T::zero());
        let rows = self.x.chunks_exact(self.g.inputs);
        for (x, dy) in rows.zip(self.dy.chunks_exact(self.g.outputs)) {
            let x = &x[self.first..][..columns];
            for (dw, &dy) in self.dw.rows_mut().into_iter().zip(dy) {
                let Some(dw) = dw.into_slice() else {
                    unreachable!("a row of dw is contiguous");
                };
                for (dw, &x) in dw.iter_mut().zip(x) {
                    *dw = isa.mul_add(dy, x, *dw);
                }
            }
        }
    }
}
