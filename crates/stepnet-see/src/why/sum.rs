//! Sums taken exactly, and how far a network's own sum may lie from them.

use serde::Serialize;

use stepnet_nn::Number;
use stepnet_nn::account::number;

/// Roundings of a value beyond one for each of its terms: its bias, a product before each addition, a
/// division, the factors of a derivative, and the result of the exact sum itself.
pub const EXTRA_ROUNDINGS: usize = 8;

/// By how much a kernel's arithmetic is worse than sums of products in any order, fused or not: 1
/// for methods that add the products themselves. A layer whose method adds other numbers (Winograd's)
/// says by how much more it may be off, from the values that this depends on
/// ([`Account::slack`](stepnet_nn::account::Account::slack),
/// [`Feeds::reaches`](stepnet_nn::account::Feeds::reaches)).
pub const KERNEL_FACTOR: f64 = 1.0;

/// The sum of the terms next to the network's own value.
///
/// The terms are formed exactly from the network's numbers and added in about twice the precision of
/// `f64`. The network adds `n` terms in its own type with unit roundoff `u`, in another order, so
/// that its value may differ by `gamma(n) = n u / (1 - n u)` times the sum of their magnitudes
/// (Higham, "Accuracy and Stability of Numerical Algorithms", 2002, sections 3.1 and 4.2), for any order and with or without fused
/// multiply-adds. `n` is counted with [`EXTRA_ROUNDINGS`] more, the bound is [`KERNEL_FACTOR`] times
/// that, and what may be lost below the smallest normal number is added. A value that was only
/// picked or passed on has the bound 0; a function's bound follows from the roundings that its
/// layer states, a softmax's also from the distances of its logits.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Check {
    /// The sum of the terms (or the formula's result).
    pub sum: f64,
    /// The value that the network computed.
    pub value: f64,
    /// The distance between the two.
    pub difference: f64,
    /// The largest distance that rounding explains.
    pub bound: f64,
    /// The part of the bound that is for a method which lets the rounding of other values than the
    /// terms be felt; 0 for methods that add up the terms.
    #[serde(skip_serializing_if = "is_zero")]
    pub slack: f64,
    /// Whether the distance is within the bound.
    pub ok: bool,
}

impl Check {
    /// Compares; a value that is not finite is right where the sum is NaN or too large for `T`.
    pub(super) fn new<T: Number>(sum: f64, value: f64, bound: f64, size: f64) -> Self {
        let difference = (sum - value).abs();
        let largest = T::max_value().as_f64();
        let ok = if value.is_finite() {
            difference <= bound
        } else if value.is_nan() {
            sum.is_nan() || size.is_nan() || size >= largest
        } else {
            sum == value || size.is_nan() || size >= largest
        };
        Self {
            sum,
            value,
            difference,
            bound,
            slack: 0.0,
            ok,
        }
    }

    /// The bound, and for a method with additional slack how much of the bound that is.
    pub fn bound_words(&self) -> String {
        match self.slack > 0.0 {
            true => format!(
                "{} ({} for the method, which rounds sums of this value's terms with others near it)",
                number(self.bound),
                number(self.slack)
            ),
            false => number(self.bound),
        }
    }

    /// `ok`, or what is wrong.
    pub fn verdict(&self) -> &'static str {
        match (self.ok, self.value.is_finite()) {
            (true, true) => "ok",
            (true, false) => "ok: too large for the element type",
            (false, _) => "NOT ok",
        }
    }

    /// `difference 1.2e-8, bound 3.4e-7: ok`.
    pub fn words(&self) -> String {
        let difference = number(self.difference);
        format!(
            "difference {difference}, bound {}: {}",
            self.bound_words(),
            self.verdict()
        )
    }
}

#[allow(clippy::trivially_copy_pass_by_ref)] // as serde asks
fn is_zero(value: &f64) -> bool {
    *value == 0.0
}

/// `n u / (1 - n u)`, infinite where `n u` reaches 1.
pub(super) fn gamma<T: Number>(roundings: f64) -> f64 {
    let nu = roundings * T::epsilon().as_f64() / 2.0;
    if nu < 1.0 {
        nu / (1.0 - nu)
    } else {
        f64::INFINITY
    }
}

/// The smallest normal number.
pub(super) fn tiny<T: Number>() -> f64 {
    T::min_positive_value().as_f64()
}

/// A sum of products in twice the precision of `f64` (Ogita, Rump, Oishi, "Accurate sum and dot
/// product", 2005), with the sum of their magnitudes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Exact {
    high: f64,
    low: f64,
    plain: f64,
    size: f64,
    lost: f64,
    count: usize,
    wild: bool,
}

