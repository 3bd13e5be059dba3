use super::parts::{polynomial, power_of_two, reduce};
use crate::Real;
use crate::simd::Isa;

/// `tanh(x)`, NaN for NaN, the sign of a zero kept.
///
/// With `t = exp(2 |x|) - 1`, `tanh |x| = t / (t + 2)`. `t` is summed as
/// `(2^k - 1) + 2^k r + 2^k r^2 q(r)`, which loses nothing near 0, where `k` is 0. Below `t = 1` the
/// equal `t/2 - t/2 (t / (t + 2))` is taken, in which the rounding of `t + 2` weighs less.
#[inline(always)]
pub(crate) fn tanh<I: Isa, T: Real>(isa: I, x: T) -> T {
    let double = x.abs() + x.abs();
    let double = if double > T::TANH_FLAT {
        T::TANH_FLAT
    } else {
        double
    };
    let (k, r, rest) = reduce(isa, double);
    let power = power_of_two(k);
    let tail = isa.mul_add(r * r, polynomial(isa, T::EXP, r), rest);
    let (whole, part) = (power - T::one(), power * r);
    // The rounding error of `whole + part` is added with the tail.
    let linear = whole + part;
    let t = linear + isa.mul_add(power, tail, (whole - linear) + part);
    let quotient = t / (t + T::from_f64(2.0));
    let half = T::from_f64(0.5) * t;
    let near = isa.mul_add(-half, quotient, half);
    let y = if t < T::one() { near } else { quotient };
    y.copysign(x)
}
