//! What every step checks before it starts.

use ndarray::{Array, ArrayRef, Dimension, IntoDimension};

use crate::{Element, Error, Result};

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
pub(crate) fn same_shape(
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
pub(crate) fn zeros<T: Element, S: IntoDimension>(
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
    let mut values = Vec::new();
    values.try_reserve_exact(len).map_err(|_| too_large())?;
    values.resize(len, value);
    Array::from_shape_vec(shape.clone(), values).map_err(|_| too_large())
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
    let too_large = || {
        let expected = format!(
            "an array of which a copy, of shape {:?}, fits in memory",
            values.shape()
        );
        Error::value(operation, argument, "too large", expected)
    };
    let mut copy = Vec::new();
    copy.try_reserve_exact(values.len())
        .map_err(|_| too_large())?;
    match values.as_slice() {
        Some(values) => copy.extend_from_slice(values),
        None => copy.extend(values),
    }
    Array::from_shape_vec(values.raw_dim(), copy).map_err(|_| too_large())
}

/// How many windows of `f` fit on `n` values with `pad` zeros on both sides, `stride` apart:
/// `floor((n - f + 2 pad) / stride) + 1`; `None` if not even one does, or the padded size overflows.
pub(super) fn output_size(n: usize, f: usize, pad: usize, stride: usize) -> Option<usize> {
    let padded = pad.checked_mul(2)?.checked_add(n)?;
    Some(padded.checked_sub(f)?.checked_div(stride)? + 1)
}
