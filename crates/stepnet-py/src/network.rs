//! A network and its weights, as `stepnet.Network` holds them.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use numpy::ndarray::IxDyn;
use numpy::{PyArray1, PyArrayMethods, PyReadonlyArray1, PyReadonlyArrayDyn};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use stepnet::nn::notation::presets;
use stepnet::nn::{
    Init, Model, ModelFile, Network as Layers, PlanOptions, Preprocessing, Registry, Scores, Shape,
    Targets, Workspace,
};
use stepnet::rng::RandomState;
use stepnet::see::Summary;
use stepnet::{Element, Error};

use crate::convert::{raised, run};
use crate::examples::{Rows, Slices};
use crate::signals::Signals;

/// Examples of one pass at prediction.
const BATCH: usize = 256;

/// Pictures' bytes at prediction from files: what 8-bit values are divided by.
const PICTURE_DIVISOR: f64 = 255.0;

/// A network of one of the two number types. Whoever reads it has it as it was, whatever is put in its place.
#[derive(Clone)]
pub(crate) enum Held {
    F32(Arc<Model<f32>>),
    F64(Arc<Model<f64>>),
}

/// The same for networks of both number types.
macro_rules! each {
    ($held:expr, $model:ident => $do:expr) => {
        match $held {
            $crate::network::Held::F32($model) => $do,
            $crate::network::Held::F64($model) => $do,
        }
    };
}
pub(crate) use each;

/// The number types of networks.
pub(crate) trait Number: Element + numpy::Element {
    fn held(model: Model<Self>) -> Held;
}

impl Number for f32 {
    fn held(model: Model<Self>) -> Held {
        Held::F32(Arc::new(model))
    }
}

impl Number for f64 {
    fn held(model: Model<Self>) -> Held {
        Held::F64(Arc::new(model))
    }
}

#[pyclass(frozen, module = "stepnet._native")]
pub(crate) struct Network {
    held: RwLock<Held>,
}

impl Network {
    fn new(held: Held) -> Self {
        Self {
            held: RwLock::new(held),
        }
    }

    pub(crate) fn held(&self) -> Held {
        let held = self.held.read();
        held.unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn put<T: Number>(&self, model: Model<T>) {
        let held = self.held.write();
        *held.unwrap_or_else(PoisonError::into_inner) = T::held(model);
    }
}

/// What a network is made with.
struct Wanted<'a> {
    text: &'a str,
    input: Option<Shape>,
    classes: Option<Vec<String>>,
    seed: u32,
    init: Init,
}

fn build<T: Element>(wanted: Wanted<'_>) -> stepnet::Result<Model<T>> {
    let preset = presets::find(wanted.text.trim());
    let own = preset.and_then(|preset| preset.input).map(Shape::from);
    let input = wanted.input.or(own).ok_or_else(|| {
        Error::value(
            "Network",
            "input_shape",
            "None",
            "(height, width, channels) or (features,)",
        )
    })?;
    let mut builder = Layers::builder();
    if let Some(names) = &wanted.classes {
        builder = builder.class_names(names);
    } else if let Some(preset) = preset {
        builder = builder.classes(preset.classes);
    }
    let mut network = builder.build(wanted.text, input)?;
    network.initialize(wanted.init, &mut RandomState::new(wanted.seed));
    let [height, width, channels] = input.as_picture();
    Ok(Model {
        network,
        classes: wanted.classes.unwrap_or_default(),
        preprocessing: Preprocessing::scaled(height, width, channels, PICTURE_DIVISOR),
        training: Default::default(),
    })
}

fn read(file: &ModelFile) -> stepnet::Result<Held> {
    match file.element() {
        Some("f64") => {
            let model = file.model::<f64>(Registry::builtin())?;
            model.check_finite()?;
            Ok(f64::held(model))
        }
        _ => {
            let model = file.model::<f32>(Registry::builtin())?;
            model.check_finite()?;
            Ok(f32::held(model))
        }
    }
}

