//! One window of a pooling layer: what goes forward from it, and how its gradient comes back.

use ndarray::{Array2, ArrayRef2, Zip};

use super::check::{filled, not_empty, zeros};
use crate::{Element, Error, Result};

/// Marks where a window has its maximum: the way the gradient of max pooling goes back.
///
/// `mask = (x == max(x))`. Every maximum is marked if there are several. If there is a NaN, it is the maximum,
/// as in numpy, and since it equals nothing, nothing is marked.
///
/// Source: section 5.2.1 of the convolution notebook.
///
/// # Shapes
///
/// `x` is `(f, f)`, or any other matrix; the mask has the same shape.
///
/// # Errors
///
/// If `x` has no elements, or if memory does not suffice.
///
/// # In the notebooks
///
/// The text says that ties need not be considered, but the code has to do something: it marks all of them, and
/// [`pool_backward`](super::pool_backward) then sends the gradient once to each. After a ReLU, ties at 0 are common. The layers of
/// `nn` send it to the first maximum only, as most frameworks do.
///
/// # Example
///
/// ```
/// use stepnet::ndarray::array;
/// use stepnet::{rng::RandomState, steps::create_mask_from_window};
///
/// let x = RandomState::new(1).randn((2, 3))?;
/// assert_eq!(create_mask_from_window(&x)?, array![[true, false, false], [false, false, false]]);
/// # Ok::<(), stepnet::Error>(())
/// ```
pub fn create_mask_from_window<T: Element>(x: &ArrayRef2<T>) -> Result<Array2<bool>> {
    const OPERATION: &str = "create_mask_from_window";
    not_empty(OPERATION, "x", x.shape())?;
    let mut mask = filled(OPERATION, "x", x.dim(), false)?;
    let largest = maximum(x);
    Zip::from(&mut mask)
        .and(x)
        .for_each(|marked, value| *marked = *value == largest);
    Ok(mask)
}

/// Spreads one number evenly over a matrix: the way the gradient of average pooling goes back.
///
/// `a[h, w] = dz / (n_H n_W)`.
///
/// Source: section 5.2.2 of the convolution notebook.
///
/// # Shapes
///
/// `shape` is `(n_H, n_W)`, the shape of the result.
///
/// # Errors
///
/// If a size is 0, or if the result does not fit in memory.
///
/// # In the notebooks
///
/// One version calls this helper `deploy_value` in its text.
///
/// # Example
///
/// ```
/// use stepnet::ndarray::array;
/// use stepnet::steps::distribute_value;
///
/// assert_eq!(distribute_value(2.0, (2, 2))?, array![[0.5, 0.5], [0.5, 0.5]]);
/// # Ok::<(), stepnet::Error>(())
/// ```
pub fn distribute_value<T: Element>(dz: T, shape: (usize, usize)) -> Result<Array2<T>> {
    const OPERATION: &str = "distribute_value";
    let (n_H, n_W) = shape;
    if n_H == 0 || n_W == 0 {
        return Err(Error::value(
            OPERATION,
            "shape",
            format!("{shape:?}"),
            "sizes of at least 1",
        ));
    }
    let mut a = zeros(OPERATION, "shape", shape)?;
    a.fill(dz / count(n_H, n_W));
    Ok(a)
}

/// The largest of some values, NaN if one of them is; minus infinity of none.
pub(super) fn maximum<T: Element>(x: &ArrayRef2<T>) -> T {
    x.iter().fold(T::neg_infinity(), |largest, &value| {
        if value > largest || value.is_nan() {
            value
        } else {
            largest
        }
    })
}

/// `n_H * n_W` as a float; the product of the whole numbers could overflow.
pub(super) fn count<T: Element>(n_H: usize, n_W: usize) -> T {
    T::from_f64(n_H as f64 * n_W as f64)
}
