//! The background loader: while a batch trains, the next ones are made.
//!
//! Workers are threads that take the number of the next batch and a free buffer, fill it, and put it
//! where the trainer takes it in the order of the steps. So the number of workers and their speed
//! change nothing but the time. There is a buffer for the batch that trains and one for each
//! worker; they are kept from epoch to epoch.

use std::ops::{ControlFlow, Range};
use std::panic::resume_unwind;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::feed::{BatchBuffers, Feed};
use crate::data::Pick;
use crate::error::Result;
use crate::nn::Number;
use crate::threads;

/// Buffers, and who fills them.
#[derive(Debug)]
pub(super) struct Loader<T> {
    buffers: Vec<BatchBuffers<T>>,
    batch: usize,
    len: usize,
    /// Bytes that are still to be taken while workers are there: they start only where these can be had too.
    left: usize,
}

/// The batches of an epoch: which examples, and how many a step takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Batches<'a> {
    pub(super) order: &'a [Pick],
    pub(super) batch: usize,
    /// The first step that is wanted.
    pub(super) first: usize,
}

impl<'a> Batches<'a> {
    fn steps(&self) -> Range<usize> {
        self.first..self.order.len().div_ceil(self.batch)
    }

    fn of(&self, step: usize) -> &'a [Pick] {
        let start = step * self.batch;
        &self.order[start..self.order.len().min(start + self.batch)]
    }
}

impl<T: Number> Loader<T> {
    /// A loader of batches of up to `batch` examples of `len` values, whose workers leave `left` bytes to others.
    ///
    /// # Errors
    /// When there is not enough memory for one.
    pub(super) fn new(batch: usize, len: usize, left: usize) -> Result<Self> {
        Ok(Self {
            buffers: vec![BatchBuffers::new(batch, len)?],
            batch,
            len,
            left,
        })
    }

    /// Hands `step` the batches one after the other, while `workers` threads make the next; without
    /// workers each is made when it is wanted. Gives how long `step` was waited with.
    ///
    /// # Errors
    /// The first batch, in the order of the steps, that cannot be made, once those before it are done;
    /// or what `step` says.
    pub(super) fn run(
        &mut self,
        feed: &Feed<'_>,
        batches: Batches<'_>,
        workers: usize,
        mut step: impl FnMut(&BatchBuffers<T>) -> Result<ControlFlow<()>>,
    ) -> Result<Duration> {
        let workers = workers.min(batches.steps().len().saturating_sub(1));
        while self.buffers.len() < workers + 1 {
            self.buffers.push(BatchBuffers::new(self.batch, self.len)?);
        }
        if workers == 0 {
            return self.alone(feed, batches, step);
        }
        let shared = Shared {
            state: Mutex::new(State {
                next: batches.first,
                free: std::mem::take(&mut self.buffers),
                ready: Vec::with_capacity(workers + 1),
                stopped: false,
            }),
            changed: Condvar::new(),
        };
        let outcome = thread::scope(|scope| {
            // However this ends, the workers learn of it, or the scope would wait for them for ever.
            let stop = StopOnDrop(&shared);
            let work = || shared.work(feed, batches);
            let handles: Vec<_> = (0..workers)
                .map_while(|_| threads::spawn(scope, "loader", self.left, work).ok())
                .collect();
            let outcome = if handles.is_empty() {
                None
            } else {
                Some(shared.serve(batches, &mut step))
            };
            drop(stop);
            for handle in handles {
                handle.join().unwrap_or_else(|panic| resume_unwind(panic));
            }
            outcome
        });
        let mut state = shared
            .state
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        self.buffers = state.free;
        self.buffers
            .extend(state.ready.drain(..).map(|ready| ready.buffer));
        match outcome {
            Some(outcome) => outcome,
            // The system gives no thread.
            None => self.alone(feed, batches, step),
        }
    }

    fn alone(
        &mut self,
        feed: &Feed<'_>,
        batches: Batches<'_>,
        mut step: impl FnMut(&BatchBuffers<T>) -> Result<ControlFlow<()>>,
    ) -> Result<Duration> {
        let mut waited = Duration::ZERO;
        for number in batches.steps() {
            let start = Instant::now();
            let buffer = &mut self.buffers[0];
            feed.fill(batches.of(number), buffer)?;
            waited += start.elapsed();
            if step(buffer)?.is_break() {
                break;
            }
        }
        Ok(waited)
    }
}

