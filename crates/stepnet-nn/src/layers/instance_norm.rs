//! `instancenorm(epsilon=1e-5, affine=true)`: instance normalisation.

use std::sync::Arc;

use super::kind::{BuildResult, LayerKind};
use super::norm::{Group, affine, affine_gradients, affine_parameters, epsilon, geometry};
use crate::account::{self, Account, ExampleValues, Feeds};
use crate::error::Result as Checked;
use crate::layer::{Backward, Explain, Forward, Layer, LayerError, Memory, Parameter};
use crate::notation::{LayerText, ParameterKind, Signature};
use crate::shape::Shape;
use stepnet_kernels::Real;
use stepnet_kernels::norm::Affine;
use stepnet_kernels::norm::batch::Gradients;
use stepnet_kernels::norm::group::{self, GroupGeometry};

/// Instance normalisation (Ulyanov, Vedaldi and Lempitsky, 2016): `y = gamma (x - mean) / sqrt(variance + epsilon) + beta`
/// with the mean and the variance of each channel of an example, over its pixels. It is a group normalisation with a
/// group for each channel. As PyTorch's `InstanceNorm2d`, whose own default is `affine=False`, without running statistics.
///
/// Parameters: `gamma` and `beta`, each `(channels)`, unless `affine` is false; decay acts on neither.
#[derive(Debug, Clone)]
pub(super) struct InstanceNorm {
    text: LayerText,
    epsilon: f64,
    affine: bool,
}

impl InstanceNorm {
    fn geometry(input: Shape, batch: usize) -> GroupGeometry {
        let example = geometry(input, 1);
        GroupGeometry {
            examples: batch,
            pixels: example.rows,
            channels: example.channels,
            groups: example.channels,
        }
    }

    /// The pixels of the channel of the value at `place`, and the channel's factor and summand.
    fn group<T: Real>(
        &self,
        place: usize,
        example: &ExampleValues<'_, T>,
    ) -> Checked<(Group, [f64; 2])> {
        let g = Self::geometry(example.input, 1);
        let channel = place % g.channels;
        let mut places = account::room(g.pixels)?;
        places.extend((0..g.pixels).map(|pixel| pixel * g.channels + channel));
        let affine = match self.affine {
            true => {
                [channel, g.channels + channel].map(|at| account::value(example.parameters, at))
            }
            false => [1.0, 0.0],
        };
        Ok((Group::new(places, self.epsilon, example), affine))
    }

    /// `gamma` and `beta`: the parameters, or ones and zeros at the start of the scratch memory; and the rest of that.
    fn affine<'a, T: Real>(
        &self,
        parameters: &'a [T],
        channels: usize,
        scratch: &'a mut [T],
    ) -> (Affine<'a, T>, &'a mut [T]) {
        if self.affine {
            return (affine(parameters), scratch);
        }
        let (plain, scratch) = scratch.split_at_mut(2 * channels);
        plain[..channels].fill(T::one());
        plain[channels..].fill(T::zero());
        (affine(plain), scratch)
    }
}

impl LayerKind for InstanceNorm {
    fn signature() -> Signature {
        let summary = "Normalises each channel of an example over its pixels.";
        Signature::new("instancenorm", summary)
            .alias("instancenorm2d")
            .alias("instancenormalization")
            .optional("epsilon", ParameterKind::Number, 1e-5)
            .optional("affine", ParameterKind::Flag, true)
            .example("instancenorm")
            .example("instancenorm(0.01, affine=false)")
    }

    fn build<T: Real>(text: &LayerText) -> BuildResult<T> {
        Ok(Arc::new(Self {
            text: text.clone(),
            epsilon: epsilon(text)?,
            affine: text.flag("affine"),
        }))
    }
}

impl<T: Real> Layer<T> for InstanceNorm {
    fn text(&self) -> LayerText {
        self.text.clone()
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, LayerError> {
        let one = "and a single value, its own mean, would always become 0";
        match input {
            Shape::Volume {
                height: 1,
                width: 1,
                ..
            } => Err(format!(
                "instancenorm normalises each channel over its pixels, but {input} has one pixel, {one}"
            )
            .into()),
            Shape::Volume { .. } => Ok(input),
            Shape::Features(features) => Err(format!(
                "instancenorm normalises each channel over its pixels, but its input is a vector of {features} \
                 features, {one}"
            )
            .into()),
        }
    }

    fn parameters(&self, input: Shape) -> Vec<Parameter> {
        match self.affine {
            true => affine_parameters(input.channels()),
            false => Vec::new(),
        }
    }

    fn memory(&self, input: Shape, batch: usize) -> Memory {
        let g = Self::geometry(input, batch);
        let plain = if self.affine { 0 } else { 2 * g.channels };
        Memory {
            kept: g.kept(),
            scratch: plain + group::forward_scratch(&g),
            backward_scratch: plain + group::backward_scratch(&g),
            ..Memory::default()
        }
    }

    fn forward(&self, pass: Forward<'_, T>) {
        let g = Self::geometry(pass.context.input, pass.context.batch);
        let (affine, scratch) = self.affine(pass.parameters, g.channels, pass.scratch);
        group::forward(
            &g,
            self.epsilon,
            pass.x,
            affine,
            [pass.y, pass.kept, scratch],
        );
    }

    fn backward(&self, pass: Backward<'_, T>) {
        let g = Self::geometry(pass.context.input, pass.context.batch);
        let gradients = pass.gradients.filter(|_| self.affine);
        let to = Gradients {
            dx: pass.dx,
            affine: gradients.map(affine_gradients),
        };
        let (affine, scratch) = self.affine(pass.parameters, g.channels, pass.scratch);
        let given = [pass.x, pass.dy, affine.gamma, pass.kept];
        group::backward(&g, self.epsilon, given, to, scratch);
    }

    fn explain(&self) -> &dyn Explain<T> {
        self
    }
}

impl<T: Real> Explain<T> for InstanceNorm {
    fn account(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Option<Account>> {
        let formula = "y_k = sum of x_j s ((1 if j is k) - 1 / n), + beta, s = gamma / sqrt(variance + epsilon), n pixels";
        let (group, affine) = self.group(place, example)?;
        group
            .account_with(formula, place, affine, example)
            .map(Some)
    }

    fn feeds(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Option<Feeds>> {
        let formula = "dx_j = sum of dy_k gamma / sqrt(variance + epsilon) ((1 if j is k) - (1 + x_j x_k) / n), x normalised, n pixels";
        let (group, [gamma, _]) = self.group(place, example)?;
        group
            .feeds_with(formula, place, |_| gamma, example)
            .map(Some)
    }
}
