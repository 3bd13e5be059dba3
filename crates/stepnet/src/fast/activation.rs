//! Activations.

use ndarray::{Array, ArrayRef, Dimension};

use super::arrays::{standard, values};
use crate::error::Result;
use crate::kernels;
use crate::kernels::Real;
use crate::steps::checks::activation_backward;
use crate::steps::checks::{PIECE, for_pieces, is_fortran, last_is_fastest, room, shaped, zeros};

/// `1 / (1 + exp(-Z))`.
///
/// # Errors
///
/// When memory does not suffice.
pub fn sigmoid<T: Real, D: Dimension>(Z: &ArrayRef<T, D>) -> Result<Array<T, D>> {
    map("sigmoid", "Z", Z, kernels::sigmoid::forward)
}

/// `Z` where it is above 0, else 0; NaN and -0 stay.
///
/// # Errors
///
/// When memory does not suffice.
pub fn relu<T: Real, D: Dimension>(Z: &ArrayRef<T, D>) -> Result<Array<T, D>> {
    map_by_pieces("relu", "Z", Z, kernels::relu::maximum)
}

/// `dA s (1 - s)` with `s = sigmoid(Z)`.
///
/// # Errors
///
/// If `dA` has another shape than `Z`, or memory does not suffice.
pub fn sigmoid_backward<T: Real, D: Dimension>(
    dA: &ArrayRef<T, D>,
    Z: &ArrayRef<T, D>,
) -> Result<Array<T, D>> {
    const OPERATION: &str = "sigmoid_backward";
    activation_backward(OPERATION, dA, Z)?;
    let s = map(OPERATION, "cache", Z, kernels::sigmoid::forward)?;
    map2(OPERATION, &s, dA, kernels::sigmoid::backward)
}

/// `dA` where `Z` is above 0, else 0.
///
/// # Errors
///
/// If `dA` has another shape than `Z`, or memory does not suffice.
pub fn relu_backward<T: Real, D: Dimension>(
    dA: &ArrayRef<T, D>,
    Z: &ArrayRef<T, D>,
) -> Result<Array<T, D>> {
    const OPERATION: &str = "relu_backward";
    activation_backward(OPERATION, dA, Z)?;
    map2_by_pieces(OPERATION, Z, dA, kernels::relu::backward)
}

fn map<T: Real, D: Dimension>(
    operation: &'static str,
    argument: &str,
    x: &ArrayRef<T, D>,
    pass: impl Fn(&[T], &mut [T]),
) -> Result<Array<T, D>> {
    if is_fortran(x) {
        return Ok(map(operation, argument, &x.t(), pass)?.reversed_axes());
    }
    let mut y = zeros(operation, argument, x.raw_dim())?;
    let x = standard(operation, argument, x)?;
    if let Some(y) = y.as_slice_mut() {
        pass(values(&x), y);
    }
    Ok(y)
}

fn map2<T: Real, D: Dimension>(
    operation: &'static str,
    y: &ArrayRef<T, D>,
    dy: &ArrayRef<T, D>,
    pass: impl Fn(&[T], &[T], &mut [T]),
) -> Result<Array<T, D>> {
    if is_fortran(y) && is_fortran(dy) {
        return Ok(map2(operation, &y.t(), &dy.t(), pass)?.reversed_axes());
    }
    let mut dx = zeros(operation, "dA", y.raw_dim())?;
    let y = standard(operation, "cache", y)?;
    let dy = standard(operation, "dA", dy)?;
    if let Some(dx) = dx.as_slice_mut() {
        pass(values(&y), values(&dy), dx);
    }
    Ok(dx)
}

/// [`map`] for a pass that takes less time than to fetch its values does. The results of a piece are appended to
/// memory that nothing has filled before, and an array with gaps is not copied first.
fn map_by_pieces<T: Real, D: Dimension>(
    operation: &'static str,
    argument: &str,
    x: &ArrayRef<T, D>,
    pass: impl Fn(&[T], &mut [T]),
) -> Result<Array<T, D>> {
    if is_fortran(x) {
        return Ok(map_by_pieces(operation, argument, &x.t(), pass)?.reversed_axes());
    }
    if !x.is_standard_layout() && !last_is_fastest(x) {
        return map(operation, argument, x, pass);
    }
    let mut y = Vec::with_capacity(room::<T, _>(operation, argument, x.raw_dim())?);
    let mut results = [T::zero(); 2 * PIECE];
    for_pieces(x, |piece| {
        let results = &mut results[..piece.len()];
        pass(piece, results);
        y.extend_from_slice(results);
    });
    shaped(operation, argument, x.raw_dim(), y)
}

/// [`map2`] for such a pass.
fn map2_by_pieces<T: Real, D: Dimension>(
    operation: &'static str,
    y: &ArrayRef<T, D>,
    dy: &ArrayRef<T, D>,
    pass: impl Fn(&[T], &[T], &mut [T]),
) -> Result<Array<T, D>> {
    if is_fortran(y) && is_fortran(dy) {
        return Ok(map2_by_pieces(operation, &y.t(), &dy.t(), pass)?.reversed_axes());
    }
    let mut dx = Vec::with_capacity(room::<T, _>(operation, "dA", y.raw_dim())?);
    let y = standard(operation, "cache", y)?;
    let dy = standard(operation, "dA", dy)?;
    let mut results = [T::zero(); PIECE];
    for (y, dy) in values(&y).chunks(PIECE).zip(values(&dy).chunks(PIECE)) {
        let results = &mut results[..y.len()];
        pass(y, dy, results);
        dx.extend_from_slice(results);
    }
    shaped(operation, "dA", y.raw_dim(), dx)
}
