//! Pooling: the forward pass and the backward pass.

use std::fmt;
use std::str::FromStr;

use ndarray::{Array4, ArrayRef4, s};

use super::check::{copied, output_size, same_shape, zeros};
use super::window::{count, maximum};
use super::{create_mask_from_window, distribute_value};
use crate::{Element, Error, Result};

/// How a pooling layer slides: the notebooks' dictionary `hparameters`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolHparameters {
    /// Height and width of the window; at least 1.
    pub f: usize,
    /// How far the window moves from one output to the next, down and to the right; at least 1.
    pub stride: usize,
}

/// The value that a pooling layer takes from each window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PoolMode {
    /// The largest value; the notebooks' default.
    #[default]
    Max,
    /// The mean.
    Average,
}

impl FromStr for PoolMode {
    type Err = Error;

    /// Reads `"max"` or `"average"`, the notebooks' words.
    fn from_str(text: &str) -> Result<Self> {
        match text {
            "max" => Ok(Self::Max),
            "average" => Ok(Self::Average),
            _ => Err(Error::value(
                "pooling",
                "mode",
                format!("{text:?}"),
                "\"max\" or \"average\"",
            )),
        }
    }
}

impl fmt::Display for PoolMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Max => "max",
            Self::Average => "average",
        })
    }
}

/// The values that [`pool_forward`] saves for [`pool_backward`], in the notebooks' order.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolCache<T> {
    /// The input, `(m, n_H_prev, n_W_prev, n_C)`.
    pub A_prev: Array4<T>,
    /// Window and stride.
    pub hparameters: PoolHparameters,
}

/// Reduces every window of every channel to its largest value or its mean.
///
/// `A[i,h,w,c] = max` or `mean` of `A_prev[i, h stride .. h stride + f, w stride .. w stride + f, c]`.
/// There is no padding. The maximum of a window that holds a NaN is NaN.
///
/// Source: section 4 of the convolution notebook.
///
/// # Shapes
///
/// `A_prev` is `(m, n_H_prev, n_W_prev, n_C)`; `A` is `(m, n_H, n_W, n_C)` with
/// `n_H = floor((n_H_prev - f) / stride) + 1`, and `n_W` likewise.
///
/// # Errors
///
/// If `f` or `stride` is 0, if the window is larger than the input, or if
/// memory does not suffice.
///
/// # In the notebooks
///
/// One published solution slices `A_prev[vert, horiz, c]`, without the example: it cuts the batch with the rows
/// of the window and pools over all channels at once, so that both its examples print the same numbers. The
/// expected output below is right.
///
/// # Example
///
/// ```
/// use stepnet::ndarray::s;
/// use stepnet::{rng::RandomState, steps::{PoolHparameters, PoolMode, pool_forward}};
///
/// let A_prev = RandomState::new(1).randn((2, 5, 5, 3))?;
/// let (A, _) = pool_forward(&A_prev, PoolHparameters { f: 3, stride: 1 }, PoolMode::Max)?;
/// assert_eq!(A.shape(), [2, 3, 3, 3]);
/// assert_eq!(format!("{:.8}", A.slice(s![1, 1, 0, ..])), "[1.96710175, 0.84616065, 1.27375593]");
///
/// let (A, _) = pool_forward(&A_prev, PoolHparameters { f: 3, stride: 2 }, "average".parse()?)?;
/// assert_eq!(A.shape(), [2, 2, 2, 3]);
/// assert_eq!(format!("{:.8}", A.slice(s![0, 0, 0, ..])), "[-0.03010467, -0.00324021, -0.33629886]");
/// # Ok::<(), stepnet::Error>(())
/// ```
pub fn pool_forward<T: Element>(
    A_prev: &ArrayRef4<T>,
    hparameters: PoolHparameters,
    mode: PoolMode,
) -> Result<(Array4<T>, PoolCache<T>)> {
    const OPERATION: &str = "pool_forward";
    let [m, n_H, n_W, n_C] = output_shape(OPERATION, A_prev, hparameters)?;
    let PoolHparameters { f, stride } = hparameters;
    let cache = PoolCache {
        A_prev: copied(OPERATION, "A_prev", A_prev)?,
        hparameters,
    };
    let mut A = zeros(OPERATION, "output", (m, n_H, n_W, n_C))?;
    if A.is_empty() {
        return Ok((A, cache));
    }
    for i in 0..m {
        for h in 0..n_H {
            let vert_start = h * stride;
            for w in 0..n_W {
                let horiz_start = w * stride;
                for c in 0..n_C {
                    let a_prev_slice = A_prev.slice(s![
                        i,
                        vert_start..vert_start + f,
                        horiz_start..horiz_start + f,
                        c
                    ]);
                    A[[i, h, w, c]] = match mode {
                        PoolMode::Max => maximum(&a_prev_slice),
                        PoolMode::Average => a_prev_slice.iter().copied().sum::<T>() / count(f, f),
                    };
                }
            }
        }
    }
    Ok((A, cache))
}

