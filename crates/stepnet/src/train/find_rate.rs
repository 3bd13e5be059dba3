//! The learning-rate finder (Smith, 2017): train while the rate rises exponentially, and see where the
//! loss falls fastest.

mod suggest;

use std::ops::ControlFlow;

use super::options::TrainOptions;
use super::trainer::Trainer;
use crate::Element;
use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::nn::{Network, Preprocessing, Scores};

/// Which rates are tried.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RateSweep {
    /// The rate of the first update.
    pub lowest: f64,
    /// The rate of the last one.
    pub highest: f64,
    /// Updates, each on a mini-batch of its own; the data is gone through as often as that takes.
    pub steps: usize,
}

impl Default for RateSweep {
    fn default() -> Self {
        Self {
            lowest: 1e-7,
            highest: 10.0,
            steps: 100,
        }
    }
}

impl RateSweep {
    /// The rate of update number `step`, from 0.
    pub fn rate(&self, step: usize) -> f64 {
        let share = step as f64 / (self.steps - 1).max(1) as f64;
        (self.lowest.ln() + share * (self.highest / self.lowest).ln()).exp()
    }

    fn check(&self) -> Result<()> {
        let refuse = |what: &str, found: String, expected: &str| {
            Err(Error::value("find-lr", what, found, expected))
        };
        if !(self.lowest.is_finite() && self.lowest > 0.0) {
            let found = self.lowest.to_string();
            return refuse("the lowest rate", found, "a positive number");
        }
        if !(self.highest.is_finite() && self.highest > self.lowest) {
            let expected = format!("more than the lowest, {}", self.lowest);
            return refuse("the highest rate", self.highest.to_string(), &expected);
        }
        if self.steps < LEAST_STEPS {
            let expected = format!("at least {LEAST_STEPS}");
            return refuse("the number of updates", self.steps.to_string(), &expected);
        }
        Ok(())
    }
}

/// Fewer updates than this make no curve.
pub const LEAST_STEPS: usize = 20;

/// One update of a sweep.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RateTrial {
    /// The learning rate.
    pub rate: f64,
    /// The loss of the update's batch, from before it.
    pub loss: f64,
    /// The losses so far, smoothed: an exponential average without the bias of its start.
    pub smoothed: f64,
}

/// What a sweep has found.
#[derive(Debug, Clone, PartialEq)]
pub struct RateCurve {
    /// Its updates, as far as it went.
    pub trials: Vec<RateTrial>,
    /// Whether the loss grew so far above its lowest, or beyond what can be computed with, that the sweep
    /// ended early.
    pub diverged: bool,
    /// The rate at which the smoothed loss falls most steeply over the logarithm of the rate: the one to
    /// train with. `None` where the loss does not fall, or by no more than batches differ anyway.
    pub steepest: Option<f64>,
    /// The rate half-way along the longest descent of the smoothed loss (fastai's valley), a second
    /// opinion.
    pub valley: Option<f64>,
}

/// What the running average of the losses keeps.
const SMOOTHING: f64 = 0.98;

/// How many times its lowest value the smoothed loss may be before the sweep ends.
const DIVERGED: f64 = 4.0;

