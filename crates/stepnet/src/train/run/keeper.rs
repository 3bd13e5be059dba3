//! Writes a run's checkpoints and its best model; training continues if that fails.

use stepnet_base::clock::Instant;

use super::about::About;
use super::description::RunDescription;
use super::every::Clock;
use super::files::{BEST, CHECKPOINT, CHECKPOINT_BEFORE};
use super::folder::RunFolder;
use super::observer::{RunMessage, RunObserver};
use super::resume::Saved;
use crate::error::{Error, Result};
use crate::nn::{Network, Number};
use crate::train::{Checkpoint, Learner, Position};

/// The word for checkpoints in messages.
const CHECKPOINTS: &str = "checkpoint";

/// Writes the files that a run can resume from.
#[derive(Debug)]
pub(super) struct Keeper<T> {
    pub(super) clock: Clock,
    /// What the run was started with.
    pub(super) run: RunDescription,
    /// Where the last good checkpoint stands.
    pub(super) last: Option<Position>,
    /// Whether the checkpoint that is there is good, and is kept when the next is written.
    pub(super) keeps_before: bool,
    /// Whether the last writing failed.
    failed: bool,
    /// The best weights with the number of their epochs, where they are not written yet.
    best: Option<(Network<T>, usize)>,
}

/// How long a run has taken so far.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Times {
    /// Seconds since it began, without those it stood still.
    pub(super) seconds: f64,
    /// Those of them in the epoch that has begun.
    pub(super) epoch_seconds: f64,
}

impl<T: Number> Keeper<T> {
    pub(super) fn new(clock: Clock, run: RunDescription, last: Option<Position>) -> Self {
        Self {
            clock,
            run,
            last,
            keeps_before: true,
            failed: false,
            best: None,
        }
    }

    /// Puts the run's description into its folder, where an earlier run's files are gone by now.
    pub(super) fn begin(&self, folder: &mut RunFolder) -> Result<()> {
        if folder.replaces() {
            // The new run stands before anything of the old one goes.
            self.run.write_replacing(&folder.here())?;
            folder.replace()?;
        }
        self.run.write(&folder.here())
    }

    /// Writes a checkpoint, and the best weights before it: a run that goes on from there will not
    /// come upon them again. A failure is reported once.
    pub(super) fn checkpoint(
        &mut self,
        about: &About,
        learner: &Learner<T>,
        position: Position,
        times: Times,
        folder: &mut RunFolder,
        observer: &mut dyn RunObserver<T>,
    ) {
        // The step that spoils weights is noticed at the next; the last good ones are to stay.
        let sound = |values: &[T]| !values.iter().any(|value| value.is_nan());
        let network = learner.network();
        let finite = network.parameters().iter().all(|value| value.is_finite());
        if !finite || !learner.arrays().iter().all(|(_, values)| sound(values)) {
            return;
        }
        self.settle(folder, observer);
        let start = Instant::now();
        let written = self
            .write_best(about, folder)
            .and_then(|()| self.write(about, learner, position, times, folder));
        self.clock.written(start);
        if written.is_ok() {
            self.last = Some(position);
            self.keeps_before = true;
        }
        self.tell(written, CHECKPOINTS, observer);
    }

    /// Follows the run's folder where it was moved, and says so.
    pub(super) fn settle(&mut self, folder: &mut RunFolder, observer: &mut dyn RunObserver<T>) {
        match folder.settle(&self.run) {
            Ok(None) => {}
            Ok(Some(note)) => observer.tell(RunMessage::Warning(&note)),
            failed => self.tell(failed.map(drop), "run folder", observer),
        }
    }

    fn write(
        &self,
        about: &About,
        learner: &Learner<T>,
        position: Position,
        times: Times,
        folder: &mut RunFolder,
    ) -> Result<()> {
        if folder.replaces() {
            self.begin(folder)?;
        }
        let earlier = folder.rest_on_file()?;
        let saved = Saved {
            run: self.run.clone(),
            epochs: about.options.epochs,
            earlier,
            records: folder.records()[earlier..].to_vec(),
            seconds: times.seconds,
            epoch_seconds: times.epoch_seconds,
        };
        let here = folder.here();
        let path = here.join(CHECKPOINT);
        let saved = serde_json::to_string(&saved)
            .map_err(|error| Error::Training(format!("{}: {error}", path.display())))?;
        let model = about.model(learner.network(), folder.records());
        match self.keeps_before {
            true => {
                let before = here.join(CHECKPOINT_BEFORE);
                Checkpoint::save_keeping(&path, &before, &model, learner, position, &saved)?;
            }
            false => Checkpoint::save(&path, &model, learner, position, &saved)?,
        }
        Ok(())
    }

    /// Takes the weights after the last epoch for the best so far. They are written at once, unless
    /// that would take too much of the time: then with the next checkpoint.
    pub(super) fn best(
        &mut self,
        about: &About,
        network: &Network<T>,
        folder: &mut RunFolder,
        observer: &mut dyn RunObserver<T>,
    ) {
        match &mut self.best {
            Some((best, epochs)) => {
                best.clone_from(network);
                *epochs = folder.records().len();
            }
            None => self.best = Some((network.clone(), folder.records().len())),
        }
        if self.clock.affordable() {
            self.settle(folder, observer);
            let start = Instant::now();
            let written = self.write_best(about, folder);
            self.clock.spent(start);
            self.tell(written, "best model", observer);
        }
    }

    /// Writes the best weights that are not written yet.
    pub(super) fn write_best(&mut self, about: &About, folder: &mut RunFolder) -> Result<()> {
        let Some((network, epochs)) = &self.best else {
            return Ok(());
        };
        if folder.replaces() {
            self.begin(folder)?;
        }
        let model = about.model(network, &folder.records()[..*epochs]);
        folder.save_as(BEST, &model)?;
        self.best = None;
        Ok(())
    }

    /// Says once that something cannot be written, and once that it can be again.
    pub(super) fn tell(
        &mut self,
        written: Result<()>,
        what: &str,
        observer: &mut dyn RunObserver<T>,
    ) {
        match written {
            // Smaller files may still find room; all is well again when a checkpoint does.
            Ok(()) if self.failed && what == CHECKPOINTS => {
                observer.tell(RunMessage::Line("writing works again"));
                self.failed = false;
            }
            Ok(()) => {}
            Err(error) if !self.failed => {
                let error = error
                    .context(what)
                    .and("training continues and tries again later")
                    .and(&self.kept());
                observer.tell(RunMessage::Warning(&error.to_string()));
                self.failed = true;
            }
            Err(_) => {}
        }
    }

    /// The checkpoint to resume from, in words.
    pub(super) fn kept(&self) -> String {
        match &self.last {
            Some(at) => format!("the checkpoint {at} is kept"),
            None => "there is no checkpoint yet".to_owned(),
        }
    }
}
