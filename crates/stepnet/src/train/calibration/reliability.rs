//! Confidence compared with accuracy.

use super::scores::Verdict;

/// The number of bins, as in C. Guo et al., "On calibration of modern neural networks", 2017.
pub const BINS: usize = 15;

/// The examples whose confidence is in a range.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub struct ReliabilityBin {
    /// How many there are.
    pub examples: usize,
    /// The mean of their confidence.
    pub confidence: f64,
    /// The share of right answers among them.
    pub accuracy: f64,
}

/// A reliability curve: the examples in bins of equal width by their confidence.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Reliability {
    /// The bins, from the lowest confidence to the highest; some may be empty.
    pub bins: Vec<ReliabilityBin>,
    /// The expected calibration error: the mean distance of confidence and accuracy of the bins, weighted by their examples.
    pub expected_error: f64,
}

impl Reliability {
    /// The curve of some verdicts in `bins` bins: the `k`-th has those with `k / bins < confidence <= (k + 1) / bins`.
    pub fn of(verdicts: &[Verdict], bins: usize) -> Self {
        let bins = bins.max(1);
        let mut sums = vec![(0_usize, 0.0, 0_usize); bins];
        for verdict in verdicts {
            let place = (verdict.confidence * bins as f64).ceil() as usize;
            let (examples, confidence, right) = &mut sums[place.clamp(1, bins) - 1];
            *examples += 1;
            *confidence += verdict.confidence;
            *right += usize::from(verdict.right);
        }
        let bin = |(examples, confidence, right): (usize, f64, usize)| match examples {
            0 => ReliabilityBin::default(),
            examples => ReliabilityBin {
                examples,
                confidence: confidence / examples as f64,
                accuracy: right as f64 / examples as f64,
            },
        };
        let bins: Vec<ReliabilityBin> = sums.into_iter().map(bin).collect();
        let distance =
            |bin: &ReliabilityBin| bin.examples as f64 * (bin.confidence - bin.accuracy).abs();
        let expected_error = bins.iter().map(distance).sum::<f64>() / verdicts.len().max(1) as f64;
        Self {
            bins,
            expected_error,
        }
    }
}
