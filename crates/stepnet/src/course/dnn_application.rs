//! "Deep neural network: application" (course 1, week 4): cat or not.
//!
//! The functions that the notebook imports from its helper file are those of [`steps`], with one exception:
//! [`initialize_parameters_deep`] has another scale and another seed.

use ndarray::{Array2, ArrayRef2};

use super::arithmetic::{check_finite, check_labels, descend};
use super::relu_network::drawn;
use super::{Descent, Engine};
use crate::error::{Error, Result};
use crate::fast;
use crate::rng::RandomState;
use crate::steps::{self, LinearCache, Parameters};

pub use crate::steps::{
    L_model_backward, L_model_forward, compute_cost, initialize_parameters,
    linear_activation_backward, linear_activation_forward, linear_backward, linear_forward, relu,
    relu_backward, sigmoid, sigmoid_backward, update_parameters,
};

/// Weights of normal numbers divided by `sqrt(inputs)`, biases of 0. The notebook seeds with 1 here.
///
/// # Errors
///
/// If there are fewer than two sizes, one is 0, or memory does not suffice.
///
/// # Example
///
/// ```
/// use stepnet::course::dnn_application::initialize_parameters_deep;
/// use stepnet::rng::RandomState;
///
/// let parameters = initialize_parameters_deep(&[4, 2, 1], &mut RandomState::new(1))?;
/// assert_eq!(format!("{:.8}", parameters.W[0].row(0)), "[0.81217268, -0.30587821, -0.26408588, -0.53648431]");
/// # Ok::<(), stepnet::Error>(())
/// ```
pub fn initialize_parameters_deep(
    layer_dims: &[usize],
    random: &mut RandomState,
) -> Result<Parameters<f64>> {
    const OPERATION: &str = "initialize_parameters_deep";
    drawn(OPERATION, "layer_dims", layer_dims, |inputs| {
        random.normal() / (inputs as f64).sqrt()
    })
}

/// Trains a network with one hidden layer, from the parameters of
/// [`initialize_parameters`] with seed 1; and the cost before every 100th step.
///
/// # Errors
///
/// If there are not three sizes, shapes do not fit, the learning rate is not finite, or memory does not suffice.
pub fn two_layer_model(
    X: &ArrayRef2<f64>,
    Y: &ArrayRef2<f64>,
    layers_dims: &[usize],
    descent: Descent<'_>,
) -> Result<(Parameters<f64>, Vec<f64>)> {
    const OPERATION: &str = "two_layer_model";
    let &[n_x, n_h, n_y] = layers_dims else {
        let expected = "three sizes: inputs, hidden units, outputs";
        let found = format!("{layers_dims:?}");
        return Err(Error::value(OPERATION, "layers_dims", found, expected));
    };
    let parameters = initialize_parameters(n_x, n_h, n_y, &mut RandomState::new(1))?;
    train(OPERATION, X, Y, parameters, descent)
}

/// Trains a network with any number of hidden layers, from the parameters of [`initialize_parameters_deep`] with seed 1; and
/// the cost before every 100th step.
///
/// # Errors
///
/// As [`two_layer_model`], for two sizes or more.
pub fn L_layer_model(
    X: &ArrayRef2<f64>,
    Y: &ArrayRef2<f64>,
    layers_dims: &[usize],
    descent: Descent<'_>,
) -> Result<(Parameters<f64>, Vec<f64>)> {
    let parameters = initialize_parameters_deep(layers_dims, &mut RandomState::new(1))?;
    train("L_layer_model", X, Y, parameters, descent)
}

fn train(
    operation: &'static str,
    X: &ArrayRef2<f64>,
    Y: &ArrayRef2<f64>,
    mut parameters: Parameters<f64>,
    mut descent: Descent<'_>,
) -> Result<(Parameters<f64>, Vec<f64>)> {
    check_labels(operation, X, Y)?;
    check_finite(operation, "learning_rate", descent.learning_rate)?;
    let outputs = parameters.W.last().map_or(0, |W| W.nrows());
    if outputs != 1 {
        return Err(Error::value(
            operation,
            "layers_dims",
            outputs,
            "1 output unit, the last size",
        ));
    }
    let inputs = parameters.W.first().map_or(0, |W| W.ncols());
    if inputs != X.nrows() {
        let expected = format!("{}, the rows of X, as the first size", X.nrows());
        return Err(Error::value(operation, "layers_dims", inputs, expected));
    }
    let mut costs = Vec::new();
    for iteration in 0..descent.num_iterations {
        let passed = Passed::forward(X, &parameters, descent.engine)?;
        let cost = compute_cost(passed.output(), Y)?;
        passed.descend(X, Y, &mut parameters, &descent)?;
        if iteration % 100 == 0 {
            costs.push(cost);
        }
        descent.report(iteration, cost)?;
    }
    Ok((parameters, costs))
}

