//! Models of other frameworks: read into networks and written for them.

use std::path::{Path, PathBuf};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use stepnet::Result;
use stepnet::exchange::keras::export::export_keras as keras;
use stepnet::exchange::onnx::{self, ExportInput, ExportOptions};
use stepnet::exchange::torch::export::export_code;
use stepnet::exchange::{ImportOptions, Imported, import};
use stepnet::nn::Shape;
use stepnet_base::text::replace_names;
use stepnet_files as files;

use crate::convert::run;
use crate::data::resize_of;
use crate::kept::{Dtype, Held, Kept, each, room_to_read};
use crate::network::Network;
use crate::signals::run_apart;

/// What a model says of itself where it was read from another framework's file.
const IMPORTED: &str = "imported";

/// What a file does not say, as a dictionary.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Given {
    recipe: Option<String>,
    model: Option<String>,
    part: Option<String>,
    until: Option<String>,
    classes: Vec<String>,
    input_shape: Option<Vec<usize>>,
    mean: Vec<f64>,
    deviation: Vec<f64>,
    divisor: Option<f64>,
    resize: Option<String>,
    keep_logits: bool,
    /// Whether the network computes in double precision.
    double: bool,
}

impl Given {
    fn options(&self) -> PyResult<ImportOptions> {
        let input = self.input_shape.as_deref().map(|extents| match *extents {
            [features] => Ok(Shape::Features(features)),
            [height, width, channels] => Ok(Shape::volume(height, width, channels)),
            _ => Err(PyValueError::new_err(format!(
                "input_shape is {extents:?}, expected (height, width, channels) or (features,)"
            ))),
        });
        let resize = self.resize.as_deref().map(resize_of);
        Ok(ImportOptions::default()
            .recipe(self.recipe.clone())
            .model(self.model.clone())
            .part(self.part.clone())
            .until(self.until.clone())
            .classes(self.classes.clone())
            .input(input.transpose()?)
            .mean(self.mean.clone())
            .deviation(self.deviation.clone())
            .divisor(self.divisor)
            .resize(resize.transpose()?)
            .keep_logits(self.keep_logits))
    }
}

/// A network that was read, what each of its layers was made of, and what a user is to be warned of.
type Read = (Network, Vec<(String, Vec<String>)>, Vec<String>);

/// Reads a model of another framework.
#[pyfunction]
pub(crate) fn import_model(py: Python<'_>, path: PathBuf, given: Given) -> PyResult<Read> {
    fn typed<T: Dtype>(path: &Path, options: &ImportOptions) -> Result<(Held, Told)> {
        let imported = import::<T>(path, options)?;
        let Imported {
            mut model,
            mappings,
            notes,
            ..
        } = imported;
        model.check_finite()?;
        // Its preprocessing is that of its training.
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let entry = (IMPORTED.to_owned(), file.into_owned().into());
        model.training.extend([entry]);
        let mappings = mappings
            .into_iter()
            .map(|mapping| (mapping.layer, mapping.sources));
        let told = (mappings.collect(), notes);
        Ok((T::held(Kept::new(model, None, true)), told))
    }
    let options = given.options()?;
    let (held, (mappings, notes)) = run_apart(py, move |_| {
        if let Ok(about) = std::fs::metadata(&path) {
            room_to_read(about.len())?;
        }
        let read = match given.double {
            false => typed::<f32>(&path, &options),
            true => typed::<f64>(&path, &options),
        };
        read.map_err(|error| error.map_problem(|problem| worded(&problem)))
    })?;
    let notes = notes.iter().map(|note| worded(note)).collect();
    Ok((Network::new(held), mappings, notes))
}

/// Mappings and notes.
type Told = (Vec<(String, Vec<String>)>, Vec<String>);

/// A message of an import with the arguments of Python.
fn worded(text: &str) -> String {
    replace_names(text, &ARGUMENTS)
}

/// The options that messages name in backticks.
const ARGUMENTS: [(&str, &str); 11] = [
    ("`recipe`", "recipe"),
    ("`model`", "model"),
    ("`part`", "part"),
    ("`until`", "until"),
    ("`classes`", "classes"),
    ("`input`", "input_shape"),
    ("`mean`", "mean"),
    ("`deviation`", "deviation"),
    ("`divisor`", "divisor"),
    ("`resize`", "resize"),
    ("`keep_logits`", "keep_logits"),
];

/// Writes a network as an ONNX file; what the file has, in words.
#[pyfunction]
pub(crate) fn export_onnx(
    py: Python<'_>,
    network: &Network,
    path: PathBuf,
    input: &str,
) -> PyResult<Vec<String>> {
    let input = match input {
        "auto" => ExportInput::Auto,
        "any-size" => ExportInput::AnySize,
        "model-size" => ExportInput::ModelSize,
        "values" => ExportInput::Values,
        other => {
            return Err(PyValueError::new_err(format!(
                "to_onnx: input is {other:?}, expected \"auto\", \"any-size\", \"model-size\" or \"values\""
            )));
        }
    };
    let held = network.held();
    let options = ExportOptions::default().input(input);
    run(py, || {
        let exported = each!(&held, kept => onnx::export(kept, &options))?;
        files::write_atomic(&path, &exported.bytes)?;
        Ok(exported.lines())
    })
}

/// Writes a network as a model of Keras; what the file takes, in words.
#[pyfunction]
pub(crate) fn export_keras(
    py: Python<'_>,
    network: &Network,
    path: PathBuf,
) -> PyResult<Vec<String>> {
    let held = network.held();
    run(py, || {
        let exported = each!(&held, kept => keras(kept))?;
        files::write_atomic(&path, &exported.bytes)?;
        Ok(exported.notes)
    })
}

/// A network as a program of PyTorch's: its code, the content of its weights' file, and notes.
#[pyfunction]
pub(crate) fn export_torch(
    py: Python<'_>,
    network: &Network,
    name: &str,
) -> PyResult<(String, Py<PyBytes>, Vec<String>)> {
    let held = network.held();
    let exported = run(py, || each!(&held, kept => export_code(kept, name)))?;
    let weights = &exported.weights;
    // Where there is no memory, `PyBytes::new` panics.
    let bytes = PyBytes::new_with(py, weights.len(), |into| {
        into.copy_from_slice(weights);
        Ok(())
    })?;
    Ok((exported.code, bytes.unbind(), exported.notes))
}
