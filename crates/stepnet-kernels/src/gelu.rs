//! GELU: `y = x Phi(x)`, with the distribution function of the standard normal distribution
//! `Phi(x) = (1 + erf(x / sqrt 2)) / 2` itself, not the approximation by a tanh.
//!
//! Source: Hendrycks and Gimpel, "Gaussian error linear units", 2016.

use crate::Real;
use crate::elementwise::{Binary, Unary, map, map2};
use crate::simd::Isa;
use crate::{assert_len, elementary};

/// `1 / sqrt(2 pi)`.
const DENSITY_AT_0: f64 = 0.398_942_280_401_432_7;

/// `|x|`, held where the tail has come to 0: an infinite one would make it NaN.
#[inline(always)]
fn distance<T: Real>(x: T) -> T {
    let a = x.abs();
    if a > T::NORMAL_FLAT {
        T::NORMAL_FLAT
    } else {
        a
    }
}

#[derive(Clone, Copy)]
pub(super) struct Gelu;

impl<T: Real> Unary<T> for Gelu {
    /// `x Phi(x) = max(x, 0) - |x| Phi(-|x|)`: exact where the tail is nothing, without cancellation
    /// where it is not.
    #[inline(always)]
    fn apply<I: Isa>(self, isa: I, x: T) -> T {
        let a = distance(x);
        let above = if x > T::zero() { x } else { T::zero() };
        above - elementary::normal_tail(isa, a).mass(a)
    }
}

#[derive(Clone, Copy)]
struct Slope;

impl<T: Real> Binary<T> for Slope {
    const COST: usize = 8;

    #[inline(always)]
    fn apply<I: Isa>(self, isa: I, x: T, dy: T) -> T {
        let a = distance(x);
        let tail = elementary::normal_tail(isa, a);
        let mass = tail.mass(T::one());
        let below = if x > T::zero() { T::one() - mass } else { mass };
        let rise = tail.density(a * T::from_f64(DENSITY_AT_0));
        dy * (below + rise.copysign(x))
    }
}

/// `y = x Phi(x)`; 0 for minus infinity, NaN passes.
///
/// # Shapes
///
/// `x` and `y` of one length; `y` is written.
///
/// # Panics
///
/// If the lengths differ.
pub fn forward<T: Real>(x: &[T], y: &mut [T]) {
    assert_len("gelu forward", "y", y, x.len());
    map(8, x, y, Gelu);
}

/// `dx = dy (Phi(x) + x exp(-x^2 / 2) / sqrt(2 pi))`.
///
/// # Shapes
///
/// `x`, `dy` and `dx` of one length; `dx` is written.
///
/// # Panics
///
/// If the lengths differ.
pub fn backward<T: Real>(x: &[T], dy: &[T], dx: &mut [T]) {
    assert_len("gelu backward", "dy", dy, x.len());
    assert_len("gelu backward", "dx", dx, x.len());
    map2(x, dy, dx, Slope);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{assert_gradient, inner, normal};

    #[test]
    fn known_values_and_far_ends() {
        let (inf, nan) = (f64::INFINITY, f64::NAN);
        let x = [0.0, 1.0, -1.0, 3.0, inf, -inf, f64::MAX, f64::MIN, nan];
        let mut y = [9.0; 9];
        forward(&x, &mut y);
        // Phi(1) and Phi(3) from tables to ten places.
        for (y, exact) in y
            .iter()
            .zip([0.0, 0.841_344_746_1, -0.158_655_253_9, 2.995_950_305_9])
        {
            assert!((y - exact).abs() < 1.1e-10, "{y} and {exact}");
        }
        assert_eq!(y[4..8], [inf, 0.0, f64::MAX, 0.0]);
        assert!(y[8].is_nan());
        let mut dx = [9.0; 9];
        backward(&x, &[2.0; 9], &mut dx);
        assert_eq!((dx[0], &dx[4..8]), (1.0, &[2.0, 0.0, 2.0, 0.0][..]));
        assert!(dx[8].is_nan());
    }

    #[test]
    fn gradient_by_differences() {
        let (mut x, dy) = (normal::<f64>(1, 40), normal::<f64>(2, 40));
        x.iter_mut().for_each(|x| *x *= 2.0);
        let run = |x: &[f64]| {
            let mut y = vec![0.0; x.len()];
            forward(x, &mut y);
            y
        };
        let mut dx = vec![0.0; 40];
        backward(&x, &dy, &mut dx);
        assert_gradient(&x, &dx, |x| inner(&dy, &run(x)));
    }
}
