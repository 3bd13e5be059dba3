//! Squares of vectors, read and written.

use crate::Real;
use crate::simd::Isa;

/// The vectors of a square of `S` by `S` places, `steps` apart by row and column, from the start of
/// `from` on.
///
/// # Panics
///
/// If the last one reaches beyond `from`.
#[inline(always)]
pub(crate) fn square<I: Isa, T: Real, const S: usize>(
    isa: I,
    from: &[T],
    steps: [usize; 2],
) -> [[I::Vector<T>; S]; S] {
    let reach = (S - 1) * (steps[0] + steps[1]) + I::lanes::<T>();
    assert!(reach <= from.len(), "a square leaves its memory");
    let mut square = [[isa.splat(T::zero()); S]; S];
    for (i, line) in square.iter_mut().enumerate() {
        for (j, vector) in line.iter_mut().enumerate() {
            // SAFETY: the last place's vector ends within `from`, and all others lie before it.
            *vector = unsafe { isa.load_at(from.as_ptr().add(i * steps[0] + j * steps[1])) };
        }
    }
    square
}

/// Writes the vectors of a square one after the other, `step` apart.
///
/// # Panics
///
/// If the last one reaches beyond `to`.
#[inline(always)]
pub(crate) fn store_square<I: Isa, T: Real, const S: usize>(
    isa: I,
    square: &[[I::Vector<T>; S]; S],
    to: &mut [T],
    step: usize,
) {
    let reach = (S * S - 1) * step + I::lanes::<T>();
    assert!(reach <= to.len(), "a square leaves its memory");
    for (place, &vector) in square.as_flattened().iter().enumerate() {
        // SAFETY: the last place's vector ends within `to`, and all others lie before it.
        unsafe { isa.store_at(to.as_mut_ptr().add(place * step), vector) };
    }
}
