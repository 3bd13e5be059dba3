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

use std::array;

use super::DenseGeometry;
use crate::Element;
use crate::kernels::simd::{Isa, Kernel};

/// The longest sum over features: the panel of weights on the stack has as many steps.
const MAX_DEPTH: usize = 64;

/// Multiply-adds up to which the calling thread alone is quicker than several.
const MAX_WORK: u64 = 1 << 19;

/// Whether [`Product`] takes sums over so many features.
pub(super) fn suits_product(g: &DenseGeometry, depth: usize) -> bool {
    depth <= MAX_DEPTH && g.multiply_adds() <= MAX_WORK
}

/// Whether [`Weights`] takes a layer.
pub(super) fn suits_weights(g: &DenseGeometry) -> bool {
    g.inputs.min(g.outputs) <= MAX_DEPTH && g.multiply_adds() <= MAX_WORK
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
        // As many sums at once as vector registers hold: 8 of 32 bytes.
        let wide = size_of::<T>() == 4;
        let mut done = 0;
        while done < self.width {
            let (columns, first) = part(self.width, done, 8);
            match columns {
                8 if wide => self.panel::<I, 8, 8>(isa, first),
                8 => self.panel::<I, 8, 4>(isa, first),
                4 => self.panel::<I, 4, 8>(isa, first),
                2 => self.panel::<I, 2, 8>(isa, first),
                _ => self.panel::<I, 1, 8>(isa, first),
            }
            done = first + columns;
        }
    }
}

impl<T: Element> Product<'_, T> {
    /// `N` columns from `first` on, `M` examples at a time.
    #[inline(always)]
    fn panel<I: Isa, const N: usize, const M: usize>(&mut self, isa: I, first: usize) {
        let mut panel = [[T::zero(); N]; MAX_DEPTH];
        let panel = &mut panel[..self.depth];
        for (k, row) in panel.iter_mut().enumerate() {
            let place = k * self.strides[0] + first * self.strides[1];
            for (j, weight) in row.iter_mut().enumerate() {
                *weight = self.w[place + j * self.strides[1]];
            }
        }
        let start = match self.start {
            Some(start) => lanes(start, first),
            None => [T::zero(); N],
        };
        let mut x = self.x.chunks_exact(M * self.depth);
        let mut y = self.y.chunks_exact_mut(M * self.width);
        for (x, y) in x.by_ref().zip(y.by_ref()) {
            rows::<I, T, N, M>(isa, x, panel, start, y, first);
        }
        let x = x.remainder().chunks_exact(self.depth);
        for (x, y) in x.zip(y.into_remainder().chunks_exact_mut(self.width)) {
            rows::<I, T, N, 1>(isa, x, panel, start, y, first);
        }
    }
}

