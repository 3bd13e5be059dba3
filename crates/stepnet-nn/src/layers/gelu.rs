//! `gelu`.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

use super::pointwise::{Derivative, Function, PRODUCT_ROUNDINGS, Value, share_of};
use crate::account::{number, operand};
use crate::layer::LayerError;
use crate::notation::{LayerText, Signature};
use stepnet_kernels::Real;
use stepnet_kernels::pointwise::{Argument, Arithmetic, Pointwise};

/// `y = x Phi(x)`, with the distribution function of the standard normal distribution
/// `Phi(x) = (1 + erf(x / sqrt 2)) / 2` itself, not the approximation by a tanh; 0 for minus infinity, NaN passes.
///
/// Source: Hendrycks and Gimpel, "Gaussian error linear units", 2016.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gelu;

impl Pointwise for Gelu {
    const NAME: &'static str = "gelu";
    const FROM: Argument = Argument::Input;
    const COSTS: [usize; 2] = [8, 8];

    #[inline(always)]
    fn f<A: Arithmetic, T: Real>(self, a: A, x: T) -> T {
        a.normal_product(x)
    }

    #[inline(always)]
    fn df<A: Arithmetic, T: Real>(self, a: A, x: T, dy: T) -> T {
        dy * a.normal_product_slope(x)
    }
}

impl Function for Gelu {
    fn signature() -> Signature {
        Signature::new("gelu", "z Phi(z), with the normal distribution's own Phi.").example("gelu")
    }

    fn from_text(_: &LayerText) -> Result<Self, LayerError> {
        Ok(Self)
    }

    fn value<T: Real>(self, x: f64) -> Value {
        Value {
            formula: "y = x Phi(x), Phi(x) = (1 + erf(x / sqrt(2))) / 2",
            numbers: format!("{} * Phi({})", operand(x), number(x)),
            result: share_of(x, normal_share(x)),
            roundings: PRODUCT_ROUNDINGS,
        }
    }

    fn derivative<T: Real>(self, x: f64, _y: f64) -> Derivative {
        let formula = "dx = dy (Phi(x) + x exp(-x^2 / 2) / sqrt(2 pi))";
        Derivative::sum(formula, [normal_share(x), share_of(x, normal_density(x))])
    }
}

/// The rounding error of `1 / sqrt(2)` as a number.
const FRAC_1_SQRT_2_LOW: f64 = -4.833_646_656_726_457e-17;

/// `1 / sqrt(2 pi)`.
const NORMAL_DENSITY_AT_0: f64 = 0.398_942_280_401_432_7;

/// `Phi(x)`, the share of the standard normal distribution below `x`, by `libm`: not the kernels' own.
fn normal_share(x: f64) -> f64 {
    let z = -x * FRAC_1_SQRT_2;
    // The effect of the argument's rounding is corrected, because the tail falls steeply.
    let rest = (-x).mul_add(FRAC_1_SQRT_2, -z) - x * FRAC_1_SQRT_2_LOW;
    let slope = FRAC_2_SQRT_PI * exp_minus(z * z, z.mul_add(z, -(z * z)));
    0.5 * (libm::erfc(z) - if slope == 0.0 { 0.0 } else { slope * rest })
}

/// `exp(-x^2 / 2) / sqrt(2 pi)`.
fn normal_density(x: f64) -> f64 {
    let square = x * x;
    NORMAL_DENSITY_AT_0 * exp_minus(0.5 * square, 0.5 * x.mul_add(x, -square))
}

/// `exp(-(square + rest))`, with a `rest` that is next to nothing.
fn exp_minus(square: f64, rest: f64) -> f64 {
    let power = (-square).exp();
    if power == 0.0 {
        0.0
    } else {
        power * (1.0 - rest)
    }
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
        forward(Gelu, &x, &mut y);
        // Phi(1) and Phi(3) from tables to ten places.
        for (y, exact) in y
            .iter()
            .zip([0.0, 0.841_344_746_1, -0.158_655_253_9, 2.995_950_305_9])
        {
            assert!((y - exact).abs() < 1.1e-10, "{y} and {exact}");
        }
        assert_eq!(y[4..8], [inf, 0.0, f64::MAX, 0.0]);
        assert!(y[8].is_nan());
        let mut dx = [9.0; 9];
        backward(Gelu, &x, &[2.0; 9], &mut dx);
        assert_eq!((dx[0], &dx[4..8]), (1.0, &[2.0, 0.0, 2.0, 0.0][..]));
        assert!(dx[8].is_nan());
    }
}
