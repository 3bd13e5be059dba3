//! How far the probabilities of a classifier can be believed: reliability, temperature, and when it should rather not answer.

mod answers;
mod cost;
mod fitted;
mod reliability;
mod scores;
mod temperature;

pub use answers::{Answered, answered};
pub use cost::{Threshold, threshold_by_cost};
pub use fitted::Calibration;
pub use reliability::{BINS, Reliability, ReliabilityBin};
pub use scores::{ClassScores, Verdict};
pub use temperature::{TEMPERATURES, scale_outputs};

#[cfg(test)]
mod tests;
