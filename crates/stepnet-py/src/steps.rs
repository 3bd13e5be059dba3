//! The notebooks' functions. With `fast` they run on the kernels, else as the plain loops.

// The notebooks' own names: `A_prev`, `W`, `dZ`.
#![allow(non_snake_case)]

mod convolution;

use numpy::npyffi::NPY_ORDER;
use numpy::{PyArray, PyArray1, PyArrayMethods};
use pyo3::prelude::*;
use stepnet::ndarray::{Array, Dimension, Ix2, IxDyn};
use stepnet::rng::RandomState;
use stepnet::steps::{LinearCache, Parameters, copied};
use stepnet::{fast as kernels, steps};

use crate::convert::{array, is_f32, large, raised, run, unfilled};
use crate::kept::Dtype;

pub(crate) use convolution::{
    conv_backward, conv_forward, conv_single_step, create_mask_from_window, distribute_value,
    pool_backward, pool_forward, zero_pad,
};

/// An argument as it comes.
type Given<'a, 'py> = &'a Bound<'py, PyAny>;

/// Three arrays for Python.
type Three = (Py<PyAny>, Py<PyAny>, Py<PyAny>);

/// The weights of all layers, and the biases.
type Layers = (Vec<Py<PyAny>>, Vec<Py<PyAny>>);

/// Calls a generic function with the number type of an argument.
macro_rules! by_type {
    ($of:expr, $function:ident, $($argument:expr),*) => {
        if is_f32($of) {
            $function::<f32>($($argument),*)
        } else {
            $function::<f64>($($argument),*)
        }
    };
}
use by_type;

/// An array for Python.
fn made<T: numpy::Element, D: Dimension>(py: Python<'_>, values: Array<T, D>) -> Py<PyAny> {
    PyArray::from_owned_array(py, values).into_any().unbind()
}

/// A large result in memory that numpy allocated, written in this order.
fn ordered<T: numpy::Element>(
    values: Bound<'_, PyArray1<T>>,
    shape: &[usize],
    order: kernels::Order,
) -> PyResult<Py<PyAny>> {
    let order = match order {
        kernels::Order::Rows => NPY_ORDER::NPY_CORDER,
        kernels::Order::Columns => NPY_ORDER::NPY_FORTRANORDER,
    };
    let array = values.reshape_with_order(shape, order)?;
    Ok(array.into_any().unbind())
}

/// Has the library choose the instruction set and compute its table of logarithms, so that no thread of a
/// parent can be in the midst of that when a child is forked, which would wait for it.
pub(crate) fn settle() -> PyResult<()> {
    let drawn = RandomState::new(1).randn(1).map_err(raised)?;
    kernels::relu(&drawn).map_err(raised)?;
    Ok(())
}

#[pyfunction]
pub(crate) fn linear_forward(
    py: Python<'_>,
    A: Given<'_, '_>,
    W: Given<'_, '_>,
    b: Given<'_, '_>,
    fast: bool,
) -> PyResult<Py<PyAny>> {
    fn typed<T: Dtype>(
        py: Python<'_>,
        [A, W, b]: [Given<'_, '_>; 3],
        fast: bool,
    ) -> PyResult<Py<PyAny>> {
        let A = array::<T, Ix2>("linear_forward: A", A)?;
        let W = array::<T, Ix2>("linear_forward: W", W)?;
        let b = array::<T, Ix2>("linear_forward: b", b)?;
        let (A, W, b) = (A.as_array(), W.as_array(), b.as_array());
        let shape = [W.nrows(), A.ncols()];
        if fast && let Some(Z) = large(py, &shape) {
            let mut lent = Z.try_readwrite()?;
            let into = lent.as_slice_mut()?;
            let order = run(py, || kernels::linear_forward_into(&A, &W, &b, into))?;
            drop(lent);
            return ordered(Z, &shape, order);
        }
        let Z = run(py, || match fast {
            true => kernels::linear_forward(&A, &W, &b),
            false => steps::linear_forward(&A, &W, &b).map(|(Z, _)| Z),
        })?;
        Ok(made(py, Z))
    }
    by_type!(A, typed, py, [A, W, b], fast)
}

