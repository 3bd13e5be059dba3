//! The times of one machine from which those of many are forecast.

use std::hint::black_box;
use std::time::{Duration, Instant};

use stepnet_mpi::{Group, ShareSum, Shares};

use super::link::slowest;
use crate::data::Dataset;
use crate::error::Result;
use crate::limits::MOST_EPOCHS;
use crate::memory;
use crate::nn::{Network, Number, Preprocessing};
use crate::optim::Optimizer;
use crate::train::finite::all_finite;
use crate::train::{BatchSize, Pace, TrainOptions, Transfer};

/// The part of the budget that goes to steps; the rest to updates and additions.
const STEPS: f64 = 0.8;

/// Of the time of a share's passes, what the backward ones take: each of the two gradients of a layer costs what its
/// forward pass does.
const BACKWARD: f64 = 2.0 / 3.0;

/// The fewest times that something short is timed.
const FEWEST: usize = 3;

/// Seconds that one machine takes for the parts of a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Calibration {
    /// The passes of one share, with what it takes to prepare its examples.
    pub share: f64,
    /// Of these, the backward passes, during which gradients can be sent.
    pub backward: f64,
    /// To add all values of one share to those of another.
    pub addition: f64,
    /// The update of all parameters.
    pub update: f64,
    /// Examples of the share.
    pub share_examples: usize,
}

impl Calibration {
    /// Times steps with batches of `share_examples` examples for about `budget`, with a copy of the network that is
    /// then thrown away.
    ///
    /// # Errors
    /// As those of training, when the network does not fit the data or there is not enough memory.
    pub fn measure<T: Number>(
        network: &Network<T>,
        preprocessing: &Preprocessing,
        options: &TrainOptions,
        data: &Dataset,
        share_examples: usize,
        budget: Duration,
    ) -> Result<Self> {
        let share_examples = share_examples.min(data.len()).max(1);
        // As many epochs as there can be: a short run would not be tried for long.
        let steps = (options.clone().transfer(Transfer::All))
            .batch(BatchSize::Examples(share_examples))
            .shares(None)
            .epochs(MOST_EPOCHS)
            .warm_up(None);
        let budget_of = |share| budget.mul_f64(share);
        let pace = Pace::measure(
            network,
            preprocessing,
            &steps,
            (data, None),
            budget_of(STEPS),
        )?;
        let step = pace.training * share_examples as f64 / data.len().max(1) as f64;
        let rest = budget_of((1.0 - STEPS) / 2.0);
        let update = update(network, options, rest)?;
        let share = (step - update).max(0.0);
        Ok(Self {
            share,
            backward: BACKWARD * share,
            addition: addition::<T>(network.parameters().len(), rest)?,
            update,
            share_examples,
        })
    }

    /// The times of the slowest member of a group, for which all wait: with them all members forecast the same.
    ///
    /// # Errors
    /// When a member cannot be reached.
    pub fn slowest(self, group: &dyn Group) -> Result<Self> {
        Ok(Self {
            share: slowest(group, self.share)?,
            backward: slowest(group, self.backward)?,
            addition: slowest(group, self.addition)?,
            update: slowest(group, self.update)?,
            ..self
        })
    }
}

/// Seconds of an update: the check of the gradients, the copy of the weights, the rule.
fn update<T: Number>(
    network: &Network<T>,
    options: &TrainOptions,
    budget: Duration,
) -> Result<f64> {
    let what = "the arrays of an update";
    let mut parameters = memory::copy(what, network.parameters())?;
    let mut before = memory::copy(what, network.parameters())?;
    // Weights are of the size of gradients, and are none of them subnormal.
    let gradients = memory::copy(what, network.parameters())?;
    let mut optimizer = Optimizer::new(options.rule, parameters.len())?;
    let ranges = network.parameter_ranges();
    // So small a rate that nothing overflows, however often.
    let rate = 1e-9;
    Ok(median(budget, || {
        black_box(all_finite(&gradients));
        before.copy_from_slice(&parameters);
        optimizer.step(&mut parameters, &gradients, &ranges, rate);
    }))
}

/// Seconds in which the values of a share are added to those of another.
fn addition<T: Number>(values: usize, budget: Duration) -> Result<f64> {
    let all = Shares::new(4, 1)?;
    let gradients: Vec<T> = memory::zeros("the gradients of a share", values)?;
    let mut sum = ShareSum::new(all, 0, values);
    Ok(median(budget, || {
        sum.clear();
        sum.add(0, &gradients);
        sum.add(1, &gradients);
    }))
}

/// The median of the times of as many calls as fit into a budget, after one that finds fresh memory.
fn median(budget: Duration, mut act: impl FnMut()) -> f64 {
    act();
    let start = Instant::now();
    let mut times: Vec<f64> = Vec::new();
    while times.len() < FEWEST || start.elapsed() < budget {
        let began = Instant::now();
        act();
        times.push(began.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::data;
    use crate::nn::Init;
    use crate::rng::RandomState;

    fn measured(share_examples: usize) -> Calibration {
        let text = "conv(8, 3, same) -> relu -> maxpool(2) -> linear(10) -> softmax";
        let mut network = Network::<f32>::new(text, [8, 8, 1]).unwrap();
        network.initialize(Init::He, &mut RandomState::new(1));
        let before = network.parameters().to_vec();
        let digits = data::digits();
        let preprocessing = Preprocessing::scaled(8, 8, 1, data::DIGITS_DIVISOR);
        let options = TrainOptions::default().epochs(1);
        let budget = Duration::from_millis(200);
        let start = Instant::now();
        let found = Calibration::measure(
            &network,
            &preprocessing,
            &options,
            &digits,
            share_examples,
            budget,
        );
        assert!(
            start.elapsed() < Duration::from_secs(5),
            "took {:?}",
            start.elapsed()
        );
        assert_eq!(network.parameters(), before);
        found.unwrap()
    }

    #[test]
    fn a_larger_share_takes_longer_and_its_update_does_not() {
        // Other work can disturb any of them, but hardly all.
        let plausible = (0..10).any(|_| {
            let (small, large) = (measured(8), measured(512));
            assert!(small.addition > 0.0 && small.update > 0.0, "{small:?}");
            assert!(large.backward <= large.share, "{large:?}");
            assert_eq!([small.share_examples, large.share_examples], [8, 512]);
            large.share > 8.0 * small.share && small.share > 0.0 && large.update < large.share
        });
        assert!(plausible, "no measurement of ten");
        // There are no more examples than these.
        assert_eq!(measured(1 << 20).share_examples, data::digits().len());
    }

    #[test]
    fn members_agree_on_the_slowest() {
        let of = |rank: usize| Calibration {
            share: rank as f64,
            backward: 1.0,
            addition: 2.0 - rank as f64,
            update: 3.0,
            share_examples: 4,
        };
        let expected = Calibration {
            share: 1.0,
            addition: 2.0,
            ..of(0)
        };
        thread::scope(|scope| {
            for member in stepnet_mpi::in_process(2) {
                let own = of(stepnet_mpi::Group::rank(&member));
                scope.spawn(move || assert_eq!(own.slowest(&member).unwrap(), expected));
            }
        });
    }
}
