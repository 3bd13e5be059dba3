//! Leaky ReLU: `y = x` where `x > 0`, `slope x` elsewhere.

use crate::Real;
use crate::assert_len;
use crate::elementwise::{map, map2};

/// A negative slope would lose the sign of `x`, on which the gradient depends.
#[track_caller]
fn assert_slope<T: Real>(slope: T) {
    assert!(
        slope >= T::zero(),
        "leaky relu: slope is {slope}, expected at least 0"
    );
}

/// `y = x` where `x > 0`, `slope x` elsewhere; NaN passes.
///
/// Source: Maas, Hannun, Ng, "Rectifier nonlinearities improve neural network acoustic models",
/// 2013.
///
/// # Shapes
///
/// `x` and `y` of one length; `y` is written.
///
/// # Panics
///
/// If the lengths differ, or `slope` is negative or NaN.
pub fn forward<T: Real>(slope: T, x: &[T], y: &mut [T]) {
    assert_slope(slope);
    assert_len("leaky relu forward", "y", y, x.len());
    // `if` would become a branch around the product.
    map(1, x, y, |x: T| (slope * x).choose(x <= T::zero(), x));
}

/// `dx = dy` where `y > 0`, `slope dy` elsewhere, at 0 too; where `y` is NaN, `dx = dy`.
///
/// # Shapes
///
/// `y`, `dy` and `dx` of one length; `dx` is written.
///
/// # Panics
///
/// If the lengths differ, or `slope` is negative or NaN.
pub fn backward<T: Real>(slope: T, y: &[T], dy: &[T], dx: &mut [T]) {
    assert_slope(slope);
    assert_len("leaky relu backward", "dy", dy, y.len());
    assert_len("leaky relu backward", "dx", dx, y.len());
    map2(y, dy, dx, |y, dy| (slope * dy).choose(y <= T::zero(), dy));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_gradients_by_name() {
        let x = [-4.0, 0.0, 3.0, f64::NAN];
        let mut y = [9.0; 4];
        forward(0.25, &x, &mut y);
        assert_eq!(y[..3], [-1.0, 0.0, 3.0]);
        assert!(y[3].is_nan());
        let mut dx = [9.0; 4];
        backward(0.25, &y, &[8.0, 8.0, 8.0, 8.0], &mut dx);
        assert_eq!(dx, [2.0, 2.0, 8.0, 8.0]);
    }

    #[test]
    fn slope_zero_is_relu() {
        let x = [-4.0f32, -0.0, 0.5];
        let (mut y, mut expected) = ([9.0; 3], [9.0; 3]);
        forward(0.0, &x, &mut y);
        crate::relu::forward(&x, &mut expected);
        assert_eq!(y, expected);
        let (mut dx, mut expected) = ([9.0; 3], [9.0; 3]);
        backward(0.0, &y, &[1.0; 3], &mut dx);
        crate::relu::backward(&y, &[1.0; 3], &mut expected);
        assert_eq!(dx, expected);
    }

    #[test]
    #[should_panic(expected = "slope is -0.5, expected at least 0")]
    fn negative_slopes_are_refused() {
        forward(-0.5, &[1.0], &mut [0.0]);
    }
}
