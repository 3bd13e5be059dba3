//! The deep network: `[LINEAR -> RELU] x (L-1) -> LINEAR -> SIGMOID`, forward and backward.

use ndarray::{Array2, ArrayRef2, Zip};

use super::check::{copied, same_shape, zeros};
use super::dense::check_parameters;
use super::parameters::check_layers;
use super::{
    Activation, Grads, LinearActivationCache, Parameters, linear_activation_backward,
    linear_activation_forward,
};
use crate::{Element, Error, Result};

/// The whole network forward: `L - 1` layers with ReLU, then one with a sigmoid.
///
/// `A0 = X`, `A(l) = g(W(l) A(l-1) + b(l))`, each layer by [`linear_activation_forward`]; `AL` is the last one.
///
/// Source: the section "L-layer model" of the deep-network notebook.
///
/// # Shapes
///
/// `X` is `(n_x, m)`; the weights of layer `l` are `(n_l, n_(l-1))`, its biases `(n_l, 1)`; `AL` is `(n_L, m)`.
/// There is one cache for each layer.
///
/// # Errors
///
/// If there are no layers, if there are not as many biases as weights, or
/// if a layer's shapes do not fit the layer before it, or if memory does not suffice.
///
/// # Example
///
/// ```
/// use stepnet::ndarray::array;
/// use stepnet::steps::{L_model_forward, Parameters};
///
/// let X = array![[-1.02387576, 1.12397796], [-1.62328545, 0.64667545], [-1.74314104, -0.59664964]];
/// let parameters = Parameters {
///     W: vec![
///         array![[1.62434536, -0.61175641, -0.52817175], [-1.07296862, 0.86540763, -2.3015387]],
///         array![[1.74481176, -0.7612069]],
///     ],
///     b: vec![array![[0.0], [0.0]], array![[0.0]]],
/// };
/// let (AL, caches) = L_model_forward(&X, &parameters)?;
/// assert_eq!(format!("{AL:.8}"), "[[0.08443670, 0.92356858]]");
/// assert_eq!(caches.len(), 2);
/// # Ok::<(), stepnet::Error>(())
/// ```
pub fn L_model_forward<T: Element>(
    X: &ArrayRef2<T>,
    parameters: &Parameters<T>,
) -> Result<(Array2<T>, Vec<LinearActivationCache<T>>)> {
    const OPERATION: &str = "L_model_forward";
    check_layers(OPERATION, parameters)?;
    let L = parameters.W.len();
    let (mut n_prev, m) = X.dim();
    for (l, (W, b)) in (1..).zip(parameters.W.iter().zip(&parameters.b)) {
        let input = if l == 1 {
            "X".to_string()
        } else {
            format!("W{}", l - 1)
        };
        check_parameters(
            OPERATION,
            [&input, &format!("W{l}"), &format!("b{l}")],
            (n_prev, m),
            W,
            b,
        )?;
        n_prev = W.nrows();
    }
    let mut caches = Vec::with_capacity(L);
    let mut A = copied(OPERATION, "X", X)?;
    for (l, (W, b)) in (1..).zip(parameters.W.iter().zip(&parameters.b)) {
        let (A_next, cache) = linear_activation_forward(&A, W, b, activation_of(l, L))?;
        caches.push(cache);
        A = A_next;
    }
    Ok((A, caches))
}

