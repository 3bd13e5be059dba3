//! Max pooling of one window.

use super::blocks;
use super::window::{Pooling, Window};
use crate::Real;
use crate::simd::Isa;

/// Whether `value` takes the maximum from `best`: it is larger, or the first NaN.
///
/// `!(value <= best)` is "larger, or one of them is NaN"; a `best` that is NaN stays.
#[inline(always)]
#[allow(clippy::neg_cmp_op_on_partial_ord)] // the negation is what lets NaN in
pub fn beats<T: Real>(value: T, best: T) -> bool {
    !(value <= best) & !best.is_nan()
}

/// Max pooling, with `WINNERS` or without.
#[derive(Clone, Copy)]
pub(super) struct Max<const WINNERS: bool>;

impl<const WINNERS: bool> Pooling for Max<WINNERS> {
    const MENDS: bool = true;

    #[inline(always)]
    #[allow(clippy::cast_possible_truncation)] // the geometry has checked that places fit in u32
    fn block<T: Real, I: Isa, const M: usize>(
        self,
        isa: I,
        window: &Window<'_, T>,
        channel: usize,
        y: &mut [T],
        winners: &mut [u32],
    ) {
        let mut best = [isa.splat(T::neg_infinity()); M];
        let mut sum = [isa.splat(T::zero()); M];
        let first = (window.place + channel) as u32;
        // How far the winner is from the window's first place: the same for all channels of a pixel.
        let mut winner = [isa.splat_index::<T>(0); M];
        window.pixels(
            channel,
            #[inline(always)]
            |x, place| {
                let x = blocks::load_block::<T, I, M>(isa, x);
                let offset = isa.splat_index::<T>(place.wrapping_sub(first));
                for m in 0..M {
                    if WINNERS {
                        let greater = isa.greater(x[m], best[m]);
                        winner[m] = isa.select_indices(greater, offset, winner[m]);
                    }
                    best[m] = isa.vector_max(x[m], best[m]);
                    sum[m] = isa.vector_add(sum[m], x[m]);
                }
            },
        );
        for m in 0..M {
            let best = isa.select(isa.is_nan(sum[m]), sum[m], best[m]);
            blocks::store(isa, &mut y[m * I::lanes::<T>()..], best);
            if WINNERS {
                let lane = (m * I::lanes::<T>()) as u32;
                let start = isa.indices_from::<T>(first.wrapping_add(lane));
                let winner = isa.add_indices::<T>(start, winner[m]);
                isa.store_indices::<T>(&mut winners[m * I::lanes::<T>()..], winner);
            }
        }
    }

    #[cold]
    fn mend<T: Real>(self, window: &Window<'_, T>, y: &mut [T], winners: &mut [u32]) {
        for channel in 0..window.channels {
            if !y[channel].is_nan() {
                continue;
            }
            let mut best: Option<(T, u32)> = None;
            window.pixels(channel, |x, place| {
                if best.is_none_or(|(best, _)| beats(x[0], best)) {
                    best = Some((x[0], place));
                }
            });
            if let Some((value, winner)) = best {
                y[channel] = value;
                if WINNERS {
                    winners[channel] = winner;
                }
            }
        }
    }
}
