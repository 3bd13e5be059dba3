//! Sums down the columns of a block, held in registers: groups of vectors side by side, the rest of
//! the columns by a part of a vector.
//!
//! Vectors are loaded by functions rather than closures: a closure that is not inlined is compiled
//! without the instruction set.

use crate::Real;
use crate::simd::Isa;

/// A term of a column's sum: a value of the column, or one of two blocks at the same place.
#[derive(Clone, Copy)]
pub(super) enum Of<'a, T> {
    /// `a`.
    Values(&'a [T]),
    /// `(a - mean)^2`.
    Squares(&'a [T], &'a [T]),
    /// `b (a - mean)`.
    Products(&'a [T], &'a [T], &'a [T]),
}

/// `sums[j]`: the sum down column `j` of rows of `sums.len()` values.
#[inline(always)]
pub(super) fn sum<I: Isa, T: Real>(isa: I, of: Of<'_, T>, sums: &mut [T]) {
    let (width, lanes) = (sums.len(), I::lanes::<T>());
    let mut column = 0;
    while column + 8 * lanes <= width {
        group::<I, T, 8>(isa, of, sums, column);
        column += 8 * lanes;
    }
    while column + 2 * lanes <= width {
        group::<I, T, 2>(isa, of, sums, column);
        column += 2 * lanes;
    }
    while column + lanes <= width {
        group::<I, T, 1>(isa, of, sums, column);
        column += lanes;
    }
    if column < width {
        rest(isa, of, sums, column);
    }
}

/// `N` vectors of columns from `column` on.
#[inline(always)]
fn group<I: Isa, T: Real, const N: usize>(isa: I, of: Of<'_, T>, sums: &mut [T], column: usize) {
    let (width, lanes) = (sums.len(), I::lanes::<T>());
    let mut held = [isa.splat(T::zero()); N];
    match of {
        Of::Values(a) => {
            for a in a.chunks_exact(width) {
                let a = vectors::<I, T, N>(isa, a, column);
                for v in 0..N {
                    held[v] = isa.vector_add(held[v], a[v]);
                }
            }
        }
        Of::Squares(a, mean) => {
            let mean = vectors::<I, T, N>(isa, mean, column);
            for a in a.chunks_exact(width) {
                let a = vectors::<I, T, N>(isa, a, column);
                for v in 0..N {
                    let apart = isa.vector_sub(a[v], mean[v]);
                    held[v] = isa.vector_mul_add(apart, apart, held[v]);
                }
            }
        }
        Of::Products(a, b, mean) => {
            let mean = vectors::<I, T, N>(isa, mean, column);
            for (a, b) in a.chunks_exact(width).zip(b.chunks_exact(width)) {
                let (a, b) = (
                    vectors::<I, T, N>(isa, a, column),
                    vectors::<I, T, N>(isa, b, column),
                );
                for v in 0..N {
                    held[v] = isa.vector_mul_add(b[v], isa.vector_sub(a[v], mean[v]), held[v]);
                }
            }
        }
    }
    let to = &mut sums[column..column + N * lanes];
    for (to, held) in to.chunks_exact_mut(lanes).zip(held) {
        isa.store(to, held);
    }
}

/// `N` vectors of a row from `column` on.
#[inline(always)]
fn vectors<I: Isa, T: Real, const N: usize>(isa: I, row: &[T], column: usize) -> [I::Vector<T>; N] {
    let lanes = I::lanes::<T>();
    let row = &row[column..column + N * lanes];
    let mut vectors = [isa.splat(T::zero()); N];
    for (v, vector) in vectors.iter_mut().enumerate() {
        *vector = isa.load(&row[v * lanes..]);
    }
    vectors
}

/// The columns from `column` on, fewer than a vector has lanes.
#[inline(always)]
fn rest<I: Isa, T: Real>(isa: I, of: Of<'_, T>, sums: &mut [T], column: usize) {
    let width = sums.len();
    let mut held = isa.splat(T::zero());
    match of {
        Of::Values(a) => {
            for a in a.chunks_exact(width) {
                held = isa.vector_add(held, isa.load_part(&a[column..width]));
            }
        }
        Of::Squares(a, mean) => {
            let mean = isa.load_part(&mean[column..width]);
            for a in a.chunks_exact(width) {
                let apart = isa.vector_sub(isa.load_part(&a[column..width]), mean);
                held = isa.vector_mul_add(apart, apart, held);
            }
        }
        Of::Products(a, b, mean) => {
            let mean = isa.load_part(&mean[column..width]);
            for (a, b) in a.chunks_exact(width).zip(b.chunks_exact(width)) {
                held = isa.vector_mul_add(
                    isa.load_part(&b[column..width]),
                    isa.vector_sub(isa.load_part(&a[column..width]), mean),
                    held,
                );
            }
        }
    }
    isa.store_part(&mut sums[column..], held);
}

/// `sums[c] + sums[c + channels] + ...`, left in the first `channels`.
#[inline(always)]
pub(super) fn fold<T: Real>(sums: &mut [T], channels: usize) {
    let (first, others) = sums.split_at_mut(channels);
    for other in others.chunks_exact(channels) {
        for (sum, &part) in first.iter_mut().zip(other) {
            *sum += part;
        }
    }
}

/// The first `channels` values, again and again.
#[inline(always)]
pub(super) fn spread<T: Copy>(values: &mut [T], channels: usize) {
    let (first, others) = values.split_at_mut(channels);
    for other in others.chunks_exact_mut(channels) {
        other.copy_from_slice(first);
    }
}
