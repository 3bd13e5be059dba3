//! Convolution.

use ndarray::{Array4, ArrayRef4};

use super::arrays::{all_finite, scratch, sizes, standard, values};
use crate::error::Result;
use crate::kernels::Real;
use crate::kernels::{ConvGeometry, ConvWindow, Padding, conv};
use crate::steps::checks::conv_shape;
use crate::steps::checks::{copied, same_shape, zeros};
use crate::steps::{self, ConvCache, ConvHparameters};

/// The outputs of [`steps::conv_forward`](crate::steps::conv_forward).
///
/// # Shapes
///
/// `A_prev` `(m, n_H_prev, n_W_prev, n_C_prev)`, `W` `(f, f, n_C_prev, n_C)`, `b` `(1, 1, 1, n_C)`;
/// the result `(m, n_H, n_W, n_C)`.
///
/// # Errors
///
/// As the loops', and when memory does not suffice.
pub fn conv_forward<T: Real>(
    A_prev: &ArrayRef4<T>,
    W: &ArrayRef4<T>,
    b: &ArrayRef4<T>,
    hparameters: ConvHparameters,
) -> Result<Array4<T>> {
    const OPERATION: &str = "conv_forward";
    let [m, n_H, n_W, n_C] = conv_shape(OPERATION, A_prev, W, b, hparameters)?;
    let by_loops = || steps::conv_forward(A_prev, W, b, hparameters).map(|(Z, _)| Z);
    if [m, n_H, n_W, n_C].contains(&0) || A_prev.is_empty() || W.is_empty() {
        return by_loops();
    }
    let g = geometry(OPERATION, A_prev, W, hparameters)?;
    let x = standard(OPERATION, "A_prev", A_prev)?;
    let w = standard(OPERATION, "W", W)?;
    let bias = standard(OPERATION, "b", b)?;
    let mut Z = zeros(OPERATION, "output", (m, n_H, n_W, n_C))?;
    let mut scratch = scratch(OPERATION, conv::forward_scratch::<T>(&g))?;
    if let Some(Z) = Z.as_slice_mut() {
        conv::forward(
            &g,
            values(&x),
            values(&w),
            Some(values(&bias)),
            Z,
            &mut scratch,
        );
    }
    if !all_finite(&Z) {
        return by_loops();
    }
    Ok(Z)
}

/// The gradients `(dA_prev, dW, db)` of [`steps::conv_backward`](crate::steps::conv_backward), whose cache
/// holds `A_prev`, `W`, `b` and the hyperparameters.
///
/// # Shapes
///
/// `dZ` is `(m, n_H, n_W, n_C)`; the gradients have the shapes of `A_prev`, `W` and `b`.
///
/// # Errors
///
/// As the loops', and when memory does not suffice.
pub fn conv_backward<T: Real>(
    dZ: &ArrayRef4<T>,
    A_prev: &ArrayRef4<T>,
    W: &ArrayRef4<T>,
    b: &ArrayRef4<T>,
    hparameters: ConvHparameters,
) -> Result<(Array4<T>, Array4<T>, Array4<T>)> {
    const OPERATION: &str = "conv_backward";
    let shape = conv_shape(OPERATION, A_prev, W, b, hparameters)?;
    same_shape(OPERATION, "dZ", dZ.shape(), &shape, "the shape of Z")?;
    let by_loops = || {
        let cache = ConvCache {
            A_prev: copied(OPERATION, "A_prev", A_prev)?,
            W: copied(OPERATION, "W", W)?,
            b: copied(OPERATION, "b", b)?,
            hparameters,
        };
        steps::conv_backward(dZ, &cache)
    };
    if dZ.is_empty() || A_prev.is_empty() || W.is_empty() {
        return by_loops();
    }
    let g = geometry(OPERATION, A_prev, W, hparameters)?;
    let mut dA_prev = zeros(OPERATION, "A_prev", A_prev.dim())?;
    let mut dW = zeros(OPERATION, "W", W.dim())?;
    let mut db = zeros(OPERATION, "b", b.dim())?;
    let dy = standard(OPERATION, "dZ", dZ)?;
    let x = standard(OPERATION, "A_prev", A_prev)?;
    let w = standard(OPERATION, "W", W)?;
    let needed = conv::backward_data_scratch::<T>(&g).max(conv::backward_weights_scratch::<T>(&g));
    let mut scratch = scratch(OPERATION, needed)?;
    if let Some(dA_prev) = dA_prev.as_slice_mut() {
        conv::backward_data(&g, values(&dy), values(&w), dA_prev, &mut scratch);
    }
    if let (Some(dW), db) = (dW.as_slice_mut(), db.as_slice_mut()) {
        conv::backward_weights(&g, values(&x), values(&dy), dW, db, &mut scratch);
    }
    if !(all_finite(&dA_prev) && all_finite(&dW) && all_finite(&db)) {
        return by_loops();
    }
    Ok((dA_prev, dW, db))
}

fn geometry<T: Real>(
    operation: &'static str,
    A_prev: &ArrayRef4<T>,
    W: &ArrayRef4<T>,
    ConvHparameters { stride, pad }: ConvHparameters,
) -> Result<ConvGeometry> {
    let (m, n_H_prev, n_W_prev, n_C_prev) = A_prev.dim();
    let (f, _, _, n_C) = W.dim();
    let window = ConvWindow {
        kernel: [f, f],
        stride: [stride, stride],
        padding: Padding::even(pad),
        dilation: [1, 1],
    };
    let input = [n_H_prev, n_W_prev, n_C_prev];
    sizes(operation, ConvGeometry::new(m, input, n_C, window, 1))
}
