//! "Planar data classification with one hidden layer" (course 1, week 3).

use ndarray::{Array2, ArrayRef2, ArrayView2, Zip};

use super::arithmetic::{
    check_finite, check_labels, descend, linear, losses, pairwise_sum, product, row_sums, sigmoid,
    tanh,
};
use super::{Descent, Engine};
use crate::error::{Error, Result};
use crate::rng::RandomState;
use crate::steps::checks::same_shape;
use crate::steps::{Grads, Parameters};

/// What [`forward_propagation`] computes: the notebook's dictionary `cache`.
#[derive(Clone, Debug, PartialEq)]
pub struct Cache {
    /// The linear part of the hidden layer.
    pub Z1: Array2<f64>,
    /// Its activation, a hyperbolic tangent.
    pub A1: Array2<f64>,
    /// The linear part of the output layer.
    pub Z2: Array2<f64>,
    /// Its activation, a sigmoid.
    pub A2: Array2<f64>,
}

/// `(n_x, n_h, n_y)`: the rows of `X`, 4 hidden units, the rows of `Y`.
pub fn layer_sizes(X: &ArrayRef2<f64>, Y: &ArrayRef2<f64>) -> (usize, usize, usize) {
    (X.nrows(), 4, Y.nrows())
}

/// `W1` and `W2` are 0.01 times normal numbers; biases are 0. The notebook seeds with 2 here.
///
/// # Errors
///
/// If a size is 0, or memory does not suffice.
pub fn initialize_parameters(
    n_x: usize,
    n_h: usize,
    n_y: usize,
    random: &mut RandomState,
) -> Result<Parameters<f64>> {
    crate::steps::initialize_parameters(n_x, n_h, n_y, random)
}

/// `A1 = tanh(W1 X + b1)`, `A2 = sigmoid(W2 A1 + b2)`.
///
/// # Shapes
///
/// `X` is `(n_x, m)`, `W1` `(n_h, n_x)`, `W2` `(n_y, n_h)`; biases are columns.
///
/// # Errors
///
/// If there are not two layers, shapes do not fit, or memory does not suffice.
pub fn forward_propagation(
    X: &ArrayRef2<f64>,
    parameters: &Parameters<f64>,
    engine: Engine,
) -> Result<Cache> {
    let Parameters { W, b } = parameters;
    let ([W1, W2], [b1, b2]) = (&W[..], &b[..]) else {
        let found = format!("{} weights and {} biases", W.len(), b.len());
        let expected = "two of each: W1, b1, W2, b2";
        return Err(Error::value(FORWARD, "parameters", found, expected));
    };
    forward(X, [&W1.view(), &b1.view(), &W2.view(), &b2.view()], engine)
}

const FORWARD: &str = "forward_propagation";