/// Trains a copy of `network` on `data` while the learning rate goes through `sweep`; `observe` sees
/// each update and may end the sweep. `options` are those of the training to come: its rule, batch, loss
/// and seed are used, its rate and schedule are not. `network` stays as it is.
///
/// # Errors
/// When a setting is out of its range, or the network and the data do not fit together.
pub fn find_rate<T: Element>(
    network: &Network<T>,
    preprocessing: &Preprocessing,
    options: &TrainOptions,
    data: &Dataset,
    sweep: &RateSweep,
    mut observe: impl FnMut(&RateTrial) -> ControlFlow<()>,
) -> Result<RateCurve> {
    sweep.check()?;
    let options = TrainOptions {
        warm_up: None,
        average: None,
        ..options.clone()
    };
    let copy = network.clone();
    let mut trainer = Trainer::new(copy, preprocessing.clone(), options, data.len())?;
    trainer.set_sweep(*sweep);
    let mut curve = RateCurve {
        trials: Vec::with_capacity(sweep.steps),
        diverged: false,
        steepest: None,
        valley: None,
    };
    let mut average = Average::default();
    let mut stopped = false;
    while curve.trials.len() < sweep.steps && !stopped {
        let mut before = Scores::default();
        let epoch = trainer.epoch(data, |progress| {
            let now = progress.scores;
            let examples = (now.examples - before.examples).max(1);
            let loss = (now.loss - before.loss) / examples as f64;
            before = now;
            let trial = RateTrial {
                rate: progress.learning_rate,
                loss,
                smoothed: average.add(loss),
            };
            curve.trials.push(trial);
            curve.diverged = average.has_diverged();
            stopped = observe(&trial).is_break() || curve.diverged;
            match stopped || curve.trials.len() == sweep.steps {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        });
        match epoch {
            Ok(_) => {}
            // The loss left the finite range: so ends a sweep that goes far enough.
            Err(Error::Training(_)) if !curve.trials.is_empty() => {
                curve.diverged = true;
                stopped = true;
            }
            Err(error) => return Err(error),
        }
    }
    if suggest::falls(&curve.trials, sweep.steps) {
        curve.steepest = suggest::steepest(&curve.trials, sweep.steps);
        curve.valley = suggest::valley(&curve.trials, sweep.steps);
    }
    Ok(curve)
}

/// The running average of the losses.
#[derive(Default)]
struct Average {
    sum: f64,
    count: i32,
    now: f64,
    lowest: Option<f64>,
}

impl Average {
    fn add(&mut self, loss: f64) -> f64 {
        self.count += 1;
        self.sum = SMOOTHING * self.sum + (1.0 - SMOOTHING) * loss;
        self.now = self.sum / (1.0 - SMOOTHING.powi(self.count));
        let lowest = self.lowest.unwrap_or(self.now).min(self.now);
        self.lowest = Some(lowest);
        self.now
    }

    fn has_diverged(&self) -> bool {
        self.lowest
            .is_some_and(|lowest| self.now > DIVERGED * lowest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data;
    use crate::nn::Init;
    use crate::rng::RandomState;

    fn find(sweep: RateSweep, loss: &str) -> Result<(Network<f32>, RateCurve)> {
        let text = format!("flatten -> linear(16) -> relu -> linear(10){loss}");
        let mut network = Network::new(&text, [8, 8, 1])?;
        network.initialize(Init::He, &mut RandomState::new(1));
        let preprocessing = Preprocessing::scaled(8, 8, 1, data::DIGITS_DIVISOR);
        let goes_on = |_: &RateTrial| ControlFlow::Continue(());
        let options = TrainOptions::default();
        let digits = data::digits();
        let curve = find_rate(&network, &preprocessing, &options, &digits, &sweep, goes_on)?;
        Ok((network, curve))
    }

    #[test]
    fn a_sweep_rises_evenly_goes_through_epochs_and_leaves_the_network_alone() {
        let sweep = RateSweep {
            steps: 130,
            ..RateSweep::default()
        };
        let (network, curve) = find(sweep, " -> softmax").unwrap();
        let mut fresh = network.clone();
        fresh.initialize(Init::He, &mut RandomState::new(1));
        assert_eq!(network.parameters(), fresh.parameters());
        // 57 steps are an epoch.
        assert!(curve.trials.len() > 57, "{}", curve.trials.len());
        assert!((curve.trials[0].rate - 1e-7).abs() < 1e-15);
        let factor = 10f64.powf(8.0 / 129.0);
        for pair in curve.trials.windows(2) {
            assert!((pair[1].rate / pair[0].rate / factor - 1.0).abs() < 1e-9);
        }
        let (steepest, valley) = (curve.steepest.unwrap(), curve.valley.unwrap());
        for rate in [steepest, valley] {
            assert!((1e-5..0.5).contains(&rate), "{steepest} {valley}");
        }
        // The same again, bit for bit.
        assert_eq!(find(sweep, " -> softmax").unwrap().1, curve);
    }

    #[test]
    fn a_sweep_ends_where_the_loss_blows_up() {
        let sweep = RateSweep {
            highest: 1e30,
            steps: 60,
            ..RateSweep::default()
        };
        let (_, curve) = find(sweep, "").unwrap();
        assert!(curve.diverged && curve.trials.len() < 60, "{curve:?}");
        assert!(curve.trials.iter().all(|trial| trial.loss.is_finite()));
    }

    #[test]
    fn sweeps_that_cannot_be_are_refused() {
        let usual = RateSweep::default();
        for (sweep, said) in [
            (
                RateSweep {
                    lowest: 0.0,
                    ..usual
                },
                "the lowest rate is 0",
            ),
            (
                RateSweep {
                    highest: 1e-9,
                    ..usual
                },
                "more than the lowest",
            ),
            (
                RateSweep {
                    highest: f64::NAN,
                    ..usual
                },
                "NaN",
            ),
            (RateSweep { steps: 19, ..usual }, "at least 20"),
        ] {
            let error = find(sweep, " -> softmax").unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
