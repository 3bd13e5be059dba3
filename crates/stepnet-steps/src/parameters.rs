//! The parameters of a deep network, their gradients, and the step of gradient descent.

use ndarray::{Array, Array2, ArrayRef, Dimension, Zip};

use super::check::{same_shape, zeros_like};
use crate::{Element, Error, Result};

/// Weights and biases of all layers: the notebook's dictionary `parameters`.
///
/// Layer `l` of the notebook, counted from 1, is at index `l - 1`: `W[0]` is `"W1"`.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters<T> {
    /// The weights, each `(units, previous units)`.
    pub W: Vec<Array2<T>>,
    /// The biases, each `(units, 1)`.
    pub b: Vec<Array2<T>>,
}

/// Gradients of all layers: the notebook's dictionary `grads`.
///
/// Layer `l` of the notebook, counted from 1, is at index `l - 1`: `dW[0]` is `"dW1"`.
#[derive(Clone, Debug, PartialEq)]
pub struct Grads<T> {
    /// The gradient that each layer passes back, with respect to its *input*, `(previous units, m)`.
    ///
    /// The notebook stores it under the number of the layer, so `dA[0]` is its `"dA1"`, though by its own
    /// notation it is the gradient of `A0`. See [`L_model_backward`](super::L_model_backward).
    pub dA: Vec<Array2<T>>,
    /// Gradients of the weights.
    pub dW: Vec<Array2<T>>,
    /// Gradients of the biases.
    pub db: Vec<Array2<T>>,
}

impl<T> Parameters<T> {
    /// The array with one of the notebook's names: `"W1"`, `"b1"`, `"W2"`, ...
    pub fn get(&self, name: &str) -> Option<&Array2<T>> {
        find(&[("W", &self.W), ("b", &self.b)], name)
    }

    /// All arrays with the notebook's names, in its order: `W1`, `b1`, `W2`, ...
    pub fn entries(&self) -> impl Iterator<Item = (String, &Array2<T>)> {
        entries([("W", &self.W), ("b", &self.b)])
    }
}

impl<T> Grads<T> {
    /// The array with one of the notebook's names: `"dA1"`, `"dW1"`, `"db1"`, `"dA2"`, ...
    pub fn get(&self, name: &str) -> Option<&Array2<T>> {
        find(
            &[("dA", &self.dA), ("dW", &self.dW), ("db", &self.db)],
            name,
        )
    }

    /// All arrays with the notebook's names, by layer: `dA1`, `dW1`, `db1`, `dA2`, ...
    pub fn entries(&self) -> impl Iterator<Item = (String, &Array2<T>)> {
        entries([("dA", &self.dA), ("dW", &self.dW), ("db", &self.db)])
    }
}

/// Arrays of one kind, by layer, with the letters that their names begin with.
type Kind<'a, T> = (&'static str, &'a Vec<Array2<T>>);

fn find<'a, T>(kinds: &[Kind<'a, T>], name: &str) -> Option<&'a Array2<T>> {
    let (number, arrays) = kinds
        .iter()
        .find_map(|(kind, arrays)| Some((name.strip_prefix(kind)?, arrays)))?;
    if !number.starts_with(|first: char| matches!(first, '1'..='9')) {
        return None;
    }
    arrays.get(number.parse::<usize>().ok()?.checked_sub(1)?)
}

fn entries<'a, T, const N: usize>(
    kinds: [Kind<'a, T>; N],
) -> impl Iterator<Item = (String, &'a Array2<T>)> {
    let layers = kinds
        .iter()
        .map(|(_, arrays)| arrays.len())
        .max()
        .unwrap_or(0);
    (0..layers).flat_map(move |layer| {
        kinds.into_iter().filter_map(move |(kind, arrays)| {
            Some((format!("{kind}{}", layer + 1), arrays.get(layer)?))
        })
    })
}

