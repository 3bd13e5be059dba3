//! A classifier that answers only when it is confident.

use super::scores::Verdict;

/// What a classifier that keeps silent below a confidence would answer.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Answered {
    /// The confidence from which on it answers.
    pub confidence: f64,
    /// How many examples it answers.
    pub examples: usize,
    /// Their share of all.
    pub share: f64,
    /// How many of these answers are right.
    pub right: usize,
}

impl Answered {
    /// The share of right answers among those given; `None` where there are none.
    pub fn accuracy(&self) -> Option<f64> {
        (self.examples > 0).then(|| self.right as f64 / self.examples as f64)
    }
}

/// What a classifier answers that says "I do not know" below `confidence`.
pub fn answered(verdicts: &[Verdict], confidence: f64) -> Answered {
    let given = || {
        verdicts
            .iter()
            .filter(|verdict| verdict.confidence >= confidence)
    };
    let examples = given().count();
    Answered {
        confidence,
        examples,
        share: examples as f64 / verdicts.len().max(1) as f64,
        right: given().filter(|verdict| verdict.right).count(),
    }
}