#[pyfunction]
pub(crate) fn linear_backward(
    py: Python<'_>,
    dZ: Given<'_, '_>,
    A_prev: Given<'_, '_>,
    W: Given<'_, '_>,
    b: Given<'_, '_>,
    fast: bool,
) -> PyResult<Three> {
    fn typed<T: Dtype>(
        py: Python<'_>,
        [dZ, A_prev, W, b]: [Given<'_, '_>; 4],
        fast: bool,
    ) -> PyResult<Three> {
        let dZ = array::<T, Ix2>("linear_backward: dZ", dZ)?;
        let A_prev = array::<T, Ix2>("linear_backward: A_prev", A_prev)?;
        let W = array::<T, Ix2>("linear_backward: W", W)?;
        let b = array::<T, Ix2>("linear_backward: b", b)?;
        let dZ = dZ.as_array();
        let (A_prev, W, b) = (A_prev.as_array(), W.as_array(), b.as_array());
        let (size, W_size) = (A_prev.shape(), W.shape());
        if fast
            && let Some(dA_prev) = large(py, size)
            && let Some(dW) = unfilled(py, W_size)
        {
            let (mut lent, mut W_lent) = (dA_prev.try_readwrite()?, dW.try_readwrite()?);
            let into = [lent.as_slice_mut()?, W_lent.as_slice_mut()?];
            let ([order, W_order], db) = run(py, || {
                kernels::linear_backward_into(&dZ, &A_prev, &W, &b, into)
            })?;
            drop((lent, W_lent));
            let dA_prev = ordered(dA_prev, size, order)?;
            return Ok((dA_prev, ordered(dW, W_size, W_order)?, made(py, db)));
        }
        let (dA_prev, dW, db) = run(py, || {
            if fast {
                return kernels::linear_backward(&dZ, &A_prev, &W, &b);
            }
            let cache = LinearCache {
                A: copied("linear_backward", "cache.A", &A_prev)?,
                W: copied("linear_backward", "cache.W", &W)?,
                b: copied("linear_backward", "cache.b", &b)?,
            };
            steps::linear_backward(&dZ, &cache)
        })?;
        Ok((made(py, dA_prev), made(py, dW), made(py, db)))
    }
    by_type!(dZ, typed, py, [dZ, A_prev, W, b], fast)
}

/// An activation of arrays of any shape, forward and backward.
macro_rules! activation {
    ($forward:ident, $into:ident, $backward:ident) => {
        #[pyfunction]
        pub(crate) fn $forward(
            py: Python<'_>,
            Z: Given<'_, '_>,
            fast: bool,
        ) -> PyResult<Py<PyAny>> {
            fn typed<T: Dtype>(
                py: Python<'_>,
                Z: Given<'_, '_>,
                fast: bool,
            ) -> PyResult<Py<PyAny>> {
                let Z = array::<T, IxDyn>(concat!(stringify!($forward), ": Z"), Z)?;
                let Z = Z.as_array();
                if fast && let Some(A) = large(py, Z.shape()) {
                    let mut lent = A.try_readwrite()?;
                    let into = lent.as_slice_mut()?;
                    let order = run(py, || kernels::$into(&Z, into))?;
                    drop(lent);
                    return ordered(A, Z.shape(), order);
                }
                let A = run(py, || match fast {
                    true => kernels::$forward(&Z),
                    false => steps::$forward(&Z).map(|(A, _)| A),
                })?;
                Ok(made(py, A))
            }
            by_type!(Z, typed, py, Z, fast)
        }

        #[pyfunction]
        pub(crate) fn $backward(
            py: Python<'_>,
            dA: Given<'_, '_>,
            Z: Given<'_, '_>,
            fast: bool,
        ) -> PyResult<Py<PyAny>> {
            fn typed<T: Dtype>(
                py: Python<'_>,
                [dA, Z]: [Given<'_, '_>; 2],
                fast: bool,
            ) -> PyResult<Py<PyAny>> {
                let dA = array::<T, IxDyn>(concat!(stringify!($backward), ": dA"), dA)?;
                let Z = array::<T, IxDyn>(concat!(stringify!($backward), ": cache"), Z)?;
                let (dA, Z) = (dA.as_array(), Z.as_array());
                let dZ = run(py, || match fast {
                    true => kernels::$backward(&dA, &Z),
                    false => steps::$backward(&dA, &Z),
                })?;
                Ok(made(py, dZ))
            }
            by_type!(dA, typed, py, [dA, Z], fast)
        }
    };
}

