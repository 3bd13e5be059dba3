//! `gelutanh`: the approximation of `gelu` by a hyperbolic tangent.

use super::pointwise::{Derivative, Function, PRODUCT_ROUNDINGS, Value, share_of};
use crate::account::operand;
use crate::layer::LayerError;
use crate::notation::{LayerText, Signature};
use stepnet_kernels::Real;
use stepnet_kernels::pointwise::{Argument, Arithmetic, Pointwise};

/// `y = x (1 + tanh(u)) / 2` with `u = sqrt(2 / pi) (x + 0.044715 x^3)`, which is `x sigmoid(2 u)`; 0 for minus infinity, NaN
/// passes. It differs from `gelu` by up to 0.0005, and is there for networks that were trained with it.
///
/// Source: Hendrycks and Gimpel, "Gaussian error linear units", 2016.
#[derive(Debug, Clone, Copy)]
pub(super) struct GeluTanh;

/// `2 sqrt(2 / pi)`.
const FIRST: f64 = 1.595_769_121_605_730_8;

/// `2 sqrt(2 / pi) 0.044715`.
const THIRD: f64 = 0.071_354_816_272_600_25;

/// Beyond this distance from 0 the sigmoid of the argument is 0 or 1 in every number type.
const FAR: f64 = 25.0;

/// `x`, held where the sigmoid has come to 0: minus infinity would make NaN of it.
#[inline(always)]
fn held_below<T: Real>(x: T) -> T {
    let far = T::from_f64(-FAR);
    if x < far { far } else { x }
}

/// `x`, held where the sigmoid has come to 0 or 1.
#[inline(always)]
fn held<T: Real>(x: T) -> T {
    let (x, far) = (held_below(x), T::from_f64(FAR));
    if x > far { far } else { x }
}

/// The sigmoid's argument: `2 sqrt(2 / pi) (x + 0.044715 x^3)`.
#[inline(always)]
fn argument<A: Arithmetic, T: Real>(a: A, x: T) -> T {
    x * a.mul_add(x * x, T::from_f64(THIRD), T::from_f64(FIRST))
}

impl Pointwise for GeluTanh {
    const NAME: &'static str = "gelu by tanh";
    const FROM: Argument = Argument::Input;
    const COSTS: [usize; 2] = [5, 7];

    #[inline(always)]
    fn f<A: Arithmetic, T: Real>(self, a: A, x: T) -> T {
        let x = held_below(x);
        x * a.sigmoid(argument(a, x))
    }

    /// `dy (s + x s (1 - s) z')` with `s` the sigmoid of `z`.
    #[inline(always)]
    fn df<A: Arithmetic, T: Real>(self, a: A, x: T, dy: T) -> T {
        let x = held(x);
        let z = argument(a, x);
        let e = a.exp(-z.abs());
        let s = a.sigmoid_from(z, e);
        let rest = a.sigmoid_from(-z, e);
        let slope = a.mul_add(x * x, T::from_f64(3.0 * THIRD), T::from_f64(FIRST));
        dy * (s + x * s * rest * slope)
    }
}

impl Function for GeluTanh {
    fn signature() -> Signature {
        let summary = "z (1 + tanh(u)) / 2, u = sqrt(2 / pi) (z + 0.044715 z^3): nearly gelu.";
        Signature::new("gelutanh", summary).example("gelutanh")
    }

    fn from_text(_: &LayerText) -> Result<Self, LayerError> {
        Ok(Self)
    }

    fn value<T: Real>(self, x: f64) -> Value {
        let at = operand(x);
        let z = sigmoid_argument(x);
        Value {
            formula: "y = x (1 + tanh(u)) / 2, u = sqrt(2 / pi) (x + 0.044715 x^3)",
            numbers: format!("{at} / (1 + exp(-{FIRST:.4} ({at} + 0.044715 {at}^3)))"),
            result: share_of(x, sigmoid(z)),
            roundings: PRODUCT_ROUNDINGS + magnified(z),
        }
    }

    fn derivative<T: Real>(self, x: f64, _y: f64) -> Derivative {
        let z = sigmoid_argument(x);
        let (share, rest) = (sigmoid(z), sigmoid(-z));
        let slope = FIRST + 3.0 * THIRD * x * x;
        let by_argument = match share * rest {
            0.0 => 0.0,
            both => x * both * slope,
        };
        let size = PRODUCT_ROUNDINGS / 4.0 + magnified(z);
        Derivative {
            formula: "dx = dy (s + x s (1 - s) (1.5958 + 0.2141 x^2)), s = 1 / (1 + exp(-2 u))",
            factor: share + by_argument,
            size: size * (share + by_argument.abs()),
        }
    }
}

/// `1 / (1 + exp(-z))` by the system's exponential, which it keeps to the smallest numbers.
fn sigmoid(z: f64) -> f64 {
    let e = (-z.abs()).exp();
    if z < 0.0 {
        e / (1.0 + e)
    } else {
        1.0 / (1.0 + e)
    }
}

fn sigmoid_argument(x: f64) -> f64 {
    x * (FIRST + THIRD * x * x)
}

/// Roundings that the exponential makes of those of its argument, which are as many times as large as it; where it has come
/// to 0 nothing is left of them.
fn magnified(z: f64) -> f64 {
    8.0 * z.abs().min(800.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use stepnet_kernels::pointwise::{backward, forward};

    #[test]
    fn known_values_and_far_ends() {
        let (inf, nan) = (f64::INFINITY, f64::NAN);
        let x = [0.0, 1.0, -1.0, 3.0, inf, -inf, f64::MAX, f64::MIN, nan];
        let mut y = [9.0; 9];
        forward(GeluTanh, &x, &mut y);
        // torch.nn.functional.gelu(x, approximate="tanh")
        for (y, exact) in y.iter().zip([0.0, 0.841_192, -0.158_808, 2.996_363]) {
            assert!((y - exact).abs() < 1e-6, "{y} and {exact}");
        }
        assert_eq!(y[4..8], [inf, 0.0, f64::MAX, 0.0]);
        assert!(y[8].is_nan());
        let mut dx = [9.0; 9];
        backward(GeluTanh, &x, &[2.0; 9], &mut dx);
        assert_eq!((dx[0], &dx[4..8]), (1.0, &[2.0, 0.0, 2.0, 0.0][..]));
        assert!(dx[8].is_nan());
    }
}