/// The linear parts and the activations of all layers.
struct Passed {
    Z: Vec<Array2<f64>>,
    A: Vec<Array2<f64>>,
}

impl Passed {
    fn forward(X: &ArrayRef2<f64>, parameters: &Parameters<f64>, engine: Engine) -> Result<Self> {
        let mut passed = Self {
            Z: Vec::new(),
            A: Vec::new(),
        };
        let layers = parameters.W.len();
        for (l, (W, b)) in (1..).zip(parameters.W.iter().zip(&parameters.b)) {
            let input = passed.A.last().map_or(X, |A| &**A);
            let (Z, A) = match (engine, l == layers) {
                (Engine::Fast, last) => {
                    let Z = fast::linear_forward(input, W, b)?;
                    let A = if last {
                        fast::sigmoid(&Z)?
                    } else {
                        fast::relu(&Z)?
                    };
                    (Z, A)
                }
                (Engine::Loops, last) => {
                    let (Z, _) = steps::linear_forward(input, W, b)?;
                    let (A, _) = if last {
                        steps::sigmoid(&Z)?
                    } else {
                        steps::relu(&Z)?
                    };
                    (Z, A)
                }
            };
            passed.Z.push(Z);
            passed.A.push(A);
        }
        Ok(passed)
    }

    fn output(&self) -> &ArrayRef2<f64> {
        &self.A[self.A.len() - 1]
    }

    /// The backward pass, and a step: each layer's parameters are changed after its gradients have been passed on.
    fn descend(
        &self,
        X: &ArrayRef2<f64>,
        Y: &ArrayRef2<f64>,
        parameters: &mut Parameters<f64>,
        descent: &Descent<'_>,
    ) -> Result<()> {
        let fast = descent.engine == Engine::Fast;
        let mut dA = steps::cost_backward(self.output(), Y)?;
        for index in (0..self.Z.len()).rev() {
            let Z = &self.Z[index];
            let dZ = match (fast, index + 1 == self.Z.len()) {
                (true, true) => fast::sigmoid_backward(&dA, Z)?,
                (true, false) => fast::relu_backward(&dA, Z)?,
                (false, true) => steps::sigmoid_backward(&dA, Z)?,
                (false, false) => steps::relu_backward(&dA, Z)?,
            };
            let (W, b) = (&mut parameters.W[index], &mut parameters.b[index]);
            let input = if index == 0 { X } else { &*self.A[index - 1] };
            let (dA_prev, dW, db) = match (fast, index) {
                // Nobody needs the gradient with respect to the pictures.
                (true, 0) => {
                    let (dW, db) = fast::linear_backward_parameters(&dZ, input, W, b)?;
                    (Array2::zeros((0, 0)), dW, db)
                }
                (true, _) => fast::linear_backward(&dZ, input, W, b)?,
                (false, _) => {
                    let cache = LinearCache {
                        A: input.to_owned(),
                        W: W.clone(),
                        b: b.clone(),
                    };
                    steps::linear_backward(&dZ, &cache)?
                }
            };
            descend(W, &dW, descent.learning_rate);
            descend(b, &db, descent.learning_rate);
            dA = dA_prev;
        }
        Ok(())
    }
}

/// 1 for each example whose output is above 0.5, else 0, of shape `(1, m)`.
///
/// # Errors
///
/// If there are no layers, or shapes do not fit.
pub fn predict(X: &ArrayRef2<f64>, parameters: &Parameters<f64>) -> Result<Array2<f64>> {
    if parameters.W.is_empty() || parameters.W.len() != parameters.b.len() {
        let found = format!(
            "{} weights and {} biases",
            parameters.W.len(),
            parameters.b.len()
        );
        let expected = "one of each for every layer";
        return Err(Error::value("predict", "parameters", found, expected));
    }
    let passed = Passed::forward(X, parameters, Engine::Fast)?;
    Ok(passed.output().mapv(|a| f64::from(u8::from(a > 0.5))))
}

/// The accuracy as the notebook computes it, which is not exactly 1 where all are right: `numpy.sum((p == y) / m)`.
///
/// # Errors
///
/// If the shapes differ.
pub fn accuracy(p: &ArrayRef2<f64>, y: &ArrayRef2<f64>) -> Result<f64> {
    steps::checks::same_shape(
        "predict",
        "y",
        y.shape(),
        p.shape(),
        "one label for each column of X",
    )?;
    let share = 1.0 / p.ncols() as f64;
    let right: Vec<f64> = p
        .iter()
        .zip(y)
        .map(|(p, y)| if p == y { share } else { 0.0 })
        .collect();
    Ok(super::arithmetic::pairwise_sum(&right))
}
