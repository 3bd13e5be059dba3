//! "Regularization" (course 2, week 1): L2 and dropout.

use ndarray::{Array2, ArrayRef2, ArrayView2};

use super::arithmetic::{check_finite, check_labels, losses, pairwise_sum};
use super::initialization::mean_without_nan;
use super::relu_network::{Backward, Mean, backward, drawn, forward, step, views};
use super::{Cache, Descent, Engine, Gradients};
use crate::error::{Error, Result};
use crate::rng::RandomState;
use crate::steps::Parameters;

pub use super::initialization::predict;

/// What [`model`] does against overfitting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Against {
    /// Nothing.
    Nothing,
    /// Large weights cost something, with this factor `lambd`.
    L2(f64),
    /// Of the hidden units only this part is kept in each step.
    Dropout(f64),
}

/// Weights of normal numbers divided by `sqrt(inputs)`, biases of 0. The notebook seeds with 3 here.
///
/// # Errors
///
/// If there are fewer than two sizes, one is 0, or memory does not suffice.
pub fn initialize_parameters(
    layer_dims: &[usize],
    random: &mut RandomState,
) -> Result<Parameters<f64>> {
    drawn(
        "initialize_parameters",
        "layer_dims",
        layer_dims,
        |inputs| random.normal() / (inputs as f64).sqrt(),
    )
}

/// `LINEAR -> RELU -> LINEAR -> RELU -> LINEAR -> SIGMOID`: the output `A3` and the cache.
///
/// # Errors
///
/// If there are not three layers, shapes do not fit, or memory does not suffice.
pub fn forward_propagation(
    X: &ArrayRef2<f64>,
    parameters: &Parameters<f64>,
    engine: Engine,
) -> Result<(Array2<f64>, Cache)> {
    super::initialization::forward_propagation(X, parameters, engine)
}

/// The same with dropout in both hidden layers: a unit stays where a uniform number is below `keep_prob`, and what stays is
/// divided by `keep_prob`. The notebook seeds with 1 here, so that every step drops the same units.
///
/// # Errors
///
/// As [`forward_propagation`], and if `keep_prob` is not above 0 and at most 1.
pub fn forward_propagation_with_dropout(
    X: &ArrayRef2<f64>,
    parameters: &Parameters<f64>,
    keep_prob: f64,
    random: &mut RandomState,
    engine: Engine,
) -> Result<(Array2<f64>, Cache)> {
    const OPERATION: &str = "forward_propagation_with_dropout";
    check_keep_prob(OPERATION, keep_prob)?;
    let layers = views(OPERATION, parameters)?;
    let dropout = Some((keep_prob, random));
    let cache = forward(OPERATION, X, &layers, dropout, engine)?.cache(parameters);
    Ok((cache.output(), cache))
}

/// Refuses a part that is not above 0 and at most 1.
///
/// # Errors
///
/// Then.
#[doc(hidden)]
pub fn check_keep_prob(operation: &'static str, keep_prob: f64) -> Result<()> {
    if keep_prob > 0.0 && keep_prob <= 1.0 {
        return Ok(());
    }
    let expected = "above 0 and at most 1";
    Err(Error::value(operation, "keep_prob", keep_prob, expected))
}

/// The mean cross-entropy; examples whose loss is not a number are left out of the sum, as by `numpy.nansum`.
///
/// # Errors
///
/// If the shapes differ.
pub fn compute_cost(a3: &ArrayRef2<f64>, Y: &ArrayRef2<f64>) -> Result<f64> {
    mean_without_nan("compute_cost", a3, Y)
}

/// The cost with `lambd / (2 m)` times the sum of the squares of all weights added.
///
/// # Errors
///
/// If the shapes of `A3` and `Y` differ, or there are not three layers.
pub fn compute_cost_with_regularization(
    A3: &ArrayRef2<f64>,
    Y: &ArrayRef2<f64>,
    parameters: &Parameters<f64>,
    lambd: f64,
) -> Result<f64> {
    let layers = views(COST, parameters)?;
    cost_of(A3, Y, layers.iter().map(|layer| layer.W), lambd)
}

const COST: &str = "compute_cost_with_regularization";

/// [`compute_cost_with_regularization`] of weights that lie elsewhere.
#[doc(hidden)]
pub fn cost_of<'a>(
    A3: &ArrayRef2<f64>,
    Y: &ArrayRef2<f64>,
    weights: impl Iterator<Item = ArrayView2<'a, f64>>,
    lambd: f64,
) -> Result<f64> {
    let mut losses = losses(COST, ("A3", A3), Y)?;
    losses
        .iter_mut()
        .filter(|loss| loss.is_nan())
        .for_each(|loss| *loss = 0.0);
    let mean = 1.0 / Y.ncols() as f64;
    let squares =
        |W: ArrayView2<'_, f64>| pairwise_sum(&W.iter().map(|w| w * w).collect::<Vec<f64>>());
    let of_weights: f64 = weights.map(squares).sum();
    Ok(mean * pairwise_sum(&losses) + mean * (lambd / 2.0) * of_weights)
}

