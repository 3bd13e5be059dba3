//! `silu`, also called swish.

use super::pointwise::{Derivative, Function, PRODUCT_ROUNDINGS, Value, logistic, share_of};
use crate::account::operand;
use crate::layer::LayerError;
use crate::notation::{LayerText, Signature};
use stepnet_kernels::Real;
use stepnet_kernels::pointwise::{Argument, Arithmetic, Pointwise};

/// `y = x / (1 + exp(-x))`; 0 for minus infinity, NaN passes.
///
/// Source: Elfwing, Uchibe and Doya, "Sigmoid-weighted linear units", 2018.
#[derive(Debug, Clone, Copy)]
pub(super) struct Silu;

/// `x`, held where the sigmoid has come to 0: minus infinity would make NaN of it.
#[inline(always)]
fn held_below<T: Real>(x: T) -> T {
    if x < T::EXP_LOWEST { T::EXP_LOWEST } else { x }
}

/// `x`, held where the sigmoid has come to 0 or 1.
#[inline(always)]
fn held<T: Real>(x: T) -> T {
    let x = held_below(x);
    if x > -T::EXP_LOWEST {
        -T::EXP_LOWEST
    } else {
        x
    }
}

impl Pointwise for Silu {
    const NAME: &'static str = "silu";
    const FROM: Argument = Argument::Input;
    const COSTS: [usize; 2] = [4, 5];

    #[inline(always)]
    fn f<A: Arithmetic, T: Real>(self, a: A, x: T) -> T {
        let x = held_below(x);
        x * a.sigmoid(x)
    }

    /// `dy s (1 + x (1 - s))` with `s = sigmoid(x)`.
    #[inline(always)]
    fn df<A: Arithmetic, T: Real>(self, a: A, x: T, dy: T) -> T {
        let x = held(x);
        let e = a.exp(-x.abs());
        let s = a.sigmoid_from(x, e);
        let rest = a.sigmoid_from(-x, e);
        dy * (s + x * s * rest)
    }
}

impl Function for Silu {
    fn signature() -> Signature {
        Signature::new("silu", "z / (1 + exp(-z)).")
            .alias("swish")
            .example("silu")
    }

    fn from_text(_: &LayerText) -> Result<Self, LayerError> {
        Ok(Self)
    }

    fn value<T: Real>(self, x: f64) -> Value {
        let at = operand(x);
        Value {
            formula: "y = x / (1 + exp(-x))",
            numbers: format!("{at} / (1 + exp(-{at}))"),
            result: share_of(x, logistic(x)),
            roundings: PRODUCT_ROUNDINGS,
        }
    }

    fn derivative<T: Real>(self, x: f64, _y: f64) -> Derivative {
        let (share, rest) = (logistic(x), logistic(-x));
        let formula = "dx = dy (s + x s (1 - s)), s = 1 / (1 + exp(-x))";
        Derivative::sum(formula, [share, share_of(x, share * rest)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use stepnet_kernels::pointwise::{backward, forward};

    #[test]
    fn known_values_and_far_ends() {
        let (inf, nan) = (f32::INFINITY, f32::NAN);
        let x = [0.0, 1.0, -1.0, inf, -inf, f32::MAX, f32::MIN, nan];
        let mut y = [9.0; 8];
        forward(Silu, &x, &mut y);
        assert_eq!(y[0], 0.0);
        assert!((y[1] - 0.731_058_6).abs() < 1e-7 && (y[2] + 0.268_941_4).abs() < 1e-7);
        assert_eq!(y[3..7], [inf, 0.0, f32::MAX, 0.0]);
        assert!(y[7].is_nan());
        let mut dx = [9.0; 8];
        backward(Silu, &x, &[2.0; 8], &mut dx);
        assert_eq!((dx[0], &dx[3..7]), (1.0, &[2.0, 0.0, 2.0, 0.0][..]));
        assert!(dx[7].is_nan());
    }
}
