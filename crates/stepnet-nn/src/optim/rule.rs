//! The update rules and their names.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};

/// How one update is computed from the gradient `g` (`p` is a weight, `lr` the learning rate,
/// `t` counts updates from 1).
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Rule {
    /// `p = p - lr g`.
    GradientDescent,
    /// The course's momentum, an average: `v = beta v + (1 - beta) g; p = p - lr v`.
    Momentum {
        /// The share of the old average.
        beta: f64,
    },
    /// The classic momentum, a sum (Polyak, 1964): `v = mu v + g; p = p - lr v`. For the same
    /// learning rate it steps `1 / (1 - mu)` times as far as [`Rule::Momentum`].
    ClassicMomentum {
        /// The share of the old velocity.
        mu: f64,
        /// Looks ahead (Nesterov): `p = p - lr (g + mu v)`.
        nesterov: bool,
        /// Weight decay: for weights (not biases) `g + decay p` takes the place of `g`, as in PyTorch's
        /// `SGD(weight_decay)` and the recipes for residual networks.
        decay: f64,
    },
    /// Adam (Kingma and Ba, 2015): `v = beta1 v + (1 - beta1) g; s = beta2 s + (1 - beta2) g^2;
    /// p = p - lr (v / (1 - beta1^t)) / (sqrt(s / (1 - beta2^t)) + epsilon)`.
    Adam {
        /// The share of the old mean.
        beta1: f64,
        /// The share of the old mean square.
        beta2: f64,
        /// Keeps the division finite; outside the root.
        epsilon: f64,
    },
    /// Adam with decoupled weight decay (Loshchilov and Hutter, 2019): first `p = p - lr decay p`
    /// for weights (not biases), then Adam's step.
    AdamW {
        /// The share of the old mean.
        beta1: f64,
        /// The share of the old mean square.
        beta2: f64,
        /// Keeps the division finite; outside the root.
        epsilon: f64,
        /// The weight decay.
        decay: f64,
    },
}

impl Rule {
    /// The names that parse, for messages.
    pub const NAMES: &'static str = "gd, momentum, classic-momentum, adam, adamw";

    /// The classic momentum with the usual constant.
    pub const CLASSIC_MOMENTUM: Self = Self::ClassicMomentum {
        mu: 0.9,
        nesterov: false,
        decay: 0.0,
    };

    /// Adam with the usual constants.
    pub const ADAM: Self = Self::Adam {
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
    };

    /// AdamW with the usual constants.
    pub const ADAMW: Self = Self::AdamW {
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        decay: 0.01,
    };

    /// The weight decay; 0 for rules without.
    pub fn weight_decay(self) -> f64 {
        match self {
            Self::ClassicMomentum { decay, .. } | Self::AdamW { decay, .. } => decay,
            Self::GradientDescent | Self::Momentum { .. } | Self::Adam { .. } => 0.0,
        }
    }

    /// The same rule with another weight decay: decoupled for AdamW, in the gradient for the classic
    /// momentum.
    ///
    /// # Errors
    /// When the rule has none, or `decay` is not a number of at least 0.
    pub fn with_weight_decay(mut self, new: f64) -> Result<Self> {
        if !(new.is_finite() && new >= 0.0) {
            return Err(Error::value(
                "optimizer",
                "the weight decay",
                new,
                "a number of at least 0",
            ));
        }
        match &mut self {
            Self::ClassicMomentum { decay, .. } | Self::AdamW { decay, .. } => *decay = new,
            Self::GradientDescent | Self::Momentum { .. } | Self::Adam { .. } => {
                return Err(Error::value(
                    "optimizer",
                    "the rule with a weight decay",
                    self,
                    "adamw (decoupled) or classic-momentum (in the gradient); for others there is L2",
                ));
            }
        }
        Ok(self)
    }

    /// The same rule with Nesterov's look-ahead.
    ///
    /// # Errors
    /// When the rule is not the classic momentum.
    pub fn with_nesterov(mut self) -> Result<Self> {
        let Self::ClassicMomentum { nesterov, .. } = &mut self else {
            return Err(Error::value(
                "optimizer",
                "the rule that looks ahead (Nesterov)",
                self,
                "classic-momentum",
            ));
        };
        *nesterov = true;
        Ok(self)
    }

    /// A learning rate to start from with this rule, for networks of the sizes that Stepnet is for.
    pub fn usual_learning_rate(self) -> f64 {
        match self {
            Self::GradientDescent | Self::Momentum { .. } => 0.1,
            Self::ClassicMomentum { .. } => 0.01,
            Self::Adam { .. } | Self::AdamW { .. } => 0.003,
        }
    }

    /// How many running values the rule keeps for each weight.
    pub fn states(self) -> usize {
        match self {
            Self::GradientDescent => 0,
            Self::Momentum { .. } | Self::ClassicMomentum { .. } => 1,
            Self::Adam { .. } | Self::AdamW { .. } => 2,
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::GradientDescent => "gd",
            Self::Momentum { .. } => "momentum",
            Self::ClassicMomentum { .. } => "classic-momentum",
            Self::Adam { .. } => "adam",
            Self::AdamW { .. } => "adamw",
        })
    }
}

impl FromStr for Rule {
    type Err = Error;

    /// A rule by name, with the usual constants (momenta 0.9).
    fn from_str(text: &str) -> Result<Self> {
        match text.to_ascii_lowercase().as_str() {
            "gd" | "sgd" => Ok(Self::GradientDescent),
            "momentum" => Ok(Self::Momentum { beta: 0.9 }),
            "classic-momentum" => Ok(Self::CLASSIC_MOMENTUM),
            "adam" => Ok(Self::ADAM),
            "adamw" => Ok(Self::ADAMW),
            _ => Err(Error::value(
                "optimizer",
                "the name",
                format!("{text:?}"),
                format!("one of {}", Self::NAMES),
            )),
        }
    }
}
