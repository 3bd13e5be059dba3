//! A network and its weights, as `stepnet.Network` holds them.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use numpy::{PyArrayMethods, PyReadonlyArray2, PyReadonlyArrayDyn};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use stepnet::Error;
use stepnet::nn::{ModelFile, Network as Layers, Preprocessing, Purpose, Shape, predicted_class};
use stepnet::see::Summary;
use stepnet::train::settings::Dtype as Numbers;

use crate::build::{Wanted, build};
use crate::convert::{empty_array, raised, run, to_numpy};
use crate::evaluation::{Measured, measured};
use crate::examples::Rows;
use crate::kept::{Dtype, Held, Kept, each, read, room_to_read};
use crate::passes::{is_long, passes};
use crate::settings::given;
use crate::signals::run_listening;
use crate::targets::Given;

#[pyclass(frozen, module = "stepnet._native")]
pub(crate) struct Network {
    held: RwLock<Held>,
}

impl Network {
    pub(crate) fn new(held: Held) -> Self {
        Self {
            held: RwLock::new(held),
        }
    }

    pub(crate) fn held(&self) -> Held {
        let held = self.held.read();
        held.unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn put<T: Dtype>(&self, kept: Kept<T>) {
        let held = self.held.write();
        *held.unwrap_or_else(PoisonError::into_inner) = T::held(kept);
    }
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
        outputs: Option<Vec<String>>,
        settings: &Bound<'_, PyDict>,
    ) -> PyResult<Self> {
        let settings = given("Network", settings)?;
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
            targets: settings.source.targets,
            outputs,
            loss: settings.network.loss,
            seed: settings.training.seed,
            init: settings.network.init,
            exact: settings.network.exact,
        };
        let held = run(py, || {
            Ok(match settings.network.dtype {
                Numbers::F32 => f32::held(build(wanted)?),
                Numbers::F64 => f64::held(build(wanted)?),
            })
        })?;
        Ok(Self::new(held))
    }

    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let held = run(py, || {
            if let Ok(about) = std::fs::metadata(&path) {
                room_to_read(about.len())?;
            }
            read(&ModelFile::open(&path)?, false).map_err(|error| match error {
                error @ (Error::File { .. } | Error::Io { .. }) => error,
                error if error.is_memory() => error,
                other => Error::file(&path, other.to_string()),
            })
        })?;
        Ok(Self::new(held))
    }

    #[staticmethod]
    fn from_bytes(py: Python<'_>, bytes: &[u8]) -> PyResult<Self> {
        let held = run(py, || {
            room_to_read(bytes.len() as u64)?;
            let file = ModelFile::from_bytes(Path::new("a pickled network"), bytes)?;
            read(&file, true)
        })?;
        Ok(Self::new(held))
    }

    /// Writes the file; with `state` also what a later training takes over.
    fn save(&self, py: Python<'_>, path: PathBuf, state: bool) -> PyResult<()> {
        let held = self.held();
        run(py, || each!(&held, kept => kept.save(&path, state)))
    }

    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let held = self.held();
        let bytes = run(py, || each!(&held, kept => kept.to_bytes(true)))?;
        // Where there is no memory, `PyBytes::new` panics.
        PyBytes::new_with(py, bytes.len(), |into| {
            into.copy_from_slice(&bytes);
            Ok(())
        })
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

    fn set_exact(&self, py: Python<'_>, exact: bool) -> PyResult<()> {
        each!(self.held(), kept => {
            let mut changed = run(py, || kept.copy())?;
            changed.model_mut().network.set_exact(exact);
            self.put(changed);
        });
        Ok(())
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

    /// How raw values become inputs, as JSON.
    #[getter]
    fn preprocessing(&self) -> PyResult<String> {
        each!(self.held(), model => json(&model.preprocessing))
    }

    /// Has raw values become inputs in another way, given as JSON.
    fn set_preprocessing(&self, py: Python<'_>, given: &str) -> PyResult<()> {
        let wrong =
            |error: serde_json::Error| PyValueError::new_err(format!("preprocessing: {error}"));
        let given: Preprocessing = serde_json::from_str(given).map_err(wrong)?;
        given.check().map_err(raised)?;
        each!(self.held(), kept => {
            let mut changed = run(py, || kept.copy())?;
            changed.settle(given);
            self.put(changed);
        });
        Ok(())
    }

    /// Whether the preprocessing is that of a training; until then the type of the values decides.
    #[getter]
    fn settled(&self) -> bool {
        each!(self.held(), kept => kept.settled)
    }

    /// The largest magnitude of the values that were trained on, where it is known.
    #[getter]
    fn largest(&self) -> Option<f64> {
        each!(self.held(), kept => kept.largest())
    }

    /// Epochs of all trainings so far, as the next one goes on from them.
    #[getter]
    fn epochs(&self) -> usize {
        each!(self.held(), kept => kept.state.as_ref().map_or(0, |state| state.epochs))
    }

    /// What the outputs stand for: `classes`, `labels` or `numbers`.
    #[getter]
    fn targets(&self) -> &'static str {
        each!(self.held(), model => model.preprocessing.task.name())
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

    /// The network's output for each example.
    fn predict(&self, py: Python<'_>, x: &Bound<'_, PyAny>, divisor: f64) -> PyResult<Py<PyAny>> {
        fn typed<T: Dtype>(
            py: Python<'_>,
            kept: &Kept<T>,
            (rows, divisor): (&Rows<'_>, f64),
        ) -> PyResult<Py<PyAny>> {
            let x = rows.slices(kept.network.input().len())?;
            let outputs = kept.network.output().len();
            let array = empty_array::<T>(py, &[x.examples, outputs])?;
            if x.examples == 0 {
                return Ok(array.into_any().unbind());
            }
            let mut written = array.try_readwrite()?;
            let y = written.as_slice_mut()?;
            let preprocessing = kept.preprocessing.clone().divisor(divisor);
            run_listening(py, is_long(kept, &x), |stop| {
                let write = |examples, inputs: &mut [T]| x.write(examples, &preprocessing, inputs);
                match kept.predictor() {
                    Ok(predictor) => predictor.predict_with(y, Some(stop), write),
                    // The network itself takes less memory than a copy that is prepared.
                    Err(error) if error.is_memory() => {
                        let purpose = Purpose::Predict;
                        passes(
                            kept,
                            (&x, divisor),
                            purpose,
                            stop,
                            |workspace, inputs, first| {
                                let found = workspace.predict(&kept.network, inputs)?;
                                y[first * outputs..][..found.len()].copy_from_slice(found);
                                Ok(())
                            },
                        )
                    }
                    Err(error) => Err(error),
                }
            })?;
            kept.restore(y);
            drop(written);
            Ok(array.into_any().unbind())
        }
        let rows = Rows::of(x)?;
        each!(&self.held(), model => typed(py, model, (&rows, divisor)))
    }

    /// The mean loss, and the measures of the kind of targets.
    fn evaluate(
        &self,
        py: Python<'_>,
        x: &Bound<'_, PyAny>,
        targets: (String, Bound<'_, PyAny>),
        divisor: f64,
    ) -> PyResult<Measured> {
        let rows = Rows::of(x)?;
        let given = Given::of(&targets)?;
        each!(&self.held(), model => measured(py, model, (&rows, divisor), &given))
    }

    /// The arrays of all layers with their names, as copies.
    fn weights(&self, py: Python<'_>) -> PyResult<Vec<(String, Py<PyAny>)>> {
        fn typed<T: Dtype>(
            py: Python<'_>,
            network: &Layers<T>,
        ) -> PyResult<Vec<(String, Py<PyAny>)>> {
            let mut arrays = Vec::new();
            for node in network.nodes() {
                for (parameter, range) in node.placed_parameters() {
                    let array = to_numpy(py, &network.parameters()[range], &parameter.shape)?;
                    arrays.push((format!("{}.{}", node.name(), parameter.name), array));
                }
            }
            Ok(arrays)
        }
        each!(self.held(), model => typed(py, &model.network))
    }

    /// Puts other values into the arrays named.
    fn set_weights(
        &self,
        py: Python<'_>,
        given: Vec<(String, PyReadonlyArrayDyn<'_, f64>)>,
    ) -> PyResult<()> {
        fn typed<T: Dtype>(
            py: Python<'_>,
            model: &Kept<T>,
            given: &[(String, PyReadonlyArrayDyn<'_, f64>)],
        ) -> PyResult<Kept<T>> {
            let mut changed = run(py, || model.copy())?;
            if let Some(state) = &model.state {
                changed.state = Some(Arc::new(run(py, || state.with_other_weights())?));
            }
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
                    let target = &mut changed.model_mut().network.parameters_mut()[range.clone()];
                    for (target, value) in target.iter_mut().zip(values.as_array()) {
                        *target = T::from_f64(*value);
                    }
                }
            }
            Ok(changed)
        }
        each!(self.held(), model => self.put(typed(py, &model, &given)?));
        Ok(())
    }
}

/// The class of each row of outputs; or of each output by itself, 1 where its label applies.
#[pyfunction]
pub(crate) fn predicted_classes(
    py: Python<'_>,
    outputs: &Bound<'_, PyAny>,
    each: bool,
) -> PyResult<Py<PyAny>> {
    fn typed<T: Dtype>(
        py: Python<'_>,
        outputs: &PyReadonlyArray2<'_, T>,
        each: bool,
    ) -> PyResult<Py<PyAny>> {
        let outputs = outputs.as_array();
        let (rows, columns) = outputs.dim();
        // Rows of memory that an array steps over are copied.
        let outputs = outputs.as_standard_layout();
        let values = outputs.as_slice().unwrap_or_default();
        let row = if each { 1 } else { columns.max(1) };
        let classes = values
            .chunks_exact(row)
            .map(|row| predicted_class(row) as i64)
            .collect::<Vec<_>>();
        let shape = [rows, columns];
        to_numpy(py, &classes, if each { &shape } else { &shape[..1] })
    }
    match outputs.extract::<PyReadonlyArray2<'_, f32>>() {
        Ok(outputs) => typed(py, &outputs, each),
        Err(_) => typed(py, &outputs.extract::<PyReadonlyArray2<'_, f64>>()?, each),
    }
}

/// Something of the library as JSON for Python.
pub(crate) fn json(value: &impl serde::Serialize) -> PyResult<String> {
    serde_json::to_string(value).map_err(|error| PyValueError::new_err(error.to_string()))
}
