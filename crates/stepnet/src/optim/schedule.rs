//! How the learning rate changes over a run.

use std::f64::consts::PI;
use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};

/// The learning rate as a share of its base, over the run.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Schedule {
    /// Always the base rate.
    #[default]
    Constant,
    /// A straight rise to the base rate over the first twentieth of the run (Goyal et al., 2017:
    /// large first steps of a fresh network do harm), then half a cosine down to nothing
    /// (Loshchilov and Hutter, 2017, without restarts).
    Cosine,
    /// The course's decay: after epoch `e` (from 0) the rate becomes
    /// `base / (1 + rate * floor(e / every))`, to be used from the next epoch on, so that the first
    /// two epochs have the same. `every` 1 is its decay at every epoch, a larger one its decay at
    /// fixed intervals.
    Decay {
        /// How much the divisor grows at a time.
        rate: f64,
        /// Epochs between two changes.
        every: usize,
    },
}

/// The share of a run over which [`Schedule::Cosine`] rises.
const WARM_UP: f64 = 0.05;

impl Schedule {
    /// The rate in `epoch` (from 0), when the share `progress` (0 to 1) of all steps is done.
    pub fn rate(self, base: f64, epoch: usize, progress: f64) -> f64 {
        match self {
            Self::Constant => base,
            Self::Cosine if progress < WARM_UP => base * progress.max(0.0) / WARM_UP,
            Self::Cosine => {
                let down = ((progress - WARM_UP) / (1.0 - WARM_UP)).min(1.0);
                base * 0.5 * (1.0 + (PI * down).cos())
            }
            Self::Decay { rate, every } => {
                let before = epoch.saturating_sub(1);
                base / (1.0 + rate * (before / every.max(1)) as f64)
            }
        }
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant => f.write_str("constant"),
            Self::Cosine => f.write_str("cosine"),
            Self::Decay { rate, every: 1 } => write!(f, "decay({rate})"),
            Self::Decay { rate, every } => write!(f, "decay({rate}, {every})"),
        }
    }
}

impl FromStr for Schedule {
    type Err = Error;

    /// `constant`, `cosine`, `decay` or `decay(RATE)` for every epoch, `decay(RATE, EVERY)`.
    fn from_str(text: &str) -> Result<Self> {
        let lower = text.trim().to_ascii_lowercase();
        match lower.as_str() {
            "constant" => return Ok(Self::Constant),
            "cosine" => return Ok(Self::Cosine),
            "decay" => {
                return Ok(Self::Decay {
                    rate: 1.0,
                    every: 1,
                });
            }
            _ => {}
        }
        parse_decay(&lower).ok_or_else(|| {
            let expected = "constant, cosine, decay(RATE) such as decay(1), or decay(RATE, EPOCHS) such as decay(1, 1000)";
            Error::value("schedule", "the name", format!("{text:?}"), expected)
        })
    }
}

/// `decay(RATE)` or `decay(RATE, EVERY)` with a positive rate and a positive number of epochs.
fn parse_decay(text: &str) -> Option<Schedule> {
    let arguments = text.strip_prefix("decay")?.trim_start();
    let arguments = arguments.strip_prefix('(')?.strip_suffix(')')?;
    let (rate, every) = arguments.split_once(',').unwrap_or((arguments, "1"));
    let rate: f64 = rate.trim().parse().ok()?;
    let every: usize = every.trim().parse().ok()?;
    let fits = rate.is_finite() && rate > 0.0 && every > 0;
    fits.then_some(Schedule::Decay { rate, every })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cosine_rises_and_falls() {
        let near = |progress: f64, expected: f64| {
            let rate = Schedule::Cosine.rate(0.2, 3, progress);
            assert!(
                (rate - expected).abs() < 1e-15,
                "{rate} at {progress}, expected {expected}"
            );
        };
        near(0.0, 0.0);
        near(0.025, 0.1);
        near(0.05, 0.2);
        near(0.525, 0.1);
        near(1.0, 0.0);
        assert_eq!(Schedule::Constant.rate(0.2, 9, 0.7), 0.2);
    }

    #[test]
    fn decay_starts_with_two_epochs_alike() {
        let each = Schedule::Decay {
            rate: 1.0,
            every: 1,
        };
        let rates: Vec<f64> = (0..4).map(|epoch| each.rate(0.6, epoch, 0.0)).collect();
        assert_eq!(rates, [0.6, 0.6, 0.6 / 2.0, 0.6 / 3.0]);
        let fixed: Schedule = "decay(0.5, 1000)".parse().unwrap();
        assert_eq!(fixed.rate(0.6, 1000, 0.0), 0.6);
        assert_eq!(fixed.rate(0.6, 1001, 0.0), 0.6 / 1.5);
        assert_eq!(fixed.rate(0.6, 2001, 0.0), 0.6 / 2.0);
    }

    #[test]
    fn schedules_parse_and_print() {
        for text in ["constant", "cosine", "decay(1)", "decay(0.25, 1000)"] {
            assert_eq!(text.parse::<Schedule>().unwrap().to_string(), text);
        }
        assert_eq!(
            "Decay".parse::<Schedule>().unwrap(),
            "decay(1)".parse().unwrap()
        );
        for text in [
            "",
            "decay(",
            "decay()",
            "decay(0)",
            "decay(-1)",
            "decay(1, 0)",
            "decay(1,2,3)",
            "decay(nan)",
            "step",
        ] {
            let error = text.parse::<Schedule>().unwrap_err().to_string();
            assert!(error.contains("decay(1, 1000)"), "{error}");
        }
    }
}
