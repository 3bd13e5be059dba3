//! Epochs of training: one call, one epoch.

use std::ops::ControlFlow;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use stepnet::Error;
use stepnet::data::{Dataset, Images, ValueRange};
use stepnet::nn::Preprocessing;
use stepnet::train::settings::Settings;
use stepnet::train::{Progress, TrainOptions, Trainer, TrainingState, task_for};
use stepnet_base::memory;

use crate::convert::{raised, run};
use crate::early_stopping::EarlyStopping;
use crate::examples::Rows;
use crate::fetched::{Fetched, Raised};
use crate::group::{self, Membership};
use crate::kept::{Dtype, EPOCHS, Held, Kept, each};
use crate::network::Network;
use crate::settings::{given, wrong};
use crate::signals::run_ticking;
use crate::targets::Given;

/// Where a training starts and what its values are divided by, as a dictionary.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Beginning {
    /// The number of the first epoch, where it is not the next.
    initial_epoch: Option<usize>,
    /// Whether the update rule and the count of epochs start anew.
    reset: bool,
    /// The processes that train together, where there are several.
    group: Option<Py<Membership>>,
    /// The divisor of these raw values.
    divisor: f64,
}

enum Run {
    F32(Box<Job<f32>>),
    F64(Box<Job<f64>>),
}

/// A trainer, and what beside its network makes a model.
struct Job<T: Dtype> {
    trainer: Trainer<T>,
    kept: Kept<T>,
}

/// How an epoch ended: mean loss, accuracy, learning rate of the last step.
type End = (f64, f64, f64);

#[pyclass(module = "stepnet._native")]
pub(crate) struct Training {
    network: Py<Network>,
    data: Dataset,
    run: Run,
    settings: Settings,
    /// What fetching examples has raised.
    raised: Raised,
}

/// The extremes of the values that are trained on: the largest magnitude, whether there are negative ones, the range.
pub(crate) type Extremes = ((f64, bool), Option<ValueRange>);

/// A network with the preprocessing and the facts of a training on these values, about to begin; what is done to raw
/// values; what the earlier training left.
pub(crate) struct Prepared<T: Dtype> {
    pub(crate) kept: Kept<T>,
    /// Its network, with the layers frozen that are to be.
    pub(crate) network: stepnet::nn::Network<T>,
    pub(crate) preprocessing: Preprocessing,
    pub(crate) range: Option<ValueRange>,
    earlier: Option<Arc<TrainingState<T>>>,
}

pub(crate) fn prepare<T: Dtype>(
    kept: &Kept<T>,
    data: &Dataset,
    (settings, divisor): (&Settings, f64),
    (options, examples, members): (&TrainOptions, usize, usize),
    ((largest, negative), range): Extremes,
) -> stepnet::Result<Prepared<T>> {
    let mut kept = kept.copy()?;
    let trained = kept.state.is_some();
    let earlier = kept.state.take();
    if !kept.settled {
        // Where numbers from 0 to more than 1 are learnt, pictures from files are brought to the same range.
        let wide = !negative && largest > 1.0 && largest.is_finite();
        kept.settle(
            kept.preprocessing
                .clone()
                .divisor(divisor)
                .picture_divisor(match wide {
                    true => 255.0 * divisor / largest,
                    false => 255.0,
                }),
        );
    }
    // Whatever data comes later, the outputs keep the unit of the first.
    let task = &kept.preprocessing.task;
    let unscaled = task.scale().is_none_or(|scale| scale.is_none());
    if unscaled && !trained {
        let task = task_for(&kept.network, data);
        kept.model_mut().preprocessing.task = task;
    }
    // In the units of values that are not divided yet.
    let unit = kept.preprocessing.divisor / divisor;
    let range = range.map(|range| ValueRange {
        least: range.least * unit,
        largest: range.largest * unit,
        whole: range.whole && unit == 1.0,
    });
    let range = match (kept.range(), range) {
        (Some(before), Some(range)) => Some(before.union(range)),
        (before, range) => before.or(range),
    };
    let model = kept.model_mut();
    model.classes = data.classes().to_vec();
    model.training = settings.entries(options);
    model
        .training
        .insert("examples".to_owned(), examples.into());
    model.training.extend(range.map(ValueRange::entry));
    let preprocessing = model.preprocessing.clone().divisor(divisor);
    // Its network, and a copy of that and of the state after each epoch.
    let own = model
        .network
        .parameters()
        .len()
        .saturating_mul(7 * size_of::<T>());
    let all = Trainer::bytes_in_group(&model.network, options, examples, members)?;
    let all = all.saturating_add(own);
    memory::ensure::<u8>("the training", all)?;
    let mut network = model.network.clone();
    network.freeze(&settings.network.freeze)?;
    let trains = network.nodes().iter().any(stepnet::nn::Node::trains);
    if !trains && !settings.network.freeze.is_empty() {
        let found = settings.network.freeze.join(",");
        let expected = "less than every layer: there is nothing to train";
        return Err(Error::value("fit", "freeze", found, expected));
    }
    Ok(Prepared {
        kept,
        network,
        preprocessing,
        range,
        earlier,
    })
}

