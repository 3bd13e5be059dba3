//! `adaptiveavgpool(size)`: average pooling to a given size.

use std::sync::Arc;

use super::kind::{BuildResult, LayerKind};
use super::window::{accepted_volume, reason, volume};
use crate::account::{self, Account, ExampleValues, Feed, Feeds, Rule, Term};
use crate::error::Result as Checked;
use crate::layer::{Backward, Cost, Explain, Forward, Layer, LayerError, Reads};
use crate::notation::{LayerText, ParameterKind, Signature};
use crate::shape::Shape;
use stepnet_kernels::Real;
use stepnet_kernels::pool::adaptive::{self, AdaptiveGeometry};

/// The mean of each of `size` windows down and across, as even as they can be: PyTorch's `AdaptiveAvgPool2d`. The output
/// stays a volume, of one pixel too; `globalavgpool` makes a vector.
#[derive(Debug, Clone)]
pub(super) struct AdaptiveAvgPool {
    text: LayerText,
    size: [usize; 2],
}

const NAME: &str = "adaptiveavgpool";

impl AdaptiveAvgPool {
    fn geometry(&self, input: Shape, batch: usize) -> Result<AdaptiveGeometry, LayerError> {
        AdaptiveGeometry::new(batch, volume(NAME, input)?, self.size).map_err(reason)
    }

    /// For an input that `output_shape` has accepted.
    fn accepted(&self, input: Shape, batch: usize) -> AdaptiveGeometry {
        self.geometry(input, batch)
            .unwrap_or_else(|problem| panic!("{NAME} after its shape check: {problem}"))
    }
}

impl LayerKind for AdaptiveAvgPool {
    fn signature() -> Signature {
        Signature::new(
            NAME,
            "The mean of each of so many windows, as even as they can be.",
        )
        .alias("adaptiveavgpool2d")
        .alias("adaptiveaveragepool")
        .required("size", ParameterKind::Pair)
        .example("adaptiveavgpool(2)")
        .example("adaptiveavgpool(3x6)")
    }

    fn build<T: Real>(text: &LayerText) -> BuildResult<T> {
        Ok(Arc::new(Self {
            text: text.clone(),
            size: text.pair("size"),
        }))
    }
}

impl<T: Real> Layer<T> for AdaptiveAvgPool {
    fn text(&self) -> LayerText {
        self.text.clone()
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, LayerError> {
        Ok(self.geometry(input, 1)?.output().into())
    }

    fn reads(&self) -> Reads {
        Reads::NOTHING
    }

    fn forward(&self, pass: Forward<'_, T>) {
        let g = self.accepted(pass.context.input, pass.context.batch);
        adaptive::forward(&g, pass.x, pass.y);
    }

    fn backward(&self, pass: Backward<'_, T>) {
        if let Some(dx) = pass.dx {
            let g = self.accepted(pass.context.input, pass.context.batch);
            adaptive::backward(&g, pass.dy, dx);
        }
    }

    fn explain(&self) -> &dyn Explain<T> {
        self
    }

    fn cost(&self) -> &dyn Cost<T> {
        self
    }
}

impl<T: Real> Explain<T> for AdaptiveAvgPool {
    fn account(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Option<Account>> {
        let g = self.accepted(example.input, 1);
        let [_, width, channels] = g.input;
        let (row, col) = (place / (g.size[1] * channels), place / channels % g.size[1]);
        let (rows, cols) = (g.covered(0, row), g.covered(1, col));
        let (height, across) = (rows.len(), cols.len());
        let mut terms = account::room(height * across)?;
        for row in rows {
            terms.extend(cols.clone().map(|col| {
                let at = (row * width + col) * channels + place % channels;
                Term::new(at, account::value(example.x, at), 1.0)
            }));
        }
        let rule = Rule::Sum {
            bias: None,
            divisor: terms.len() as f64,
        };
        let formula = "y = sum of x over the window / how many it holds";
        Ok(Some(
            Account::new(formula, rule, terms).windowed([height, across, 1]),
        ))
    }

    fn feeds(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Option<Feeds>> {
        let g = self.accepted(example.input, 1);
        let [_, width, channels] = accepted_volume(example.input);
        let (row, col) = (place / (width * channels), place / channels % width);
        let (down, across) = (g.covering(0, row), g.covering(1, col));
        let mut feeds = account::room(down.len() * across.len())?;
        for i in down {
            for j in across.clone() {
                let count = g.covered(0, i).len() * g.covered(1, j).len();
                let to = (i * g.size[1] + j) * channels + place % channels;
                feeds.push(Feed::new(to, 1.0 / count as f64));
            }
        }
        let formula = "dx = sum of dy / how many it holds, over the windows that hold x";
        Ok(Some(Feeds::new(formula, feeds)))
    }
}

impl<T: Real> Cost<T> for AdaptiveAvgPool {
    fn visits(&self, input: Shape) -> u64 {
        // Neighbouring windows share a pixel at most, down and across.
        let [height, width, channels] = accepted_volume(input);
        let [down, across] = [height + self.size[0], width + self.size[1]].map(|n| n as u64);
        down.saturating_mul(across).saturating_mul(channels as u64)
    }
}
