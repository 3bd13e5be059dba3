//! `layernorm(epsilon=1e-5)`: layer normalisation.

use std::sync::Arc;

use super::batch_norm::{affine_parameters, epsilon, geometry};
use super::kind::{Built, LayerKind};
use crate::account::{self, Account, Feed, Feeds, Seen, Term};
use crate::error::Result as Checked;
use crate::layer::{Backward, Explain, Forward, Layer, Memory, Parameter};
use crate::notation::{LayerText, ParameterKind, Signature};
use crate::shape::Shape;
use stepnet_kernels::Real;
use stepnet_kernels::norm::{Affine, layer};

/// Layer normalisation (Ba, Kiros and Hinton, 2016): `y = gamma (x - mean) / sqrt(variance + epsilon) + beta`
/// with the mean and the variance of each vector, or of each pixel over its channels: the last axis, as
/// Keras has it unless told otherwise, and ConvNeXt.
///
/// Parameters: `gamma` and `beta`, each `(channels)` or `(features)`; decay acts on neither.
#[derive(Debug, Clone)]
pub struct LayerNorm {
    text: LayerText,
    epsilon: f64,
}

impl LayerNorm {
    fn from_text(text: &LayerText) -> Result<Self, String> {
        Ok(Self {
            text: text.clone(),
            epsilon: epsilon(text)?,
        })
    }

    /// The row of channels that a value is normalised in: its first place, its mean and
    /// `1 / sqrt(variance + epsilon)`.
    fn row<T: Real>(&self, place: usize, seen: &Seen<'_, T>) -> (usize, f64, f64) {
        let channels = geometry(seen.input, 1).channels;
        let (first, n) = (place / channels * channels, channels as f64);
        let values = (first..first + channels).map(|at| account::value(seen.x, at));
        let mean = values.clone().sum::<f64>() / n;
        let variance = values.map(|x| (x - mean) * (x - mean)).sum::<f64>() / n;
        (first, mean, 1.0 / (variance + self.epsilon).sqrt())
    }
}

fn affine<T>(parameters: &[T]) -> Affine<'_, T> {
    let (gamma, beta) = parameters.split_at(parameters.len() / 2);
    Affine { gamma, beta }
}

impl LayerKind for LayerNorm {
    fn signature() -> Signature {
        let summary = "Normalises each vector, or each pixel over its channels.";
        Signature::new("layernorm", summary)
            .alias("layernormalization")
            .optional("epsilon", ParameterKind::Number, 1e-5)
            .example("layernorm")
            .example("layernorm(0.01)")
    }

    fn build<T: Real>(text: &LayerText) -> Built<T> {
        Ok(Arc::new(Self::from_text(text)?))
    }
}

impl<T: Real> Layer<T> for LayerNorm {
    fn text(&self) -> LayerText {
        self.text.clone()
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, String> {
        Ok(input)
    }

    fn parameters(&self, input: Shape) -> Vec<Parameter> {
        affine_parameters(geometry(input, 1).channels)
    }

    fn memory(&self, input: Shape, batch: usize) -> Memory {
        let g = geometry(input, batch);
        Memory {
            kept: 2 * g.rows,
            backward_scratch: layer::backward_scratch(&g),
            ..Memory::default()
        }
    }

    fn forward(&self, pass: Forward<'_, T>) {
        let g = geometry(pass.context.input, pass.context.batch);
        let affine = affine(pass.parameters);
        layer::forward(&g, self.epsilon, pass.x, affine, pass.y, pass.kept);
    }

    fn backward(&self, pass: Backward<'_, T>) {
        let g = geometry(pass.context.input, pass.context.batch);
        let gamma = affine(pass.parameters).gamma;
        let gradients = pass.gradients.map(|gradients| {
            let (dgamma, dbeta) = gradients.split_at_mut(g.channels);
            [dgamma, dbeta]
        });
        let given = [pass.x, pass.dy, gamma, pass.kept];
        layer::backward(&g, given, pass.dx, gradients, pass.scratch);
    }

    fn explain(&self) -> &dyn Explain<T> {
        self
    }
}

impl<T: Real> Explain<T> for LayerNorm {
    fn account(&self, place: usize, seen: &Seen<'_, T>) -> Checked<Option<Account>> {
        let channels = geometry(seen.input, 1).channels;
        let (first, _, inverse) = self.row(place, seen);
        let channel = place - first;
        let gamma = account::value(seen.parameters, channel);
        let mut terms = account::room(channels)?;
        terms.extend((first..first + channels).map(|at| {
            let own = f64::from(u8::from(at == place));
            let factor = gamma * inverse * (own - 1.0 / channels as f64);
            Term::new(at, account::value(seen.x, at), factor)
        }));
        let beta = account::value(seen.parameters, channels + channel);
        let formula = "y_k = sum of x_j s ((1 if j is k) - 1 / channels), + beta, s = gamma_k / sqrt(variance + epsilon)";
        Ok(Some(Account::sum(formula, terms, Some(beta))))
    }

    fn feeds(&self, place: usize, seen: &Seen<'_, T>) -> Checked<Option<Feeds>> {
        let channels = geometry(seen.input, 1).channels;
        let n = channels as f64;
        let (first, mean, inverse) = self.row(place, seen);
        let normal = |at: usize| (account::value(seen.x, at) - mean) * inverse;
        let own_normal = normal(place);
        let mut feeds = account::room(channels)?;
        feeds.extend((first..first + channels).map(|at| {
            let scale = account::value(seen.parameters, at - first) * inverse;
            let own = f64::from(u8::from(at == place));
            let product = normal(at) * own_normal;
            Feed {
                place: at,
                factor: scale * (own - (1.0 + product) / n),
                size: 2.0 * (scale * (own + (1.0 + product.abs()) / n)).abs(),
            }
        }));
        let formula = "dx_j = sum of dy_k gamma_k / sqrt(variance + epsilon) ((1 if j is k) - (1 + n_j n_k) / channels), n normalised";
        Ok(Some(Feeds::new(formula, feeds)))
    }
}
