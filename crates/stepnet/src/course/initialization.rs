//! "Initialization" (course 2, week 1).

use ndarray::{Array2, ArrayRef2};

use super::arithmetic::{check_finite, check_labels, losses, pairwise_sum};
use super::relu_network::{Backward, Mean, backward, drawn, forward, step, views};
use super::{Cache, Descent, Engine, Gradients};
use crate::error::{Error, Result};
use crate::rng::RandomState;
use crate::steps::Parameters;

/// The three ways in which [`model`] begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Initialization {
    /// All 0: units stay equal, and nothing is learnt.
    Zeros,
    /// Ten times normal numbers: too large.
    Random,
    /// Normal numbers times `sqrt(2 / inputs)`.
    #[default]
    He,
}

impl Initialization {
    /// The word of the notebook: `"zeros"`, `"random"` or `"he"`.
    ///
    /// # Errors
    ///
    /// If it is another one.
    pub fn named(word: &str) -> Result<Self> {
        match word {
            "zeros" => Ok(Self::Zeros),
            "random" => Ok(Self::Random),
            "he" => Ok(Self::He),
            _ => {
                let expected = "\"zeros\", \"random\" or \"he\"";
                Err(Error::value(
                    "model",
                    "initialization",
                    format!("{word:?}"),
                    expected,
                ))
            }
        }
    }

    /// The parameters for layers of these sizes, as the notebook draws them.
    ///
    /// # Errors
    ///
    /// If there are fewer than two sizes, one is 0, or memory does not suffice.
    pub fn parameters(self, layers_dims: &[usize]) -> Result<Parameters<f64>> {
        match self {
            Self::Zeros => initialize_parameters_zeros(layers_dims),
            Self::Random => initialize_parameters_random(layers_dims, &mut RandomState::new(3)),
            Self::He => initialize_parameters_he(layers_dims, &mut RandomState::new(3)),
        }
    }
}

/// Weights and biases of 0.
///
/// # Errors
///
/// If there are fewer than two sizes, one is 0, or memory does not suffice.
pub fn initialize_parameters_zeros(layers_dims: &[usize]) -> Result<Parameters<f64>> {
    const OPERATION: &str = "initialize_parameters_zeros";
    drawn(OPERATION, "layers_dims", layers_dims, |_| 0.0)
}

/// Weights of 10 times normal numbers, biases of 0. The notebook seeds with 3 here.
///
/// # Errors
///
/// As [`initialize_parameters_zeros`].
pub fn initialize_parameters_random(
    layers_dims: &[usize],
    random: &mut RandomState,
) -> Result<Parameters<f64>> {
    const OPERATION: &str = "initialize_parameters_random";
    drawn(OPERATION, "layers_dims", layers_dims, |_| {
        random.normal() * 10.0
    })
}

/// Weights of normal numbers times `sqrt(2 / inputs)`, biases of 0. The notebook seeds with 3 here.
///
/// # Errors
///
/// As [`initialize_parameters_zeros`].
///
/// # Example
///
/// ```
/// use stepnet::course::initialization::initialize_parameters_he;
/// use stepnet::rng::RandomState;
///
/// let parameters = initialize_parameters_he(&[2, 4, 1], &mut RandomState::new(3))?;
/// assert_eq!(format!("{:.8}", parameters.W[0].row(0)), "[1.78862847, 0.43650985]");
/// assert_eq!(format!("{:.8}", parameters.W[1]), "[[-0.03098412, -0.33744411, -0.92904268, 0.62552248]]");
/// # Ok::<(), stepnet::Error>(())
/// ```
pub fn initialize_parameters_he(
    layers_dims: &[usize],
    random: &mut RandomState,
) -> Result<Parameters<f64>> {
    const OPERATION: &str = "initialize_parameters_he";
    drawn(OPERATION, "layers_dims", layers_dims, |inputs| {
        he(random, inputs)
    })
}

/// A normal number times `sqrt(2 / inputs)`.
pub(super) fn he(random: &mut RandomState, inputs: usize) -> f64 {
    random.normal() * (2.0 / inputs as f64).sqrt()
}

/// `LINEAR -> RELU -> LINEAR -> RELU -> LINEAR -> SIGMOID`: the output `a3` and the cache.
///
/// # Errors
///
/// If there are not three layers, shapes do not fit, or memory does not suffice.
pub fn forward_propagation(
    X: &ArrayRef2<f64>,
    parameters: &Parameters<f64>,
    engine: Engine,
) -> Result<(Array2<f64>, Cache)> {
    const OPERATION: &str = "forward_propagation";
    let layers = views(OPERATION, parameters)?;
    let cache = forward(OPERATION, X, &layers, None, engine)?.cache(parameters);
    Ok((cache.output(), cache))
}

/// The gradients: `dz3 = (a3 - Y) / m`, and everything before it from that.
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
    let how = Backward::plain(Mean::InErrors, engine);
    backward("backward_propagation", X, Y, &cache.memories(), how)
}

/// The mean cross-entropy; examples whose loss is not a number are left out of the sum, as by `numpy.nansum`.
///
/// # Errors
///
/// If the shapes differ.
pub fn compute_loss(a3: &ArrayRef2<f64>, Y: &ArrayRef2<f64>) -> Result<f64> {
    mean_without_nan("compute_loss", a3, Y)
}

pub(super) fn mean_without_nan(
    operation: &'static str,
    a3: &ArrayRef2<f64>,
    Y: &ArrayRef2<f64>,
) -> Result<f64> {
    let mut losses = losses(operation, ("a3", a3), Y)?;
    losses
        .iter_mut()
        .filter(|loss| loss.is_nan())
        .for_each(|loss| *loss = 0.0);
    Ok(1.0 / Y.ncols() as f64 * pairwise_sum(&losses))
}

/// Trains a network of 10 and 5 hidden units.
///
/// # Errors
///
/// If shapes do not fit, the learning rate is not finite, or memory does not suffice.
pub fn model(
    X: &ArrayRef2<f64>,
    Y: &ArrayRef2<f64>,
    initialization: Initialization,
    mut descent: Descent<'_>,
) -> Result<Parameters<f64>> {
    const OPERATION: &str = "model";
    check_labels(OPERATION, X, Y)?;
    check_finite(OPERATION, "learning_rate", descent.learning_rate)?;
    let mut parameters = initialization.parameters(&[X.nrows(), 10, 5, 1])?;
    let how = Backward::plain(Mean::InErrors, descent.engine);
    for iteration in 0..descent.num_iterations {
        let layers = views(OPERATION, &parameters)?;
        let passed = forward(OPERATION, X, &layers, None, descent.engine)?;
        let cost = compute_loss(&passed.A[2], Y)?;
        let grads = backward(OPERATION, X, Y, &passed.memories(&layers), how)?;
        step(&mut parameters, &grads, descent.learning_rate);
        descent.report(iteration, cost)?;
    }
    Ok(parameters)
}

/// 1 for each example whose output is above 0.5, else 0, of shape `(1, m)`.
///
/// # Errors
///
/// As [`forward_propagation`].
pub fn predict(X: &ArrayRef2<f64>, parameters: &Parameters<f64>) -> Result<Array2<i64>> {
    let (a3, _) = forward_propagation(X, parameters, Engine::Fast)?;
    Ok(a3.mapv(|a| i64::from(a > 0.5)))
}
