//! Update rules on dictionaries of arrays, and the model of the notebook on optimization.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping};
use stepnet::course::Edition;
use stepnet::course::optimization::{self, Adam, Optimizer, Training};
use stepnet::ndarray::{ArrayD, ArrayViewD, IxDyn, Zip};
use stepnet::rng::RandomState;

use super::follow::{Follow, trained};
use super::given::{Given, Numbers, entry, made, matrix, named, numbers, short};
use super::shallow::engine;

/// A parameter with arrays that go with it, by name.
struct Taken<'py> {
    name: String,
    values: Numbers<'py, f64, IxDyn>,
    others: Vec<Numbers<'py, f64, IxDyn>>,
}

/// The same where they lie.
struct Row<'a> {
    values: ArrayViewD<'a, f64>,
    others: Vec<ArrayViewD<'a, f64>>,
}

impl Taken<'_> {
    fn row(&self) -> Row<'_> {
        Row {
            values: self.values.view(),
            others: self.others.iter().map(Numbers::view).collect(),
        }
    }
}

impl Row<'_> {
    /// A copy of another array, in the shape of the parameter.
    fn copy(&self, other: usize) -> ArrayD<f64> {
        let given = &self.others[other];
        match given.broadcast(self.values.raw_dim()) {
            Some(wide) => wide.to_owned(),
            None => given.to_owned(),
        }
    }
}

/// Each of `parameters`, with the entries `dW1` and so on of other dictionaries.
fn taken<'py>(
    function: &str,
    parameters: Given<'_, 'py>,
    others: &[(&str, Given<'_, 'py>)],
) -> PyResult<Vec<Taken<'py>>> {
    let mut found = Vec::new();
    for (name, values) in entries(function, parameters)? {
        let values = numbers::<f64, IxDyn>(function, &name, &values)?;
        let key = format!("d{name}");
        let mut arrays = Vec::with_capacity(others.len());
        for (argument, dictionary) in others {
            let array = entry((function, argument), dictionary, &key)?;
            let array = numbers::<f64, IxDyn>(function, &key, &array)?;
            let shape = values.view().raw_dim();
            if array.view().broadcast(shape).is_none() {
                return Err(PyValueError::new_err(format!(
                    "{function}: {argument}['{key}'] has shape {:?}, expected {:?}, the shape of {name}",
                    array.view().shape(),
                    values.view().shape(),
                )));
            }
            arrays.push(array);
        }
        found.push(Taken {
            name,
            values,
            others: arrays,
        });
    }
    Ok(found)
}

/// The entries of a dictionary of parameters.
fn entries<'py>(
    function: &str,
    parameters: Given<'_, 'py>,
) -> PyResult<Vec<(String, Bound<'py, PyAny>)>> {
    if let Ok(parameters) = parameters.cast_exact::<PyDict>() {
        let entries = parameters.iter();
        return entries
            .map(|(name, values)| Ok((name.extract()?, values)))
            .collect();
    }
    let Ok(given) = parameters.cast::<PyMapping>() else {
        let kind = parameters.get_type().name()?;
        return Err(PyTypeError::new_err(format!(
            "{function}: parameters is of type {kind}, expected a dictionary with W1, b1 and so on"
        )));
    };
    given.items()?.iter().map(|item| item.extract()).collect()
}

/// A dictionary with an array for each row, under its name with something before it.
fn under<'py>(
    py: Python<'py>,
    before: &str,
    names: &[Taken<'_>],
    arrays: impl IntoIterator<Item = ArrayD<f64>>,
) -> PyResult<Bound<'py, PyDict>> {
    let all = PyDict::new(py);
    for (taken, array) in names.iter().zip(arrays) {
        let array = made(py, array);
        match before {
            "" => all.set_item(&taken.name, array)?,
            _ => all.set_item(format!("{before}{}", taken.name), array)?,
        }
    }
    Ok(all)
}

