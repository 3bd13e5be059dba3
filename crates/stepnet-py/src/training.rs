//! Epochs of training: one call, one epoch.

use std::collections::BTreeMap;

use numpy::PyReadonlyArray1;
use pyo3::prelude::*;
use stepnet::data::{Dataset, Images};
use stepnet::nn::Model;
use stepnet::optim::{Clipping, Rule};
use stepnet::train::{BatchSize, TrainOptions, Trainer};

use crate::convert::{raised, run};
use crate::examples::Rows;
use crate::network::{Held, Network, Number, each};
use crate::signals::Signals;

/// The settings, as a dictionary.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Settings {
    epochs: usize,
    batch_size: Option<usize>,
    optimizer: String,
    learning_rate: Option<f64>,
    schedule: String,
    weight_decay: Option<f64>,
    l2: f64,
    label_smoothing: f64,
    class_weight: Option<Vec<f64>>,
    clip_norm: Option<f64>,
    average: Option<f64>,
    augment: String,
    shuffle: bool,
    seed: u32,
}

impl Settings {
    fn options(&self) -> stepnet::Result<TrainOptions> {
        let mut rule: Rule = self.optimizer.parse()?;
        if let Some(decay) = self.weight_decay {
            rule = rule.with_weight_decay(decay)?;
        }
        Ok(TrainOptions {
            epochs: self.epochs,
            batch: self.batch_size.map_or(BatchSize::All, BatchSize::Examples),
            rule,
            learning_rate: self.learning_rate.unwrap_or(rule.usual_learning_rate()),
            schedule: self.schedule.parse()?,
            l2: self.l2,
            label_smoothing: self.label_smoothing,
            class_weights: self.class_weight.clone(),
            clipping: self.clip_norm.map(Clipping::Norm),
            average: self.average,
            shuffle: self.shuffle,
            seed: self.seed,
            augmentation: self.augment.parse()?,
            ..TrainOptions::default()
        })
    }
}

enum Run {
    F32(Box<Job<f32>>),
    F64(Box<Job<f64>>),
}

/// A trainer, and what beside its network makes a model.
struct Job<T: Number> {
    trainer: Trainer<T>,
    model: Model<T>,
}

/// How an epoch ended: mean loss, accuracy, learning rate of the last step.
type End = (f64, f64, f64);

#[pyclass(module = "stepnet._native")]
pub(crate) struct Training {
    network: Py<Network>,
    data: Dataset,
    run: Run,
}

fn job<T: Number>(
    model: &Model<T>,
    classes: &[String],
    (divisor, picture_divisor): (f64, f64),
    options: TrainOptions,
    examples: usize,
) -> stepnet::Result<Job<T>> {
    let mut model = model.clone();
    model.preprocessing.divisor = divisor;
    model.preprocessing.picture_divisor = picture_divisor;
    model.classes = classes.to_vec();
    model.training = BTreeMap::from([
        ("optimizer".to_owned(), options.rule.to_string().into()),
        ("learning rate".to_owned(), options.learning_rate.into()),
        ("schedule".to_owned(), options.schedule.to_string().into()),
        ("examples".to_owned(), examples.into()),
        ("seed".to_owned(), options.seed.into()),
    ]);
    let network = model.network.clone();
    let preprocessing = model.preprocessing.clone();
    let trainer = Trainer::new(network, preprocessing, options, examples)?;
    Ok(Job { trainer, model })
}

#[pymethods]
impl Training {
    #[new]
    fn new(
        py: Python<'_>,
        network: Py<Network>,
        x: &Bound<'_, PyAny>,
        labels: PyReadonlyArray1<'_, u32>,
        classes: Vec<String>,
        settings: Settings,
    ) -> PyResult<Self> {
        let options = settings.options().map_err(raised)?;
        let rows = Rows::of(x)?;
        let held = network.get().held();
        let (len, shape) =
            each!(&held, model => (model.network.input().len(), model.preprocessing.shape()));
        let x = rows.slices(len)?;
        let labels = labels.as_slice()?;
        let (data, run) = run(py, || {
            let divisor = x.divisor();
            // Where numbers from 0 to more than 1 are learnt, pictures from files are brought to the same range.
            let picture = match x.extremes() {
                (largest, false) if largest > 1.0 && largest.is_finite() => {
                    255.0 * divisor / largest
                }
                _ => 255.0,
            };
            let images = Images::new(shape, x.copy()?)?;
            let data = Dataset::new(images, labels.to_vec(), classes.clone())?;
            let divisors = (divisor, picture);
            Ok((
                data,
                match &held {
                    Held::F32(model) => Run::F32(Box::new(job(
                        model, &classes, divisors, options, x.examples,
                    )?)),
                    Held::F64(model) => Run::F64(Box::new(job(
                        model, &classes, divisors, options, x.examples,
                    )?)),
                },
            ))
        })?;
        Ok(Self { network, data, run })
    }

    /// Runs one epoch and puts the weights into the network. A handler's exception ends it after the step it came
    /// in; that step's weights are put there, too.
    fn epoch(&mut self, py: Python<'_>) -> PyResult<End> {
        let Self { network, data, run } = self;
        match run {
            Run::F32(job) => job.epoch(py, network.get(), data),
            Run::F64(job) => job.epoch(py, network.get(), data),
        }
    }
}

impl<T: Number> Job<T> {
    fn epoch(&mut self, py: Python<'_>, network: &Network, data: &Dataset) -> PyResult<End> {
        let mut signals = Signals::new();
        let end = run(py, || self.trainer.epoch(data, |_| signals.go_on()))?;
        let mut model = self.model.clone();
        model.network = self.trainer.network().clone();
        model
            .training
            .insert("epochs".into(), (end.epoch + 1).into());
        network.put(model);
        signals.raised()?;
        let scores = end.scores;
        Ok((scores.mean_loss(), scores.accuracy(), end.learning_rate))
    }
}
