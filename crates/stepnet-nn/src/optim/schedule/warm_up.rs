//! The rise at the start of a run.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};

/// How long the learning rate rises at the start of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum WarmUp {
    /// A share of all steps, from 0 (no rise) to less than 1.
    Share(f64),
    /// This many epochs.
    Epochs(usize),
}

impl WarmUp {
    /// The share of a run of `epochs` epochs.
    ///
    /// # Errors
    /// When the run ends before the rise does.
    pub fn share(self, epochs: usize) -> Result<f64> {
        let share = match self {
            Self::Share(share) => share,
            Self::Epochs(rise) => rise as f64 / epochs.max(1) as f64,
        };
        if (0.0..1.0).contains(&share) {
            return Ok(share);
        }
        let expected = match self {
            Self::Share(_) => EXPECTED.to_owned(),
            Self::Epochs(_) => format!("less than the {epochs} epochs of the run"),
        };
        Err(Error::value("schedule", "the warm-up", self, expected))
    }
}

const EXPECTED: &str = "a share of the run such as 0.05, or a number of epochs from 1";

impl fmt::Display for WarmUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Share(share) => write!(f, "{share}"),
            Self::Epochs(1) => f.write_str("1 epoch"),
            Self::Epochs(epochs) => write!(f, "{epochs} epochs"),
        }
    }
}

impl FromStr for WarmUp {
    type Err = Error;

    /// A share below 1 (`0.05`, `5%`), or epochs (`3`, `3 epochs`).
    fn from_str(text: &str) -> Result<Self> {
        let refused = || Error::value("schedule", "the warm-up", format!("{text:?}"), EXPECTED);
        let plain = text.trim().to_ascii_lowercase();
        let share = |text: &str, whole: f64| {
            let share: f64 = text.trim().parse().ok()?;
            let share = share / whole;
            (0.0..1.0).contains(&share).then_some(Self::Share(share))
        };
        if let Some(percent) = plain.strip_suffix('%') {
            return share(percent, 100.0).ok_or_else(refused);
        }
        let number = plain
            .strip_suffix("epochs")
            .or_else(|| plain.strip_suffix("epoch"));
        let epochs = number.unwrap_or(&plain).trim().parse().ok();
        match (epochs.filter(|&epochs: &usize| epochs > 0), number) {
            (Some(epochs), _) => Ok(Self::Epochs(epochs)),
            (None, None) => share(&plain, 1.0).ok_or_else(refused),
            (None, Some(_)) => Err(refused()),
        }
    }
}
