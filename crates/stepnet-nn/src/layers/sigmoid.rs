//! `sigmoid`.

use super::pointwise::{Derivative, FUNCTION_ROUNDINGS, Function, Value, logistic};
use crate::account::operand;
use crate::layer::LayerError;
use crate::notation::{LayerText, Signature};
use stepnet_kernels::Real;
pub(super) use stepnet_kernels::sigmoid::Sigmoid;

impl Function for Sigmoid {
    fn signature() -> Signature {
        Signature::new("sigmoid", "1 / (1 + exp(-z)).").example("sigmoid")
    }

    fn from_text(_: &LayerText) -> Result<Self, LayerError> {
        Ok(Self)
    }

    fn value<T: Real>(self, x: f64) -> Value {
        Value {
            formula: "y = 1 / (1 + exp(-x))",
            numbers: format!("1 / (1 + exp(-{}))", operand(x)),
            result: logistic(x),
            roundings: FUNCTION_ROUNDINGS,
        }
    }

    fn derivative<T: Real>(self, _x: f64, y: f64) -> Derivative {
        Derivative::new("dx = dy y (1 - y)", y * (1.0 - y))
    }
}
