//! A run under way, of this process alone or of one of several.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use stepnet::Result;
use stepnet::train::run::{Assistant, EpochRecord, Run, RunData, RunEnd, RunMessage, RunObserver};
use stepnet::train::{Learner, Progress, Trainer};
use stepnet_base::text::replace_names;

use super::begin::{ARGUMENTS, worded};
use crate::kept::{Dtype, EPOCHS, Kept};
use crate::network::Network;
use crate::record::{Epoch, told};
use crate::settings::in_python;
use crate::signals::{run_listening, run_ticking};
use crate::training::Watched;

/// A run under way, what its network is held with, and what it has told.
pub(super) struct Job<T: Dtype> {
    pub(super) run: Member<T>,
    pub(super) kept: Kept<T>,
    pub(super) told: Told,
}

/// The process that keeps the run, or another one that trains with it.
pub(super) enum Member<T> {
    First(Box<Run<T>>),
    Other(Box<Assistant<T>>),
}

impl<T: Dtype> Member<T> {
    pub(super) fn trainer(&self) -> &Trainer<T> {
        match self {
            Self::First(run) => run.trainer(),
            Self::Other(assistant) => assistant.trainer(),
        }
    }

    pub(super) fn data(&self) -> &RunData {
        match self {
            Self::First(run) => run.data(),
            Self::Other(assistant) => assistant.data(),
        }
    }

    pub(super) fn records(&self) -> &[EpochRecord] {
        match self {
            Self::First(run) => run.records(),
            Self::Other(assistant) => assistant.records(),
        }
    }

    fn kept_network(&self) -> &stepnet::nn::Network<T> {
        match self {
            Self::First(run) => run.kept_network().0,
            Self::Other(assistant) => assistant.kept_network(),
        }
    }

    fn set_stop(&mut self, stop: Arc<AtomicBool>) {
        match self {
            Self::First(run) => run.set_stop(stop),
            Self::Other(assistant) => assistant.set_stop(stop),
        }
    }

    fn epoch(&mut self, observer: &mut dyn RunObserver<T>) -> Result<bool> {
        match self {
            Self::First(run) => run.epoch(observer),
            Self::Other(assistant) => assistant.epoch(observer),
        }
    }

    /// Ends the run; how, says the first process.
    fn finish(&mut self, observer: &mut dyn RunObserver<T>) -> Result<Option<RunEnd>> {
        match self {
            Self::First(run) => run.finish_for_all(observer).map(Some),
            Self::Other(assistant) => assistant.finish(observer).map(|()| None),
        }
    }
}

/// What a run tells while it goes on.
#[derive(Default)]
pub(super) struct Told {
    pub(super) lines: Vec<String>,
    stop: Arc<AtomicBool>,
}

impl<T: Dtype> RunObserver<T> for Told {
    fn stopped_by(&self) -> Option<&str> {
        self.stop.load(Ordering::Relaxed).then_some("an exception")
    }

    fn tell(&mut self, message: RunMessage<'_>) {
        match message {
            RunMessage::Warning(text) | RunMessage::Note(text) => {
                self.lines.push(in_python(&replace_names(text, &ARGUMENTS)))
            }
            _ => {}
        }
    }
}

/// Follows an epoch for a function of Python's.
struct Follower<'a> {
    told: &'a mut Told,
    watched: &'a Watched<'a>,
}

impl<T: Dtype> RunObserver<T> for Follower<'_> {
    fn stopped_by(&self) -> Option<&str> {
        RunObserver::<T>::stopped_by(self.told)
    }

    fn step(&mut self, progress: &Progress, _: &Learner<T>) {
        self.watched.see(progress);
    }

    fn tell(&mut self, message: RunMessage<'_>) {
        RunObserver::<T>::tell(self.told, message);
    }
}

impl<T: Dtype> Job<T> {
    pub(super) fn epoch(
        &mut self,
        py: Python<'_>,
        network: &Network,
        progress: Option<&Py<PyAny>>,
    ) -> PyResult<Option<Epoch>> {
        let before = self.run.records().len();
        let watched = Watched::new(progress);
        let done = run_ticking(
            py,
            |py| watched.tick(py),
            |stop| {
                self.run.set_stop(Arc::clone(stop));
                self.told.stop = Arc::clone(stop);
                let mut follower = Follower {
                    told: &mut self.told,
                    watched: &watched,
                };
                self.run.epoch(&mut follower).map_err(worded)?;
                if stop.load(Ordering::Relaxed) {
                    self.run.finish(&mut self.told).map_err(worded)?;
                }
                self.put(network, self.run.trainer().network())
            },
        );
        done?;
        let records = self.run.records();
        let last = records.last().filter(|last| !last.interrupted);
        Ok(last.filter(|_| records.len() > before).map(told))
    }

    pub(super) fn finish(&mut self, py: Python<'_>, network: &Network) -> PyResult<Option<String>> {
        let end: Option<RunEnd> = run_listening(py, true, |stop| {
            self.run.set_stop(Arc::clone(stop));
            self.told.stop = Arc::clone(stop);
            let end = self.run.finish(&mut self.told).map_err(worded)?;
            self.put(network, self.run.kept_network())?;
            Ok(end)
        })?;
        match end {
            None => Ok(None),
            Some(end) if end.model.is_some() => Ok(end.kept),
            Some(_) => Err(PyRuntimeError::new_err("the training was stopped")),
        }
    }

    /// Puts weights of the run into the network that Python holds.
    pub(super) fn put(&self, network: &Network, from: &stepnet::nn::Network<T>) -> Result<()> {
        let mut kept = self.kept.copy()?;
        let model = kept.model_mut();
        model
            .network
            .parameters_mut()
            .copy_from_slice(from.parameters());
        let epochs = self.run.trainer().position().epoch;
        model.training.insert(EPOCHS.into(), epochs.into());
        kept.state = Some(Arc::new(self.run.trainer().state()?));
        network.put(kept);
        Ok(())
    }
}
