//! `bn(momentum=0.9, epsilon=1e-5)`: batch normalisation.

mod shared;

use std::sync::Arc;

use super::kind::{BuildResult, LayerKind};
use super::norm::{affine, affine_gradients, affine_parameters, epsilon, geometry};
use crate::account::{self, Account, ExampleValues, Feed, Feeds, Term};
use crate::error::Result as Checked;
use crate::layer::{
    Backward, Context, Explain, Forward, Layer, LayerError, Memory, Parameter, Reads,
};
use crate::notation::{LayerText, ParameterKind, Signature};
use crate::shape::Shape;
use stepnet_kernels::Real;
use stepnet_kernels::norm::Affine;
use stepnet_kernels::norm::batch::{self, BackwardInput, Gradients, Statistics};

/// Batch normalisation (Ioffe and Szegedy, 2015): `y = gamma (x - mean) / sqrt(variance + epsilon) + beta`,
/// channel by channel.
///
/// While training, mean and variance are those of the batch, over its pixels or vectors; at inference
/// the running ones. After each step they move towards the batch's,
///
/// ```text
/// running = momentum * running + (1 - momentum) * batch
/// ```
///
/// as in Keras (PyTorch's momentum is 1 minus this one), with the batch's variance over `n - 1` values
/// for its `n`, as in PyTorch; of one value there is none, and the running one stays. A frozen layer
/// normalises with its running statistics in training too, and they do not move, as in Keras.
///
/// Parameters, each `(channels)`: `gamma` and `beta`, on neither of which decay acts; `mean` and `variance`,
/// which are not trainable.
#[derive(Debug, Clone)]
pub(crate) struct BatchNorm {
    text: LayerText,
    momentum: f64,
    epsilon: f64,
    /// Whether the ReLU after it is fused with it.
    rectified: bool,
}

/// The four parameters, each `(channels)`.
struct Parts<'a, T> {
    affine: Affine<'a, T>,
    running: Statistics<'a, T>,
}

impl<'a, T> Parts<'a, T> {
    fn of(parameters: &'a [T]) -> Self {
        let (scaled, running) = parameters.split_at(parameters.len() / 2);
        let (mean, variance) = running.split_at(running.len() / 2);
        Self {
            affine: affine(scaled),
            running: Statistics { mean, variance },
        }
    }
}

/// The factor and the offset of a value at inference: `gamma / sqrt(variance + epsilon)`,
/// and `beta - mean` times that.
pub(super) fn line<T: Real>(parameters: &[T], channel: usize, epsilon: f64) -> [f64; 2] {
    let channels = parameters.len() / 4;
    let part = |number: usize| account::value(parameters, number * channels + channel);
    let scale = part(0) / (part(3) + epsilon).sqrt();
    [scale, part(1) - part(2) * scale]
}

impl BatchNorm {
    fn from_text(text: &LayerText) -> Result<Self, LayerError> {
        Ok(Self {
            text: text.clone(),
            momentum: text.number("momentum"),
            epsilon: epsilon(text)?,
            rectified: false,
        })
    }

    /// It and the ReLU after it, as one layer.
    pub(crate) fn with_relu(&self) -> Self {
        Self {
            rectified: true,
            ..self.clone()
        }
    }

    /// The number that is added to the variance.
    pub(super) fn epsilon(&self) -> f64 {
        self.epsilon
    }
}

/// The batch's statistics in what a training pass has kept.
fn kept_statistics<T>(kept: &[T], channels: usize) -> Statistics<'_, T> {
    let (mean, variance) = kept[..2 * channels].split_at(channels);
    Statistics { mean, variance }
}

impl LayerKind for BatchNorm {
    fn signature() -> Signature {
        let summary = "Batch normalisation; running = momentum * running + (1 - momentum) * batch.";
        Signature::new("bn", summary)
            .alias("batchnorm")
            .alias("batchnorm2d")
            .alias("batchnormalization")
            .optional("momentum", ParameterKind::Rate, 0.9)
            .optional("epsilon", ParameterKind::Number, 1e-5)
            .example("bn")
            .example("bn(0.99, epsilon=0.01)")
    }

    fn build<T: Real>(text: &LayerText) -> BuildResult<T> {
        Ok(Arc::new(Self::from_text(text)?))
    }
}

