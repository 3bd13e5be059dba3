//! The network of the notebooks on initialization, regularization and optimization, and that of the cats.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use stepnet::course::views::{Backward, Mean, Memory, Passed, backward, forward, pairwise_sum};
use stepnet::course::{
    Descent, Gradients, dnn_application, initialization, optimization, regularization,
};
use stepnet::ndarray::{Array2, ArrayView2};
use stepnet::rng::RandomState;
use stepnet::steps::Parameters;

use super::follow::{Follow, trained};
use super::given::{Given, Layers, layers_in, made, matrix, named, parts, short};
use super::shallow::engine;

/// The layers of the notebooks' network.
const LAYERS: usize = 3;

/// The name of a notebook's function, as errors have it.
fn operation(function: &str) -> &'static str {
    const NAMES: [&str; 10] = [
        "forward_propagation",
        "backward_propagation",
        "predict",
        "predict_dec",
        "forward_propagation_n",
        "backward_propagation_n",
        "forward_propagation_with_dropout",
        "backward_propagation_with_regularization",
        "backward_propagation_with_dropout",
        "compute_loss",
    ];
    NAMES
        .into_iter()
        .find(|name| *name == function)
        .unwrap_or("model")
}

/// `A3` and the tuple `cache`; dropout is given by the part that stays, and whether its masks are truth values or whole numbers.
#[pyfunction]
pub(crate) fn network_forward<'py>(
    py: Python<'py>,
    function: &str,
    X: Given<'_, 'py>,
    parameters: Given<'_, 'py>,
    dropout: Option<(f64, bool)>,
    fast: bool,
) -> PyResult<(Py<PyAny>, Bound<'py, PyTuple>)> {
    let (X, layers) = (
        matrix(function, "X", X)?,
        Layers::of(function, parameters, LAYERS)?,
    );
    let (X, views) = (X.view(), layers.views());
    let passed = short(py, || {
        let mut random = RandomState::new(1);
        if let Some((keep_prob, _)) = dropout {
            regularization::check_keep_prob(operation(function), keep_prob)?;
        }
        let dropout = dropout.map(|(keep_prob, _)| (keep_prob, &mut random));
        forward(operation(function), &X, &views, dropout, engine(fast))
    })?;
    let Passed { Z, A, D } = passed;
    let (mut D, mut last) = (D.into_iter(), None);
    let mut cache: Vec<Py<PyAny>> = Vec::with_capacity(14);
    for (l, (Z, A)) in (1..).zip(Z.into_iter().zip(A)) {
        cache.push(made(py, Z).into_any().unbind());
        if let Some(mask) = D.next() {
            cache.push(match dropout {
                Some((_, true)) => made(py, mask.mapv(|kept| kept != 0.0)).into_any().unbind(),
                _ => made(py, mask.mapv(|kept| i64::from(kept != 0.0)))
                    .into_any()
                    .unbind(),
            });
        }
        let A = made(py, A).into_any().unbind();
        last = Some(A.clone_ref(py));
        cache.push(A);
        for name in [format!("W{l}"), format!("b{l}")] {
            cache.push(parameters.get_item(name)?.unbind());
        }
    }
    let output = last.unwrap_or_else(|| py.None());
    Ok((output, PyTuple::new(py, cache)?))
}

/// How a backward pass is taken: lower-case names and the mean in the errors, `lambd`, `keep_prob`, and the faults.
type How = (bool, Option<f64>, Option<f64>, (bool, bool));

#[pyfunction]
pub(crate) fn network_backward<'py>(
    py: Python<'py>,
    function: &str,
    X: Given<'_, 'py>,
    Y: Given<'_, 'py>,
    cache: Given<'_, 'py>,
    how: How,
    fast: bool,
) -> PyResult<Bound<'py, PyDict>> {
    let (lower, lambd, keep_prob, faults) = how;
    let masked = keep_prob.is_some();
    let (names, count) = match (lower, masked) {
        (true, _) => ("z1, a1, W1, b1, z2, a2, W2, b2, z3, a3, W3, b3", 12),
        (_, true) => ("Z1, D1, A1, W1, b1, Z2, D2, A2, W2, b2, Z3, A3, W3, b3", 14),
        _ => ("Z1, A1, W1, b1, Z2, A2, W2, b2, Z3, A3, W3, b3", 12),
    };
    let cache = parts(function, cache, names, count)?;
    let at = |index: usize, name: String| {
        matrix(function, &format!("cache: {name}"), &cache.get_item(index)?)
    };
    let (X, Y) = (matrix(function, "X", X)?, matrix(function, "Y", Y)?);
    let mut given = Vec::with_capacity(LAYERS);
    for index in 0..LAYERS {
        let first = if masked { 5 * index } else { 4 * index };
        let (l, hidden) = (index + 1, masked && index + 1 < LAYERS);
        let after = usize::from(hidden);
        let mask = if hidden {
            Some(at(first + 1, format!("D{l}"))?)
        } else {
            None
        };
        let A = at(first + 1 + after, format!("A{l}"))?;
        given.push((A, at(first + 2 + after, format!("W{l}"))?, mask));
    }
    let memories: Vec<Memory<'_>> = given
        .iter()
        .map(|(A, W, D)| Memory {
            A: A.view(),
            W: W.view(),
            D: D.as_ref().map(|D| D.view()),
        })
        .collect();
    let (X, Y) = (X.view(), Y.view());
    let mean = if lower {
        Mean::InErrors
    } else {
        Mean::InGradients
    };
    let mut pass = Backward::plain(mean, engine(fast));
    (pass.lambd, pass.keep_prob) = (lambd, keep_prob);
    (pass.fault_in_dW2, pass.fault_in_db1) = faults;
    let gradients = short(py, || {
        if let Some(keep_prob) = keep_prob {
            regularization::check_keep_prob(operation(function), keep_prob)?;
        }
        backward(operation(function), &X, &Y, &memories, pass)
    })?;
    gradients_named(py, gradients, lower)
}

