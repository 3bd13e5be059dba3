//! `droppath(rate)`: stochastic depth.

use std::sync::Arc;

use super::dropout::{Parts, drop_backward, drop_forward};
use super::kind::{BuildResult, LayerKind};
use crate::account::{Account, ExampleValues, Feed, Feeds};
use crate::error::Result as Checked;
use crate::layer::{Backward, Explain, Forward, Layer, LayerError, Memory, Reads};
use crate::notation::{LayerText, ParameterKind, Signature};
use crate::shape::Shape;
use stepnet_kernels::Real;

/// While training the whole of an example is zeroed with probability `rate`, and the others are divided by `1 - rate`: at
/// the end of the body of a residual block the example goes through the shortcut alone. At inference nothing happens.
///
/// Which examples are dropped depends on the seed, the epoch, the example and the layer alone.
///
/// Source: Huang, Sun, Liu, Sedra and Weinberger, "Deep networks with stochastic depth", 2016; per example as in
/// Larsson, Maire and Shakhnarovich, "FractalNet", 2017.
#[derive(Debug, Clone)]
pub(super) struct DropPath {
    text: LayerText,
    rate: f64,
}

impl LayerKind for DropPath {
    fn signature() -> Signature {
        let summary =
            "While training, drops the whole of an example with a probability: stochastic depth.";
        Signature::new("droppath", summary)
            .alias("stochasticdepth")
            .required("rate", ParameterKind::Rate)
            .example("droppath(0.4)")
    }

    fn build<T: Real>(text: &LayerText) -> BuildResult<T> {
        Ok(Arc::new(Self {
            text: text.clone(),
            rate: text.number("rate"),
        }))
    }
}

impl<T: Real> Layer<T> for DropPath {
    fn text(&self) -> LayerText {
        self.text.clone()
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, LayerError> {
        Ok(input)
    }

    fn memory(&self, _input: Shape, batch: usize) -> Memory {
        Memory {
            kept: batch,
            ..Memory::default()
        }
    }

    fn reads(&self) -> Reads {
        Reads::NOTHING
    }

    fn is_view(&self, training: bool) -> bool {
        !training
    }

    fn forward(&self, pass: Forward<'_, T>) {
        drop_forward(self.rate, Parts::Examples, pass);
    }

    fn backward(&self, pass: Backward<'_, T>) {
        drop_backward(Parts::Examples, pass);
    }

    fn explain(&self) -> &dyn Explain<T> {
        self
    }
}

impl<T: Real> Explain<T> for DropPath {
    fn account(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Option<Account>> {
        let formula = "y = x: the same value: nothing is dropped at inference";
        Ok(Some(Account::same(formula, place, example)))
    }

    fn feeds(&self, place: usize, _example: &ExampleValues<'_, T>) -> Checked<Option<Feeds>> {
        Ok(Some(Feeds::new("dx = dy", vec![Feed::new(place, 1.0)])))
    }
}
