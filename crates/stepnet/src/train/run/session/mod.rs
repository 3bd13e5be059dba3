//! A run in progress: its epochs, their records, and its end.

#[cfg(not(feature = "pages"))]
mod bare;
mod begin;
mod end;
mod epoch;
mod head;
mod rescue;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use stepnet_base::clock::Instant;

use super::about::About;
use super::data::RunData;
use super::folder::RunFolder;
use super::keeper::{Keeper, Times};
use super::members::Order;
use super::observer::{RunMessage, RunObserver};
use super::record::EpochRecord;
use super::trace::Trace;
use super::watch::Watch;
use crate::error::{Error, Result};
use crate::group::{Group, first_of_all};
use crate::nn::{Network, Number};
use crate::train::evaluate::{evaluate_in, evaluate_until};
use crate::train::{Evaluation, Position, Trainer, Transfer};

pub(super) use begin::{started, taken_up};
pub use end::RunEnd;

/// A training that keeps itself in a folder: a record of every epoch, the best weights, checkpoints from which it can be
/// resumed to the same bits, and at the end the model and a report.
///
/// [`create`](Self::create) begins one, [`resume`](Self::resume) goes on with one that was left. Then
/// [`fit`](Self::fit) does the rest; or [`epoch`](Self::epoch) and [`finish`](Self::finish), one by one.
///
/// ```
/// use stepnet::train::run::{SavedRun, Run, RunData, RunOptions};
/// use stepnet::optim::Schedule;
/// use stepnet::train::settings::Settings;
/// use stepnet::{Init, Network, Preprocessing, RandomState, data};
///
/// # let place = tempfile::tempdir()?;
/// # let folder = &place.path().join("run");
/// let (train, test) = data::digits().split(0.2, 1)?;
/// let preprocessing = Preprocessing::scaled(8, 8, 1, data::DIGITS_DIVISOR);
/// let data = RunData::new(train, Some(test), preprocessing);
///
/// let mut network = Network::<f32>::new("conv(8, 3) -> relu -> linear(10) -> softmax", [8, 8, 1])?;
/// network.initialize(Init::He, &mut RandomState::new(1));
/// let mut settings = Settings::default();
/// settings.training.epochs = Some(2);
/// settings.training.schedule = Schedule::Constant; // others depend on the number of epochs
///
/// let mut run = Run::create(folder, network, data.clone(), &settings, RunOptions::default())?;
/// let end = run.fit(&mut ())?;
/// assert!(end.finished && folder.join("report.html").exists());
/// # drop(run);
///
/// // For longer, from where it ended.
/// let left = SavedRun::<f32>::open(folder)?.epochs(3)?;
/// let mut run = Run::resume(left, data, RunOptions::default(), &mut ())?;
/// run.fit(&mut ())?;
/// assert_eq!(run.records().len(), 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Run<T> {
    pub(super) about: About,
    pub(super) trainer: Trainer<T>,
    /// The last weights known to be good, and where they are from.
    pub(super) good: Option<(Network<T>, Position)>,
    pub(super) folder: RunFolder,
    pub(super) keeper: Keeper<T>,
    pub(super) trace: Option<Trace>,
    pub(super) watch: Watch<T>,
    pub(super) start: Instant,
    /// Seconds that the run took before it was resumed.
    pub(super) before: Times,
    /// Whether the last epoch may be without its test, since the run was stopped there.
    untested: bool,
    /// Ends the work in the middle of a step or a test.
    pub(super) stop: Option<Arc<AtomicBool>>,
    /// The processes that train together, where there are several.
    group: Option<Arc<dyn Group>>,
    /// Whether the others have been told that the run has ended.
    ended: bool,
    /// What stopped another member, and with it the run.
    stopped_elsewhere: Option<String>,
}

impl<T: Number> Run<T> {
    /// The records of the epochs that are done, and at the end of one that was stopped.
    pub fn records(&self) -> &[EpochRecord] {
        self.folder.records()
    }

    /// Its folder, which may be moved while it trains.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Whether the folder still has all files of the run that this one replaces, since nothing was written yet.
    pub fn replaces(&self) -> bool {
        self.folder.replaces()
    }

    /// The data that it trains and tests on.
    pub fn data(&self) -> &RunData {
        &self.about.data
    }

    /// The trainer.
    pub fn trainer(&self) -> &Trainer<T> {
        &self.trainer
    }

    /// The network that is saved at the end, and how many epochs it was trained for: with early stopping the best one,
    /// otherwise the last.
    pub fn kept_network(&self) -> (&Network<T>, usize) {
        let (network, records) = self.kept();
        (network, records.len())
    }

    /// [`Trainer::set_stop`] for a run: ends it in the middle of a step or a test. An observer that says that the run
    /// [is stopped](RunObserver::stopped_by) has to follow from it.
    pub fn set_stop(&mut self, stop: Arc<AtomicBool>) {
        self.trainer.set_stop(Arc::clone(&stop));
        self.stop = Some(stop);
    }

    /// Trains to the end, or until the observer stops it, and writes what a run leaves.
    ///
    /// # Errors
    /// As [`epoch`](Self::epoch) and [`finish`](Self::finish).
    pub fn fit(&mut self, observer: &mut dyn RunObserver<T>) -> Result<RunEnd> {
        while self.epoch(observer)? {}
        self.finish(observer)
    }

