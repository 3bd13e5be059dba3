//! `layerscale(initial=1e-6)`: a trained factor for each channel.

use std::sync::Arc;

use super::kind::{BuildResult, LayerKind};
use crate::account::{self, Account, ExampleValues, Feed, Feeds, Term};
use crate::error::Result as Checked;
use crate::layer::{Backward, Explain, Forward, Layer, LayerError, Parameter};
use crate::notation::{LayerText, ParameterKind, Signature};
use crate::shape::Shape;
use stepnet_kernels::{Real, ScaleGeometry, scale};

/// `y = gamma x` with a factor for each channel or feature, at the end of a residual body: blocks that start near the
/// identity train better when there are many.
///
/// Parameters: `gamma`, `(channels)`, which starts as `initial` and does not decay.
///
/// Source: Touvron, Cord, Sablayrolles, Synnaeve and Jegou, "Going deeper with image transformers", 2021.
#[derive(Debug, Clone)]
pub(super) struct LayerScale {
    text: LayerText,
    initial: f64,
}

/// The sizes: all pixels of a batch share the factors.
fn geometry(input: Shape, batch: usize) -> ScaleGeometry {
    let channels = input.channels();
    ScaleGeometry {
        examples: 1,
        pixels: batch * (input.len() / channels),
        channels,
    }
}

impl LayerKind for LayerScale {
    fn signature() -> Signature {
        let summary = "Each channel times a trained factor that starts as `initial`.";
        Signature::new("layerscale", summary)
            .optional("initial", ParameterKind::Number, 1e-6)
            .example("layerscale")
            .example("layerscale(0.5)")
    }

    fn build<T: Real>(text: &LayerText) -> BuildResult<T> {
        Ok(Arc::new(Self {
            text: text.clone(),
            initial: text.number("initial"),
        }))
    }
}

impl<T: Real> Layer<T> for LayerScale {
    fn text(&self) -> LayerText {
        self.text.clone()
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, LayerError> {
        Ok(input)
    }

    fn parameters(&self, input: Shape) -> Vec<Parameter> {
        vec![Parameter::constant("gamma", input.channels(), self.initial)]
    }

    fn forward(&self, pass: Forward<'_, T>) {
        let g = geometry(pass.context.input, pass.context.batch);
        scale::forward(&g, pass.x, pass.parameters, pass.y, false);
    }

    fn backward(&self, pass: Backward<'_, T>) {
        let g = geometry(pass.context.input, pass.context.batch);
        if let Some(dgamma) = pass.gradients {
            scale::backward_factors(&g, pass.x, pass.dy, dgamma, false);
        }
        if let Some(dx) = pass.dx {
            scale::forward(&g, pass.dy, pass.parameters, dx, false);
        }
    }

    fn explain(&self) -> &dyn Explain<T> {
        self
    }
}

impl LayerScale {
    /// The factor of the value at `place`.
    fn factor<T: Real>(place: usize, example: &ExampleValues<'_, T>) -> f64 {
        account::value(example.parameters, place % example.input.channels())
    }
}

impl<T: Real> Explain<T> for LayerScale {
    fn account(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Option<Account>> {
        let x = account::value(example.x, place);
        let term = Term::new(place, x, Self::factor(place, example));
        Ok(Some(Account::sum("y = gamma x", vec![term], None)))
    }

    fn feeds(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Option<Feeds>> {
        let feed = Feed::new(place, Self::factor(place, example));
        Ok(Some(Feeds::new("dx = dy gamma", vec![feed])))
    }
}
