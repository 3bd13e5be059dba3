//! `tanh`.

use super::pointwise::{Derivative, FUNCTION_ROUNDINGS, Function, Value};
use crate::account::operand;
use crate::layer::LayerError;
use crate::notation::{LayerText, Signature};
use stepnet_kernels::Real;
use stepnet_kernels::pointwise::{Argument, Arithmetic, Pointwise};

/// `y = tanh(x)`; NaN passes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tanh;

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

impl Function for Tanh {
    fn signature() -> Signature {
        Signature::new("tanh", "The hyperbolic tangent.").example("tanh")
    }

    fn from_text(_: &LayerText) -> Result<Self, LayerError> {
        Ok(Self)
    }

    fn value<T: Real>(self, x: f64) -> Value {
        Value {
            formula: "y = tanh(x)",
            numbers: format!("tanh({})", operand(x)),
            result: x.tanh(),
            roundings: FUNCTION_ROUNDINGS,
        }
    }

    fn derivative<T: Real>(self, _x: f64, y: f64) -> Derivative {
        Derivative::new("dx = dy (1 - y) (1 + y)", (1.0 - y) * (1.0 + y))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use stepnet_kernels::pointwise::{backward, forward};

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
