//! Convolution and pooling.

use pyo3::prelude::*;
use stepnet::ndarray::{Ix2, Ix3, Ix4};
use stepnet::steps::{ConvCache, ConvHparameters, PoolCache, PoolHparameters, PoolMode, copied};
use stepnet::{fast as kernels, steps};

use super::{Given, Three, by_type, made};
use crate::convert::{array, is_f32, raised, run};
use crate::kept::Dtype;

fn mode_of(text: &str) -> PyResult<PoolMode> {
    text.parse().map_err(raised)
}

#[pyfunction]
pub(crate) fn zero_pad(py: Python<'_>, X: Given<'_, '_>, pad: usize) -> PyResult<Py<PyAny>> {
    fn typed<T: Dtype>(py: Python<'_>, X: Given<'_, '_>, pad: usize) -> PyResult<Py<PyAny>> {
        let X = array::<T, Ix4>("zero_pad: X", X)?;
        let X = X.as_array();
        Ok(made(py, run(py, || steps::zero_pad(&X, pad))?))
    }
    by_type!(X, typed, py, X, pad)
}

#[pyfunction]
pub(crate) fn conv_single_step(
    py: Python<'_>,
    a_slice_prev: Given<'_, '_>,
    W: Given<'_, '_>,
    b: Given<'_, '_>,
) -> PyResult<f64> {
    fn typed<T: Dtype>(py: Python<'_>, given: [Given<'_, '_>; 3]) -> PyResult<f64> {
        let names = ["a_slice_prev", "W", "b"].map(|name| format!("conv_single_step: {name}"));
        let a_slice_prev = array::<T, Ix3>(&names[0], given[0])?;
        let W = array::<T, Ix3>(&names[1], given[1])?;
        let b = array::<T, Ix3>(&names[2], given[2])?;
        let (a_slice_prev, W, b) = (a_slice_prev.as_array(), W.as_array(), b.as_array());
        Ok(run(py, || steps::conv_single_step(&a_slice_prev, &W, &b))?.as_f64())
    }
    by_type!(a_slice_prev, typed, py, [a_slice_prev, W, b])
}

#[pyfunction]
pub(crate) fn conv_forward(
    py: Python<'_>,
    A_prev: Given<'_, '_>,
    W: Given<'_, '_>,
    b: Given<'_, '_>,
    hparameters: (usize, usize),
    fast: bool,
) -> PyResult<Py<PyAny>> {
    fn typed<T: Dtype>(
        py: Python<'_>,
        [A_prev, W, b]: [Given<'_, '_>; 3],
        hparameters: ConvHparameters,
        fast: bool,
    ) -> PyResult<Py<PyAny>> {
        let A_prev = array::<T, Ix4>("conv_forward: A_prev", A_prev)?;
        let W = array::<T, Ix4>("conv_forward: W", W)?;
        let b = array::<T, Ix4>("conv_forward: b", b)?;
        let (A_prev, W, b) = (A_prev.as_array(), W.as_array(), b.as_array());
        let Z = run(py, || match fast {
            true => kernels::conv_forward(&A_prev, &W, &b, hparameters),
            false => steps::conv_forward(&A_prev, &W, &b, hparameters).map(|(Z, _)| Z),
        })?;
        Ok(made(py, Z))
    }
    let (stride, pad) = hparameters;
    let hparameters = ConvHparameters { stride, pad };
    by_type!(A_prev, typed, py, [A_prev, W, b], hparameters, fast)
}

