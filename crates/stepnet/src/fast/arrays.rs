//! Arrays as kernels take them.

use ndarray::{ArrayRef, CowArray, Dimension};

use crate::error::{Error, Result};
use crate::kernels::{AlignedVec, Real};
use crate::memory;
use crate::steps::checks::copied;

/// Whether there is neither an infinity nor a NaN.
///
/// Kernels leave out products with padding, and Winograd's method spreads a value over its tile: of numbers that
/// are finite neither shows, but the loops' 0 times infinity is NaN. Where a result is not finite, the loops decide.
pub(super) fn all_finite<T: Real, D: Dimension>(array: &ArrayRef<T, D>) -> bool {
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
pub(super) fn standard<'a, T: Real, D: Dimension>(
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
pub(super) fn scratch<T: Real>(operation: &'static str, len: usize) -> Result<AlignedVec<T>> {
    AlignedVec::zeros(operation, len).map_err(|_| {
        let bytes = memory::readable(len as u128 * size_of::<T>() as u128);
        let expected = format!("sizes for which {bytes} beside the results fit in memory");
        Error::value(operation, "scratch memory", "too large", expected)
    })
}

/// Sizes as a kernel has them; what it refuses of them is told as the function's.
pub(super) fn sizes<G>(operation: &'static str, geometry: Result<G>) -> Result<G> {
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
pub(super) fn values<'a, T: Real, D: Dimension>(array: &'a CowArray<'_, T, D>) -> &'a [T] {
    array.as_slice().unwrap_or_default()
}
