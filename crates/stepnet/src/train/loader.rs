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
use std::time::Duration;
use stepnet_base::clock::Instant;

use super::feed::{BatchBuffers, Feed};
use crate::data::Pick;
use crate::error::Result;
use crate::group::Shares;
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
    /// The shares that a batch is cut into, and the member whose examples are filled; all without them.
    pub(super) shares: Option<(Shares, usize)>,
}

impl<'a> Batches<'a> {
    fn steps(&self) -> Range<usize> {
        self.first..self.order.len().div_ceil(self.batch)
    }

    fn of(&self, step: usize) -> &'a [Pick] {
        let start = step * self.batch;
        &self.order[start..self.order.len().min(start + self.batch)]
    }

    /// Makes the batch of a step.
    fn fill<T: Number>(
        &self,
        step: usize,
        feed: &Feed<'_>,
        into: &mut BatchBuffers<T>,
    ) -> Result<()> {
        let picks = self.of(step);
        let own = match self.shares {
            Some((shares, rank)) => shares.own_examples(rank, picks.len()),
            None => 0..picks.len(),
        };
        feed.fill(picks, own, into)
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
            batches.fill(number, feed, buffer)?;
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
            let outcome = batches.fill(step, feed, &mut buffer);
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
mod tests;
