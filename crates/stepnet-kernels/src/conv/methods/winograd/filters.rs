//! The filters, transformed into panels.

use crate::Real;
use crate::conv::methods::winograd::transform;
use crate::conv::methods::winograd::transform::IN;
use crate::simd::{Isa, Kernel};

/// Places in a transformed tile.
pub(super) const PLACES: usize = IN * IN;

/// One panel: `to[place][channel] = (G w G^T)[place]` of `from[tap][channel]`, `width` columns each.
pub(super) struct FilterPanel<'a, T> {
    pub(super) from: &'a [T],
    pub(super) channels: usize,
    pub(super) width: usize,
    pub(super) to: &'a mut [T],
}

impl<T: Real> Kernel for FilterPanel<'_, T> {
    type Output = ();
    const WIDE: bool = true;

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        let Self {
            from,
            channels,
            width,
            to,
        } = self;
        let (tap, zero) = (channels * width, isa.splat(T::zero()));
        for at in (0..tap).step_by(I::lanes::<T>()) {
            let mut taps = [[zero; 3]; 3];
            for (number, to) in taps.as_flattened_mut().iter_mut().enumerate() {
                *to = isa.load(&from[number * tap + at..]);
            }
            let square = transform::square(
                zero,
                &taps,
                #[inline(always)]
                |line| transform::filter::<I, T>(isa, line),
            );
            for (place, &value) in square.as_flattened().iter().enumerate() {
                isa.store(&mut to[place * (tap + width) + at..], value);
            }
        }
    }
}
