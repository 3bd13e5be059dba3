//! The learning-rate finder (Smith, 2017): train while the rate rises exponentially, and see where the
//! loss turns.
//!
//! With little data, the differences between batches are as large as the effect to be found. So several sweeps
//! with the data in different orders are combined: the median of their losses at each rate.

#[cfg(feature = "pages")]
mod drawing;
mod suggest;
mod sweep;

#[doc(hidden)]
pub use sweep::{LEAST_STEPS, MOST_STEPS, MOST_SWEEPS};
pub use sweep::{RateSweep, RateTrial};

use std::ops::ControlFlow;

use super::options::TrainOptions;
use super::trainer::Trainer;
use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::nn::Number;
use crate::nn::{Network, Preprocessing, Scores};

/// The current update of a sweep.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct SweepProgress {
    /// Which sweep it is, from 0.
    pub sweep: usize,
    /// Which of its updates, from 0.
    pub step: usize,
    /// The update.
    pub trial: RateTrial,
}

/// The result of the sweeps.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RateCurve {
    /// The updates of all sweeps combined, as far as half of them went.
    pub trials: Vec<RateTrial>,
    /// Whether in half of the sweeps or more the loss grew so far above its lowest, or beyond what can be computed with,
    /// that they ended early.
    pub diverged: bool,
    /// The rate to train with: a third of [`turn`](Self::turn), or less where the curve [is flat](Self::is_flat). `None`
    /// where the loss does not fall, or by no more than batches differ anyway.
    pub suggestion: Option<f64>,
    /// The rate at which the smoothed loss is lowest, before it rises again.
    pub turn: Option<f64>,
    /// The least and the largest suggestion of the single sweeps in which the loss falls.
    pub spread: Option<(f64, f64)>,
    /// The rate at which the smoothed loss falls most steeply over the logarithm of the rate.
    pub steepest: Option<f64>,
    /// The rate half-way along the longest descent of the smoothed loss (fastai's valley), another opinion.
    pub valley: Option<f64>,
}

impl RateCurve {
    /// Whether the smoothed loss is nearly as low as at [`turn`](Self::turn) from less than a third of that rate on: it
    /// has fallen by 98 % of its whole fall there. The first such rate is then suggested, because higher ones gain
    /// nothing.
    pub fn is_flat(&self) -> bool {
        let both = self.suggestion.zip(self.turn);
        both.is_some_and(|(rate, turn)| rate < suggest::PART * turn)
    }
}

/// The decay of the losses' running average.
const SMOOTHING: f64 = 0.98;

/// How many times its lowest value the smoothed loss may be before the sweep ends.
const DIVERGED: f64 = 4.0;

/// Trains a copy of `network` on `data` while the learning rate goes through `sweep`, several times; `observe` sees
/// each update and may end it all. `options` are those of the training to come: its rule, batch, loss
/// and seed are used, its rate and schedule are not. `network` stays as it is.
///
/// # Errors
/// When a setting is out of its range, or the network and the data do not fit together.
pub fn find_rate<T: Number>(
    network: &Network<T>,
    preprocessing: &Preprocessing,
    options: &TrainOptions,
    data: &Dataset,
    sweep: &RateSweep,
    mut observe: impl FnMut(&SweepProgress) -> ControlFlow<()>,
) -> Result<RateCurve> {
    sweep.check()?;
    let mut done = Vec::with_capacity(sweep.sweeps);
    for number in 0..sweep.sweeps {
        let options = TrainOptions {
            warm_up: None,
            average: None,
            // Far apart: the order of an epoch is drawn with the seed and the epoch's number.
            seed: options
                .seed
                .wrapping_add((number as u32).wrapping_mul(SEEDS)),
            ..options.clone()
        };
        let copy = network.clone();
        let mut trainer = Trainer::new(copy, preprocessing.clone(), options, data.len())?;
        trainer.set_sweep(*sweep);
        let mut step = 0;
        let one = one_sweep(&mut trainer, data, sweep, |&trial| {
            let progress = SweepProgress {
                sweep: number,
                step,
                trial,
            };
            step += 1;
            observe(&progress)
        })?;
        let stopped = one.stopped;
        done.push(one);
        if stopped {
            break;
        }
    }
    Ok(together(&done, sweep))
}

/// Between the seeds of two sweeps.
const SEEDS: u32 = 0x9e37_79b9;

/// One sweep, as far as it went.
struct Sweep {
    trials: Vec<RateTrial>,
    diverged: bool,
    /// By the observer.
    stopped: bool,
}

fn one_sweep<T: Number>(
    trainer: &mut Trainer<T>,
    data: &Dataset,
    sweep: &RateSweep,
    mut observe: impl FnMut(&RateTrial) -> ControlFlow<()>,
) -> Result<Sweep> {
    let mut one = Sweep {
        trials: Vec::with_capacity(sweep.steps),
        diverged: false,
        stopped: false,
    };
    let mut average = Average::default();
    while one.trials.len() < sweep.steps && !one.stopped && !one.diverged {
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
            one.trials.push(trial);
            one.diverged = average.has_diverged();
            one.stopped = observe(&trial).is_break();
            match one.stopped || one.diverged || one.trials.len() == sweep.steps {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        });
        match epoch {
            Ok(_) => {}
            // The loss left the finite range: so ends a sweep that goes far enough.
            Err(Error::Training(_)) if !one.trials.is_empty() => one.diverged = true,
            Err(error) => return Err(error),
        }
    }
    Ok(one)
}

/// The curve of all sweeps, and what it suggests.
fn together(done: &[Sweep], sweep: &RateSweep) -> RateCurve {
    let all: Vec<&Sweep> = done.iter().collect();
    let trials = suggest::median(
        &all.iter().map(|one| &one.trials[..]).collect::<Vec<_>>(),
        sweep,
    );
    let diverged = done.iter().filter(|one| one.diverged).count();
    let mut curve = RateCurve {
        diverged: 2 * diverged >= done.len().max(1),
        suggestion: None,
        turn: None,
        spread: None,
        steepest: None,
        valley: None,
        trials,
    };
    curve.suggestion = suggest::suggestion(&curve.trials, sweep.steps);
    if curve.suggestion.is_none() {
        return curve;
    }
    curve.turn = suggest::turn(&curve.trials, sweep.steps);
    curve.steepest = suggest::steepest(&curve.trials, sweep.steps);
    curve.valley = suggest::valley(&curve.trials, sweep.steps);
    let single = done.iter().filter_map(|one| {
        let trials = suggest::median(&[&one.trials], sweep);
        suggest::suggestion(&trials, sweep.steps)
    });
    curve.spread = single.fold(None, |spread, rate| match spread {
        None => Some((rate, rate)),
        Some((least, most)) => Some((rate.min(least), rate.max(most))),
    });
    curve
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
mod tests;
