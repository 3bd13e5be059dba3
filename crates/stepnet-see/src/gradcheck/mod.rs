//! Gradient checking: analytic gradients held against central differences, in `f64`.
//!
//! - [`network`] checks every array of a whole network, and its input, under its loss;
//! - [`layer`] checks one layer by itself: the place to start with a layer of your own;
//! - [`function`] is the course's `gradient_check_n` for any function of a vector.
//!
//! # How a gradient is checked
//!
//! A coordinate `t` is moved by a small step to both sides, and
//! `(J(t + h) - J(t - h)) / 2h` is held against the analytic derivative.
//!
//! - **Kinks.** ReLU and max pooling have points without a derivative. Where a difference would
//!   cross one, which the layers tell by [`Layer::sides`](stepnet_nn::Layer::sides), a smaller step
//!   is tried; a coordinate that crosses with each of them is excluded and another one is taken.
//!   More than [`MOST_EXCLUDED`] excluded fail the check.
//! - **Rounding.** How far rounding moves the cost is measured for each array, by the scatter of
//!   the cost over steps so small that it should be a straight line (after J. J. Moré and
//!   S. M. Wild, "Estimating computational noise", 2011). A difference within it is no fault, and
//!   an array whose whole gradient is within it is told apart from one that agrees.
//! - **Curvature.** Where a coordinate does not agree at first, it is measured again with other
//!   steps, and the one whose own error is least decides.
//! - **Large arrays.** Of these, [`Options::samples`] coordinates are drawn. All of them together
//!   are then moved along directions of random signs: a single wrong value changes the slope, and
//!   is found by halving the array until it is left alone.
//! - **Time.** [`Options::time_limit`] is shared out among the arrays, so that each gets some of it;
//!   [`network_watched`] shows how far the check is, and lets its caller end it.
//!
//! When something fails, every layer is checked by itself on the values it had in the network, so
//! that the fault is told where it lies ([`Blame`]), not where it shows.

mod alone;
mod blame;
mod examples;
mod function;
mod layers;
mod network;
mod noise;
mod pace;
mod probe;
mod report;
mod search;
mod subject;
mod tensor;
#[cfg(test)]
mod tests;
mod text;

pub use alone::layer;
pub use blame::Blame;
pub use examples::{Examples, draw_weights};
pub use function::{FunctionCheck, function, relative_difference};
pub use network::{network, network_watched};
pub use pace::Progress;
pub use report::{Coordinate, Reach, Report, TensorCheck, Verdict};

use std::time::Duration;

use crate::{Error, Result, limits};

/// The share of excluded coordinates above which a check fails: too much of it would have been
/// left out to mean anything.
pub const MOST_EXCLUDED: f64 = 0.05;

/// The step where none is asked for, for values up to 1; a larger value's step grows with it.
pub const USUAL_STEP: f64 = 1e-5;

/// How gradients are checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// What is drawn, is drawn with this seed.
    pub seed: u32,
    /// Arrays of more values than this are sampled, so many coordinates of each.
    pub samples: usize,
    /// The step; `None` starts at [`USUAL_STEP`] and lets kinks and curvature choose others.
    pub eps: Option<f64>,
    /// The relative difference up to which an array agrees. A single coordinate may be off by a
    /// hundred times as much of its own size.
    pub tolerance: f64,
    /// How many examples [`layer`] draws; [`network`] takes those it is given.
    pub batch: usize,
    /// How long the check of a network may take; `None` for as long as it needs. Where time is short, fewer coordinates
    /// of each array are checked; where passes through the whole network take too long for that, each layer is checked
    /// by itself ([`Report::by_layers`]). Small networks are done long before.
    pub time_limit: Option<Duration>,
}

/// The time limit where none is asked for.
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
    fn check(&self) -> Result<()> {
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
    fn steps(&self) -> Vec<f64> {
        match self.eps {
            Some(eps) => vec![eps],
            None => [1.0, 0.1, 0.01].map(|part| part * USUAL_STEP).to_vec(),
        }
    }

    /// The steps among which a coordinate that does not agree finds its best, longest first.
    fn other_steps(&self) -> Vec<f64> {
        match self.eps {
            Some(_) => Vec::new(),
            None => [10.0, 1.0, 0.1, 0.01, 0.001]
                .map(|part| part * USUAL_STEP)
                .to_vec(),
        }
    }
}
