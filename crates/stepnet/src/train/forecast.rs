//! Forecasts of a run: its memory from the sizes of its arrays, its time from steps that are
//! tried.

use std::ops::ControlFlow;
use std::time::Duration;
use stepnet_base::clock::Instant;

use super::options::SHARE;
use super::{TrainOptions, Trainer, evaluate, evaluation_bytes};
use crate::data::Dataset;
use crate::error::Result;
use crate::nn::Number;
use crate::nn::{Network, Preprocessing};
use stepnet_base::Hasher;

/// The fewest steps that a pace is taken from, after the first, which finds cold caches and fresh
/// memory.
const FEWEST_STEPS: usize = 3;

/// One in this many of a run's steps may be tried where it has few.
const SHARE_OF_STEPS: usize = 20;

/// A run is not measured for longer than this share of what it will take.
const LONGEST_SHARE: f64 = 0.05;

/// Multiply-adds a second that a slow machine has: what a step may take is guessed by it before one
/// is tried.
const SLOW: f64 = 5e9;

/// Examples that the pace of testing is taken from.
const TESTED: usize = 256;

/// Values that the pace of saving is taken from.
const SAVED: usize = 1 << 20;

/// Bytes a second that a disk of the usual kind takes.
const DISK: f64 = 4e8;

/// Bytes that a run with these options takes in addition to its data and the network it is given: the copies of
/// the network, the optimiser, workspaces and batches.
///
/// `examples` is how many there are to train on, `tested` how many to test on; 0 for none. This is the size of
/// the arrays: threads, and the memory of libraries, are not included.
///
/// # Errors
/// When that many examples cannot be addressed.
pub fn training_bytes<T: Number>(
    network: &Network<T>,
    options: &TrainOptions,
    examples: usize,
    tested: usize,
) -> Result<usize> {
    rank_bytes(network, options, examples, tested, 1)
}

/// [`training_bytes`] of one of `ranks` processes that train together, the one with most shares: of a batch it holds its own
/// part.
///
/// # Errors
/// As [`training_bytes`], and when there are more ranks than shares.
pub fn rank_bytes<T: Number>(
    network: &Network<T>,
    options: &TrainOptions,
    examples: usize,
    tested: usize,
    ranks: usize,
) -> Result<usize> {
    let training = Trainer::bytes_in_group(network, options, examples, ranks)?;
    Ok(training.saturating_add(bytes_between_epochs(network, options, tested)?))
}

/// Bytes that are taken while a trainer keeps its own: the weights that were last known to be good, and the workspace
/// of a test of `tested` examples, or for a checkpoint its model and the file of that and of the rule's arrays.
///
/// # Errors
/// When `tested` examples cannot be addressed.
pub(super) fn bytes_between_epochs<T: Number>(
    network: &Network<T>,
    options: &TrainOptions,
    tested: usize,
) -> Result<usize> {
    let weights = size_of_val(network.parameters());
    let testing = match tested {
        0 => 0,
        tested => evaluation_bytes(network, options.tested_at_once(tested))?,
    };
    let writing = weights.saturating_mul(1 + options.checkpoint_arrays());
    Ok(weights.saturating_add(testing.max(writing)))
}

/// The largest batch with which [`rank_bytes`] are at most `room`; `None` if not even the smallest fits, of one example or
/// of a share for each rank.
pub fn largest_batch<T: Number>(
    network: &Network<T>,
    options: &TrainOptions,
    examples: usize,
    tested: usize,
    ranks: usize,
    room: usize,
) -> Option<usize> {
    let fits = |batch: usize| {
        let options = TrainOptions {
            batch: super::BatchSize::Examples(batch),
            ..options.clone()
        };
        rank_bytes(network, &options, examples, tested, ranks).is_ok_and(|bytes| bytes <= room)
    };
    let few = match (ranks, options.shares) {
        (1, _) | (_, Some(_)) => 1,
        (several, None) => SHARE.saturating_mul(several.next_power_of_two()),
    };
    if !fits(few) {
        return None;
    }
    let (mut most, mut least) = (examples.max(few) + 1, few);
    while most - least > 1 {
        let middle = least + (most - least) / 2;
        match fits(middle) {
            true => least = middle,
            false => most = middle,
        }
    }
    Some(least)
}

