//! The innermost loops of the products: a tile of results in registers, a long sum over memory.
//!
//! ```text
//! windows    some pixels by vectors of columns, summed over the elements of their windows
//! planes     some vectors of pixels by few columns, over the elements of their windows
//! outer      some elements of the window by vectors of columns, summed over the pixels
//! channels   vectors of channels that see only themselves: both of the above, tap by tap
//! gathered   rows of windows that lie anywhere, each by its factor
//! square     the places of a square, one vector each: nothing is summed
//! ```
//!
//! Convolution forward, backward by data, and matrix products are sums of windows; gradients of
//! weights are outer sums.
//!
//! Each result is one sum in the order of memory, whatever the tile it was computed in: how work is
//! cut into tiles does not show in the bits. Long sums come in parts, which those who call add up
//! (`long_sum`).

mod channels;
mod gathered;
mod outer;
mod planes;
mod square;
mod windows;

pub(crate) use channels::{Taps, channels, channels_of_row, taps};
pub(crate) use gathered::gathered;
pub(crate) use outer::{Pixels, outer};
pub(crate) use planes::planes;
pub(crate) use square::{square, store_square};
pub(crate) use windows::{Offsets, Part, Runs, short_windows, windows};

use super::Isa;
use crate::Real;

/// A tile of results: `P` rows of `V` vectors.
pub(crate) type Tile<I, T, const P: usize, const V: usize> = [[<I as Isa>::Vector<T>; V]; P];

/// `V` vectors one behind the other.
///
/// Loops fill arrays here, not `array::from_fn`: what it calls may be compiled apart, without the
/// instruction set.
///
/// # Safety
/// They can be read at `from`.
#[inline(always)]
unsafe fn vectors_at<I: Isa, T: Real, const V: usize>(isa: I, from: *const T) -> [I::Vector<T>; V] {
    let mut vectors = [isa.splat(T::zero()); V];
    for (v, vector) in vectors.iter_mut().enumerate() {
        // SAFETY: the caller's promise.
        *vector = unsafe { isa.load_at(from.add(v * I::lanes::<T>())) };
    }
    vectors
}
