//! `layernorm(epsilon=1e-5)`: layer normalisation.

use std::sync::Arc;

use super::kind::{BuildResult, LayerKind};
use super::norm::{Group, affine, affine_gradients, affine_parameters, epsilon, geometry};
use crate::account::{self, Account, ExampleValues, Feeds};
use crate::error::Result as Checked;
use crate::layer::{Backward, Explain, Forward, Layer, LayerError, Memory, Parameter};
use crate::notation::{LayerText, ParameterKind, Signature};
use crate::shape::Shape;
use stepnet_kernels::Real;
use stepnet_kernels::norm::layer;

/// Layer normalisation (Ba, Kiros and Hinton, 2016): `y = gamma (x - mean) / sqrt(variance + epsilon) + beta`
/// with the mean and the variance of each vector, or of each pixel over its channels: the last axis, as
/// in ConvNeXt, and in Keras by default.
///
/// Parameters: `gamma` and `beta`, each `(channels)` or `(features)`; decay acts on neither.
#[derive(Debug, Clone)]
pub(super) struct LayerNorm {
    text: LayerText,
    epsilon: f64,
}

impl LayerNorm {
    fn from_text(text: &LayerText) -> Result<Self, LayerError> {
        Ok(Self {
            text: text.clone(),
            epsilon: epsilon(text)?,
        })
    }

    /// The channels that the value at `place` is normalised with: those of its pixel.
    fn group<T: Real>(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Group> {
        let channels = example.input.channels();
        let first = place / channels * channels;
        let mut places = account::room(channels)?;
        places.extend(first..first + channels);
        Ok(Group::new(places, self.epsilon, example))
    }
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

    fn build<T: Real>(text: &LayerText) -> BuildResult<T> {
        Ok(Arc::new(Self::from_text(text)?))
    }
}

impl<T: Real> Layer<T> for LayerNorm {
    fn text(&self) -> LayerText {
        self.text.clone()
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, LayerError> {
        Ok(input)
    }

    fn parameters(&self, input: Shape) -> Vec<Parameter> {
        affine_parameters(input.channels())
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
        let gradients = pass.gradients.map(affine_gradients);
        let given = [pass.x, pass.dy, gamma, pass.kept];
        layer::backward(&g, given, pass.dx, gradients, pass.scratch);
    }

    fn explain(&self) -> &dyn Explain<T> {
        self
    }
}

impl<T: Real> Explain<T> for LayerNorm {
    fn account(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Option<Account>> {
        let formula = "y_k = sum of x_j s ((1 if j is k) - 1 / channels), + beta, s = gamma_k / sqrt(variance + epsilon)";
        let group = self.group(place, example)?;
        group.account(formula, place, example).map(Some)
    }

    fn feeds(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Option<Feeds>> {
        let formula = "dx_j = sum of dy_k gamma_k / sqrt(variance + epsilon) ((1 if j is k) - (1 + n_j n_k) / channels), n normalised";
        let group = self.group(place, example)?;
        group.feeds(formula, place, example).map(Some)
    }
}
