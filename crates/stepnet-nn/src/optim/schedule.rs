//! How the learning rate changes over a run.

mod text;
mod warm_up;

use std::f64::consts::PI;

pub use warm_up::WarmUp;

/// The learning rate as a share of its base, over the run.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub enum Schedule {
    /// Always the base rate.
    #[default]
    Constant,
    /// Half a cosine from the base rate down to 0 (Loshchilov and Hutter, 2017, without restarts),
    /// after a linear rise over the first twentieth of the run unless another [`WarmUp`] is set
    /// (Goyal et al., 2017: large first steps of a fresh network do harm).
    Cosine,
    /// The course's decay: after epoch `e` (from 0) the rate becomes
    /// `base / (1 + rate * floor(e / every))`, to be used from the next epoch on, so that the first
    /// two epochs have the same. `every` 1 is its decay at every epoch, a larger one its decay at
    /// fixed intervals.
    Decay {
        /// How much the divisor grows at a time.
        rate: f64,
        /// Epochs between two changes.
        every: usize,
    },
    /// `base * factor^floor(e / every)` in epoch `e` (from 0), as PyTorch's `StepLR`.
    Step {
        /// The factor of each change.
        factor: f64,
        /// Epochs between two changes.
        every: usize,
    },
    /// `base * factor^e` in epoch `e` (from 0), as PyTorch's `ExponentialLR`.
    Exponential {
        /// The factor after each epoch.
        factor: f64,
    },
    /// Half a cosine up from `base / start` to the base rate over the first share `rise` of the run, then
    /// half a cosine down to `base / start / end` (Smith and Topin, 2018, as PyTorch's `OneCycleLR` with
    /// its cosine annealing). The base is the highest rate. Momentum is left as it is: Adam gains nothing
    /// from its cycling, and a rule's constants then hold for the whole run.
    OneCycle {
        /// The share of the run over which the rate rises, between 0 and 1; a [`WarmUp`] takes its place.
        rise: f64,
        /// The divisor of the base rate at the start.
        start: f64,
        /// The divisor of the starting rate at the end.
        end: f64,
    },
}

/// The share of a run over which [`Schedule::Cosine`] rises.
const WARM_UP: f64 = 0.05;

impl Schedule {
    /// One cycle with the usual constants, those of PyTorch.
    pub const ONE_CYCLE: Self = Self::OneCycle {
        rise: 0.3,
        start: 25.0,
        end: 1e4,
    };

    /// The rate in `epoch` (from 0), when the share `progress` (0 to 1) of all steps is done.
    pub fn rate(self, base: f64, epoch: usize, progress: f64) -> f64 {
        let share = match self {
            Self::Cosine => WARM_UP,
            Self::OneCycle { rise, .. } => rise,
            _ => 0.0,
        };
        self.rate_after(base, epoch, progress, share)
    }

    /// [`Schedule::rate`] with the start of the run, the share `warm_up` of its steps, given to a rise.
    ///
    /// The cosine falls over the rest of the run, and one cycle has its highest rate at the end of the
    /// rise; the other schedules go on by their epochs, and while it lasts their rates are multiplied by
    /// the share of the rise that is done. 0 is no rise.
    pub fn rate_after(self, base: f64, epoch: usize, progress: f64, warm_up: f64) -> f64 {
        let progress = progress.clamp(0.0, 1.0);
        let rising = progress < warm_up;
        let down = ((progress - warm_up) / (1.0 - warm_up)).min(1.0);
        let rate = match self {
            Self::OneCycle { start, end, .. } => {
                let (first, last) = (base / start, base / start / end);
                return match rising {
                    true => between(first, base, progress / warm_up),
                    false => between(base, last, down),
                };
            }
            Self::Cosine if !rising => return base * 0.5 * (1.0 + (PI * down).cos()),
            Self::Constant | Self::Cosine => base,
            Self::Decay { rate, every } => {
                let before = epoch.saturating_sub(1);
                base / (1.0 + rate * (before / every.max(1)) as f64)
            }
            Self::Step { factor, every } => base * power(factor, epoch / every.max(1)),
            Self::Exponential { factor } => base * power(factor, epoch),
        };
        if rising {
            rate * progress / warm_up
        } else {
            rate
        }
    }
}

/// The rate at the share `done` of half a cosine.
fn between(from: f64, to: f64, done: f64) -> f64 {
    to + (from - to) * 0.5 * (1.0 + (PI * done).cos())
}

fn power(factor: f64, exponent: usize) -> f64 {
    factor.powi(i32::try_from(exponent).unwrap_or(i32::MAX))
}

#[cfg(test)]
mod tests;
