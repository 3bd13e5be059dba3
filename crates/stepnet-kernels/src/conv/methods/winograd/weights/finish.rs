//! A block's sums, transformed back.

use crate::Real;
use crate::conv::methods::winograd::transform;
use crate::conv::methods::winograd::transform::IN;
use crate::conv::methods::winograd::weights::jobs::{Block, place_len};
use crate::simd::{Isa, Kernel, tile};

/// `to[tap][channel][filter] = (G^T sums G)[tap]` of a block's sums; `db` after them falls into place.
pub(super) struct Finish<'a, T> {
    pub(super) block: &'a Block,
    pub(super) sums: &'a [T],
    pub(super) to: &'a mut [T],
}

impl<T: Real> Kernel for Finish<'_, T> {
    type Output = ();
    const WIDE: bool = true;

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        let lanes = I::lanes::<T>();
        let (channels, columns) = (self.block.channels.len(), self.block.columns(lanes));
        let step = place_len(channels * columns);
        let zero = isa.splat(T::zero());
        let mut column = 0;
        while column < columns {
            let vectors = if columns - column > lanes { 2 } else { 1 };
            for at in 0..channels * vectors {
                let (channel, v) = (at / vectors, at % vectors);
                let from = &self.sums[column * channels + at * lanes..];
                let m: [[I::Vector<T>; IN]; IN] = tile::square(isa, from, [IN * step, step]);
                let square = transform::square(
                    zero,
                    &m,
                    #[inline(always)]
                    |line| transform::filter_adjoint::<I, T>(isa, line),
                );
                for (tap, &value) in square.as_flattened().iter().enumerate() {
                    let at = (tap * channels + channel) * columns + column + v * lanes;
                    isa.store(&mut self.to[at..], value);
                }
            }
            column += vectors * lanes;
        }
        // The last vector of `db` reached back over filters that the one before it has.
        let bias = &mut self.to[self.block.bias_row() * columns..][..columns];
        let used = self.block.filters.len();
        bias.copy_within(columns - lanes + (columns - used).., columns - lanes);
    }
}
