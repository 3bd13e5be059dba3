//! The sigmoid: `y = 1 / (1 + exp(-x))`.

use crate::Real;
use crate::pointwise::{Argument, Arithmetic, Pointwise};

/// `y = 1 / (1 + exp(-x))`; NaN passes. The activation of networks, and of the notebooks' functions.
///
/// Source: the notebooks' `sigmoid` and `sigmoid_backward`, the latter from `y` in place of `x`.
#[derive(Debug, Clone, Copy)]
pub struct Sigmoid;

impl Pointwise for Sigmoid {
    const NAME: &'static str = "sigmoid";
    const FROM: Argument = Argument::Output;
    const COSTS: [usize; 2] = [4, 1];

    #[inline(always)]
    fn f<A: Arithmetic, T: Real>(self, a: A, x: T) -> T {
        a.sigmoid(x)
    }

    #[inline(always)]
    fn df<A: Arithmetic, T: Real>(self, _: A, y: T, dy: T) -> T {
        dy * y * (T::one() - y)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pointwise::forward;

    #[test]
    fn known_values_and_far_ends() {
        let mut y = [9.0; 6];
        forward(
            Sigmoid,
            &[0.0, -700.0, -1e4, 1e4, f64::NEG_INFINITY, f64::NAN],
            &mut y,
        );
        assert_eq!((y[0], y[2], y[3], y[4]), (0.5, 0.0, 1.0, 0.0));
        assert!((y[1] / (-700.0f64).exp() - 1.0).abs() < 1e-14);
        assert!(y[5].is_nan());
        let mut y = [9.0f32; 3];
        forward(Sigmoid, &[-104.0, -87.0, 200.0], &mut y);
        assert!(y[0] == 0.0 && y[1] > 0.0 && y[2] == 1.0);
    }
}
