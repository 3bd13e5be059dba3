//! `tanh`.

use super::pointwise::{Derivative, FUNCTION_ROUNDINGS, Function, Value};
use crate::account::operand;
use crate::layer::LayerError;
use crate::notation::{LayerText, Signature};
use stepnet_kernels::Real;
pub(super) use stepnet_kernels::tanh::Tanh;

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
