//! The hyperbolic tangent: `y = tanh(x)`.

use crate::Real;
use crate::pointwise::{Argument, Arithmetic, Pointwise};

/// `y = tanh(x)`; NaN passes. The activation of networks, and of the planar notebook's hidden layer.
#[derive(Debug, Clone, Copy)]
pub struct Tanh;

impl Pointwise for Tanh {
    const NAME: &'static str = "tanh";
    const FROM: Argument = Argument::Output;
    const COSTS: [usize; 2] = [4, 1];

    #[inline(always)]
    fn f<A: Arithmetic, T: Real>(self, a: A, x: T) -> T {
        a.tanh(x)
    }

    /// The factored form keeps its accuracy where y is near 1.
    #[inline(always)]
    fn df<A: Arithmetic, T: Real>(self, _: A, y: T, dy: T) -> T {
        dy * ((T::one() - y) * (T::one() + y))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pointwise::{backward, forward};

    #[test]
    fn known_values_and_far_ends() {
        let mut y = [9.0f32; 5];
        forward(Tanh, &[0.0, 100.0, -100.0, f32::INFINITY, f32::NAN], &mut y);
        assert_eq!(y[..4], [0.0, 1.0, -1.0, 1.0]);
        assert!(y[4].is_nan());
        let mut dx = [9.0f32; 5];
        backward(Tanh, &y, &[2.0; 5], &mut dx);
        assert_eq!(dx[..4], [2.0, 0.0, 0.0, 0.0]);
        assert!(dx[4].is_nan());
    }
}
