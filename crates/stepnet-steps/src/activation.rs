//! The activations of the deep network: sigmoid and ReLU, forward and backward.

use std::fmt;
use std::str::FromStr;

use ndarray::{Array, ArrayRef, Dimension, Zip};

use super::check::{copied, same_shape, zeros};
use crate::{Element, Error, Result};

/// Which activation follows the linear part of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Activation {
    /// `1 / (1 + exp(-Z))`, see [`sigmoid`].
    Sigmoid,
    /// `max(0, Z)`, see [`relu`].
    Relu,
}

impl FromStr for Activation {
    type Err = Error;

    /// Reads `"sigmoid"` or `"relu"`, the notebooks' words.
    fn from_str(text: &str) -> Result<Self> {
        match text {
            "sigmoid" => Ok(Self::Sigmoid),
            "relu" => Ok(Self::Relu),
            _ => Err(Error::value(
                "dense layer",
                "activation",
                format!("{text:?}"),
                "\"sigmoid\" or \"relu\"",
            )),
        }
    }
}

impl fmt::Display for Activation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Sigmoid => "sigmoid",
            Self::Relu => "relu",
        })
    }
}

/// The logistic function, element by element: `A = 1 / (1 + exp(-Z))`.
///
/// Source: section 4.2 of the deep-network notebook.
///
/// # Shapes
///
/// Any. The result is `(A, cache)`, both in the shape of `Z`; the cache is `Z` itself.
///
/// # Errors
///
/// If memory does not suffice.
///
/// ```
/// use stepnet::{ndarray::array, steps::sigmoid};
///
/// let (A, _) = sigmoid(&array![[3.1980455, 7.85763489]])?;
/// assert_eq!(format!("{A:.8}"), "[[0.96076066, 0.99961336]]");
/// # Ok::<(), stepnet::Error>(())
/// ```
pub fn sigmoid<T: Element, D: Dimension>(Z: &ArrayRef<T, D>) -> Result<(Array<T, D>, Array<T, D>)> {
    const OPERATION: &str = "sigmoid";
    let mut A = copied(OPERATION, "Z", Z)?;
    A.mapv_inplace(logistic);
    Ok((A, copied(OPERATION, "Z", Z)?))
}

/// The rectifier, element by element: `A = max(0, Z)`. A NaN stays NaN, and -0 stays -0, as in numpy.
///
/// Source: section 4.2 of the deep-network notebook.
///
/// # Shapes
///
/// Any. The result is `(A, cache)`, both in the shape of `Z`; the cache is `Z` itself.
///
/// # Errors
///
/// If memory does not suffice.
///
/// ```
/// use stepnet::{ndarray::array, steps::relu};
///
/// let (A, _) = relu(&array![[3.1980455, -7.85763489, 0.0]])?;
/// assert_eq!(A, array![[3.1980455, 0.0, 0.0]]);
/// # Ok::<(), stepnet::Error>(())
/// ```
pub fn relu<T: Element, D: Dimension>(Z: &ArrayRef<T, D>) -> Result<(Array<T, D>, Array<T, D>)> {
    const OPERATION: &str = "relu";
    let mut A = copied(OPERATION, "Z", Z)?;
    // `Float::max` would turn a NaN into 0.
    A.mapv_inplace(|z| if z < T::zero() { T::zero() } else { z });
    Ok((A, copied(OPERATION, "Z", Z)?))
}

/// The backward step of [`sigmoid`]: `dZ = dA * s (1 - s)` with `s = sigmoid(Z)`, element by element.
///
/// Source: section 6.2 of the deep-network notebook.
///
/// # Shapes
///
/// `dA` and the cache `Z` have the same shape, and so has the result.
///
/// # Errors
///
/// If the shapes differ, or memory does not suffice.
///
/// ```
/// use stepnet::{ndarray::array, steps::sigmoid_backward};
///
/// assert_eq!(sigmoid_backward(&array![[2.0]], &array![[0.0]])?, array![[0.5]]);
/// # Ok::<(), stepnet::Error>(())
/// ```
pub fn sigmoid_backward<T: Element, D: Dimension>(
    dA: &ArrayRef<T, D>,
    activation_cache: &ArrayRef<T, D>,
) -> Result<Array<T, D>> {
    const OPERATION: &str = "sigmoid_backward";
    check_backward(OPERATION, dA, activation_cache)?;
    let mut dZ = zeros(OPERATION, "dA", dA.raw_dim())?;
    Zip::from(&mut dZ)
        .and(dA)
        .and(activation_cache)
        .for_each(|dz, &da, &z| {
            let s = logistic(z);
            *dz = da * s * (T::one() - s);
        });
    Ok(dZ)
}

/// The backward step of [`relu`]: `dZ = dA` where `Z > 0`, else 0.
///
/// At 0, where the rectifier has no derivative, it is taken as 0.
///
/// Source: section 6.2 of the deep-network notebook.
///
/// # Shapes
///
/// `dA` and the cache `Z` have the same shape, and so has the result.
///
/// # Errors
///
/// If the shapes differ, or memory does not suffice.
///
/// ```
/// use stepnet::{ndarray::array, steps::relu_backward};
///
/// assert_eq!(relu_backward(&array![[2.0, 2.0, 2.0]], &array![[-1.0, 0.0, 1.0]])?, array![[0.0, 0.0, 2.0]]);
/// # Ok::<(), stepnet::Error>(())
/// ```
pub fn relu_backward<T: Element, D: Dimension>(
    dA: &ArrayRef<T, D>,
    activation_cache: &ArrayRef<T, D>,
) -> Result<Array<T, D>> {
    const OPERATION: &str = "relu_backward";
    check_backward(OPERATION, dA, activation_cache)?;
    let mut dZ = zeros(OPERATION, "dA", dA.raw_dim())?;
    Zip::from(&mut dZ)
        .and(dA)
        .and(activation_cache)
        .for_each(|dz, &da, &z| *dz = if z <= T::zero() { T::zero() } else { da });
    Ok(dZ)
}

/// The checks of an activation's backward step, in `fast` too.
pub fn check_backward<T: Element, D: Dimension>(
    operation: &'static str,
    dA: &ArrayRef<T, D>,
    cache: &ArrayRef<T, D>,
) -> Result<()> {
    let why = "the shape of the cache";
    same_shape(operation, "dA", dA.shape(), cache.shape(), why)
}

fn logistic<T: Element>(z: T) -> T {
    T::one() / (T::one() + (-z).exp())
}