/// [`forward_propagation`] of arrays that lie elsewhere.
#[doc(hidden)]
pub fn forward(
    X: &ArrayRef2<f64>,
    [W1, b1, W2, b2]: [&ArrayView2<'_, f64>; 4],
    engine: Engine,
) -> Result<Cache> {
    let Z1 = linear(FORWARD, ["X", "W1", "b1"], X, W1, b1, engine)?;
    let A1 = tanh(FORWARD, &Z1, engine)?;
    let Z2 = linear(FORWARD, ["W1", "W2", "b2"], &A1, W2, b2, engine)?;
    let A2 = sigmoid(FORWARD, &Z2, engine)?;
    Ok(Cache { Z1, A1, Z2, A2 })
}

/// The mean cross-entropy, `-sum(Y log(A2) + (1 - Y) log(1 - A2)) / m`.
///
/// # Errors
///
/// If the shapes differ.
pub fn compute_cost(A2: &ArrayRef2<f64>, Y: &ArrayRef2<f64>) -> Result<f64> {
    let losses = losses("compute_cost", ("A2", A2), Y)?;
    Ok(pairwise_sum(&losses) / Y.ncols() as f64)
}

/// The gradients: `dZ2 = A2 - Y`, `dW2 = dZ2 A1.T / m`, `dZ1 = W2.T dZ2 (1 - A1^2)`, `dW1 = dZ1 X.T / m`, and `db` the
/// means of `dZ`. Of the result `dA` is empty.
///
/// # Errors
///
/// If shapes do not fit, or memory does not suffice.
pub fn backward_propagation(
    parameters: &Parameters<f64>,
    cache: &Cache,
    X: &ArrayRef2<f64>,
    Y: &ArrayRef2<f64>,
    engine: Engine,
) -> Result<Grads<f64>> {
    let W2 = parameters
        .W
        .get(1)
        .ok_or_else(|| Error::value(BACKWARD, "parameters", "one layer", "W1, b1, W2 and b2"))?;
    backward(W2, [&cache.A1, &cache.A2], X, Y, engine)
}

const BACKWARD: &str = "backward_propagation";

/// [`backward_propagation`] of arrays that lie elsewhere.
#[doc(hidden)]
pub fn backward(
    W2: &ArrayRef2<f64>,
    [A1, A2]: [&ArrayRef2<f64>; 2],
    X: &ArrayRef2<f64>,
    Y: &ArrayRef2<f64>,
    engine: Engine,
) -> Result<Grads<f64>> {
    let m = X.ncols();
    let (n_h, n_y) = (A1.nrows(), A2.nrows());
    let columns = "one column for each example";
    same_shape(BACKWARD, "cache: A1", A1.shape(), &[n_h, m], columns)?;
    same_shape(BACKWARD, "cache: A2", A2.shape(), &[n_y, m], columns)?;
    same_shape(BACKWARD, "Y", Y.shape(), A2.shape(), "the shape of A2")?;
    let units = "output units and hidden ones";
    same_shape(BACKWARD, "W2", W2.shape(), &[n_y, n_h], units)?;
    let mean = 1.0 / m as f64;
    let dZ2 = &A2.view() - &Y.view();
    let mut dW2 = product(BACKWARD, ("dZ2", &dZ2), ("A1.T", &A1.t()), engine)?;
    dW2 *= mean;
    let mut dZ1 = product(BACKWARD, ("W2.T", &W2.t()), ("dZ2", &dZ2), engine)?;
    Zip::from(&mut dZ1)
        .and(A1)
        .for_each(|dz, &a| *dz *= 1.0 - a * a);
    let mut dW1 = product(BACKWARD, ("dZ1", &dZ1), ("X.T", &X.t()), engine)?;
    dW1 *= mean;
    Ok(Grads {
        dA: Vec::new(),
        dW: vec![dW1, dW2],
        db: vec![row_sums(&dZ1, mean), row_sums(&dZ2, mean)],
    })
}

/// One step of gradient descent. The notebook's default rate is [`LEARNING_RATE`].
///
/// # Errors
///
/// As those of [`steps::update_parameters`](crate::steps::update_parameters).
pub fn update_parameters(
    parameters: &Parameters<f64>,
    grads: &Grads<f64>,
    learning_rate: f64,
) -> Result<Parameters<f64>> {
    crate::steps::update_parameters(parameters, grads, learning_rate)
}

/// The learning rate of the notebook.
pub const LEARNING_RATE: f64 = 1.2;

/// Trains a network of `n_h` hidden units from the parameters that seed 2 gives.
///
/// # Errors
///
/// If shapes do not fit, a size is 0, the learning rate is not finite, or memory does not suffice.
pub fn nn_model(
    X: &ArrayRef2<f64>,
    Y: &ArrayRef2<f64>,
    n_h: usize,
    mut descent: Descent<'_>,
) -> Result<Parameters<f64>> {
    const OPERATION: &str = "nn_model";
    check_labels(OPERATION, X, Y)?;
    check_finite(OPERATION, "learning_rate", descent.learning_rate)?;
    let (n_x, _, n_y) = layer_sizes(X, Y);
    let mut parameters = initialize_parameters(n_x, n_h, n_y, &mut RandomState::new(2))?;
    for iteration in 0..descent.num_iterations {
        let cache = forward_propagation(X, &parameters, descent.engine)?;
        let cost = compute_cost(&cache.A2, Y)?;
        let grads = backward_propagation(&parameters, &cache, X, Y, descent.engine)?;
        for (values, slopes) in [
            (&mut parameters.W, &grads.dW),
            (&mut parameters.b, &grads.db),
        ] {
            for (values, slope) in values.iter_mut().zip(slopes) {
                descend(values, slope, descent.learning_rate);
            }
        }
        descent.report(iteration, cost)?;
    }
    Ok(parameters)
}

/// Whether the output is above 0.5, for each example.
///
/// # Errors
///
/// As [`forward_propagation`].
pub fn predict(parameters: &Parameters<f64>, X: &ArrayRef2<f64>) -> Result<Array2<bool>> {
    let cache = forward_propagation(X, parameters, Engine::Fast)?;
    Ok(cache.A2.mapv(|a| a > 0.5))
}
