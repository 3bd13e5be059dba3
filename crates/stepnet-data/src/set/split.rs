//! Drawing a held-out part.

use crate::{Error, Result};
use stepnet_base::rng::RandomState;

use super::dataset::Dataset;
use super::targets::TargetKind;

impl Dataset {
    /// Draws a held-out part: `(rest, held out)`, both in the original order.
    ///
    /// `round(fraction * n)` examples are held out. Each class gives its share (largest
    /// remainders first, the lower class at a tie) and keeps at least one example. Which examples
    /// of a class are held out is drawn by `RandomState::new(seed).permutation(n)`: of each class,
    /// those that come first in it. Where the targets are labels or numbers, all examples are drawn from alike.
    ///
    /// # Errors
    /// A fraction outside `0 < fraction < 1`, or one that leaves a part empty.
    pub fn split(&self, fraction: f64, seed: u32) -> Result<(Self, Self)> {
        let (rest, held_out) = self.split_indices(fraction, seed)?;
        Ok((self.subset(&rest)?, self.subset(&held_out)?))
    }

    /// The indices behind [`Dataset::split`], each part in increasing order.
    ///
    /// # Errors
    /// As [`Dataset::split`].
    pub fn split_indices(&self, fraction: f64, seed: u32) -> Result<(Vec<usize>, Vec<usize>)> {
        if !(fraction > 0.0 && fraction < 1.0) {
            let expected = "a share between 0 and 1, such as 0.2";
            return Err(Error::value(
                "Dataset::split",
                "the held-out share",
                fraction,
                expected,
            ));
        }
        let by_class = self.targets().kind() == TargetKind::Classes;
        let counts = match by_class {
            true => self.class_counts(),
            false => vec![self.len()],
        };
        let mut shares = shares(&counts, fraction);
        let held = shares.iter().sum::<usize>();
        if held == 0 || held == self.len() {
            return Err(Error::value(
                "Dataset::split",
                "the held-out share",
                fraction,
                format!(
                    "one that leaves examples in both parts: it would hold out {held} of {}",
                    self.len()
                ),
            ));
        }
        let mut rest = Vec::with_capacity(self.len() - held);
        let mut held_out = Vec::with_capacity(held);
        for index in RandomState::new(seed).permutation(self.len()) {
            let class = match by_class {
                true => self.labels()[index] as usize,
                false => 0,
            };
            let share = &mut shares[class];
            if *share > 0 {
                *share -= 1;
                held_out.push(index);
            } else {
                rest.push(index);
            }
        }
        rest.sort_unstable();
        held_out.sort_unstable();
        Ok((rest, held_out))
    }
}

/// How many examples of each class are held out.
fn shares(counts: &[usize], fraction: f64) -> Vec<usize> {
    let total: usize = counts.iter().sum();
    let wanted = (total as f64 * fraction).round() as usize;
    let exact: Vec<f64> = counts
        .iter()
        .map(|&count| count as f64 * fraction)
        .collect();
    let mut shares: Vec<usize> = exact.iter().map(|share| share.floor() as usize).collect();
    let mut order: Vec<usize> = (0..counts.len()).collect();
    let rest = |class: usize| exact[class] - exact[class].floor();
    order.sort_by(|&a, &b| rest(b).total_cmp(&rest(a)).then(a.cmp(&b)));
    let mut missing = wanted.saturating_sub(shares.iter().sum());
    for class in order {
        if missing > 0 && shares[class] + 1 < counts[class] {
            shares[class] += 1;
            missing -= 1;
        }
    }
    shares
}
