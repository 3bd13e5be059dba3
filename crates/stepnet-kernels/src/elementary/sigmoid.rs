use super::exp::exp;
use crate::Real;
use crate::simd::Isa;

/// `1 / (1 + exp(-x))`, NaN for NaN.
#[inline(always)]
pub(crate) fn sigmoid<I: Isa, T: Real>(isa: I, x: T) -> T {
    sigmoid_from(isa, x, exp(isa, -x.abs()))
}

/// The sigmoid of `x` from `e = exp(-|x|)`, which cannot overflow.
///
/// `1 / (1 + e)`, and for negative `x` `e / (1 + e)`. Below `e = 1/2` the equal `e - e (e / (1 + e))`
/// is taken for the latter, in which the rounding of `1 + e` weighs less.
#[inline(always)]
pub(crate) fn sigmoid_from<I: Isa, T: Real>(isa: I, x: T, e: T) -> T {
    let below = x < T::zero();
    let above = if below { e } else { T::one() };
    let quotient = above / (T::one() + e);
    let near = isa.mul_add(-e, quotient, e);
    // `&` and not `&&`: a second branch would keep loops from becoming vectors.
    if below & (e < T::from_f64(0.5)) {
        near
    } else {
        quotient
    }
}
