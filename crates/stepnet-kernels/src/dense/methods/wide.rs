//! Dense layers of many features and few units, as on whole pictures: `x` is read where it lies.
//!
//! A general product copies both factors first, which for few units costs more than the product.
//! Forward splits the examples among threads, and sums as small layers do. The weights' gradient
//! splits the features into strips, whose tiles are summed over all examples. Where work is cut depends
//! on the sizes alone.
//!
//! From one row of `x` to the next is often a multiple of the page size. Then the rows share a few sets of each cache,
//! which hold far fewer lines than there are examples: a line is gone before a second tile could read it. With enough
//! registers a tile therefore has all units, and one line of each row: `x` is read once, a few rows ahead.

use ndarray::{ArrayViewMut2, Axis, s};
use stepnet_base::parallel::prelude::*;

use super::small::{MOST_LONG, Product};
use crate::Real;
use crate::aligned::{LINE, first_of_line};
use crate::dense::DenseGeometry;
use crate::dense::thresholds::WIDE_UNITS_FORWARD;
use crate::parallel::join;
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
    join(
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

/// Examples from one request for those after them to the next.
const STRETCH: usize = 8;

/// Examples that a tile of all units is read ahead by: where the rows share sets of the cache, the first-level one of
/// current processors holds 8 to 12 of them, the second-level one 32 or more. On Zen 4, 209 examples of 12,288 features
/// and 20 units in `f64` took 3.0 ms with 4, 2.2 with 8, 2.0 with 16, and 2.1 with 24.
const AHEAD: usize = 16;

impl<T: Real> Kernel for Gradient<'_, T> {
    type Output = ();

    const WIDE: bool = true;

    #[inline(always)]
    fn run<I: Isa>(mut self, isa: I) {
        let tile = VECTORS * I::lanes::<T>();
        let all_units = I::BROADCASTS && self.dw.ncols() >= I::lanes::<T>();
        match self.g.outputs {
            // No examples: no sums, and no rows that a tile could start in.
            _ if self.x.is_empty() => self.examples(isa),
            21..=24 if all_units => self.columns::<I, 24>(isa),
            17..=20 if all_units => self.columns::<I, 20>(isa),
            13..=16 if all_units => self.columns::<I, 16>(isa),
            9..=12 if all_units => self.columns::<I, 12>(isa),
            4..=8 if all_units => self.columns::<I, 8>(isa),
            4.. if self.dw.ncols() >= tile => self.tiles::<I, 4>(isa),
            _ => self.examples(isa),
        }
    }
}

impl<T: Real> Gradient<'_, T> {
    /// One vector of features of all units, of which there are at most `K`, at a time. After the first vector come
    /// whole lines of the cache, where rows are whole lines; vectors that overlap come to the same sums.
    #[inline(always)]
    fn columns<I: Isa, const K: usize>(&mut self, isa: I) {
        let lanes = I::lanes::<T>();
        let last = self.dw.ncols() - lanes;
        let mut padded = [T::zero(); K];
        let outputs = self.g.outputs;
        padded[..outputs].copy_from_slice(&self.dy[self.dy.len() - outputs..]);
        let mut column = 0;
        let mut next = match first_of_line(&self.x[self.first..]) {
            0 => lanes,
            line => line.min(lanes),
        };
        loop {
            next = next.min(last);
            self.column::<I, K>(isa, [column, next], &padded);
            if column == last {
                return;
            }
            (column, next) = (next, next + lanes);
        }
    }

    /// All units at the vector of features from `column` on. `padded` is the last row of `dy`: the rows before it are
    /// read beyond their ends, for units that there are not.
    #[inline(always)]
    fn column<I: Isa, const K: usize>(
        &mut self,
        isa: I,
        [column, next]: [usize; 2],
        padded: &[T; K],
    ) {
        let &DenseGeometry {
            batch,
            inputs,
            outputs,
        } = self.g;
        let mut sums: Tile<I, T, K, 1> = [[isa.splat(T::zero()); 1]; K];
        for example in (0..batch).step_by(STRETCH) {
            self.ask_examples_ahead(isa, example, [column, next]);
            let whole = STRETCH.min(batch - 1 - example);
            let pixels = Pixels {
                counts: [1, 1, whole],
                x_steps: [0, 0, outputs],
                dy_steps: [0, 0, inputs],
            };
            let x = &self.x[example * inputs + self.first + column..];
            outer(isa, &self.dy[example * outputs..], x, &pixels, &mut sums);
            if whole < STRETCH {
                let pixels = Pixels {
                    counts: [1; 3],
                    ..pixels
                };
                outer(isa, padded, &x[whole * inputs..], &pixels, &mut sums);
            }
        }
        for (mut row, [sum]) in self.dw.rows_mut().into_iter().zip(sums) {
            let Some(dw) = row.as_slice_mut() else {
                unreachable!("a row of dw is contiguous");
            };
            isa.store(&mut dw[column..], sum);
        }
    }

    /// Asks memory for the examples that are read [`AHEAD`] after those from `example` on: of this vector of features,
    /// or the first ones of the next. The line of a vector's last feature: that of its first one was asked for with
    /// the vector before, if they are not the same.
    #[inline(always)]
    fn ask_examples_ahead<I: Isa>(&self, isa: I, example: usize, [column, next]: [usize; 2]) {
        let batch = self.g.batch;
        let at = self.first + I::lanes::<T>() - 1;
        for example in example..batch.min(example + STRETCH) {
            let (example, column) = match example + AHEAD < batch {
                true => (example + AHEAD, column),
                false => ((example + AHEAD - batch).min(batch - 1), next),
            };
            isa.prefetch(self.x, example * self.g.inputs + at + column);
        }
    }

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
