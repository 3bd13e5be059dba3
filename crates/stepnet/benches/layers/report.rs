//! Results as a table and as JSON.

use serde::Serialize;

use crate::Failure;
use crate::case::{Facts, Name};
use crate::clock::Timing;

/// One measurement.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    name: String,
    /// Milliseconds a call, in the best batch of calls.
    ms: f64,
    /// Milliseconds a call, in the median batch of calls.
    median_ms: f64,
    calls: u64,
    /// Operations of a call by the direct method, in thousands of millions.
    gflop: f64,
    gflops: f64,
    examples: usize,
    parameters: usize,
}

impl Row {
    pub(crate) fn new(name: &Name, facts: &Facts, timing: &Timing) -> Self {
        Self {
            name: name.to_string(),
            ms: 1e3 * timing.best,
            median_ms: 1e3 * timing.median,
            calls: timing.calls,
            gflop: facts.flops / 1e9,
            gflops: facts.flops / timing.best / 1e9,
            examples: facts.examples,
            parameters: facts.parameters,
        }
    }
}

/// A run.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) threads: usize,
    pub(crate) instruction_set: &'static str,
    /// The multiply-add peak of the threads.
    pub(crate) peak_gflops: f64,
    pub(crate) rows: Vec<Row>,
}

impl Report {
    pub(crate) fn heading(&self) -> String {
        let columns = [
            "case",
            "ms",
            "median ms",
            "GFLOP/s",
            "of the peak",
            "examples/s",
        ];
        let [name, ms, median, gflops, share, rate] = columns;
        format!(
            "{} thread(s), {}, multiply-add peak {:.1} GFLOP/s in f32\n\n\
             {name:<20}{ms:>11}{median:>11}{gflops:>10}{share:>13}{rate:>13}",
            self.threads, self.instruction_set, self.peak_gflops
        )
    }

    pub(crate) fn line(&self, row: &Row) -> String {
        format!(
            "{:<20}{:>11.4}{:>11.4}{:>10.1}{:>11.1} %{:>13.0}",
            row.name,
            row.ms,
            row.median_ms,
            row.gflops,
            100.0 * row.gflops / self.peak_gflops,
            1e3 * row.examples as f64 / row.ms,
        )
    }
}

/// One line of JSON.
pub(crate) fn json(value: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(|error| error.to_string())
}
