//! `elu(alpha=1)`.

use super::pointwise::{Derivative, FUNCTION_ROUNDINGS, Function, Value, not_negative};
use crate::account::{number, operand};
use crate::layer::LayerError;
use crate::notation::{LayerText, ParameterKind, Signature};
use stepnet_kernels::Real;
use stepnet_kernels::pointwise::{Argument, Arithmetic, Pointwise};

/// `y = x` where `x > 0`, `alpha (exp(x) - 1)` elsewhere; NaN passes. At 0 the derivative is `alpha`, as in PyTorch.
///
/// Source: Clevert, Unterthiner and Hochreiter, "Fast and accurate deep network learning by exponential linear units",
/// 2016.
#[derive(Debug, Clone, Copy)]
pub(super) struct Elu {
    alpha: f64,
}

impl Elu {
    /// The factor as the kernel has it.
    fn alpha<T: Real>(self) -> f64 {
        T::from_f64(self.alpha).as_f64()
    }
}

impl Pointwise for Elu {
    const NAME: &'static str = "elu";
    const FROM: Argument = Argument::Output;
    const COSTS: [usize; 2] = [5, 1];

    /// With `t = tanh(x / 2)`, `exp(x) - 1 = 2 t / (1 - t)`: without cancellation near 0, where `exp(x)` is next to 1.
    #[inline(always)]
    fn f<A: Arithmetic, T: Real>(self, a: A, x: T) -> T {
        let below = if x <= T::zero() { x } else { T::zero() };
        let t = a.tanh(T::from_f64(0.5) * below);
        let below = T::from_f64(self.alpha) * ((t + t) / (T::one() - t));
        below.choose(x <= T::zero(), x)
    }

    #[inline(always)]
    fn df<A: Arithmetic, T: Real>(self, _: A, y: T, dy: T) -> T {
        (dy * (y + T::from_f64(self.alpha))).choose(y <= T::zero(), dy)
    }
}

impl Function for Elu {
    fn signature() -> Signature {
        Signature::new("elu", "z where z > 0, else alpha * (exp(z) - 1).")
            .optional("alpha", ParameterKind::Number, 1.0)
            .example("elu")
            .example("elu(alpha=0.5)")
    }

    fn from_text(text: &LayerText) -> Result<Self, LayerError> {
        let alpha = not_negative(text, "alpha")?;
        Ok(Self { alpha })
    }

    fn value<T: Real>(self, x: f64) -> Value {
        let at = operand(x);
        if x <= 0.0 {
            let alpha = self.alpha::<T>();
            Value {
                formula: "y = alpha (exp(x) - 1) where x <= 0",
                numbers: format!("{} * (exp({at}) - 1)", number(alpha)),
                result: alpha * x.exp_m1(),
                roundings: FUNCTION_ROUNDINGS,
            }
        } else {
            Value {
                formula: "y = x where x > 0",
                numbers: at,
                result: x,
                roundings: 0.0,
            }
        }
    }

    fn derivative<T: Real>(self, _x: f64, y: f64) -> Derivative {
        if y <= 0.0 {
            Derivative::sum("dx = dy (y + alpha) where x <= 0", [y, self.alpha::<T>()])
        } else {
            Derivative::new("dx = dy where x > 0", 1.0)
        }
    }

    /// At 0 the derivative jumps from `alpha` to 1.
    fn kinks(self) -> &'static [f64] {
        if self.alpha == 1.0 { &[] } else { &[0.0] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use stepnet_kernels::pointwise::{backward, forward};

    #[test]
    fn factor_zero_is_relu() {
        let elu = Elu { alpha: 0.0 };
        let x = [-4.0f32, -0.0, 0.5];
        let mut y = [9.0; 3];
        forward(elu, &x, &mut y);
        assert_eq!(y, [0.0, 0.0, 0.5]);
        let mut dx = [9.0; 3];
        backward(elu, &y, &[1.0; 3], &mut dx);
        assert_eq!(dx, [0.0, 0.0, 1.0]);
    }

    #[test]
    fn small_inputs_keep_their_digits() {
        let x = [-1e-20_f32, -1e-4];
        let mut y = [9.0; 2];
        forward(Elu { alpha: 1.0 }, &x, &mut y);
        for (y, x) in y.into_iter().zip(x) {
            let expected = f64::from(x).exp_m1();
            // exp(x) - 1 in f32 would be 0 and off by a thousandth.
            let apart = (f64::from(y) / expected - 1.0).abs();
            assert!(
                apart < 4.0 * f64::from(f32::EPSILON),
                "{y} for {x}, expected {expected}"
            );
        }
    }
}