/// The trainer of a network that goes on from its earlier training, if there was one.
fn job<T: Dtype>(
    kept: &Kept<T>,
    data: &Dataset,
    (settings, beginning): (&Settings, &Beginning),
    (mut options, examples): (TrainOptions, usize),
    extremes: Extremes,
) -> stepnet::Result<Job<T>> {
    let earlier = kept.state.as_ref().filter(|_| !beginning.reset);
    let done = earlier.map_or(0, |earlier| earlier.epochs);
    if beginning.initial_epoch.is_none() {
        options.first_epoch = done;
    }
    let group = beginning.group.as_ref().map(|member| member.get().group());
    let members = group.map_or(1, |group| group.size());
    let with_divisor = (settings, beginning.divisor);
    let with_members = (&options, examples, members);
    let prepared = prepare(kept, data, with_divisor, with_members, extremes)?;
    let (kept, network, preprocessing) = (prepared.kept, prepared.network, prepared.preprocessing);
    let earlier = prepared.earlier.filter(|_| !beginning.reset);
    let trainer = group::trainer(group, settings, data, |group| {
        let mut trainer = Trainer::in_group(network, preprocessing, options, examples, group)?;
        let mut state = earlier.map_or_else(|| TrainingState::after(0), Arc::unwrap_or_clone);
        state.epochs = beginning.initial_epoch.unwrap_or(done);
        trainer.go_on(&state)?;
        Ok(trainer)
    })?;
    Ok(Job { trainer, kept })
}

