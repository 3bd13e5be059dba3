//! The same functions to about 100 bits, in pairs of `f64`, for the tests to measure errors with.

use crate::Real;

/// An unevaluated sum, `low` at most half a unit of the last place of `high`.
#[derive(Clone, Copy, Debug)]
struct Pair {
    high: f64,
    low: f64,
}

/// `ln 2` to 106 bits.
const LN_2: Pair = Pair {
    high: std::f64::consts::LN_2,
    low: 2.319_046_813_846_299_6e-17,
};

impl Pair {
    fn from(high: f64) -> Self {
        Self { high, low: 0.0 }
    }

    /// `a + b` exactly (Knuth).
    fn sum(a: f64, b: f64) -> Self {
        let high = a + b;
        let b_seen = high - a;
        let low = (a - (high - b_seen)) + (b - b_seen);
        Self { high, low }
    }

    fn add(self, other: Self) -> Self {
        let sum = Self::sum(self.high, other.high);
        let rest = Self::sum(self.low, other.low);
        let sum = Self::sum(sum.high, sum.low + rest.high);
        Self::sum(sum.high, sum.low + rest.low)
    }

    fn mul(self, other: Self) -> Self {
        let high = self.high * other.high;
        let low = self.high.mul_add(other.high, -high);
        let low = low + (self.high * other.low + self.low * other.high);
        Self::sum(high, low)
    }

    fn div(self, other: Self) -> Self {
        let first = self.high / other.high;
        let rest = self.add(other.mul(Self::from(-first)));
        let second = rest.high / other.high;
        let rest = rest.add(other.mul(Self::from(-second)));
        Self::sum(first, second).add(Self::from(rest.high / other.high))
    }

    /// Times a power of two.
    fn scaled(self, factor: f64) -> Self {
        Self {
            high: self.high * factor,
            low: self.low * factor,
        }
    }

    /// `exp(self) - 1` for arguments up to 1/2: the series at a 16th, squared up again.
    fn exp_m1(self) -> Self {
        let x = self.scaled(1.0 / 16.0);
        let mut sum = Self::from(0.0);
        for n in (1..=16_u8).rev() {
            // (sum + 1) x / n, from the inside out.
            let inner = sum.add(Self::from(1.0)).mul(x);
            sum = inner.div(Self::from(f64::from(n)));
        }
        (0..4).fold(sum, |sum, _| sum.mul(sum).add(sum.scaled(2.0)))
    }
}

/// An exact value: a pair times `2^exponent`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exact {
    value: Pair,
    exponent: i32,
}

/// `2^n`, in steps that neither overflow nor underflow too early.
fn scale(mut x: f64, mut n: i32) -> f64 {
    while n != 0 {
        let step = n.clamp(-900, 900);
        x *= f64::from_bits(((1023 + step) as u64) << 52);
        n -= step;
    }
    x
}

impl Exact {
    fn plain(value: Pair) -> Self {
        Self { value, exponent: 0 }
    }

    /// How many units of the last place, of `T` at this value, `found` is off.
    pub(super) fn ulps<T: Real>(&self, found: T) -> f64 {
        let (digits, lowest) = if size_of::<T>() == 4 {
            (23, -149)
        } else {
            (52, -1074)
        };
        let binade = |x: f64| ((x.to_bits() >> 52) & 0x7ff) as i32 - 1023;
        let place = (binade(self.value.high) + self.exponent - digits).max(lowest);
        // A step of 1000 at most: the pair's parts stay normal, and so does the difference.
        let found = scale(found.as_f64(), -self.exponent);
        let error = (found - self.value.high) - self.value.low;
        scale(error, self.exponent - place).abs()
    }
}

/// `x = k ln 2 + r`, and `exp(r) - 1`.
fn reduced(x: f64) -> (i32, Pair) {
    reduced_pair(Pair::from(x))
}

fn reduced_pair(x: Pair) -> (i32, Pair) {
    let k = (x.high / LN_2.high).round();
    let r = x.add(LN_2.mul(Pair::from(-k)));
    (k as i32, r.exp_m1())
}

