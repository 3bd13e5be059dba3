//! Dense layers of few features: no packing of the examples, no allocation, no other threads.
//!
//! Forward and backward data are one loop. A *panel* is up to 8 neighbouring columns of the result;
//! its weights are copied to the stack, so that those of one step of the sum lie side by side:
//!
//! ```text
//! for each panel:
//!     for each few examples:
//!         sums = bias                              # examples x columns, in vector registers
//!         for k in 0..depth:
//!             for each of the examples: sums += x[example, k] * panel[k]
//!         y[examples, columns] = sums
//! ```
//!
//! Where the columns do not divide into panels, the last one overlaps the one before and computes
//! the same sums again. The weights' gradient is summed in tiles over the examples, with the columns
//! of the longer side of `w` in the lanes of a vector, and several examples apart in sums of their
//! own, added at the end, so that additions do not wait for each other. All sums have an order that
//! only the sizes decide.

// Loops over indices that are constants are what keeps small arrays in registers.
#![allow(clippy::needless_range_loop)]

use super::DenseGeometry;
use crate::Element;
use crate::kernels::simd::{Isa, Kernel};

/// Steps of sums whose panel of weights is kept on the stack: of short sums, and of long ones.
const SHORT: usize = 64;
const LONG: usize = 256;

/// Multiply-adds up to which the calling thread alone is quicker than several.
const MAX_WORK: u64 = 1 << 19;

/// Whether [`Product`] takes sums over so many features.
pub(super) fn suits_product(g: &DenseGeometry, depth: usize) -> bool {
    depth <= SHORT && g.multiply_adds() <= MAX_WORK
}

/// Whether [`Weights`] takes a layer.
pub(super) fn suits_weights(g: &DenseGeometry) -> bool {
    g.inputs.min(g.outputs) <= SHORT && g.multiply_adds() <= MAX_WORK
}

/// `y[n, c] = start[c] + sum over k of x[n, k] w(k, c)`; without `start` from 0.
#[derive(Debug)]
pub(super) struct Product<'a, T> {
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
    pub(super) fn forward(
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
    pub(super) fn backward_data(
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

impl<T: Element> Kernel for Product<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(mut self, isa: I) {
        // Clearing a panel for long sums would cost short ones more than the sums.
        if self.depth <= SHORT {
            self.steps::<I, SHORT, true>(isa, 0);
            return;
        }
        self.steps::<I, LONG, true>(isa, 0);
        for k in (LONG..self.depth).step_by(LONG) {
            self.steps::<I, LONG, false>(isa, k);
        }
    }
}

impl<T: Element> Product<'_, T> {
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

impl<T: Element, const N: usize> Panel<'_, T, N> {
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
            for e in 0..M {
                sums[e] = lanes(&y[e * width..], self.first);
            }
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
                y[self.new..].copy_from_slice(&sums[e][self.new..]);
            }
        }
    }
}

/// `dw = dy^T x`, and `db` the sums of `dy`.
#[derive(Debug)]
pub(super) struct Weights<'a, T> {
    /// (batch, in).
    x: &'a [T],
    /// (batch, out).
    dy: &'a [T],
    /// (out, in), written.
    dw: &'a mut [T],
    /// (out), written.
    db: Option<&'a mut [T]>,
    inputs: usize,
    outputs: usize,
}

impl<'a, T> Weights<'a, T> {
    /// The gradients of a layer's weights and bias.
    pub(super) fn new(
        g: &DenseGeometry,
        x: &'a [T],
        dy: &'a [T],
        dw: &'a mut [T],
        db: Option<&'a mut [T]>,
    ) -> Self {
        Self {
            x,
            dy,
            dw,
            db,
            inputs: g.inputs,
            outputs: g.outputs,
        }
    }
}

