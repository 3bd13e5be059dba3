//! Blocks of neighbouring channels: one or several vectors.
//!
//! Where an image has more channels than a block, the last block of a pixel moves back to end with
//! it, over values that are computed twice. Where it has fewer, a block reaches into the next pixel:
//! what is read there is not used, and what is written there is overwritten when that pixel's turn
//! comes, for pixels are visited in order. At the very end of an array, where no next pixel is, a
//! block is cut.

use crate::Real;
use crate::simd::Isa;

/// Calls `f` with the first channel of each block of `n` values that a pixel is covered with.
///
/// Here and elsewhere closures are marked to be inlined, and adapters of iterators avoided: what
/// the compiler does not inline is compiled without the instruction set.
#[inline(always)]
pub(super) fn for_each_start(n: usize, channels: usize, mut f: impl FnMut(usize)) {
    let last = channels.saturating_sub(n);
    let mut start = 0;
    loop {
        f(start);
        if start >= last {
            break;
        }
        start = (start + n).min(last);
    }
}

/// The first values of `from`; zeros in the lanes after its end.
#[inline(always)]
pub(super) fn load<T: Real, I: Isa>(isa: I, from: &[T]) -> I::Vector<T> {
    if from.len() >= I::lanes::<T>() {
        isa.load(from)
    } else {
        isa.load_part(from)
    }
}

/// The `M` vectors that `from` begins with. A block of several is always whole: only where the channels fill them
/// are there several.
#[inline(always)]
pub(super) fn load_block<T: Real, I: Isa, const M: usize>(isa: I, from: &[T]) -> [I::Vector<T>; M] {
    let lanes = I::lanes::<T>();
    if M == 1 {
        return [load(isa, from); M];
    }
    let from = &from[..M * lanes];
    let mut vectors = [isa.splat(T::zero()); M];
    for (m, vector) in vectors.iter_mut().enumerate() {
        *vector = isa.load(&from[m * lanes..]);
    }
    vectors
}

/// As many of the vector's values as `to` takes.
#[inline(always)]
pub(super) fn store<T: Real, I: Isa>(isa: I, to: &mut [T], vector: I::Vector<T>) {
    if to.len() >= I::lanes::<T>() {
        isa.store(to, vector);
    } else {
        isa.store_part(to, vector);
    }
}
