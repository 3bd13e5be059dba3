//! How weights start: the course's rules, drawn from numpy's legacy generator.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::limits;

/// The factor on a standard normal draw. Biases start at zero and draw nothing.
///
/// One generator, seeded once, fills the weights layer by layer in the order of the network,
/// each array row by row, so a notebook's seed gives the notebook's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub enum Init {
    /// `scale * randn`.
    Scaled(f64),
    /// `randn / sqrt(n_prev)`, as the course's deep networks start.
    FanIn,
    /// `randn * sqrt(2 / n_prev)` (He et al., 2015, for ReLU).
    #[default]
    He,
    /// `randn * sqrt(2 / (n_prev + n))` (Glorot and Bengio, 2010).
    Xavier,
    /// Zeros. Nothing is drawn, and hidden units stay equal: for demonstration.
    Zeros,
}

impl Init {
    /// The start value computed from one `draw`, for a weight with these fans.
    pub fn value(self, draw: f64, fan_in: usize, fan_out: usize) -> f64 {
        let (fan_in, fan_out) = (fan_in as f64, fan_out as f64);
        match self {
            Self::Scaled(scale) => scale * draw,
            // A quotient and not a product with the reciprocal: the notebook's last bit.
            Self::FanIn => draw / fan_in.sqrt(),
            Self::He => draw * (2.0 / fan_in).sqrt(),
            Self::Xavier => draw * (2.0 / (fan_in + fan_out)).sqrt(),
            Self::Zeros => 0.0,
        }
    }

    /// Whether the rule draws at all.
    pub fn draws(self) -> bool {
        self != Self::Zeros
    }
}

impl fmt::Display for Init {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scaled(scale) => write!(f, "{scale}"),
            Self::FanIn => f.write_str("fan-in"),
            Self::He => f.write_str("he"),
            Self::Xavier => f.write_str("xavier"),
            Self::Zeros => f.write_str("zeros"),
        }
    }
}

impl FromStr for Init {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.to_ascii_lowercase().as_str() {
            "fan-in" | "fan_in" => Ok(Self::FanIn),
            "he" => Ok(Self::He),
            "xavier" | "glorot" => Ok(Self::Xavier),
            "zeros" => Ok(Self::Zeros),
            number => match number.parse::<f64>() {
                Ok(scale) if limits::SCALE.contain(scale) => Ok(Self::Scaled(scale)),
                _ => Err(Error::value(
                    "initialisation",
                    "the rule",
                    format!("{text:?}"),
                    format!(
                        "he, xavier, fan-in, zeros, or a scale, {}, such as 0.01",
                        limits::SCALE
                    ),
                )),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for init in [
            Init::Scaled(0.01),
            Init::FanIn,
            Init::He,
            Init::Xavier,
            Init::Zeros,
        ] {
            assert_eq!(init.to_string().parse::<Init>().unwrap(), init);
        }
        for text in ["", "hee", "-1", "0", "inf", "nan"] {
            assert!(
                text.parse::<Init>()
                    .unwrap_err()
                    .to_string()
                    .contains("he, xavier")
            );
        }
    }

    #[test]
    fn factors_are_the_course_s() {
        assert_eq!(Init::Scaled(0.01).value(2.0, 5, 7), 0.02);
        assert_eq!(Init::FanIn.value(3.0, 4, 7), 1.5);
        assert_eq!(Init::He.value(3.0, 8, 7), 1.5);
        assert_eq!(Init::Xavier.value(3.0, 4, 4), 1.5);
        assert_eq!(Init::Zeros.value(3.0, 4, 4), 0.0);
    }
}
