//! Natural logarithms to more than 170 bits, in fixed-point integers: slow, and exact enough to round.

/// Fractional bits of a [`Fixed`].
const FRACTION: u32 = 240;
const LIMBS: usize = 4;

/// A number in `[0, 2^16)`, in units of `2^-240`; the least significant limb comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fixed([u64; LIMBS]);

impl Fixed {
    const ZERO: Self = Self([0; LIMBS]);

    /// `numerator / denominator`, cut to a whole number of units, for quotients below `2^16`.
    fn ratio(numerator: u64, denominator: u64) -> Self {
        // The numerator times 2^240 is its bits at 240 = 3 * 64 + 48.
        let dividend = [0, 0, 0, numerator << 48, numerator >> 16];
        let mut quotient = [0; LIMBS + 1];
        let mut remainder = 0;
        for (digit, &limb) in quotient.iter_mut().zip(&dividend).rev() {
            (*digit, remainder) = divide(remainder, limb, denominator);
        }
        let [low @ .., _] = quotient;
        Self(low)
    }

    fn add(self, other: Self) -> Self {
        let mut carry = false;
        let mut sum = [0; LIMBS];
        for (out, (&a, &b)) in sum.iter_mut().zip(self.0.iter().zip(&other.0)) {
            let (partial, first) = a.overflowing_add(b);
            let (total, second) = partial.overflowing_add(u64::from(carry));
            (*out, carry) = (total, first || second);
        }
        Self(sum)
    }

    /// `self - other`, for `other <= self`.
    fn sub(self, other: Self) -> Self {
        // Two's complement: x - y = x + !y + 1.
        let one = Self([1, 0, 0, 0]);
        self.add(Self(other.0.map(|limb| !limb))).add(one)
    }

    /// The product, cut to a whole number of units.
    fn mul(self, other: Self) -> Self {
        let mut wide = [0_u64; 2 * LIMBS];
        for (i, &a) in self.0.iter().enumerate() {
            let mut carry = 0;
            for (j, &b) in other.0.iter().enumerate() {
                let sum = u128::from(a) * u128::from(b) + u128::from(wide[i + j]) + carry;
                (wide[i + j], carry) = (sum as u64, sum >> 64);
            }
            wide[i + LIMBS] = carry as u64;
        }
        let shifted = |i: usize| wide[i + 3] >> 48 | wide[i + 4] << 16;
        Self([shifted(0), shifted(1), shifted(2), shifted(3)])
    }

    fn scale(self, factor: u64) -> Self {
        let mut carry = 0;
        Self(self.0.map(|limb| {
            let product = u128::from(limb) * u128::from(factor) + carry;
            carry = product >> 64;
            product as u64
        }))
    }

    fn div(self, divisor: u64) -> Self {
        let mut remainder = 0;
        let mut quotient = Self::ZERO;
        for (digit, &limb) in quotient.0.iter_mut().zip(&self.0).rev() {
            (*digit, remainder) = divide(remainder, limb, divisor);
        }
        quotient
    }

    /// `artanh(numerator / denominator)` for a ratio of at most 1/3:
    /// the series `s + s^3/3 + s^5/5 + ...`, until its terms vanish.
    ///
    /// At most 80 terms, each cut three times by less than a unit: the error is below `2^-232`.
    fn artanh(numerator: u64, denominator: u64) -> Self {
        let s = Self::ratio(numerator, denominator);
        let square = s.mul(s);
        let (mut power, mut sum) = (s, s);
        for odd in (3..).step_by(2) {
            power = power.mul(square);
            if power == Self::ZERO {
                break;
            }
            sum = sum.add(power.div(odd));
        }
        sum
    }

    /// The logarithm of 2: `2 artanh(1/3)`.
    pub(super) fn ln_2() -> Self {
        Self::artanh(1, 3).scale(2)
    }

    /// The magnitude of `ln(numerator / denominator)`, for ratios from 1/2 to 2.
    pub(super) fn ln_ratio(numerator: u64, denominator: u64) -> Self {
        Self::artanh(numerator.abs_diff(denominator), numerator + denominator).scale(2)
    }

    /// The magnitude of `exponent ln 2 + ln(numerator / denominator)`, for ratios from 1/sqrt(2) to sqrt(2).
    pub(super) fn ln_scaled(ln_2: Self, exponent: i32, numerator: u64, denominator: u64) -> Self {
        let ratio = Self::ln_ratio(numerator, denominator);
        let power = ln_2.scale(u64::from(exponent.unsigned_abs()));
        match (exponent.signum(), numerator >= denominator) {
            (0, _) => ratio,
            (1, true) | (-1, false) => power.add(ratio),
            // ln 2 exceeds the logarithm of any ratio in the range.
            _ => power.sub(ratio),
        }
    }

    /// The nearest `f64`.
    pub(super) fn to_f64(self) -> f64 {
        let bits = self.bits();
        let dropped = bits.saturating_sub(53);
        let kept = self.shifted_right(dropped);
        let up = dropped > 0 && self.shifted_right(dropped - 1) & 1 == 1;
        scaled(kept + u64::from(up), dropped)
    }

    /// The number as an unevaluated sum of two `f64`, exact to the last unit or to 106 bits.
    pub(super) fn to_pair(self) -> (f64, f64) {
        let dropped = self.bits().saturating_sub(53);
        let kept = self.shifted_right(dropped);
        let rest = self.sub(Self([kept, 0, 0, 0]).shifted_left(dropped));
        (scaled(kept, dropped), rest.to_f64())
    }

    /// How many bits the number has, in units.
    fn bits(self) -> u32 {
        let empty = self.0.iter().rev().take_while(|&&limb| limb == 0).count();
        let top = self
            .0
            .iter()
            .rev()
            .nth(empty)
            .map_or(0, |limb| limb.leading_zeros());
        64 * (LIMBS - empty) as u32 - top
    }

    /// The low 64 bits of the number of units over `2^by`, for `by` below 256.
    fn shifted_right(self, by: u32) -> u64 {
        let (limb, bit) = ((by / 64) as usize, by % 64);
        let low = self.0[limb] >> bit;
        match self.0.get(limb + 1) {
            Some(&next) if bit > 0 => low | next << (64 - bit),
            _ => low,
        }
    }

    fn shifted_left(self, by: u32) -> Self {
        let (limbs, bits) = ((by / 64) as usize, by % 64);
        let mut shifted = Self(self.0).scale(1 << bits);
        shifted.0.rotate_right(limbs);
        shifted
    }
}

/// Quotient and remainder of `(upper 2^64 + lower) / divisor`, for `upper < divisor`.
fn divide(upper: u64, lower: u64, divisor: u64) -> (u64, u64) {
    let (dividend, divisor) = (
        u128::from(upper) << 64 | u128::from(lower),
        u128::from(divisor),
    );
    ((dividend / divisor) as u64, (dividend % divisor) as u64)
}

/// `significand * 2^shift` units as an `f64`: exact, as the significand has at most 54 bits and ends in 0 then.
fn scaled(significand: u64, shift: u32) -> f64 {
    let exponent = 1023 + u64::from(shift) - u64::from(FRACTION);
    significand as f64 * f64::from_bits(exponent << 52)
}
