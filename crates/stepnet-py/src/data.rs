//! Data sets for Python.

use std::path::PathBuf;

use numpy::{PyArray1, PyArrayMethods};
use pyo3::prelude::*;
use stepnet::Error;
use stepnet::data::{self, Dataset, OpenOptions, Role, Values};

use crate::convert::{raised, run};

/// Raw values, labels, the classes' names, what raw values are to be divided by, and what is wrong
/// with each picture that was left out.
type Data = (Py<PyAny>, Py<PyAny>, Vec<String>, f64, Vec<String>);

#[pyfunction]
pub(crate) fn digits(py: Python<'_>) -> PyResult<Data> {
    let digits = run(py, || Ok(data::digits()))?;
    arrays(py, &digits, data::DIGITS_DIVISOR, Vec::new())
}

#[pyfunction]
pub(crate) fn load(
    py: Python<'_>,
    path: PathBuf,
    size: Option<[usize; 3]>,
    resize: &str,
    test: bool,
    skip_bad: bool,
    encoding: Option<String>,
) -> PyResult<Data> {
    let resize = resize_of(resize)?;
    let options = OpenOptions {
        role: if test { Role::Test } else { Role::Train },
        input: size,
        resize,
        skip_bad,
        encoding,
        ..OpenOptions::default()
    };
    let opened = run(py, || data::open(&path, &options).map_err(in_python))?;
    arrays(py, &opened.data, opened.divisor, opened.skipped)
}

/// An error whose advice names the argument in place of the command line's option.
fn in_python(error: Error) -> Error {
    match error {
        Error::File { path, problem } => {
            let problem = problem.replace("--skip-bad", "skip_bad=True");
            Error::file(path, problem.replace("--encoding ", "encoding="))
        }
        other => other,
    }
}

fn resize_of(text: &str) -> PyResult<stepnet::nn::Resize> {
    use stepnet::nn::Resize;
    Ok(match text {
        "stretch" => Resize::Stretch,
        "crop" => Resize::Crop,
        "fit" => Resize::Fit,
        _ => {
            let expected = r#""stretch", "crop" or "fit""#;
            let found = format!("{text:?}");
            return Err(raised(Error::value("load", "resize", found, expected)));
        }
    })
}

fn arrays(py: Python<'_>, data: &Dataset, divisor: f64, skipped: Vec<String>) -> PyResult<Data> {
    let [height, width, channels] = data.images().shape();
    let shape = [data.len(), height, width, channels];
    let x = match data.images().values() {
        Values::U8(values) => shaped(PyArray1::from_slice(py, values), shape)?,
        Values::F32(values) => shaped(PyArray1::from_slice(py, values), shape)?,
        Values::F64(values) => shaped(PyArray1::from_slice(py, values), shape)?,
        _ => {
            return Err(raised(Error::Training(
                "pictures that are not in memory".into(),
            )));
        }
    };
    let labels = PyArray1::from_slice(py, data.labels()).into_any().unbind();
    Ok((x, labels, data.classes().to_vec(), divisor, skipped))
}

fn shaped<V: numpy::Element>(
    flat: Bound<'_, PyArray1<V>>,
    shape: [usize; 4],
) -> PyResult<Py<PyAny>> {
    Ok(flat.reshape(shape)?.into_any().unbind())
}
