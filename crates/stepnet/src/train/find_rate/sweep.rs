//! The sweeps: which rates are tried, and the result of one update with each.

use crate::error::{Error, Result};
use crate::limits::SWEPT_RATE;

/// Which rates are tried, and how often.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct RateSweep {
    /// The rate of the first update.
    pub lowest: f64,
    /// The rate of the last one.
    pub highest: f64,
    /// Updates, each on a mini-batch; the data is repeated as often as needed.
    pub steps: usize,
    /// How many sweeps there are, each from the same weights with the data in another order.
    pub sweeps: usize,
}

stepnet_base::setters! { RateSweep {
    lowest: f64,
    highest: f64,
    steps: usize,
    sweeps: usize,
} }

impl Default for RateSweep {
    fn default() -> Self {
        Self {
            lowest: 1e-7,
            highest: 10.0,
            steps: 200,
            sweeps: 5,
        }
    }
}

impl RateSweep {
    /// The rate of update number `step`, from 0.
    pub fn rate(&self, step: usize) -> f64 {
        let share = step as f64 / (self.steps - 1).max(1) as f64;
        (self.lowest.ln() + share * (self.highest / self.lowest).ln()).exp()
    }

    pub(super) fn check(&self) -> Result<()> {
        let refuse = |what: &str, found: String, expected: &str| {
            Err(Error::value("find-lr", what, found, expected))
        };
        SWEPT_RATE.check("find-lr", "the lowest rate", self.lowest)?;
        SWEPT_RATE.check("find-lr", "the highest rate", self.highest)?;
        if self.highest <= self.lowest {
            let expected = format!("more than the lowest, {}", self.lowest);
            return refuse("the highest rate", self.highest.to_string(), &expected);
        }
        if !(LEAST_STEPS..=MOST_STEPS).contains(&self.steps) {
            let expected = format!("{LEAST_STEPS} to {MOST_STEPS}");
            return refuse("the number of updates", self.steps.to_string(), &expected);
        }
        if !(1..=MOST_SWEEPS).contains(&self.sweeps) {
            let expected = format!("1 to {MOST_SWEEPS}");
            return refuse("the number of sweeps", self.sweeps.to_string(), &expected);
        }
        Ok(())
    }
}

/// With fewer updates than this there is no curve.
pub const LEAST_STEPS: usize = 20;

/// More updates than this give no more information.
pub const MOST_STEPS: usize = 100_000;

/// More sweeps than this give no more information.
pub const MOST_SWEEPS: usize = 100;

/// One update of a sweep, or of all sweeps combined.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct RateTrial {
    /// The learning rate.
    pub rate: f64,
    /// The loss of the update's batch, from before it; of all sweeps together, the median.
    pub loss: f64,
    /// The losses smoothed: in one sweep an exponential average of those so far without the bias of its start, of all
    /// sweeps together a weighted average of those around it.
    pub smoothed: f64,
}