/// From the last layer to the first, as the notebooks list them.
fn gradients_named(
    py: Python<'_>,
    gradients: Gradients,
    lower: bool,
) -> PyResult<Bound<'_, PyDict>> {
    let (dz, da) = if lower { ("dz", "da") } else { ("dZ", "dA") };
    let all = PyDict::new(py);
    let Gradients {
        mut dZ,
        mut dA,
        mut dW,
        mut db,
    } = gradients;
    for l in (1..=dZ.len()).rev() {
        if l == dA.len()
            && let Some(array) = dA.pop()
        {
            all.set_item(format!("{da}{l}"), made(py, array))?;
        }
        for (name, arrays) in [(dz, &mut dZ), ("dW", &mut dW), ("db", &mut db)] {
            if let Some(array) = arrays.pop() {
                all.set_item(format!("{name}{l}"), made(py, array))?;
            }
        }
    }
    Ok(all)
}

/// The cross-entropy of outputs of this name, by a rule.
#[pyfunction]
pub(crate) fn cross_entropy(
    py: Python<'_>,
    function: &str,
    which: (String, String),
    A: Given<'_, '_>,
    Y: Given<'_, '_>,
) -> PyResult<f64> {
    use stepnet::course::{Edition, gradient_checking, planar};
    let (name, rule) = (&*which.0, &*which.1);
    let (A, Y) = (matrix(function, name, A)?, matrix(function, "Y", Y)?);
    let (A, Y) = (A.view(), Y.view());
    short(py, || match (function, rule) {
        ("compute_loss", _) => initialization::compute_loss(&A, &Y),
        ("forward_propagation_n", _) => gradient_checking::cost(&A, &Y),
        (_, "mean without NaN") => regularization::compute_cost(&A, &Y),
        (_, "sum") => optimization::compute_cost(&A, &Y, Edition::Newest),
        (_, "mean of the batch") => optimization::compute_cost(&A, &Y, Edition::First),
        _ => planar::compute_cost(&A, &Y),
    })
}

#[pyfunction]
pub(crate) fn regularized_cost(
    py: Python<'_>,
    A3: Given<'_, '_>,
    Y: Given<'_, '_>,
    parameters: Given<'_, '_>,
    lambd: f64,
) -> PyResult<f64> {
    const FUNCTION: &str = "compute_cost_with_regularization";
    let (A3, Y) = (matrix(FUNCTION, "A3", A3)?, matrix(FUNCTION, "Y", Y)?);
    let weights = (1..=LAYERS)
        .map(|l| {
            let name = format!("W{l}");
            let given = super::given::entry((FUNCTION, "parameters"), parameters, &name)?;
            matrix(FUNCTION, &name, &given)
        })
        .collect::<PyResult<Vec<_>>>()?;
    let (A3, Y) = (A3.view(), Y.view());
    let weights: Vec<ArrayView2<'_, f64>> = weights.iter().map(|W| W.view()).collect();
    short(py, || {
        regularization::cost_of(&A3, &Y, weights.into_iter(), lambd)
    })
}

/// Whether the output is above 0.5, and the share of `y` that is so, where there is a `y`.
#[pyfunction]
pub(crate) fn network_predict<'py>(
    py: Python<'py>,
    function: &str,
    X: Given<'_, 'py>,
    y: Option<Bound<'py, PyAny>>,
    parameters: Given<'_, 'py>,
) -> PyResult<(Py<PyAny>, f64)> {
    let (X, layers) = (
        matrix(function, "X", X)?,
        Layers::of(function, parameters, LAYERS)?,
    );
    let y = y.map(|y| matrix(function, "y", &y)).transpose()?;
    let (X, views) = (X.view(), layers.views());
    let labels = y.as_ref().map(|y| y.view());
    let (predicted, right) = short(py, || {
        let passed = forward(operation(function), &X, &views, None, engine(true))?;
        let p = passed.A[LAYERS - 1].mapv(|a| a > 0.5);
        let right = labels.map_or(Ok(0.0), |y| share_right(&p, &y))?;
        Ok((p, right))
    })?;
    Ok((made(py, predicted).into_any().unbind(), right))
}

