//! How many images were predicted, and the line that says so.

use std::time::Instant;

use stepnet_base::text::count;

use super::answer::Answer;
use crate::failure::{Failure, Outcome};
use crate::progress::rate;

/// How many images there were, how many failed, and of how many the model was not sure.
pub(super) struct Tally {
    start: Instant,
    all: usize,
    failed: usize,
    unsure: usize,
    /// The exit code so far.
    code: u8,
}

impl Tally {
    pub(super) fn new() -> Self {
        Self {
            start: Instant::now(),
            all: 0,
            failed: 0,
            unsure: 0,
            code: 0,
        }
    }

    /// Counts an answer, and reports it where it is a failure.
    pub(super) fn count(&mut self, answer: &Answer, unsure: bool) {
        self.all += 1;
        self.unsure += usize::from(unsure);
        if let Err(failure) = answer {
            failure.report(false);
            self.failed += 1;
            self.code = self.code.max(failure.code());
        }
    }

    /// The line at the end.
    pub(super) fn line(&self, passed_over: usize) -> String {
        let seen = self.all - self.failed;
        let rate = rate(seen, self.start.elapsed().as_secs_f64());
        let rate = rate.map_or(String::new(), |rate| format!(", {rate:.0} images/s"));
        let others = match passed_over {
            0 => String::new(),
            files => format!(", {} skipped", count(files, "other file")),
        };
        let unsure = match self.unsure {
            0 => String::new(),
            images => format!(", not sure of {images}"),
        };
        format!(
            "{}, {} failed{unsure}{others}{rate}",
            count(self.all, "image"),
            self.failed
        )
    }

    /// How the command ends: the failures were reported one by one.
    pub(super) fn outcome(&self) -> Outcome {
        match self.code {
            0 => Ok(()),
            code => Err(Failure::said(code)),
        }
    }
}