/// How long a run's parts take.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Pace {
    /// Seconds of an epoch's steps.
    pub training: f64,
    /// Seconds of testing after an epoch; 0 without test data.
    pub testing: f64,
    /// Seconds to save the weights once, estimated from the time of their checksum and the speed of a usual
    /// disk.
    pub saving: f64,
}

impl Pace {
    /// Seconds of the steps and tests of a run.
    pub fn seconds(&self, epochs: usize) -> f64 {
        epochs as f64 * (self.training + self.testing)
    }

    /// Tries the steps of a run for about `budget`, or for a small share of what the run will take if
    /// that is less, on a copy of the network that is then thrown away.
    ///
    /// # Errors
    /// As [`Trainer::new`] and [`Trainer::epoch`].
    pub fn measure<T: Number>(
        network: &Network<T>,
        preprocessing: &Preprocessing,
        options: &TrainOptions,
        (data, test): (&Dataset, Option<&Dataset>),
        budget: Duration,
    ) -> Result<Self> {
        let mut trainer = Trainer::new(
            network.clone(),
            preprocessing.clone(),
            options.clone(),
            data.len(),
        )?;
        let start = Instant::now();
        let training = match probe(&mut trainer, network, data, budget)? {
            Some(seconds) => seconds,
            None => trial(&mut trainer, data, start, budget)?,
        };
        drop(trainer);
        let testing = test
            .map(|test| testing(network, preprocessing, test))
            .transpose()?;
        Ok(Self {
            training,
            testing: testing.unwrap_or(0.0),
            saving: saving(network.parameters()),
        })
    }
}

/// Seconds in which values are saved.
fn saving<T: Number>(values: &[T]) -> f64 {
    let some = &values[..values.len().min(SAVED)];
    if some.is_empty() {
        return 0.0;
    }
    let start = Instant::now();
    let mut hasher = Hasher::new("pace");
    hasher.values(some);
    std::hint::black_box(hasher.finish());
    let hashing = start.elapsed().as_secs_f64() / some.len() as f64;
    seconds_to_save::<T>(values.len(), hashing)
}

/// Seconds in which `values` values are saved, where the checksum of one takes `hashing` seconds.
fn seconds_to_save<T>(values: usize, hashing: f64) -> f64 {
    values as f64 * (hashing + size_of::<T>() as f64 / DISK)
}

/// Seconds of an epoch by steps of fewer examples, where those of a whole batch would take too long to
/// be tried; `None` where they would not.
///
/// A step takes a fixed time and a time for each example: the values that two steps of different sizes give for
/// both are assumed for larger ones.
fn probe<T: Number>(
    trainer: &mut Trainer<T>,
    network: &Network<T>,
    data: &Dataset,
    budget: Duration,
) -> Result<Option<f64>> {
    let (start, budget) = (Instant::now(), budget.as_secs_f64());
    let batch = trainer.batch(data.len());
    let affordable = SLOW * budget / 8.0 / (3.0 * network.work() as f64);
    let mut few = (affordable as usize).max(1);
    let mut before: Option<(usize, f64)> = None;
    while few < batch {
        let some = data.subset(&(0..few).collect::<Vec<_>>())?;
        let mut seconds = 0.0;
        // The first finds cold caches and fresh memory.
        for _ in 0..2 {
            let start = Instant::now();
            trainer.epoch(&some, |_| ControlFlow::Continue(()))?;
            seconds = start.elapsed().as_secs_f64();
        }
        let predicted = |examples: usize| {
            let each = before.map_or(seconds / few as f64, |(fewer, less)| {
                ((seconds - less) / (few - fewer) as f64).max(0.0)
            });
            seconds + each * (examples - few) as f64
        };
        let steps = data.len() as f64 / batch as f64;
        let whole = steps * predicted(batch) * trainer.options().epochs as f64;
        if start.elapsed().as_secs_f64() >= LONGEST_SHARE * whole {
            return Ok(Some(steps * predicted(batch)));
        }
        let room = budget - start.elapsed().as_secs_f64();
        if (1 + FEWEST_STEPS) as f64 * predicted(batch) <= room {
            break;
        }
        let next = batch.min(2 * few);
        if 2.0 * predicted(next) > room {
            return Ok(Some(steps * predicted(batch)));
        }
        before = Some((few, seconds));
        few = next;
    }
    Ok(None)
}

