//! How a network that starts from a trained one is trained: which layers, and how fast each learns.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::limits;

/// Which layers of a network that starts from a trained one are trained, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Transfer {
    /// All layers that are not frozen, from the first step.
    #[default]
    All,
    /// The last layer alone: the features that the layers before it make of every image are computed once, and it is
    /// fitted to them.
    Head,
    /// First the last layer, as with [`Head`](Self::Head), then all layers that are not frozen.
    Finetune,
}

/// What becomes of running statistics, such as those of `bn`, in training.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Statistics {
    /// They follow the batches, and layers normalise by the statistics of each batch.
    Updated,
    /// They stay, and layers normalise by them, as at inference.
    Frozen,
}

/// The learning rate of the layers before the last.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum BackboneRate {
    /// A multiple of the learning rate.
    Times(f64),
    /// A rate, while that of the last layer is the base rate: both follow the schedule.
    Rate(f64),
}

impl BackboneRate {
    /// Its factor where the base rate is `base`.
    pub fn factor(self, base: f64) -> f64 {
        match self {
            Self::Times(factor) => factor,
            Self::Rate(rate) if base > 0.0 => rate / base,
            Self::Rate(_) => 1.0,
        }
    }
}

impl fmt::Display for BackboneRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Times(factor) => write!(f, "{factor}x"),
            Self::Rate(rate) => write!(f, "{rate}"),
        }
    }
}

impl FromStr for BackboneRate {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (number, made): (&str, fn(f64) -> Self) = match text.strip_suffix(['x', 'X']) {
            Some(factor) => (factor, Self::Times),
            None => (text, Self::Rate),
        };
        let number = number.trim().parse::<f64>().ok();
        let number = number.filter(|&number| limits::LEARNING_RATE.contain(number));
        number.map(made).ok_or_else(|| {
            Error::value(
                "training",
                "the backbone's learning rate",
                format!("{text:?}"),
                "a multiple of the learning rate such as 0.1x, or a rate such as 1e-4",
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_multiples_or_numbers() {
        for (text, rate, factor) in [
            ("0.1x", BackboneRate::Times(0.1), 0.1),
            ("0.5X", BackboneRate::Times(0.5), 0.5),
            ("0.001", BackboneRate::Rate(0.001), 0.5),
        ] {
            let read: BackboneRate = text.parse().unwrap();
            assert_eq!((read, read.to_string()), (rate, text.to_lowercase()));
            assert!((read.factor(0.002) - factor).abs() < 1e-12);
        }
        for wrong in ["", "x", "-1x", "nanx", "fast", "0.1 y"] {
            assert!(wrong.parse::<BackboneRate>().is_err(), "{wrong:?}");
        }
    }
}
