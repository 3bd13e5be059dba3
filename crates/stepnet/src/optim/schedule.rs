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
    /// Half a cosine from the base rate at the first step to nearly nothing at the last
    /// (Loshchilov and Hutter, 2017, without restarts).
    Cosine,
}

impl Schedule {
    /// The rate when the share `progress` (0 to 1) of all steps is done.
    pub fn rate(self, base: f64, progress: f64) -> f64 {
        match self {
            Self::Constant => base,
            Self::Cosine => base * 0.5 * (1.0 + (PI * progress.clamp(0.0, 1.0)).cos()),
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
    fn cosine_falls_from_the_base_to_nothing() {
        assert_eq!(Schedule::Cosine.rate(0.2, 0.0), 0.2);
        assert!((Schedule::Cosine.rate(0.2, 0.5) - 0.1).abs() < 1e-15);
        assert!(Schedule::Cosine.rate(0.2, 1.0).abs() < 1e-15);
        assert_eq!(Schedule::Constant.rate(0.2, 0.7), 0.2);
    }
}
