//! Activations.

use ndarray::{Array, ArrayRef, Dimension};

use super::arrays::{Order, made, room_for, standard, values};
use crate::error::Result;
use crate::kernels;
use crate::kernels::Real;
use crate::kernels::pointwise;
use crate::kernels::sigmoid::Sigmoid;
use crate::steps::checks::activation_backward;
use crate::steps::checks::{
    PIECE, checked_len, for_pieces, is_fortran, last_is_fastest, shaped, zeros,
};

/// `1 / (1 + exp(-Z))`.
///
/// # Errors
///
/// When memory does not suffice.
pub fn sigmoid<T: Real, D: Dimension>(Z: &ArrayRef<T, D>) -> Result<Array<T, D>> {
    made(SIGMOID, "Z", Z.raw_dim(), |A| sigmoid_into(Z, A))
}

/// [`sigmoid`] into `A`, which must have as many values as `Z` and is overwritten. Returns the order of the values.
///
/// # Errors
///
/// If `A` has another length, or memory does not suffice for a copy of an array that is not contiguous.
pub fn sigmoid_into<T: Real, D: Dimension>(Z: &ArrayRef<T, D>, A: &mut [T]) -> Result<Order> {
    map_into(SIGMOID, ("Z", Z), A, |x, y| {
        pointwise::forward(Sigmoid, x, y)
    })
}

const SIGMOID: &str = "sigmoid";

/// `Z` where it is above 0, else 0; NaN and -0 stay.
///
/// # Errors
///
/// When memory does not suffice.
pub fn relu<T: Real, D: Dimension>(Z: &ArrayRef<T, D>) -> Result<Array<T, D>> {
    made(RELU, "Z", Z.raw_dim(), |A| relu_into(Z, A))
}

/// [`relu`] into `A`, which must have as many values as `Z` and is overwritten. Returns the order of the values.
///
/// # Errors
///
/// If `A` has another length, or memory does not suffice for a copy of an array that is not contiguous.
pub fn relu_into<T: Real, D: Dimension>(Z: &ArrayRef<T, D>, A: &mut [T]) -> Result<Order> {
    map_into(RELU, ("Z", Z), A, kernels::relu::maximum)
}

const RELU: &str = "relu";

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
    let s = made(OPERATION, "cache", Z.raw_dim(), |s| {
        map_into(OPERATION, ("cache", Z), s, |x, y| {
            pointwise::forward(Sigmoid, x, y)
        })
    })?;
    map2(OPERATION, &s, dA, |y, dy, dx| {
        pointwise::backward(Sigmoid, y, dy, dx)
    })
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

/// A function of each value of `x`, into `y`. An array with gaps is gathered piece by piece, and not copied first.
fn map_into<T: Real, D: Dimension>(
    operation: &'static str,
    (argument, x): (&str, &ArrayRef<T, D>),
    y: &mut [T],
    pass: impl Fn(&[T], &mut [T]),
) -> Result<Order> {
    room_for(operation, "A", y, x.shape())?;
    if is_fortran(x) {
        return Ok(map_into(operation, (argument, &x.t()), y, pass)?.turned());
    }
    if x.is_standard_layout() || !last_is_fastest(x) {
        pass(values(&standard(operation, argument, x)?), y);
        return Ok(Order::Rows);
    }
    let mut rest = y;
    for_pieces(x, |piece| {
        let (y, next) = std::mem::take(&mut rest).split_at_mut(piece.len());
        pass(piece, y);
        rest = next;
    });
    Ok(Order::Rows)
}

/// [`map2`] for a pass that takes less time than to fetch its values does: the results of a piece are appended
/// to memory that nothing has filled before.
fn map2_by_pieces<T: Real, D: Dimension>(
    operation: &'static str,
    y: &ArrayRef<T, D>,
    dy: &ArrayRef<T, D>,
    pass: impl Fn(&[T], &[T], &mut [T]),
) -> Result<Array<T, D>> {
    if is_fortran(y) && is_fortran(dy) {
        return Ok(map2_by_pieces(operation, &y.t(), &dy.t(), pass)?.reversed_axes());
    }
    let mut dx = Vec::with_capacity(checked_len::<T, _>(operation, "dA", y.raw_dim())?);
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
