//! How the learning rate changes over a run.

use std::f64::consts::PI;
use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};

/// The learning rate as a share of its base, over the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Schedule {
    /// Always the base rate.
    #[default]
    Constant,
    /// A straight rise to the base rate over the first twentieth of the run (Goyal et al., 2017:
    /// large first steps of a fresh network do harm), then half a cosine down to nothing
    /// (Loshchilov and Hutter, 2017, without restarts).
    Cosine,
}

/// The share of a run over which [`Schedule::Cosine`] rises.
const WARM_UP: f64 = 0.05;

impl Schedule {
    /// The rate when the share `progress` (0 to 1) of all steps is done.
    pub fn rate(self, base: f64, progress: f64) -> f64 {
        match self {
            Self::Constant => base,
            Self::Cosine if progress < WARM_UP => base * progress.max(0.0) / WARM_UP,
            Self::Cosine => {
                let down = ((progress - WARM_UP) / (1.0 - WARM_UP)).min(1.0);
                base * 0.5 * (1.0 + (PI * down).cos())
            }
        }
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Constant => "constant",
            Self::Cosine => "cosine",
        })
    }
}

impl FromStr for Schedule {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.to_ascii_lowercase().as_str() {
            "constant" => Ok(Self::Constant),
            "cosine" => Ok(Self::Cosine),
            _ => Err(Error::value(
                "schedule",
                "the name",
                format!("{text:?}"),
                "constant or cosine",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cosine_rises_and_falls() {
        let near = |progress: f64, expected: f64| {
            let rate = Schedule::Cosine.rate(0.2, progress);
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
        assert_eq!(Schedule::Constant.rate(0.2, 0.7), 0.2);
    }
}