activation!(sigmoid, sigmoid_into, sigmoid_backward);
activation!(relu, relu_into, relu_backward);

#[pyfunction]
pub(crate) fn compute_cost(py: Python<'_>, AL: Given<'_, '_>, Y: Given<'_, '_>) -> PyResult<f64> {
    fn typed<T: Dtype>(py: Python<'_>, AL: Given<'_, '_>, Y: Given<'_, '_>) -> PyResult<f64> {
        let AL = array::<T, Ix2>("compute_cost: AL", AL)?;
        let Y = array::<T, Ix2>("compute_cost: Y", Y)?;
        let (AL, Y) = (AL.as_array(), Y.as_array());
        Ok(run(py, || steps::compute_cost(&AL, &Y))?.as_f64())
    }
    by_type!(AL, typed, py, AL, Y)
}

#[pyfunction]
pub(crate) fn cost_backward(
    py: Python<'_>,
    AL: Given<'_, '_>,
    Y: Given<'_, '_>,
) -> PyResult<Py<PyAny>> {
    fn typed<T: Dtype>(py: Python<'_>, AL: Given<'_, '_>, Y: Given<'_, '_>) -> PyResult<Py<PyAny>> {
        let AL = array::<T, Ix2>("L_model_backward: AL", AL)?;
        let Y = array::<T, Ix2>("L_model_backward: Y", Y)?;
        let (AL, Y) = (AL.as_array(), Y.as_array());
        Ok(made(py, run(py, || steps::cost_backward(&AL, &Y))?))
    }
    by_type!(AL, typed, py, AL, Y)
}

#[pyfunction]
pub(crate) fn initialize_parameters(
    py: Python<'_>,
    n_x: usize,
    n_h: usize,
    n_y: usize,
    seed: u32,
) -> PyResult<Layers> {
    let drawn = run(py, || {
        steps::initialize_parameters::<f64>(n_x, n_h, n_y, &mut RandomState::new(seed))
    })?;
    Ok(layers(py, drawn))
}

#[pyfunction]
pub(crate) fn initialize_parameters_deep(
    py: Python<'_>,
    layer_dims: Vec<usize>,
    seed: u32,
) -> PyResult<Layers> {
    let drawn = run(py, || {
        steps::initialize_parameters_deep::<f64>(&layer_dims, &mut RandomState::new(seed))
    })?;
    Ok(layers(py, drawn))
}

/// A parameter after a step against its gradient, an array of the same shape.
#[pyfunction]
pub(crate) fn descended(
    py: Python<'_>,
    name: &str,
    values: Given<'_, '_>,
    gradient: Given<'_, '_>,
    learning_rate: f64,
) -> PyResult<Py<PyAny>> {
    fn typed<T: Dtype>(
        py: Python<'_>,
        name: &str,
        [values, gradient]: [Given<'_, '_>; 2],
        learning_rate: f64,
    ) -> PyResult<Py<PyAny>> {
        let values = array::<T, IxDyn>(&format!("update_parameters: {name}"), values)?;
        let gradient = array::<T, IxDyn>(&format!("update_parameters: d{name}"), gradient)?;
        let (values, gradient) = (values.as_array(), gradient.as_array());
        let rate = T::from_f64(learning_rate);
        let updated = run(py, || steps::descended(name, &values, &gradient, rate))?;
        Ok(made(py, updated))
    }
    by_type!(values, typed, py, name, [values, gradient], learning_rate)
}

/// The weights and the biases of all layers for Python.
fn layers<T: Dtype>(py: Python<'_>, parameters: Parameters<T>) -> Layers {
    let made = |arrays: Vec<Array<T, Ix2>>| {
        let arrays = arrays.into_iter().map(|array| made(py, array));
        arrays.collect()
    };
    (made(parameters.W), made(parameters.b))
}
