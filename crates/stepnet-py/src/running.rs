//! Trainings that keep themselves in a folder, as `stepnet train` does: one call, one epoch.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use stepnet::data::{Dataset, Images, Targets, ValueRange};
use stepnet::train::run::{
    Run, RunData, RunEnd, RunMessage, RunObserver, RunOptions, SavedRun, files,
};
use stepnet::train::settings::{Dtype as Numbers, Settings};
use stepnet::train::{Learner, Progress};
use stepnet::{Error, Result};
use stepnet_base::text::replace_names;

use crate::convert::{raised, run};
use crate::examples::Rows;
use crate::kept::{Dtype, EPOCHS, Held, Kept, each};
use crate::network::Network;
use crate::record::{Epoch, told};
use crate::settings::{given, in_python, shown_value, wrong};
use crate::signals::{run_listening, run_ticking};
use crate::targets::Given;
use crate::training::{Extremes, Prepared, Watched, prepare};

/// Where the run is kept.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Place {
    folder: PathBuf,
    /// Whether a run that is there is gone on with.
    resume: bool,
    /// Whether a run that is there is replaced.
    overwrite: bool,
    /// What raw values are divided by.
    divisor: f64,
}

/// A run under way, what its network is held with, and what it has told.
struct Job<T: Dtype> {
    run: Run<T>,
    kept: Kept<T>,
    told: Told,
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

/// What a run tells while it goes on.
#[derive(Default)]
struct Told {
    lines: Vec<String>,
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

/// The arguments that messages of runs name in backticks, besides settings.
const ARGUMENTS: [(&str, &str); 5] = [
    ("`resume` of ", "resume=True for "),
    ("`out`", "run"),
    ("`resume`", "resume=True"),
    ("`overwrite`", "overwrite=True"),
    ("`from`", "Network.load"),
];

/// An error of a run with the arguments of `fit`.
fn worded(error: Error) -> Error {
    error.map_problem(|problem| in_python(&replace_names(&problem, &ARGUMENTS)))
}

/// What a run begins with.
struct Begin<'a> {
    settings: &'a Settings,
    options: &'a stepnet::train::TrainOptions,
    extremes: Extremes,
    place: &'a Place,
    data: (Dataset, Option<Dataset>),
}

impl Begin<'_> {
    fn job<T: Dtype>(self, kept: &Kept<T>) -> Result<Job<T>> {
        self.try_job(kept).map_err(worded)
    }

    fn try_job<T: Dtype>(self, kept: &Kept<T>) -> Result<Job<T>> {
        let place = self.place;
        let (train, test) = self.data;
        let prepared = prepare(
            kept,
            &train,
            (self.settings, place.divisor),
            (self.options, train.len()),
            self.extremes,
        )?;
        let Prepared {
            kept,
            network,
            preprocessing,
            range,
            ..
        } = prepared;
        let mut settings = self.settings.clone();
        settings.network.model = Some(network.text().to_string());
        settings.network.dtype = match T::NAME {
            "f64" => Numbers::F64,
            _ => Numbers::F32,
        };
        settings.network.exact = network.exact();
        let data = RunData::new(train, test, preprocessing)
            .test_name("validation")
            .range(range);
        let options = RunOptions::default()
            .overwrite(place.overwrite)
            .from(Some(network.hash()));
        let mut told = Told::default();
        let there = place.folder.join(files::DESCRIPTION).exists()
            || place.folder.join(files::CHECKPOINT).exists();
        let run = match place.resume && there {
            true => resumed(place, network, data, &settings, options, &mut told)?,
            false => Run::create(&place.folder, network, data, &settings, options)?,
        };
        Ok(Job { run, kept, told })
    }
}

/// The run in a folder, to go on with these settings.
fn resumed<T: Dtype>(
    place: &Place,
    network: stepnet::nn::Network<T>,
    data: RunData,
    settings: &Settings,
    options: RunOptions,
    told: &mut Told,
) -> Result<Run<T>> {
    let folder = &place.folder;
    let left = SavedRun::<T>::open(folder)?.epochs(settings.epochs())?;
    let began = left.description().from;
    let network = match left.model() {
        Some(model) => {
            let (is, was) = (network.text().to_string(), model.network.text().to_string());
            if is != was {
                let problem = format!("is a run of the network {was}, not of {is}");
                return Err(Error::file(folder, problem));
            }
            let mut kept = model.network.clone();
            kept.set_exact(settings.network.exact);
            kept.freeze(&settings.network.freeze)?;
            kept
        }
        None if began.is_some_and(|began| began != network.hash()) => {
            let problem = "has no checkpoint yet, and began with other weights than the network has; begin it again with overwrite=True";
            return Err(Error::file(folder, problem));
        }
        None => network,
    };
    if let Some((setting, was)) = left.difference(settings)? {
        let value = |value| shown_value(value);
        let keyword = setting.keyword().unwrap_or(setting.name);
        let is = value(setting.get(settings));
        return Err(Error::file(
            folder,
            format!(
                "{keyword} is {is}, but the run was started with {}; to go on it needs the same",
                value(was)
            ),
        ));
    }
    let (train, test) = (&data.train, data.test.as_ref());
    left.description().check_data(folder, train, test)?;
    Run::resume_with(left, network, data, settings, options, told)
}

impl<T: Dtype> Job<T> {
    fn epoch(
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

    fn finish(&mut self, py: Python<'_>, network: &Network) -> PyResult<Option<String>> {
        let end: RunEnd = run_listening(py, true, |stop| {
            self.run.set_stop(Arc::clone(stop));
            self.told.stop = Arc::clone(stop);
            let end = self.run.finish(&mut self.told).map_err(worded)?;
            self.put(network, self.run.kept_network().0)?;
            Ok(end)
        })?;
        match end.model {
            Some(_) => Ok(end.kept),
            None => Err(PyRuntimeError::new_err("the training was stopped")),
        }
    }

    /// Puts weights of the run into the network that Python holds.
    fn put(&self, network: &Network, from: &stepnet::nn::Network<T>) -> Result<()> {
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
