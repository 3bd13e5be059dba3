//! Zero padding.

use ndarray::{Array4, ArrayRef4, s};

use super::check::zeros;
use crate::{Element, Error, Result};

/// Surrounds every image with a border of zeros: `pad` rows above and below, `pad` columns left and right.
///
/// `X_pad[i, h + pad, w + pad, c] = X[i, h, w, c]`, and 0 elsewhere. The examples and the channels, axes 0 and
/// 3, are not padded.
///
/// Source: section 3.1 of the convolution notebook.
///
/// # Shapes
///
/// `X` is `(m, n_H, n_W, n_C)`; the result is `(m, n_H + 2 pad, n_W + 2 pad, n_C)`.
///
/// # Errors
///
/// If the padded array does not fit in memory.
///
/// # In the notebooks
///
/// One version describes numpy's `pad` with an example whose text names other axes than its code; the code is
/// right. Its template also prints the argument, which is not part of the function. The printed row
/// `x_pad[1,1]` lies in the border, so it is all zeros and also matches a function that forgets the image.
///
/// # Example
///
/// ```
/// use stepnet::ndarray::s;
/// use stepnet::{rng::RandomState, steps::zero_pad};
///
/// let x = RandomState::new(1).randn((4, 3, 3, 2))?;
/// let x_pad = zero_pad(&x, 2)?;
/// assert_eq!(x_pad.shape(), [4, 7, 7, 2]);
/// assert_eq!(
///     format!("{:.8}", x.slice(s![1, 1, .., ..])),
///     "[[0.90085595, -0.68372786],\n [-0.12289023, -0.93576943],\n [-0.26788808, 0.53035547]]"
/// );
/// assert!(x_pad.slice(s![1, 1, .., ..]).iter().all(|&value| value == 0.0));
/// assert_eq!(x_pad.slice(s![1, 3, 2..5, ..]), x.slice(s![1, 1, .., ..]));
/// # Ok::<(), stepnet::Error>(())
/// ```
pub fn zero_pad<T: Element>(X: &ArrayRef4<T>, pad: usize) -> Result<Array4<T>> {
    const OPERATION: &str = "zero_pad";
    let (m, n_H, n_W, n_C) = X.dim();
    let padded = |n: usize| pad.checked_mul(2).and_then(|border| border.checked_add(n));
    let (Some(padded_H), Some(padded_W)) = (padded(n_H), padded(n_W)) else {
        let expected = format!(
            "a border with which X of shape {:?} fits in memory",
            X.shape()
        );
        return Err(Error::value(OPERATION, "pad", pad, expected));
    };
    let mut X_pad = zeros(OPERATION, "pad", (m, padded_H, padded_W, n_C))?;
    X_pad
        .slice_mut(s![.., pad..pad + n_H, pad..pad + n_W, ..])
        .assign(X);
    Ok(X_pad)
}