/// The state that the trainer and the workers share.
struct Shared<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

struct State<T> {
    /// The next step whose batch is not being made yet.
    next: usize,
    free: Vec<BatchBuffers<T>>,
    ready: Vec<Ready<T>>,
    /// No further batch is wanted, or a worker has panicked.
    stopped: bool,
}

struct Ready<T> {
    step: usize,
    buffer: BatchBuffers<T>,
    outcome: Result<()>,
}

impl<T: Number> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State<T>>) -> MutexGuard<'a, State<T>> {
        self.changed
            .wait(state)
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The worker's loop.
    fn work(&self, feed: &Feed<'_>, batches: Batches<'_>) {
        let _watch = StopOnPanic(self);
        let end = batches.steps().end;
        let mut state = self.lock();
        while !state.stopped && state.next < end {
            // Steps are taken in order and the trainer holds one buffer of several, so that the one it
            // waits for is always being made.
            let Some(mut buffer) = state.free.pop() else {
                state = self.wait(state);
                continue;
            };
            let step = state.next;
            state.next += 1;
            drop(state);
            let outcome = feed.fill(batches.of(step), &mut buffer);
            state = self.lock();
            state.ready.push(Ready {
                step,
                buffer,
                outcome,
            });
            self.changed.notify_all();
        }
    }

    /// The trainer's loop.
    fn serve(
        &self,
        batches: Batches<'_>,
        step: &mut impl FnMut(&BatchBuffers<T>) -> Result<ControlFlow<()>>,
    ) -> Result<Duration> {
        let mut waited = Duration::ZERO;
        for number in batches.steps() {
            let start = Instant::now();
            let Some(ready) = self.take(number) else {
                // A worker has panicked; the thread that joins it passes that on.
                break;
            };
            waited += start.elapsed();
            let go_on = match ready.outcome {
                Ok(()) => step(&ready.buffer),
                Err(error) => Err(error),
            };
            self.lock().free.push(ready.buffer);
            self.changed.notify_all();
            if go_on?.is_break() {
                break;
            }
        }
        Ok(waited)
    }

    /// The batch of a step, when it is there.
    fn take(&self, step: usize) -> Option<Ready<T>> {
        let mut state = self.lock();
        loop {
            if let Some(place) = state.ready.iter().position(|ready| ready.step == step) {
                return Some(state.ready.swap_remove(place));
            }
            if state.stopped {
                return None;
            }
            state = self.wait(state);
        }
    }
}

/// Notifies all threads that the run is over.
struct StopOnDrop<'a, T: Number>(&'a Shared<T>);

impl<T: Number> Drop for StopOnDrop<'_, T> {
    fn drop(&mut self) {
        self.0.lock().stopped = true;
        self.0.changed.notify_all();
    }
}

/// Notifies all threads of a panic: a worker that has panicked is not to be waited for.
struct StopOnPanic<'a, T: Number>(&'a Shared<T>);