/// One step of gradient descent: `W = W - learning_rate dW`, `b = b - learning_rate db`, for every layer.
///
/// Only `dW` and `db` of the gradients are used.
///
/// Source: section 6.4 of the deep-network notebook.
///
/// # Shapes
///
/// The gradients have the shapes of the parameters, and so has the result.
///
/// # Errors
///
/// If there are no layers, if weights, biases and gradients differ in number or shape, if `learning_rate` is
/// not finite, or if memory does not suffice.
///
/// # In the notebooks
///
/// The test inputs hold `db` as a plain number for a whole layer, so all rows of the printed `b1` are equal.
/// Here `db` has one entry for each unit.
///
/// # Example
///
/// ```
/// use stepnet::ndarray::array;
/// use stepnet::steps::{Grads, Parameters, update_parameters};
///
/// let parameters = Parameters { W: vec![array![[1.78862847, 0.43650985]]], b: vec![array![[0.0]]] };
/// let grads = Grads {
///     dA: vec![],
///     dW: vec![array![[0.63070583, 0.66482653]]],
///     db: vec![array![[0.7593767620441146]]],
/// };
/// let parameters = update_parameters(&parameters, &grads, 0.1)?;
/// assert_eq!(format!("{:.8}", parameters.W[0]), "[[1.72555789, 0.37002720]]");
/// assert_eq!(format!("{:.8}", parameters.b[0]), "[[-0.07593768]]");
/// # Ok::<(), stepnet::Error>(())
/// ```
pub fn update_parameters<T: Element>(
    parameters: &Parameters<T>,
    grads: &Grads<T>,
    learning_rate: T,
) -> Result<Parameters<T>> {
    const OPERATION: &str = "update_parameters";
    check_layers(OPERATION, parameters)?;
    if !learning_rate.is_finite() {
        return Err(Error::value(
            OPERATION,
            "learning_rate",
            learning_rate,
            "a finite number",
        ));
    }
    let step = |kind: &str, arrays: &[Array2<T>], gradients: &[Array2<T>]| {
        if gradients.len() != arrays.len() {
            let expected = format!("{} layers, as parameters has", arrays.len());
            return Err(Error::value(
                OPERATION,
                format!("grads.d{kind}"),
                layers(gradients.len()),
                expected,
            ));
        }
        let updated = (1..)
            .zip(arrays.iter().zip(gradients))
            .map(|(layer, (array, gradient))| {
                let (name, why) = (
                    format!("d{kind}{layer}"),
                    format!("the shape of {kind}{layer}"),
                );
                same_shape(OPERATION, &name, gradient.shape(), array.shape(), &why)?;
                descended(&format!("{kind}{layer}"), array, gradient, learning_rate)
            });
        updated.collect::<Result<Vec<_>>>()
    };
    Ok(Parameters {
        W: step("W", &parameters.W, &grads.dW)?,
        b: step("b", &parameters.b, &grads.db)?,
    })
}

/// `array - learning_rate gradient`, of two arrays of one shape; errors call the array `name`.
///
/// # Errors
///
/// When memory does not suffice.
pub fn descended<T: Element, D: Dimension>(
    name: &str,
    array: &ArrayRef<T, D>,
    gradient: &ArrayRef<T, D>,
    learning_rate: T,
) -> Result<Array<T, D>> {
    let mut updated = zeros_like("update_parameters", name, array)?;
    Zip::from(&mut updated)
        .and(array)
        .and(gradient)
        .for_each(|updated, &value, &slope| *updated = value - slope * learning_rate);
    Ok(updated)
}

/// Refuses parameters without layers, or with a different number of weights and biases.
pub(super) fn check_layers<T>(operation: &'static str, parameters: &Parameters<T>) -> Result<()> {
    let Parameters { W, b } = parameters;
    if W.is_empty() {
        return Err(Error::value(
            operation,
            "parameters.W",
            layers(0),
            "at least one layer",
        ));
    }
    if b.len() != W.len() {
        let expected = format!("{}, as parameters.W has", layers(W.len()));
        return Err(Error::value(
            operation,
            "parameters.b",
            layers(b.len()),
            expected,
        ));
    }
    Ok(())
}

fn layers(count: usize) -> String {
    match count {
        0 => "empty".to_string(),
        1 => "1 layer".to_string(),
        _ => format!("{count} layers"),
    }
}
