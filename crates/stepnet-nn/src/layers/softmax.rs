//! `softmax`.

use std::sync::Arc;

use super::kind::{BuildResult, LayerKind};
use crate::account::{self, Account, ExampleValues, Feed, Feeds, Rule, Term};
use crate::error::Result as Checked;
use crate::layer::{Backward, Explain, Forward, Layer, LayerError, Reads};
use crate::notation::{LayerText, Signature};
use crate::shape::Shape;
use stepnet_kernels::{Real, softmax};

/// `y_k = exp(x_k) / sum of exp(x_j)`, over all features, or over the channels of each pixel.
#[derive(Debug, Clone)]
pub(super) struct Softmax {
    text: LayerText,
}

impl LayerKind for Softmax {
    fn signature() -> Signature {
        Signature::new("softmax", "exp(z) over its sum across the features.").example("softmax")
    }

    fn build<T: Real>(text: &LayerText) -> BuildResult<T> {
        let text = text.clone();
        Ok(Arc::new(Self { text }))
    }
}

impl<T: Real> Layer<T> for Softmax {
    fn text(&self) -> LayerText {
        self.text.clone()
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, LayerError> {
        Ok(input)
    }

    fn reads(&self) -> Reads {
        Reads {
            input: false,
            output: true,
        }
    }

    fn forward(&self, pass: Forward<'_, T>) {
        softmax::forward(pass.context.input.channels(), pass.x, pass.y);
    }

    fn backward(&self, pass: Backward<'_, T>) {
        if let Some(dx) = pass.dx {
            softmax::backward(pass.context.input.channels(), pass.y, pass.dy, dx);
        }
    }

    fn explain(&self) -> &dyn Explain<T> {
        self
    }
}

impl<T: Real> Explain<T> for Softmax {
    fn account(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Option<Account>> {
        let len = example.input.channels();
        let first = place / len * len;
        let mut terms = account::room(len)?;
        let places = first..first + len;
        terms.extend(places.map(|at| Term::new(at, account::value(example.x, at), 1.0)));
        let formula = "y_k = exp(x_k) / sum of exp(x_j)";
        let rule = Rule::Softmax { own: place - first };
        Ok(Some(Account::new(formula, rule, terms)))
    }

    fn feeds(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Option<Feeds>> {
        let y = account::value(example.y, place);
        let len = example.input.channels();
        let first = place / len * len;
        let mut feeds = account::room(len)?;
        feeds.extend((first..first + len).map(|other| {
            let own = f64::from(u8::from(other == place));
            let other_y = account::value(example.y, other);
            Feed {
                place: other,
                factor: other_y * (own - y),
                size: other_y * (own + y),
            }
        }));
        let formula = "dx_k = sum of dy_j y_j ((1 if j is k) - y_k)";
        Ok(Some(Feeds::new(formula, feeds)))
    }
}
