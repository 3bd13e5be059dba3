//! One dense layer: its linear part, its activation, and both backward.

use ndarray::{Array2, ArrayRef2};

use super::check::{copied, same_shape, zeros};
use super::{Activation, relu, relu_backward, sigmoid, sigmoid_backward};
use crate::{Element, Error, Result};

/// The values that [`linear_forward`] saves for [`linear_backward`], in the notebook's order.
#[derive(Clone, Debug, PartialEq)]
pub struct LinearCache<T> {
    /// The input, `(n_prev, m)`.
    pub A: Array2<T>,
    /// The weights, `(n, n_prev)`.
    pub W: Array2<T>,
    /// The biases, `(n, 1)`.
    pub b: Array2<T>,
}

/// The values that [`linear_activation_forward`] saves for [`linear_activation_backward`]: a pair of caches.
///
/// The notebook's text calls the cache a dictionary; its code makes a tuple of these two.
#[derive(Clone, Debug, PartialEq)]
pub struct LinearActivationCache<T> {
    /// Input, weights and biases.
    pub linear_cache: LinearCache<T>,
    /// `Z`, the input of the activation, `(n, m)`.
    pub activation_cache: Array2<T>,
}

/// The linear part of a layer: `Z = W A + b`, where `b` is added to every column.
///
/// Source: section 4.1 of the deep-network notebook.
///
/// # Shapes
///
/// `A` is `(n_prev, m)`, `W` is `(n, n_prev)`, `b` is `(n, 1)`; `Z` is `(n, m)`. As in numpy `b` may have any
/// shape that can be added to `Z`: `(1, 1)`, `(1, m)` and `(n, m)` too.
///
/// # Errors
///
/// If `W` has not one column for each row of `A`, if `b` cannot be added to `Z`,
/// or if memory does not suffice.
///
/// # Example
///
/// ```
/// use stepnet::{ndarray::array, steps::linear_forward};
///
/// let A = array![[-1.02387576, 1.12397796], [-1.62328545, 0.64667545], [-1.74314104, -0.59664964]];
/// let W = array![[0.74505627, 1.97611078, -1.24412333]];
/// let (Z, _) = linear_forward(&A, &W, &array![[5.0]])?;
/// assert_eq!(format!("{Z:.8}"), "[[3.19804550, 7.85763489]]");
/// # Ok::<(), stepnet::Error>(())
/// ```
pub fn linear_forward<T: Element>(
    A: &ArrayRef2<T>,
    W: &ArrayRef2<T>,
    b: &ArrayRef2<T>,
) -> Result<(Array2<T>, LinearCache<T>)> {
    const OPERATION: &str = "linear_forward";
    check_layer(OPERATION, ["A", "W", "b"], A, W, b)?;
    let (n, n_prev) = W.dim();
    let cache = LinearCache {
        A: copied(OPERATION, "A", A)?,
        W: copied(OPERATION, "W", W)?,
        b: copied(OPERATION, "b", b)?,
    };
    let mut Z = zeros(OPERATION, "output", (n, A.ncols()))?;
    for ((unit, example), z) in Z.indexed_iter_mut() {
        let mut sum = T::zero();
        for k in 0..n_prev {
            sum += W[[unit, k]] * A[[k, example]];
        }
        *z = sum;
    }
    // One column for all examples, or one row for all units: the shapes were compared before.
    Z += &b.view();
    Ok((Z, cache))
}

/// A whole layer: [`linear_forward`], then [`sigmoid`] or [`relu`].
///
/// `A = g(W A_prev + b)`.
///
/// Source: section 4.2 of the deep-network notebook.
///
/// # Shapes
///
/// `A_prev` is `(n_prev, m)`, `W` is `(n, n_prev)`, `b` is `(n, 1)`; `A` is `(n, m)`.
///
/// # Errors
///
/// As [`linear_forward`].
///
/// # Example
///
/// ```
/// use stepnet::ndarray::array;
/// use stepnet::steps::{Activation, linear_activation_forward};
///
/// let A_prev = array![[-1.02387576, 1.12397796], [-1.62328545, 0.64667545], [-1.74314104, -0.59664964]];
/// let W = array![[0.74505627, 1.97611078, -1.24412333]];
/// let b = array![[5.0]];
/// let (A, _) = linear_activation_forward(&A_prev, &W, &b, Activation::Sigmoid)?;
/// assert_eq!(format!("{A:.8}"), "[[0.96076066, 0.99961336]]");
/// let (A, _) = linear_activation_forward(&A_prev, &W, &b, "relu".parse()?)?;
/// assert_eq!(format!("{A:.8}"), "[[3.19804550, 7.85763489]]");
/// # Ok::<(), stepnet::Error>(())
/// ```
pub fn linear_activation_forward<T: Element>(
    A_prev: &ArrayRef2<T>,
    W: &ArrayRef2<T>,
    b: &ArrayRef2<T>,
    activation: Activation,
) -> Result<(Array2<T>, LinearActivationCache<T>)> {
    check_layer(
        "linear_activation_forward",
        ["A_prev", "W", "b"],
        A_prev,
        W,
        b,
    )?;
    let (Z, linear_cache) = linear_forward(A_prev, W, b)?;
    let (A, activation_cache) = match activation {
        Activation::Sigmoid => sigmoid(&Z)?,
        Activation::Relu => relu(&Z)?,
    };
    Ok((
        A,
        LinearActivationCache {
            linear_cache,
            activation_cache,
        },
    ))
}

