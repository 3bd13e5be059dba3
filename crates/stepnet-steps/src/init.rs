//! Initial parameters of the deep network.

use ndarray::Array2;

use super::Parameters;
use super::check::zeros;
use crate::{Element, Error, Result};
use stepnet_base::rng::RandomState;

/// The factor that keeps the first activations near the steep part of the sigmoid.
const SCALE: f64 = 0.01;

/// Draws the parameters of a network with one hidden layer: small random weights, biases of 0.
///
/// `W1 = 0.01 randn(n_h, n_x)`, then `W2 = 0.01 randn(n_y, n_h)`; `b1 = 0`, `b2 = 0`.
///
/// Source: section 3.1 of the deep-network notebook, which seeds its generator with 1 at this place.
///
/// # Shapes
///
/// `n_x`, `n_h` and `n_y` are the numbers of inputs, hidden units and outputs. `W1` is `(n_h, n_x)`, `b1` is
/// `(n_h, 1)`, `W2` is `(n_y, n_h)`, `b2` is `(n_y, 1)`.
///
/// # Errors
///
/// If a size is 0, or if the parameters do not fit in memory.
///
/// # Example
///
/// ```
/// use stepnet::{rng::RandomState, steps::initialize_parameters};
///
/// let parameters = initialize_parameters::<f64>(3, 2, 1, &mut RandomState::new(1))?;
/// assert_eq!(
///     format!("{:.8}", parameters.W[0]),
///     "[[0.01624345, -0.00611756, -0.00528172],\n [-0.01072969, 0.00865408, -0.02301539]]"
/// );
/// assert_eq!(format!("{:.8}", parameters.W[1]), "[[0.01744812, -0.00761207]]");
/// assert_eq!(format!("{}", parameters.b[0]), "[[0],\n [0]]");
/// assert_eq!(format!("{}", parameters.b[1]), "[[0]]");
/// # Ok::<(), stepnet::Error>(())
/// ```
pub fn initialize_parameters<T: Element>(
    n_x: usize,
    n_h: usize,
    n_y: usize,
    random: &mut RandomState,
) -> Result<Parameters<T>> {
    const OPERATION: &str = "initialize_parameters";
    for (argument, size) in [("n_x", n_x), ("n_h", n_h), ("n_y", n_y)] {
        if size == 0 {
            return Err(Error::value(OPERATION, argument, size, "at least 1"));
        }
    }
    draw(OPERATION, "sizes", &[n_x, n_h, n_y], random)
}

/// Draws the parameters of a network with any number of layers: small random weights, biases of 0.
///
/// For each layer in turn `W = 0.01 randn(layer_dims[l], layer_dims[l-1])`, and `b = 0`.
///
/// Source: section 3.2 of the deep-network notebook, which seeds its generator with 3 at this place.
///
/// # Shapes
///
/// `layer_dims` lists the number of inputs and then the units of each layer. Layer `l`, counted from 1, gets `W`
/// of shape `(layer_dims[l], layer_dims[l-1])` and `b` of shape `(layer_dims[l], 1)`.
///
/// # Errors
///
/// If `layer_dims` has fewer than two sizes or a size of 0, or if the parameters do not fit in memory.
///
/// # In the notebooks
///
/// The text reads `[2, 4, 1]` as two input layers, four hidden ones and one output layer; it is two inputs, one
/// hidden layer of four units, and one output unit. The text counts only layers with weights in `L`, the code
/// sets `L = len(layer_dims)`, which counts the inputs too; there are `len(layer_dims) - 1` layers with weights.
///
/// # Example
///
/// ```
/// use stepnet::{rng::RandomState, steps::initialize_parameters_deep};
///
/// let parameters = initialize_parameters_deep::<f64>(&[5, 4, 3], &mut RandomState::new(3))?;
/// assert_eq!(parameters.W[0].shape(), [4, 5]);
/// assert_eq!(
///     format!("{:.8}", parameters.W[1]),
///     "[[-0.01185047, -0.00205650, 0.01486148, 0.00236716],\n \
///       [-0.01023785, -0.00712993, 0.00625245, -0.00160513],\n \
///       [-0.00768836, -0.00230031, 0.00745056, 0.01976111]]"
/// );
/// assert_eq!(format!("{}", parameters.b[1]), "[[0],\n [0],\n [0]]");
/// # Ok::<(), stepnet::Error>(())
/// ```
pub fn initialize_parameters_deep<T: Element>(
    layer_dims: &[usize],
    random: &mut RandomState,
) -> Result<Parameters<T>> {
    const OPERATION: &str = "initialize_parameters_deep";
    if layer_dims.len() < 2 || layer_dims.contains(&0) {
        let expected =
            "two sizes or more, each at least 1: the inputs and the units of every layer";
        return Err(Error::value(
            OPERATION,
            "layer_dims",
            format!("{layer_dims:?}"),
            expected,
        ));
    }
    draw(OPERATION, "layer_dims", layer_dims, random)
}

/// Draws layer after layer, row by row.
fn draw<T: Element>(
    operation: &'static str,
    argument: &str,
    layer_dims: &[usize],
    random: &mut RandomState,
) -> Result<Parameters<T>> {
    let mut parameters = Parameters {
        W: Vec::new(),
        b: Vec::new(),
    };
    for (&inputs, &units) in layer_dims.iter().zip(layer_dims.iter().skip(1)) {
        let mut W: Array2<T> = zeros(operation, argument, (units, inputs))?;
        W.iter_mut()
            .for_each(|weight| *weight = T::from_f64(random.normal() * SCALE));
        parameters.W.push(W);
        parameters.b.push(zeros(operation, argument, (units, 1))?);
    }
    Ok(parameters)
}
