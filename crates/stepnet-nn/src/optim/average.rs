//! An exponential moving average of a network's weights (Polyak averaging, as trained networks use it).

use crate::Number;
use crate::error::{Error, Result};
use crate::memory;
use stepnet_kernels::update;

/// The moving average of the trainable parameters: `average = d average + (1 - d) weights` after each update.
///
/// In update `t`, counted from 1, `d` is the smaller of the decay that was asked for and
/// `(1 + t) / (10 + t)`, as TensorFlow's `ExponentialMovingAverage(num_updates)` has it, so that the
/// average of a short run is not one of the drawn weights it started with. All numbers are averaged,
/// running statistics too, as timm's `ModelEma` does: the statistics then belong to the averaged
/// weights. Frozen layers stay as they are, bit for bit.
///
/// The average itself is the caller's array, such as the parameters of a second network; it starts as a copy of the
/// numbers that train.
#[derive(Debug, Clone)]
pub struct WeightAverage<T> {
    decay: f64,
    updates: u64,
    /// The average before the last update.
    before: Vec<T>,
}

impl<T: Number> WeightAverage<T> {
    /// An average of this number of `parameters`.
    ///
    /// # Errors
    /// When `decay` is not a share from 0 to less than 1, or there is not enough memory.
    pub fn new(parameters: usize, decay: f64) -> Result<Self> {
        check_decay(decay)?;
        Ok(Self {
            decay,
            updates: 0,
            before: memory::zeros("the average before an update", parameters)?,
        })
    }

    /// Takes `weights` into the `average`, after an update of them.
    pub fn update(&mut self, average: &mut [T], weights: &[T]) {
        self.updates += 1;
        self.before.copy_from_slice(average);
        let t = self.updates as f64;
        let decay = self.decay.min((1.0 + t) / (10.0 + t));
        update::average(average, weights, decay);
    }

    /// Updates taken in so far.
    pub fn updates(&self) -> u64 {
        self.updates
    }

    /// Takes the last update of the `average` back.
    pub fn roll_back(&mut self, average: &mut [T]) {
        self.updates = self.updates.saturating_sub(1);
        average.copy_from_slice(&self.before);
    }

    /// Takes up where another average was after `updates` updates.
    pub fn restore(&mut self, updates: u64) {
        self.updates = updates;
    }
}

/// Refuses a decay that makes no average.
pub fn check_decay(decay: f64) -> Result<()> {
    if (0.0..1.0).contains(&decay) {
        return Ok(());
    }
    Err(Error::value(
        "training",
        "the decay of the weights' average",
        decay,
        "a share from 0 to less than 1, such as 0.999",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_runs_forget_their_start() {
        let mut numbers = [0.0; 2];
        let mut average = WeightAverage::new(numbers.len(), 0.5).unwrap();
        let mut expected = 0.0;
        for t in 1..20 {
            let weight = f64::from(t * t % 7);
            average.update(&mut numbers, &[weight; 2]);
            let d = (f64::from(1 + t) / f64::from(10 + t)).min(0.5);
            expected = d * expected + (1.0 - d) * weight;
            for found in &numbers {
                assert!((found - expected).abs() < 1e-14, "{t}: {found} {expected}");
            }
        }
        assert_eq!(average.updates(), 19);
    }

    #[test]
    fn decays_that_average_nothing_are_refused() {
        for decay in [1.0, -0.1, f64::NAN, 7.0] {
            let error = WeightAverage::<f32>::new(2, decay).unwrap_err().to_string();
            assert!(error.contains("such as 0.999"), "{error}");
        }
    }
}