impl<T: Element> Kernel for Weights<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(mut self, isa: I) {
        let (short, long) = self.sides();
        let mut done = 0;
        while done < long.width {
            let (columns, first) = part(long.width, done);
            let mut above = 0;
            while above < short.width {
                let rows = rows_left(short.width - above);
                match (columns, rows) {
                    (8, 4) => self.write(
                        tile::<I, T, 8, 4, 1>(isa, short, long, first, above),
                        first,
                        above,
                    ),
                    (8, 2) => self.write(
                        tile::<I, T, 8, 2, 2>(isa, short, long, first, above),
                        first,
                        above,
                    ),
                    (8, _) => self.write(
                        tile::<I, T, 8, 1, 4>(isa, short, long, first, above),
                        first,
                        above,
                    ),
                    (4, 4) => self.write(
                        tile::<I, T, 4, 4, 2>(isa, short, long, first, above),
                        first,
                        above,
                    ),
                    (4, 2) => self.write(
                        tile::<I, T, 4, 2, 4>(isa, short, long, first, above),
                        first,
                        above,
                    ),
                    (4, _) => self.write(
                        tile::<I, T, 4, 1, 4>(isa, short, long, first, above),
                        first,
                        above,
                    ),
                    (2, 2) => self.write(
                        tile::<I, T, 2, 2, 4>(isa, short, long, first, above),
                        first,
                        above,
                    ),
                    (2, _) => self.write(
                        tile::<I, T, 2, 1, 4>(isa, short, long, first, above),
                        first,
                        above,
                    ),
                    _ => self.write(
                        tile::<I, T, 1, 1, 8>(isa, short, long, first, above),
                        first,
                        above,
                    ),
                }
                above += rows;
            }
            done = first + columns;
        }
        if let Some(db) = self.db {
            let mut done = 0;
            while done < self.outputs {
                let (columns, first) = part(self.outputs, done);
                match columns {
                    8 => column_sums::<T, 8, 2>(self.dy, db, first),
                    4 => column_sums::<T, 4, 4>(self.dy, db, first),
                    2 => column_sums::<T, 2, 4>(self.dy, db, first),
                    _ => column_sums::<T, 1, 8>(self.dy, db, first),
                }
                done = first + columns;
            }
        }
    }
}

/// An array of examples, and how many values each has.
#[derive(Clone, Copy, Debug)]
struct Side<'a, T> {
    values: &'a [T],
    width: usize,
}

impl<'a, T: Element> Weights<'a, T> {
    /// The sides of `dw`, the shorter one first.
    #[inline(always)]
    fn sides(&self) -> (Side<'a, T>, Side<'a, T>) {
        let x = Side {
            values: self.x,
            width: self.inputs,
        };
        let dy = Side {
            values: self.dy,
            width: self.outputs,
        };
        if x.width >= dy.width {
            (dy, x)
        } else {
            (x, dy)
        }
    }

    /// Puts a tile in its place.
    #[inline(always)]
    fn write<const N: usize, const Q: usize>(
        &mut self,
        tile: [[T; N]; Q],
        first: usize,
        top: usize,
    ) {
        for q in 0..Q {
            if self.inputs >= self.outputs {
                self.dw[(top + q) * self.inputs + first..][..N].copy_from_slice(&tile[q]);
            } else {
                for j in 0..N {
                    self.dw[(first + j) * self.inputs + top + q] = tile[q][j];
                }
            }
        }
    }
}

