//! What every step checks before it starts.

use ndarray::{Array, ArrayRef, ArrayViewD, ArrayViewMutD, Axis, Dimension, IntoDimension};

use crate::{Element, Error, Result, memory};

/// Refuses an array without elements.
pub(super) fn not_empty(operation: &'static str, argument: &str, shape: &[usize]) -> Result<()> {
    if shape.contains(&0) {
        return Err(Error::shape(
            operation,
            argument,
            shape,
            "no dimension of size 0",
        ));
    }
    Ok(())
}

/// Refuses an array whose shape is not `expected`; `why` completes the message, such as "the shape of Y".
pub fn same_shape(
    operation: &'static str,
    argument: &str,
    found: &[usize],
    expected: &[usize],
    why: &str,
) -> Result<()> {
    if found != expected {
        return Err(Error::shape(
            operation,
            argument,
            found,
            format!("{expected:?}, {why}"),
        ));
    }
    Ok(())
}

/// An array of zeros; an error names `argument` as what asks for more than memory can hold.
pub fn zeros<T: Element, S: IntoDimension>(
    operation: &'static str,
    argument: &str,
    shape: S,
) -> Result<Array<T, S::Dim>> {
    filled(operation, argument, shape, T::zero())
}

/// An array of one value, else like [`zeros`].
pub(super) fn filled<T: Copy, S: IntoDimension>(
    operation: &'static str,
    argument: &str,
    shape: S,
    value: T,
) -> Result<Array<T, S::Dim>> {
    let shape = shape.into_dimension();
    let too_large = || {
        let expected = format!(
            "sizes whose result, of shape {:?}, fits in memory",
            shape.slice()
        );
        Error::value(operation, argument, "too large", expected)
    };
    let len = shape.size_checked().ok_or_else(too_large)?;
    memory::ensure::<T>(operation, len).map_err(|_| too_large())?;
    // Of zeros, these are pages that nothing has touched yet.
    let values = vec![value; len];
    Array::from_shape_vec(shape.clone(), values).map_err(|_| too_large())
}

/// Whether an array is contiguous with its first axis fastest, and not also with its last.
pub fn is_fortran<T, D: Dimension>(array: &ArrayRef<T, D>) -> bool {
    !array.is_standard_layout() && array.t().is_standard_layout()
}

/// Zeros in the shape of an array, and in Fortran order where the array is.
pub(crate) fn zeros_like<T: Element, D: Dimension>(
    operation: &'static str,
    argument: &str,
    array: &ArrayRef<T, D>,
) -> Result<Array<T, D>> {
    if !is_fortran(array) {
        return zeros(operation, argument, array.raw_dim());
    }
    let values = zeros(operation, argument, array.t().raw_dim())?;
    Ok(values.reversed_axes())
}

/// A copy in C order. A view can stand for more values than memory can hold, as a broadcast one does, and
/// `to_owned` would end the process.
///
/// # Errors
///
/// When memory does not suffice.
pub fn copied<T: Element, D: Dimension>(
    operation: &'static str,
    argument: &str,
    values: &ArrayRef<T, D>,
) -> Result<Array<T, D>> {
    memory::ensure::<T>(operation, values.len()).map_err(|_| {
        let expected = format!(
            "an array of which a copy, of shape {:?}, fits in memory",
            values.shape()
        );
        Error::value(operation, argument, "too large", expected)
    })?;
    if values.is_standard_layout() {
        return Ok(values.to_owned());
    }
    let mut copy = Array::zeros(values.raw_dim());
    copy_by_blocks(copy.view_mut().into_dyn(), values.view().into_dyn());
    Ok(copy)
}

/// The side of a block of a copy: the lines of the cache that it takes of both arrays fit the first cache.
const BLOCK: usize = 32;

/// Copies an array into one in C order. Where another axis than the last is the fastest of the source, reading
/// or writing along one axis alone would touch a new line of the cache for every value.
fn copy_by_blocks<T: Copy>(mut to: ArrayViewMutD<'_, T>, from: ArrayViewD<'_, T>) {
    let axes = from.ndim();
    let long = (0..axes).filter(|&axis| from.len_of(Axis(axis)) > 1);
    let fastest = long.min_by_key(|&axis| from.stride_of(Axis(axis)).unsigned_abs());
    let (Some(fastest), Some(last)) = (fastest, axes.checked_sub(1)) else {
        return to.assign(&from);
    };
    if fastest == last {
        return to.assign(&from);
    }
    let outer = (0..last).find(|&axis| axis != fastest);
    if let Some(outer) = outer {
        let parts = to
            .axis_iter_mut(Axis(outer))
            .zip(from.axis_iter(Axis(outer)));
        return parts.for_each(|(to, from)| copy_by_blocks(to, from));
    }
    let (rows, columns) = (Axis(fastest), Axis(last));
    let bands = to
        .axis_chunks_iter_mut(rows, BLOCK)
        .zip(from.axis_chunks_iter(rows, BLOCK));
    for (mut to, from) in bands {
        let blocks = to
            .axis_chunks_iter_mut(columns, BLOCK)
            .zip(from.axis_chunks_iter(columns, BLOCK));
        blocks.for_each(|(mut to, from)| to.assign(&from));
    }
}

/// How many windows of `f` fit on `n` values with `pad` zeros on both sides, `stride` apart:
/// `floor((n - f + 2 pad) / stride) + 1`; `None` if not even one does, or the padded size overflows.
pub(super) fn output_size(n: usize, f: usize, pad: usize, stride: usize) -> Option<usize> {
    let padded = pad.checked_mul(2)?.checked_add(n)?;
    Some(padded.checked_sub(f)?.checked_div(stride)? + 1)
}
