//! "Logistic regression with a neural network mindset" (course 1, week 2).

use ndarray::{Array2, ArrayRef, ArrayRef2, Dimension};

use super::arithmetic::{
    check_finite, check_labels, descend, losses, pairwise_sum, product, sigmoid as activated,
};
use super::{Descent, Engine, tell};
use crate::error::{Error, Result};
use crate::steps::checks::{same_shape, zeros};

/// Weights and bias.
#[derive(Clone, Debug, PartialEq)]
pub struct Params {
    /// `(features, 1)`.
    pub w: Array2<f64>,
    /// One number.
    pub b: f64,
}

/// The gradients of [`propagate`].
#[derive(Clone, Debug, PartialEq)]
pub struct Grads {
    /// With respect to the weights, `(features, 1)`.
    pub dw: Array2<f64>,
    /// With respect to the bias.
    pub db: f64,
}

/// What [`optimize`] returns.
#[derive(Clone, Debug, PartialEq)]
pub struct Optimized {
    /// Weights and bias after the last step.
    pub params: Params,
    /// The gradients of the last step; without a step there are none.
    pub grads: Option<Grads>,
    /// The cost before every 100th step.
    pub costs: Vec<f64>,
}

/// What [`model`] returns: the notebook's dictionary.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// The cost before every 100th step.
    pub costs: Vec<f64>,
    /// 0 or 1 for each example of the test set, `(1, m_test)`.
    pub Y_prediction_test: Array2<f64>,
    /// The same for the training set.
    pub Y_prediction_train: Array2<f64>,
    /// Weights and bias.
    pub params: Params,
}

/// `1 / (1 + exp(-z))` of each number. Unlike that of [`building_dnn`](super::building_dnn) it returns the value alone.
///
/// # Errors
///
/// When memory does not suffice.
pub fn sigmoid<D: Dimension>(z: &ArrayRef<f64, D>) -> Result<ndarray::Array<f64, D>> {
    crate::fast::sigmoid(z)
}

/// Weights of shape `(dim, 1)` and a bias, all 0.
///
/// # Errors
///
/// When memory does not suffice.
pub fn initialize_with_zeros(dim: usize) -> Result<Params> {
    let w = zeros("initialize_with_zeros", "dim", (dim, 1))?;
    Ok(Params { w, b: 0.0 })
}

/// The gradients and the cost of a training set: `A = sigmoid(w.T X + b)`, the mean cross-entropy,
/// `dw = X (A - Y).T / m` and `db = sum(A - Y) / m`.
///
/// # Shapes
///
/// `w` is `(features, 1)`, `X` is `(features, m)`, `Y` is `(1, m)`.
///
/// # Errors
///
/// If shapes do not fit, or memory does not suffice.
///
/// # Example
///
/// ```
/// use stepnet::course::{Engine, logistic_regression::propagate};
/// use stepnet::ndarray::array;
///
/// let (X, Y) = (array![[1.0, 2.0, -1.0], [3.0, 4.0, -3.2]], array![[1.0, 0.0, 1.0]]);
/// let (grads, cost) = propagate(&array![[1.0], [2.0]], 2.0, &X, &Y, Engine::Fast)?;
/// assert_eq!(format!("{:.8}", grads.dw), "[[0.99845601],\n [2.39507239]]");
/// assert_eq!(format!("{:.10} {cost:.8}", grads.db), "0.0014555781 5.80154532");
/// # Ok::<(), stepnet::Error>(())
/// ```
pub fn propagate(
    w: &ArrayRef2<f64>,
    b: f64,
    X: &ArrayRef2<f64>,
    Y: &ArrayRef2<f64>,
    engine: Engine,
) -> Result<(Grads, f64)> {
    const OPERATION: &str = "propagate";
    check_labels(OPERATION, X, Y)?;
    let A = activations(OPERATION, w, b, X, engine)?;
    let m = X.ncols() as f64;
    let cost = pairwise_sum(&losses(OPERATION, ("A", &A), Y)?) / m;
    let errors = A - Y.view();
    let mut dw = product(OPERATION, ("X", X), ("(A - Y).T", &errors.t()), engine)?;
    dw /= m;
    let db = pairwise_sum(errors.as_slice_memory_order().unwrap_or_default()) / m;
    Ok((Grads { dw, db }, cost))
}

