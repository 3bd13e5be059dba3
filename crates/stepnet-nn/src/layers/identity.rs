//! `identity`: its input as it is, as a path of `branch` that does nothing.

use std::sync::Arc;

use super::kind::{BuildResult, LayerKind};
use crate::account::{Account, ExampleValues, Feed, Feeds};
use crate::error::Result as Checked;
use crate::layer::{Backward, Explain, Forward, Layer, LayerError, Reads};
use crate::notation::{LayerText, Signature};
use crate::shape::Shape;
use stepnet_kernels::Real;

/// Its input as it is. No value moves.
#[derive(Debug, Clone)]
pub(super) struct Identity {
    text: LayerText,
}

impl LayerKind for Identity {
    fn signature() -> Signature {
        let summary = "Its input as it is: a path of a branch that does nothing.";
        Signature::new("identity", summary).example("identity")
    }

    fn build<T: Real>(text: &LayerText) -> BuildResult<T> {
        Ok(Arc::new(Self { text: text.clone() }))
    }
}

impl<T: Real> Layer<T> for Identity {
    fn text(&self) -> LayerText {
        self.text.clone()
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, LayerError> {
        Ok(input)
    }

    fn reads(&self) -> Reads {
        Reads::NOTHING
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

impl<T: Real> Explain<T> for Identity {
    fn account(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Option<Account>> {
        Ok(Some(Account::same("y = x: the same value", place, example)))
    }

    fn feeds(&self, place: usize, _example: &ExampleValues<'_, T>) -> Checked<Option<Feeds>> {
        Ok(Some(Feeds::new("dx = dy", vec![Feed::new(place, 1.0)])))
    }
}
