//! Examples as they come from Python: rows of raw values, read where they lie.

use std::ops::Range;

use numpy::{
    PyArrayDescr, PyArrayDescrMethods, PyReadonlyArray2, PyUntypedArray, PyUntypedArrayMethods,
    dtype,
};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use stepnet::Number;
use stepnet::data::Values;
use stepnet::nn::Preprocessing;
use stepnet_base::memory;

/// The purpose of a copy's memory, in errors.
const COPY: &str = "a copy of the examples";

/// A `(examples, values)` array of one of the types that are taken.
pub(crate) enum Rows<'py> {
    U8(PyReadonlyArray2<'py, u8>),
    F32(PyReadonlyArray2<'py, f32>),
    F64(PyReadonlyArray2<'py, f64>),
}

impl<'py> Rows<'py> {
    /// # Errors
    ///
    /// Another type or number of dimensions: the Python side brings arrays to these.
    pub(crate) fn of(given: &Bound<'py, PyAny>) -> PyResult<Self> {
        let wrong = "examples: expected a two-dimensional array of uint8, float32 or float64";
        let array = given.cast::<PyUntypedArray>();
        let array = array.map_err(|_| PyTypeError::new_err(wrong))?;
        // Trying each type in turn would build an error for every miss.
        let is = |wanted: Bound<'_, PyArrayDescr>| array.dtype().is_equiv_to(&wanted);
        let py = given.py();
        let rows = if is(dtype::<f32>(py)) {
            given.extract().map(Self::F32)
        } else if is(dtype::<u8>(py)) {
            given.extract().map(Self::U8)
        } else {
            given.extract().map(Self::F64)
        };
        rows.map_err(|_| PyTypeError::new_err(wrong))
    }

    /// The values.
    ///
    /// # Errors
    ///
    /// Rows of another length, and values that do not lie one after the other.
    pub(crate) fn slices(&self, len: usize) -> PyResult<Slices<'_>> {
        let (shape, contiguous) = match self {
            Self::U8(array) => (array.shape(), array.is_c_contiguous()),
            Self::F32(array) => (array.shape(), array.is_c_contiguous()),
            Self::F64(array) => (array.shape(), array.is_c_contiguous()),
        };
        if shape[1] != len || !contiguous {
            return Err(PyValueError::new_err(format!(
                "examples: an array of shape {shape:?}, expected contiguous rows of {len} values"
            )));
        }
        Ok(Slices {
            examples: shape[0],
            len,
            values: match self {
                Self::U8(array) => Slice::U8(array.as_slice()?),
                Self::F32(array) => Slice::F32(array.as_slice()?),
                Self::F64(array) => Slice::F64(array.as_slice()?),
            },
        })
    }
}

/// Examples, one after the other.
#[derive(Clone, Copy)]
pub(crate) struct Slices<'a> {
    /// How many there are.
    pub(crate) examples: usize,
    len: usize,
    values: Slice<'a>,
}

#[derive(Clone, Copy)]
enum Slice<'a> {
    U8(&'a [u8]),
    F32(&'a [f32]),
    F64(&'a [f64]),
}

impl Slices<'_> {
    /// Writes some of the examples as the network sees them.
    pub(crate) fn write<T: Number>(
        &self,
        examples: Range<usize>,
        preprocessing: &Preprocessing,
        out: &mut [T],
    ) {
        let range = examples.start * self.len..examples.end * self.len;
        match self.values {
            Slice::U8(values) => scale(&values[range], preprocessing, out),
            Slice::F32(values) => scale(&values[range], preprocessing, out),
            Slice::F64(values) => scale(&values[range], preprocessing, out),
        }
    }

    /// The raw values of one example.
    ///
    /// # Errors
    ///
    /// When there is no such example.
    pub(crate) fn raw(&self, example: usize) -> PyResult<Vec<f64>> {
        if example >= self.examples {
            return Err(PyValueError::new_err("examples: there are none"));
        }
        let range = example * self.len..(example + 1) * self.len;
        Ok(match self.values {
            Slice::U8(values) => values[range].iter().map(|&v| f64::from(v)).collect(),
            Slice::F32(values) => values[range].iter().map(|&v| f64::from(v)).collect(),
            Slice::F64(values) => values[range].to_vec(),
        })
    }

    /// The largest magnitude, and whether there is a value below 0.
    pub(crate) fn extremes(&self) -> (f64, bool) {
        fn of<V: Copy + Into<f64>>(values: &[V]) -> (f64, bool) {
            let values = values.iter().map(|&value| value.into());
            values.fold((0.0, false), |(largest, negative), value: f64| {
                (f64::max(largest, value.abs()), negative || value < 0.0)
            })
        }
        match self.values {
            Slice::U8(_) => (255.0, false),
            Slice::F32(values) => of(values),
            Slice::F64(values) => of(values),
        }
    }

    /// A copy to train on.
    ///
    /// # Errors
    ///
    /// When there is no memory for it.
    pub(crate) fn copy(&self) -> stepnet::Result<Values> {
        Ok(match self.values {
            Slice::U8(values) => Values::U8(memory::copy(COPY, values)?),
            Slice::F32(values) => Values::F32(memory::copy(COPY, values)?),
            Slice::F64(values) => Values::F64(memory::copy(COPY, values)?),
        })
    }
}

fn scale<V: Copy + Into<f64>, T: Number>(
    values: &[V],
    preprocessing: &Preprocessing,
    out: &mut [T],
) {
    if preprocessing.mean.is_empty() && preprocessing.deviation.is_empty() {
        // All channels alike: a loop that the compiler makes vectors of.
        let divisor = T::from_f64(preprocessing.divisor);
        for (out, &value) in out.iter_mut().zip(values) {
            *out = T::from_f64(value.into()) / divisor;
        }
        return;
    }
    let channels = preprocessing.channels.max(1);
    let pixels = out
        .chunks_exact_mut(channels)
        .zip(values.chunks_exact(channels));
    for (out, values) in pixels {
        for (channel, (out, &value)) in out.iter_mut().zip(values).enumerate() {
            *out = preprocessing.value(T::from_f64(value.into()), channel);
        }
    }
}
