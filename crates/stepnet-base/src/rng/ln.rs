//! The natural logarithm, correctly rounded on every platform.
//!
//! Idea (Ziv's strategy): compute a sum `high + low` of two `f64` that is very near the logarithm. If adding
//! the error bound to `low` and subtracting it give the same rounded sum, that is the answer. Otherwise, about
//! once in a thousand calls, the logarithm is computed to more than 170 bits ([`Fixed`]) and rounded.
//! The hardest `f64` to round need about 118 bits, so the second answer is always right.
//!
//! The quick path writes `x = 2^e m` with `m` in `[0.70, 1.42]`, takes from a table an `r` near `1/m` of at
//! most 10 bits with its `-ln r`, and sums
//!
//! ```text
//! ln x = e ln 2 - ln r + ln(1 + z),   z = r m - 1,   |z| < 2^-7
//! ```
//!
//! Only `+ - *` on `f64` are used, and no fused multiply-add: the same bits everywhere.

use std::sync::LazyLock;

use super::fixed::Fixed;

/// Bound on the error of [`quick`], relative to its result.
///
/// All larger terms are carried as exact pairs. What is rounded is the tail of the series, below `2^-23` and
/// off by at most 4 units of its last place, and what is left out, `z_low z^2`, is below `2^-75`: together less
/// than `2^-73`, while the logarithm is at least `2^-8.1` unless `r = 1`; so below `2^-64` of it. Where `r = 1`
/// the logarithm can be as small as it likes, but the tail is below `2^-17` of it and nothing is left out: below
/// `2^-67`. A test over random numbers measures `2^-68.8`.
const ERROR: f64 = 1.0 / (1_u64 << 63) as f64;

/// The table covers `m` in steps of `2^-7`; its first entry stands for `m = 90/128`.
const FIRST: usize = 90;
const LAST: usize = 182;
const STEPS: f64 = 128.0;

/// Constants of the quick path, made once from [`Fixed`] logarithms.
struct Table {
    ln_2: Fixed,
    /// `ln 2` as a part of 42 bits, whose product with an exponent is exact, and the rest.
    ln_2_high: f64,
    ln_2_low: f64,
    entries: [Entry; LAST - FIRST + 1],
}

/// `r`, a multiple of `2^-9` near the reciprocal of the entry's `m`, and `-ln r` as a pair.
#[derive(Clone, Copy)]
struct Entry {
    r: f64,
    high: f64,
    low: f64,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let ln_2 = Fixed::ln_2();
    let (pair_high, pair_low) = ln_2.to_pair();
    let ln_2_high = f64::from_bits(pair_high.to_bits() & !0x7ff);
    let entries = std::array::from_fn(|i| {
        let m = (FIRST + i) as u64;
        let r = (512 * 128 + m / 2) / m;
        let (high, low) = Fixed::ln_ratio(r, 512).to_pair();
        let sign = if r > 512 { -1.0 } else { 1.0 };
        Entry {
            r: r as f64 / 512.0,
            high: sign * high,
            low: sign * low,
        }
    });
    Table {
        ln_2,
        ln_2_high,
        ln_2_low: (pair_high - ln_2_high) + pair_low,
        entries,
    }
});

/// The natural logarithm of a positive normal number, rounded to the nearest `f64`.
pub(super) fn ln(x: f64) -> f64 {
    debug_assert!(x.is_normal() && x > 0.0, "ln of {x:?}");
    let table = &*TABLE;
    let (exponent, significand) = split(x);
    let (high, low) = quick(table, exponent, significand);
    let bound = high.abs() * ERROR;
    let (below, above) = (high + (low - bound), high + (low + bound));
    if below == above {
        below
    } else {
        accurate(table.ln_2, exponent, significand)
    }
}

/// `x = 2^exponent * significand / 2^53`, with `significand / 2^53` between 0.70 and 1.42.
fn split(x: f64) -> (i32, u64) {
    let bits = x.to_bits();
    let exponent = (bits >> 52) as i32 - 1022;
    let significand = (bits & ((1 << 52) - 1)) | 1 << 52;
    // Significands lie in [1/2, 1); the lower part is doubled so that numbers near 1 have exponent 0.
    if significand < 0x16_a09e_667f_3bcd {
        (exponent - 1, 2 * significand)
    } else {
        (exponent, significand)
    }
}

/// The logarithm as an unevaluated sum, to a relative error of [`ERROR`].
fn quick(table: &Table, exponent: i32, significand: u64) -> (f64, f64) {
    const UNIT: f64 = 1.0 / (1_u64 << 53) as f64;
    // Both halves of m are exact: 27 upper bits at most, and the rest.
    let upper = significand & !0x7ff_ffff;
    let (m_high, m_low) = (upper as f64 * UNIT, (significand - upper) as f64 * UNIT);
    let index = ((m_high + m_low) * STEPS + 0.5) as usize;
    let entry = &table.entries[index - FIRST];

    let (z, z_low) = two_sum(entry.r * m_high - 1.0, entry.r * m_low);
    let (square, square_low) = two_square(z);
    let tail = z * square * series(z);

    let e = f64::from(exponent);
    let (sum, rest_1) = two_sum(e * table.ln_2_high, entry.high);
    let (sum, rest_2) = two_sum(sum, z);
    let (sum, rest_3) = two_sum(sum, -0.5 * square);
    let small = (e * table.ln_2_low + entry.low) + ((z_low - z_low * z) - 0.5 * square_low);
    let low = tail + (((rest_1 + rest_2) + rest_3) + small);
    two_sum(sum, low)
}