pub(super) fn exp(x: f64) -> Exact {
    let (exponent, m1) = reduced(x);
    Exact {
        value: m1.add(Pair::from(1.0)),
        exponent,
    }
}

/// Below this `tanh(x)` and `ln(1 + x)` are `x` to more than 100 bits, and pairs would underflow.
const TINY: f64 = 1e-40;

pub(super) fn tanh(x: f64) -> Exact {
    if x.abs() < TINY {
        return Exact::plain(Pair::from(x));
    }
    let (k, m1) = reduced(2.0 * x.abs().min(50.0));
    let power = scale(1.0, k);
    let t = Pair::sum(power, -1.0).add(m1.scaled(power));
    let value = t.div(t.add(Pair::from(2.0)));
    Exact::plain(value.scaled(1.0_f64.copysign(x)))
}

pub(super) fn sigmoid(x: f64) -> Exact {
    let e = exp(-x.abs());
    let plain = Pair {
        high: scale(e.value.high, e.exponent),
        low: scale(e.value.low, e.exponent),
    };
    let below = plain.add(Pair::from(1.0));
    if x >= 0.0 {
        Exact::plain(Pair::from(1.0).div(below))
    } else {
        Exact {
            value: e.value.div(below),
            exponent: e.exponent,
        }
    }
}

/// One step of Newton from the platform's `ln(1 + x)`.
pub(super) fn ln_1p_unit(x: f64) -> Exact {
    if x < TINY {
        return Exact::plain(Pair::from(x));
    }
    let guess = x.ln_1p();
    let (k, m1) = reduced(guess);
    let power = scale(1.0, k);
    let m1 = Pair::sum(power, -1.0).add(m1.scaled(power));
    let rest = Pair::from(x).add(m1.scaled(-1.0));
    Exact::plain(Pair::sum(guess, rest.high / (1.0 + x)))
}

/// `1 / sqrt(2 pi)` to 106 bits.
const DENSITY_AT_0: Pair = Pair {
    high: 0.398_942_280_401_432_7,
    low: -2.492_327_202_277_73e-17,
};

/// The standard normal distribution's share below `-a`, for `a >= 0`.
///
/// Near 0 `1/2 - phi(a) (a + a^3 / 3 + a^5 / (3 5) + ...)`, further out
/// `phi(a) / (a + 1 / (a + 2 / (a + 3 / ...)))`.
fn normal_tail(a: f64) -> Exact {
    let square = Pair::from(a).mul(Pair::from(a));
    let (exponent, m1) = reduced_pair(square.scaled(-0.5));
    let density = m1.add(Pair::from(1.0)).mul(DENSITY_AT_0);
    if a < 5.0 {
        let mut sum = Pair::from(0.0);
        for n in (0..120_u32).rev() {
            // (1 + a^2 / (2 n + 3) (1 + ...)), from the inside out.
            let next = sum.mul(square).div(Pair::from(f64::from(2 * n + 3)));
            sum = next.add(Pair::from(1.0));
        }
        let near = density
            .scaled(scale(1.0, exponent))
            .mul(sum.mul(Pair::from(a)));
        return Exact::plain(Pair::from(0.5).add(near.scaled(-1.0)));
    }
    let mut below = Pair::from(a);
    for n in (1..=300_u32).rev() {
        below = Pair::from(f64::from(n)).div(below).add(Pair::from(a));
    }
    Exact {
        value: density.div(below),
        exponent,
    }
}

/// `x Phi(x)`.
pub(super) fn normal_product(x: f64) -> Exact {
    let tail = normal_tail(x.abs());
    if x < 0.0 {
        return Exact {
            value: tail.value.mul(Pair::from(x)),
            ..tail
        };
    }
    let plain = Pair {
        high: scale(tail.value.high, tail.exponent),
        low: scale(tail.value.low, tail.exponent),
    };
    Exact::plain(Pair::from(1.0).add(plain.scaled(-1.0)).mul(Pair::from(x)))
}
