//! "Gradient checking" (course 2, week 1): of one number, and of a network with two planted faults.

use ndarray::{Array1, Array2, ArrayRef2};

use super::arithmetic::{check_finite, losses, pairwise_sum};
use super::relu_network::{Backward, LayerView, Mean, backward, forward, views};
use super::{Cache, Engine, Gradients};
use crate::error::{Error, Result};
use crate::steps::Parameters;
use crate::steps::checks::same_shape;

/// The step of both checks in the notebook.
pub const EPSILON: f64 = 1e-7;

/// Above this the notebook says that there is a mistake.
pub const THRESHOLD: f64 = 2e-7;

/// Sizes of the layers of the notebook's network: 47 parameters.
pub const SIZES: [usize; 4] = [4, 5, 3, 1];

/// The mistakes that [`backward_propagation_n`] has in the notebook, for the learner to find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Faults {
    /// `dW2` is twice what it should be.
    pub dW2: bool,
    /// `db1` is four times what it should be.
    pub db1: bool,
}

impl Faults {
    /// As the notebook has it.
    pub const PLANTED: Self = Self {
        dW2: true,
        db1: true,
    };
    /// As it is when the learner has found both.
    pub const MENDED: Self = Self {
        dW2: false,
        db1: false,
    };
}

/// `J = theta x`.
pub fn forward_propagation(x: f64, theta: f64) -> f64 {
    theta * x
}

/// The derivative of `J` with respect to `theta`, which is `x`.
pub fn backward_propagation(x: f64, _theta: f64) -> f64 {
    x
}

/// How far [`backward_propagation`] is from the difference quotient:
/// `|grad - gradapprox| / (|grad| + |gradapprox|)`.
///
/// ```
/// use stepnet::course::gradient_checking::gradient_check;
///
/// assert_eq!(gradient_check(2.0, 4.0, 1e-7), 2.919335883291695e-10);
/// ```
pub fn gradient_check(x: f64, theta: f64, epsilon: f64) -> f64 {
    let J_plus = forward_propagation(x, theta + epsilon);
    let J_minus = forward_propagation(x, theta - epsilon);
    let gradapprox = (J_plus - J_minus) / (2.0 * epsilon);
    let grad = backward_propagation(x, theta);
    (grad - gradapprox).abs() / (grad.abs() + gradapprox.abs())
}

/// The cost of a network with two hidden layers, and the cache.
///
/// # Errors
///
/// If there are not three layers, or shapes do not fit.
pub fn forward_propagation_n(
    X: &ArrayRef2<f64>,
    Y: &ArrayRef2<f64>,
    parameters: &Parameters<f64>,
) -> Result<(f64, Cache)> {
    let layers = views(FORWARD, parameters)?;
    let passed = forward(FORWARD, X, &layers, None, Engine::Loops)?;
    let cost = cost(&passed.A[2], Y)?;
    Ok((cost, passed.cache(parameters)))
}

const FORWARD: &str = "forward_propagation_n";

/// The cost as the notebook forms it: with a logarithm of `1 - A3`, whose rounding a check at `1e-7` shows.
///
/// # Errors
///
/// If the shapes differ.
#[doc(hidden)]
pub fn cost(A3: &ArrayRef2<f64>, Y: &ArrayRef2<f64>) -> Result<f64> {
    let losses = losses(FORWARD, ("A3", A3), Y)?;
    Ok(1.0 / Y.ncols() as f64 * pairwise_sum(&losses))
}

/// The gradients of [`forward_propagation_n`], with the notebook's faults or without.
///
/// # Errors
///
/// If shapes do not fit.
pub fn backward_propagation_n(
    X: &ArrayRef2<f64>,
    Y: &ArrayRef2<f64>,
    cache: &Cache,
    faults: Faults,
) -> Result<Gradients> {
    let how = backward_with(faults);
    backward("backward_propagation_n", X, Y, &cache.memories(), how)
}

/// The backward pass of [`backward_propagation_n`].
#[doc(hidden)]
pub fn backward_with(faults: Faults) -> Backward {
    let mut how = Backward::plain(Mean::InGradients, Engine::Loops);
    how.fault_in_dW2 = faults.dW2;
    how.fault_in_db1 = faults.db1;
    how
}

/// All parameters one after the other, `W1`, `b1`, `W2`, ..., each row by row, as a column; and of each number the name of
/// its array.
///
/// # Errors
///
/// If there are not three layers.
pub fn dictionary_to_vector(parameters: &Parameters<f64>) -> Result<(Array2<f64>, Vec<String>)> {
    views("dictionary_to_vector", parameters)?;
    let (mut values, mut keys) = (Vec::new(), Vec::new());
    for (name, array) in parameters.entries() {
        values.extend(array.iter());
        keys.extend((0..array.len()).map(|_| name.clone()));
    }
    Ok((column(values), keys))
}

