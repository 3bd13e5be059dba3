//! Sigmoid: `y = 1 / (1 + exp(-x))`.

use crate::Real;
use crate::elementwise::{Unary, map, map2};
use crate::simd::Isa;
use crate::{assert_len, elementary};

#[derive(Clone, Copy)]
struct Sigmoid;

impl<T: Real> Unary<T> for Sigmoid {
    #[inline(always)]
    fn apply<I: Isa>(self, isa: I, x: T) -> T {
        elementary::sigmoid(isa, x)
    }
}

/// `y = 1 / (1 + exp(-x))`; NaN passes.
///
/// Source: the notebooks' `sigmoid`.
///
/// # Shapes
///
/// `x` and `y` of one length; `y` is written.
///
/// # Panics
///
/// If the lengths differ.
pub fn forward<T: Real>(x: &[T], y: &mut [T]) {
    assert_len("sigmoid forward", "y", y, x.len());
    map(4, x, y, Sigmoid);
}

/// `dx = dy y (1 - y)`.
///
/// Source: the notebooks' `sigmoid_backward`, from `y` in place of `x`.
///
/// # Shapes
///
/// `y`, `dy` and `dx` of one length; `dx` is written.
///
/// # Panics
///
/// If the lengths differ.
pub fn backward<T: Real>(y: &[T], dy: &[T], dx: &mut [T]) {
    assert_len("sigmoid backward", "dy", dy, y.len());
    assert_len("sigmoid backward", "dx", dx, y.len());
    map2(y, dy, dx, |y, dy| dy * y * (T::one() - y));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{assert_gradient, inner, normal};

    #[test]
    fn known_values_and_far_ends() {
        let mut y = [9.0; 6];
        forward(
            &[0.0, -700.0, -1e4, 1e4, f64::NEG_INFINITY, f64::NAN],
            &mut y,
        );
        assert_eq!((y[0], y[2], y[3], y[4]), (0.5, 0.0, 1.0, 0.0));
        assert!((y[1] / (-700.0f64).exp() - 1.0).abs() < 1e-14);
        assert!(y[5].is_nan());
        let mut y = [9.0f32; 3];
        forward(&[-104.0, -87.0, 200.0], &mut y);
        assert!(y[0] == 0.0 && y[1] > 0.0 && y[2] == 1.0);
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
