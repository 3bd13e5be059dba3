//! Arrays and errors between Python and the library.

use std::any::Any;
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};

use numpy::{
    PyArray, PyArray1, PyArrayDescrMethods, PyArrayDyn, PyArrayMethods, PyReadonlyArray,
    PyUntypedArray, PyUntypedArrayMethods, dtype,
};
use pyo3::exceptions::{
    PyFileNotFoundError, PyMemoryError, PyOSError, PyRuntimeError, PyTypeError, PyValueError,
};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use stepnet::ndarray::{Dimension, IxDyn};
use stepnet::{Error, Number};

use crate::fork;

/// Whether an argument is an array of `float32`; every other is taken for `float64`.
pub(crate) fn is_f32(value: &Bound<'_, PyAny>) -> bool {
    let array = value.cast::<PyUntypedArray>();
    array.is_ok_and(|array| array.dtype().is_equiv_to(&dtype::<f32>(value.py())))
}

/// An argument as an array that is read where it lies.
///
/// # Errors
///
/// Another number of dimensions than asked for, or another type.
pub(crate) fn array<'py, T: Number + numpy::Element, D: Dimension>(
    name: &str,
    value: &Bound<'py, PyAny>,
) -> PyResult<PyReadonlyArray<'py, T, D>> {
    let untyped = value
        .cast::<PyUntypedArray>()
        .map_err(|_| PyTypeError::new_err(format!("{name} is no numpy array")))?;
    if let Some(dimensions) = D::NDIM
        && untyped.ndim() != dimensions
    {
        return Err(PyValueError::new_err(format!(
            "{name} has shape {:?}, expected {dimensions} dimensions",
            untyped.shape()
        )));
    }
    value.extract().map_err(|_| {
        PyTypeError::new_err(format!(
            "{name} is of type {}, expected {} like the other arrays",
            untyped.dtype(),
            T::NAME
        ))
    })
}

/// These values as a numpy array, allocated by numpy itself: where memory does not suffice, that is an error, while
/// rust-numpy's constructors panic.
///
/// # Errors
///
/// Numpy's.
pub(crate) fn to_numpy<T: numpy::Element + Copy>(
    py: Python<'_>,
    values: &[T],
    shape: &[usize],
) -> PyResult<Py<PyAny>> {
    let array = empty_array(py, shape)?;
    array
        .try_readwrite()?
        .as_slice_mut()?
        .copy_from_slice(values);
    Ok(array.into_any().unbind())
}

/// An uninitialised array, allocated by numpy itself: where memory does not suffice, that is an error, while
/// rust-numpy's constructors panic.
///
/// # Errors
///
/// Numpy's.
pub(crate) fn empty_array<'py, T: numpy::Element>(
    py: Python<'py>,
    shape: &[usize],
) -> PyResult<Bound<'py, PyArrayDyn<T>>> {
    empty::<T, IxDyn>(py, PyTuple::new(py, shape)?)
}

fn empty<'py, T: numpy::Element, D: Dimension>(
    py: Python<'py>,
    shape: Bound<'py, PyTuple>,
) -> PyResult<Bound<'py, PyArray<T, D>>> {
    let numpy = py.import(intern!(py, "numpy"))?;
    let empty = numpy.call_method1(intern!(py, "empty"), (shape, dtype::<T>(py)))?;
    empty.cast_into().map_err(PyErr::from)
}

/// From this many values on, numpy allocates the memory of a result: it does not fill it first, and asks the system
/// for large pages.
const LARGE: usize = 1 << 17;

/// Uninitialised memory for a large result, allocated by numpy; `None` for a small one, and where there is not enough.
pub(crate) fn large<'py, T: numpy::Element>(
    py: Python<'py>,
    shape: &[usize],
) -> Option<Bound<'py, PyArray1<T>>> {
    let len = product(shape)?;
    (len >= LARGE).then(|| unfilled(py, shape)).flatten()
}

/// Uninitialised memory for an array of this shape, allocated by numpy; `None` where there is not enough.
pub(crate) fn unfilled<'py, T: numpy::Element>(
    py: Python<'py>,
    shape: &[usize],
) -> Option<Bound<'py, PyArray1<T>>> {
    let shape = PyTuple::new(py, [product(shape)?]).ok()?;
    empty(py, shape).ok()
}

fn product(shape: &[usize]) -> Option<usize> {
    let mut extents = shape.iter();
    extents.try_fold(1, |len: usize, &extent| len.checked_mul(extent))
}

/// Runs `work` with the interpreter's lock released; what it panics with is an error.
///
/// # Errors
///
/// Those of the library, as Python's; no thread to compute with.
pub(crate) fn run<R: Send>(
    py: Python<'_>,
    work: impl FnOnce() -> stepnet::Result<R> + Send,
) -> PyResult<R> {
    finished(py.detach(|| guarded(work)))
}

/// The outcome of some work: its result, an error because there are no threads, or its panic.
pub(crate) type Done<R> = Result<Result<stepnet::Result<R>, stepnet::Error>, Box<dyn Any + Send>>;

/// Runs `work` where it may use threads, and catches its panic.
pub(crate) fn guarded<R: Send>(work: impl FnOnce() -> stepnet::Result<R> + Send) -> Done<R> {
    catch_unwind(AssertUnwindSafe(|| fork::run(work)))
}

/// The outcome of some work as a Python result.
///
/// # Errors
///
/// As [`run`].
pub(crate) fn finished<R>(done: Done<R>) -> PyResult<R> {
    match done {
        Ok(Ok(done)) => done.map_err(raised),
        Ok(Err(error)) => Err(PyRuntimeError::new_err(format!("stepnet: {error}"))),
        Err(panic) => Err(PyRuntimeError::new_err(format!(
            "stepnet broke a promise of its own, please report it: {}",
            said(panic.as_ref())
        ))),
    }
}

/// Panics, so that the tests can see that none gets across: in this thread, or in one of the pool's.
#[cfg(feature = "break-promise")]
#[pyfunction]
pub(crate) fn break_promise(py: Python<'_>, in_pool: bool) -> PyResult<()> {
    run(py, || {
        if in_pool {
            rayon::scope(|scope| scope.spawn(|_| panic!("broken on purpose, in the pool")));
        }
        panic!("broken on purpose")
    })
}

fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message")
}

/// An error of the library as one of Python's.
pub(crate) fn raised(error: Error) -> PyErr {
    let text = error.to_string();
    raised_as(error, text)
}

/// An error's kind in Python, with `text` as its message.
fn raised_as(error: Error, text: String) -> PyErr {
    match error {
        Error::Context { error, .. } => raised_as(*error, text),
        error if error.is_memory() => PyMemoryError::new_err(text),
        Error::Io { source, .. } => match source.kind() {
            ErrorKind::NotFound => PyFileNotFoundError::new_err(text),
            _ => PyOSError::new_err(text),
        },
        Error::Training(_) | Error::Group(_) => PyRuntimeError::new_err(text),
        _ => PyValueError::new_err(text),
    }
}