    /// Trains and tests one epoch, or what is left of one, and keeps its record; whether there is another to do. Does
    /// nothing after the last.
    ///
    /// # Errors
    /// When the loss or the weights are no longer finite, or the data cannot be read. The model of the last good
    /// weights is in the folder then, as far as it can be written, and the error says where.
    pub fn epoch(&mut self, observer: &mut dyn RunObserver<T>) -> Result<bool> {
        let done = self.try_epoch(observer);
        done.map_err(|error| self.rescue(error))
    }

    fn try_epoch(&mut self, observer: &mut dyn RunObserver<T>) -> Result<bool> {
        if std::mem::take(&mut self.untested) {
            self.test_last(observer)?;
        }
        if !self.goes_on(observer) {
            return Ok(false);
        }
        self.order(Order::Epoch)?;
        let end = self.train_and_test(observer)?;
        if end.interrupted && observer.stopped_by().is_none() {
            self.ask_who_stopped()?;
        }
        Ok(!end.interrupted && self.goes_on(observer))
    }

    /// Asks the other members which of them was stopped, and by what.
    fn ask_who_stopped(&mut self) -> Result<()> {
        let Some(group) = self.group.clone() else {
            return Ok(());
        };
        self.order(Order::Reason)?;
        let said = first_of_all(&*group, None)?;
        self.stopped_elsewhere = Some(match said {
            Some((rank, by)) => format!("{by} on rank {rank}"),
            None => "another rank".to_owned(),
        });
        Ok(())
    }

    /// What ends the run early, here or on another member.
    fn stopped<'a>(&'a self, observer: &'a dyn RunObserver<T>) -> Option<&'a str> {
        let elsewhere = self.stopped_elsewhere.as_deref();
        observer.stopped_by().or(elsewhere)
    }

    /// Has the other members of the group do the same.
    fn order(&self, order: Order) -> Result<()> {
        let group = self.group.as_deref();
        group.map_or(Ok(()), |group| order.give(group))
    }

    /// Whether there is another epoch to train.
    fn goes_on(&self, observer: &dyn RunObserver<T>) -> bool {
        self.trainer.position().epoch < self.about.options.epochs
            && !self.watch.stopped()
            && self.stopped(observer).is_none()
    }

    pub(super) fn seconds(&self) -> f64 {
        self.before.seconds + self.start.elapsed().as_secs_f64()
    }

    /// Tests the epoch after which a run was stopped before it could be tested.
    fn test_last(&mut self, observer: &mut dyn RunObserver<T>) -> Result<()> {
        let untested = |last: &&EpochRecord| last.test_loss.is_none() && !last.interrupted;
        let last = self.folder.records().last().filter(untested);
        if last.is_none() || self.about.data.test.is_none() || observer.stopped_by().is_some() {
            return Ok(());
        }
        self.order(Order::Test)?;
        let test = match self.test(observer) {
            Err(Error::Stopped) => return Ok(()),
            tested => tested?,
        };
        self.check(test.as_ref())?;
        let Some(mut record) = self.folder.take_last() else {
            return Ok(());
        };
        self.tidy(observer);
        record.test(test.as_ref());
        observer.epoch(&record, self.folder.is_best(&record));
        self.record(record, observer)
    }

    /// Adds an epoch to the records, and keeps its weights if no other did better.
    fn record(&mut self, record: EpochRecord, observer: &mut dyn RunObserver<T>) -> Result<()> {
        if self.folder.replaces() {
            self.keeper.begin(&mut self.folder)?;
        }
        let best = self.folder.is_best(&record);
        let written = self.folder.record(record);
        self.keeper.tell(written, "metrics", observer);
        if let Some(record) = self.folder.records().last() {
            self.watch
                .epoch(record, best, self.trainer.network(), observer);
        }
        if best {
            self.keeper.best(
                &self.about,
                self.trainer.network(),
                &mut self.folder,
                observer,
            );
        }
        Ok(())
    }

    pub(super) fn checkpoint(&mut self, times: Times, observer: &mut dyn RunObserver<T>) {
        flush(&mut self.trace, observer);
        self.keeper.checkpoint(
            &self.about,
            self.trainer.learner(),
            *self.trainer.position(),
            times,
            &mut self.folder,
            observer,
        );
    }

    fn test(&mut self, observer: &mut dyn RunObserver<T>) -> Result<Option<Evaluation>> {
        if let Some(evaluation) = self.test_on_features(observer)? {
            return Ok(Some(evaluation));
        }
        let RunData {
            test: Some(test),
            preprocessing,
            ..
        } = &self.about.data
        else {
            return Ok(None);
        };
        let (network, stop) = (self.trainer.network(), self.stop.as_ref());
        let head = self.about.options.transfer == Transfer::Head;
        let evaluation = match self.group.as_deref().filter(|_| !head) {
            Some(group) => evaluate_in(group, stop, network, test, preprocessing),
            None => evaluate_until(stop, network, test, preprocessing, |_| {}),
        };
        evaluation.map(Some)
    }

    /// Reports if the folder of the run is not what it was.
    pub(super) fn settle(&mut self, observer: &mut dyn RunObserver<T>) {
        self.keeper.settle(&mut self.folder, observer);
    }
}

/// Writes the lines of a trace that must be on disk before a checkpoint.
fn flush<T: Number>(trace: &mut Option<Trace>, observer: &mut dyn RunObserver<T>) {
    if let Some(Err(error)) = trace.as_mut().map(Trace::flush) {
        let error = error.and("tracing ends");
        observer.tell(RunMessage::Warning(&error.to_string()));
        *trace = None;
    }
}