impl<T: Number> Drop for StopOnPanic<'_, T> {
    fn drop(&mut self) {
        if thread::panicking() {
            drop(StopOnDrop(self.0));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;
    use crate::data::{Augmentation, Dataset, Images, Values};
    use crate::error::Error;
    use crate::nn::Preprocessing;

    const EXAMPLES: usize = 25;

    fn with<R>(run: impl FnOnce(&mut Loader<f32>, &Feed<'_>, &[Pick]) -> R) -> R {
        let values = (0..2 * EXAMPLES).map(|i| i as u8).collect();
        let images = Images::new([1, 2, 1], Values::U8(values)).unwrap();
        let labels = (0..EXAMPLES as u32).map(|i| i % 3).collect();
        let classes = ["a", "b", "c"].map(str::to_owned).to_vec();
        let data = Dataset::new(images, labels, classes).unwrap();
        let preprocessing = Preprocessing::scaled(1, 2, 1, 1.0);
        let augmentation = Augmentation::default();
        let feed = Feed {
            data: &data,
            preprocessing: &preprocessing,
            augmentation: &augmentation,
            seed: 0,
            epoch: 0,
        };
        let order: Vec<Pick> = (0..EXAMPLES).rev().map(Pick::once).collect();
        run(&mut Loader::new(4, 2, 0).unwrap(), &feed, &order)
    }

    fn batches(order: &[Pick], first: usize) -> Batches<'_> {
        Batches {
            order,
            batch: 4,
            first,
        }
    }

    #[test]
    fn batches_come_in_order_from_the_step_asked_for_on() {
        with(|loader, feed, order| {
            for workers in [0, 1, 3, 20] {
                for first in [0, 2, 6, 7] {
                    let mut seen = Vec::new();
                    let step = |filled: &BatchBuffers<f32>| {
                        seen.extend(filled.x().chunks(2).map(|x| x[0] as usize / 2));
                        Ok(ControlFlow::Continue(()))
                    };
                    loader
                        .run(feed, batches(order, first), workers, step)
                        .unwrap();
                    let expected: Vec<usize> = (0..EXAMPLES).rev().skip(4 * first).collect();
                    assert_eq!(seen, expected, "{workers} workers from step {first}");
                }
            }
            assert_eq!(
                loader.buffers.len(),
                7,
                "one for each worker that had work, and one more"
            );
        });
    }

    #[test]
    fn a_break_and_an_error_end_it_and_the_buffers_come_back() {
        with(|loader, feed, order| {
            for workers in [0, 1, 3] {
                let mut steps = 0;
                let count = |_: &BatchBuffers<f32>| {
                    steps += 1;
                    Ok(match steps {
                        2 => ControlFlow::Break(()),
                        _ => ControlFlow::Continue(()),
                    })
                };
                loader.run(feed, batches(order, 0), workers, count).unwrap();
                assert_eq!(steps, 2);
                let fail = |_: &BatchBuffers<f32>| Err(Error::Training("no".into()));
                let message = loader
                    .run(feed, batches(order, 0), workers, fail)
                    .unwrap_err();
                assert_eq!(message.to_string(), "no");
                assert_eq!(loader.buffers.len(), workers + 1);
            }
        });
    }

    #[test]
    fn a_batch_that_cannot_be_made_is_an_error() {
        with(|loader, feed, order| {
            let wrong = Preprocessing::scaled(2, 1, 1, 1.0);
            let feed = Feed {
                preprocessing: &wrong,
                ..*feed
            };
            for workers in [0, 1, 3] {
                let mut steps = 0;
                let count = |_: &BatchBuffers<f32>| {
                    steps += 1;
                    Ok(ControlFlow::Continue(()))
                };
                let error = loader.run(&feed, batches(order, 0), workers, count);
                assert!(error.unwrap_err().to_string().contains("preprocessing"));
                assert_eq!(steps, 0);
            }
        });
    }

    #[test]
    fn panics_of_a_step_and_of_a_worker_get_through() {
        with(|loader, feed, order| {
            for workers in [0, 1, 3] {
                let step =
                    |_: &BatchBuffers<f32>| -> Result<ControlFlow<()>> { panic!("in a step") };
                let run = || loader.run(feed, batches(order, 0), workers, step);
                let panic = catch_unwind(AssertUnwindSafe(run)).unwrap_err();
                assert_eq!(panic.downcast_ref::<&str>(), Some(&"in a step"));
                // An example without a label: a broken invariant.
                let mut order = order.to_vec();
                order[9] = Pick::once(EXAMPLES);
                let mut steps = 0;
                let count = |_: &BatchBuffers<f32>| {
                    steps += 1;
                    Ok(ControlFlow::Continue(()))
                };
                let run = || loader.run(feed, batches(&order, 0), workers, count);
                let panic = catch_unwind(AssertUnwindSafe(run)).unwrap_err();
                let said = panic.downcast_ref::<String>().unwrap();
                assert!(said.contains("out of bounds"), "{said}");
                assert!(steps <= 2, "{steps}");
            }
        });
    }
}
