//! Tests whether one network is better than another by more than chance.

use super::evaluate::{Answer, evaluate_with};
use crate::data::Dataset;
use crate::error::Result;
use crate::nn::Number;
use crate::nn::{Network, Preprocessing};

/// The standard normal's 95 % quantile: what equal networks pass one time in twenty.
const LIMIT: f64 = 1.645;

/// Whether `network` gets more of the examples right than `other`, by more than chance explains. Where the targets are
/// labels or numbers, an example counts for the network that has the lower loss on it.
///
/// Only the examples count that one network gets right and the other does not: of `n = b + c` such examples,
/// equal networks would each have about half. McNemar's test with a correction for whole numbers: `network` is
/// better if `(b - c - 1) / sqrt(b + c)` is over 1.645, which equal networks pass one time in twenty.
///
/// # Errors
/// As [`evaluate`](super::evaluate).
pub fn is_better<T: Number>(
    network: &Network<T>,
    other: &Network<T>,
    data: &Dataset,
    preprocessing: &Preprocessing,
) -> Result<bool> {
    // How wrong each example is: 0 or 1 where it has a class.
    let wrong = |network: &Network<T>| {
        let mut wrong = Vec::with_capacity(data.len());
        evaluate_with(network, data, preprocessing, |judged| {
            wrong.push(match judged.answer {
                Answer::Class { actual, predicted } => f64::from(u8::from(actual != predicted)),
                Answer::Values(wanted) => network.loss().of_example(judged.outputs, wanted),
            });
        })?;
        Ok::<_, crate::Error>(wrong)
    };
    let (ours, theirs) = (wrong(network)?, wrong(other)?);
    let pairs = ours.iter().zip(&theirs);
    let gained = pairs.clone().filter(|(ours, theirs)| ours < theirs).count();
    let lost = pairs.filter(|(ours, theirs)| ours > theirs).count();
    Ok(passes(gained, lost))
}

fn passes(gained: usize, lost: usize) -> bool {
    let (gained, lost) = (gained as f64, lost as f64);
    gained > lost && (gained - lost - 1.0) / (gained + lost).sqrt() > LIMIT
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against `scipy.stats.binomtest(b, b + c, alternative="greater").pvalue < 0.05`: 0.0625, 0.03125,
    /// 0.0547, 0.0193, 0.0577, 0.0354, 1 and 0.
    #[test]
    fn the_limit_is_that_of_the_exact_test() {
        for (gained, lost, better) in [
            (4, 0, false),
            (5, 0, true),
            (8, 2, false),
            (10, 2, true),
            (14, 6, false),
            (21, 10, true),
            (0, 0, false),
            (500, 100, true),
        ] {
            assert_eq!(passes(gained, lost), better, "{gained} {lost}");
        }
    }
}
