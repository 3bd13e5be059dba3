//! The cost of the deep network.

use ndarray::ArrayRef2;

use super::check::same_shape;
use crate::{Element, Error, Result};

/// The binary cross-entropy: `J = -1/m sum(Y log(AL) + (1 - Y) log(1 - AL))`.
///
/// This is the notebook's formula as it stands. Where an output has saturated to exactly 0 or 1 it is not
/// finite: infinite if the label is the other one, NaN (0 times infinity) if it is the same. The loss of
/// `nn` is fused with the sigmoid and stays finite.
///
/// Source: section 5 of the deep-network notebook.
///
/// # Shapes
///
/// `AL` (probabilities of label 1) and `Y` (labels, 0 or 1) are `(1, m)`; the result is one number.
///
/// # Errors
///
/// If `AL` is not one row, or if `Y` has another shape.
///
/// # Example
///
/// ```
/// use stepnet::{ndarray::array, steps::compute_cost};
///
/// let cost: f64 = compute_cost(&array![[0.8, 0.9, 0.4]], &array![[1.0, 1.0, 1.0]])?;
/// assert_eq!(format!("{cost:.15}"), "0.414931599615397");
/// # Ok::<(), stepnet::Error>(())
/// ```
pub fn compute_cost<T: Element>(AL: &ArrayRef2<T>, Y: &ArrayRef2<T>) -> Result<T> {
    const OPERATION: &str = "compute_cost";
    if AL.nrows() != 1 {
        return Err(Error::shape(
            OPERATION,
            "AL",
            AL.shape(),
            "[1, m], one probability for each example",
        ));
    }
    same_shape(OPERATION, "Y", Y.shape(), AL.shape(), "the shape of AL")?;
    // In `f64`: a running sum of many numbers of 32 bits would lose digits with each.
    let mut log_likelihood = 0.0;
    for (&a, &y) in AL.iter().zip(Y) {
        log_likelihood += (y * a.ln() + (T::one() - y) * (T::one() - a).ln()).as_f64();
    }
    Ok(T::from_f64(-log_likelihood / AL.ncols() as f64))
}
