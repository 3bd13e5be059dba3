//! What every step checks before it starts.

use ndarray::{Array, Dimension, IntoDimension};

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
    values.resize(len, T::zero());
    Array::from_shape_vec(shape.clone(), values).map_err(|_| too_large())
}

/// How many windows of `f` fit on `n` values with `pad` zeros on both sides, `stride` apart:
/// `floor((n - f + 2 pad) / stride) + 1`; `None` if not even one does, or the padded size overflows.
pub(super) fn output_size(n: usize, f: usize, pad: usize, stride: usize) -> Option<usize> {
    let padded = pad.checked_mul(2)?.checked_add(n)?;
    Some(padded.checked_sub(f)?.checked_div(stride)? + 1)
}
