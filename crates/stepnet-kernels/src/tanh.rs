//! Hyperbolic tangent: `y = tanh(x)`.

use crate::Real;
use crate::elementwise::{Unary, map, map2};
use crate::simd::Isa;
use crate::{assert_len, elementary};

#[derive(Clone, Copy)]
struct Tanh;

impl<T: Real> Unary<T> for Tanh {
    #[inline(always)]
    fn apply<I: Isa>(self, isa: I, x: T) -> T {
        elementary::tanh(isa, x)
    }
}

/// `y = tanh(x)`; NaN passes.
///
/// # Shapes
///
/// `x` and `y` of one length; `y` is written.
///
/// # Panics
///
/// If the lengths differ.
pub fn forward<T: Real>(x: &[T], y: &mut [T]) {
    assert_len("tanh forward", "y", y, x.len());
    map(4, x, y, Tanh);
}

/// `dx = dy (1 - y^2)`.
///
/// # Shapes
///
/// `y`, `dy` and `dx` of one length; `dx` is written.
///
/// # Panics
///
/// If the lengths differ.
pub fn backward<T: Real>(y: &[T], dy: &[T], dx: &mut [T]) {
    assert_len("tanh backward", "dy", dy, y.len());
    assert_len("tanh backward", "dx", dx, y.len());
    // The factored form keeps its accuracy where y is near 1.
    map2(y, dy, dx, |y, dy| dy * ((T::one() - y) * (T::one() + y)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{assert_gradient, inner, normal};

    #[test]
    fn known_values_and_far_ends() {
        let mut y = [9.0f32; 5];
        forward(&[0.0, 100.0, -100.0, f32::INFINITY, f32::NAN], &mut y);
        assert_eq!(y[..4], [0.0, 1.0, -1.0, 1.0]);
        assert!(y[4].is_nan());
        let mut dx = [9.0f32; 5];
        backward(&y, &[2.0; 5], &mut dx);
        assert_eq!(dx[..4], [2.0, 0.0, 0.0, 0.0]);
        assert!(dx[4].is_nan());
    }

    #[test]
    fn gradient_by_differences() {
        let (x, dy) = (normal::<f64>(1, 20), normal::<f64>(2, 20));
        let run = |x: &[f64]| {
            let mut y = vec![0.0; x.len()];
            forward(x, &mut y);
            y
        };
        let mut dx = vec![0.0; 20];
        backward(&run(&x), &dy, &mut dx);
        assert_gradient(&x, &dx, |x| inner(&dy, &run(x)));
    }
}