impl<T: Real> Layer<T> for BatchNorm {
    fn text(&self) -> LayerText {
        self.text.clone()
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, LayerError> {
        Ok(input)
    }

    fn parameters(&self, input: Shape) -> Vec<Parameter> {
        let channels = input.channels();
        let mut parameters = affine_parameters(channels);
        parameters.push(Parameter::running("mean", channels, 0.0));
        parameters.push(Parameter::running("variance", channels, 1.0));
        parameters
    }

    fn memory(&self, input: Shape, batch: usize) -> Memory {
        let g = geometry(input, batch);
        Memory {
            // The batch's statistics: of each example as much, since it is to grow with the batch.
            kept: 2 * g.channels * batch,
            scratch: batch::statistics_scratch(&g).max(batch::forward_scratch(&g)),
            backward_scratch: batch::backward_scratch(&g),
            ..Memory::default()
        }
    }

    fn reads(&self) -> Reads {
        Reads {
            input: true,
            output: self.rectified,
        }
    }

    fn forward(&self, pass: Forward<'_, T>) {
        let g = geometry(pass.context.input, pass.context.batch);
        let Parts { affine, running } = Parts::of(pass.parameters);
        let own = pass.context.training() && !g.is_empty();
        if own {
            let (mean, variance) = pass.kept[..2 * g.channels].split_at_mut(g.channels);
            batch::statistics(&g, pass.x, mean, variance, pass.scratch);
            if let Some(others) = pass.context.others {
                shared::combine(others, g.rows, mean, variance);
            }
        }
        let statistics = match own {
            true => batch::NormStatistics::Batch(kept_statistics(pass.kept, g.channels)),
            false => batch::NormStatistics::Fixed(running),
        };
        let norm = batch::Norm {
            epsilon: self.epsilon,
            statistics,
            affine,
            rectified: self.rectified,
        };
        batch::forward(&g, norm, pass.x, pass.y, pass.scratch);
    }

    fn backward(&self, pass: Backward<'_, T>) {
        let g = geometry(pass.context.input, pass.context.batch);
        let Parts { affine, running } = Parts::of(pass.parameters);
        let own = pass.context.training() && !g.is_empty();
        if let Some(others) = pass.context.others.filter(|_| own) {
            return shared::backward(self, others, pass);
        }
        let given = BackwardInput {
            x: pass.x,
            rectified: self.rectified.then_some(pass.y),
            dy: pass.dy,
            statistics: match own {
                true => batch::NormStatistics::Batch(kept_statistics(pass.kept, g.channels)),
                false => batch::NormStatistics::Fixed(running),
            },
            gamma: affine.gamma,
        };
        let affine = pass.gradients.map(|gradients| {
            let (scaled, running) = gradients.split_at_mut(2 * g.channels);
            running.fill(T::zero());
            affine_gradients(scaled)
        });
        let to = Gradients {
            dx: pass.dx,
            affine,
        };
        batch::backward(&g, self.epsilon, given, to, pass.scratch);
    }

    fn after_step(&self, context: &Context<'_>, kept: &[T], parameters: &mut [T]) {
        let g = geometry(context.input, context.batch);
        if g.is_empty() || kept.len() < 2 * g.channels {
            return;
        }
        let batch = kept_statistics(kept, g.channels);
        let (_, running) = parameters.split_at_mut(2 * g.channels);
        let (mean, variance) = running.split_at_mut(g.channels);
        let moved = |running: T, batch: f64| {
            T::from_f64(self.momentum * running.as_f64() + (1.0 - self.momentum) * batch)
        };
        for (running, batch) in mean.iter_mut().zip(batch.mean) {
            *running = moved(*running, batch.as_f64());
        }
        let rows = match context.others {
            Some(others) => shared::whole_rows(others, &g, context.batch),
            None => g.rows,
        };
        let n = rows as f64;
        if rows > 1 {
            for (running, batch) in variance.iter_mut().zip(batch.variance) {
                *running = moved(*running, batch.as_f64() * (n / (n - 1.0)));
            }
        }
    }

    fn explain(&self) -> &dyn Explain<T> {
        self
    }
}

impl<T: Real> Explain<T> for BatchNorm {
    fn account(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Option<Account>> {
        let channel = place % example.input.channels();
        let [scale, shift] = line(example.parameters, channel, self.epsilon);
        let term = Term::new(place, account::value(example.x, place), scale);
        let formula = "y = x s + (beta - mean s), s = gamma / sqrt(variance + epsilon)";
        Ok(Some(Account::sum(formula, vec![term], Some(shift))))
    }

    fn feeds(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Option<Feeds>> {
        let channel = place % example.input.channels();
        let [scale, _] = line(example.parameters, channel, self.epsilon);
        let formula = "dx = dy gamma / sqrt(variance + epsilon)";
        Ok(Some(Feeds::new(formula, vec![Feed::new(place, scale)])))
    }
}
