//! Activations.

use ndarray::{Array, ArrayRef, Dimension};

use super::{standard, values};
use crate::error::Result;
use crate::steps::check::{same_shape, zeros};
use crate::{Element, kernels};

/// `1 / (1 + exp(-Z))`.
///
/// # Errors
///
/// When memory does not suffice.
pub fn sigmoid<T: Element, D: Dimension>(Z: &ArrayRef<T, D>) -> Result<Array<T, D>> {
    map("sigmoid", Z, kernels::sigmoid::forward)
}

/// `Z` where it is above 0, else 0; NaN stays.
///
/// # Errors
///
/// When memory does not suffice.
pub fn relu<T: Element, D: Dimension>(Z: &ArrayRef<T, D>) -> Result<Array<T, D>> {
    map("relu", Z, kernels::relu::forward)
}

/// `dA s (1 - s)` with `s = sigmoid(Z)`.
///
/// # Errors
///
/// If `dA` has another shape than `Z`, or memory does not suffice.
pub fn sigmoid_backward<T: Element, D: Dimension>(
    dA: &ArrayRef<T, D>,
    Z: &ArrayRef<T, D>,
) -> Result<Array<T, D>> {
    same_shape(
        "sigmoid_backward",
        "dA",
        dA.shape(),
        Z.shape(),
        "the shape of Z",
    )?;
    let s = sigmoid(Z)?;
    map2("sigmoid_backward", &s, dA, kernels::sigmoid::backward)
}

/// `dA` where `Z` is above 0, else 0.
///
/// # Errors
///
/// If `dA` has another shape than `Z`, or memory does not suffice.
pub fn relu_backward<T: Element, D: Dimension>(
    dA: &ArrayRef<T, D>,
    Z: &ArrayRef<T, D>,
) -> Result<Array<T, D>> {
    same_shape(
        "relu_backward",
        "dA",
        dA.shape(),
        Z.shape(),
        "the shape of Z",
    )?;
    map2("relu_backward", Z, dA, kernels::relu::backward)
}

fn map<T: Element, D: Dimension>(
    operation: &'static str,
    x: &ArrayRef<T, D>,
    pass: impl Fn(&[T], &mut [T]),
) -> Result<Array<T, D>> {
    let mut y = zeros(operation, "output", x.raw_dim())?;
    let x = standard(x);
    if let Some(y) = y.as_slice_mut() {
        pass(values(&x), y);
    }
    Ok(y)
}

fn map2<T: Element, D: Dimension>(
    operation: &'static str,
    y: &ArrayRef<T, D>,
    dy: &ArrayRef<T, D>,
    pass: impl Fn(&[T], &[T], &mut [T]),
) -> Result<Array<T, D>> {
    let mut dx = zeros(operation, "output", y.raw_dim())?;
    let (y, dy) = (standard(y), standard(dy));
    if let Some(dx) = dx.as_slice_mut() {
        pass(values(&y), values(&dy), dx);
    }
    Ok(dx)
}
