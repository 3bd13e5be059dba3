//! The update rules: gradient descent, momentum, Adam; on whole networks, and on one array.

use ndarray::{Array, Array2, ArrayRef, Dimension, Zip};

use crate::course::arithmetic::check_finite;
use crate::error::{Error, Result};
use crate::steps::checks::same_shape;
use crate::steps::{Grads, Parameters};

/// The numbers of Adam.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adam {
    /// How much of the average of the gradients stays.
    pub beta1: f64,
    /// How much of that of their squares stays.
    pub beta2: f64,
    /// Against a division by 0; outside of the root.
    pub epsilon: f64,
}

impl Default for Adam {
    /// The notebook's: 0.9, 0.999, 1e-8.
    fn default() -> Self {
        Self {
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
        }
    }
}

/// What [`update_parameters_with_adam`] returns.
#[derive(Clone, Debug, PartialEq)]
pub struct Updated {
    /// The new parameters.
    pub parameters: Parameters<f64>,
    /// The moving average of the gradients.
    pub v: Grads<f64>,
    /// That of their squares.
    pub s: Grads<f64>,
    /// `v / (1 - beta1^t)`.
    pub v_corrected: Grads<f64>,
    /// `s / (1 - beta2^t)`.
    pub s_corrected: Grads<f64>,
}

/// One step of gradient descent, as [`steps::update_parameters`](crate::steps::update_parameters).
///
/// # Errors
///
/// As those of it.
pub fn update_parameters_with_gd(
    parameters: &Parameters<f64>,
    grads: &Grads<f64>,
    learning_rate: f64,
) -> Result<Parameters<f64>> {
    crate::steps::update_parameters(parameters, grads, learning_rate)
}

/// Zeros in the shapes of the gradients.
pub fn initialize_velocity(parameters: &Parameters<f64>) -> Grads<f64> {
    let zeros = |arrays: &[Array2<f64>]| {
        let zeros = arrays.iter().map(|array| Array2::zeros(array.raw_dim()));
        zeros.collect()
    };
    Grads {
        dA: Vec::new(),
        dW: zeros(&parameters.W),
        db: zeros(&parameters.b),
    }
}

/// Zeros for `v` and for `s`.
pub fn initialize_adam(parameters: &Parameters<f64>) -> (Grads<f64>, Grads<f64>) {
    (
        initialize_velocity(parameters),
        initialize_velocity(parameters),
    )
}

/// `v = beta v + (1 - beta) dW`, `W = W - learning_rate v`, and the same for `b`.
///
/// # Errors
///
/// If numbers or shapes of the arrays differ, or the learning rate is not finite.
pub fn update_parameters_with_momentum(
    parameters: &Parameters<f64>,
    grads: &Grads<f64>,
    v: &Grads<f64>,
    beta: f64,
    learning_rate: f64,
) -> Result<(Parameters<f64>, Grads<f64>)> {
    const OPERATION: &str = "update_parameters_with_momentum";
    check_finite(OPERATION, "learning_rate", learning_rate)?;
    check_alike(OPERATION, parameters, &[("grads", grads), ("v", v)])?;
    let (mut parameters, mut v) = (parameters.clone(), v.clone());
    let weights = parameters.W.iter_mut().zip(&grads.dW).zip(&mut v.dW);
    let biases = parameters.b.iter_mut().zip(&grads.db).zip(&mut v.db);
    for ((values, slope), v) in weights.chain(biases) {
        momentum(values, slope, v, beta, learning_rate);
    }
    Ok((parameters, v))
}

/// One step of Adam, the `t`-th from 1: averages of the gradients and of their squares, corrected for their start at 0;
/// `W = W - learning_rate v_corrected / (sqrt(s_corrected) + epsilon)`.
///
/// # Errors
///
/// If numbers or shapes of the arrays differ, `t` is 0, or the learning rate is not finite.
pub fn update_parameters_with_adam(
    parameters: &Parameters<f64>,
    grads: &Grads<f64>,
    (v, s): (&Grads<f64>, &Grads<f64>),
    t: i32,
    learning_rate: f64,
    adam: Adam,
) -> Result<Updated> {
    const OPERATION: &str = "update_parameters_with_adam";
    check_finite(OPERATION, "learning_rate", learning_rate)?;
    check_t(OPERATION, t)?;
    check_alike(
        OPERATION,
        parameters,
        &[("grads", grads), ("v", v), ("s", s)],
    )?;
    let mut updated = Updated {
        parameters: parameters.clone(),
        v: v.clone(),
        s: s.clone(),
        v_corrected: v.clone(),
        s_corrected: s.clone(),
    };
    let Updated {
        parameters, v, s, ..
    } = &mut updated;
    let weights = parameters.W.iter_mut().zip(&grads.dW);
    let biases = parameters.b.iter_mut().zip(&grads.db);
    let moments =
        v.dW.iter_mut()
            .zip(&mut s.dW)
            .chain(v.db.iter_mut().zip(&mut s.db));
    for ((values, slope), moments) in weights.chain(biases).zip(moments) {
        adam.step(values, slope, moments, t, learning_rate);
    }
    updated.v_corrected = corrected_all(&updated.v, adam.beta1, t);
    updated.s_corrected = corrected_all(&updated.s, adam.beta2, t);
    Ok(updated)
}

