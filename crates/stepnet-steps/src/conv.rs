//! Convolution: one window, the forward pass, the backward pass.

use ndarray::{Array4, ArrayRef3, ArrayRef4, Axis, s};

use super::check::{copied, output_size, same_shape, zeros};
use super::zero_pad;
use crate::{Element, Error, Result};

/// How a convolution slides: the notebooks' dictionary `hparameters`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConvHparameters {
    /// How far the window moves from one output to the next, down and to the right; at least 1.
    pub stride: usize,
    /// How many zeros surround the input on each side.
    pub pad: usize,
}

/// The values that [`conv_forward`] saves for [`conv_backward`], in the notebooks' order.
#[derive(Clone, Debug, PartialEq)]
pub struct ConvCache<T> {
    /// The input, `(m, n_H_prev, n_W_prev, n_C_prev)`.
    pub A_prev: Array4<T>,
    /// The filters, `(f, f, n_C_prev, n_C)`.
    pub W: Array4<T>,
    /// The biases, `(1, 1, 1, n_C)`.
    pub b: Array4<T>,
    /// Stride and padding.
    pub hparameters: ConvHparameters,
}

/// Applies one filter to one window of the input.
///
/// `Z = sum(a_slice_prev * W) + b`, the sum over all rows, columns and channels of the window.
///
/// Source: section 3.2 of the convolution notebook.
///
/// # Shapes
///
/// `a_slice_prev` and `W` are `(f, f, n_C_prev)`, `b` is `(1, 1, 1)`; the result is one number.
///
/// # Errors
///
/// If `W` has another shape than `a_slice_prev`, or if `b` is not
/// `(1, 1, 1)`.
///
/// # In the notebooks
///
/// A solved version converts `b` with `float(b)`, which current numpy rejects for an array of shape
/// `(1, 1, 1)`: take its one element first. The value is the same.
///
/// # Example
///
/// ```
/// use stepnet::{rng::RandomState, steps::conv_single_step};
///
/// let mut random = RandomState::new(1);
/// let a_slice_prev = random.randn((4, 4, 3))?;
/// let W = random.randn((4, 4, 3))?;
/// let b = random.randn((1, 1, 1))?;
/// assert_eq!(format!("{:.11}", conv_single_step(&a_slice_prev, &W, &b)?), "-6.99908945068");
/// # Ok::<(), stepnet::Error>(())
/// ```
pub fn conv_single_step<T: Element>(
    a_slice_prev: &ArrayRef3<T>,
    W: &ArrayRef3<T>,
    b: &ArrayRef3<T>,
) -> Result<T> {
    const OPERATION: &str = "conv_single_step";
    same_shape(
        OPERATION,
        "W",
        W.shape(),
        a_slice_prev.shape(),
        "the shape of a_slice_prev",
    )?;
    same_shape(OPERATION, "b", b.shape(), &[1, 1, 1], "one bias")?;
    let mut Z = T::zero();
    for (&a, &w) in a_slice_prev.iter().zip(W) {
        Z += a * w;
    }
    Ok(Z + b[[0, 0, 0]])
}

