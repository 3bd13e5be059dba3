//! What a run will take, before it begins: memory by the sizes of its arrays, time by steps that are
//! tried.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use super::{TrainOptions, Trainer, evaluate, evaluation_bytes};
use crate::Element;
use crate::data::Dataset;
use crate::error::Result;
use crate::nn::{Network, Preprocessing};

/// The fewest steps that a pace is taken from, after the first, which finds cold caches and fresh
/// memory.
const FEWEST_STEPS: usize = 3;

/// A run is not measured for longer than this share of what it will take.
const LONGEST_SHARE: f64 = 0.05;

/// Multiply-adds a second that a slow machine has: what a step may take is guessed by it before one
/// is tried.
const SLOW: f64 = 5e9;

/// Examples that the pace of testing is taken from.
const TESTED: usize = 256;

/// Bytes that a run by these options takes beside its data and the network it is given: the
/// network's own copy and those kept of it, optimiser, workspaces, batches.
///
/// `examples` is how many there are to train on, `tested` how many to test on; 0 for none. It is
/// what the arrays come to: threads, and the libraries' own needs, are not in it.
///
/// # Errors
/// When so many examples cannot be addressed.
pub fn training_bytes<T: Element>(
    network: &Network<T>,
    options: &TrainOptions,
    examples: usize,
    tested: usize,
) -> Result<usize> {
    let weights = size_of_val(network.parameters());
    let training = Trainer::bytes(network, options, examples)?;
    // Testing takes its workspace while training keeps its own; a model's bytes are there twice
    // while it is written: its arrays, and the file of them.
    let testing = match tested {
        0 => 0,
        tested => evaluation_bytes(network, tested)?,
    };
    Ok(training.saturating_add(testing.max(weights.saturating_mul(2))))
}

/// The largest batch with which [`training_bytes`] are at most `room`; `None` if not even one
/// example fits.
pub fn largest_batch<T: Element>(
    network: &Network<T>,
    options: &TrainOptions,
    examples: usize,
    tested: usize,
    room: usize,
) -> Option<usize> {
    let fits = |batch: usize| {
        let options = TrainOptions {
            batch: super::BatchSize::Examples(batch),
            ..options.clone()
        };
        training_bytes(network, &options, examples, tested).is_ok_and(|bytes| bytes <= room)
    };
    if !fits(1) {
        return None;
    }
    let (mut most, mut least) = (examples.max(1) + 1, 1);
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
pub struct Pace {
    /// Seconds of an epoch's steps.
    pub training: f64,
    /// Seconds of testing after an epoch; 0 without test data.
    pub testing: f64,
}

impl Pace {
    /// Seconds of a run.
    pub fn seconds(&self, epochs: usize) -> f64 {
        epochs as f64 * (self.training + self.testing)
    }

    /// Tries the steps of a run for about `budget`, or for a small share of what the run will take if
    /// that is less, on a copy of the network that is then thrown away.
    ///
    /// # Errors
    /// As [`Trainer::new`] and [`Trainer::epoch`].
    pub fn measure<T: Element>(
        network: &Network<T>,
        preprocessing: &Preprocessing,
        options: &TrainOptions,
        (data, test): (&Dataset, Option<&Dataset>),
        budget: Duration,
    ) -> Result<Self> {
        let batch = options.batch.examples(data.len());
        // Where one step would use up the time, smaller ones speak for it.
        let affordable = SLOW * budget.as_secs_f64() / 8.0 / (3.0 * network.work() as f64);
        let least = batch.min((affordable as usize).max(1));
        let options = TrainOptions {
            batch: super::BatchSize::Examples(least),
            ..options.clone()
        };
        let mut trainer = Trainer::new(
            network.clone(),
            preprocessing.clone(),
            options.clone(),
            data.len(),
        )?;
        let start = Instant::now();
        let mut tried = Tried::default();
        loop {
            // What lies between two epochs is not a step's.
            tried.last = None;
            let end = trainer.epoch(data, |progress| {
                tried.note(progress.scores.examples);
                let whole = tried.seconds(data.len()) * options.epochs as f64;
                let limit = budget.as_secs_f64().min(LONGEST_SHARE * whole);
                match tried.steps >= FEWEST_STEPS && start.elapsed().as_secs_f64() >= limit {
                    true => ControlFlow::Break(()),
                    false => ControlFlow::Continue(()),
                }
            })?;
            if end.interrupted || tried.steps >= FEWEST_STEPS || start.elapsed() >= budget {
                break;
            }
        }
        let training = match tried.steps {
            // One step an epoch.
            0 => start.elapsed().as_secs_f64() / trainer.position().epoch.max(1) as f64,
            _ => tried.seconds(data.len()),
        };
        drop(trainer);
        let testing = test
            .map(|test| testing(network, preprocessing, test))
            .transpose()?;
        Ok(Self {
            training,
            testing: testing.unwrap_or(0.0),
        })
    }
}

/// Steps that were tried, but for the first of each epoch.
#[derive(Default)]
struct Tried {
    steps: usize,
    examples: usize,
    time: Duration,
    /// When the step before ended, and how many examples of the epoch were seen by then.
    last: Option<(Instant, usize)>,
}

impl Tried {
    fn note(&mut self, seen: usize) {
        let now = Instant::now();
        if let Some((before, already)) = self.last.replace((now, seen)) {
            self.steps += 1;
            self.examples += seen - already;
            self.time += now - before;
        }
    }

    /// Seconds of so many examples; 0 before anything is known.
    fn seconds(&self, examples: usize) -> f64 {
        self.time.as_secs_f64() / self.examples.max(1) as f64 * examples as f64
    }
}

/// Seconds of a test, by the second of two over a few examples.
fn testing<T: Element>(
    network: &Network<T>,
    preprocessing: &Preprocessing,
    test: &Dataset,
) -> Result<f64> {
    let affordable = (SLOW / 8.0 / network.work().max(1) as f64) as usize;
    let few: Vec<usize> = (0..test.len().min(TESTED).min(affordable.max(1))).collect();
    let some = test.subset(&few)?;
    evaluate(network, &some, preprocessing)?;
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
        let plan = PlanOptions {
            training: true,
            ..PlanOptions::default()
        };
        let workspace = Plan::new(&network, 64, plan).unwrap().bytes::<f32>();
        assert!(bytes(64) > workspace && bytes(64) < 2 * workspace);
        let largest = |room| largest_batch(&network, &options(32), 5000, 100, room);
        for batch in [1, 33, 4999] {
            let found = largest(bytes(batch)).unwrap();
            assert!(found >= batch && bytes(found) <= bytes(batch));
            assert!(bytes(found + 1) > bytes(batch));
        }
        assert_eq!(largest(1 << 40), Some(5000), "there are no more examples");
        assert_eq!(largest(bytes(1) - 1), None);
    }

    #[test]
    fn the_pace_is_that_of_the_run_and_the_network_stays() {
        let (network, digits) = (network(), data::digits());
        let before = network.parameters().to_vec();
        let preprocessing = Preprocessing::scaled(8, 8, 1, data::DIGITS_DIVISOR);
        for batch in [16, 1797] {
            let pace = Pace::measure(
                &network,
                &preprocessing,
                &options(batch),
                (&digits, Some(&digits)),
                Duration::from_millis(50),
            )
            .unwrap();
            assert!(pace.training > 0.0 && pace.testing > 0.0, "{pace:?}");
            assert_eq!(pace.seconds(3), 3.0 * (pace.training + pace.testing));
        }
        assert_eq!(network.parameters(), before);
    }
}
