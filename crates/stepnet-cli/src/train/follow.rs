//! Follows a run on the terminal, and ends it after a signal.

use stepnet::Number;
use stepnet::train::features::FeatureProgress;
use stepnet::train::run::{EpochRecord, RunMessage, RunObserver};
use stepnet::train::{Learner, Progress};

use crate::interrupt::Interrupt;
use crate::note;
use crate::progress::Display;
use crate::wording::with_options;

pub(super) struct Follower {
    pub(super) display: Display,
    pub(super) stop: Interrupt,
    /// The name of the test examples.
    pub(super) test_name: &'static str,
    /// The examples that this process has trained on.
    seen: usize,
    /// Those of the present epoch so far, with those before the run was resumed.
    in_epoch: usize,
}

impl Follower {
    /// Follows a run of which `in_epoch` examples of its first epoch are done.
    pub(super) fn new(
        display: Display,
        stop: Interrupt,
        test_name: &'static str,
        in_epoch: usize,
    ) -> Self {
        Self {
            display,
            stop,
            test_name,
            seen: 0,
            in_epoch,
        }
    }
}

impl<T: Number> RunObserver<T> for Follower {
    fn stopped_by(&self) -> Option<&str> {
        self.stop.by()
    }

    fn step(&mut self, progress: &Progress, _: &Learner<T>) {
        let examples = progress.scores.examples;
        self.seen += examples.saturating_sub(self.in_epoch);
        self.in_epoch = examples;
        self.display.step(progress, self.seen);
    }

    fn features(&mut self, progress: &FeatureProgress) {
        self.display.features(progress);
    }

    fn epoch(&mut self, record: &EpochRecord, best: bool) {
        self.in_epoch = 0;
        self.display.epoch(record, self.test_name, best);
    }

    fn tell(&mut self, message: RunMessage<'_>) {
        match message {
            RunMessage::Line(text) => self.display.line(&with_options(text)),
            RunMessage::Warning(text) => self.display.warn(&with_options(text)),
            RunMessage::Note(text) => note::note(&with_options(text)),
            _ => {}
        }
    }
}
