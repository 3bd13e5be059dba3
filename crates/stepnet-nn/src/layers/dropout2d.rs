//! `dropout2d(rate)`: dropout of whole channels.

use std::sync::Arc;

use super::dropout::{Parts, drop_backward, drop_forward};
use super::kind::{BuildResult, LayerKind};
use crate::account::{Account, ExampleValues, Feed, Feeds};
use crate::error::Result as Checked;
use crate::layer::{Backward, Explain, Forward, Layer, LayerError, Memory, Reads};
use crate::notation::{LayerText, ParameterKind, Signature};
use crate::shape::Shape;
use stepnet_kernels::Real;

/// While training each channel of an example is zeroed with probability `rate`, and the others are divided by `1 - rate`:
/// the pixels of a channel are too much alike for dropping some of them to matter. At inference nothing happens.
///
/// Which channels are dropped depends on the seed, the epoch, the example and the layer alone.
///
/// Source: Tompson, Goroshin, Jain, LeCun and Bregler, "Efficient object localization using convolutional networks", 2015.
#[derive(Debug, Clone)]
pub(super) struct Dropout2d {
    text: LayerText,
    rate: f64,
}

impl LayerKind for Dropout2d {
    fn signature() -> Signature {
        let summary = "While training, drops each channel with a probability.";
        Signature::new("dropout2d", summary)
            .alias("spatialdropout2d")
            .required("rate", ParameterKind::Rate)
            .example("dropout2d(0.4)")
    }

    fn build<T: Real>(text: &LayerText) -> BuildResult<T> {
        Ok(Arc::new(Self {
            text: text.clone(),
            rate: text.number("rate"),
        }))
    }
}

impl<T: Real> Layer<T> for Dropout2d {
    fn text(&self) -> LayerText {
        self.text.clone()
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, LayerError> {
        Ok(input)
    }

    fn memory(&self, input: Shape, batch: usize) -> Memory {
        Memory {
            kept: batch * input.channels(),
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
        drop_forward(self.rate, Parts::Channels, pass);
    }

    fn backward(&self, pass: Backward<'_, T>) {
        drop_backward(Parts::Channels, pass);
    }

    fn explain(&self) -> &dyn Explain<T> {
        self
    }
}

impl<T: Real> Explain<T> for Dropout2d {
    fn account(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Option<Account>> {
        let formula = "y = x: the same value: nothing is dropped at inference";
        Ok(Some(Account::same(formula, place, example)))
    }

    fn feeds(&self, place: usize, _example: &ExampleValues<'_, T>) -> Checked<Option<Feeds>> {
        Ok(Some(Feeds::new("dx = dy", vec![Feed::new(place, 1.0)])))
    }
}