fn activations(
    operation: &'static str,
    w: &ArrayRef2<f64>,
    b: f64,
    X: &ArrayRef2<f64>,
    engine: Engine,
) -> Result<Array2<f64>> {
    let why = "one weight for each row of X";
    same_shape(operation, "w", w.shape(), &[X.nrows(), 1], why)?;
    let mut Z = product(operation, ("w.T", &w.t()), ("X", X), engine)?;
    Z += b;
    activated(operation, &Z, engine)
}

/// Gradient descent: in each step `w = w - learning_rate dw` and `b = b - learning_rate db`.
///
/// # Errors
///
/// If shapes do not fit, the learning rate is not finite, or memory does not suffice.
pub fn optimize(
    w: &ArrayRef2<f64>,
    b: f64,
    X: &ArrayRef2<f64>,
    Y: &ArrayRef2<f64>,
    descent: Descent<'_>,
) -> Result<Optimized> {
    const OPERATION: &str = "optimize";
    let Descent {
        learning_rate,
        num_iterations,
        engine,
        mut observe,
    } = descent;
    check_finite(OPERATION, "learning_rate", learning_rate)?;
    let w = w.to_owned();
    let mut params = Params { w, b };
    let (mut costs, mut last) = (Vec::new(), None);
    for iteration in 0..num_iterations {
        let (grads, cost) = propagate(&params.w, params.b, X, Y, engine)?;
        descend(&mut params.w, &grads.dw, learning_rate);
        params.b -= learning_rate * grads.db;
        last = Some(grads);
        if iteration % 100 == 0 {
            costs.push(cost);
        }
        tell(&mut observe, iteration, cost)?;
    }
    Ok(Optimized {
        params,
        grads: last,
        costs,
    })
}

/// 1 for each example whose activation is above 0.5, else 0, of shape `(1, m)`.
///
/// # Errors
///
/// If shapes do not fit, or memory does not suffice.
pub fn predict(w: &ArrayRef2<f64>, b: f64, X: &ArrayRef2<f64>) -> Result<Array2<f64>> {
    let mut A = activations("predict", w, b, X, Engine::Fast)?;
    A.mapv_inplace(|a| f64::from(u8::from(a > 0.5)));
    Ok(A)
}

/// Trains from zeros, and predicts both sets.
///
/// # Errors
///
/// As [`optimize`] and [`predict`].
pub fn model(
    (X_train, Y_train): (&ArrayRef2<f64>, &ArrayRef2<f64>),
    X_test: &ArrayRef2<f64>,
    descent: Descent<'_>,
) -> Result<Model> {
    if X_test.nrows() != X_train.nrows() {
        let expected = format!("{} rows, as X_train has", X_train.nrows());
        return Err(Error::shape("model", "X_test", X_test.shape(), expected));
    }
    let start = initialize_with_zeros(X_train.nrows())?;
    let Optimized { params, costs, .. } = optimize(&start.w, start.b, X_train, Y_train, descent)?;
    Ok(Model {
        costs,
        Y_prediction_test: predict(&params.w, params.b, X_test)?,
        Y_prediction_train: predict(&params.w, params.b, X_train)?,
        params,
    })
}

/// The accuracy in per cent, `100 - mean(|p - Y|) 100`.
///
/// # Errors
///
/// If the shapes differ.
pub fn accuracy(p: &ArrayRef2<f64>, Y: &ArrayRef2<f64>) -> Result<f64> {
    same_shape(
        "model",
        "Y",
        Y.shape(),
        p.shape(),
        "the shape of the predictions",
    )?;
    let wrong: Vec<f64> = p.iter().zip(Y).map(|(p, y)| (p - y).abs()).collect();
    Ok(100.0 - pairwise_sum(&wrong) / p.len() as f64 * 100.0)
}