/// Slides every filter over every padded image.
///
/// `Z[i,h,w,c] = sum(A_prev_pad[i, h stride .. h stride + f, w stride .. w stride + f, :] * W[:,:,:,c]) + b[c]`,
/// each window by [`conv_single_step`].
///
/// Source: section 3.3 of the convolution notebook.
///
/// # Shapes
///
/// `A_prev` is `(m, n_H_prev, n_W_prev, n_C_prev)`, `W` is `(f, f, n_C_prev, n_C)`, `b` is `(1, 1, 1, n_C)`.
/// `Z` is `(m, n_H, n_W, n_C)` with `n_H = floor((n_H_prev - f + 2 pad) / stride) + 1`, and `n_W` likewise.
///
/// # Errors
///
/// If the filters are not square or have another number of channels than
/// `A_prev`, if there is not one bias per filter, if `stride` is 0, if the window is larger than the padded
/// input, or if memory does not suffice.
///
/// # In the notebooks
///
/// One published solution starts its windows at `h` and `w` instead of `h * stride` and `w * stride`, and stops
/// `f - 1` rows and columns early: the stride then shapes `Z` but not its content, and the border of `Z`
/// stays 0. Its own output (mean 0.00479 in the case of 10 images of 4x4x3, with a stride and a pad of 2)
/// contradicts the expected output printed below it (mean 0.0490), which is right. A comment there also swaps
/// height and width: `n_H_prev` is the height.
///
/// # Example
///
/// ```
/// use stepnet::ndarray::s;
/// use stepnet::{rng::RandomState, steps::{ConvHparameters, conv_forward}};
///
/// let mut random = RandomState::new(1);
/// let A_prev = random.randn((10, 5, 7, 4))?;
/// let W = random.randn((3, 3, 4, 8))?;
/// let b = random.randn((1, 1, 1, 8))?;
/// let (Z, cache) = conv_forward(&A_prev, &W, &b, ConvHparameters { stride: 2, pad: 1 })?;
/// assert_eq!(format!("{:.12}", Z.sum() / Z.len() as f64), "0.692360880758");
/// assert_eq!(
///     format!("{:.8}", Z.slice(s![3, 2, 1, ..])),
///     "[-1.28912231, 2.27650251, 6.61941931, 0.95527176, 8.25132576, 2.31329639, 13.00689405, 2.34576051]"
/// );
/// assert_eq!(
///     format!("{:.8}", cache.A_prev.slice(s![1, 2, 3, ..])),
///     "[-1.11911540, 1.95607890, -0.32649950, -1.34267579]"
/// );
/// # Ok::<(), stepnet::Error>(())
/// ```
pub fn conv_forward<T: Element>(
    A_prev: &ArrayRef4<T>,
    W: &ArrayRef4<T>,
    b: &ArrayRef4<T>,
    hparameters: ConvHparameters,
) -> Result<(Array4<T>, ConvCache<T>)> {
    const OPERATION: &str = "conv_forward";
    let [m, n_H, n_W, n_C] = output_shape(OPERATION, A_prev, W, b, hparameters)?;
    let ConvHparameters { stride, pad } = hparameters;
    let f = W.dim().0;

    let cache = ConvCache {
        A_prev: copied(OPERATION, "A_prev", A_prev)?,
        W: copied(OPERATION, "W", W)?,
        b: copied(OPERATION, "b", b)?,
        hparameters,
    };
    let A_prev_pad = zero_pad(A_prev, pad)?;
    let mut Z = zeros(OPERATION, "output", (m, n_H, n_W, n_C))?;
    if Z.is_empty() {
        return Ok((Z, cache));
    }
    for i in 0..m {
        let a_prev_pad = A_prev_pad.index_axis(Axis(0), i);
        for h in 0..n_H {
            let vert_start = h * stride;
            for w in 0..n_W {
                let horiz_start = w * stride;
                let a_slice_prev = a_prev_pad.slice(s![
                    vert_start..vert_start + f,
                    horiz_start..horiz_start + f,
                    ..
                ]);
                for c in 0..n_C {
                    let (filter, bias) = (W.index_axis(Axis(3), c), b.index_axis(Axis(3), c));
                    Z[[i, h, w, c]] = conv_single_step(&a_slice_prev, &filter, &bias)?;
                }
            }
        }
    }
    Ok((Z, cache))
}

