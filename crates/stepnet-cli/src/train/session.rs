//! A run under way: its epochs, what is recorded of them, and how it ends.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use stepnet::data::Dataset;
use stepnet::error::short;
use stepnet::nn::Network;
use stepnet::train::{
    EpochEnd, Evaluation, Position, Trainer, evaluate, first_overflow, not_finite,
};
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
use crate::progress::{Display, print_sentence, rate};
use crate::run_folder::{CHECKPOINT, EpochRecord, RunFolder};
use crate::usage::count;

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
            // What there is says enough: a full disk is no reason not to go on.
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
            &args.watching,
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

    /// Goes to where a resumed run was, and says so.
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
                "{damage}; the run goes on from the checkpoint before it"
            ));
        }
        self.good = Some((self.trainer.network().clone(), position));
        print_sentence(&format!("{path}: goes on {}", place(&position)));
        // Nothing of the folder is touched before it is sure that the run goes on.
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

    /// Keeps weights from before training failed, and adds to the failure where they are: those of the
    /// last epoch that ended well, and in the first epoch those that gave the last finite loss.
    fn rescue(&mut self, failure: Failure) -> Failure {
        let updates = self.trainer.learner().updates_kept();
        let (good, at) = match &self.good {
            Some((good, position)) => (good.clone(), place(position)),
            None if self.keeper.last.is_some() => return failure.and(&self.keeper.kept()),
            // What an earlier run left is worth more than the beginning of one that failed.
            None if updates == 0 || self.folder.replaces() => {
                self.folder.discard();
                return failure.and("nothing was learnt before, so no model is written");
            }
            None => {
                let updates = usize::try_from(updates).unwrap_or(usize::MAX);
                let at = format!("after {} of the first epoch", count(updates, "update"));
                (self.trainer.network().clone(), at)
            }
        };
        let model = self.about.model(&good, self.folder.records());
        let best = self.keeper.write_best(self.about, &mut self.folder);
        if let Err(unsaved) = self.folder.save(&model) {
            return failure.and(&format!("{}; {}", unsaved.line(), self.keeper.kept()));
        }
        // What else belongs to a run is written as far as it can be: the report may need data that is gone.
        let ended = format!("Failed: {}; this is what the run was {at}.", failure.line());
        let curves = self.folder.draw_curves(self.about.material.test_name);
        let report = self.report(&good, ended);
        let kept = format!(
            "the weights {at} are kept in {}",
            self.folder.path().display()
        );
        match best.and(curves).and(report) {
            Ok(()) => failure.and(&kept),
            Err(unsaved) if unsaved.line() == failure.line() => failure.and(&kept),
            Err(unsaved) => failure.and(&format!("{kept}; {}", unsaved.line())),
        }
    }

    /// Fails if the last update of an epoch has spoiled the weights, and takes it back.
    fn check(&mut self, test: Option<&Evaluation>) -> Outcome {
        let spoiled = not_finite(self.trainer.learner().network());
        let spoiled = spoiled.or_else(|| not_finite(self.trainer.network()));
        let what = match (spoiled, test) {
            (Some(what), _) => what,
            (None, Some(test)) if !test.scores.mean_loss().is_finite() => {
                let material = self.about.material;
                let place = material.test.as_ref().and_then(|data| {
                    let network = self.trainer.network();
                    first_overflow(network, data, &material.preprocessing).ok()?
                });
                let loss = test.scores.mean_loss();
                let place = place.map_or(String::new(), |place| format!(": {place}"));
                format!("the loss on the test data is {loss}{place}")
            }
            _ => return Ok(()),
        };
        self.trainer.roll_back();
        Err(Failure::running(format!(
            "at the end of epoch {} {what}; a lower learning rate than {} or another initialisation may help",
            self.folder.records().len() + 1,
            short(self.about.options.learning_rate)
        )))
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

    fn epoch(&mut self, seen: &mut usize) -> Outcome<EpochEnd> {
        self.settle();
        let start = Instant::now();
        let begun = self.trainer.position().scores.examples;
        let earlier = std::mem::take(&mut self.before.epoch_seconds);
        let (run_start, run_before) = (self.start, self.before.seconds);
        let times = || Times {
            seconds: run_before + run_start.elapsed().as_secs_f64(),
            epoch_seconds: earlier + start.elapsed().as_secs_f64(),
        };
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
                let at = Position {
                    epoch: progress.epoch,
                    step: progress.step,
                    scores: progress.scores,
                };
                flush(trace, display);
                keeper.checkpoint(*about, learner, at, times(), folder, display);
            }
            ControlFlow::Continue(())
        });
        let end = match ended {
            Err(Error::Stopped) => stopped(trainer, about.material.train.len()),
            ended => ended?,
        };
        if end.scores.examples == 0 {
            // Stopped in the first step: the end of the epoch before is where the run stands.
            return Ok(end);
        }
        let seconds = times().epoch_seconds;
        let (test, untested) = match self.test() {
            Err(Error::Stopped) => (None, self.about.material.test.is_some()),
            tested => (tested?, false),
        };
        self.check(test.as_ref())?;
        if end.interrupted {
            // Before the record of the part, which is not the epoch's when the run goes on.
            self.checkpoint(times());
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
                ..times()
            });
        }
        Ok(end)
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

    /// Says where the folder of the run is not what it was.
    pub(super) fn settle(&mut self) {
        self.keeper.settle(&mut self.folder, &self.display);
    }
}

/// An epoch of `examples` examples that was stopped in the middle of a step, which has changed nothing.
fn stopped<T: Number>(trainer: &Trainer<T>, examples: usize) -> EpochEnd {
    let Position {
        epoch,
        step,
        scores,
    } = *trainer.position();
    let steps = trainer.steps(examples);
    EpochEnd {
        epoch,
        scores,
        learning_rate: trainer.options().rate(epoch, step.saturating_sub(1), steps),
        waited: Duration::ZERO,
        interrupted: true,
    }
}

/// Writes the lines of a trace that a checkpoint is to have behind it.
fn flush(trace: &mut Option<Trace>, display: &Display) {
    if let Some(Err(failure)) = trace.as_mut().map(Trace::flush) {
        display.warn(&format!("{}; tracing ends", failure.line()));
        *trace = None;
    }
}
