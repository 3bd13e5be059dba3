//! `flatten`: a volume as one vector, in the order height, width, channel.

use std::sync::Arc;

use super::kind::{BuildResult, LayerKind};
use crate::account::{Account, ExampleValues, Feed, Feeds};
use crate::error::Result as Checked;
use crate::layer::{Backward, Explain, Forward, Layer, LayerError, Reads};
use crate::notation::{LayerText, Signature};
use crate::shape::Shape;
use stepnet_kernels::Real;

/// A volume as a vector. Memory already lies that way, so no value moves.
#[derive(Debug, Clone)]
pub(super) struct Flatten {
    text: LayerText,
}

impl Flatten {
    fn from_text(text: &LayerText) -> Self {
        Self { text: text.clone() }
    }
}

impl LayerKind for Flatten {
    fn signature() -> Signature {
        let summary = "A volume as a row of features, by height, width, channel.";
        Signature::new("flatten", summary).example("flatten")
    }

    fn build<T: Real>(text: &LayerText) -> BuildResult<T> {
        Ok(Arc::new(Self::from_text(text)))
    }
}

impl<T: Real> Layer<T> for Flatten {
    fn text(&self) -> LayerText {
        self.text.clone()
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, LayerError> {
        Ok(Shape::Features(input.len()))
    }

    fn reads(&self) -> Reads {
        Reads {
            input: false,
            output: false,
        }
    }

    fn is_view(&self, _training: bool) -> bool {
        true
    }

    fn forward(&self, pass: Forward<'_, T>) {
        pass.y.copy_from_slice(pass.x);
    }

    fn backward(&self, pass: Backward<'_, T>) {
        if let Some(dx) = pass.dx {
            dx.copy_from_slice(pass.dy);
        }
    }

    fn explain(&self) -> &dyn Explain<T> {
        self
    }
}

impl<T: Real> Explain<T> for Flatten {
    fn account(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Option<Account>> {
        let formula = "y = x: the same value, as a vector";
        Ok(Some(Account::same(formula, place, example)))
    }

    fn feeds(&self, place: usize, _example: &ExampleValues<'_, T>) -> Checked<Option<Feeds>> {
        Ok(Some(Feeds::new("dx = dy", vec![Feed::new(place, 1.0)])))
    }
}
