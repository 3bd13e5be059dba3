//! Losses of numbers: functions of the difference `d = y - t` of an output and its target, averaged over the units of
//! an example.

use super::{Block, Loss, Sums, evaluate};
use crate::simd::{InstructionSet, Isa};
use crate::softmax::{assert_rows, sum};
use crate::{Real, assert_len};

/// A function of the difference, with its derivative.
pub(super) trait Difference: Copy {
    /// The derivative is a multiple of what [`slope`](Self::slope) gives, left to the caller to multiply by.
    const FACTOR: f64;

    fn value(self, difference: f64) -> f64;

    fn slope<T: Real>(self, difference: T) -> T;
}

/// The sum of a function of the differences.
#[derive(Clone, Copy)]
pub(super) struct Of<D>(pub(super) D);

impl<T: Real, D: Difference> Loss<T> for Of<D> {
    #[inline(always)]
    fn add<I: Isa, const GRADIENT: bool>(self, _isa: I, block: Block<'_, T>, sums: &mut Sums) {
        let Block {
            z: y,
            t,
            scale,
            dz: dy,
            scratch,
        } = block;
        let [values, _] = scratch;
        for (value, (&y, &t)) in values.iter_mut().zip(y.iter().zip(t)) {
            *value = self.0.value(y.as_f64() - t.as_f64());
        }
        sums[0] += sum(&values[..y.len()]);
        if GRADIENT {
            for (dy, (&y, &t)) in dy.iter_mut().zip(y.iter().zip(t)) {
                *dy = scale * self.0.slope(y - t);
            }
        }
    }
}

/// `d^2`.
#[derive(Clone, Copy)]
pub(super) struct Square;

impl Difference for Square {
    const FACTOR: f64 = 2.0;

    #[inline(always)]
    fn value(self, d: f64) -> f64 {
        d * d
    }

    #[inline(always)]
    fn slope<T: Real>(self, d: T) -> T {
        d
    }
}

/// `|d|`.
#[derive(Clone, Copy)]
pub(super) struct Absolute;

impl Difference for Absolute {
    const FACTOR: f64 = 1.0;

    #[inline(always)]
    fn value(self, d: f64) -> f64 {
        d.abs()
    }

    /// The sign; 0 at the kink, and NaN of NaN.
    #[inline(always)]
    fn slope<T: Real>(self, d: T) -> T {
        if d > T::zero() {
            T::one()
        } else if d < T::zero() {
            -T::one()
        } else {
            d
        }
    }
}

/// `d^2 / 2` where `|d|` is at most 1, and `|d| - 1/2` beyond.
#[derive(Clone, Copy)]
pub(super) struct Huber;

impl Difference for Huber {
    const FACTOR: f64 = 1.0;

    #[inline(always)]
    fn value(self, d: f64) -> f64 {
        let size = d.abs();
        if size > 1.0 { size - 0.5 } else { 0.5 * d * d }
    }

    #[inline(always)]
    fn slope<T: Real>(self, d: T) -> T {
        if d > T::one() {
            T::one()
        } else if d < -T::one() {
            -T::one()
        } else {
            d
        }
    }
}

fn mean<T: Real, D: Difference>(name: &str, of: D, units: usize, y: &[T], t: &[T]) -> f64 {
    assert_rows(name, "y", y, units);
    assert_len(name, "t", t, y.len());
    evaluate(InstructionSet::best(), Of(of), [y, t], None) / units as f64
}

fn mean_backward<T: Real, D: Difference>(
    (name, of): (&str, D),
    units: usize,
    [y, t]: [&[T]; 2],
    scale: T,
    dy: &mut [T],
) -> f64 {
    assert_rows(name, "y", y, units);
    assert_len(name, "t", t, y.len());
    assert_len(name, "dy", dy, y.len());
    let scale = scale * T::from_f64(D::FACTOR / units as f64);
    evaluate(InstructionSet::best(), Of(of), [y, t], Some((scale, dy))) / units as f64
}

/// Mean squared error: `sum over the units of (y - t)^2 / units`, summed over the batch.
///
/// # Shapes
///
/// `y` and the targets `t` (batch, units).
///
/// # Panics
///
/// If the lengths differ or are not rows of `units`.
pub fn mean_squared_error<T: Real>(units: usize, y: &[T], t: &[T]) -> f64 {
    mean("mean squared error", Square, units, y, t)
}

/// `dy = scale 2 (y - t) / units`, and the value of [`mean_squared_error`].
///
/// # Shapes
///
/// `y`, `t` and `dy` (batch, units); `dy` is written.
///
/// # Panics
///
/// If the lengths differ or are not rows of `units`.
pub fn mean_squared_error_backward<T: Real>(
    units: usize,
    y: &[T],
    t: &[T],
    scale: T,
    dy: &mut [T],
) -> f64 {
    let named = ("mean squared error backward", Square);
    mean_backward(named, units, [y, t], scale, dy)
}

/// Mean absolute error: `sum over the units of |y - t| / units`, summed over the batch.
///
/// # Shapes
///
/// `y` and the targets `t` (batch, units).
///
/// # Panics
///
/// If the lengths differ or are not rows of `units`.
pub fn mean_absolute_error<T: Real>(units: usize, y: &[T], t: &[T]) -> f64 {
    mean("mean absolute error", Absolute, units, y, t)
}

/// `dy = scale sign(y - t) / units`, 0 where the two are equal, and the value of [`mean_absolute_error`].
///
/// # Shapes
///
/// `y`, `t` and `dy` (batch, units); `dy` is written.
///
/// # Panics
///
/// If the lengths differ or are not rows of `units`.
pub fn mean_absolute_error_backward<T: Real>(
    units: usize,
    y: &[T],
    t: &[T],
    scale: T,
    dy: &mut [T],
) -> f64 {
    let named = ("mean absolute error backward", Absolute);
    mean_backward(named, units, [y, t], scale, dy)
}

/// The Huber loss: with `d = y - t`, `d^2 / 2` where `|d| <= 1` and `|d| - 1/2` beyond; the mean over the units, summed
/// over the batch. (P. J. Huber, Robust estimation of a location parameter, 1964, with a threshold of 1.)
///
/// # Shapes
///
/// `y` and the targets `t` (batch, units).
///
/// # Panics
///
/// If the lengths differ or are not rows of `units`.
pub fn huber<T: Real>(units: usize, y: &[T], t: &[T]) -> f64 {
    mean("huber", Huber, units, y, t)
}

/// `dy = scale clamp(y - t, -1, 1) / units`, and the value of [`huber`].
///
/// # Shapes
///
/// `y`, `t` and `dy` (batch, units); `dy` is written.
///
/// # Panics
///
/// If the lengths differ or are not rows of `units`.
pub fn huber_backward<T: Real>(units: usize, y: &[T], t: &[T], scale: T, dy: &mut [T]) -> f64 {
    mean_backward(("huber backward", Huber), units, [y, t], scale, dy)
}
