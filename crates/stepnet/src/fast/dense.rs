//! Dense layers, whose examples are columns: each product of the notebooks is one of the kernels' three,
//! so that nothing is transposed.

use ndarray::{Array2, ArrayRef2};

use super::{scratch, sizes, standard, values};
use crate::Element;
use crate::error::Result;
use crate::kernels::{DenseGeometry, dense};
use crate::steps::check::{same_shape, zeros};
use crate::steps::dense::check_layer;

/// The outputs of [`steps::linear_forward`](crate::steps::linear_forward): `Z = W A + b`.
///
/// # Shapes
///
/// `A` `(n_prev, m)`, `W` `(n, n_prev)`, `b` `(n, 1)`; the result `(n, m)`.
///
/// # Errors
///
/// As the loops', and when memory does not suffice.
pub fn linear_forward<T: Element>(
    A: &ArrayRef2<T>,
    W: &ArrayRef2<T>,
    b: &ArrayRef2<T>,
) -> Result<Array2<T>> {
    const OPERATION: &str = "linear_forward";
    check_layer(OPERATION, ["A", "W", "b"], A, W, b)?;
    let ((n, n_prev), m) = (W.dim(), A.ncols());
    let mut Z = zeros(OPERATION, "output", (n, m))?;
    // With W as the units' gradients and A as the weights this is the gradient by data.
    let g = sizes(OPERATION, DenseGeometry::new(n, m, n_prev))?;
    let mut scratch = scratch(OPERATION, dense::backward_data_scratch::<T>(&g))?;
    let A = standard(OPERATION, "A", A)?;
    let W = standard(OPERATION, "W", W)?;
    if let Some(Z) = Z.as_slice_mut() {
        dense::backward_data(&g, values(&W), values(&A), Z, &mut scratch);
    }
    Z += &b.view();
    Ok(Z)
}

/// The gradients `(dA_prev, dW, db)` of [`steps::linear_backward`](crate::steps::linear_backward), whose cache
/// holds `A_prev`, `W` and `b`.
///
/// # Shapes
///
/// `dZ` is `(n, m)`; the gradients have the shapes of `A_prev`, `W` and `b`.
///
/// # Errors
///
/// As the loops', and when memory does not suffice.
pub fn linear_backward<T: Element>(
    dZ: &ArrayRef2<T>,
    A_prev: &ArrayRef2<T>,
    W: &ArrayRef2<T>,
    b: &ArrayRef2<T>,
) -> Result<(Array2<T>, Array2<T>, Array2<T>)> {
    const OPERATION: &str = "linear_backward";
    check_layer(OPERATION, ["cache.A", "cache.W", "cache.b"], A_prev, W, b)?;
    let ((n, n_prev), m) = (W.dim(), A_prev.ncols());
    same_shape(OPERATION, "dZ", dZ.shape(), &[n, m], "the shape of Z")?;
    let examples = T::from_f64(m as f64);
    let mut dA_prev = zeros(OPERATION, "cache.A", (n_prev, m))?;
    let mut dW = zeros(OPERATION, "cache.W", (n, n_prev))?;
    let mut db = zeros(OPERATION, "cache.b", (n, 1))?;
    let dZ = standard(OPERATION, "dZ", dZ)?;
    let A_prev = standard(OPERATION, "cache.A", A_prev)?;
    let W = standard(OPERATION, "cache.W", W)?;
    // dZ A^T is a forward pass with A as the weights, W^T dZ a gradient by weights.
    let forward = sizes(OPERATION, DenseGeometry::new(n, m, n_prev))?;
    let needed =
        dense::forward_scratch::<T>(&forward).max(dense::backward_weights_scratch::<T>(&forward));
    let mut scratch = scratch(OPERATION, needed)?;
    if let Some(dW) = dW.as_slice_mut() {
        dense::forward(
            &forward,
            values(&dZ),
            values(&A_prev),
            None,
            dW,
            &mut scratch,
        );
    }
    if let Some(dA_prev) = dA_prev.as_slice_mut() {
        let (x, dy) = (values(&dZ), values(&W));
        dense::backward_weights(&forward, x, dy, dA_prev, None, &mut scratch);
    }
    dW /= examples;
    for (db, dz) in db.iter_mut().zip(dZ.rows()) {
        *db = dz.sum() / examples;
    }
    Ok((dA_prev, dW, db))
}
