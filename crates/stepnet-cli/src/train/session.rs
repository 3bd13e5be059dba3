//! A run in progress: its epochs, their records, and its end.

mod epoch;
mod rescue;

use std::time::Instant;

use stepnet::data::Dataset;
use stepnet::nn::Network;
use stepnet::train::{Evaluation, Position, Trainer, evaluate};
use stepnet::{Error, Number};

use super::about::About;
use super::keeper::{Keeper, Times, place};
use super::resume::Resumed;
use super::run_file::RUN_FILE;
use super::trace::Trace;
use super::watch::Watch;
use crate::args::TrainArgs;
use crate::failure::{Failure, Outcome};
use crate::interrupt::Interrupt;
use crate::note;
use crate::progress::{Display, print_sentence};
use crate::run_folder::{CHECKPOINT, EpochRecord, RunFolder};

/// A run under way.
pub(super) struct Session<'a, T> {
    pub(super) about: About<'a>,
    pub(super) trainer: Trainer<T>,
    /// The last weights known to be good, and where they are from.
    pub(super) good: Option<(Network<T>, Position)>,
    pub(super) folder: RunFolder,
    pub(super) keeper: Keeper<T>,
    pub(super) trace: Option<Trace>,
    pub(super) watch: Watch<T>,
    pub(super) display: Display,
    pub(super) stop: Interrupt,
    pub(super) start: Instant,
    /// Seconds that the run took before it was resumed.
    pub(super) before: Times,
}

