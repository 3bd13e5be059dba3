//! The checks that every step makes before it starts.

use ndarray::{
    Array, Array1, ArrayRef, ArrayViewD, ArrayViewMutD, Axis, Dimension, IntoDimension, Zip, s,
};

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
    let len = checked_len::<T, _>(operation, argument, shape.clone())?;
    // Of zeros, these are pages that nothing has touched yet.
    shaped(operation, argument, shape, vec![value; len])
}

/// How many elements a result has, if memory can hold them; an error names `argument` as what asks for more.
pub fn checked_len<T, D: Dimension>(
    operation: &'static str,
    argument: &str,
    shape: D,
) -> Result<usize> {
    let too_large = || too_large(operation, argument, &shape);
    let len = shape.size_checked().ok_or_else(too_large)?;
    memory::ensure::<T>(operation, len).map_err(|_| too_large())?;
    Ok(len)
}

/// As many values as a shape has elements, in C order.
pub fn shaped<T, D: Dimension>(
    operation: &'static str,
    argument: &str,
    shape: D,
    values: Vec<T>,
) -> Result<Array<T, D>> {
    Array::from_shape_vec(shape.clone(), values).map_err(|_| too_large(operation, argument, &shape))
}

fn too_large(operation: &'static str, argument: &str, shape: &impl Dimension) -> Error {
    let shape = shape.slice();
    let expected = format!("sizes whose result, of shape {shape:?}, fits in memory");
    Error::value(operation, argument, "too large", expected)
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
    if !last_is_fastest(values) {
        let mut copy = Array::zeros(values.raw_dim());
        copy_by_blocks(copy.view_mut().into_dyn(), values.view().into_dyn());
        return Ok(copy);
    }
    // Written row by row to memory that nothing has filled before.
    let copy = Zip::from(values).map_collect(|&value| value);
    if copy.is_standard_layout() {
        return Ok(copy);
    }
    // Windows that overlap may come out by columns.
    drop(copy);
    let mut copy = Vec::with_capacity(values.len());
    for_pieces(values, |piece| copy.extend_from_slice(piece));
    shaped(operation, argument, values.raw_dim(), copy)
}

/// Elements of a piece: a few arrays' pieces together fit in the first cache.
pub const PIECE: usize = 1024;

/// Hands all values on in C order, up to `2 PIECE` at a time. To be called where [`last_is_fastest`].
pub fn for_pieces<T: Element, D: Dimension>(array: &ArrayRef<T, D>, mut each: impl FnMut(&[T])) {
    if let Some(values) = array.as_slice() {
        return values.chunks(PIECE).for_each(each);
    }
    let mut gathered = Array1::zeros(2 * PIECE);
    let mut filled = 0;
    let mut hand_on = |gathered: &Array1<T>, filled| {
        if let Some(values) = gathered.as_slice() {
            each(&values[..filled]);
        }
    };
    for row in array.rows() {
        for part in row.axis_chunks_iter(Axis(0), PIECE) {
            // `assign`, unlike an iterator, takes a loop over the distance in memory.
            gathered
                .slice_mut(s![filled..filled + part.len()])
                .assign(&part);
            filled += part.len();
            if filled >= PIECE {
                hand_on(&gathered, filled);
                filled = 0;
            }
        }
    }
    hand_on(&gathered, filled);
}

/// Whether no axis is faster in memory than the last, and that is long enough to be worked on by itself.
pub fn last_is_fastest<T, D: Dimension>(array: &ArrayRef<T, D>) -> bool {
    const LONG: usize = 16;
    let stride = |axis| array.stride_of(Axis(axis)).unsigned_abs();
    let Some(last) = array.ndim().checked_sub(1) else {
        return false;
    };
    let mut others = (0..last).filter(|&axis| array.len_of(Axis(axis)) > 1);
    array.len_of(Axis(last)) >= LONG && others.all(|axis| stride(axis) >= stride(last))
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
