//! SiLU, also called swish: `y = x sigmoid(x)`.
//!
//! Source: Elfwing, Uchibe and Doya, "Sigmoid-weighted linear units", 2018.

use crate::Real;
use crate::elementwise::{Binary, Unary, map, map2};
use crate::simd::Isa;
use crate::{assert_len, elementary};

/// `x`, held where the sigmoid has come to 0 or 1: an infinite one would make NaN of them.
#[inline(always)]
fn held<T: Real>(x: T) -> T {
    let x = if x < T::EXP_LOWEST { T::EXP_LOWEST } else { x };
    if x > -T::EXP_LOWEST {
        -T::EXP_LOWEST
    } else {
        x
    }
}

#[derive(Clone, Copy)]
struct Silu;

impl<T: Real> Unary<T> for Silu {
    #[inline(always)]
    fn apply<I: Isa>(self, isa: I, x: T) -> T {
        let x = if x < T::EXP_LOWEST { T::EXP_LOWEST } else { x };
        x * elementary::sigmoid(isa, x)
    }
}

#[derive(Clone, Copy)]
struct Slope;

impl<T: Real> Binary<T> for Slope {
    const COST: usize = 5;

    #[inline(always)]
    fn apply<I: Isa>(self, isa: I, x: T, dy: T) -> T {
        let x = held(x);
        let e = elementary::exp(isa, -x.abs());
        let s = elementary::sigmoid_from(isa, x, e);
        let rest = elementary::sigmoid_from(isa, -x, e);
        dy * (s + x * s * rest)
    }
}

/// `y = x / (1 + exp(-x))`; 0 for minus infinity, NaN passes.
///
/// # Shapes
///
/// `x` and `y` of one length; `y` is written.
///
/// # Panics
///
/// If the lengths differ.
pub fn forward<T: Real>(x: &[T], y: &mut [T]) {
    assert_len("silu forward", "y", y, x.len());
    map(4, x, y, Silu);
}

/// `dx = dy s (1 + x (1 - s))` with `s = sigmoid(x)`.
///
/// # Shapes
///
/// `x`, `dy` and `dx` of one length; `dx` is written.
///
/// # Panics
///
/// If the lengths differ.
pub fn backward<T: Real>(x: &[T], dy: &[T], dx: &mut [T]) {
    assert_len("silu backward", "dy", dy, x.len());
    assert_len("silu backward", "dx", dx, x.len());
    map2(x, dy, dx, Slope);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{assert_gradient, inner, normal};

    #[test]
    fn known_values_and_far_ends() {
        let (inf, nan) = (f32::INFINITY, f32::NAN);
        let x = [0.0, 1.0, -1.0, inf, -inf, f32::MAX, f32::MIN, nan];
        let mut y = [9.0; 8];
        forward(&x, &mut y);
        assert_eq!(y[0], 0.0);
        assert!((y[1] - 0.731_058_6).abs() < 1e-7 && (y[2] + 0.268_941_4).abs() < 1e-7);
        assert_eq!(y[3..7], [inf, 0.0, f32::MAX, 0.0]);
        assert!(y[7].is_nan());
        let mut dx = [9.0; 8];
        backward(&x, &[2.0; 8], &mut dx);
        assert_eq!((dx[0], &dx[3..7]), (1.0, &[2.0, 0.0, 2.0, 0.0][..]));
        assert!(dx[7].is_nan());
    }

    #[test]
    fn gradient_by_differences() {
        let (mut x, dy) = (normal::<f64>(1, 40), normal::<f64>(2, 40));
        x.iter_mut().for_each(|x| *x *= 3.0);
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
