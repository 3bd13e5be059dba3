//! `groupnorm(groups, epsilon=1e-5)`: group normalisation.

use std::sync::Arc;

use super::arguments::{count, divisors};
use super::kind::{BuildResult, LayerKind};
use super::norm::{Group, affine, affine_gradients, affine_parameters, epsilon, geometry};
use crate::account::{self, Account, ExampleValues, Feeds};
use crate::doctor::cost;
use crate::error::Result as Checked;
use crate::layer::{
    Advise, Backward, Explain, Forward, Layer, LayerError, Memory, Parameter, Remedy,
};
use crate::notation::{LayerText, ParameterKind, Signature};
use crate::shape::Shape;
use stepnet_kernels::Real;
use stepnet_kernels::norm::batch::Gradients;
use stepnet_kernels::norm::group::{self, GroupGeometry};

/// Group normalisation (Wu and He, 2018): `y = gamma (x - mean) / sqrt(variance + epsilon) + beta` with the mean and the
/// variance of each group of channels, over all pixels of an example; of a vector, of each group of features. As
/// PyTorch's `GroupNorm(groups, channels)`. With one group per channel it is instance normalisation.
///
/// Parameters: `gamma` and `beta`, each `(channels)`; decay acts on neither.
#[derive(Debug, Clone)]
pub(super) struct GroupNorm {
    text: LayerText,
    groups: usize,
    epsilon: f64,
}

impl GroupNorm {
    fn geometry(&self, input: Shape, batch: usize) -> GroupGeometry {
        let example = geometry(input, 1);
        GroupGeometry {
            examples: batch,
            pixels: example.rows,
            channels: example.channels,
            groups: self.groups,
        }
    }

    /// The channels that the value at `place` is normalised with: those of its group, over all pixels.
    fn group<T: Real>(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Group> {
        let g = self.geometry(example.input, 1);
        let size = g.channels / g.groups;
        let first = place % g.channels / size * size;
        let mut places = account::room(g.pixels * size)?;
        places.extend((0..g.pixels).flat_map(|pixel| {
            let first = pixel * g.channels + first;
            first..first + size
        }));
        Ok(Group::new(places, self.epsilon, example))
    }
}

impl LayerKind for GroupNorm {
    fn signature() -> Signature {
        let summary = "Normalises each group of an example's channels, over all its pixels.";
        Signature::new("groupnorm", summary)
            .alias("groupnormalization")
            .required("groups", ParameterKind::Count)
            .optional("epsilon", ParameterKind::Number, 1e-5)
            .example("groupnorm(1)")
            .example("groupnorm(2)")
            .example("groupnorm(2, epsilon=0.01)")
    }

    fn build<T: Real>(text: &LayerText) -> BuildResult<T> {
        Ok(Arc::new(Self {
            text: text.clone(),
            groups: count(text, "groups")?,
            epsilon: epsilon(text)?,
        }))
    }
}

impl<T: Real> Layer<T> for GroupNorm {
    fn text(&self) -> LayerText {
        self.text.clone()
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, LayerError> {
        let (channels, groups) = (input.channels(), self.groups);
        if !channels.is_multiple_of(groups) {
            return Err(format!(
                "channels is {channels}, expected a multiple of the {groups} groups"
            )
            .into());
        }
        Ok(input)
    }

    fn parameters(&self, input: Shape) -> Vec<Parameter> {
        affine_parameters(input.channels())
    }

    fn memory(&self, input: Shape, batch: usize) -> Memory {
        let g = self.geometry(input, batch);
        Memory {
            kept: g.kept(),
            scratch: group::forward_scratch(&g),
            backward_scratch: group::backward_scratch(&g),
            ..Memory::default()
        }
    }

    fn forward(&self, pass: Forward<'_, T>) {
        let g = self.geometry(pass.context.input, pass.context.batch);
        let to = [pass.y, pass.kept, pass.scratch];
        group::forward(&g, self.epsilon, pass.x, affine(pass.parameters), to);
    }

    fn backward(&self, pass: Backward<'_, T>) {
        let g = self.geometry(pass.context.input, pass.context.batch);
        let to = Gradients {
            dx: pass.dx,
            affine: pass.gradients.map(affine_gradients),
        };
        let gamma = affine(pass.parameters).gamma;
        let given = [pass.x, pass.dy, gamma, pass.kept];
        group::backward(&g, self.epsilon, given, to, pass.scratch);
    }

    fn explain(&self) -> &dyn Explain<T> {
        self
    }

    fn advise(&self) -> &dyn Advise {
        self
    }
}

impl<T: Real> Explain<T> for GroupNorm {
    fn account(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Option<Account>> {
        let formula = "y_k = sum of x_j s ((1 if j is k) - 1 / n), + beta, s = gamma_k / sqrt(variance + epsilon), n values in the group";
        let group = self.group(place, example)?;
        group.account(formula, place, example).map(Some)
    }

    fn feeds(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Option<Feeds>> {
        let formula = "dx_j = sum of dy_k gamma_k / sqrt(variance + epsilon) ((1 if j is k) - (1 + x_j x_k) / n), x normalised, n values in the group";
        let group = self.group(place, example)?;
        group.feeds(formula, place, example).map(Some)
    }
}

impl Advise for GroupNorm {
    fn formula(&self, input: Shape) -> Option<String> {
        let (channels, groups) = (input.channels(), self.groups);
        let (share, rest) = (channels / groups, channels % groups);
        (rest > 0)
            .then(|| format!("{channels} channels / {groups} groups = {share}, remainder {rest}"))
    }

    /// The nearest numbers of groups that divide the channels, the smaller one first. A group has more values than
    /// one: a single value is its own mean, and would always become 0.
    fn remedies(&self, input: Shape) -> Vec<Remedy> {
        let channels = input.channels();
        let fitting = || divisors(channels).filter(|groups| input.len() / groups > 1);
        let fewer = fitting().filter(|&groups| groups < self.groups).max();
        let more = fitting().filter(|&groups| groups > self.groups).min();
        let mut nearest: Vec<usize> = fewer.into_iter().chain(more).collect();
        nearest.sort_by_key(|groups| groups.abs_diff(self.groups));
        let text = |groups: usize| self.text.clone().with("groups", groups).ok();
        let cost = cost::ARGUMENT;
        nearest
            .into_iter()
            .filter_map(text)
            .map(|text| Remedy { text, cost })
            .collect()
    }
}