/// A step of gradient descent: `W - learning_rate dW` for each parameter.
#[pyfunction]
pub(crate) fn descended_all<'py>(
    py: Python<'py>,
    function: &str,
    parameters: Given<'_, 'py>,
    grads: Given<'_, 'py>,
    learning_rate: f64,
) -> PyResult<Bound<'py, PyDict>> {
    let all = taken(function, parameters, &[("grads", grads)])?;
    let rows: Vec<Row<'_>> = all.iter().map(Taken::row).collect();
    let updated = short(py, || {
        let updated = rows.iter().map(|row| {
            let mut values = row.values.to_owned();
            if let Some(slopes) = row.others[0].broadcast(values.raw_dim()) {
                Zip::from(&mut values)
                    .and(&slopes)
                    .for_each(|value, &slope| *value -= learning_rate * slope);
            }
            values
        });
        Ok(updated.collect::<Vec<_>>())
    })?;
    under(py, "", &all, updated)
}

/// Zeros in the shapes of the parameters, under `dW1`, `db1` and so on: so many dictionaries.
#[pyfunction]
pub(crate) fn zeros_for<'py>(
    py: Python<'py>,
    function: &str,
    parameters: Given<'_, 'py>,
    count: usize,
) -> PyResult<Vec<Bound<'py, PyDict>>> {
    let all = taken(function, parameters, &[])?;
    let one = |_| {
        let zeros = all
            .iter()
            .map(|taken| ArrayD::zeros(taken.values.view().raw_dim()));
        under(py, "d", &all, zeros)
    };
    (0..count).map(one).collect()
}

/// The parameters and `v` after a step with momentum.
#[pyfunction]
pub(crate) fn momentum_step<'py>(
    py: Python<'py>,
    parameters: Given<'_, 'py>,
    grads: Given<'_, 'py>,
    v: Given<'_, 'py>,
    beta: f64,
    learning_rate: f64,
) -> PyResult<(Bound<'py, PyDict>, Bound<'py, PyDict>)> {
    const FUNCTION: &str = "update_parameters_with_momentum";
    let all = taken(FUNCTION, parameters, &[("grads", grads), ("v", v)])?;
    let rows: Vec<Row<'_>> = all.iter().map(Taken::row).collect();
    let updated = short(py, || {
        let updated = rows.iter().map(|row| {
            let (mut values, mut v) = (row.values.to_owned(), row.copy(1));
            if let Some(slope) = row.others[0].broadcast(values.raw_dim()) {
                optimization::momentum(&mut values, &slope, &mut v, beta, learning_rate);
            }
            (values, v)
        });
        Ok(updated.collect::<Vec<_>>())
    })?;
    let (values, v): (Vec<_>, Vec<_>) = updated.into_iter().unzip();
    Ok((under(py, "", &all, values)?, under(py, "d", &all, v)?))
}

/// The parameters, `v`, `s`, and both corrected, after a step of Adam.
#[pyfunction]
pub(crate) fn adam_step<'py>(
    py: Python<'py>,
    parameters: Given<'_, 'py>,
    grads: Given<'_, 'py>,
    moments: (Bound<'py, PyAny>, Bound<'py, PyAny>),
    t: i32,
    learning_rate: f64,
    adam: (f64, f64, f64),
) -> PyResult<Vec<Bound<'py, PyDict>>> {
    let ((v, s), (beta1, beta2, epsilon)) = (moments, adam);
    const FUNCTION: &str = "update_parameters_with_adam";
    let all = taken(
        FUNCTION,
        parameters,
        &[("grads", grads), ("v", &v), ("s", &s)],
    )?;
    let rows: Vec<Row<'_>> = all.iter().map(Taken::row).collect();
    let adam = Adam {
        beta1,
        beta2,
        epsilon,
    };
    let updated = short(py, || {
        optimization::check_t(FUNCTION, t)?;
        let updated = rows.iter().map(|row| {
            let (mut values, mut v, mut s) = (row.values.to_owned(), row.copy(1), row.copy(2));
            let slope = row.copy(0);
            adam.step(&mut values, &slope, (&mut v, &mut s), t, learning_rate);
            let corrected =
                [(&v, beta1), (&s, beta2)].map(|(m, beta)| optimization::corrected(m, beta, t));
            let [v_corrected, s_corrected] = corrected;
            [values, v, s, v_corrected, s_corrected]
        });
        Ok(updated.collect::<Vec<_>>())
    })?;
    let mut columns: [Vec<ArrayD<f64>>; 5] = Default::default();
    for row in updated {
        for (column, array) in columns.iter_mut().zip(row) {
            column.push(array);
        }
    }
    let befores = ["", "d", "d", "d", "d"];
    let columns = befores.into_iter().zip(columns);
    columns
        .map(|(before, arrays)| under(py, before, &all, arrays))
        .collect()
}