/// The gradients: `dZ3 = A3 - Y`, `dW = dZ A.T / m`.
///
/// # Errors
///
/// If shapes do not fit, or memory does not suffice.
pub fn backward_propagation(
    X: &ArrayRef2<f64>,
    Y: &ArrayRef2<f64>,
    cache: &Cache,
    engine: Engine,
) -> Result<Gradients> {
    let how = Backward::plain(Mean::InGradients, engine);
    backward("backward_propagation", X, Y, &cache.memories(), how)
}

/// The gradients of the cost with L2: `lambd / m W` is added to each `dW`.
///
/// # Errors
///
/// If shapes do not fit, or memory does not suffice.
pub fn backward_propagation_with_regularization(
    X: &ArrayRef2<f64>,
    Y: &ArrayRef2<f64>,
    cache: &Cache,
    lambd: f64,
    engine: Engine,
) -> Result<Gradients> {
    const OPERATION: &str = "backward_propagation_with_regularization";
    let mut how = Backward::plain(Mean::InGradients, engine);
    how.lambd = Some(lambd);
    backward(OPERATION, X, Y, &cache.memories(), how)
}

/// The gradients with dropout: `dA` of the hidden layers is masked and divided by `keep_prob`, as the activations were.
///
/// # Errors
///
/// If shapes do not fit, the cache has no masks, `keep_prob` is not above 0 and at most 1, or memory does not suffice.
pub fn backward_propagation_with_dropout(
    X: &ArrayRef2<f64>,
    Y: &ArrayRef2<f64>,
    cache: &Cache,
    keep_prob: f64,
    engine: Engine,
) -> Result<Gradients> {
    const OPERATION: &str = "backward_propagation_with_dropout";
    check_keep_prob(OPERATION, keep_prob)?;
    if cache.D.len() + 1 != cache.A.len() {
        let found = format!("{} masks", cache.D.len());
        let expected = "that of forward_propagation_with_dropout, with D1 and D2";
        return Err(Error::value(OPERATION, "cache", found, expected));
    }
    let mut how = Backward::plain(Mean::InGradients, engine);
    how.keep_prob = Some(keep_prob);
    backward(OPERATION, X, Y, &cache.memories(), how)
}

/// Trains a network of 20 and 3 hidden units.
///
/// # Errors
///
/// If shapes do not fit, the learning rate is not finite, `keep_prob` is not above 0 and at most 1, or memory does not
/// suffice.
pub fn model(
    X: &ArrayRef2<f64>,
    Y: &ArrayRef2<f64>,
    against: Against,
    mut descent: Descent<'_>,
) -> Result<Parameters<f64>> {
    const OPERATION: &str = "model";
    check_labels(OPERATION, X, Y)?;
    check_finite(OPERATION, "learning_rate", descent.learning_rate)?;
    let mut how = Backward::plain(Mean::InGradients, descent.engine);
    match against {
        Against::Nothing => {}
        Against::L2(lambd) => {
            check_finite(OPERATION, "lambd", lambd)?;
            how.lambd = Some(lambd);
        }
        Against::Dropout(keep_prob) => {
            check_keep_prob(OPERATION, keep_prob)?;
            how.keep_prob = Some(keep_prob);
        }
    }
    let mut parameters = initialize_parameters(&[X.nrows(), 20, 3, 1], &mut RandomState::new(3))?;
    for iteration in 0..descent.num_iterations {
        let layers = views(OPERATION, &parameters)?;
        let mut random = how.keep_prob.map(|keep| (keep, RandomState::new(1)));
        let dropout = random.as_mut().map(|(keep, random)| (*keep, random));
        let passed = forward(OPERATION, X, &layers, dropout, descent.engine)?;
        let A3 = &passed.A[2];
        let cost = match how.lambd {
            Some(lambd) => cost_of(A3, Y, layers.iter().map(|layer| layer.W), lambd)?,
            None => compute_cost(A3, Y)?,
        };
        let grads = backward(OPERATION, X, Y, &passed.memories(&layers), how)?;
        step(&mut parameters, &grads, descent.learning_rate);
        descent.report(iteration, cost)?;
    }
    Ok(parameters)
}
