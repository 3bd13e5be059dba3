//! How a run ends: the files that it leaves.

use std::path::PathBuf;

use bytemuck::cast_slice_mut;
use stepnet_base::text::count;

use super::super::description::DescribedEnd;
use super::super::files::{BEST, MODEL};
use super::super::keeper::Times;
use super::super::members::Order;
use super::super::observer::{RunMessage, RunObserver};
use super::super::record::{EpochRecord, Measure, best_epoch};
use super::Run;
use crate::Hash;
use crate::error::Result;
use crate::nn::{Model, Network, Number};
use crate::train::agreement::all_have;
use crate::train::{Position, is_better};

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RunEnd {
    /// Whether there is nothing left to do; otherwise it can be resumed.
    pub finished: bool,
    /// Epochs that are done.
    pub epochs: usize,
    /// The file of the model; `None` where the run was stopped before its first step, so that an earlier one stays.
    pub model: Option<PathBuf>,
    /// The hash of its weights.
    pub weights: Hash,
    /// How good it is on the test examples.
    pub test: Option<Measure>,
    /// Which weights early stopping has chosen, in words.
    pub kept: Option<String>,
    /// What stopped it, such as `Ctrl-C`, or `SIGTERM on rank 1` where that was another member of the group.
    pub stopped: Option<String>,
    /// How long training took, over all its parts.
    pub seconds: f64,
}

impl<T: Number> Run<T> {
    /// Writes what a run leaves: the model, the drawing of its curves, the report, how it ended. A run that the observer
    /// stopped before its first step leaves an earlier one as it is.
    ///
    /// # Errors
    /// When something cannot be written. The run can be resumed then, to write the rest.
    pub fn finish(&mut self, observer: &mut dyn RunObserver<T>) -> Result<RunEnd> {
        if !std::mem::replace(&mut self.ended, true) {
            self.order(Order::End)?;
        }
        let position = *self.trainer.position();
        let stopped = self.stopped(observer).map(str::to_owned);
        if stopped.is_some() && self.keeper.last.is_none() && position == Position::default() {
            if self.folder.replaces() {
                self.folder.discard();
            }
            return Ok(self.end(None, &position, false, stopped));
        }
        self.settle(observer);
        if position.step == 0 && self.keeper.last != Some(position) {
            let times = Times {
                seconds: self.seconds(),
                epoch_seconds: 0.0,
            };
            self.checkpoint(times, observer);
        }
        self.write_end(&position, observer).map_err(|error| {
            error.and(&self.keeper.kept()).and(&format!(
                "once there is room again, `resume` of {} writes the rest",
                self.folder.path().display()
            ))
        })
    }

    /// [`finish`](Self::finish), after which the other members have the network that is [kept](Self::kept_network): each
    /// calls [`Assistant::finish`](super::super::Assistant::finish) meanwhile.
    ///
    /// # Errors
    /// As [`finish`](Self::finish), and then on all members; or when one cannot be reached.
    pub fn finish_for_all(&mut self, observer: &mut dyn RunObserver<T>) -> Result<RunEnd> {
        let ended = self.finish(observer);
        let Some(group) = self.group.clone() else {
            return ended;
        };
        let ended = all_have(&*group, ended)?;
        let mut weights = self.kept_network().0.parameters().to_vec();
        group.broadcast(0, cast_slice_mut(&mut weights))?;
        Ok(ended)
    }

    /// The epoch with the best score, if it is not the one whose weights are saved and better by more than
    /// chance; nothing if that cannot be determined.
    fn better_epoch(&self) -> Option<String> {
        let data = &self.about.data;
        let test = data.test.as_ref()?;
        let (network, records) = self.kept();
        let (best, kept) = (best_epoch(records)?, records.last()?);
        let better = records.iter().find(|record| record.epoch == best)?;
        let (high, low) = (better.measure()?, kept.measure()?);
        if high.value <= low.value {
            return None;
        }
        let other = Model::<T>::load(self.folder.path().join(BEST)).ok()?;
        is_better(&other.network, network, test, &data.preprocessing)
            .ok()
            .filter(|better| *better)?;
        Some(format!(
            "epoch {best} was better by more than chance: {} {high} in {BEST}, {} after epoch {} in {MODEL}",
            data.test_name.replace(' ', "-"),
            low.shown(),
            kept.epoch,
        ))
    }

    /// The weights to save, and the epochs that they were trained for.
    pub(super) fn kept(&self) -> (&Network<T>, &[EpochRecord]) {
        let records = self.folder.records();
        match self.watch.best() {
            Some((network, epochs)) => (network, &records[..epochs.min(records.len())]),
            None => (self.trainer.network(), records),
        }
    }

    fn write_end(
        &mut self,
        position: &Position,
        observer: &mut dyn RunObserver<T>,
    ) -> Result<RunEnd> {
        self.keeper.write_best(&self.about, &mut self.folder)?;
        let stopped = self.stopped(observer).map(str::to_owned);
        // Someone who stops a run does not wait for more tests.
        if stopped.is_none()
            && let Some(better) = self.better_epoch()
        {
            observer.tell(RunMessage::Note(&better));
            if !self.keeper.run.notes.contains(&better) {
                self.keeper.run.notes.push(better);
            }
        }
        let (network, records) = self.kept();
        let path = self.folder.save(&self.about.model(network, records))?;
        self.folder.write_records()?;
        let (network, _) = self.kept();
        let epochs = count(self.folder.records().len(), "epoch");
        let words = match (&stopped, self.watch.note()) {
            (Some(by), _) => format!("Stopped by {by} after {epochs}."),
            (None, Some(note)) => format!("Ended after {epochs}: {note}."),
            (None, None) => format!("Finished after {epochs}."),
        };
        let judged = self.write_pages(network, &words)?;
        let done = position.epoch >= self.about.options.epochs || self.watch.stopped();
        let end = self.end(Some(path), position, judged && done, stopped);
        let (_, records) = self.kept();
        let last = records.last();
        self.keeper.run.end = Some(DescribedEnd {
            finished: end.finished,
            epochs: end.epochs,
            weights: end.weights,
            test_loss: last.and_then(|record| record.test_loss),
            test_accuracy: last.and_then(|record| record.test_accuracy),
            seconds: end.seconds,
        });
        self.keeper.run.write(&self.folder.here())?;
        Ok(end)
    }

    fn end(
        &self,
        model: Option<PathBuf>,
        position: &Position,
        finished: bool,
        stopped: Option<String>,
    ) -> RunEnd {
        let (network, records) = self.kept();
        RunEnd {
            finished,
            epochs: position.epoch,
            model,
            weights: network.hash(),
            test: records.last().and_then(EpochRecord::measure),
            kept: self.watch.note(),
            stopped,
            seconds: self.seconds(),
        }
    }
}
