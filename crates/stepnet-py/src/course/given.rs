//! What the functions of the course's notebooks are given: arrays and dictionaries of them, read in one crossing.

use numpy::{
    PyArray, PyArrayDescrMethods, PyArrayDyn, PyArrayMethods, PyReadonlyArray, PyUntypedArray,
    PyUntypedArrayMethods, dtype,
};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping, PyTuple};
use pyo3::{PyTypeInfo, exceptions::PyKeyError};
use stepnet::Number;
use stepnet::course::views::LayerView;
use stepnet::ndarray::{Array, ArrayView, Dimension, Ix2, IxDyn};
use stepnet::steps::Parameters;

use crate::convert::{array, run};

/// An argument as it comes.
pub(super) type Given<'a, 'py> = &'a Bound<'py, PyAny>;

/// Numbers as they lie in an array, or converted.
pub(super) enum Numbers<'py, T: numpy::Element, D: Dimension> {
    Lent(PyReadonlyArray<'py, T, D>),
    Made(Array<T, D>),
}

impl<T: numpy::Element, D: Dimension> Numbers<'_, T, D> {
    pub(super) fn view(&self) -> ArrayView<'_, T, D> {
        match self {
            Self::Lent(array) => array.as_array(),
            Self::Made(array) => array.view(),
        }
    }
}

/// Arrays of numbers in `f64`.
pub(super) type Doubles<'py> = Numbers<'py, f64, Ix2>;

/// An argument of two dimensions.
///
/// # Errors
///
/// Another number of dimensions, or no numbers.
pub(super) fn matrix<'py>(
    function: &str,
    name: &str,
    value: Given<'_, 'py>,
) -> PyResult<Doubles<'py>> {
    numbers(function, name, value)
}

/// An argument as numbers of this type: arrays of it where they lie, those of other types converted.
///
/// # Errors
///
/// Another number of dimensions, or no numbers.
pub(super) fn numbers<'py, T: Number + numpy::Element, D: Dimension>(
    function: &str,
    name: &str,
    value: Given<'_, 'py>,
) -> PyResult<Numbers<'py, T, D>> {
    let py = value.py();
    if value.get_type().is(PyUntypedArray::type_object(py)) {
        let given = value.cast::<PyUntypedArray>()?;
        if given.is_aligned() {
            if given.dtype().is_equiv_to(&dtype::<T>(py)) {
                return array(&format!("{function}: {name}"), value).map(Numbers::Lent);
            }
            if let Some(made) = converted::<T, D>(function, name, value)? {
                return Ok(Numbers::Made(made));
            }
        }
    }
    let read = py.import(intern!(py, "stepnet.course._given"))?;
    let read = read.getattr(intern!(py, "numbers"))?;
    let given = read.call1((format!("{function}: {name}"), value, dtype::<T>(py)))?;
    array(&format!("{function}: {name}"), &given).map(Numbers::Lent)
}

/// Labels and pictures come in these types.
fn converted<T: Number + numpy::Element, D: Dimension>(
    function: &str,
    name: &str,
    value: Given<'_, '_>,
) -> PyResult<Option<Array<T, D>>> {
    fn of<S: numpy::Element + Copy>(value: Given<'_, '_>) -> Option<Array<S, IxDyn>> {
        let array = value.cast::<PyArrayDyn<S>>().ok()?;
        Some(array.try_readonly().ok()?.as_array().to_owned())
    }
    #[allow(clippy::cast_precision_loss)] // as numpy converts them
    let made = of::<u8>(value)
        .map(|given| given.mapv(|x| T::from_f64(f64::from(x))))
        .or_else(|| Some(of::<i64>(value)?.mapv(|x| T::from_f64(x as f64))))
        .or_else(|| Some(of::<bool>(value)?.mapv(|x| T::from_f64(f64::from(u8::from(x))))))
        .or_else(|| Some(of::<f32>(value)?.mapv(|x| T::from_f64(f64::from(x)))))
        .or_else(|| Some(of::<i32>(value)?.mapv(|x| T::from_f64(f64::from(x)))));
    made.map(|made| shaped(function, name, made)).transpose()
}

fn shaped<T, D: Dimension>(
    function: &str,
    name: &str,
    array: Array<T, IxDyn>,
) -> PyResult<Array<T, D>> {
    let shape = array.shape().to_vec();
    array.into_dimensionality::<D>().map_err(|_| {
        let dimensions = D::NDIM.unwrap_or_default();
        PyValueError::new_err(format!(
            "{function}: {name} has shape {shape:?}, expected {dimensions} dimensions"
        ))
    })
}

/// Biases: a column, or what numpy can add to each column, such as one number.
///
/// # Errors
///
/// More than two dimensions, or no numbers.
pub(super) fn bias<'py>(
    function: &str,
    name: &str,
    value: Given<'_, 'py>,
) -> PyResult<Doubles<'py>> {
    let of_two = value
        .cast::<PyUntypedArray>()
        .is_ok_and(|array| array.ndim() == 2);
    if of_two {
        return matrix(function, name, value);
    }
    let any = numbers::<f64, IxDyn>(function, name, value)?;
    let mut made = any.view().to_owned();
    while made.ndim() < 2 {
        made.insert_axis_inplace(stepnet::ndarray::Axis(0));
    }
    shaped(function, name, made).map(Numbers::Made)
}