#[pyfunction]
pub(crate) fn conv_backward(
    py: Python<'_>,
    dZ: Given<'_, '_>,
    A_prev: Given<'_, '_>,
    W: Given<'_, '_>,
    b: Given<'_, '_>,
    hparameters: (usize, usize),
    fast: bool,
) -> PyResult<Three> {
    fn typed<T: Dtype>(
        py: Python<'_>,
        [dZ, A_prev, W, b]: [Given<'_, '_>; 4],
        hparameters: ConvHparameters,
        fast: bool,
    ) -> PyResult<Three> {
        let dZ = array::<T, Ix4>("conv_backward: dZ", dZ)?;
        let A_prev = array::<T, Ix4>("conv_backward: A_prev", A_prev)?;
        let W = array::<T, Ix4>("conv_backward: W", W)?;
        let b = array::<T, Ix4>("conv_backward: b", b)?;
        let dZ = dZ.as_array();
        let (A_prev, W, b) = (A_prev.as_array(), W.as_array(), b.as_array());
        let (dA_prev, dW, db) = run(py, || {
            if fast {
                return kernels::conv_backward(&dZ, &A_prev, &W, &b, hparameters);
            }
            let cache = ConvCache {
                A_prev: copied("conv_backward", "A_prev", &A_prev)?,
                W: copied("conv_backward", "W", &W)?,
                b: copied("conv_backward", "b", &b)?,
                hparameters,
            };
            steps::conv_backward(&dZ, &cache)
        })?;
        Ok((made(py, dA_prev), made(py, dW), made(py, db)))
    }
    let (stride, pad) = hparameters;
    let hparameters = ConvHparameters { stride, pad };
    by_type!(dZ, typed, py, [dZ, A_prev, W, b], hparameters, fast)
}

#[pyfunction]
pub(crate) fn pool_forward(
    py: Python<'_>,
    A_prev: Given<'_, '_>,
    hparameters: (usize, usize),
    mode: &str,
    fast: bool,
) -> PyResult<Py<PyAny>> {
    fn typed<T: Dtype>(
        py: Python<'_>,
        A_prev: Given<'_, '_>,
        (hparameters, mode): (PoolHparameters, PoolMode),
        fast: bool,
    ) -> PyResult<Py<PyAny>> {
        let A_prev = array::<T, Ix4>("pool_forward: A_prev", A_prev)?;
        let A_prev = A_prev.as_array();
        let A = run(py, || match fast {
            true => kernels::pool_forward(&A_prev, hparameters, mode),
            false => steps::pool_forward(&A_prev, hparameters, mode).map(|(A, _)| A),
        })?;
        Ok(made(py, A))
    }
    let (f, stride) = hparameters;
    let how = (PoolHparameters { f, stride }, mode_of(mode)?);
    by_type!(A_prev, typed, py, A_prev, how, fast)
}

#[pyfunction]
pub(crate) fn pool_backward(
    py: Python<'_>,
    dA: Given<'_, '_>,
    A_prev: Given<'_, '_>,
    hparameters: (usize, usize),
    mode: &str,
    fast: bool,
) -> PyResult<Py<PyAny>> {
    fn typed<T: Dtype>(
        py: Python<'_>,
        [dA, A_prev]: [Given<'_, '_>; 2],
        (hparameters, mode): (PoolHparameters, PoolMode),
        fast: bool,
    ) -> PyResult<Py<PyAny>> {
        let dA = array::<T, Ix4>("pool_backward: dA", dA)?;
        let A_prev = array::<T, Ix4>("pool_backward: A_prev", A_prev)?;
        let (dA, A_prev) = (dA.as_array(), A_prev.as_array());
        let dA_prev = run(py, || {
            if fast {
                return kernels::pool_backward(&dA, &A_prev, hparameters, mode);
            }
            let cache = PoolCache {
                A_prev: copied("pool_backward", "A_prev", &A_prev)?,
                hparameters,
            };
            steps::pool_backward(&dA, &cache, mode)
        })?;
        Ok(made(py, dA_prev))
    }
    let (f, stride) = hparameters;
    let how = (PoolHparameters { f, stride }, mode_of(mode)?);
    by_type!(dA, typed, py, [dA, A_prev], how, fast)
}

#[pyfunction]
pub(crate) fn create_mask_from_window(py: Python<'_>, x: Given<'_, '_>) -> PyResult<Py<PyAny>> {
    fn typed<T: Dtype>(py: Python<'_>, x: Given<'_, '_>) -> PyResult<Py<PyAny>> {
        let x = array::<T, Ix2>("create_mask_from_window: x", x)?;
        let x = x.as_array();
        Ok(made(py, run(py, || steps::create_mask_from_window(&x))?))
    }
    by_type!(x, typed, py, x)
}

#[pyfunction]
pub(crate) fn distribute_value(
    py: Python<'_>,
    dz: f64,
    shape: (usize, usize),
) -> PyResult<Py<PyAny>> {
    Ok(made(py, run(py, || steps::distribute_value(dz, shape))?))
}
