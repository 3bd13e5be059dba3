//! Average pooling of one window.

use super::blocks;
use super::window::{Pooling, Window};
use crate::Real;
use crate::long_sum::{FEW, SETTLED, SHORT_BLOCK};
use crate::simd::Isa;

/// Average pooling.
#[derive(Clone, Copy)]
pub(super) struct Average {
    /// Whether positions in the padding count.
    pub(super) count_padding: bool,
}

impl Pooling for Average {
    const MENDS: bool = false;

    #[inline(always)]
    fn block<T: Real, I: Isa, const M: usize>(
        self,
        isa: I,
        window: &Window<'_, T>,
        channel: usize,
        y: &mut [T],
        _winners: &mut [u32],
    ) {
        let mut sum = [isa.splat(T::zero()); M];
        if window.rows * window.cols <= FEW {
            window.pixels(
                channel,
                #[inline(always)]
                |x, _| {
                    let x = blocks::load_block::<T, I, M>(isa, x);
                    for m in 0..M {
                        sum[m] = isa.vector_add(sum[m], x[m]);
                    }
                },
            );
        } else {
            sum = long_sums::<T, I, M>(isa, window, channel);
        }
        let count = match self.count_padding {
            true => window.size,
            false => window.rows * window.cols,
        };
        let count = isa.splat(T::from_f64(count as f64));
        for m in 0..M {
            blocks::store(
                isa,
                &mut y[m * I::lanes::<T>()..],
                isa.vector_div(sum[m], count),
            );
        }
    }
}

/// The sums of many pixels as `long_sum` takes them: in blocks, with what adding each one rounds off.
#[inline(always)]
fn long_sums<T: Real, I: Isa, const M: usize>(
    isa: I,
    window: &Window<'_, T>,
    channel: usize,
) -> [I::Vector<T>; M] {
    let zero = isa.splat(T::zero());
    let (mut sum, mut rest, mut block) = ([zero; M], [zero; M], [zero; M]);
    let (mut left, mut in_block, mut blocks) = (window.rows * window.cols, 0, 0_usize);
    window.pixels(
        channel,
        #[inline(always)]
        |x, _| {
            let x = blocks::load_block::<T, I, M>(isa, x);
            for m in 0..M {
                block[m] = isa.vector_add(block[m], x[m]);
            }
            in_block += 1;
            left -= 1;
            if in_block < SHORT_BLOCK && left > 0 {
                return;
            }
            (in_block, blocks) = (0, blocks + 1);
            for m in 0..M {
                let total = isa.vector_add(sum[m], block[m]);
                let added = isa.vector_sub(total, sum[m]);
                let lost = isa.vector_sub(sum[m], isa.vector_sub(total, added));
                rest[m] = isa.vector_add(
                    rest[m],
                    isa.vector_add(lost, isa.vector_sub(block[m], added)),
                );
                sum[m] = total;
                block[m] = zero;
            }
            if blocks.is_multiple_of(SETTLED) {
                for m in 0..M {
                    (sum[m], rest[m]) = settled(isa, sum[m], rest[m]);
                }
            }
        },
    );
    for m in 0..M {
        (sum[m], _) = settled(isa, sum[m], rest[m]);
    }
    sum
}

/// The sum with its rest added, and what that rounds off; a sum that is not finite has no rest.
#[inline(always)]
fn settled<T: Real, I: Isa>(
    isa: I,
    sum: I::Vector<T>,
    rest: I::Vector<T>,
) -> (I::Vector<T>, I::Vector<T>) {
    let zero = isa.splat(T::zero());
    let finite = isa.same(isa.vector_sub(sum, sum), zero);
    let rest = isa.select_or_zero(finite, rest);
    let total = isa.vector_add(sum, rest);
    (total, isa.vector_sub(rest, isa.vector_sub(total, sum)))
}
