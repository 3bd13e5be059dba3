//! How a call is timed.

use std::time::{Duration, Instant};

/// Calls are timed in batches of at least this long, which no clock is too coarse for.
const BATCH: Duration = Duration::from_millis(5);

/// At least this many batches, however long they are.
const FEWEST: usize = 3;

/// Seconds a call took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timing {
    /// In the best batch.
    pub(crate) best: f64,
    /// In the median batch.
    pub(crate) median: f64,
    /// How many calls were timed.
    pub(crate) calls: u64,
}

/// Times `call` for about `window`, after finding out how many calls make a batch, which warms up.
pub(crate) fn time(window: Duration, mut call: impl FnMut()) -> Timing {
    let mut batch = |calls: u64| {
        let start = Instant::now();
        for _ in 0..calls {
            call();
        }
        start.elapsed()
    };
    batch(1);
    let mut calls = 1;
    while batch(calls) < BATCH.min(window) {
        calls *= 2;
    }
    let start = Instant::now();
    let mut times = Vec::new();
    while times.len() < FEWEST || start.elapsed() < window {
        times.push(batch(calls).as_secs_f64() / calls as f64);
    }
    times.sort_by(f64::total_cmp);
    Timing {
        best: times[0],
        median: times[times.len() / 2],
        calls: calls * times.len() as u64,
    }
}