/// An entry of a dictionary.
///
/// # Errors
///
/// No dictionary, or one without it.
pub(super) fn entry<'py>(
    (function, argument): (&str, &str),
    given: Given<'_, 'py>,
    key: &str,
) -> PyResult<Bound<'py, PyAny>> {
    if let Ok(given) = given.cast_exact::<PyDict>() {
        return given
            .get_item(key)?
            .ok_or_else(|| missing(function, argument, key));
    }
    let Ok(given) = given.cast::<PyMapping>() else {
        let kind = given.get_type().name()?;
        return Err(PyTypeError::new_err(format!(
            "{function}: {argument} is of type {kind}, expected a dictionary with '{key}'"
        )));
    };
    given.get_item(key).map_err(
        |error| match error.is_instance_of::<PyKeyError>(given.py()) {
            true => missing(function, argument, key),
            false => error,
        },
    )
}

fn missing(function: &str, argument: &str, key: &str) -> PyErr {
    PyValueError::new_err(format!("{function}: {argument} has no '{key}'"))
}

/// The parameters of some layers, where they lie.
pub(super) struct Layers<'py>(Vec<(Doubles<'py>, Doubles<'py>)>);

impl<'py> Layers<'py> {
    /// `W1`, `b1`, `W2` and so on.
    ///
    /// # Errors
    ///
    /// Entries that are missing, or no numbers.
    pub(super) fn of(function: &str, parameters: Given<'_, 'py>, count: usize) -> PyResult<Self> {
        let layer = |l| {
            let (W, b) = (format!("W{l}"), format!("b{l}"));
            let place = (function, "parameters");
            let weights = entry(place, parameters, &W)?;
            let biases = entry(place, parameters, &b)?;
            Ok((
                matrix(function, &W, &weights)?,
                bias(function, &b, &biases)?,
            ))
        };
        (1..=count).map(layer).collect::<PyResult<_>>().map(Self)
    }

    pub(super) fn views(&self) -> Vec<LayerView<'_>> {
        let layers = self.0.iter();
        layers
            .map(|(W, b)| LayerView {
                W: W.view(),
                b: b.view(),
            })
            .collect()
    }

    /// Copies of them all.
    pub(super) fn parameters(&self) -> Parameters<f64> {
        Parameters {
            W: self.0.iter().map(|(W, _)| W.view().to_owned()).collect(),
            b: self.0.iter().map(|(_, b)| b.view().to_owned()).collect(),
        }
    }
}

/// How many layers a dictionary has: half of its entries.
///
/// # Errors
///
/// No dictionary, or an empty one.
pub(super) fn layers_in(function: &str, parameters: Given<'_, '_>) -> PyResult<usize> {
    let count = parameters
        .cast::<PyMapping>()
        .ok()
        .map(|given| given.len())
        .transpose()?;
    match count {
        Some(count) if count >= 2 => Ok(count / 2),
        _ => Err(PyTypeError::new_err(format!(
            "{function}: parameters is of type {}, expected a dictionary with W1, b1, W2, b2 and so on",
            parameters.get_type().name()?
        ))),
    }
}

/// The parts of a cache, which is a tuple of so many.
///
/// # Errors
///
/// Another number of them, or another type.
pub(super) fn parts<'py>(
    function: &str,
    cache: Given<'_, 'py>,
    names: &str,
    count: usize,
) -> PyResult<Bound<'py, PyTuple>> {
    let expected = format!("expected ({names}) as the forward pass returned it");
    match cache.cast::<PyTuple>() {
        Ok(parts) if parts.len() == count => Ok(parts.clone()),
        Ok(parts) => Err(PyValueError::new_err(format!(
            "{function}: cache has {} parts, {expected}",
            parts.len()
        ))),
        Err(_) => Err(PyTypeError::new_err(format!(
            "{function}: cache is of type {}, {expected}",
            cache.get_type().name()?
        ))),
    }
}

/// An array for Python.
pub(super) fn made<T: numpy::Element, D: Dimension>(
    py: Python<'_>,
    values: Array<T, D>,
) -> Bound<'_, PyArray<T, D>> {
    PyArray::from_owned_array(py, values)
}

/// A dictionary of arrays.
///
/// # Errors
///
/// Python's.
pub(super) fn dictionary<'py, D: Dimension>(
    py: Python<'py>,
    entries: impl IntoIterator<Item = (impl AsRef<str>, Array<f64, D>)>,
) -> PyResult<Bound<'py, PyDict>> {
    let all = PyDict::new(py);
    for (name, array) in entries {
        all.set_item(name.as_ref(), made(py, array))?;
    }
    Ok(all)
}

/// Parameters under the notebooks' names.
///
/// # Errors
///
/// Python's.
pub(super) fn named<'py>(
    py: Python<'py>,
    parameters: Parameters<f64>,
) -> PyResult<Bound<'py, PyDict>> {
    let layers = parameters.W.into_iter().zip(parameters.b);
    let entries = (1..)
        .zip(layers)
        .flat_map(|(l, (W, b))| [(format!("W{l}"), W), (format!("b{l}"), b)]);
    dictionary(py, entries)
}

/// Work that is short: the interpreter's lock is released, and a panic is an error.
///
/// # Errors
///
/// The library's.
pub(super) fn short<R: Send>(
    py: Python<'_>,
    work: impl FnOnce() -> stepnet::Result<R> + Send,
) -> PyResult<R> {
    run(py, work)
}
