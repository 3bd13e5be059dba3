//! ReLU: `y = max(x, 0)`.

use crate::Real;
use crate::assert_len;
use crate::elementwise::map;
use crate::pointwise::{self, Argument, Arithmetic, Pointwise};
use crate::simd::{self, Isa, Kernel};

/// `y = max(x, 0)`: the one activation that convolutions, normalisations and sums do in their own passes too.
#[derive(Clone, Copy, Debug)]
pub struct Relu;

impl Pointwise for Relu {
    const NAME: &'static str = "relu";
    const FROM: Argument = Argument::Output;

    #[inline(always)]
    fn f<A: Arithmetic, T: Real>(self, _: A, x: T) -> T {
        if x <= T::zero() { T::zero() } else { x }
    }

    #[inline(always)]
    fn df<A: Arithmetic, T: Real>(self, _: A, y: T, dy: T) -> T {
        if y <= T::zero() { T::zero() } else { dy }
    }
}

/// `y = x` where `x > 0`, `0` where `x <= 0`, NaN where `x` is NaN.
///
/// Source: the notebooks' `relu`.
///
/// # Shapes
///
/// `x` and `y` of one length; `y` is written.
///
/// # Panics
///
/// If the lengths differ.
pub fn forward<T: Real>(x: &[T], y: &mut [T]) {
    pointwise::forward(Relu, x, y);
}

/// [`forward`], but `-0` where `x` is `-0`, as numpy's `maximum(0, x)` gives it.
///
/// # Panics
///
/// If the lengths differ.
pub fn maximum<T: Real>(x: &[T], y: &mut [T]) {
    assert_len("relu forward", "y", y, x.len());
    map(1, x, y, |x: T| if x < T::zero() { T::zero() } else { x });
}

/// [`forward`] of a part of the outputs that a kernel has just written, on the calling thread.
pub(super) fn in_place<T: Real>(y: &mut [T]) {
    simd::run(InPlace(y));
}

struct InPlace<'a, T>(&'a mut [T]);

impl<T: Real> Kernel for InPlace<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self, _isa: I) {
        for y in self.0 {
            *y = if *y <= T::zero() { T::zero() } else { *y };
        }
    }
}

/// `dx = dy` where `y > 0`, `0` where `y = 0`: the gradient at 0 is 0.
///
/// Where `y` is NaN the gradient passes, so that it stays visible. Source: the notebooks'
/// `relu_backward`, with `y > 0` in place of `x > 0`.
///
/// # Shapes
///
/// `y`, `dy` and `dx` of one length; `dx` is written.
///
/// # Panics
///
/// If the lengths differ.
pub fn backward<T: Real>(y: &[T], dy: &[T], dx: &mut [T]) {
    pointwise::backward(Relu, y, dy, dx);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_gradients_by_name() {
        let (nan, inf) = (f32::NAN, f32::INFINITY);
        let mut y = [9.0; 7];
        forward(&[-inf, -1.5, -0.0, 0.0, 2.5, inf, nan], &mut y);
        assert_eq!(y[..6], [0.0, 0.0, 0.0, 0.0, 2.5, inf]);
        assert!(y[6].is_nan());
        let mut dx = [9.0; 7];
        backward(&y, &[1.0, nan, inf, 2.0, 3.0, 4.0, 5.0], &mut dx);
        assert_eq!(dx, [0.0, 0.0, 0.0, 0.0, 3.0, 4.0, 5.0]);
    }

    #[test]
    #[should_panic(expected = "relu backward: dx holds 1 values, expected 2")]
    fn lengths_must_agree() {
        backward(&[1.0, 2.0], &[1.0, 2.0], &mut [0.0]);
    }
}
