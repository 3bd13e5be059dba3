//! One epoch of a run.

use std::ops::ControlFlow;
use std::time::Instant;

use stepnet::train::EpochEnd;
use stepnet::{Error, Number};

use super::{Session, flush};
use crate::failure::Outcome;
use crate::progress::rate;
use crate::run_folder::EpochRecord;
use crate::train::keeper::Times;

/// When an epoch began, and what its part before the run was resumed took.
struct EpochClock {
    run_start: Instant,
    start: Instant,
    /// Seconds of the epoch, before.
    before: f64,
    /// Seconds of the run, before.
    run_before: f64,
}

impl EpochClock {
    fn times(&self) -> Times {
        Times {
            seconds: self.run_before + self.run_start.elapsed().as_secs_f64(),
            epoch_seconds: self.before + self.start.elapsed().as_secs_f64(),
        }
    }
}

impl<T: Number> Session<'_, T> {
    /// Trains an epoch, or what is left of one. `seen` counts the examples of this process.
    pub(super) fn epoch(&mut self, seen: &mut usize) -> Outcome<EpochEnd> {
        self.settle();
        let clock = EpochClock {
            run_start: self.start,
            start: Instant::now(),
            before: std::mem::take(&mut self.before.epoch_seconds),
            run_before: self.before.seconds,
        };
        let end = self.train_epoch(seen, &clock)?;
        if end.scores.examples == 0 {
            // Stopped in the first step: the end of the epoch before is where the run stands.
            return Ok(end);
        }
        self.end_epoch(&end, &clock)?;
        Ok(end)
    }

    /// The steps of an epoch. `seen` counts the examples of this process.
    fn train_epoch(&mut self, seen: &mut usize, clock: &EpochClock) -> Outcome<EpochEnd> {
        let begun = self.trainer.position().scores.examples;
        let Self {
            about,
            trainer,
            folder,
            keeper,
            trace,
            watch,
            display,
            stop,
            ..
        } = self;
        let before = *seen;
        let ended = trainer.epoch_with(&about.material.train, |progress, learner| {
            *seen = before + progress.scores.examples - begun;
            display.step(progress, *seen);
            watch.step(progress);
            if let Some(open) = trace
                && let Err(failure) = open.step(progress, learner)
            {
                display.warn(&format!("{}; tracing ends", failure.line()));
                *trace = None;
            }
            if stop.pressed() {
                return ControlFlow::Break(());
            }
            if progress.step < progress.steps && keeper.clock.due_inside(learner.updates()) {
                let at = progress.position();
                flush(trace, display);
                keeper.checkpoint(*about, learner, at, clock.times(), folder, display);
            }
            ControlFlow::Continue(())
        });
        match ended {
            Err(Error::Stopped) => Ok(trainer.epoch_so_far(about.material.train.len())),
            ended => Ok(ended?),
        }
    }

    /// Tests and records an epoch, and writes a checkpoint where one is due.
    fn end_epoch(&mut self, end: &EpochEnd, clock: &EpochClock) -> Outcome {
        let seconds = clock.times().epoch_seconds;
        let (test, untested) = match self.test() {
            Err(Error::Stopped) => (None, self.about.material.test.is_some()),
            tested => (tested?, false),
        };
        self.check(test.as_ref())?;
        if end.interrupted {
            // Before the record of the part, which is not the epoch's when the run goes on.
            self.checkpoint(clock.times());
        }
        let mut record = EpochRecord {
            epoch: end.epoch + 1,
            train_loss: end.scores.mean_loss(),
            train_accuracy: end.scores.accuracy(),
            test_loss: None,
            test_accuracy: None,
            learning_rate: end.learning_rate,
            seconds,
            images_per_second: rate(end.scores.examples, seconds).unwrap_or_default(),
            waited: (end.waited.as_secs_f64() / seconds.max(1e-9)).min(1.0),
            interrupted: end.interrupted,
        };
        record.test(test.as_ref());
        let best = self.folder.is_best(&record);
        self.display
            .epoch(&record, self.about.material.test_name, best);
        self.record(record)?;
        let position = *self.trainer.position();
        match &mut self.good {
            Some((good, at)) => {
                good.clone_from(self.trainer.network());
                *at = position;
            }
            None => self.good = Some((self.trainer.network().clone(), position)),
        }
        let updates = self.trainer.learner().updates();
        let due = self.keeper.clock.due_at_end(position.epoch as u64, updates);
        if !end.interrupted && (due || untested) {
            self.checkpoint(Times {
                epoch_seconds: 0.0,
                ..clock.times()
            });
        }
        Ok(())
    }
}
