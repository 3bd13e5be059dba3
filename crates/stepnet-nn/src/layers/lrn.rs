//! `lrn(size, alpha=1e-4, beta=0.75, k=1)`: local response normalisation across the channels.

use std::sync::Arc;

use super::arguments::count;
use super::kind::{BuildResult, LayerKind};
use crate::account::{self, Account, ExampleValues, Feed, Feeds, Term};
use crate::error::Result as Checked;
use crate::layer::{Backward, Cost, Explain, Forward, Layer, LayerError, Memory};
use crate::notation::{LayerText, ParameterKind, Signature, Value};
use crate::shape::Shape;
use stepnet_kernels::Real;
use stepnet_kernels::lrn::{self, LrnSettings};

/// `y_c = x_c / (k + alpha / size * sum of x_j²)^beta` over the `size` channels `j` around `c`, as in AlexNet and
/// GoogLeNet. `alpha` is divided by the size as in PyTorch's `LocalResponseNorm` and in ONNX; where `size` is even a
/// window has one channel more before `c` than after it, as in PyTorch.
#[derive(Debug, Clone)]
pub(super) struct Lrn {
    text: LayerText,
    settings: LrnSettings,
}

impl Lrn {
    fn from_text(text: &LayerText) -> Result<Self, LayerError> {
        let [alpha, beta, k] = ["alpha", "beta", "k"].map(|name| text.number(name));
        let refuse = |name: &str, number: f64, expected: &str| {
            let number = Value::from(number);
            Err(format!("its {name} is {number}, expected {expected}").into())
        };
        if k <= 0.0 {
            return refuse(
                "k",
                k,
                "more than 0, or values near 0 would be divided by 0",
            );
        }
        if alpha < 0.0 {
            return refuse(
                "alpha",
                alpha,
                "at least 0, or a power of a negative number could be taken",
            );
        }
        Ok(Self {
            text: text.clone(),
            settings: LrnSettings {
                size: count(text, "size")?,
                alpha,
                beta,
                k,
            },
        })
    }

    /// What the value of a channel of a pixel, whose first channel is at `pixel`, is divided by a power of.
    fn base<T: Real>(&self, pixel: usize, channel: usize, example: &ExampleValues<'_, T>) -> f64 {
        let window = self.settings.window(channel, example.input.channels());
        let squares = window.map(|j| account::value(example.x, pixel + j).powi(2));
        self.settings.k + self.settings.alpha / self.settings.size as f64 * squares.sum::<f64>()
    }
}

impl LayerKind for Lrn {
    fn signature() -> Signature {
        use ParameterKind::{Count, Number};
        let summary =
            "Divides each value by a power of the squares of its neighbours across the channels.";
        Signature::new("lrn", summary)
            .alias("localresponsenorm")
            .alias("localresponsenormalization")
            .required("size", Count)
            .optional("alpha", Number, 1e-4)
            .optional("beta", Number, 0.75)
            .optional("k", Number, 1.0)
            .example("lrn(3)")
            .example("lrn(2, alpha=0.5, beta=0.6, k=2)")
    }

    fn build<T: Real>(text: &LayerText) -> BuildResult<T> {
        Ok(Arc::new(Self::from_text(text)?))
    }
}

impl<T: Real> Layer<T> for Lrn {
    fn text(&self) -> LayerText {
        self.text.clone()
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, LayerError> {
        Ok(input)
    }

    fn memory(&self, input: Shape, batch: usize) -> Memory {
        Memory {
            kept: batch * input.len(),
            backward_scratch: batch * input.len(),
            ..Memory::default()
        }
    }

    fn forward(&self, pass: Forward<'_, T>) {
        let channels = pass.context.input.channels();
        let bases = pass.context.backward.then_some(pass.kept);
        lrn::forward(&self.settings, channels, pass.x, pass.y, bases);
    }

    fn backward(&self, pass: Backward<'_, T>) {
        if let Some(dx) = pass.dx {
            let channels = pass.context.input.channels();
            let given = [pass.x, pass.dy, pass.kept];
            lrn::backward(&self.settings, channels, given, dx, pass.scratch);
        }
    }

    fn explain(&self) -> &dyn Explain<T> {
        self
    }

    fn cost(&self) -> &dyn Cost<T> {
        self
    }
}

/// Roundings of a base and its power beyond those of a sum with one term.
const ROUNDINGS: f64 = 16.0;

impl<T: Real> Explain<T> for Lrn {
    fn account(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Option<Account>> {
        let channels = example.input.channels();
        let base = self.base(place - place % channels, place % channels, example);
        let (x, factor) = (
            account::value(example.x, place),
            base.powf(-self.settings.beta),
        );
        let roundings = ROUNDINGS + self.settings.size.min(channels) as f64;
        let slack = roundings * T::epsilon().as_f64() * (x * factor).abs();
        let formula =
            "y = x / base^beta, base = k + alpha / size * sum of x_j^2 over the channels around x";
        let account = Account::sum(formula, vec![Term::new(place, x, factor)], None);
        Ok(Some(account.with_slack(slack)))
    }

    fn feeds(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Option<Feeds>> {
        let channels = example.input.channels();
        let (pixel, channel) = (place - place % channels, place % channels);
        let LrnSettings {
            size, alpha, beta, ..
        } = self.settings;
        let x = account::value(example.x, place);
        let holders = self.settings.holders(channel, channels);
        let mut feeds = account::room(holders.len())?;
        feeds.extend(holders.map(|holder| {
            // As the forward pass keeps it.
            let base = T::from_f64(self.base(pixel, holder, example)).as_f64();
            let power = base.powf(-beta);
            let own = if holder == channel { power } else { 0.0 };
            let by_base = 2.0 * alpha * beta / size as f64
                * x
                * account::value(example.x, pixel + holder)
                * (power / base);
            Feed {
                place: pixel + holder,
                factor: own - by_base,
                size: (1.0 + ROUNDINGS) * (own + by_base.abs()),
            }
        }));
        let formula = "dx_i = dy_i / base_i^beta - 2 alpha beta / size x_i sum of dy_c x_c / base_c^(beta + 1), c with x_i in its window";
        Ok(Some(Feeds::new(formula, feeds)))
    }
}

impl<T: Real> Cost<T> for Lrn {
    fn visits(&self, input: Shape) -> u64 {
        let window = self.settings.size.min(input.channels()) as u64;
        window.saturating_mul(input.len() as u64)
    }
}
