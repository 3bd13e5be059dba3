use super::parts::{polynomial, power_of_two};
use crate::Real;
use crate::simd::Isa;

/// `exp(-a^2 / 2)` and the share of a standard normal distribution below `-a`, both without the
/// power of two that they share: neither is rounded as a subnormal number before its last product.
struct NormalTail<T> {
    density: T,
    mass: T,
    scale: [T; 2],
}

impl<T: Real> NormalTail<T> {
    /// `factor exp(-a^2 / 2)`.
    #[inline(always)]
    fn density(&self, factor: T) -> T {
        (factor * self.density) * self.scale[0] * self.scale[1]
    }

    /// `factor Phi(-a)`.
    #[inline(always)]
    fn mass(&self, factor: T) -> T {
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
fn normal_tail<I: Isa, T: Real>(isa: I, a: T) -> NormalTail<T> {
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

/// `1 / sqrt(2 pi)`.
const DENSITY_AT_0: f64 = 0.398_942_280_401_432_7;

/// `|x|`, held where the tail has come to 0: an infinite one would make it NaN.
#[inline(always)]
fn distance<T: Real>(x: T) -> T {
    let a = x.abs();
    if a > T::NORMAL_FLAT {
        T::NORMAL_FLAT
    } else {
        a
    }
}

/// `x Phi(x) = max(x, 0) - |x| Phi(-|x|)`: exact where the tail is nothing, without cancellation
/// where it is not.
#[inline(always)]
pub(crate) fn normal_product<I: Isa, T: Real>(isa: I, x: T) -> T {
    let a = distance(x);
    let above = if x > T::zero() { x } else { T::zero() };
    above - normal_tail(isa, a).mass(a)
}

/// The derivative of [`normal_product`]: `Phi(x) + x exp(-x^2 / 2) / sqrt(2 pi)`.
#[inline(always)]
pub(crate) fn normal_product_slope<I: Isa, T: Real>(isa: I, x: T) -> T {
    let a = distance(x);
    let tail = normal_tail(isa, a);
    let mass = tail.mass(T::one());
    let below = if x > T::zero() { T::one() - mass } else { mass };
    let rise = tail.density(a * T::from_f64(DENSITY_AT_0));
    below + rise.copysign(x)
}
