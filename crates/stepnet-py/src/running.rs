//! Trainings that keep themselves in a folder, as `stepnet train` does: one call, one epoch.

mod begin;
mod job;

use std::path::PathBuf;

use pyo3::prelude::*;
use pyo3::types::PyDict;
use stepnet::data::{Dataset, Images, Targets, ValueRange};

use crate::convert::{raised, run};
use crate::examples::Rows;
use crate::group::Membership;
use crate::kept::{Held, each};
use crate::network::Network;
use crate::record::{Epoch, told};
use crate::settings::{given, wrong};
use crate::targets::Given;
use begin::Begin;
use job::Job;

/// Where the run is kept.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Place {
    folder: PathBuf,
    /// Whether a run that is there is gone on with.
    resume: bool,
    /// Whether a run that is there is replaced.
    overwrite: bool,
    /// The processes that train together, where there are several.
    group: Option<Py<Membership>>,
    /// What raw values are divided by.
    divisor: f64,
}

enum Jobs {
    F32(Box<Job<f32>>),
    F64(Box<Job<f64>>),
}

macro_rules! each_job {
    ($jobs:expr, $job:ident => $do:expr) => {
        match $jobs {
            Jobs::F32($job) => $do,
            Jobs::F64($job) => $do,
        }
    };
}

#[pyclass(module = "stepnet._native")]
pub(crate) struct Running {
    network: Py<Network>,
    jobs: Jobs,
    epochs: usize,
}

/// The targets of a data set by their kind, as Python gives them.
type Taught<'py> = (String, Bound<'py, PyAny>);

#[pymethods]
impl Running {
    #[new]
    #[expect(
        clippy::too_many_arguments,
        reason = "the keyword arguments of a method"
    )]
    fn new(
        py: Python<'_>,
        network: Py<Network>,
        x: &Bound<'_, PyAny>,
        targets: Taught<'_>,
        held_out: Option<(Bound<'_, PyAny>, Taught<'_>)>,
        names: Vec<String>,
        settings: &Bound<'_, PyDict>,
        place: Place,
    ) -> PyResult<Self> {
        let settings = given("fit", settings)?;
        let rows = Rows::of(x)?;
        let held = network.get().held();
        let (len, shape) =
            each!(&held, model => (model.network.input().len(), model.preprocessing.shape()));
        let x = rows.slices(len)?;
        let read = |targets: &Taught<'_>| {
            let targets = Given::of(targets)?.targets(names.clone())?;
            targets.map_err(raised)
        };
        let targets = read(&targets)?;
        let test = match &held_out {
            Some((x, targets)) => Some((Rows::of(x)?, read(targets)?)),
            None => None,
        };
        let test = match test.as_ref() {
            Some((rows, targets)) => Some((rows.slices(len)?, targets.clone())),
            None => None,
        };
        let (train, test) = run(py, || {
            let set = |x: &crate::examples::Slices<'_>, targets: Targets| {
                let images = Images::new(shape, x.copy()?)?;
                Dataset::with_targets(images, targets)
            };
            let test = test.map(|(x, targets)| set(&x, targets)).transpose()?;
            Ok((set(&x, targets)?, test))
        })?;
        let options = settings.train_options(&train);
        let options = options.map_err(|error| wrong("fit", error))?;
        let extremes = run(py, || Ok((x.extremes(), ValueRange::of(train.images()))))?;
        let begin = Begin {
            settings: &settings,
            options: &options,
            extremes,
            place: &place,
            data: (train, test),
        };
        let jobs = match &held {
            Held::F32(kept) => Jobs::F32(Box::new(run(py, || begin.job(kept))?)),
            Held::F64(kept) => Jobs::F64(Box::new(run(py, || begin.job(kept))?)),
        };
        let running = Self {
            network,
            jobs,
            epochs: settings.epochs(),
        };
        each_job!(&running.jobs, job => job.put(running.network.get(), job.run.trainer().network()))
            .map_err(raised)?;
        Ok(running)
    }

    /// The number of epochs in all.
    #[getter]
    fn epochs(&self) -> usize {
        self.epochs
    }

    /// The epochs that are done already.
    fn records(&self) -> Vec<Epoch> {
        each_job!(&self.jobs, job => job.run.records().iter().map(told).collect())
    }

    /// Runs one epoch and puts the weights into the network; nothing where there is none left. A handler's exception
    /// ends it after the step it came in, and what a run keeps is written.
    /// `progress` is told now and then how far it is.
    fn epoch(&mut self, py: Python<'_>, progress: Option<Py<PyAny>>) -> PyResult<Option<Epoch>> {
        let network = self.network.get();
        each_job!(&mut self.jobs, job => job.epoch(py, network, progress.as_ref()))
    }

    /// The learning rate of the next step.
    #[getter]
    fn learning_rate(&self) -> f64 {
        each_job!(&self.jobs, job => {
            job.run.trainer().learning_rate(job.run.data().train.len())
        })
    }

    /// Writes what a run leaves and puts the weights that are kept into the network; what to say of them.
    fn finish(&mut self, py: Python<'_>) -> PyResult<Option<String>> {
        let network = self.network.get();
        each_job!(&mut self.jobs, job => job.finish(py, network))
    }

    /// What the run has told since the last time.
    fn told(&mut self) -> Vec<String> {
        each_job!(&mut self.jobs, job => std::mem::take(&mut job.told.lines))
    }
}
