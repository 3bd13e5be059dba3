//! Epochs that fit the last layer of a pretrained network to its features, and their tests.

use std::ops::ControlFlow;
use std::sync::atomic::Ordering;

use super::super::files::FEATURES;
use super::super::observer::{RunMessage, RunObserver};
use super::Run;
use crate::error::{Error, Result};
use crate::nn::Number;
use crate::train::agreement::all_have;
use crate::train::evaluate::evaluate_until;
use crate::train::{EpochEnd, Evaluation, Transfer};

impl<T: Number> Run<T> {
    /// An epoch that fits the last layer, and what was done, as notes say it.
    pub(super) fn fit_head(&mut self, observer: &mut dyn RunObserver<T>) -> Result<EpochEnd> {
        self.keep_features();
        let Self {
            trainer,
            about,
            stop,
            group,
            ..
        } = self;
        let fitted = trainer.head_epoch(&about.data.train, |progress| {
            observer.features(&progress);
            let stopped = stop
                .as_ref()
                .is_some_and(|stop| stop.load(Ordering::Relaxed));
            match stopped || observer.stopped_by().is_some() {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        });
        let fitted = match group {
            Some(group) => all_have(&**group, fitted),
            None => fitted,
        };
        let fitted = match fitted {
            Err(Error::Stopped) => return Ok(trainer.epoch_so_far(about.data.train.len())),
            fitted => fitted?,
        };
        if let Some(warning) = fitted.warning {
            observer.tell(RunMessage::Warning(&warning));
        }
        for line in fitted.report.lines() {
            observer.tell(RunMessage::Line(&line));
        }
        self.keeper.run.head = Some(fitted.report);
        Ok(fitted.end)
    }

    /// Keeps features in the run's folder, unless that still has the files of a run that this one replaces.
    fn keep_features(&mut self) {
        if !self.folder.replaces() {
            let file = self.folder.here().join(FEATURES);
            self.trainer.keep_features(file);
        }
    }

    /// Writes what was computed and found out: after the record of the epoch, before which files of a run that this one
    /// replaces may be there.
    pub(super) fn keep_head(&mut self, observer: &mut dyn RunObserver<T>) {
        if self.trainer.head_report().is_some() && self.keeper.run.head.is_some() {
            self.keep_features();
            let written = self.keeper.run.write(&self.folder.here());
            self.keeper.tell(written, "description", observer);
        }
    }

    /// The results on the test images by their features, while the layers that make them are as they were; nothing
    /// otherwise.
    pub(super) fn test_on_features(
        &mut self,
        observer: &mut dyn RunObserver<T>,
    ) -> Result<Option<Evaluation>> {
        let Self {
            trainer,
            about,
            stop,
            ..
        } = self;
        let head = about.options.transfer == Transfer::Head;
        let Some(test) = about.data.test.as_ref().filter(|_| head) else {
            return Ok(None);
        };
        let on = trainer.test_on_features(test, |progress| {
            observer.features(&progress);
            match observer.stopped_by() {
                Some(_) => ControlFlow::Break(()),
                None => ControlFlow::Continue(()),
            }
        })?;
        let evaluate = |on: crate::train::trainer::OnFeatures<T>| {
            evaluate_until(stop.as_ref(), &on.head, &on.data, &on.preprocessing, |_| {})
        };
        on.map(evaluate).transpose()
    }
}