/// The backward step of [`linear_forward`].
///
/// ```text
/// dW      = 1/m dZ A_prev^T
/// db      = 1/m (sum of the columns of dZ)
/// dA_prev = W^T dZ
/// ```
///
/// Source: section 6.1 of the deep-network notebook.
///
/// # Shapes
///
/// `dZ` is `(n, m)`. The result is `(dA_prev, dW, db)`, in the shapes of the cache: `(n_prev, m)`, `(n, n_prev)`,
/// `(n, 1)`.
///
/// # Errors
///
/// If `dZ` is not `(n, m)`, if the cache was changed to something that [`linear_forward`] would reject, or if
/// memory does not suffice.
///
/// # In the notebooks
///
/// The formulas write all gradients as derivatives of one quantity, but only `dW` and `db` carry the factor
/// `1/m`. These two are derivatives of the cost, a mean over the examples; `dZ` and `dA_prev` are derivatives
/// of the *sum* of the losses, `m` times those of the cost. A numerical gradient check has to allow for it.
///
/// The check of the shape of `db` is commented out in the notebook, because its test inputs hold `b` as a plain
/// number. `db` has one entry for each unit, the shape `(n, 1)` of `b`.
///
/// # Example
///
/// ```
/// use stepnet::ndarray::array;
/// use stepnet::steps::{LinearCache, linear_backward};
///
/// let cache = LinearCache {
///     A: array![[-1.02387576, 1.12397796], [-1.62328545, 0.64667545], [-1.74314104, -0.59664964]],
///     W: array![[0.74505627, 1.97611078, -1.24412333]],
///     b: array![[5.0]],
/// };
/// let (dA_prev, dW, db) = linear_backward(&array![[3.1980455, 7.85763489]], &cache)?;
/// assert_eq!(
///     format!("{dA_prev:.8}"),
///     "[[2.38272385, 5.85438014],\n [6.31969219, 15.52755701],\n [-3.97876302, -9.77586689]]"
/// );
/// assert_eq!(format!("{dW:.8}"), "[[2.77870358, -0.05500058, -5.13144969]]");
/// assert_eq!(format!("{db:.7}"), "[[5.5278402]]");
/// # Ok::<(), stepnet::Error>(())
/// ```
pub fn linear_backward<T: Element>(
    dZ: &ArrayRef2<T>,
    cache: &LinearCache<T>,
) -> Result<(Array2<T>, Array2<T>, Array2<T>)> {
    const OPERATION: &str = "linear_backward";
    let LinearCache { A: A_prev, W, b } = cache;
    check_layer(OPERATION, ["cache.A", "cache.W", "cache.b"], A_prev, W, b)?;
    let ((n, n_prev), m) = (W.dim(), A_prev.ncols());
    same_shape(OPERATION, "dZ", dZ.shape(), &[n, m], "the shape of Z")?;

    let examples = T::from_f64(m as f64);
    let mut dA_prev = zeros(OPERATION, "cache.A", (n_prev, m))?;
    let mut dW = zeros(OPERATION, "cache.W", (n, n_prev))?;
    let mut db = zeros(OPERATION, "cache.b", (n, 1))?;
    for unit in 0..n {
        for example in 0..m {
            let dz = dZ[[unit, example]];
            for k in 0..n_prev {
                dA_prev[[k, example]] += W[[unit, k]] * dz;
                dW[[unit, k]] += dz * A_prev[[k, example]];
            }
            db[[unit, 0]] += dz;
        }
    }
    dW /= examples;
    db /= examples;
    Ok((dA_prev, dW, db))
}