/// The order of numpy's generator after a seed.
#[pyfunction]
pub(crate) fn permutation(py: Python<'_>, m: usize, seed: u32) -> PyResult<Py<PyAny>> {
    let order = short(py, || {
        stepnet_base::memory::ensure::<i64>("random_mini_batches", m)?;
        let order = RandomState::new(seed).permutation(m);
        Ok(order
            .into_iter()
            .map(|at| i64::try_from(at).unwrap_or(0))
            .collect::<Vec<i64>>())
    })?;
    let order = stepnet::ndarray::Array1::from_vec(order);
    Ok(made(py, order).into_any().unbind())
}

/// `learning_rate0 / (1 + decay_rate epoch_num)`.
#[pyfunction]
pub(crate) fn decayed(learning_rate0: f64, epoch_num: f64, decay_rate: f64) -> f64 {
    optimization::update_lr(learning_rate0, epoch_num, decay_rate)
}

/// `learning_rate0 / (1 + decay_rate floor(epoch_num / time_interval))`.
#[pyfunction]
pub(crate) fn decayed_in_steps(
    learning_rate0: f64,
    epoch_num: f64,
    decay_rate: f64,
    time_interval: f64,
) -> f64 {
    optimization::schedule_lr_decay(learning_rate0, epoch_num, decay_rate, time_interval)
}

/// What [`optimization_model`] is given beside the data: the optimiser, `beta`, `beta1`, `beta2`, `epsilon`.
type Rule = (String, f64, f64, f64, f64);

#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "a function of Python")]
pub(crate) fn optimization_model<'py>(
    py: Python<'py>,
    X: Given<'_, 'py>,
    Y: Given<'_, 'py>,
    layers_dims: Vec<usize>,
    rule: Rule,
    how: (f64, usize, usize, bool, bool),
    rates: Option<Vec<f64>>,
    follow: Follow,
) -> PyResult<Bound<'py, PyDict>> {
    let (optimizer, beta, beta1, beta2, epsilon) = rule;
    let (learning_rate, mini_batch_size, num_epochs, first, fast) = how;
    let (X, Y) = (matrix("model", "X", X)?, matrix("model", "Y", Y)?);
    let (X, Y) = (X.view(), Y.view());
    let optimizer = match &*optimizer {
        "gd" => Optimizer::Gd,
        "momentum" => Optimizer::Momentum(beta),
        _ => Optimizer::Adam(Adam {
            beta1,
            beta2,
            epsilon,
        }),
    };
    // After each epoch the rate that Python's function gave for it.
    let decay = |rate: f64, epoch: usize| {
        let rates = rates.as_deref().unwrap_or_default();
        rates.get(epoch).copied().unwrap_or(rate)
    };
    let parameters = trained(py, follow, num_epochs, |observe| {
        let training = Training {
            optimizer,
            learning_rate,
            mini_batch_size,
            num_epochs,
            decay: Some(&decay),
            edition: if first {
                Edition::First
            } else {
                Edition::Newest
            },
            engine: engine(fast),
            observe: Some(observe),
        };
        optimization::model(&X, &Y, &layers_dims, training)
    })?;
    named(py, parameters)
}