/// Refuses a step before the first.
///
/// # Errors
///
/// Then.
#[doc(hidden)]
pub fn check_t(operation: &'static str, t: i32) -> Result<()> {
    if t >= 1 {
        return Ok(());
    }
    Err(Error::value(operation, "t", t, "at least 1"))
}

fn corrected_all(moments: &Grads<f64>, beta: f64, t: i32) -> Grads<f64> {
    let all = |arrays: &[Array2<f64>]| arrays.iter().map(|m| corrected(m, beta, t)).collect();
    Grads {
        dA: Vec::new(),
        dW: all(&moments.dW),
        db: all(&moments.db),
    }
}

/// A moving average that started at 0, `t` steps ago: `moment / (1 - beta^t)`.
#[doc(hidden)]
pub fn corrected<D: Dimension>(moment: &ArrayRef<f64, D>, beta: f64, t: i32) -> Array<f64, D> {
    let weight = 1.0 - beta.powi(t);
    moment.mapv(|value| value / weight)
}

fn check_alike(
    operation: &'static str,
    parameters: &Parameters<f64>,
    others: &[(&str, &Grads<f64>)],
) -> Result<()> {
    for (name, other) in others {
        for (letter, arrays, gradients) in [
            ("W", &parameters.W, &other.dW),
            ("b", &parameters.b, &other.db),
        ] {
            if arrays.len() != gradients.len() {
                let expected = format!("{}, as parameters has", arrays.len());
                let argument = format!("{name}.d{letter}");
                let found = format!("{} arrays", gradients.len());
                return Err(Error::value(operation, argument, found, expected));
            }
            for (layer, (array, gradient)) in (1..).zip(arrays.iter().zip(gradients)) {
                let argument = format!("{name}['d{letter}{layer}']");
                let why = format!("the shape of {letter}{layer}");
                same_shape(operation, &argument, gradient.shape(), array.shape(), &why)?;
            }
        }
    }
    Ok(())
}

/// One array's step with momentum; all three have one shape.
#[doc(hidden)]
pub fn momentum<D: Dimension>(
    values: &mut ArrayRef<f64, D>,
    slope: &ArrayRef<f64, D>,
    v: &mut ArrayRef<f64, D>,
    beta: f64,
    rate: f64,
) {
    Zip::from(values)
        .and(slope)
        .and(v)
        .for_each(|value, &slope, v| {
            *v = beta * *v + (1.0 - beta) * slope;
            *value -= rate * *v;
        });
}

impl Adam {
    /// One array's step; all four have one shape.
    #[doc(hidden)]
    pub fn step<D: Dimension>(
        self,
        values: &mut ArrayRef<f64, D>,
        slope: &ArrayRef<f64, D>,
        (v, s): (&mut Array<f64, D>, &mut Array<f64, D>),
        t: i32,
        rate: f64,
    ) {
        let Self {
            beta1,
            beta2,
            epsilon,
        } = self;
        let (of_v, of_s) = (1.0 - beta1.powi(t), 1.0 - beta2.powi(t));
        Zip::from(values)
            .and(slope)
            .and(v)
            .and(s)
            .for_each(|value, &slope, v, s| {
                *v = beta1 * *v + (1.0 - beta1) * slope;
                *s = beta2 * *s + (1.0 - beta2) * (slope * slope);
                *value -= rate * (*v / of_v) / ((*s / of_s).sqrt() + epsilon);
            });
    }
}

/// The averages of all parameters of a network in training, and how many steps it has taken.
pub(super) struct State {
    v: [Vec<Array2<f64>>; 2],
    s: [Vec<Array2<f64>>; 2],
    t: i32,
}

impl State {
    pub(super) fn new(parameters: &Parameters<f64>) -> Self {
        let zeros = || {
            let Grads { dW, db, .. } = initialize_velocity(parameters);
            [dW, db]
        };
        Self {
            v: zeros(),
            s: zeros(),
            t: 0,
        }
    }

    /// Counts a step.
    pub(super) fn next(&mut self) -> i32 {
        self.t = self.t.saturating_add(1);
        self.t
    }

    /// `v` and `s` of the weights (0) or the biases (1) of a layer.
    pub(super) fn of(&mut self, kind: usize, layer: usize) -> (&mut Array2<f64>, &mut Array2<f64>) {
        (&mut self.v[kind][layer], &mut self.s[kind][layer])
    }
}
