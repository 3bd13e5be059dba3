//! "Gradient checking".

use pyo3::prelude::*;
use pyo3::types::PyDict;
use stepnet::course::gradient_checking;
use stepnet::ndarray::{Array1, Axis, Ix1, IxDyn};

use super::given::{Given, Layers, entry, made, matrix, named, numbers, short};

const LAYERS: usize = 3;

#[pyfunction]
pub(crate) fn check_one(x: f64, theta: f64, epsilon: f64) -> f64 {
    gradient_checking::gradient_check(x, theta, epsilon)
}

#[pyfunction]
pub(crate) fn check_many(
    py: Python<'_>,
    parameters: Given<'_, '_>,
    gradients: Given<'_, '_>,
    X: Given<'_, '_>,
    Y: Given<'_, '_>,
    epsilon: f64,
) -> PyResult<f64> {
    const FUNCTION: &str = "gradient_check_n";
    let grad = in_turn(FUNCTION, ("gradients", "d"), gradients)?;
    let layers = Layers::of(FUNCTION, parameters, LAYERS)?;
    let (X, Y) = (matrix(FUNCTION, "X", X)?, matrix(FUNCTION, "Y", Y)?);
    let (X, Y, parameters) = (X.view(), Y.view(), layers.parameters());
    short(py, || {
        gradient_checking::difference(&parameters, &grad, &X, &Y, epsilon)
    })
}

/// `W1`, `b1`, `W2` and so on, with a letter before them, one after the other.
fn in_turn(
    function: &str,
    (argument, letter): (&str, &str),
    given: Given<'_, '_>,
) -> PyResult<Vec<f64>> {
    let mut all = Vec::new();
    for name in names() {
        let key = format!("{letter}{name}");
        let array = entry((function, argument), given, &key)?;
        all.extend(numbers::<f64, IxDyn>(function, &key, &array)?.view());
    }
    Ok(all)
}

fn names() -> impl Iterator<Item = String> {
    (1..=LAYERS).flat_map(|l| [format!("W{l}"), format!("b{l}")])
}

/// The numbers of a dictionary as a column; and of each the name of its array, without a letter before it.
#[pyfunction]
pub(crate) fn as_vector(
    py: Python<'_>,
    function: &str,
    argument: &str,
    letter: &str,
    given: Given<'_, '_>,
) -> PyResult<(Py<PyAny>, Vec<String>)> {
    let mut keys = Vec::new();
    if letter.is_empty() {
        for name in names() {
            let array = entry((function, argument), given, &name)?;
            let len = numbers::<f64, IxDyn>(function, &name, &array)?.view().len();
            keys.extend((0..len).map(|_| name.clone()));
        }
    }
    let values = in_turn(function, (argument, letter), given)?;
    let column = Array1::from_vec(values).insert_axis(Axis(1));
    Ok((made(py, column).into_any().unbind(), keys))
}

#[pyfunction]
pub(crate) fn from_vector<'py>(
    py: Python<'py>,
    theta: Given<'_, 'py>,
) -> PyResult<Bound<'py, PyDict>> {
    const FUNCTION: &str = "vector_to_dictionary";
    let theta = numbers::<f64, IxDyn>(FUNCTION, "theta", theta)?;
    // A plain vector is a column, too.
    let theta = theta.view();
    let theta = match theta.clone().into_dimensionality::<Ix1>() {
        Ok(vector) => vector.insert_axis(Axis(1)).into_dyn(),
        Err(_) => theta,
    };
    let parameters = short(py, || {
        let column = theta.into_dimensionality().map_err(|_| {
            stepnet::Error::value(
                FUNCTION,
                "theta",
                "more dimensions",
                "a column of 47 numbers",
            )
        })?;
        gradient_checking::vector_to_dictionary(&column)
    })?;
    named(py, parameters)
}
