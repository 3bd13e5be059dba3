//! Parts that the functions share: the reduction of the argument, polynomials, powers of two.

use crate::Real;
use crate::simd::Isa;

/// A polynomial by Horner's rule, lowest power first.
#[inline(always)]
pub(super) fn polynomial<I: Isa, T: Real>(isa: I, coefficients: &[T], x: T) -> T {
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
pub(super) fn reduce<I: Isa, T: Real>(isa: I, x: T) -> (T, T, T) {
    let k = isa.mul_add(x, T::LOG2_E, T::ROUND) - T::ROUND;
    let upper = isa.mul_add(-k, T::LN_2_HIGH, x);
    let r = isa.mul_add(-k, T::LN_2_LOW, upper);
    (k, r, isa.mul_add(-k, T::LN_2_LOW, upper - r))
}

/// `2^k` for an integer `k` whose power is a normal number.
#[inline(always)]
pub(super) fn power_of_two<T: Real>(k: T) -> T {
    (k + T::ROUND_BIASED).low_bits_to_exponent()
}
