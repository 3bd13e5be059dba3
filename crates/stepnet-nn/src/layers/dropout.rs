//! `dropout(rate)`: inverted dropout.

use std::sync::Arc;

use super::kind::{BuildResult, LayerKind};
use crate::account::{Account, ExampleValues, Feed, Feeds};
use crate::error::Result as Checked;
use crate::layer::{Backward, Explain, Forward, Layer, LayerError, Memory, Reads};
use crate::notation::{LayerText, ParameterKind, Signature};
use crate::shape::Shape;
use stepnet_kernels::Real;

/// Inverted dropout (Srivastava et al., 2014; scaled at training as the course does): while
/// training each value is zeroed with probability `rate`, the others are divided by
/// `1 - rate`; at inference nothing happens.
///
/// Which values are dropped depends on the seed, the epoch, the example and the layer alone.
#[derive(Debug, Clone)]
pub(super) struct Dropout {
    text: LayerText,
    rate: f64,
}

impl Dropout {
    fn from_text(text: &LayerText) -> Self {
        Self {
            text: text.clone(),
            rate: text.number("rate"),
        }
    }
}

impl LayerKind for Dropout {
    fn signature() -> Signature {
        let summary = "While training, drops each value with a probability.";
        Signature::new("dropout", summary)
            .required("rate", ParameterKind::Rate)
            .example("dropout(0.4)")
    }

    fn build<T: Real>(text: &LayerText) -> BuildResult<T> {
        Ok(Arc::new(Self::from_text(text)))
    }
}

impl<T: Real> Layer<T> for Dropout {
    fn text(&self) -> LayerText {
        self.text.clone()
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, LayerError> {
        Ok(input)
    }

    fn memory(&self, input: Shape, batch: usize) -> Memory {
        Memory {
            kept: batch * input.len(),
            ..Memory::default()
        }
    }

    fn reads(&self) -> Reads {
        Reads {
            input: false,
            output: false,
        }
    }

    fn is_view(&self, training: bool) -> bool {
        !training
    }

    fn forward(&self, pass: Forward<'_, T>) {
        let Some(noise) = pass.context.noise else {
            pass.y.copy_from_slice(pass.x);
            return;
        };
        let len = pass.context.input.len();
        let factor = T::from_f64(1.0 / (1.0 - self.rate));
        // A 32-bit draw below this limit is dropped.
        let limit = (self.rate * 4_294_967_296.0) as u64;
        for (example, mask) in pass.kept.chunks_exact_mut(len).enumerate() {
            let mut generator = noise.generator(pass.context.layer, example);
            for keep in mask {
                *keep = if u64::from(generator.next_u32()) < limit {
                    T::zero()
                } else {
                    factor
                };
            }
        }
        for ((y, &x), &keep) in pass.y.iter_mut().zip(pass.x).zip(pass.kept.iter()) {
            *y = x * keep;
        }
    }

    fn backward(&self, pass: Backward<'_, T>) {
        let Some(dx) = pass.dx else { return };
        for ((dx, &dy), &keep) in dx.iter_mut().zip(pass.dy).zip(pass.kept) {
            *dx = dy * keep;
        }
    }

    fn explain(&self) -> &dyn Explain<T> {
        self
    }
}

impl<T: Real> Explain<T> for Dropout {
    fn account(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Option<Account>> {
        let formula = "y = x: the same value: nothing is dropped at inference";
        Ok(Some(Account::same(formula, place, example)))
    }

    fn feeds(&self, place: usize, _example: &ExampleValues<'_, T>) -> Checked<Option<Feeds>> {
        Ok(Some(Feeds::new("dx = dy", vec![Feed::new(place, 1.0)])))
    }
}