/// `(ln(1 + z) - z + z^2/2) / z^3`: the series `1/3 - z/4 + z^2/5 - ...` to `z^8`.
///
/// The first term left out of `ln(1 + z)` is `z^12/12`, below `2^-87`.
fn series(z: f64) -> f64 {
    let coefficients = (3..=11_u8)
        .rev()
        .map(|n| if n % 2 == 1 { 1.0 } else { -1.0 } / f64::from(n));
    coefficients.fold(0.0, |sum, coefficient| sum * z + coefficient)
}

/// The logarithm from [`Fixed`], rounded to the nearest.
#[cold]
fn accurate(ln_2: Fixed, exponent: i32, significand: u64) -> f64 {
    let magnitude = Fixed::ln_scaled(ln_2, exponent, significand, 1 << 53).to_f64();
    let negative = exponent < 0 || (exponent == 0 && significand < 1 << 53);
    if negative { -magnitude } else { magnitude }
}

/// `a + b` as the rounded sum and its rounding error, exactly (Knuth).
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let b_seen = sum - a;
    let a_seen = sum - b_seen;
    (sum, (a - a_seen) + (b - b_seen))
}

/// `z * z` as the rounded product and its rounding error, exactly (Veltkamp and Dekker).
fn two_square(z: f64) -> (f64, f64) {
    const SPLITTER: f64 = 134_217_729.0; // 2^27 + 1
    let scaled = SPLITTER * z;
    let high = scaled - (scaled - z);
    let low = z - high;
    let square = z * z;
    (
        square,
        ((high * high - square) + 2.0 * high * low) + low * low,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::RandomState;

    /// Numbers of every size on (0, 1) and above, with many near 1, where the logarithm vanishes.
    fn samples() -> impl Iterator<Item = f64> {
        let mut random = RandomState::new(20);
        (0..20_000).flat_map(move |i: i32| {
            let u = random.uniform() + 1.0 / (1_u64 << 60) as f64;
            let near = 0.5_f64.powi(i % 53 + 1) * u;
            [
                u,
                u * 0.5_f64.powi(i % 104),
                1.0 - near,
                1.0 + near,
                u * 2.0_f64.powi(i % 1000),
            ]
        })
    }

    #[test]
    fn the_quick_path_keeps_its_error_bound() {
        let table = &*TABLE;
        let mut largest = 0.0_f64;
        for x in samples() {
            let (exponent, significand) = split(x);
            let (high, low) = quick(table, exponent, significand);
            let (exact_high, exact_low) =
                Fixed::ln_scaled(table.ln_2, exponent, significand, 1 << 53).to_pair();
            let sign = if x < 1.0 { -1.0 } else { 1.0 };
            let error = (high - sign * exact_high) + (low - sign * exact_low);
            if x != 1.0 {
                largest = largest.max((error / high).abs());
            }
        }
        let bits = largest.log2();
        assert!(
            (-72.0..-65.0).contains(&bits),
            "largest relative error 2^{bits:.2}"
        );
    }

    #[test]
    fn quick_and_accurate_paths_agree() {
        for x in samples() {
            let (exponent, significand) = split(x);
            let expected = accurate(TABLE.ln_2, exponent, significand);
            assert_eq!(ln(x).to_bits(), expected.to_bits(), "ln({x:?})");
        }
    }

    #[test]
    fn known_logarithms() {
        assert_eq!(ln(1.0).to_bits(), 0);
        // ln 2 and ln 10 as the standard library's constants give them, themselves correctly rounded.
        assert_eq!(ln(2.0), std::f64::consts::LN_2);
        assert_eq!(ln(0.5), -std::f64::consts::LN_2);
        assert_eq!(ln(10.0), std::f64::consts::LN_10);
        assert_eq!(ln(f64::MAX), 709.782712893384);
        assert_eq!(ln(f64::MIN_POSITIVE), -708.3964185322641);
        assert_eq!(ln(1.0 - f64::EPSILON / 2.0), -1.1102230246251566e-16);
        assert_eq!(ln(1.0 + f64::EPSILON), 2.2204460492503128e-16);
    }

    #[test]
    fn hard_logarithms_are_rounded_correctly() {
        #[derive(serde::Deserialize)]
        struct Fixture {
            ln: Vec<(String, String)>,
        }
        let text = include_str!("../../fixtures/hard_logarithms.json");
        let fixture: Fixture = serde_json::from_str(text).unwrap();
        assert_eq!(fixture.ln.len(), 32);
        for (x, expected) in fixture.ln {
            let x = f64::from_bits(u64::from_str_radix(&x, 16).unwrap());
            assert_eq!(format!("{:016x}", ln(x).to_bits()), expected, "ln({x:?})");
        }
    }
}