impl<T: Number> Session<'_, T> {
    /// Makes the folder that of this run: a resumed one's end where it goes on, the description and
    /// what else is written from the start.
    pub(super) fn begin(mut self, args: &TrainArgs, resumed: Option<Resumed<T>>) -> Outcome<Self> {
        let described = resumed.as_ref().is_some_and(Resumed::is_described);
        if let Some(resumed) = resumed {
            self.take_up(resumed)?;
        }
        if described {
            // The existing file says enough: a full disk must not stop the run.
            let written = self.keeper.begin(&mut self.folder);
            self.keeper.tell(written, RUN_FILE, &self.display);
        // An earlier run stays whole until there is something in its place.
        } else if !self.folder.replaces() {
            self.keeper.begin(&mut self.folder)?;
        }
        if let Some(traced) = args.keeping.trace_hashes {
            let updates = self.trainer.learner().updates();
            let (trace, note) = Trace::open(&self.folder, traced, updates)?;
            if let Some(note) = note {
                self.display.warn(&note);
            }
            self.trace = Some(trace);
        }
        self.watch = Watch::begin(
            (&args.watching, &args.settings().training),
            self.folder.path(),
            self.about.material.test.is_some(),
            self.folder.records(),
        )?;
        Ok(self)
    }

    pub(super) fn run(mut self) -> Outcome {
        if let Err(failure) = self.test_last() {
            self.display.finish();
            return Err(self.rescue(failure));
        }
        let mut seen = 0;
        while self.trainer.position().epoch < self.about.options.epochs && !self.watch.stopped() {
            let end = match self.epoch(&mut seen) {
                Ok(end) => end,
                Err(failure) => {
                    self.display.finish();
                    return Err(self.rescue(failure));
                }
            };
            if end.interrupted || self.stop.pressed() {
                break;
            }
        }
        self.display.finish();
        match self.stop.by() {
            Some(by) if self.keeper.last.is_none() && self.trainer.learner().updates() == 0 => {
                self.leave(by);
                Ok(())
            }
            _ => self.finish(),
        }
    }

    /// Moves to where a resumed run was, and reports it.
    fn take_up(&mut self, resumed: Resumed<T>) -> Outcome {
        let examples = self.about.material.train.len();
        let (options, steps) = (self.about.options, self.trainer.steps(examples));
        resumed.check_epochs(options, steps)?;
        let path = resumed.path.display();
        self.keeper.run.end = None;
        if let Some(other) = resumed.run.other_machine() {
            note::note(&other);
            note::check(Failure::usage)?;
        }
        let Some((checkpoint, saved)) = &resumed.kept else {
            print_sentence(&format!(
                "{path}: has no checkpoint yet, so the run starts from the beginning"
            ));
            self.tidy();
            return Ok(());
        };
        self.trainer
            .resume(checkpoint, examples)
            .map_err(|error| Failure::from(error).context(&format!("{path}/{CHECKPOINT}")))?;
        self.before = Times {
            seconds: saved.seconds,
            epoch_seconds: saved.epoch_seconds,
        };
        let position = checkpoint.position;
        self.keeper.last = Some(position);
        self.keeper.keeps_before = resumed.damage.is_none();
        if let Some(damage) = &resumed.damage {
            self.display.warn(&format!(
                "{damage}; the run resumes from the checkpoint before it"
            ));
        }
        self.good = Some((self.trainer.network().clone(), position));
        print_sentence(&format!("{path}: resuming {}", place(&position)));
        // Nothing in the folder is touched before it is certain that the run continues.
        self.tidy();
        Ok(())
    }

    /// Makes the metrics end where the run goes on.
    fn tidy(&mut self) {
        let tidied = self.folder.tidy().map(|restored| {
            if let Some(restored) = restored {
                self.display.warn(&restored);
            }
        });
        self.keeper.tell(tidied, "metrics", &self.display);
    }

    pub(super) fn seconds(&self) -> f64 {
        self.before.seconds + self.start.elapsed().as_secs_f64()
    }

    /// Tests the epoch after which a run was stopped before it could be tested.
    fn test_last(&mut self) -> Outcome {
        let untested = |last: &&EpochRecord| last.test_loss.is_none() && !last.interrupted;
        let last = self.folder.records().last().filter(untested);
        if last.is_none() || self.about.material.test.is_none() || self.stop.pressed() {
            return Ok(());
        }
        let test = match self.test() {
            Err(Error::Stopped) => return Ok(()),
            tested => tested?,
        };
        self.check(test.as_ref())?;
        let Some(mut record) = self.folder.take_last() else {
            return Ok(());
        };
        self.tidy();
        record.test(test.as_ref());
        let best = self.folder.is_best(&record);
        self.display
            .epoch(&record, self.about.material.test_name, best);
        self.record(record)
    }

    /// Adds an epoch to the records, and keeps its weights if no other did better.
    fn record(&mut self, record: EpochRecord) -> Outcome {
        if self.folder.replaces() {
            self.keeper.begin(&mut self.folder)?;
        }
        let best = self.folder.is_best(&record);
        let written = self.folder.record(record);
        self.keeper.tell(written, "metrics", &self.display);
        if let Some(record) = self.folder.records().last() {
            self.watch.epoch(record, best, self.trainer.network());
        }
        if best {
            self.keeper.best(
                self.about,
                self.trainer.network(),
                &mut self.folder,
                &self.display,
            );
        }
        Ok(())
    }

    pub(super) fn checkpoint(&mut self, times: Times) {
        flush(&mut self.trace, &self.display);
        self.keeper.checkpoint(
            self.about,
            self.trainer.learner(),
            *self.trainer.position(),
            times,
            &mut self.folder,
            &self.display,
        );
    }

    fn test(&self) -> Result<Option<Evaluation>, Error> {
        let material = self.about.material;
        let measure =
            |test: &Dataset| evaluate(self.trainer.network(), test, &material.preprocessing);
        material.test.as_ref().map(measure).transpose()
    }

    /// Reports if the folder of the run is not what it was.
    pub(super) fn settle(&mut self) {
        self.keeper.settle(&mut self.folder, &self.display);
    }
}

/// Writes the lines of a trace that must be on disk before a checkpoint.
fn flush(trace: &mut Option<Trace>, display: &Display) {
    if let Some(Err(failure)) = trace.as_mut().map(Trace::flush) {
        display.warn(&format!("{}; tracing ends", failure.line()));
        *trace = None;
    }
}
