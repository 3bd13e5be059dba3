use super::parts::{polynomial, power_of_two};
use crate::Real;
use crate::simd::Isa;

/// `exp(-a^2 / 2)` and the share of a standard normal distribution below `-a`, both without the
/// power of two that they share: neither is rounded as a subnormal number before its last product.
pub(crate) struct NormalTail<T> {
    density: T,
    mass: T,
    scale: [T; 2],
}

impl<T: Real> NormalTail<T> {
    /// `factor exp(-a^2 / 2)`.
    #[inline(always)]
    pub(crate) fn density(&self, factor: T) -> T {
        (factor * self.density) * self.scale[0] * self.scale[1]
    }

    /// `factor Phi(-a)`.
    #[inline(always)]
    pub(crate) fn mass(&self, factor: T) -> T {
        (factor * self.mass) * self.scale[0] * self.scale[1]
    }
}

/// The lower tail of the standard normal distribution at `-a`, for `0 <= a <= T::NORMAL_FLAT`; NaN for NaN.
///
/// `Phi(-a) = exp(-a^2 / 2) p(t) / (1 + a)` with `t = (a - 4) / (a + 4)`, which is smooth and flat in
/// `t` (Shepherd and Laframboise, "Chebyshev approximation of (1 + 2x) exp(x^2) erfc(x)", 1981). The
/// square is taken in two parts, of which the first is exact: its rounding would be that of the
/// exponent, and weigh hundreds of times more in the power.
#[inline(always)]
pub(crate) fn normal_tail<I: Isa, T: Real>(isa: I, a: T) -> NormalTail<T> {
    let half = T::from_f64(0.5);
    // Half of a's digits (Veltkamp).
    let wide = a * T::SPLIT;
    let upper = wide - (wide - a);
    let square = -half * upper * upper;
    let low = -half * (a - upper) * (a + upper);

    let k = isa.mul_add(square + low, T::LOG2_E, T::ROUND) - T::ROUND;
    // Exact; what `whole` leaves out of the sum is kept (Knuth).
    let part = isa.mul_add(-k, T::LN_2_HIGH, square);
    let whole = part + low;
    let seen = whole - part;
    let left = (part - (whole - seen)) + (low - seen);
    let r = isa.mul_add(-k, T::LN_2_LOW, whole);
    let rest = isa.mul_add(-k, T::LN_2_LOW, whole - r) + left;
    let tail = isa.mul_add(r * r, polynomial(isa, T::EXP, r), rest);
    let sum = T::one() + r;
    let density = sum + (((T::one() - sum) + r) + tail);

    let four = T::from_f64(4.0);
    let ratio = polynomial(isa, T::NORMAL, (a - four) / (a + four)) / (T::one() + a);
    let first = isa.mul_add(k, half, T::ROUND) - T::ROUND;
    NormalTail {
        density,
        mass: density * ratio,
        scale: [power_of_two(first), power_of_two(k - first)],
    }
}
