//! `relu`.

use super::pointwise::{Derivative, Function, Value};
use crate::account::operand;
use crate::layer::LayerError;
use crate::notation::{LayerText, Signature};
use stepnet_kernels::Real;
pub(crate) use stepnet_kernels::relu::Relu;

impl Function for Relu {
    fn signature() -> Signature {
        Signature::new("relu", "max(0, z).").example("relu")
    }

    fn from_text(_: &LayerText) -> Result<Self, LayerError> {
        Ok(Self)
    }

    fn value<T: Real>(self, x: f64) -> Value {
        Value {
            formula: "y = max(0, x)",
            numbers: format!("max(0, {})", operand(x)),
            result: if x <= 0.0 { 0.0 } else { x },
            roundings: 0.0,
        }
    }

    fn derivative<T: Real>(self, _x: f64, y: f64) -> Derivative {
        if y <= 0.0 {
            Derivative::new("dx = 0 where x <= 0", 0.0)
        } else {
            Derivative::new("dx = dy where x > 0", 1.0)
        }
    }

    fn kinks(self) -> &'static [f64] {
        &[0.0]
    }
}