impl Exact {
    /// Adds `a b`, whose magnitude counts as `size`.
    ///
    /// Nothing comes of a factor `b` of 0, whatever `a`: where a layer only chooses what passes
    /// (ReLU, max pooling), the infinite and NaN are left out, too. Where it does multiply, its own
    /// value is then no number, for which the sum is noted as wild.
    pub(super) fn add(&mut self, a: f64, b: f64, size: f64) {
        self.count += 1;
        if b == 0.0 && !a.is_finite() {
            self.wild = true;
            return;
        }
        let product = a * b;
        let error = a.mul_add(b, -product);
        let sum = self.high + product;
        let part = sum - self.high;
        self.low += (self.high - (sum - part)) + (product - part) + error;
        self.high = sum;
        self.plain += product;
        self.size += size;
        self.lost += a.abs().max(b.abs()).max(1.0);
    }

    /// The sum.
    pub(super) fn value(&self) -> f64 {
        let value = self.high + self.low;
        // The error terms of infinities are NaN.
        if value.is_finite() { value } else { self.plain }
    }

    /// The sum divided by `divisor` against the network's value, which may be off by `slack` more
    /// than the rounding of the terms.
    pub(super) fn check<T: Number>(&self, divisor: f64, value: f64, slack: f64) -> Check {
        let gamma = KERNEL_FACTOR * gamma::<T>((self.count + EXTRA_ROUNDINGS) as f64);
        let lost = tiny::<T>() * self.lost;
        let bound = (gamma * self.size + lost) / divisor + slack;
        let size = if self.wild { f64::NAN } else { self.size };
        let check = Check::new::<T>(self.value() / divisor, value, bound, size);
        Check { slack, ..check }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use stepnet_base::rng::RandomState;

    #[test]
    fn sums_are_exact_where_plain_ones_are_not() {
        let mut sum = Exact::default();
        for (a, b) in [(1e16, 1.0), (1.0, 1.0), (-1e16, 1.0)] {
            sum.add(a, b, (a * b).abs());
        }
        assert_eq!(sum.value(), 1.0);
        let mut product = Exact::default();
        let a = 1.0 + f64::EPSILON;
        product.add(a, a, 1.0);
        product.add(-1.0, 1.0, 1.0);
        product.add(-2.0, f64::EPSILON, 1.0);
        assert_eq!(product.value(), f64::EPSILON * f64::EPSILON);
    }

    #[test]
    fn sums_in_any_order_are_within_the_bound_and_a_wrong_one_is_not() {
        let mut random = RandomState::new(3);
        for len in [1, 2, 10, 1000] {
            let terms: Vec<(f32, f32)> = (0..len)
                .map(|_| (random.normal() as f32, random.normal() as f32))
                .collect();
            let mut exact = Exact::default();
            for &(a, b) in &terms {
                let (a, b) = (f64::from(a), f64::from(b));
                exact.add(a, b, (a * b).abs());
            }
            let forwards: f32 = terms.iter().map(|(a, b)| a * b).sum();
            let backwards: f32 = terms.iter().rev().map(|(a, b)| a * b).sum();
            let fused = terms.iter().fold(0.0_f32, |sum, (a, b)| a.mul_add(*b, sum));
            for sum in [forwards, backwards, fused] {
                let check = exact.check::<f32>(1.0, sum.into(), 0.0);
                assert!(check.ok, "{len}: {check:?}");
            }
            let off = exact.check::<f32>(
                1.0,
                f64::from(forwards) + 3e-7 * exact.size * len as f64,
                0.0,
            );
            assert!(len == 1 || !off.ok, "{len}: {off:?}");
        }
    }

    #[test]
    fn values_that_are_not_finite_are_right_only_where_the_terms_explain_them() {
        let mut sum = Exact::default();
        sum.add(3e38, 2.0, 6e38);
        assert!(sum.check::<f32>(1.0, f64::INFINITY, 0.0).ok);
        assert!(!sum.check::<f64>(1.0, f64::INFINITY, 0.0).ok);
        assert!(!sum.check::<f64>(1.0, f64::NAN, 0.0).ok);
        sum.add(f64::NAN, 1.0, f64::NAN);
        assert!(sum.check::<f64>(1.0, f64::NAN, 0.0).ok);
        assert!(!sum.check::<f64>(1.0, 1.0, 0.0).ok);
    }
}
