//! Arrays as kernels take them.

use ndarray::{Array, ArrayRef, ArrayViewMut, CowArray, Dimension, IntoDimension, ShapeBuilder};

use crate::error::{Error, Result};
use crate::kernels::{AlignedVec, Real};
use crate::memory;
use crate::steps::checks::{copied, zeros};

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

/// In which order the values of an array lie in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The last axis fastest: a matrix by rows, as C has it.
    Rows,
    /// The first axis fastest: a matrix by columns, as Fortran has it.
    Columns,
}

impl Order {
    /// The other one.
    pub(super) fn turned(self) -> Self {
        match self {
            Self::Rows => Self::Columns,
            Self::Columns => Self::Rows,
        }
    }

    /// Values in this order as an array of this shape.
    pub(super) fn view<'a, T, D: Dimension>(
        self,
        operation: &'static str,
        shape: impl IntoDimension<Dim = D>,
        values: &'a mut [T],
    ) -> Result<ArrayViewMut<'a, T, D>> {
        let (shape, len) = (shape.into_dimension(), values.len());
        let view = ArrayViewMut::from_shape(shape.clone().set_f(self == Self::Columns), values);
        view.map_err(|_| wrong_room(operation, "output", len, shape.slice()))
    }
}

/// An array whose values `fill` writes, in the order that it returns.
pub(super) fn made<T: Real, D: Dimension>(
    operation: &'static str,
    argument: &str,
    shape: impl IntoDimension<Dim = D>,
    fill: impl FnOnce(&mut [T]) -> Result<Order>,
) -> Result<Array<T, D>> {
    let shape = shape.into_dimension();
    let (mut values, _) = zeros(operation, argument, shape.clone())?.into_raw_vec_and_offset();
    let by_columns = fill(&mut values)? == Order::Columns;
    let len = values.len();
    Array::from_shape_vec(shape.clone().set_f(by_columns), values)
        .map_err(|_| wrong_room(operation, argument, len, shape.slice()))
}

/// Fails unless the memory has the length of a result of this shape.
pub(super) fn room_for<T>(
    operation: &'static str,
    argument: &str,
    values: &[T],
    shape: &[usize],
) -> Result<()> {
    let product = |len: usize, &extent: &usize| len.checked_mul(extent);
    if shape.iter().try_fold(1, product) == Some(values.len()) {
        return Ok(());
    }
    Err(wrong_room(operation, argument, values.len(), shape))
}

fn wrong_room(operation: &'static str, argument: &str, len: usize, shape: &[usize]) -> Error {
    let found = format!("memory for {len} values");
    let expected = format!("as many as an array of shape {shape:?} has");
    Error::value(operation, argument, found, expected)
}

/// The memory that a kernel needs in addition to its results.
pub(super) fn scratch<T: Real>(operation: &'static str, len: usize) -> Result<AlignedVec<T>> {
    AlignedVec::zeros(operation, len).map_err(|_| {
        let bytes = memory::readable(len as u128 * size_of::<T>() as u128);
        let expected = format!("sizes for which {bytes} in addition to the results fit in memory");
        Error::value(operation, "scratch memory", "too large", expected)
    })
}

/// Sizes as a kernel has them; those that it rejects are reported as the function's.
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
