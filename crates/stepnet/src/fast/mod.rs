//! The notebooks' functions on the fast kernels: what [`steps`](crate::steps) computes by plain loops, in the
//! same shapes, with the same refusals.
//!
//! | function | as |
//! | --- | --- |
//! | [`conv_forward`], [`conv_backward`] | [`steps::conv_forward`](crate::steps::conv_forward) and its backward |
//! | [`pool_forward`], [`pool_backward`] | [`steps::pool_forward`](crate::steps::pool_forward) and its backward |
//! | [`linear_forward`], [`linear_backward`] | [`steps::linear_forward`](crate::steps::linear_forward) and its backward |
//! | [`sigmoid`], [`relu`] and their `_backward` | those of `steps` |
//!
//! A backward function takes what the notebook's cache holds as arguments, so that nothing is copied into a
//! cache; arrays are copied only where they are not contiguous in C order. Sums are taken in another order than
//! by the loops: in `f64` results agree to 1e-10 of the largest magnitude of an array, in `f32` to 1e-4 (3x3
//! windows at stride 1 may go by Winograd's method there, see [`conv`](crate::kernels::conv)). Max pooling marks
//! every maximum of a window, as the notebooks do. Arrays without elements, and convolutions and maxima in which
//! infinities or NaN occur, are left to the loops, so that these too come out as the notebooks' code has them.

// The notebooks' own names: `A_prev`, `W`, `dZ`.
#![allow(non_snake_case)]

mod activation;
mod conv;
mod dense;
mod pool;
#[cfg(test)]
mod tests;

use ndarray::{ArrayRef, CowArray, Dimension};

use crate::error::{Error, Result};
use crate::kernels::AlignedVec;
use crate::kernels::Real;
use crate::memory;
use crate::steps::checks::copied;

pub use activation::{relu, relu_backward, sigmoid, sigmoid_backward};
pub use conv::{conv_backward, conv_forward};
pub use dense::{linear_backward, linear_forward};
pub use pool::{pool_backward, pool_forward};

/// Whether there is neither an infinity nor a NaN.
///
/// Kernels leave out products with padding, and Winograd's method spreads a value over its tile: of numbers that
/// are finite neither shows, but the loops' 0 times infinity is NaN. Where a result is not finite, the loops decide.
fn all_finite<T: Real, D: Dimension>(array: &ArrayRef<T, D>) -> bool {
    let Some(values) = array.as_slice_memory_order() else {
        return array.iter().all(|value| value.is_finite());
    };
    // Without an early end within a piece, so that the comparisons are vectorised.
    let finite = |piece: &[T]| {
        piece
            .iter()
            .fold(true, |all, value| all & value.is_finite())
    };
    values.chunks(4096).all(finite)
}

/// The array in C order: itself, or a copy.
fn standard<'a, T: Real, D: Dimension>(
    operation: &'static str,
    argument: &str,
    array: &'a ArrayRef<T, D>,
) -> Result<CowArray<'a, T, D>> {
    if array.is_standard_layout() {
        return Ok(array.view().into());
    }
    Ok(copied(operation, argument, array)?.into())
}

/// The memory that a kernel asks for beside its results.
fn scratch<T: Real>(operation: &'static str, len: usize) -> Result<AlignedVec<T>> {
    AlignedVec::zeros(operation, len).map_err(|_| {
        let bytes = memory::readable(len as u128 * size_of::<T>() as u128);
        let expected = format!("sizes for which {bytes} beside the results fit in memory");
        Error::value(operation, "scratch memory", "too large", expected)
    })
}

/// Sizes as a kernel has them; what it refuses of them is told as the function's.
fn sizes<G>(operation: &'static str, geometry: Result<G>) -> Result<G> {
    geometry.map_err(|error| match error {
        Error::Value {
            argument,
            found,
            expected,
            ..
        } => Error::value(operation, argument, found, expected),
        other => other,
    })
}

/// The values of an array in C order.
fn values<'a, T: Real, D: Dimension>(array: &'a CowArray<'_, T, D>) -> &'a [T] {
    array.as_slice().unwrap_or_default()
}
