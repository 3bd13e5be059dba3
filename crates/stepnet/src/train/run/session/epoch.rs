//! One epoch of a run.

use std::ops::ControlFlow;
use stepnet_base::clock::Instant;

use super::super::keeper::Times;
use super::super::observer::{RunMessage, RunObserver};
use super::super::record::EpochRecord;
use super::{Run, flush};
use crate::error::{Error, Result};
use crate::nn::Number;
use crate::train::EpochEnd;

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

impl<T: Number> Run<T> {
    /// Trains an epoch, or what is left of one, and tests it.
    pub(super) fn train_and_test(&mut self, observer: &mut dyn RunObserver<T>) -> Result<EpochEnd> {
        self.settle(observer);
        let clock = EpochClock {
            run_start: self.start,
            start: Instant::now(),
            before: std::mem::take(&mut self.before.epoch_seconds),
            run_before: self.before.seconds,
        };
        let end = self.train_epoch(&clock, observer)?;
        if end.scores.examples == 0 {
            // Stopped in the first step: the end of the epoch before is where the run stands.
            return Ok(end);
        }
        self.end_epoch(&end, &clock, observer)?;
        Ok(end)
    }

    /// The steps of an epoch.
    fn train_epoch(
        &mut self,
        clock: &EpochClock,
        observer: &mut dyn RunObserver<T>,
    ) -> Result<EpochEnd> {
        if self.trainer.fits_head() {
            return self.fit_head(observer);
        }
        let Self {
            about,
            trainer,
            folder,
            keeper,
            trace,
            watch,
            ..
        } = self;
        let ended = trainer.epoch_with(&about.data.train, |progress, learner| {
            observer.step(progress, learner);
            watch.step(progress, observer);
            if let Some(open) = trace
                && let Err(error) = open.step(progress, learner)
            {
                let error = error.and("tracing ends");
                observer.tell(RunMessage::Warning(&error.to_string()));
                *trace = None;
            }
            if observer.stopped_by().is_some() {
                return ControlFlow::Break(());
            }
            if progress.step < progress.steps && keeper.clock.due_inside(learner.updates()) {
                let at = progress.position();
                flush(trace, observer);
                keeper.checkpoint(about, learner, at, clock.times(), folder, observer);
            }
            ControlFlow::Continue(())
        });
        match ended {
            Err(Error::Stopped) => Ok(trainer.epoch_so_far(about.data.train.len())),
            ended => ended,
        }
    }

    /// Tests and records an epoch, and writes a checkpoint where one is due.
    fn end_epoch(
        &mut self,
        end: &EpochEnd,
        clock: &EpochClock,
        observer: &mut dyn RunObserver<T>,
    ) -> Result<()> {
        let seconds = clock.times().epoch_seconds;
        let (test, untested) = match self.test(observer) {
            Err(Error::Stopped) => (None, self.about.data.test.is_some()),
            tested => (tested?, false),
        };
        self.check(test.as_ref())?;
        if end.interrupted {
            // Before the record of the part, which is not the epoch's when the run goes on.
            self.checkpoint(clock.times(), observer);
        }
        let by_class = self.about.data.preprocessing.task.is_classes();
        let mut record = EpochRecord::of(end, seconds, by_class);
        record.test(test.as_ref());
        observer.epoch(&record, self.folder.is_best(&record));
        self.record(record, observer)?;
        if end.learning_rate == 0.0 {
            self.keep_head(observer);
        }
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
            let times = Times {
                epoch_seconds: 0.0,
                ..clock.times()
            };
            self.checkpoint(times, observer);
        }
        Ok(())
    }
}
