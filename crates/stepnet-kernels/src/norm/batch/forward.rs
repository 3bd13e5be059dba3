//! The outputs.

use super::parts::inverse;
use crate::Real;
use crate::norm::arguments::{Norm, NormStatistics};
use crate::norm::{NormGeometry, columns};
use crate::parallel::share;
use crate::simd::{InstructionSet, Isa, Kernel};

pub(crate) fn run_forward<T: Real>(
    set: InstructionSet,
    g: &NormGeometry,
    norm: Norm<'_, T>,
    x: &[T],
    y: &mut [T],
    scratch: &mut [T],
) {
    let (c, width) = (g.channels, g.width());
    let (mean, rest) = scratch.split_at_mut(width);
    let (scale, rest) = rest.split_at_mut(width);
    let shift = &mut rest[..width];
    let statistics = norm.statistics.values();
    for channel in 0..c {
        let inverse = inverse(statistics.variance[channel], norm.epsilon);
        let by = norm.affine.gamma[channel].as_f64() * inverse;
        let (own, beta) = (statistics.mean[channel], norm.affine.beta[channel]);
        scale[channel] = T::from_f64(by);
        (mean[channel], shift[channel]) = match norm.statistics {
            NormStatistics::Batch(_) => (own, beta),
            NormStatistics::Fixed(_) => (T::zero(), T::from_f64(beta.as_f64() - own.as_f64() * by)),
        };
    }
    for values in [&mut *mean, &mut *scale, &mut *shift] {
        columns::spread(values, c);
    }
    let step = (g.parts().per_part * c).max(1);
    let jobs = x.chunks(step).zip(y.chunks_mut(step));
    let by = [&*mean, &*scale, &*shift];
    let rectified = norm.rectified;
    share(jobs, g.workers(), 0, &mut [], |(x, y), _: &mut [T]| {
        set.run(Normalise {
            x,
            y,
            by,
            rectified,
        });
    });
}

/// `y = (x - mean) scale + shift` over whole rows.
struct Normalise<'a, T> {
    x: &'a [T],
    y: &'a mut [T],
    by: [&'a [T]; 3],
    rectified: bool,
}

impl<T: Real> Normalise<'_, T> {
    #[inline(always)]
    fn each<I: Isa>(self, isa: I, close: impl Fn(T) -> T) {
        let [mean, scale, shift] = self.by;
        let width = mean.len();
        for (y, x) in self.y.chunks_mut(width).zip(self.x.chunks(width)) {
            let by = mean.iter().zip(scale).zip(shift);
            for ((y, &x), ((&mean, &scale), &shift)) in y.iter_mut().zip(x).zip(by) {
                *y = close(isa.mul_add(x - mean, scale, shift));
            }
        }
    }
}

impl<T: Real> Kernel for Normalise<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        if self.rectified {
            self.each(
                isa,
                #[inline(always)]
                |y| if y <= T::zero() { T::zero() } else { y },
            );
        } else {
            self.each(
                isa,
                #[inline(always)]
                |y| y,
            );
        }
    }
}