/// The sums of `M` examples over a panel.
#[inline(always)]
fn rows<I: Isa, T: Element, const N: usize, const M: usize>(
    isa: I,
    x: &[T],
    panel: &[[T; N]],
    start: [T; N],
    y: &mut [T],
    first: usize,
) {
    let (depth, width) = (panel.len(), y.len() / M);
    let examples: [&[T]; M] = array::from_fn(|e| &x[e * depth..][..depth]);
    let mut sums = [start; M];
    for (k, weights) in panel.iter().enumerate() {
        for (sums, example) in sums.iter_mut().zip(examples) {
            let value = example[k];
            for (sum, &weight) in sums.iter_mut().zip(weights) {
                *sum = isa.mul_add(value, weight, *sum);
            }
        }
    }
    for (y, sums) in y.chunks_exact_mut(width).zip(&sums) {
        y[first..][..N].copy_from_slice(sums);
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
            let (columns, first) = part(long.width, done, 8);
            let mut above = 0;
            while above < short.width {
                let (rows, top) = part(short.width, above, 4);
                match (columns, rows) {
                    (8, 4) => self.tile::<I, 8, 4, 1>(isa, first, top),
                    (8, 2) => self.tile::<I, 8, 2, 2>(isa, first, top),
                    (8, _) => self.tile::<I, 8, 1, 4>(isa, first, top),
                    (4, 4) => self.tile::<I, 4, 4, 2>(isa, first, top),
                    (4, 2) => self.tile::<I, 4, 2, 4>(isa, first, top),
                    (4, _) => self.tile::<I, 4, 1, 4>(isa, first, top),
                    (2, 2) => self.tile::<I, 2, 2, 4>(isa, first, top),
                    (2, _) => self.tile::<I, 2, 1, 4>(isa, first, top),
                    _ => self.tile::<I, 1, 1, 8>(isa, first, top),
                }
                above = top + rows;
            }
            done = first + columns;
        }
        if let Some(db) = self.db {
            let mut done = 0;
            while done < self.outputs {
                let (columns, first) = part(self.outputs, done, 8);
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

    /// `Q` rows of the shorter side from `top` on by `N` columns of the longer from `first` on, in
    /// `S` separate sums.
    #[inline(always)]
    fn tile<I: Isa, const N: usize, const Q: usize, const S: usize>(
        &mut self,
        isa: I,
        first: usize,
        top: usize,
    ) {
        let (short, long) = self.sides();
        let mut sums = [[[T::zero(); N]; Q]; S];
        let mut rows = short.values.chunks_exact(S * short.width);
        let mut columns = long.values.chunks_exact(S * long.width);
        for (rows, columns) in rows.by_ref().zip(columns.by_ref()) {
            for stream in 0..S {
                add_products(
                    isa,
                    lanes(&rows[stream * short.width..], top),
                    lanes(&columns[stream * long.width..], first),
                    &mut sums[stream],
                );
            }
        }
        let rows = rows.remainder().chunks_exact(short.width);
        let columns = columns.remainder().chunks_exact(long.width);
        for (stream, (rows, columns)) in rows.zip(columns).enumerate() {
            let (rows, columns) = (lanes(rows, top), lanes(columns, first));
            add_products(isa, rows, columns, &mut sums[stream]);
        }
        let mut total = sums[0];
        for other in &sums[1..] {
            for (total, &other) in total.iter_mut().zip(other) {
                add_lanes(total, other);
            }
        }
        for (q, total) in total.iter().enumerate() {
            if self.inputs >= self.outputs {
                self.dw[(top + q) * self.inputs + first..][..N].copy_from_slice(total);
            } else {
                for (j, &total) in total.iter().enumerate() {
                    self.dw[(first + j) * self.inputs + top + q] = total;
                }
            }
        }
    }
}

/// The sums over the examples of `N` columns from `first` on, in `S` separate sums.
#[inline(always)]
fn column_sums<T: Element, const N: usize, const S: usize>(dy: &[T], db: &mut [T], first: usize) {
    let width = db.len();
    let mut sums = [[T::zero(); N]; S];
    let mut groups = dy.chunks_exact(S * width);
    for group in groups.by_ref() {
        for stream in 0..S {
            add_lanes(&mut sums[stream], lanes(&group[stream * width..], first));
        }
    }
    for (stream, row) in groups.remainder().chunks_exact(width).enumerate() {
        add_lanes(&mut sums[stream], lanes(row, first));
    }
    let mut total = sums[0];
    for &other in &sums[1..] {
        add_lanes(&mut total, other);
    }
    db[first..][..N].copy_from_slice(&total);
}

/// `sums[q, j] += factors[q] lanes[j]`.
#[inline(always)]
fn add_products<I: Isa, T: Element, const N: usize, const Q: usize>(
    isa: I,
    factors: [T; Q],
    lanes: [T; N],
    sums: &mut [[T; N]; Q],
) {
    for (sums, &factor) in sums.iter_mut().zip(&factors) {
        for (sum, &lane) in sums.iter_mut().zip(&lanes) {
            *sum = isa.mul_add(factor, lane, *sum);
        }
    }
}

/// `sums[j] += values[j]`.
#[inline(always)]
fn add_lanes<T: Element, const N: usize>(sums: &mut [T; N], values: [T; N]) {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum += value;
    }
}

/// `N` values from `first` on.
#[inline(always)]
fn lanes<T: Element, const N: usize>(values: &[T], first: usize) -> [T; N] {
    let mut lanes = [T::zero(); N];
    lanes.copy_from_slice(&values[first..][..N]);
    lanes
}

/// The next part of `width` columns of which `done` are covered: how many of at most `largest` (8 or
/// 4), and the first of them. The last part may overlap what is covered.
#[inline(always)]
fn part(width: usize, done: usize, largest: usize) -> (usize, usize) {
    let left = width - done;
    let columns = if left > 4 && (left >= largest || width >= largest) {
        largest
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
        for largest in [4, 8] {
            for width in 1..70 {
                let mut done = 0;
                while done < width {
                    let (columns, first) = part(width, done, largest);
                    assert!([1, 2, 4, 8].contains(&columns) && columns <= largest);
                    assert!(first <= done && first + columns <= width);
                    assert!(first + columns > done, "{width} {done}");
                    done = first + columns;
                }
            }
        }
    }
}
