//! An exponential moving average of a network's weights (Polyak averaging, as trained networks use it).

use crate::Network;
use crate::Number;
use crate::error::{Error, Result};
use crate::memory;
use stepnet_kernels::update;

/// A second network whose numbers are the moving average of those that train:
/// `average = d average + (1 - d) weights` after each update.
///
/// In update `t`, counted from 1, `d` is the smaller of the decay that was asked for and
/// `(1 + t) / (10 + t)`, as TensorFlow's `ExponentialMovingAverage(num_updates)` has it, so that the
/// average of a short run is not one of the drawn weights it started with. All numbers are averaged,
/// running statistics too, as timm's `ModelEma` does: the statistics then belong to the weights beside
/// them. Frozen layers stay as they are, bit for bit.
#[derive(Debug, Clone)]
pub struct WeightAverage<T> {
    decay: f64,
    updates: u64,
    network: Network<T>,
    /// The average before the last update.
    before: Vec<T>,
}

impl<T: Number> WeightAverage<T> {
    /// An average that starts with the numbers of `network`.
    ///
    /// # Errors
    /// When `decay` is not a share from 0 to less than 1, or there is not enough memory.
    pub fn new(network: &Network<T>, decay: f64) -> Result<Self> {
        check_decay(decay)?;
        let len = network.parameters().len();
        Ok(Self {
            decay,
            updates: 0,
            before: memory::zeros("the average before an update", len)?,
            network: network.clone(),
        })
    }

    /// Takes the numbers of `network` in, after an update of it.
    pub fn update(&mut self, network: &Network<T>) {
        self.updates += 1;
        self.before.copy_from_slice(self.network.parameters());
        let t = self.updates as f64;
        let decay = self.decay.min((1.0 + t) / (10.0 + t));
        update::average(self.network.parameters_mut(), network.parameters(), decay);
    }

    /// The network whose numbers are the average.
    pub fn network(&self) -> &Network<T> {
        &self.network
    }

    /// Ends averaging.
    pub fn into_network(self) -> Network<T> {
        self.network
    }

    /// Updates taken in so far.
    pub fn updates(&self) -> u64 {
        self.updates
    }

    /// Takes the last update back.
    pub fn roll_back(&mut self) {
        self.updates = self.updates.saturating_sub(1);
        self.network.parameters_mut().copy_from_slice(&self.before);
    }

    /// Takes up where another average was after `updates` updates; `fill` writes its numbers.
    pub fn restore(
        &mut self,
        updates: u64,
        fill: impl FnOnce(&mut [T]) -> Result<()>,
    ) -> Result<()> {
        self.updates = updates;
        fill(self.network.parameters_mut())
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
        let text = "linear(1) -> sigmoid";
        let mut network = Network::<f64>::new(text, 1).unwrap();
        let mut average = WeightAverage::new(&network, 0.5).unwrap();
        let mut expected = 0.0;
        for t in 1..20 {
            let weight = f64::from(t * t % 7);
            network.parameters_mut().fill(weight);
            average.update(&network);
            let d = (f64::from(1 + t) / f64::from(10 + t)).min(0.5);
            expected = d * expected + (1.0 - d) * weight;
            for found in average.network().parameters() {
                assert!((found - expected).abs() < 1e-14, "{t}: {found} {expected}");
            }
        }
        assert_eq!(average.updates(), 19);
    }

    #[test]
    fn decays_that_average_nothing_are_refused() {
        let network = Network::<f32>::new("linear(1)", 1).unwrap();
        for decay in [1.0, -0.1, f64::NAN, 7.0] {
            let error = WeightAverage::new(&network, decay).unwrap_err().to_string();
            assert!(error.contains("such as 0.999"), "{error}");
        }
    }
}
