use super::parts::{polynomial, power_of_two, reduce};
use crate::Real;
use crate::simd::Isa;

/// `exp(x)`: 0 and infinity where the result leaves the type, subnormal where it is, NaN for NaN.
///
/// `exp(k ln 2 + r) = 2^k (1 + r + r^2 q(r))`.
#[inline(always)]
pub(crate) fn exp<I: Isa, T: Real>(isa: I, x: T) -> T {
    // Comparisons with NaN are false, so that it stays.
    let x = if x > T::EXP_HIGHEST {
        T::EXP_HIGHEST
    } else {
        x
    };
    let x = if x < T::EXP_LOWEST { T::EXP_LOWEST } else { x };
    let (k, r, rest) = reduce(isa, x);
    let tail = isa.mul_add(r * r, polynomial(isa, T::EXP, r), rest);
    // The rounding error of `1 + r` is added with the tail: the sum errs by little more than its rounding.
    let sum = T::one() + r;
    let significand = sum + (((T::one() - sum) + r) + tail);
    // In two factors, for 2^k itself may be infinite or subnormal where the result is not.
    let half = isa.mul_add(k, T::from_f64(0.5), T::ROUND) - T::ROUND;
    significand * power_of_two(half) * power_of_two(k - half)
}
