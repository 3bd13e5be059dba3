//! Learners whose layers differ: some frozen, some at a rate of their own, some with numbers that were found otherwise.

use super::Learner;
use crate::error::Result;
use crate::nn::{Number, PlanOptions, Workspace};
use crate::optim::ParameterRange;

impl<T: Number> Learner<T> {
    /// The same learner, in which the parameters before number `end` learn at `factor` times the rate.
    #[must_use]
    pub fn with_rate_before(mut self, end: usize, factor: f64) -> Self {
        self.slower = (end, factor);
        self.ranges = self.rated();
        self
    }

    /// The network's arrays with their rates.
    fn rated(&self) -> Vec<ParameterRange> {
        let (end, factor) = self.slower;
        let mut ranges = self.network.parameter_ranges();
        for array in ranges.iter_mut().filter(|array| array.range.end <= end) {
            array.rate = factor;
        }
        ranges
    }

    /// Freezes the layers whose numbers `frozen` names from now on, and no others. What the update rule has of each weight
    /// stays.
    pub(in crate::train) fn set_frozen(&mut self, frozen: impl Fn(usize) -> bool) -> Result<()> {
        self.network.set_frozen(&frozen);
        if let Some(average) = &mut self.average {
            average.network.set_frozen(&frozen);
        }
        // Which gradients there are has changed. The old buffers go first.
        self.workspace = Workspace::new(&self.network, 1, PlanOptions::TRAINING)?;
        self.workspace = Workspace::new(&self.network, self.batch, PlanOptions::TRAINING)?;
        if !self.loss.is_plain() {
            let loss = self.loss.clone();
            self.workspace.set_loss_options(&self.network, loss)?;
        }
        self.workspace.set_stop(self.stop.clone());
        self.ranges = self.rated();
        if let Some(team) = &mut self.team {
            team.follow(&self.network);
        }
        Ok(())
    }

    /// Puts other numbers in place of the parameters from number `start` on.
    pub(in crate::train) fn replace_from(&mut self, start: usize, parameters: &[T]) {
        self.network.parameters_mut()[start..].copy_from_slice(parameters);
        if let Some(average) = &mut self.average {
            average.network.parameters_mut()[start..].copy_from_slice(parameters);
        }
        self.before.1 = false;
    }
}