#[pymethods]
impl Training {
    #[new]
    fn new(
        py: Python<'_>,
        network: Py<Network>,
        x: &Bound<'_, PyAny>,
        targets: (String, Bound<'_, PyAny>),
        names: Vec<String>,
        settings: &Bound<'_, PyDict>,
        beginning: Beginning,
    ) -> PyResult<Self> {
        let settings = given("fit", settings)?;
        let held = network.get().held();
        let (len, shape) =
            each!(&held, model => (model.network.input().len(), model.preprocessing.shape()));
        let targets = Given::of(&targets)?.targets(names)?.map_err(raised)?;
        let (data, extremes, raised) = match x.hasattr("fetch")? {
            true => {
                let fetched: Fetched = x.extract()?;
                let extremes = fetched.extremes();
                let (data, raised) = run(py, || fetched.data(shape, targets))?;
                (data, extremes, raised)
            }
            false => {
                let rows = Rows::of(x)?;
                let x = rows.slices(len)?;
                run(py, || {
                    let images = Images::new(shape, x.copy()?)?;
                    let data = Dataset::with_targets(images, targets)?;
                    let extremes = (x.extremes(), ValueRange::of(data.images()));
                    Ok((data, extremes, Raised::default()))
                })?
            }
        };
        let options = settings.train_options(&data);
        let options = options.map_err(|error| wrong("fit", error))?;
        let run = run(py, || {
            let options = (options, data.len());
            let settings = (&settings, &beginning);
            Ok(match &held {
                Held::F32(kept) => {
                    Run::F32(Box::new(job(kept, &data, settings, options, extremes)?))
                }
                Held::F64(kept) => {
                    Run::F64(Box::new(job(kept, &data, settings, options, extremes)?))
                }
            })
        })?;
        Ok(Self {
            network,
            data,
            run,
            settings,
            raised,
        })
    }

    /// The number of epochs.
    #[getter]
    fn epochs(&self) -> usize {
        self.settings.epochs()
    }

    /// The rule that ends the training early, if there is one.
    fn early_stopping(&self) -> PyResult<Option<EarlyStopping>> {
        EarlyStopping::of(&self.settings)
    }

    /// The learning rate of the next step.
    #[getter]
    fn learning_rate(&self) -> f64 {
        let examples = self.data.len();
        match &self.run {
            Run::F32(job) => job.trainer.learning_rate(examples),
            Run::F64(job) => job.trainer.learning_rate(examples),
        }
    }

    /// Gives all steps from the next one on this learning rate, whatever the schedule.
    fn set_learning_rate(&mut self, rate: f64) -> PyResult<()> {
        let set = match &mut self.run {
            Run::F32(job) => job.trainer.set_learning_rate(rate),
            Run::F64(job) => job.trainer.set_learning_rate(rate),
        };
        set.map_err(raised)
    }

    /// Runs one epoch and puts the weights into the network. A handler's exception ends it after the step it came
    /// in; that step's weights are put there, too. `progress` is called now and then with the share of the steps that
    /// are done and their mean loss.
    fn epoch(&mut self, py: Python<'_>, progress: Option<Py<PyAny>>) -> PyResult<End> {
        let Self {
            network,
            data,
            run,
            raised,
            ..
        } = self;
        let end = match run {
            Run::F32(job) => job.epoch(py, network.get(), data, progress.as_ref()),
            Run::F64(job) => job.epoch(py, network.get(), data, progress.as_ref()),
        };
        end.map_err(|error| raised.or(error))
    }
}

/// A function of Python's that is told now and then how far an epoch is: the share of its steps that are done, and their
/// mean loss.
pub(crate) struct Watched<'a> {
    told: Option<&'a Py<PyAny>>,
    latest: Mutex<Option<Progress>>,
}

impl<'a> Watched<'a> {
    pub(crate) fn new(told: Option<&'a Py<PyAny>>) -> Self {
        let latest = Mutex::new(None);
        Self { told, latest }
    }

    /// Sees a step, by the thread that trains.
    pub(crate) fn see(&self, step: &Progress) {
        *self.latest.lock().unwrap_or_else(PoisonError::into_inner) = Some(*step);
    }

    /// Tells of the latest, by Python's thread.
    ///
    /// # Errors
    /// What the function raises.
    pub(crate) fn tick(&self, py: Python<'_>) -> PyResult<()> {
        let step = *self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        match (self.told, step) {
            (Some(told), Some(step)) => {
                let share = step.step as f64 / step.steps as f64;
                told.call1(py, (share, step.scores.mean_loss())).map(drop)
            }
            _ => Ok(()),
        }
    }
}

impl<T: Dtype> Job<T> {
    fn epoch(
        &mut self,
        py: Python<'_>,
        network: &Network,
        data: &Dataset,
        progress: Option<&Py<PyAny>>,
    ) -> PyResult<End> {
        let watched = Watched::new(progress);
        let observe = |step: &Progress| {
            watched.see(step);
            ControlFlow::Continue(())
        };
        let done = run_ticking(
            py,
            |py| watched.tick(py),
            |stop| {
                self.trainer.set_stop(Arc::clone(stop));
                let end = match self.trainer.epoch(data, observe) {
                    // The weights are those after the last whole step.
                    Err(_) if stop.load(Ordering::Relaxed) => None,
                    end => Some(end?),
                };
                let mut kept = self.kept.copy()?;
                let from = self.trainer.network().parameters();
                let model = kept.model_mut();
                model.network.parameters_mut().copy_from_slice(from);
                // Of the epoch that was begun, too.
                let epochs = end.map_or(self.trainer.position().epoch + 1, |end| end.epoch + 1);
                model.training.insert(EPOCHS.into(), epochs.into());
                kept.state = Some(Arc::new(self.trainer.state()?));
                network.put(kept);
                Ok(end)
            },
        );
        // None only where a handler has raised something.
        let Some(end) = done? else {
            return Err(PyRuntimeError::new_err("the training was stopped"));
        };
        let scores = end.scores;
        Ok((scores.mean_loss(), scores.accuracy(), end.learning_rate))
    }
}
