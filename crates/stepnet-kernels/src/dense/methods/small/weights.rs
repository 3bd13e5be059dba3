//! The gradients of weights and biases: sums over the examples.

// Loops over indices that are constants are what keeps small arrays in registers.
#![allow(clippy::needless_range_loop)]

use super::{lanes, part, rows_left};
use crate::Real;
use crate::dense::DenseGeometry;
use crate::long_sum::{self, BLOCK, FEW, LONGEST};
use crate::simd::{Isa, Kernel};

/// `dw = dy^T x`, and `db` the sums of `dy`.
#[derive(Debug)]
pub(in crate::dense) struct Weights<'a, T> {
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
    pub(in crate::dense) fn new(
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

impl<T: Real> Kernel for Weights<'_, T> {
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
                macro_rules! write_tile {
                    ($n:literal, $q:literal, $s:literal) => {{
                        let tile = tile::<I, T, $n, $q, $s>(isa, short, long, first, above);
                        self.write(tile, first, above);
                    }};
                }
                match (columns, rows) {
                    (8, 4) => write_tile!(8, 4, 1),
                    (8, 2) => write_tile!(8, 2, 2),
                    (8, _) => write_tile!(8, 1, 4),
                    (4, 4) => write_tile!(4, 4, 2),
                    (4, 2) => write_tile!(4, 2, 4),
                    (4, _) => write_tile!(4, 1, 4),
                    (2, 2) => write_tile!(2, 2, 4),
                    (2, _) => write_tile!(2, 1, 4),
                    _ => write_tile!(1, 1, 8),
                }
                above += rows;
            }
            done = first + columns;
        }
        if let Some(db) = self.db {
            if self.dy.len() > FEW * self.outputs {
                return long_sum::columns(self.dy, db);
            }
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

impl<'a, T: Real> Weights<'a, T> {
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

/// `sum over n of short[n, top + q] long[n, first + j]`, for `Q` rows and `N` columns, of many examples
/// in blocks.
#[inline(always)]
fn tile<I: Isa, T: Real, const N: usize, const Q: usize, const S: usize>(
    isa: I,
    short: Side<'_, T>,
    long: Side<'_, T>,
    first: usize,
    top: usize,
) -> [[T; N]; Q] {
    if short.values.len() <= LONGEST * short.width {
        return tile_of::<I, T, N, Q, S>(isa, short, long, first, top);
    }
    let [mut total, mut rest] = [[[T::zero(); N]; Q]; 2];
    let short_blocks = short.values.chunks(S * BLOCK / 8 * short.width);
    let long_blocks = long.values.chunks(S * BLOCK / 8 * long.width);
    for (number, (short_block, long_block)) in short_blocks.zip(long_blocks).enumerate() {
        let [short, long] = [(short, short_block), (long, long_block)]
            .map(|(side, values)| Side { values, ..side });
        let block = tile_of::<I, T, N, Q, S>(isa, short, long, first, top);
        for q in 0..Q {
            long_sum::add(&mut total[q], &mut rest[q], &block[q]);
            long_sum::settle(&mut total[q], &mut rest[q], number + 1);
        }
    }
    for q in 0..Q {
        long_sum::finish(&mut total[q], &rest[q]);
    }
    total
}

/// [`tile`] of some examples, in `S` separate sums and one for the last of them.
#[inline(always)]
fn tile_of<I: Isa, T: Real, const N: usize, const Q: usize, const S: usize>(
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
fn column_sums<T: Real, const N: usize, const S: usize>(dy: &[T], db: &mut [T], first: usize) {
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
fn add_products<I: Isa, T: Real, const N: usize, const Q: usize>(
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
fn add_lanes<T: Real, const N: usize>(sums: &mut [T; N], values: &[T; N]) {
    for j in 0..N {
        sums[j] += values[j];
    }
}