/// `numpy.mean(p[0] == y[0])`.
fn share_right(p: &Array2<bool>, y: &ArrayView2<'_, f64>) -> stepnet::Result<f64> {
    if p.shape() != y.shape() {
        let expected = format!("{:?}, one label for each column of X", p.shape());
        return Err(stepnet::Error::shape("predict", "y", y.shape(), expected));
    }
    let right: Vec<f64> = p
        .iter()
        .zip(y)
        .map(|(&p, &y)| f64::from(u8::from(f64::from(u8::from(p)) == y)))
        .collect();
    Ok(pairwise_sum(&right) / p.ncols() as f64)
}

/// Initial parameters by a rule.
#[pyfunction]
pub(crate) fn initial_parameters<'py>(
    py: Python<'py>,
    rule: &str,
    layer_dims: Vec<usize>,
    seed: u32,
) -> PyResult<Bound<'py, PyDict>> {
    let parameters = short(py, || {
        let (dims, random) = (&layer_dims[..], &mut RandomState::new(seed));
        match rule {
            "zeros" => initialization::initialize_parameters_zeros(dims),
            "random" => initialization::initialize_parameters_random(dims, random),
            "he" => initialization::initialize_parameters_he(dims, random),
            "optimization" => optimization::initialize_parameters(dims, random),
            "regularization" => regularization::initialize_parameters(dims, random),
            _ => dnn_application::initialize_parameters_deep(dims, random),
        }
    })?;
    named(py, parameters)
}

/// What a model does beside gradient descent.
enum Kind {
    Starts(initialization::Initialization),
    Against(regularization::Against),
}

/// The model of the notebook on initialization (with the word for it), or on regularization (with `lambd` or `keep_prob`).
#[pyfunction]
pub(crate) fn network_model<'py>(
    py: Python<'py>,
    X: Given<'_, 'py>,
    Y: Given<'_, 'py>,
    which: (Option<String>, Option<f64>, Option<f64>),
    descent: (f64, usize, bool),
    follow: Follow,
) -> PyResult<Bound<'py, PyDict>> {
    use regularization::Against;
    let (learning_rate, num_iterations, fast) = descent;
    let (X, Y) = (matrix("model", "X", X)?, matrix("model", "Y", Y)?);
    let (X, Y) = (X.view(), Y.view());
    let kind = match which {
        (Some(word), ..) => {
            let word = initialization::Initialization::named(&word);
            Kind::Starts(word.map_err(crate::convert::raised)?)
        }
        (_, Some(lambd), _) => Kind::Against(Against::L2(lambd)),
        (_, _, Some(keep_prob)) => Kind::Against(Against::Dropout(keep_prob)),
        _ => Kind::Against(Against::Nothing),
    };
    let parameters = trained(py, follow, num_iterations, |observe| {
        let descent = Descent {
            learning_rate,
            num_iterations,
            engine: engine(fast),
            observe: Some(observe),
        };
        match kind {
            Kind::Starts(word) => initialization::model(&X, &Y, word, descent),
            Kind::Against(against) => regularization::model(&X, &Y, against, descent),
        }
    })?;
    named(py, parameters)
}

/// The models of the application notebook.
#[pyfunction]
pub(crate) fn application_model<'py>(
    py: Python<'py>,
    function: &str,
    X: Given<'_, 'py>,
    Y: Given<'_, 'py>,
    layers_dims: Vec<usize>,
    descent: (f64, usize, bool),
    follow: Follow,
) -> PyResult<(Bound<'py, PyDict>, Vec<f64>)> {
    let (learning_rate, num_iterations, fast) = descent;
    let (X, Y) = (matrix(function, "X", X)?, matrix(function, "Y", Y)?);
    let (X, Y) = (X.view(), Y.view());
    let two = function == "two_layer_model";
    let (parameters, costs): (Parameters<f64>, _) =
        trained(py, follow, num_iterations, |observe| {
            let descent = Descent {
                learning_rate,
                num_iterations,
                engine: engine(fast),
                observe: Some(observe),
            };
            match two {
                true => dnn_application::two_layer_model(&X, &Y, &layers_dims, descent),
                false => dnn_application::L_layer_model(&X, &Y, &layers_dims, descent),
            }
        })?;
    Ok((named(py, parameters)?, costs))
}

/// 1 or 0 for each example, and the accuracy as the notebook sums it.
#[pyfunction]
pub(crate) fn application_predict<'py>(
    py: Python<'py>,
    X: Given<'_, 'py>,
    y: Given<'_, 'py>,
    parameters: Given<'_, 'py>,
) -> PyResult<(Py<PyAny>, f64)> {
    const FUNCTION: &str = "predict";
    let (X, y) = (matrix(FUNCTION, "X", X)?, matrix(FUNCTION, "y", y)?);
    let layers = Layers::of(FUNCTION, parameters, layers_in(FUNCTION, parameters)?)?;
    let (X, y, parameters) = (X.view(), y.view(), layers.parameters());
    let (p, right) = short(py, || {
        let p = dnn_application::predict(&X, &parameters)?;
        let right = dnn_application::accuracy(&p, &y)?;
        Ok((p, right))
    })?;
    Ok((made(py, p).into_any().unbind(), right))
}
