//! Pooling.

use ndarray::{Array4, ArrayRef4};

use super::arrays::{all_finite, sizes, standard, values};
use crate::error::Result;
use crate::kernels::Real;
use crate::kernels::{Padding, PoolGeometry, pool};
use crate::steps::checks::pool_shape;
use crate::steps::checks::{copied, same_shape, zeros};
use crate::steps::{self, PoolCache, PoolHparameters, PoolMode};

/// The outputs of [`steps::pool_forward`](crate::steps::pool_forward).
///
/// # Shapes
///
/// `A_prev` `(m, n_H_prev, n_W_prev, n_C)`; the result `(m, n_H, n_W, n_C)`.
///
/// # Errors
///
/// As the loops', and when memory does not suffice.
pub fn pool_forward<T: Real>(
    A_prev: &ArrayRef4<T>,
    hparameters: PoolHparameters,
    mode: PoolMode,
) -> Result<Array4<T>> {
    const OPERATION: &str = "pool_forward";
    let [m, n_H, n_W, n_C] = pool_shape(OPERATION, A_prev, hparameters)?;
    if [m, n_H, n_W, n_C].contains(&0) {
        return steps::pool_forward(A_prev, hparameters, mode).map(|(A, _)| A);
    }
    let g = geometry(OPERATION, A_prev, hparameters)?;
    let A_prev = standard(OPERATION, "A_prev", A_prev)?;
    let mut A = zeros(OPERATION, "output", (m, n_H, n_W, n_C))?;
    if let Some(A) = A.as_slice_mut() {
        match mode {
            PoolMode::Max => pool::max_forward(&g, values(&A_prev), A, None),
            PoolMode::Average => pool::average_forward(&g, false, values(&A_prev), A),
        }
    }
    Ok(A)
}

/// The gradient of [`steps::pool_backward`](crate::steps::pool_backward), whose cache holds `A_prev` and the
/// hyperparameters; each of several equal maxima gets the whole gradient.
///
/// # Shapes
///
/// `dA` is `(m, n_H, n_W, n_C)`; the gradient has the shape of `A_prev`.
///
/// # Errors
///
/// As the loops', and when memory does not suffice.
pub fn pool_backward<T: Real>(
    dA: &ArrayRef4<T>,
    A_prev: &ArrayRef4<T>,
    hparameters: PoolHparameters,
    mode: PoolMode,
) -> Result<Array4<T>> {
    const OPERATION: &str = "pool_backward";
    let shape = pool_shape(OPERATION, A_prev, hparameters)?;
    same_shape(OPERATION, "dA", dA.shape(), &shape, "the shape of A")?;
    let by_loops = || {
        let A_prev = copied(OPERATION, "A_prev", A_prev)?;
        steps::pool_backward(
            dA,
            &PoolCache {
                A_prev,
                hparameters,
            },
            mode,
        )
    };
    if dA.is_empty() {
        return by_loops();
    }
    let g = geometry(OPERATION, A_prev, hparameters)?;
    let mut dA_prev = zeros(OPERATION, "A_prev", A_prev.dim())?;
    let dy = standard(OPERATION, "dA", dA)?;
    let x = standard(OPERATION, "A_prev", A_prev)?;
    if let Some(dA_prev) = dA_prev.as_slice_mut() {
        match mode {
            PoolMode::Max => {
                let mut A = zeros(OPERATION, "A", shape)?;
                if let Some(A) = A.as_slice_mut() {
                    pool::max_forward(&g, values(&x), A, None);
                    pool::max_backward_all(&g, values(&x), A, values(&dy), dA_prev);
                }
                // A NaN is not a maximum, and 0 times an infinite gradient is NaN.
                if !(all_finite(&A) && all_finite(&dy)) {
                    return by_loops();
                }
            }
            PoolMode::Average => pool::average_backward(&g, false, values(&dy), dA_prev),
        }
    }
    Ok(dA_prev)
}

fn geometry<T: Real>(
    operation: &'static str,
    A_prev: &ArrayRef4<T>,
    PoolHparameters { f, stride }: PoolHparameters,
) -> Result<PoolGeometry> {
    let (m, n_H_prev, n_W_prev, n_C) = A_prev.dim();
    let input = [n_H_prev, n_W_prev, n_C];
    let geometry = PoolGeometry::new(m, input, [f, f], [stride, stride], Padding::VALID);
    sizes(operation, geometry)
}
