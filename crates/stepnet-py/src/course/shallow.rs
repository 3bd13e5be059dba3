//! "Logistic regression" and "Planar data classification".

use pyo3::prelude::*;
use pyo3::types::PyDict;
use stepnet::course::{Descent, Engine, logistic_regression, planar};

use super::follow::{Follow, trained};
use super::given::{Given, Layers, dictionary, entry, made, matrix, named, short};

/// The engine that a word asked for.
pub(super) fn engine(fast: bool) -> Engine {
    if fast { Engine::Fast } else { Engine::Loops }
}

#[pyfunction]
pub(crate) fn logistic_propagate<'py>(
    py: Python<'py>,
    w: Given<'_, 'py>,
    b: f64,
    X: Given<'_, 'py>,
    Y: Given<'_, 'py>,
    fast: bool,
) -> PyResult<(Py<PyAny>, f64, f64)> {
    const FUNCTION: &str = "propagate";
    let (w, X) = (matrix(FUNCTION, "w", w)?, matrix(FUNCTION, "X", X)?);
    let Y = matrix(FUNCTION, "Y", Y)?;
    let (w, X, Y) = (w.view(), X.view(), Y.view());
    let (grads, cost) = short(py, || {
        logistic_regression::propagate(&w, b, &X, &Y, engine(fast))
    })?;
    Ok((made(py, grads.dw).into_any().unbind(), grads.db, cost))
}

/// `w`, `b`, `dw`, `db` and the costs.
type Optimized = (Py<PyAny>, f64, Option<Py<PyAny>>, f64, Vec<f64>);

#[pyfunction]
pub(crate) fn logistic_optimize<'py>(
    py: Python<'py>,
    w: Given<'_, 'py>,
    b: f64,
    X: Given<'_, 'py>,
    Y: Given<'_, 'py>,
    descent: (f64, usize, bool),
    follow: Follow,
) -> PyResult<Optimized> {
    const FUNCTION: &str = "optimize";
    let (w, X) = (matrix(FUNCTION, "w", w)?, matrix(FUNCTION, "X", X)?);
    let Y = matrix(FUNCTION, "Y", Y)?;
    let (w, X, Y) = (w.view(), X.view(), Y.view());
    let (learning_rate, num_iterations, fast) = descent;
    let done = trained(py, follow, num_iterations, |observe| {
        let descent = Descent {
            learning_rate,
            num_iterations,
            engine: engine(fast),
            observe: Some(observe),
        };
        logistic_regression::optimize(&w, b, &X, &Y, descent)
    })?;
    let (dw, db) = match done.grads {
        Some(grads) => (Some(made(py, grads.dw).into_any().unbind()), grads.db),
        None => (None, 0.0),
    };
    let w = made(py, done.params.w).into_any().unbind();
    Ok((w, done.params.b, dw, db, done.costs))
}

#[pyfunction]
pub(crate) fn logistic_predict<'py>(
    py: Python<'py>,
    w: Given<'_, 'py>,
    b: f64,
    X: Given<'_, 'py>,
) -> PyResult<Py<PyAny>> {
    const FUNCTION: &str = "predict";
    let (w, X) = (matrix(FUNCTION, "w", w)?, matrix(FUNCTION, "X", X)?);
    let (w, X) = (w.view(), X.view());
    let predicted = short(py, || logistic_regression::predict(&w, b, &X))?;
    Ok(made(py, predicted).into_any().unbind())
}

/// The share of predictions that are right, in per cent.
#[pyfunction]
pub(crate) fn logistic_accuracy(
    py: Python<'_>,
    p: Given<'_, '_>,
    Y: Given<'_, '_>,
) -> PyResult<f64> {
    let (p, Y) = (
        matrix("model", "the predictions", p)?,
        matrix("model", "Y", Y)?,
    );
    let (p, Y) = (p.view(), Y.view());
    short(py, || logistic_regression::accuracy(&p, &Y))
}

#[pyfunction]
pub(crate) fn planar_forward<'py>(
    py: Python<'py>,
    function: &str,
    X: Given<'_, 'py>,
    parameters: Given<'_, 'py>,
    fast: bool,
) -> PyResult<(Py<PyAny>, Bound<'py, PyDict>)> {
    let (X, layers) = (
        matrix(function, "X", X)?,
        Layers::of(function, parameters, 2)?,
    );
    let (X, layers) = (X.view(), layers.views());
    let passed = short(py, || {
        let [first, second] = &layers[..] else {
            return Err(stepnet::Error::value(
                "forward_propagation",
                "parameters",
                "other layers",
                "two",
            ));
        };
        planar::forward(&X, [&first.W, &first.b, &second.W, &second.b], engine(fast))
    })?;
    let planar::Cache { Z1, A1, Z2, A2 } = passed;
    let A2 = made(py, A2);
    let cache = dictionary(py, [("Z1", Z1), ("A1", A1), ("Z2", Z2)])?;
    cache.set_item("A2", &A2)?;
    Ok((A2.into_any().unbind(), cache))
}

#[pyfunction]
pub(crate) fn planar_backward<'py>(
    py: Python<'py>,
    parameters: Given<'_, 'py>,
    cache: Given<'_, 'py>,
    X: Given<'_, 'py>,
    Y: Given<'_, 'py>,
    fast: bool,
) -> PyResult<Bound<'py, PyDict>> {
    const FUNCTION: &str = "backward_propagation";
    let W2 = entry((FUNCTION, "parameters"), parameters, "W2")?;
    let [A1, A2] = ["A1", "A2"].map(|name| entry((FUNCTION, "cache"), cache, name));
    let (W2, A1) = (
        matrix(FUNCTION, "W2", &W2)?,
        matrix(FUNCTION, "cache: A1", &A1?)?,
    );
    let A2 = matrix(FUNCTION, "cache: A2", &A2?)?;
    let (X, Y) = (matrix(FUNCTION, "X", X)?, matrix(FUNCTION, "Y", Y)?);
    let (W2, A1, A2, X, Y) = (W2.view(), A1.view(), A2.view(), X.view(), Y.view());
    let grads = short(py, || {
        planar::backward(&W2, [&A1, &A2], &X, &Y, engine(fast))
    })?;
    let (mut dW, mut db) = (grads.dW.into_iter(), grads.db.into_iter());
    let all = PyDict::new(py);
    for layer in 1..=2 {
        for (name, array) in [("dW", dW.next()), ("db", db.next())] {
            if let Some(array) = array {
                all.set_item(format!("{name}{layer}"), made(py, array))?;
            }
        }
    }
    Ok(all)
}

#[pyfunction]
pub(crate) fn planar_model<'py>(
    py: Python<'py>,
    X: Given<'_, 'py>,
    Y: Given<'_, 'py>,
    n_h: usize,
    descent: (f64, usize, bool),
    follow: Follow,
) -> PyResult<Bound<'py, PyDict>> {
    const FUNCTION: &str = "nn_model";
    let (X, Y) = (matrix(FUNCTION, "X", X)?, matrix(FUNCTION, "Y", Y)?);
    let (X, Y) = (X.view(), Y.view());
    let (learning_rate, num_iterations, fast) = descent;
    let parameters = trained(py, follow, num_iterations, |observe| {
        let descent = Descent {
            learning_rate,
            num_iterations,
            engine: engine(fast),
            observe: Some(observe),
        };
        planar::nn_model(&X, &Y, n_h, descent)
    })?;
    named(py, parameters)
}
