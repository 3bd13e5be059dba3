//! The gradients that windows pass to the pixels that they cover.

use super::{PoolGeometry, blocks};
use crate::Real;
use crate::simd::Isa;

/// The gradient that a window passes to the pixels that it covers.
pub(super) trait Source<T: Real>: Copy + Send + Sync {
    /// The values that are loaded for a window's block.
    type Block<I: Isa>: Copy;

    /// Loads the block at `at` of the output of a window with `size` positions.
    fn load<I: Isa>(self, isa: I, at: usize, size: usize) -> Self::Block<I>;

    /// The gradient of a pixel's block, at a place in `dx`.
    fn share<I: Isa>(self, isa: I, block: Self::Block<I>, place: usize) -> I::Vector<T>;

    /// The number of positions that `load` is told, of the window at a row and column, with `inside` in the image.
    fn size(self, _g: &PoolGeometry, _window: [usize; 2], inside: usize) -> usize {
        inside
    }
}

/// `dy` to every maximum.
#[derive(Clone, Copy)]
pub(super) struct Maxima<'a, T> {
    pub(super) x: &'a [T],
    pub(super) y: &'a [T],
    pub(super) dy: &'a [T],
}

impl<T: Real> Source<T> for Maxima<'_, T> {
    type Block<I: Isa> = (I::Vector<T>, I::Vector<T>);

    #[inline(always)]
    fn load<I: Isa>(self, isa: I, at: usize, _size: usize) -> (I::Vector<T>, I::Vector<T>) {
        (
            blocks::load(isa, &self.dy[at..]),
            blocks::load(isa, &self.y[at..]),
        )
    }

    #[inline(always)]
    fn share<I: Isa>(
        self,
        isa: I,
        (dy, y): (I::Vector<T>, I::Vector<T>),
        place: usize,
    ) -> I::Vector<T> {
        isa.select_or_zero(isa.same(blocks::load(isa, &self.x[place..]), y), dy)
    }
}

/// An equal share of `dy` to all.
#[derive(Clone, Copy)]
pub(super) struct Shares<'a, T> {
    pub(super) dy: &'a [T],
    pub(super) count_padding: bool,
}

impl<T: Real> Source<T> for Shares<'_, T> {
    type Block<I: Isa> = I::Vector<T>;

    #[inline(always)]
    fn load<I: Isa>(self, isa: I, at: usize, size: usize) -> I::Vector<T> {
        let size = isa.splat(T::from_f64(size as f64));
        isa.vector_div(blocks::load(isa, &self.dy[at..]), size)
    }

    #[inline(always)]
    fn share<I: Isa>(self, _isa: I, share: I::Vector<T>, _place: usize) -> I::Vector<T> {
        share
    }

    #[inline(always)]
    fn size(self, g: &PoolGeometry, [row, col]: [usize; 2], inside: usize) -> usize {
        match self.count_padding {
            true => g.counted(0, row) * g.counted(1, col),
            false => inside,
        }
    }
}