/// The whole network backward: from the cost to the gradients of all weights and biases.
///
/// `dAL = -(Y / AL - (1 - Y) / (1 - AL))`, the derivative of the losses with respect to `AL`; then
/// [`linear_activation_backward`] for the sigmoid layer and for each ReLU layer before it.
///
/// As in [`compute_cost`](super::compute_cost), an output that has saturated to exactly 0 or 1 leads to
/// infinities or NaN.
///
/// Source: section 6.3 of the deep-network notebook.
///
/// # Shapes
///
/// `AL` and `Y` are `(n_L, m)`; the caches are those of [`L_model_forward`]. `dW` and `db` of layer `l` have the
/// shapes of `W` and `b`, `dA` of layer `l` is `(n_(l-1), m)`.
///
/// # Errors
///
/// If there are no caches, if `Y` has another shape than `AL`, if the caches fit neither `AL` nor one another, or
/// if memory does not suffice.
///
/// # In the notebooks
///
/// The notebook stores under `"dA1"` what layer 1 passes back. By its own notation that is the gradient of `A0`,
/// one number less: the printed `dA1` has the shape of the input. The keys are kept so that the printed values
/// can be found. The editions since "v8a" call it `"dA0"`; the Python package can do both.
///
/// `dW` and `db` are derivatives of the cost, a mean over `m` examples. `dA` has no factor `1/m`, so it is `m`
/// times the derivative of the cost. To check it numerically, multiply the numerical derivative by `m`.
///
/// A comment calls `dAL` the derivative of the cost with respect to all parameters; it is that with respect to
/// `AL` alone. The printed test has a single sigmoid layer, so it says nothing about hidden layers.
///
/// # Example
///
/// ```
/// use stepnet::ndarray::array;
/// use stepnet::steps::{L_model_backward, LinearActivationCache, LinearCache};
///
/// let linear_cache = LinearCache {
///     A: array![[0.20445225, 0.87811744], [0.02738759, 0.67046751], [0.4173048, 0.55868983]],
///     W: array![[1.78862847, 0.43650985, 0.09649747]],
///     b: array![[0.0]],
/// };
/// let cache = LinearActivationCache { linear_cache, activation_cache: array![[0.41791293, 1.91720367]] };
/// let grads = L_model_backward(&array![[0.60298372, 0.87182628]], &array![[1.0, 1.0]], &[cache])?;
/// assert_eq!(format!("{:.8}", grads.dW[0]), "[[-0.09686122, -0.04840482, -0.11864308]]");
/// assert_eq!(format!("{:.8}", grads.db[0]), "[[-0.26259500]]");
/// assert_eq!(
///     format!("{:.8}", grads.get("dA1").unwrap()),
///     "[[-0.71011462, -0.22925516],\n [-0.17330152, -0.05594909],\n [-0.03831107, -0.01236844]]"
/// );
/// # Ok::<(), stepnet::Error>(())
/// ```
pub fn L_model_backward<T: Element>(
    AL: &ArrayRef2<T>,
    Y: &ArrayRef2<T>,
    caches: &[LinearActivationCache<T>],
) -> Result<Grads<T>> {
    const OPERATION: &str = "L_model_backward";
    let mut dA = losses_backward(OPERATION, AL, Y)?;
    check_caches(OPERATION, AL, caches)?;
    let L = caches.len();
    let mut grads = Grads {
        dA: Vec::with_capacity(L),
        dW: Vec::with_capacity(L),
        db: Vec::with_capacity(L),
    };
    for (index, cache) in caches.iter().enumerate().rev() {
        let activation = activation_of(index + 1, L);
        let (dA_prev, dW, db) = linear_activation_backward(&dA, cache, activation)?;
        grads.dA.push(copied(OPERATION, "caches", &dA_prev)?);
        grads.dW.push(dW);
        grads.db.push(db);
        dA = dA_prev;
    }
    // The layers were met from the last to the first.
    grads.dA.reverse();
    grads.dW.reverse();
    grads.db.reverse();
    Ok(grads)
}

/// The gradients of the losses with respect to the outputs: where [`L_model_backward`] begins.
///
/// `dAL = -(Y / AL - (1 - Y) / (1 - AL))`; a loss is an example's part of
/// [`compute_cost`](super::compute_cost), without the factor `1/m`.
///
/// Source: section 6.3 of the deep-network notebook.
///
/// # Shapes
///
/// `AL`, `Y` and the result are `(n_L, m)`.
///
/// # Errors
///
/// If `Y` has another shape than `AL`, or if memory does not suffice.
///
/// # Example
///
/// ```
/// use stepnet::{ndarray::array, steps::cost_backward};
///
/// assert_eq!(cost_backward(&array![[0.5, 0.2]], &array![[1.0, 0.0]])?, array![[-2.0, 1.25]]);
/// # Ok::<(), stepnet::Error>(())
/// ```
pub fn cost_backward<T: Element>(AL: &ArrayRef2<T>, Y: &ArrayRef2<T>) -> Result<Array2<T>> {
    losses_backward("cost_backward", AL, Y)
}

fn losses_backward<T: Element>(
    operation: &'static str,
    AL: &ArrayRef2<T>,
    Y: &ArrayRef2<T>,
) -> Result<Array2<T>> {
    same_shape(operation, "Y", Y.shape(), AL.shape(), "the shape of AL")?;
    let mut dAL = zeros(operation, "AL", AL.dim())?;
    Zip::from(&mut dAL)
        .and(AL)
        .and(Y)
        .for_each(|dal, &a, &y| *dal = -(y / a - (T::one() - y) / (T::one() - a)));
    Ok(dAL)
}

/// ReLU in the hidden layers, a sigmoid in layer `L`.
fn activation_of(l: usize, L: usize) -> Activation {
    if l == L {
        Activation::Sigmoid
    } else {
        Activation::Relu
    }
}

/// Refuses caches that do not belong to one network with the output `AL`.
fn check_caches<T: Element>(
    operation: &'static str,
    AL: &ArrayRef2<T>,
    caches: &[LinearActivationCache<T>],
) -> Result<()> {
    let Some(last) = caches.last() else {
        return Err(Error::value(
            operation,
            "caches",
            "empty",
            "one cache for each layer, at least one",
        ));
    };
    let why = "the shape of Z in the last cache";
    same_shape(
        operation,
        "AL",
        AL.shape(),
        last.activation_cache.shape(),
        why,
    )?;
    for (l, pair) in (1..).zip(caches.windows(2)) {
        let [cache, next] = pair else { continue };
        let (name, why) = (
            format!("caches[{l}].A"),
            format!("the shape of Z in caches[{}]", l - 1),
        );
        same_shape(
            operation,
            &name,
            next.linear_cache.A.shape(),
            cache.activation_cache.shape(),
            &why,
        )?;
    }
    Ok(())
}
