//! Vectors in registers.

use crate::Real;
use crate::simd::Isa;

/// A tile of results: `P` rows of `V` vectors.
pub(crate) type Tile<I, T, const P: usize, const V: usize> = [[<I as Isa>::Vector<T>; V]; P];

/// `V` vectors one after the other.
///
/// Loops fill arrays here, not `array::from_fn`: what it calls may be compiled apart, without the
/// instruction set.
///
/// # Safety
/// They can be read at `from`.
#[inline(always)]
pub(super) unsafe fn vectors_at<I: Isa, T: Real, const V: usize>(
    isa: I,
    from: *const T,
) -> [I::Vector<T>; V] {
    let mut vectors = [isa.splat(T::zero()); V];
    for (v, vector) in vectors.iter_mut().enumerate() {
        // SAFETY: the caller's promise.
        *vector = unsafe { isa.load_at(from.add(v * I::lanes::<T>())) };
    }
    vectors
}