/// Takes the gradient of the cost with respect to the output of a pooling layer back to its input.
///
/// For every output, with `window` the part of the input that [`pool_forward`] used for it:
///
/// ```text
/// max:      dA_prev[i, window, c] += create_mask_from_window(A_prev[i, window, c]) * dA[i,h,w,c]
/// average:  dA_prev[i, window, c] += distribute_value(dA[i,h,w,c], (f, f))
/// ```
///
/// The result is written, not added to anything. Overlapping windows add up, and inputs that no window touches
/// get 0. Where the mask is false, 0 times the gradient is added, as in numpy: NaN if that is not finite.
///
/// Source: section 5.2.3 of the convolution notebook.
///
/// # Shapes
///
/// `dA` is `(m, n_H, n_W, n_C)`, the shape of the output; `dA_prev` has the shape of the input.
///
/// # Errors
///
/// If `dA` has another shape than the forward pass gives for the cache, if the cache was changed to something
/// that [`pool_forward`] would reject, or if memory does not suffice.
///
/// # In the notebooks
///
/// One published solution loops over the positions of the input with windows that start at `h` and `w`, which is
/// right for a stride of 1 only, and multiplies the mask by a window of `dA` instead of its one number; for the
/// average it also adds the value twice. The expected output is right, but it has a stride of 1, so it does not
/// catch code that ignores the stride. Another version names the parameter `dZ` and then reads a global `dA`.
///
/// # Example
///
/// ```
/// use stepnet::ndarray::s;
/// use stepnet::{rng::RandomState, steps::{PoolHparameters, PoolMode, pool_backward, pool_forward}};
///
/// let mut random = RandomState::new(1);
/// let A_prev = random.randn((5, 5, 3, 2))?;
/// let (A, cache) = pool_forward(&A_prev, PoolHparameters { f: 2, stride: 1 }, PoolMode::Max)?;
/// let dA = random.randn((5, 4, 2, 2))?;
/// let dA_prev = pool_backward(&dA, &cache, PoolMode::Max)?;
/// assert_eq!(format!("{:.12}", dA.mean().unwrap()), "0.145713902729");
/// assert_eq!(
///     format!("{:.8}", dA_prev.slice(s![1, 1, .., ..])),
///     "[[0.00000000, 0.00000000],\n [5.05844394, -1.68282702],\n [0.00000000, 0.00000000]]"
/// );
/// let dA_prev = pool_backward(&dA, &cache, PoolMode::Average)?;
/// assert_eq!(
///     format!("{:.8}", dA_prev.slice(s![1, 1, .., ..])),
///     "[[0.08485462, 0.27875520],\n [1.26461098, -0.25749373],\n [1.17975636, -0.53624893]]"
/// );
/// # Ok::<(), stepnet::Error>(())
/// ```
pub fn pool_backward<T: Element>(
    dA: &ArrayRef4<T>,
    cache: &PoolCache<T>,
    mode: PoolMode,
) -> Result<Array4<T>> {
    const OPERATION: &str = "pool_backward";
    let PoolCache {
        A_prev,
        hparameters,
    } = cache;
    let shape @ [m, n_H, n_W, n_C] = output_shape(OPERATION, A_prev, *hparameters)?;
    same_shape(OPERATION, "dA", dA.shape(), &shape, "the shape of A")?;
    let PoolHparameters { f, stride } = *hparameters;
    let mut dA_prev = zeros(OPERATION, "A_prev", A_prev.dim())?;
    if dA.is_empty() {
        return Ok(dA_prev);
    }
    for i in 0..m {
        for h in 0..n_H {
            let vert_start = h * stride;
            for w in 0..n_W {
                let horiz_start = w * stride;
                for c in 0..n_C {
                    let window = s![
                        i,
                        vert_start..vert_start + f,
                        horiz_start..horiz_start + f,
                        c
                    ];
                    let mut da_prev_slice = dA_prev.slice_mut(window);
                    let da = dA[[i, h, w, c]];
                    match mode {
                        PoolMode::Max => {
                            let mask = create_mask_from_window(&A_prev.slice(window))?;
                            let factor = |marked| if marked { T::one() } else { T::zero() };
                            let window = da_prev_slice.iter_mut().zip(mask);
                            window.for_each(|(value, marked)| *value += factor(marked) * da);
                        }
                        PoolMode::Average => da_prev_slice += &distribute_value(da, (f, f))?,
                    }
                }
            }
        }
    }
    Ok(dA_prev)
}

/// The shape `[m, n_H, n_W, n_C]` of the output, after a check of everything that goes in.
pub fn output_shape<T: Element>(
    operation: &'static str,
    A_prev: &ArrayRef4<T>,
    hparameters: PoolHparameters,
) -> Result<[usize; 4]> {
    let (m, n_H_prev, n_W_prev, n_C) = A_prev.dim();
    let PoolHparameters { f, stride } = hparameters;
    if stride == 0 {
        return Err(Error::value(operation, "stride", stride, "at least 1"));
    }
    let sizes = (
        output_size(n_H_prev, f, 0, stride),
        output_size(n_W_prev, f, 0, stride),
    );
    match sizes {
        (Some(n_H), Some(n_W)) if f > 0 => Ok([m, n_H, n_W, n_C]),
        _ => {
            let expected = format!(
                "1 to {}, a window no larger than A_prev, which is {n_H_prev} x {n_W_prev}",
                n_H_prev.min(n_W_prev)
            );
            Err(Error::value(operation, "f", f, expected))
        }
    }
}
