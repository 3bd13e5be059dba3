//! How a run ends: the files it leaves, and its last lines.

use std::path::PathBuf;

use stepnet::nn::{Model, Network};
use stepnet::train::{Position, is_better};
use stepnet::{Number, stop};

use super::keeper::Times;
use super::run_file::End;
use super::session::Session;
use super::tell;
use super::watch::best_epoch;
use crate::failure::{Failure, Outcome};
use crate::note;
use crate::progress::print_sentence;
use crate::run_folder::{BEST, EpochRecord, MODEL};
use crate::usage::count;

impl<T: Number> Session<'_, T> {
    /// Ends a run that was stopped before its first step: an earlier run in its folder stays.
    pub(super) fn leave(&self, by: &str) {
        let path = self.folder.path().display();
        let next = match self.folder.replaces() {
            true => format!("the earlier run in {path} is unchanged"),
            false => format!("stepnet train --resume {path} starts from the beginning"),
        };
        if self.folder.replaces() {
            self.folder.discard();
        }
        print_sentence(&format!("stopped by {by} before the first step; {next}"));
    }

    /// Writes the files that the run leaves, and reports them.
    pub(super) fn finish(mut self) -> Outcome {
        self.settle();
        let position = *self.trainer.position();
        if position.step == 0 && self.keeper.last != Some(position) {
            self.checkpoint(Times {
                seconds: self.seconds(),
                epoch_seconds: 0.0,
            });
        }
        let path = match self.write_end(&position) {
            Ok(path) => path,
            Err(failure) => {
                let again = format!(
                    "{}; once there is room again, stepnet train --resume {} writes the rest",
                    self.keeper.kept(),
                    self.folder.path().display()
                );
                return Err(failure.and(&again));
            }
        };
        if let Some(by) = self.stop.by() {
            print_sentence(&format!(
                "stopped by {by}; the training so far is saved, and stepnet train --resume {} continues it",
                self.folder.path().display()
            ));
        }
        print_sentence(&format!(
            "weights {} (the beginning of their SHA-256)",
            self.kept().0.hash().short()
        ));
        if let Some(note) = self.watch.note() {
            print_sentence(&note);
        }
        let last = self.kept().1.last();
        let accuracy = match last.and_then(|record| record.test_accuracy) {
            Some(accuracy) => format!(
                "{} accuracy {:.2} %, ",
                self.about.material.test_name.replace(' ', "-"),
                100.0 * accuracy
            ),
            None => String::new(),
        };
        print_sentence(&format!(
            "{accuracy}{:.1} s, model in {}",
            self.seconds(),
            path.display()
        ));
        print_sentence(&format!("report: {}", self.folder.report().display()));
        note::check(Failure::running)
    }

    /// The epoch with the best score, if it is not the one whose weights are saved and better by more than
    /// chance; nothing if that cannot be determined.
    fn better_epoch(&self) -> Option<String> {
        let material = self.about.material;
        let test = material.test.as_ref()?;
        let (network, records) = self.kept();
        let (best, kept) = (best_epoch(records)?, records.last()?);
        let better = records.iter().find(|record| record.epoch == best)?;
        let (high, low) = (better.test_accuracy?, kept.test_accuracy?);
        if high <= low {
            return None;
        }
        let other = Model::<T>::load(self.folder.path().join(BEST)).ok()?;
        is_better(&other.network, network, test, &material.preprocessing)
            .ok()
            .filter(|better| *better)?;
        Some(format!(
            "epoch {best} was better by more than chance: {} accuracy {:.2} % in {BEST}, {:.2} % after epoch {} in {MODEL}",
            material.test_name.replace(' ', "-"),
            100.0 * high,
            100.0 * low,
            kept.epoch,
        ))
    }

    /// The weights to save, and the epochs that they were trained for.
    fn kept(&self) -> (&Network<T>, &[EpochRecord]) {
        let records = self.folder.records();
        match self.watch.best() {
            Some((network, epochs)) => (network, &records[..epochs.min(records.len())]),
            None => (self.trainer.network(), records),
        }
    }

    pub(super) fn report(&self, network: &Network<T>, end: String) -> Outcome {
        tell::report(&self.folder, &self.about, network, end, self.seconds())
    }

    fn write_end(&mut self, position: &Position) -> Outcome<PathBuf> {
        self.keeper.write_best(self.about, &mut self.folder)?;
        // Someone who stops a run does not wait for more tests.
        if self.stop.by().is_none()
            && let Some(better) = self.better_epoch()
        {
            note::note(&better);
        }
        self.keeper.run.notes = note::all();
        let (network, records) = self.kept();
        let path = self.folder.save(&self.about.model(network, records))?;
        self.folder.write_records()?;
        self.folder.draw_curves(self.about.material.test_name)?;
        let (network, records) = self.kept();
        let epochs = count(self.folder.records().len(), "epoch");
        let end = match (self.stop.by(), self.watch.note()) {
            (Some(by), _) => format!("Stopped by {by} after {epochs}."),
            (None, Some(note)) => format!("Ended after {epochs}: {note}."),
            (None, None) => format!("Finished after {epochs}."),
        };
        self.report(network, end)?;
        let last = records.last();
        self.keeper.run.end = Some(End {
            finished: !stop::is_requested()
                && (position.epoch >= self.about.options.epochs || self.watch.stopped()),
            epochs: position.epoch,
            weights: network.hash(),
            test_loss: last.and_then(|record| record.test_loss),
            test_accuracy: last.and_then(|record| record.test_accuracy),
            seconds: self.seconds(),
        });
        self.keeper.run.write(&self.folder.here())?;
        Ok(path)
    }
}