/// `sum over n of short[n, top + q] long[n, first + j]`, for `Q` rows and `N` columns, in `S` separate
/// sums and one for the last examples.
#[inline(always)]
fn tile<I: Isa, T: Element, const N: usize, const Q: usize, const S: usize>(
    isa: I,
    short: Side<'_, T>,
    long: Side<'_, T>,
    first: usize,
    top: usize,
) -> [[T; N]; Q] {
    let mut sums = [[[T::zero(); N]; Q]; S];
    let mut rows = short.values.chunks_exact(S * short.width);
    let mut columns = long.values.chunks_exact(S * long.width);
    for (rows, columns) in rows.by_ref().zip(columns.by_ref()) {
        for stream in 0..S {
            let factors: [T; Q] = lanes(&rows[stream * short.width..], top);
            let values: [T; N] = lanes(&columns[stream * long.width..], first);
            add_products(isa, &factors, &values, &mut sums[stream]);
        }
    }
    // The last examples have a sum of their own, whose place is known to the compiler.
    let mut total = [[T::zero(); N]; Q];
    let rows = rows.remainder().chunks_exact(short.width);
    let columns = columns.remainder().chunks_exact(long.width);
    for (rows, columns) in rows.zip(columns) {
        let (factors, values): ([T; Q], [T; N]) = (lanes(rows, top), lanes(columns, first));
        add_products(isa, &factors, &values, &mut total);
    }
    for stream in 0..S {
        for q in 0..Q {
            add_lanes(&mut total[q], &sums[stream][q]);
        }
    }
    total
}

/// The sums over the examples of `N` columns from `first` on, in `S` separate sums.
#[inline(always)]
fn column_sums<T: Element, const N: usize, const S: usize>(dy: &[T], db: &mut [T], first: usize) {
    let width = db.len();
    let mut sums = [[T::zero(); N]; S];
    let mut groups = dy.chunks_exact(S * width);
    for group in groups.by_ref() {
        for stream in 0..S {
            add_lanes(&mut sums[stream], &lanes(&group[stream * width..], first));
        }
    }
    let mut total = [T::zero(); N];
    for row in groups.remainder().chunks_exact(width) {
        add_lanes(&mut total, &lanes(row, first));
    }
    for stream in 0..S {
        add_lanes(&mut total, &sums[stream]);
    }
    db[first..][..N].copy_from_slice(&total);
}

/// `sums[q, j] += factors[q] values[j]`.
#[inline(always)]
fn add_products<I: Isa, T: Element, const N: usize, const Q: usize>(
    isa: I,
    factors: &[T; Q],
    values: &[T; N],
    sums: &mut [[T; N]; Q],
) {
    for q in 0..Q {
        for j in 0..N {
            sums[q][j] = isa.mul_add(factors[q], values[j], sums[q][j]);
        }
    }
}

/// `sums[j] += values[j]`.
#[inline(always)]
fn add_lanes<T: Element, const N: usize>(sums: &mut [T; N], values: &[T; N]) {
    for j in 0..N {
        sums[j] += values[j];
    }
}

/// `N` values from `first` on.
#[inline(always)]
fn lanes<T: Element, const N: usize>(values: &[T], first: usize) -> [T; N] {
    let mut lanes = [T::zero(); N];
    lanes.copy_from_slice(&values[first..][..N]);
    lanes
}

/// How many of the rows that are left a tile takes.
#[inline(always)]
fn rows_left(left: usize) -> usize {
    match left {
        4.. => 4,
        2 | 3 => 2,
        _ => left,
    }
}

/// The next part of `width` columns of which `done` are covered: how many, and the first of them. The
/// last part may overlap what is covered.
#[inline(always)]
fn part(width: usize, done: usize) -> (usize, usize) {
    let left = width - done;
    let columns = if left > 4 && width >= 8 {
        8
    } else if left > 4 || width >= 4 {
        4
    } else if width >= 2 {
        2
    } else {
        1
    };
    (columns, done.min(width - columns))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_every_column_and_stay_inside() {
        for width in 1..70 {
            let (mut done, mut above) = (0, 0);
            while done < width {
                let (columns, first) = part(width, done);
                assert!([1, 2, 4, 8].contains(&columns));
                assert!(first <= done && first + columns <= width);
                assert!(first + columns > done, "{width} {done}");
                done = first + columns;
            }
            while above < width {
                let rows = rows_left(width - above);
                assert!([1, 2, 4].contains(&rows) && above + rows <= width);
                above += rows;
            }
        }
    }
}
