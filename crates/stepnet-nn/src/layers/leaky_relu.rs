//! `leakyrelu(slope=0.01)`.

use super::pointwise::{Derivative, Function, Value, not_negative};
use crate::account::{number, operand};
use crate::layer::LayerError;
use crate::notation::{LayerText, ParameterKind, Signature};
use stepnet_kernels::Real;
use stepnet_kernels::pointwise::{Argument, Arithmetic, Pointwise};

/// `y = x` where `x > 0`, `slope x` elsewhere; NaN passes. At 0 the derivative is the slope.
///
/// Source: Maas, Hannun, Ng, "Rectifier nonlinearities improve neural network acoustic models",
/// 2013.
#[derive(Debug, Clone, Copy)]
pub(super) struct LeakyRelu {
    slope: f64,
}

impl LeakyRelu {
    /// The slope as the kernel has it.
    fn slope<T: Real>(self) -> f64 {
        T::from_f64(self.slope).as_f64()
    }
}

impl Pointwise for LeakyRelu {
    const NAME: &'static str = "leaky relu";
    const FROM: Argument = Argument::Output;

    #[inline(always)]
    fn f<A: Arithmetic, T: Real>(self, _: A, x: T) -> T {
        // `if` would become a branch around the product.
        (T::from_f64(self.slope) * x).choose(x <= T::zero(), x)
    }

    #[inline(always)]
    fn df<A: Arithmetic, T: Real>(self, _: A, y: T, dy: T) -> T {
        (T::from_f64(self.slope) * dy).choose(y <= T::zero(), dy)
    }
}

impl Function for LeakyRelu {
    fn signature() -> Signature {
        Signature::new("leakyrelu", "z where z > 0, else slope * z.")
            .alias("lrelu")
            .optional("slope", ParameterKind::Number, 0.01)
            .example("leakyrelu")
            .example("leakyrelu(0.1)")
    }

    fn from_text(text: &LayerText) -> Result<Self, LayerError> {
        let slope = not_negative(text, "slope")?;
        Ok(Self { slope })
    }

    fn value<T: Real>(self, x: f64) -> Value {
        if x <= 0.0 {
            let slope = self.slope::<T>();
            Value {
                formula: "y = slope x where x <= 0",
                numbers: format!("{} * {}", number(slope), operand(x)),
                result: slope * x,
                roundings: 2.0,
            }
        } else {
            Value {
                formula: "y = x where x > 0",
                numbers: operand(x),
                result: x,
                roundings: 0.0,
            }
        }
    }

    fn derivative<T: Real>(self, _x: f64, y: f64) -> Derivative {
        if y <= 0.0 {
            Derivative::new("dx = dy slope where x <= 0", self.slope::<T>())
        } else {
            Derivative::new("dx = dy where x > 0", 1.0)
        }
    }

    fn kinks(self) -> &'static [f64] {
        &[0.0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use stepnet_kernels::pointwise::{backward, forward};
    use stepnet_kernels::relu;

    #[test]
    fn values_and_gradients_by_name() {
        let leaky = LeakyRelu { slope: 0.25 };
        let x = [-4.0, 0.0, 3.0, f64::NAN];
        let mut y = [9.0; 4];
        forward(leaky, &x, &mut y);
        assert_eq!(y[..3], [-1.0, 0.0, 3.0]);
        assert!(y[3].is_nan());
        let mut dx = [9.0; 4];
        backward(leaky, &y, &[8.0, 8.0, 8.0, 8.0], &mut dx);
        assert_eq!(dx, [2.0, 2.0, 8.0, 8.0]);
    }

    #[test]
    fn slope_zero_is_relu() {
        let leaky = LeakyRelu { slope: 0.0 };
        let x = [-4.0f32, -0.0, 0.5];
        let (mut y, mut expected) = ([9.0; 3], [9.0; 3]);
        forward(leaky, &x, &mut y);
        relu::forward(&x, &mut expected);
        assert_eq!(y, expected);
        let (mut dx, mut expected) = ([9.0; 3], [9.0; 3]);
        backward(leaky, &y, &[1.0; 3], &mut dx);
        relu::backward(&y, &[1.0; 3], &mut expected);
        assert_eq!(dx, expected);
    }
}
