//! Code that the normalisations share: their parameters, and how a value depends on those that it is normalised with.

use crate::account::{self, Account, ExampleValues, Feed, Feeds, Term};
use crate::error::Result as Checked;
use crate::layer::LayerError;
use crate::layer::Parameter;
use crate::notation::{LayerText, Value};
use crate::shape::Shape;
use stepnet_kernels::Real;
use stepnet_kernels::norm::{Affine, NormGeometry};

/// The smallest epsilon: its root still divides any `f32`.
const LEAST_EPSILON: f64 = 1e-12;

/// The epsilon of a normalisation's text.
pub(super) fn epsilon(text: &LayerText) -> Result<f64, LayerError> {
    let epsilon = text.number("epsilon");
    if epsilon < LEAST_EPSILON {
        return Err(format!(
            "its epsilon is {}, expected at least {LEAST_EPSILON:e}",
            Value::from(epsilon)
        )
        .into());
    }
    Ok(epsilon)
}

/// The rows and channels of a batch.
pub(super) fn geometry(input: Shape, batch: usize) -> NormGeometry {
    let channels = input.channels();
    NormGeometry {
        rows: batch * (input.len() / channels),
        channels,
    }
}

/// `gamma`, which starts as ones, and `beta`, which starts as zeros.
pub(super) fn affine_parameters(channels: usize) -> Vec<Parameter> {
    vec![
        Parameter::constant("gamma", channels, 1.0),
        Parameter::constant("beta", channels, 0.0),
    ]
}

/// `gamma` and `beta` in an array of both.
pub(super) fn affine<T>(parameters: &[T]) -> Affine<'_, T> {
    let (gamma, beta) = parameters.split_at(parameters.len() / 2);
    Affine { gamma, beta }
}

/// The gradients of `gamma` and `beta` in an array of both.
pub(super) fn affine_gradients<T>(gradients: &mut [T]) -> [&mut [T]; 2] {
    let (dgamma, dbeta) = gradients.split_at_mut(gradients.len() / 2);
    [dgamma, dbeta]
}

/// Values of an example that are normalised with one mean and one variance, their own.
pub(super) struct Group {
    /// Their places in the example.
    places: Vec<usize>,
    mean: f64,
    /// `1 / sqrt(variance + epsilon)`.
    inverse: f64,
}

impl Group {
    /// The group of the values at `places`.
    pub(super) fn new<T: Real>(
        places: Vec<usize>,
        epsilon: f64,
        example: &ExampleValues<'_, T>,
    ) -> Self {
        let n = places.len() as f64;
        let values = places.iter().map(|&at| account::value(example.x, at));
        let mean = values.clone().sum::<f64>() / n;
        let variance = values.map(|x| (x - mean) * (x - mean)).sum::<f64>() / n;
        Self {
            places,
            mean,
            inverse: 1.0 / (variance + epsilon).sqrt(),
        }
    }

    /// The terms of the output at `place`, which is one of the group's.
    pub(super) fn account<T: Real>(
        &self,
        formula: &'static str,
        place: usize,
        example: &ExampleValues<'_, T>,
    ) -> Checked<Account> {
        let channels = example.input.channels();
        let affine = [place % channels, channels + place % channels];
        let affine = affine.map(|at| account::value(example.parameters, at));
        self.account_with(formula, place, affine, example)
    }

    /// The same with another `gamma` and `beta`.
    pub(super) fn account_with<T: Real>(
        &self,
        formula: &'static str,
        place: usize,
        [gamma, beta]: [f64; 2],
        example: &ExampleValues<'_, T>,
    ) -> Checked<Account> {
        let n = self.places.len() as f64;
        let mut terms = account::room(self.places.len())?;
        terms.extend(self.places.iter().map(|&at| {
            let own = f64::from(u8::from(at == place));
            let factor = gamma * self.inverse * (own - 1.0 / n);
            Term::new(at, account::value(example.x, at), factor)
        }));
        Ok(Account::sum(formula, terms, Some(beta)))
    }

    /// The outputs to which the input at `place` contributes: all of the group.
    pub(super) fn feeds<T: Real>(
        &self,
        formula: &'static str,
        place: usize,
        example: &ExampleValues<'_, T>,
    ) -> Checked<Feeds> {
        let channels = example.input.channels();
        let gamma = |at: usize| account::value(example.parameters, at % channels);
        self.feeds_with(formula, place, gamma, example)
    }

    /// The same with another `gamma` of each output.
    pub(super) fn feeds_with<T: Real>(
        &self,
        formula: &'static str,
        place: usize,
        gamma: impl Fn(usize) -> f64,
        example: &ExampleValues<'_, T>,
    ) -> Checked<Feeds> {
        let n = self.places.len() as f64;
        let normal = |at: usize| (account::value(example.x, at) - self.mean) * self.inverse;
        let own_normal = normal(place);
        let mut feeds = account::room(self.places.len())?;
        feeds.extend(self.places.iter().map(|&at| {
            let scale = gamma(at) * self.inverse;
            let own = f64::from(u8::from(at == place));
            let product = normal(at) * own_normal;
            Feed {
                place: at,
                factor: scale * (own - (1.0 + product) / n),
                size: 2.0 * (scale * (own + (1.0 + product.abs()) / n)).abs(),
            }
        }));
        Ok(Feeds::new(formula, feeds))
    }
}
