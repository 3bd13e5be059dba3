//! Rows of a few vectors, read from and written to memory that may end within the last.

use crate::Real;
use crate::simd::Isa;

/// Up to `V` vectors; lanes after the end are 0.
#[inline(always)]
pub(in crate::conv) fn load_row<I: Isa, T: Real, const V: usize>(
    isa: I,
    from: &[T],
) -> [I::Vector<T>; V] {
    let lanes = I::lanes::<T>();
    let mut row = [isa.splat(T::zero()); V];
    for (v, vector) in row.iter_mut().enumerate() {
        let from = from.get(v * lanes..).unwrap_or_default();
        if from.len() >= lanes {
            *vector = isa.load(from);
        } else {
            *vector = isa.load_part(from);
        }
    }
    row
}

/// As many of the vectors' values as `to` takes.
#[inline(always)]
pub(in crate::conv) fn store_row<I: Isa, T: Real, const V: usize>(
    isa: I,
    row: &[I::Vector<T>; V],
    to: &mut [T],
) {
    let lanes = I::lanes::<T>();
    for (v, &vector) in row.iter().enumerate() {
        let to = to.get_mut(v * lanes..).unwrap_or_default();
        if to.len() >= lanes {
            isa.store(to, vector);
        } else {
            isa.store_part(to, vector);
        }
    }
}

/// Adds the vectors' values to `to`, as many as it takes.
#[inline(always)]
pub(in crate::conv) fn add_row<I: Isa, T: Real, const V: usize>(
    isa: I,
    row: &[I::Vector<T>; V],
    to: &mut [T],
) {
    let mut sums = load_row::<I, T, V>(isa, to);
    for (sum, &vector) in sums.iter_mut().zip(row) {
        *sum = isa.vector_add(*sum, vector);
    }
    store_row::<I, T, V>(isa, &sums, to);
}