/// The parameters of the network with [`SIZES`] from a column of 47 numbers.
///
/// # Errors
///
/// If there are not as many.
pub fn vector_to_dictionary(theta: &ArrayRef2<f64>) -> Result<Parameters<f64>> {
    let needed: usize = SIZES.windows(2).map(|size| (size[0] + 1) * size[1]).sum();
    let why = "the numbers of W1 (5, 4), b1 (5, 1), W2 (3, 5), b2 (3, 1), W3 (1, 3) and b3 (1, 1)";
    same_shape(
        "vector_to_dictionary",
        "theta",
        theta.shape(),
        &[needed, 1],
        why,
    )?;
    let mut rest = theta.iter().copied();
    let mut array = |rows, columns| {
        Array2::from_shape_simple_fn((rows, columns), || rest.next().unwrap_or(0.0))
    };
    let mut parameters = Parameters {
        W: Vec::new(),
        b: Vec::new(),
    };
    for size in SIZES.windows(2) {
        parameters.W.push(array(size[1], size[0]));
        parameters.b.push(array(size[1], 1));
    }
    Ok(parameters)
}

/// The gradients of all parameters one after the other, as a column: `dW1`, `db1`, `dW2`, ...
///
/// # Errors
///
/// If memory does not suffice.
pub fn gradients_to_vector(gradients: &Gradients) -> Result<Array2<f64>> {
    let layers = gradients.dW.iter().zip(&gradients.db);
    Ok(column(
        layers
            .flat_map(|(dW, db)| dW.iter().chain(db))
            .copied()
            .collect(),
    ))
}

fn column(values: Vec<f64>) -> Array2<f64> {
    Array1::from_vec(values).insert_axis(ndarray::Axis(1))
}

/// How far gradients are from difference quotients of the cost, each parameter moved by `epsilon` in turn:
/// `|grad - gradapprox| / (|grad| + |gradapprox|)` with Euclidean norms.
///
/// # Errors
///
/// If there are not three layers, shapes do not fit, there are not as many gradients as parameters, or `epsilon` is not
/// above 0.
pub fn gradient_check_n(
    parameters: &Parameters<f64>,
    gradients: &Gradients,
    X: &ArrayRef2<f64>,
    Y: &ArrayRef2<f64>,
    epsilon: f64,
) -> Result<f64> {
    let grad = gradients_to_vector(gradients)?;
    difference(
        parameters,
        grad.as_slice().unwrap_or_default(),
        X,
        Y,
        epsilon,
    )
}

/// [`gradient_check_n`] of gradients that lie one after the other.
#[doc(hidden)]
pub fn difference(
    parameters: &Parameters<f64>,
    grad: &[f64],
    X: &ArrayRef2<f64>,
    Y: &ArrayRef2<f64>,
    epsilon: f64,
) -> Result<f64> {
    const OPERATION: &str = "gradient_check_n";
    check_finite(OPERATION, "epsilon", epsilon)?;
    if epsilon <= 0.0 {
        return Err(Error::value(OPERATION, "epsilon", epsilon, "above 0"));
    }
    let mut moved = parameters.clone();
    views(OPERATION, &moved)?;
    let count = moved.entries().map(|(_, array)| array.len()).sum();
    if grad.len() != count {
        let expected = format!("{count}, one for each of parameters");
        return Err(Error::value(OPERATION, "gradients", grad.len(), expected));
    }
    let mut approximate = Vec::with_capacity(count);
    for index in 0..2 * super::relu_network::LAYERS {
        let len = array_of(&mut moved, index).len();
        for at in 0..len {
            let value = array_of(&mut moved, index)[at];
            let mut cost_at = |value: f64| {
                array_of(&mut moved, index)[at] = value;
                let layers = views(OPERATION, &moved)?;
                cost_of(X, Y, &layers)
            };
            let (plus, minus) = (cost_at(value + epsilon)?, cost_at(value - epsilon)?);
            array_of(&mut moved, index)[at] = value;
            approximate.push((plus - minus) / (2.0 * epsilon));
        }
    }
    let differences: Vec<f64> = grad.iter().zip(&approximate).map(|(g, a)| g - a).collect();
    Ok(norm(&differences) / (norm(grad) + norm(&approximate)))
}

fn cost_of(X: &ArrayRef2<f64>, Y: &ArrayRef2<f64>, layers: &[LayerView<'_>]) -> Result<f64> {
    let passed = forward("gradient_check_n", X, layers, None, Engine::Loops)?;
    cost(&passed.A[2], Y)
}

/// The numbers of `W1`, `b1`, `W2` and so on.
fn array_of(parameters: &mut Parameters<f64>, index: usize) -> &mut [f64] {
    let arrays = match index % 2 {
        0 => &mut parameters.W,
        _ => &mut parameters.b,
    };
    let array = arrays
        .get_mut(index / 2)
        .and_then(|array| array.as_slice_mut());
    array.unwrap_or_default()
}

fn norm(values: &[f64]) -> f64 {
    values.iter().map(|value| value * value).sum::<f64>().sqrt()
}