/// Seconds of an epoch by its steps, as many as the budget has time for.
fn trial<T: Number>(
    trainer: &mut Trainer<T>,
    data: &Dataset,
    start: Instant,
    budget: Duration,
) -> Result<f64> {
    let epochs = trainer.options().epochs;
    let (steps, budget) = (trainer.steps(data.len()), budget.as_secs_f64());
    // No more of them than a tenth of what the run has, unless it has hardly any.
    let all = steps.saturating_mul(epochs);
    let fewest = FEWEST_STEPS.min(all / SHARE_OF_STEPS);
    let mut tried = TimedSteps::default();
    loop {
        // The time between two epochs does not belong to a step, unless an epoch is one step.
        let begun = Instant::now();
        tried.last = (steps == 1).then_some((begun, 0));
        let end = trainer.epoch(data, |progress| {
            tried.note(progress.scores.examples);
            let whole = tried.seconds(data.len()) * epochs as f64;
            let limit = budget.min(LONGEST_SHARE * whole);
            match tried.steps >= fewest && start.elapsed().as_secs_f64() >= limit {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        })?;
        let enough = tried.steps >= fewest || start.elapsed().as_secs_f64() >= budget;
        if tried.steps == 0 && enough {
            // A few steps at most, of which the first is all that there is time for.
            tried.last = Some((begun, 0));
            tried.note(end.scores.examples);
        }
        if end.interrupted || enough {
            break;
        }
    }
    Ok(tried.seconds(data.len()))
}

/// Steps that were tried, but for the first of each epoch.
#[derive(Default)]
struct TimedSteps {
    steps: usize,
    examples: usize,
    time: Duration,
    /// When the step before ended, and how many examples of the epoch were seen by then.
    last: Option<(Instant, usize)>,
}

impl TimedSteps {
    fn note(&mut self, seen: usize) {
        let now = Instant::now();
        if let Some((before, already)) = self.last.replace((now, seen)) {
            self.steps += 1;
            self.examples += seen - already;
            self.time += now - before;
        }
    }

    /// Seconds of `examples` examples; 0 before anything is known.
    fn seconds(&self, examples: usize) -> f64 {
        self.time.as_secs_f64() / self.examples.max(1) as f64 * examples as f64
    }
}

/// Seconds of a test, by the second of two over a few examples.
fn testing<T: Number>(
    network: &Network<T>,
    preprocessing: &Preprocessing,
    test: &Dataset,
) -> Result<f64> {
    let affordable = (SLOW / 8.0 / network.work().max(1) as f64) as usize;
    let few: Vec<usize> = (0..test.len().min(TESTED).min(affordable.max(1))).collect();
    let some = test.subset(&few)?;
    // The first finds cold caches; one example is enough to warm them.
    evaluate(network, &test.subset(&few[..1])?, preprocessing)?;
    let start = Instant::now();
    evaluate(network, &some, preprocessing)?;
    Ok(start.elapsed().as_secs_f64() / few.len() as f64 * test.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data;
    use crate::nn::{Init, Plan, PlanOptions};
    use crate::rng::RandomState;
    use crate::train::BatchSize;

    fn network() -> Network<f32> {
        let text = "conv(8, 3, same) -> relu -> maxpool(2) -> linear(10) -> softmax";
        let mut network = Network::new(text, [8, 8, 1]).unwrap();
        network.initialize(Init::He, &mut RandomState::new(1));
        network
    }

    fn options(batch: usize) -> TrainOptions {
        TrainOptions {
            batch: BatchSize::Examples(batch),
            ..TrainOptions::default()
        }
    }

    #[test]
    fn memory_grows_with_the_batch_and_the_largest_that_fits_is_found() {
        let network = network();
        let bytes = |batch| training_bytes(&network, &options(batch), 5000, 100).unwrap();
        assert!(bytes(64) > bytes(16) && bytes(1000) > 10 * bytes(64));
        let plan = PlanOptions::TRAINING;
        let workspace = Plan::new(&network, 64, plan).unwrap().bytes::<f32>();
        assert!(bytes(64) > workspace && bytes(64) < 2 * workspace);
        let largest = |room| largest_batch(&network, &options(32), 5000, 100, 1, room);
        for batch in [1, 33, 4999] {
            let found = largest(bytes(batch)).unwrap();
            assert!(found >= batch && bytes(found) <= bytes(batch));
            assert!(bytes(found + 1) > bytes(batch));
        }
        assert_eq!(largest(1 << 40), Some(5000), "there are no more examples");
        assert_eq!(largest(bytes(1) - 1), None);
    }

    /// The trial of a run must not outlast it: thirty examples are one step an epoch.
    #[test]
    fn a_rank_holds_its_own_part_of_a_batch() {
        let network = network();
        let bytes =
            |options: &TrainOptions, ranks| rank_bytes(&network, options, 5000, 0, ranks).unwrap();
        let input = network.input().len() * size_of::<f32>();
        let shared = options(512).shares(Some(8));
        // The inputs of the examples that others have, twice: the next batch is made meanwhile.
        let [one, two, eight] = [1, 2, 8].map(|ranks| bytes(&shared, ranks));
        assert!(one - two >= 256 * 2 * input, "{one} {two}");
        assert!(two - eight >= 192 * 2 * input, "{two} {eight}");
        // Statistics over the batch take the layers' values of all shares of the rank.
        let synced = shared.clone().sync_bn(true);
        let [all, own] = [(1, one), (8, eight)].map(|(ranks, less)| bytes(&synced, ranks) - less);
        assert_eq!(all, 8 * own);
        // More ranks than shares hold nothing.
        assert!(rank_bytes(&network, &shared, 5000, 0, 9).is_err());
        let largest = |ranks| largest_batch(&network, &shared, 5000, 0, ranks, eight).unwrap();
        assert!(
            largest(1) < 512 && largest(8) >= 512,
            "{} {}",
            largest(1),
            largest(8)
        );
    }

    #[test]
    fn few_examples_are_not_tried_for_long() {
        let (network, digits) = (network(), data::digits());
        let preprocessing = Preprocessing::scaled(8, 8, 1, data::DIGITS_DIVISOR);
        for (examples, batch) in [(1, 32), (30, 32), (30, 7), (64, 32)] {
            let few = digits.subset(&(0..examples).collect::<Vec<_>>()).unwrap();
            let start = Instant::now();
            let budget = Duration::from_secs(20);
            let data = (&few, Some(&few));
            let pace =
                Pace::measure(&network, &preprocessing, &options(batch), data, budget).unwrap();
            let took = start.elapsed().as_secs_f64();
            assert!(pace.training > 0.0 && pace.testing > 0.0, "{pace:?}");
            assert!(took < 2.0, "{examples} by {batch}: {took} s");
        }
    }

    #[test]
    fn saving_takes_longer_the_more_there_is() {
        assert_eq!(seconds_to_save::<f32>(100_000_000, 1e-9), 1.1);
        assert_eq!(seconds_to_save::<f64>(100_000_000, 1e-9), 2.1);
        // A part is measured, and stands for the whole.
        let values = vec![0.5_f32; 2 * SAVED];
        assert!(saving(&values) > seconds_to_save::<f32>(values.len(), 0.0));
        assert_eq!(saving::<f64>(&[]), 0.0);
    }

    #[test]
    fn the_pace_is_that_of_the_run_and_the_network_stays() {
        let (network, digits) = (network(), data::digits());
        let before = network.parameters().to_vec();
        let preprocessing = Preprocessing::scaled(8, 8, 1, data::DIGITS_DIVISOR);
        for (batch, milliseconds) in [(16, 50), (1797, 50), (16, 1), (1797, 1)] {
            let pace = Pace::measure(
                &network,
                &preprocessing,
                &options(batch),
                (&digits, Some(&digits)),
                Duration::from_millis(milliseconds),
            )
            .unwrap();
            assert!(pace.training > 0.0 && pace.testing > 0.0, "{pace:?}");
            assert_eq!(pace.seconds(3), 3.0 * (pace.training + pace.testing));
            assert!(pace.saving > 0.0, "{pace:?}");
        }
        assert_eq!(network.parameters(), before);
    }
}