/// Runs the network over all examples in passes; `each` gets the workspace and the inputs of one, and the number
/// of its first example.
fn passes<T: Element>(
    model: &Model<T>,
    x: &Slices<'_>,
    logits: bool,
    signals: &mut Signals,
    mut each: impl FnMut(&mut Workspace<T>, &[T], usize) -> stepnet::Result<()>,
) -> stepnet::Result<()> {
    let options = PlanOptions {
        logits,
        ..PlanOptions::default()
    };
    let network = &model.network;
    let batch = BATCH.min(x.examples.max(1));
    let mut workspace = Workspace::new(network, batch, options)?;
    let len = network.input().len();
    let mut inputs = vec![T::zero(); batch * len];
    let preprocessing = x.preprocessing(&model.preprocessing);
    for first in (0..x.examples).step_by(batch) {
        let last = x.examples.min(first + batch);
        let inputs = &mut inputs[..(last - first) * len];
        x.write(first..last, &preprocessing, inputs);
        each(&mut workspace, inputs, first)?;
        if signals.go_on().is_break() {
            break;
        }
    }
    Ok(())
}

#[pymethods]
impl Network {
    /// A network with drawn weights.
    #[staticmethod]
    fn build(
        py: Python<'_>,
        text: &str,
        input_shape: Option<Vec<usize>>,
        classes: Option<Vec<String>>,
        double: bool,
        seed: u32,
        init: &str,
    ) -> PyResult<Self> {
        let input = input_shape.map(|extents| match extents[..] {
            [features] => Ok(Shape::Features(features)),
            [height, width, channels] => Ok(Shape::volume(height, width, channels)),
            _ => Err(PyValueError::new_err(format!(
                "Network: input_shape is {extents:?}, expected (height, width, channels) or (features,)"
            ))),
        });
        let wanted = Wanted {
            text,
            input: input.transpose()?,
            classes,
            seed,
            init: init.parse().map_err(raised)?,
        };
        let held = run(py, || {
            Ok(match double {
                false => f32::held(build(wanted)?),
                true => f64::held(build(wanted)?),
            })
        })?;
        Ok(Self::new(held))
    }

    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let held = run(py, || {
            read(&ModelFile::open(&path)?).map_err(|error| match error {
                error @ (Error::File { .. } | Error::Io { .. }) => error,
                other => Error::file(&path, other.to_string()),
            })
        })?;
        Ok(Self::new(held))
    }

    #[staticmethod]
    fn from_bytes(py: Python<'_>, bytes: &[u8]) -> PyResult<Self> {
        let held = run(py, || {
            read(&ModelFile::from_bytes(
                Path::new("a pickled network"),
                bytes,
            )?)
        })?;
        Ok(Self::new(held))
    }

    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        let held = self.held();
        run(py, || each!(&held, model => model.save(&path)))
    }

    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let held = self.held();
        let bytes = run(py, || {
            each!(&held, model => model.to_bytes()).map_err(Error::Training)
        })?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// A copy that the other does not see the changes of.
    fn copy(&self) -> Self {
        Self::new(self.held())
    }

    /// The names of the classes; none where they have none.
    #[getter]
    fn classes(&self) -> Vec<String> {
        each!(self.held(), model => model.classes.clone())
    }

    /// Whether convolutions keep to the direct method.
    #[getter]
    fn exact(&self) -> bool {
        each!(self.held(), model => model.network.exact())
    }

    fn set_exact(&self, exact: bool) {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        match &mut *held {
            Held::F32(model) => Arc::make_mut(model).network.set_exact(exact),
            Held::F64(model) => Arc::make_mut(model).network.set_exact(exact),
        }
    }

    /// `float32` or `float64`.
    #[getter]
    fn dtype(&self) -> &'static str {
        match self.held() {
            Held::F32(_) => "float32",
            Held::F64(_) => "float64",
        }
    }

    #[getter]
    fn input_shape(&self) -> Vec<usize> {
        each!(self.held(), model => model.network.input().extents())
    }

    #[getter]
    fn outputs(&self) -> usize {
        each!(self.held(), model => model.network.output().len())
    }

    /// The name of the loss.
    #[getter]
    fn loss(&self) -> String {
        each!(self.held(), model => model.network.loss().to_string())
    }

    /// Layers and totals, as JSON.
    fn summary(&self) -> PyResult<String> {
        let held = self.held();
        let summary = each!(&held, model => Summary::of(&model.network));
        json(&summary)
    }

    /// What the network gives for each example.
    fn predict(&self, py: Python<'_>, x: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        fn typed<T: Number>(
            py: Python<'_>,
            model: &Model<T>,
            rows: &Rows<'_>,
        ) -> PyResult<Py<PyAny>> {
            let x = rows.slices(model.network.input().len())?;
            let outputs = model.network.output().len();
            let mut signals = Signals::new();
            let all = run(py, || {
                let mut all = Vec::with_capacity(x.examples * outputs);
                passes(model, &x, false, &mut signals, |workspace, inputs, _| {
                    all.extend_from_slice(workspace.predict(&model.network, inputs)?);
                    Ok(())
                })?;
                Ok(all)
            })?;
            signals.raised()?;
            let flat = PyArray1::from_vec(py, all);
            let shaped = flat.reshape([x.examples, outputs])?;
            Ok(shaped.into_any().unbind())
        }
        let rows = Rows::of(x)?;
        each!(&self.held(), model => typed(py, model, &rows))
    }

    /// The mean loss and the share of right answers.
    fn evaluate(
        &self,
        py: Python<'_>,
        x: &Bound<'_, PyAny>,
        labels: PyReadonlyArray1<'_, u32>,
    ) -> PyResult<(f64, f64)> {
        fn typed<T: Number>(
            py: Python<'_>,
            model: &Model<T>,
            rows: &Rows<'_>,
            labels: &[u32],
        ) -> PyResult<(f64, f64)> {
            let x = rows.slices(model.network.input().len())?;
            let mut signals = Signals::new();
            let scores = run(py, || {
                let mut scores = Scores::default();
                passes(model, &x, true, &mut signals, |workspace, inputs, first| {
                    let examples = inputs.len() / model.network.input().len();
                    let targets = Targets::Classes(&labels[first..first + examples]);
                    scores.add(&workspace.score(&model.network, inputs, &targets)?.0);
                    Ok(())
                })?;
                Ok(scores)
            })?;
            signals.raised()?;
            Ok((scores.mean_loss(), scores.accuracy()))
        }
        let rows = Rows::of(x)?;
        let labels = labels.as_slice()?;
        each!(&self.held(), model => typed(py, model, &rows, labels))
    }

    /// The arrays of all layers with their names, as copies.
    fn weights(&self, py: Python<'_>) -> PyResult<Vec<(String, Py<PyAny>)>> {
        fn typed<T: Number>(
            py: Python<'_>,
            network: &Layers<T>,
        ) -> PyResult<Vec<(String, Py<PyAny>)>> {
            let mut arrays = Vec::new();
            for node in network.nodes() {
                for (parameter, range) in node.placed_parameters() {
                    let flat = PyArray1::from_slice(py, &network.parameters()[range]);
                    let array = flat.reshape(IxDyn(&parameter.shape))?;
                    let name = format!("{}.{}", node.name(), parameter.name);
                    arrays.push((name, array.into_any().unbind()));
                }
            }
            Ok(arrays)
        }
        each!(self.held(), model => typed(py, &model.network))
    }

    /// Puts other values into the arrays named.
    fn set_weights(&self, given: Vec<(String, PyReadonlyArrayDyn<'_, f64>)>) -> PyResult<()> {
        fn typed<T: Number>(
            model: &Model<T>,
            given: &[(String, PyReadonlyArrayDyn<'_, f64>)],
        ) -> Model<T> {
            let mut changed = model.clone();
            let mut places = Vec::new();
            for node in model.network.nodes() {
                for (parameter, range) in node.placed_parameters() {
                    places.push((format!("{}.{}", node.name(), parameter.name), range));
                }
            }
            for (name, values) in given {
                let place = places.iter().find(|(known, _)| known == name);
                // The Python side has compared names and shapes.
                if let Some((_, range)) = place {
                    let target = &mut changed.network.parameters_mut()[range.clone()];
                    for (target, value) in target.iter_mut().zip(values.as_array()) {
                        *target = T::from_f64(*value);
                    }
                }
            }
            changed
        }
        each!(self.held(), model => self.put(typed(&model, &given)));
        Ok(())
    }
}

/// Something of the library as JSON for Python.
pub(crate) fn json(value: &impl serde::Serialize) -> PyResult<String> {
    serde_json::to_string(value).map_err(|error| PyValueError::new_err(error.to_string()))
}