/// The backward step of a whole layer: that of the activation, then [`linear_backward`].
///
/// `dZ = dA * g'(Z)`, element by element, and from it the gradients of the linear part.
///
/// Source: section 6.2 of the deep-network notebook.
///
/// # Shapes
///
/// `dA` is `(n, m)`. The result is `(dA_prev, dW, db)`: `(n_prev, m)`, `(n, n_prev)`, `(n, 1)`.
///
/// # Errors
///
/// If `dA` or the cached `Z` is not `(n, m)`, or as [`linear_backward`].
///
/// # In the notebooks
///
/// The text says that this function joins [`linear_backward`] with itself; it joins the backward step of the
/// activation ([`sigmoid_backward`] or [`relu_backward`]) with [`linear_backward`]. Its test calls the first
/// argument `AL`, though it is a gradient.
///
/// # Example
///
/// ```
/// use stepnet::ndarray::array;
/// use stepnet::steps::{Activation, LinearActivationCache, LinearCache, linear_activation_backward};
///
/// let linear_cache = LinearCache {
///     A: array![[-1.02387576, 1.12397796], [-1.62328545, 0.64667545], [-1.74314104, -0.59664964]],
///     W: array![[0.74505627, 1.97611078, -1.24412333]],
///     b: array![[5.0]],
/// };
/// let dA = array![[3.1980455, 7.85763489]];
/// let cache = LinearActivationCache { linear_cache, activation_cache: dA.clone() };
/// let (_, dW, db) = linear_activation_backward(&dA, &cache, Activation::Sigmoid)?;
/// assert_eq!(format!("{dW:.8}"), "[[-0.06001514, -0.09687383, -0.10598695]]");
/// assert_eq!(format!("{db:.8}"), "[[0.06180098]]");
/// let (_, dW, _) = linear_activation_backward(&dA, &cache, Activation::Relu)?;
/// assert_eq!(format!("{dW:.8}"), "[[2.77870358, -0.05500058, -5.13144969]]");
/// # Ok::<(), stepnet::Error>(())
/// ```
pub fn linear_activation_backward<T: Element>(
    dA: &ArrayRef2<T>,
    cache: &LinearActivationCache<T>,
    activation: Activation,
) -> Result<(Array2<T>, Array2<T>, Array2<T>)> {
    const OPERATION: &str = "linear_activation_backward";
    let LinearActivationCache {
        linear_cache,
        activation_cache: Z,
    } = cache;
    let shape = [linear_cache.W.nrows(), linear_cache.A.ncols()];
    same_shape(
        OPERATION,
        "cache.Z",
        Z.shape(),
        &shape,
        "the product of W and A",
    )?;
    same_shape(OPERATION, "dA", dA.shape(), &shape, "the shape of Z")?;
    let dZ = match activation {
        Activation::Sigmoid => sigmoid_backward(dA, Z)?,
        Activation::Relu => relu_backward(dA, Z)?,
    };
    linear_backward(&dZ, linear_cache)
}

/// Refuses a layer whose parameters do not fit its input; `names` are those of `A`, `W` and `b`.
pub fn check_layer<T: Element>(
    operation: &'static str,
    names: [&str; 3],
    A: &ArrayRef2<T>,
    W: &ArrayRef2<T>,
    b: &ArrayRef2<T>,
) -> Result<()> {
    check_parameters(operation, names, A.dim(), W, b)
}

/// Refuses parameters that do not fit `n_prev` inputs of `m` examples; `names` are those of the input, `W` and `b`.
pub(super) fn check_parameters<T: Element>(
    operation: &'static str,
    names: [&str; 3],
    (n_prev, m): (usize, usize),
    W: &ArrayRef2<T>,
    b: &ArrayRef2<T>,
) -> Result<()> {
    let (n, columns) = W.dim();
    if columns != n_prev {
        let expected = format!(
            "[{n}, {n_prev}], one column for each of the {n_prev} rows of {}",
            names[0]
        );
        return Err(Error::shape(operation, names[1], W.shape(), expected));
    }
    // As numpy has it, `b` may also be a row for all units, or have a number for each unit and example.
    let fits = |found: usize, size: usize| found == 1 || found == size;
    if fits(b.nrows(), n) && fits(b.ncols(), m) {
        return Ok(());
    }
    let expected = format!("[{n}, 1], one bias for each row of {}", names[1]);
    Err(Error::shape(operation, names[2], b.shape(), expected))
}
