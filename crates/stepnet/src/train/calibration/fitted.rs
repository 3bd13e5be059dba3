//! A temperature fitted to examples, and what it improves.

use serde::Serialize;

use super::reliability::{BINS, Reliability};
use super::scores::{ClassScores, Verdict};
use super::temperature::TEMPERATURES;
use crate::error::{Error, Result};

/// The fewest examples that a temperature is fitted to.
const FEWEST: usize = 20;

/// A temperature and what it improves. The values after it are measured on each half of the examples with the temperature
/// that fits the other half best, so that no example is measured with a temperature that it had a part in.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Calibration {
    /// The temperature that fits all examples best.
    pub temperature: f64,
    /// How many there are.
    pub examples: usize,
    /// The mean loss before.
    pub loss_before: f64,
    /// The mean loss after.
    pub loss_after: f64,
    /// The expected calibration error before.
    pub error_before: f64,
    /// The expected calibration error after.
    pub error_after: f64,
    /// What the classifier says of the examples after, for curves.
    #[serde(skip)]
    pub verdicts: Vec<Verdict>,
}

impl Calibration {
    /// Fits a temperature to some examples.
    ///
    /// # Errors
    /// Fewer than 20 examples.
    pub fn fit(scores: &ClassScores) -> Result<Self> {
        if scores.len() < FEWEST {
            let expected = format!("at least {FEWEST}: a temperature of fewer says nothing");
            return Err(Error::value(
                "calibration",
                "the number of examples",
                scores.len(),
                expected,
            ));
        }
        let halves = [scores.half(0), scores.half(1)];
        let temperatures = [&halves[1], &halves[0]].map(ClassScores::best_temperature);
        let (mut verdicts, mut loss) = (Vec::with_capacity(scores.len()), 0.0);
        for (half, temperature) in halves.iter().zip(temperatures) {
            verdicts.extend(half.verdicts(temperature));
            loss += half.mean_loss(temperature) * half.len() as f64;
        }
        let error = |verdicts: &[Verdict]| Reliability::of(verdicts, BINS).expected_error;
        Ok(Self {
            temperature: scores.best_temperature(),
            examples: scores.len(),
            loss_before: scores.mean_loss(1.0),
            loss_after: loss / scores.len() as f64,
            error_before: error(&scores.verdicts(1.0)),
            error_after: error(&verdicts),
            verdicts,
        })
    }

    /// Whether the temperature is an end of the range: the examples are too few, or too easy to tell.
    pub fn is_at_the_end(&self) -> bool {
        let [least, most] = TEMPERATURES;
        self.temperature < 1.001 * least || self.temperature > 0.999 * most
    }
}
