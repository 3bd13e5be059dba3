//! Requests that arrive together are computed together.
//!
//! A thread for each model takes the first request that waits and, without waiting for more, all others that are there
//! already: while one batch is computed, the next one gathers. A lone request is not delayed. The outputs of an example are the same bits
//! whatever batch it is in.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Instant;

use hyper::StatusCode;
use stepnet_base::{Error, Result};
use tokio::sync::oneshot;

use super::loaded::Loaded;
use crate::budget::Lease;
use crate::http::{Answer, Refusal};
use crate::metrics::Metrics;

/// Inputs of a network.
pub(crate) struct Input {
    /// The values of whole examples, one after the other.
    pub(crate) values: Vec<f32>,
    /// The memory of inputs and outputs, held until they are computed.
    pub(crate) _lease: Lease,
}

/// Inputs that wait to be computed.
pub(super) struct Job {
    pub(super) loaded: Arc<Loaded>,
    pub(super) input: Input,
    pub(super) reply: oneshot::Sender<Answer<Vec<f32>>>,
}

impl Job {
    fn examples(&self) -> usize {
        self.input.values.len() / self.loaded.input_len()
    }
}

/// Starts the thread that computes, which ends when nobody can send any more.
///
/// # Errors
/// When the system gives no thread.
pub(super) fn start(
    name: &str,
    most: usize,
    metrics: Arc<Metrics>,
    abort: Arc<AtomicBool>,
) -> Result<Sender<Job>> {
    let (sender, jobs) = channel();
    let model = name.to_owned();
    let work = move || run(&jobs, &model, most, &metrics, &abort);
    let thread = thread::Builder::new().name("batches".into()).spawn(work);
    thread.map_err(|error| Error::Training(format!("cannot start a thread: {error}")))?;
    Ok(sender)
}

fn run(jobs: &Receiver<Job>, name: &str, most: usize, metrics: &Metrics, abort: &Arc<AtomicBool>) {
    let mut next = None;
    while let Some(first) = next.take().or_else(|| jobs.recv().ok()) {
        let batch = gather(first, jobs, most, &mut next);
        let examples: usize = batch.iter().map(Job::examples).sum();
        let began = Instant::now();
        // A panic is a fault of ours, of this batch alone.
        let outputs = catch_unwind(AssertUnwindSafe(|| compute(&batch, examples, abort)));
        metrics.batch(name, examples, began.elapsed());
        match outputs {
            Ok(Ok(outputs)) => reply(batch, &outputs),
            Ok(Err(error)) => {
                let message = error.to_string();
                refuse(batch, || Refusal::busy(message.clone()));
            }
            Err(_) => refuse(batch, || {
                Refusal::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "a fault in the server: the network's pass has panicked",
                )
            }),
        }
    }
}

/// The requests that go with the first: of the same model, and not of more examples together than `most`. One that does not go
/// with them is the `next`.
fn gather(first: Job, jobs: &Receiver<Job>, most: usize, next: &mut Option<Job>) -> Vec<Job> {
    let mut examples = first.examples();
    let mut batch = vec![first];
    while examples < most {
        let Ok(job) = jobs.try_recv() else {
            break;
        };
        // Its client has gone, or has waited for too long.
        if job.reply.is_closed() {
            continue;
        }
        let goes = Arc::ptr_eq(&job.loaded, &batch[0].loaded) && examples + job.examples() <= most;
        if !goes {
            *next = Some(job);
            break;
        }
        examples += job.examples();
        batch.push(job);
    }
    batch
}

fn compute(batch: &[Job], examples: usize, abort: &Arc<AtomicBool>) -> Result<Vec<f32>> {
    let loaded = &batch[0].loaded;
    let mut outputs = vec![0.0; examples * loaded.output_len()];
    let fill = |range: Range<usize>, x: &mut [f32]| fill(batch, loaded.input_len(), range, x);
    loaded
        .predictor
        .predict_with(&mut outputs, Some(abort), fill)?;
    loaded.model.restore(&mut outputs);
    Ok(outputs)
}

/// Copies the inputs of a range of a batch's examples.
fn fill(batch: &[Job], len: usize, range: Range<usize>, x: &mut [f32]) {
    let examples = batch
        .iter()
        .flat_map(|job| job.input.values.chunks_exact(len));
    for (from, to) in examples.skip(range.start).zip(x.chunks_exact_mut(len)) {
        to.copy_from_slice(from);
    }
}

fn reply(batch: Vec<Job>, mut outputs: &[f32]) {
    for job in batch {
        let len = job.examples() * job.loaded.output_len();
        let (own, rest) = outputs.split_at(len);
        outputs = rest;
        let answer = match own.iter().all(|value| value.is_finite()) {
            true => Ok(own.to_vec()),
            false => Err(Refusal::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "the model's outputs are not finite: its weights are too large for this input",
            )),
        };
        // The client may have gone.
        job.reply.send(answer).ok();
    }
}

fn refuse(batch: Vec<Job>, why: impl Fn() -> Refusal) {
    for job in batch {
        job.reply.send(Err(why())).ok();
    }
}
