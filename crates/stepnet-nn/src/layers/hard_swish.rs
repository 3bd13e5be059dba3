//! `hardswish`.

use super::pointwise::{Derivative, Function, Value};
use super::relu6::between;
use crate::account::operand;
use crate::layer::LayerError;
use crate::notation::{LayerText, Signature};
use stepnet_kernels::Real;
use stepnet_kernels::pointwise::{Argument, Arithmetic, Pointwise};

/// `y = x min(max(x + 3, 0), 6) / 6`; 0 for minus infinity, NaN passes. The derivative is 0 at -3 and 1 at 3, as in PyTorch.
///
/// Source: Howard et al., "Searching for MobileNetV3", 2019.
#[derive(Debug, Clone, Copy)]
pub(super) struct HardSwish;

impl Pointwise for HardSwish {
    const NAME: &'static str = "hard swish";
    const FROM: Argument = Argument::Input;

    #[inline(always)]
    fn f<A: Arithmetic, T: Real>(self, _: A, x: T) -> T {
        let six = T::from_f64(6.0);
        // Below -3 the share is 0, which an infinite value must not be multiplied by.
        let x = if x <= T::from_f64(-3.0) {
            T::from_f64(-3.0)
        } else {
            x
        };
        x * (between(x + T::from_f64(3.0), T::zero(), six) / six)
    }

    #[inline(always)]
    fn df<A: Arithmetic, T: Real>(self, _: A, x: T, dy: T) -> T {
        let three = T::from_f64(3.0);
        let slope = x / three + T::from_f64(0.5);
        let slope = T::one().choose(x >= three, slope);
        T::zero().choose(x <= -three, dy * slope)
    }
}

impl Function for HardSwish {
    fn signature() -> Signature {
        Signature::new("hardswish", "z min(max(0, z + 3), 6) / 6.").example("hardswish")
    }

    fn from_text(_: &LayerText) -> Result<Self, LayerError> {
        Ok(Self)
    }

    fn value<T: Real>(self, x: f64) -> Value {
        let at = operand(x);
        let share = between(x + 3.0, 0.0, 6.0) / 6.0;
        Value {
            formula: "y = x min(max(0, x + 3), 6) / 6",
            numbers: format!("{at} * min(max(0, {at} + 3), 6) / 6"),
            result: if share == 0.0 { 0.0 } else { x * share },
            roundings: 6.0,
        }
    }

    fn derivative<T: Real>(self, x: f64, _y: f64) -> Derivative {
        if x <= -3.0 {
            Derivative::new("dx = 0 where x <= -3", 0.0)
        } else if x >= 3.0 {
            Derivative::new("dx = dy where x >= 3", 1.0)
        } else {
            let formula = "dx = dy (x / 3 + 1 / 2) where -3 < x < 3";
            Derivative::sum(formula, [x / 3.0, 0.5])
        }
    }

    fn kinks(self) -> &'static [f64] {
        &[-3.0, 3.0]
    }
}
