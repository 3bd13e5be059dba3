//! `hardsigmoid`.

use super::pointwise::{Derivative, Function, Value};
use super::relu6::between;
use crate::account::operand;
use crate::layer::LayerError;
use crate::notation::{LayerText, Signature};
use stepnet_kernels::Real;
use stepnet_kernels::pointwise::{Argument, Arithmetic, Pointwise};

/// `y = min(max(x + 3, 0), 6) / 6`; NaN passes. At -3 and at 3 the derivative is 0, as in PyTorch.
///
/// Source: Howard et al., "Searching for MobileNetV3", 2019 (Keras' function of this name up to version 2 is another:
/// its slope is 0.2).
#[derive(Debug, Clone, Copy)]
pub(super) struct HardSigmoid;

impl Pointwise for HardSigmoid {
    const NAME: &'static str = "hard sigmoid";
    const FROM: Argument = Argument::Input;

    #[inline(always)]
    fn f<A: Arithmetic, T: Real>(self, _: A, x: T) -> T {
        let six = T::from_f64(6.0);
        between(x + T::from_f64(3.0), T::zero(), six) / six
    }

    #[inline(always)]
    fn df<A: Arithmetic, T: Real>(self, _: A, x: T, dy: T) -> T {
        let flat = (x <= T::from_f64(-3.0)) | (x >= T::from_f64(3.0));
        T::zero().choose(flat, dy / T::from_f64(6.0))
    }
}

impl Function for HardSigmoid {
    fn signature() -> Signature {
        Signature::new("hardsigmoid", "min(max(0, z + 3), 6) / 6.").example("hardsigmoid")
    }

    fn from_text(_: &LayerText) -> Result<Self, LayerError> {
        Ok(Self)
    }

    fn value<T: Real>(self, x: f64) -> Value {
        Value {
            formula: "y = min(max(0, x + 3), 6) / 6",
            numbers: format!("min(max(0, {} + 3), 6) / 6", operand(x)),
            result: between(x + 3.0, 0.0, 6.0) / 6.0,
            roundings: 4.0,
        }
    }

    fn derivative<T: Real>(self, x: f64, _y: f64) -> Derivative {
        if x <= -3.0 {
            Derivative::new("dx = 0 where x <= -3", 0.0)
        } else if x >= 3.0 {
            Derivative::new("dx = 0 where x >= 3", 0.0)
        } else {
            Derivative::new("dx = dy / 6 where -3 < x < 3", 1.0 / 6.0)
        }
    }

    fn kinks(self) -> &'static [f64] {
        &[-3.0, 3.0]
    }
}
