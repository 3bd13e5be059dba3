use super::parts::polynomial;
use crate::Real;
use crate::simd::Isa;

/// `ln(1 + x)` for `x` between 0 and 1, NaN for NaN.
///
/// From 1/2 on as `ln 2 + ln(1 + g)` with `g = (x - 1) / 2`, which is exact; below with `g = x`.
/// Then with `s = g / (2 + g)`, `|s| <= 1/5`,
///
/// ```text
/// ln(1 + g) = ln((1 + s) / (1 - s)) = 2 s + s^3 q(s^2) = g - (h - s (h + s^2 q(s^2))),   h = g^2 / 2
/// ```
///
/// whose last form, fdlibm's, keeps the rounding of the quotient out of the leading term.
#[inline(always)]
pub(crate) fn ln_1p_unit<I: Isa, T: Real>(isa: I, x: T) -> T {
    let half = T::from_f64(0.5);
    let upper = x >= half;
    let g = if upper { (x - T::one()) * half } else { x };
    let high = if upper { T::LN_2_HIGH } else { T::zero() };
    let low = if upper { T::LN_2_LOW } else { T::zero() };
    let s = g / (T::from_f64(2.0) + g);
    let square = s * s;
    let tail = square * polynomial(isa, T::LN, square);
    let h = half * g * g;
    let small = isa.mul_add(s, h + tail, low);
    high - ((h - small) - g)
}
