//! What chance explains: the interval of an accuracy, and the difference of two classifiers on the same examples.

/// The standard normal's 97.5 % quantile.
const Z: f64 = 1.959_963_984_540_054;

/// The 95 % confidence interval of a share, of which `right` of `all` examples are an estimate (E. B. Wilson, 1927). It
/// stays within 0 and 1, and is right for few examples as well.
///
/// ```
/// use stepnet::train::wilson_interval;
///
/// let [low, high] = wilson_interval(8, 10);
/// assert!((low - 0.4902).abs() < 1e-4 && (high - 0.9433).abs() < 1e-4);
/// ```
pub fn wilson_interval(right: usize, all: usize) -> [f64; 2] {
    if all == 0 {
        return [0.0, 1.0];
    }
    let n = all as f64;
    let share = right as f64 / n;
    let middle = share + Z * Z / (2.0 * n);
    let half = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    // Rounding must not leave an end outside of the share itself.
    [
        ((middle - half) / scale).clamp(0.0, share),
        ((middle + half) / scale).clamp(share, 1.0),
    ]
}

/// McNemar's test of two classifiers on the same examples.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct PairedTest {
    /// The number of examples.
    pub examples: usize,
    /// Those that only the first classifier gets right.
    pub only_first: usize,
    /// Those that only the second gets right.
    pub only_second: usize,
    /// The probability of a difference at least as large if both were equally good: exact, two-sided.
    pub p: f64,
    /// The accuracy of the second less that of the first.
    pub difference: f64,
    /// The 95 % confidence interval of the difference (normal approximation for paired shares).
    pub interval: [f64; 2],
}

impl PairedTest {
    /// The test of what two classifiers got right, example by example. Only the examples count that one gets right and the
    /// other does not: equally good classifiers would each have half of them, so their number has a binomial distribution.
    pub fn of(first: &[bool], second: &[bool]) -> Self {
        let pairs = || first.iter().zip(second);
        let only_first = pairs().filter(|(a, b)| **a && !**b).count();
        let only_second = pairs().filter(|(a, b)| !**a && **b).count();
        let examples = first.len().min(second.len());
        let n = examples.max(1) as f64;
        let (b, c) = (only_first as f64, only_second as f64);
        let difference = (c - b) / n;
        let deviation = (b + c - (b - c) * (b - c) / n).max(0.0).sqrt() / n;
        Self {
            examples,
            only_first,
            only_second,
            p: two_sided(only_first.min(only_second), only_first + only_second),
            difference,
            interval: [difference - Z * deviation, difference + Z * deviation],
        }
    }

    /// Whether the difference is more than chance explains, at the level of 5 %.
    pub fn is_significant(&self) -> bool {
        self.p < 0.05
    }
}

/// Twice the probability of at most `fewer` heads in `all` throws of a coin, at most 1.
fn two_sided(fewer: usize, all: usize) -> f64 {
    // The logarithm of the binomial coefficient, divided by 2^all.
    let mut term = -(all as f64) * std::f64::consts::LN_2;
    let mut sum = 0.0;
    for heads in 0..=fewer {
        sum += term.exp();
        term += ((all - heads) as f64).ln() - ((heads + 1) as f64).ln();
    }
    (2.0 * sum).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers of the formula of E. B. Wilson (1927), calculated in Python; statsmodels 0.15 has the same
    /// (`statsmodels.stats.proportion.proportion_confint`, method "wilson").
    #[test]
    fn the_interval_is_wilsons() {
        for (right, all, low, high) in [
            (0, 10, 0.0, 0.277_532_8),
            (8, 10, 0.490_162_5, 0.943_317_8),
            (10, 10, 0.722_467_2, 1.0),
            (970, 1000, 0.957_496_6, 0.978_906_3),
        ] {
            let found = wilson_interval(right, all);
            assert!((found[0] - low).abs() < 2e-6, "{right} of {all}: {found:?}");
            assert!(
                (found[1] - high).abs() < 2e-6,
                "{right} of {all}: {found:?}"
            );
        }
        assert_eq!(wilson_interval(0, 0), [0.0, 1.0]);
    }

    /// Against `scipy.stats.binomtest(b, b + c).pvalue`.
    #[test]
    fn the_probability_is_that_of_the_exact_test() {
        for (b, c, p) in [
            (0, 0, 1.0),
            (5, 5, 1.0),
            (0, 5, 0.0625),
            (2, 10, 0.038_574_218_75),
            (40, 60, 0.056_887_933_640_98),
        ] {
            assert!((two_sided(b, b + c) - p).abs() < 1e-9, "{b} {c}");
        }
        assert!(two_sided(3000, 10_000) < 1e-300);
    }

    #[test]
    fn only_examples_that_differ_count() {
        let first = [true, true, true, false, false, true];
        let second = [true, false, true, true, true, true];
        let test = PairedTest::of(&first, &second);
        assert_eq!((test.only_first, test.only_second), (1, 2));
        assert!((test.difference - 1.0 / 6.0).abs() < 1e-12);
        assert_eq!(test.p, 1.0);
        assert!(!test.is_significant());
        assert!(test.interval[0] < test.difference && test.difference < test.interval[1]);
    }
}
