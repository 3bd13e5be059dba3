//! `relu6`.

use super::pointwise::{Derivative, Function, Value};
use crate::account::operand;
use crate::layer::LayerError;
use crate::notation::{LayerText, Signature};
use stepnet_kernels::Real;
use stepnet_kernels::pointwise::{Argument, Arithmetic, Pointwise};

/// `y = min(max(x, 0), 6)`; NaN passes. At 0 and at 6 the derivative is 0, as in PyTorch.
///
/// Source: Krizhevsky, "Convolutional deep belief networks on CIFAR-10", 2010.
#[derive(Debug, Clone, Copy)]
pub(super) struct Relu6;

impl Pointwise for Relu6 {
    const NAME: &'static str = "relu6";
    const FROM: Argument = Argument::Output;

    #[inline(always)]
    fn f<A: Arithmetic, T: Real>(self, _: A, x: T) -> T {
        between(x, T::zero(), T::from_f64(6.0))
    }

    #[inline(always)]
    fn df<A: Arithmetic, T: Real>(self, _: A, y: T, dy: T) -> T {
        // `|` and not `||`: a second branch would keep loops from becoming vectors.
        T::zero().choose((y <= T::zero()) | (y >= T::from_f64(6.0)), dy)
    }
}

/// `x`, or the end of the range that it is beyond; NaN is beyond neither.
#[inline(always)]
pub(super) fn between<T: Real>(x: T, low: T, high: T) -> T {
    let x = if x <= low { low } else { x };
    if x >= high { high } else { x }
}

impl Function for Relu6 {
    fn signature() -> Signature {
        Signature::new("relu6", "min(max(0, z), 6).").example("relu6")
    }

    fn from_text(_: &LayerText) -> Result<Self, LayerError> {
        Ok(Self)
    }

    fn value<T: Real>(self, x: f64) -> Value {
        Value {
            formula: "y = min(max(0, x), 6)",
            numbers: format!("min(max(0, {}), 6)", operand(x)),
            result: between(x, 0.0, 6.0),
            roundings: 0.0,
        }
    }

    fn derivative<T: Real>(self, _x: f64, y: f64) -> Derivative {
        if y <= 0.0 {
            Derivative::new("dx = 0 where x <= 0", 0.0)
        } else if y >= 6.0 {
            Derivative::new("dx = 0 where x >= 6", 0.0)
        } else {
            Derivative::new("dx = dy where 0 < x < 6", 1.0)
        }
    }

    fn kinks(self) -> &'static [f64] {
        &[0.0, 6.0]
    }
}
