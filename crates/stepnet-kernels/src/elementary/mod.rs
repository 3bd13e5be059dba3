//! The elementary functions of the activations and losses, without branches, so that loops over
//! them become vector instructions: `exp`, `tanh`, `sigmoid`, `ln(1 + x)` between 0 and 1, and the tail of
//! the normal distribution.
//!
//! Method: Cody and Waite's reduction of the argument by multiples of `ln 2` in two parts, then a
//! polynomial ("Software Manual for the Elementary Functions", 1980). The polynomials are of least
//! largest error (Remez exchange in 300-bit arithmetic), rounded to the type; the bound of what they
//! leave out stands beside each. Results are within 2 units of the last place of the exact value
//! (the normal distribution's within 4) for every argument, on every instruction set; the tests measure it.

mod constants;
mod exp;
mod ln_1p;
mod normal;
#[cfg(test)]
mod oracle;
mod sigmoid;
mod tanh;
#[cfg(test)]
mod tests;

pub(crate) use constants::Elementary;
pub(super) use exp::exp;
pub(super) use ln_1p::ln_1p_unit;
pub(super) use normal::normal_tail;
pub(super) use sigmoid::{sigmoid, sigmoid_from};
pub(super) use tanh::tanh;

use super::simd::Isa;
use crate::Real;

/// A polynomial by Horner's rule, lowest power first.
#[inline(always)]
fn polynomial<I: Isa, T: Real>(isa: I, coefficients: &[T], x: T) -> T {
    let mut sum = T::zero();
    for (place, &coefficient) in coefficients.iter().rev().enumerate() {
        sum = if place == 0 {
            coefficient
        } else {
            isa.mul_add(sum, x, coefficient)
        };
    }
    sum
}

/// `x = k ln 2 + r + rest`: `k` an integer, `|r|` at most a trifle above `ln(2) / 2`, and `rest` what
/// rounding `r` left out.
#[inline(always)]
fn reduce<I: Isa, T: Real>(isa: I, x: T) -> (T, T, T) {
    let k = isa.mul_add(x, T::LOG2_E, T::ROUND) - T::ROUND;
    let upper = isa.mul_add(-k, T::LN_2_HIGH, x);
    let r = isa.mul_add(-k, T::LN_2_LOW, upper);
    (k, r, isa.mul_add(-k, T::LN_2_LOW, upper - r))
}

/// `2^k` for an integer `k` whose power is a normal number.
#[inline(always)]
fn power_of_two<T: Real>(k: T) -> T {
    (k + T::ROUND_BIASED).low_bits_to_exponent()
}
