//! Data sets for Python.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use numpy::{PyReadonlyArray3, PyUntypedArrayMethods};
use pyo3::prelude::*;
use rayon::prelude::*;
use stepnet::data::image_files::{Image, load_for};
use stepnet::data::{self, Dataset, OpenOptions, Role, Targets, Values};
use stepnet::nn::Preprocessing;
use stepnet::{Error, Result};
use stepnet_base::memory;

use crate::convert::{raised, run, to_numpy};
use crate::kept::each;
use crate::network::Network;
use crate::signals::{run_apart, run_listening};
use crate::targets::kind_of;
use crate::wording::with_arguments;

/// Raw values, labels, the classes' names, what raw values are to be divided by, and what a user is to be warned of:
/// each image that was left out, and each note.
type Data = (Py<PyAny>, Py<PyAny>, Vec<String>, f64, Vec<String>);

#[pyfunction]
pub(crate) fn digits(py: Python<'_>) -> PyResult<Data> {
    let digits = run(py, || Ok(data::digits()))?;
    arrays(py, &digits, data::DIGITS_DIVISOR, Vec::new())
}

#[pyfunction]
#[expect(
    clippy::too_many_arguments,
    reason = "the arguments of Python's function, by position"
)]
pub(crate) fn load(
    py: Python<'_>,
    path: PathBuf,
    size: Option<[usize; 3]>,
    resize: &str,
    test: bool,
    skip_bad: bool,
    encoding: Option<String>,
    label_column: Option<String>,
    labels: Option<PathBuf>,
    targets: &str,
    outputs: Option<Vec<String>>,
) -> PyResult<Data> {
    let resize = resize_of(resize)?;
    let mut options = OpenOptions::default()
        .role(if test { Role::Test } else { Role::Train })
        .input(size)
        .resize(resize)
        .skip_bad(skip_bad)
        .encoding(encoding)
        .label_column(label_column)
        .labels(labels)
        .targets(kind_of(targets)?)
        .target_names(outputs.clone().unwrap_or_default());
    let opened = run_apart(py, move |stop| {
        options.stop = Some(Arc::clone(stop));
        let mut opened = data::open(&path, &options).map_err(in_python)?;
        let Some(outputs) = &outputs else {
            return Ok(opened);
        };
        // In the order of a network's outputs.
        let data = opened.data.with_classes(outputs);
        opened.data = data.map_err(|error| error.context(&path.display().to_string()))?;
        Ok(opened)
    })?;
    let skipped = opened
        .skipped
        .iter()
        .map(|image| format!("left out: {image}"));
    let notes = opened.notes.iter().map(|note| with_arguments(note));
    let mut warnings: Vec<String> = Vec::new();
    for warning in skipped.chain(notes) {
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }
    arrays(py, &opened.data, opened.divisor, warnings)
}

/// The formats of data sets and the names of the image formats, for the documentation.
#[pyfunction]
pub(crate) fn formats() -> (Vec<(&'static str, &'static str)>, String) {
    let rows = data::formats().map(|format| (format.content(), format.what_is_read()));
    (rows.collect(), data::image_files::formats())
}

/// Whether a data set is one of picture files.
#[pyfunction]
pub(crate) fn holds_pictures(path: PathBuf) -> bool {
    data::holds_images(&path)
}

/// An error whose advice names the argument as Python has it.
fn in_python(error: Error) -> Error {
    error.map_problem(|problem| with_arguments(&problem))
}

pub(crate) fn resize_of(text: &str) -> PyResult<stepnet::nn::Resize> {
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

fn arrays(py: Python<'_>, data: &Dataset, divisor: f64, warnings: Vec<String>) -> PyResult<Data> {
    let [height, width, channels] = data.images().shape();
    let shape = [data.len(), height, width, channels];
    let x = match data.images().values() {
        Values::U8(values) => to_numpy(py, values, &shape)?,
        Values::F32(values) => to_numpy(py, values, &shape)?,
        Values::F64(values) => to_numpy(py, values, &shape)?,
        _ => {
            return Err(raised(Error::Training(
                "pictures that are not in memory".into(),
            )));
        }
    };
    let rows = [data.len(), data.classes().len()];
    let labels = match data.targets() {
        Targets::Classes { labels, .. } => to_numpy(py, labels, &rows[..1])?,
        Targets::Labels { marks, .. } => to_numpy(py, marks, &rows)?,
        Targets::Numbers { values, .. } => to_numpy(py, values, &rows)?,
    };
    Ok((x, labels, data.classes().to_vec(), divisor, warnings))
}

/// Pictures that are decoded at a time, before Python is asked for signals.
const AT_A_TIME: usize = 8;

/// A picture as Python has it.
#[derive(FromPyObject)]
pub(crate) enum Given<'py> {
    /// `(height, width, channels)`.
    Array(PyReadonlyArray3<'py, u8>),
    File(PathBuf),
}

enum Source {
    Decoded(Image),
    File(PathBuf),
}

/// Pictures of any size as rows of a network's input, brought to its shape as its model says.
#[pyfunction]
pub(crate) fn pictures(
    py: Python<'_>,
    network: &Network,
    given: Vec<Given<'_>>,
) -> PyResult<Py<PyAny>> {
    let preprocessing = each!(network.held(), model => model.preprocessing.clone());
    let mut sources = Vec::new();
    for picture in given {
        sources.push(match picture {
            Given::File(path) => Source::File(path),
            Given::Array(array) => Source::Decoded(decoded(&array)?),
        });
    }
    let len = preprocessing.shape().iter().product::<usize>();
    let count = sources.len();
    let rows = run_listening(py, count > 1, |stop| {
        let values = count.saturating_mul(len);
        let mut rows: Vec<u8> = memory::with_capacity("the pictures", values)?;
        for some in sources.chunks(AT_A_TIME) {
            let fitted = some.par_iter().map(|source| fitted(source, &preprocessing));
            for picture in fitted.collect::<Result<Vec<_>>>()? {
                rows.extend_from_slice(&picture);
            }
            if stop.load(Ordering::Relaxed) {
                break;
            }
        }
        Ok(rows)
    })?;
    to_numpy(py, &rows, &[count, len])
}

fn decoded(array: &PyReadonlyArray3<'_, u8>) -> PyResult<Image> {
    let [height, width, channels] = [0, 1, 2].map(|axis| array.shape()[axis]);
    let values = memory::copy("a copy of a picture", array.as_slice()?).map_err(raised)?;
    Image::new(height, width, channels, values).map_err(raised)
}

fn fitted(source: &Source, preprocessing: &Preprocessing) -> Result<Vec<u8>> {
    match source {
        Source::File(path) => load_for(path, preprocessing),
        Source::Decoded(picture) => picture.to_shape(preprocessing.shape(), preprocessing.resize),
    }
}
