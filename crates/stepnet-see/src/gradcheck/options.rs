//! How gradients are checked.

use std::time::Duration;

use crate::{Error, Result, limits};

/// The share of excluded coordinates above which a check fails, because too little was checked to mean anything.
pub const MOST_EXCLUDED: f64 = 0.05;

/// The default step, for values up to 1; a larger value's step grows with it.
pub const USUAL_STEP: f64 = 1e-5;

/// How gradients are checked.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Options {
    /// The seed of all random draws.
    pub seed: u32,
    /// Arrays of more values than this are sampled: this many coordinates of each are checked.
    pub samples: usize,
    /// The step; `None` starts at [`USUAL_STEP`] and lets kinks and curvature choose others.
    pub eps: Option<f64>,
    /// The relative difference up to which an array agrees. A single coordinate may be off by a
    /// hundred times as much, relative to itself.
    pub tolerance: f64,
    /// How many examples [`layer`](super::layer) draws; [`network`](super::network()) takes those it is given.
    pub batch: usize,
    /// How long the check of a network may take; `None` for as long as it needs. If time is short, fewer
    /// coordinates of each array are checked; if passes through the whole network take too long even for that,
    /// each layer is checked separately ([`Report::by_layers`](super::Report::by_layers)). Small networks finish
    /// much earlier.
    pub time_limit: Option<Duration>,
}

stepnet_base::setters! { Options {
    seed: u32,
    samples: usize,
    eps: Option<f64>,
    tolerance: f64,
    batch: usize,
    time_limit: Option<Duration>,
} }

/// The default time limit.
pub const USUAL_TIME_LIMIT: Duration = Duration::from_secs(20);

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            samples: 128,
            eps: None,
            tolerance: 1e-6,
            batch: 3,
            time_limit: Some(USUAL_TIME_LIMIT),
        }
    }
}

impl Options {
    pub(super) fn check(&self) -> Result<()> {
        const CHECK: &str = "gradient check";
        limits::STEP.check(CHECK, "eps", self.eps.unwrap_or(USUAL_STEP))?;
        limits::TOLERANCE.check(CHECK, "tolerance", self.tolerance)?;
        let most = limits::MOST_SAMPLES;
        for (argument, found) in [("samples", self.samples), ("batch", self.batch)] {
            if !(1..=most).contains(&found) {
                let expected = format!("a whole number from 1 to {most}");
                return Err(Error::value(CHECK, argument, found, expected));
            }
        }
        Ok(())
    }

    /// The steps that are tried in turn until one crosses no kink.
    pub(super) fn steps(&self) -> Vec<f64> {
        match self.eps {
            Some(eps) => vec![eps],
            None => [1.0, 0.1, 0.01].map(|part| part * USUAL_STEP).to_vec(),
        }
    }

    /// The steps among which a coordinate that does not agree finds its best, longest first.
    pub(super) fn other_steps(&self) -> Vec<f64> {
        match self.eps {
            Some(_) => Vec::new(),
            None => [10.0, 1.0, 0.1, 0.01, 0.001]
                .map(|part| part * USUAL_STEP)
                .to_vec(),
        }
    }
}