/// Takes the gradient of the cost with respect to `Z` back to the input, the filters and the biases.
///
/// For every example `i`, output position `(h, w)` and filter `c`, with `window` the part of the padded input
/// that [`conv_forward`] used for it:
///
/// ```text
/// dA_prev_pad[i, window, :] += W[:,:,:,c] * dZ[i,h,w,c]        (1)
/// dW[:,:,:,c]               += A_prev_pad[i, window, :] * dZ[i,h,w,c]   (2)
/// db[0,0,0,c]               += dZ[i,h,w,c]                      (3)
/// ```
///
/// `dA_prev` is `dA_prev_pad` without its border. The results are written, not added to anything. Input rows and
/// columns that no window touches, where the stride leaves a rest, get a gradient of 0.
///
/// Source: section 5.1 of the convolution notebook.
///
/// # Shapes
///
/// `dZ` is `(m, n_H, n_W, n_C)`, the shape of `Z`. The result is `(dA_prev, dW, db)`, in the shapes of `A_prev`,
/// `W` and `b`.
///
/// # Errors
///
/// If `dZ` has another shape than the forward pass gives for the cache, if the cache was changed to something
/// that [`conv_forward`] would reject, or if memory does not suffice.
///
/// # In the notebooks
///
/// All versions cut off the border with the slice `pad:-pad`, which is empty for `pad = 0`; it has to be
/// `pad : pad + n_H_prev` (and `n_W_prev`). Equations (1) to (3) let their sums run to `n_H` and `n_W` inclusive
/// and leave out the sum over the examples; the loops have both right. One published solution repeats its
/// fault of [`conv_forward`] here, so its printed means are wrong as well.
///
/// # Example
///
/// ```
/// use stepnet::{rng::RandomState, steps::{ConvHparameters, conv_backward, conv_forward}};
///
/// let mut random = RandomState::new(1);
/// let A_prev = random.randn((10, 4, 4, 3))?;
/// let W = random.randn((2, 2, 3, 8))?;
/// let b = random.randn((1, 1, 1, 8))?;
/// let (Z, cache) = conv_forward(&A_prev, &W, &b, ConvHparameters { stride: 2, pad: 2 })?;
/// let (dA, dW, db) = conv_backward(&Z, &cache)?;
/// assert_eq!(format!("{:.11}", dA.mean().unwrap()), "1.45243777754");
/// assert_eq!(format!("{:.11}", dW.mean().unwrap()), "1.72699145831");
/// assert_eq!(format!("{:.11}", db.mean().unwrap()), "7.83923256462");
/// # Ok::<(), stepnet::Error>(())
/// ```
pub fn conv_backward<T: Element>(
    dZ: &ArrayRef4<T>,
    cache: &ConvCache<T>,
) -> Result<(Array4<T>, Array4<T>, Array4<T>)> {
    const OPERATION: &str = "conv_backward";
    let ConvCache {
        A_prev,
        W,
        b,
        hparameters,
    } = cache;
    let shape @ [m, n_H, n_W, n_C] = output_shape(OPERATION, A_prev, W, b, *hparameters)?;
    same_shape(OPERATION, "dZ", dZ.shape(), &shape, "the shape of Z")?;
    let (_, n_H_prev, n_W_prev, _) = A_prev.dim();
    let ConvHparameters { stride, pad } = *hparameters;
    let f = W.dim().0;

    let A_prev_pad = zero_pad(A_prev, pad)?;
    let mut dA_prev_pad = zeros(OPERATION, "pad", A_prev_pad.dim())?;
    let mut dW = zeros(OPERATION, "W", W.dim())?;
    let mut db = zeros(OPERATION, "b", b.dim())?;
    if dZ.is_empty() {
        return Ok((zeros(OPERATION, "A_prev", A_prev.dim())?, dW, db));
    }
    for i in 0..m {
        let a_prev_pad = A_prev_pad.index_axis(Axis(0), i);
        let mut da_prev_pad = dA_prev_pad.index_axis_mut(Axis(0), i);
        for h in 0..n_H {
            let vert_start = h * stride;
            for w in 0..n_W {
                let horiz_start = w * stride;
                let window = s![vert_start..vert_start + f, horiz_start..horiz_start + f, ..];
                let a_slice = a_prev_pad.slice(window);
                let mut da_slice = da_prev_pad.slice_mut(window);
                for c in 0..n_C {
                    let dz = dZ[[i, h, w, c]];
                    da_slice.scaled_add(dz, &W.index_axis(Axis(3), c));
                    dW.index_axis_mut(Axis(3), c).scaled_add(dz, &a_slice);
                    db[[0, 0, 0, c]] += dz;
                }
            }
        }
    }
    let inside = s![.., pad..pad + n_H_prev, pad..pad + n_W_prev, ..];
    let dA_prev = copied(OPERATION, "A_prev", &dA_prev_pad.slice(inside))?;
    Ok((dA_prev, dW, db))
}

/// The shape `[m, n_H, n_W, n_C]` of the output, after a check of everything that goes in.
pub fn output_shape<T: Element>(
    operation: &'static str,
    A_prev: &ArrayRef4<T>,
    W: &ArrayRef4<T>,
    b: &ArrayRef4<T>,
    hparameters: ConvHparameters,
) -> Result<[usize; 4]> {
    let (m, n_H_prev, n_W_prev, n_C_prev) = A_prev.dim();
    let (f, f_W, filter_channels, n_C) = W.dim();
    if f != f_W || filter_channels != n_C_prev {
        let expected = format!(
            "(f, f, {n_C_prev}, n_C): square filters, and {n_C_prev} channels as A_prev has"
        );
        return Err(Error::shape(operation, "W", W.shape(), expected));
    }
    same_shape(
        operation,
        "b",
        b.shape(),
        &[1, 1, 1, n_C],
        "one bias for each filter of W",
    )?;
    let ConvHparameters { stride, pad } = hparameters;
    if stride == 0 {
        return Err(Error::value(operation, "stride", stride, "at least 1"));
    }
    let sizes = (
        output_size(n_H_prev, f, pad, stride),
        output_size(n_W_prev, f, pad, stride),
    );
    let (Some(n_H), Some(n_W)) = sizes else {
        let Some(border) = pad
            .checked_mul(2)
            .filter(|border| border.checked_add(n_H_prev.max(n_W_prev)).is_some())
        else {
            let expected = format!(
                "a border with which A_prev of shape {:?} fits in memory",
                A_prev.shape()
            );
            return Err(Error::value(operation, "pad", pad, expected));
        };
        let expected = format!(
            "a window no larger than the padded input, {} x {} (A_prev is {n_H_prev} x {n_W_prev}, pad is {pad})",
            n_H_prev + border,
            n_W_prev + border
        );
        return Err(Error::shape(operation, "W", W.shape(), expected));
    };
    Ok([m, n_H, n_W, n_C])
}
