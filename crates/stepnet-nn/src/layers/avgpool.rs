//! `avgpool(size, ...)` and `globalavgpool`: average pooling.

use std::sync::Arc;

use super::kind::{BuildResult, LayerKind};
use super::pool::{formula, geometry, remedies, visits, window_terms, windows_over};
use super::window::{Window, volume};
use crate::account::{Account, ExampleValues, Feed, Feeds, Rule};
use crate::error::Result as Checked;
use crate::layer::{Advise, Backward, Cost, Explain, Forward, Layer, LayerError, Reads, Remedy};
use crate::notation::{LayerText, PaddingText, ParameterKind, Signature, Value};
use crate::shape::Shape;
use stepnet_kernels::Real;
use stepnet_kernels::{PoolGeometry, pool};

/// Average pooling over windows, or over the whole plane.
///
/// Unless `count_padding`, a window at the edge is divided by the values it holds, not by its
/// full area. What a window of `ceil_mode` has beyond the padding never counts, as in PyTorch. Over the whole plane (`globalavgpool`) a volume becomes a vector of its channels.
#[derive(Debug, Clone)]
pub(super) struct AvgPool {
    text: LayerText,
    /// `None` for the whole plane.
    window: Option<Window>,
    count_padding: bool,
}

impl AvgPool {
    fn from_text(text: &LayerText) -> Self {
        Self {
            text: text.clone(),
            window: Some(Window::of_pool(text)),
            count_padding: text.flag("count_padding"),
        }
    }

    fn global(text: &LayerText) -> Self {
        Self {
            text: text.clone(),
            window: None,
            count_padding: false,
        }
    }

    fn geometry(&self, input: Shape, batch: usize) -> Result<PoolGeometry, LayerError> {
        let whole = |[height, width, _]: [usize; 3]| Window::plain([height, width]);
        let window = match &self.window {
            Some(window) => window.clone(),
            None => whole(volume("globalavgpool", input)?),
        };
        geometry(self.text.kind(), &window, input, batch)
    }

    fn accepted(&self, input: Shape, batch: usize) -> PoolGeometry {
        self.geometry(input, batch)
            .unwrap_or_else(|problem| panic!("average pooling after its shape check: {problem}"))
    }
}

impl LayerKind for AvgPool {
    fn signature() -> Signature {
        use ParameterKind::{Flag, Padding, Pair};
        let valid = Value::Padding(PaddingText::Valid);
        Signature::new("avgpool", "The mean of each window.")
            .alias("avgpool2d")
            .alias("averagepool")
            .alias("averagepooling")
            .alias("averagepooling2d")
            .required("size", Pair)
            .optional("padding", Padding, valid)
            .same_as("stride", Pair, "size")
            .optional("count_padding", Flag, false)
            .optional("ceil_mode", Flag, false)
            .example("avgpool(2)")
            .example("avgpool(3x2, same, stride=1)")
            .example("avgpool(2, padding=1, count_padding=true)")
            .example("avgpool(3, padding=1, stride=3, count_padding=true, ceil_mode=true)")
    }

    fn build<T: Real>(text: &LayerText) -> BuildResult<T> {
        Ok(Arc::new(Self::from_text(text)))
    }
}

/// Average pooling over the whole plane: an [`AvgPool`] without a window.
pub(super) struct GlobalAvgPool;

impl LayerKind for GlobalAvgPool {
    fn signature() -> Signature {
        Signature::new("globalavgpool", "The mean of each channel.")
            .alias("globalavgpool2d")
            .alias("globalaveragepool")
            .alias("globalaveragepooling")
            .alias("globalaveragepooling2d")
            .example("globalavgpool")
    }

    fn build<T: Real>(text: &LayerText) -> BuildResult<T> {
        Ok(Arc::new(AvgPool::global(text)))
    }
}

impl<T: Real> Layer<T> for AvgPool {
    fn text(&self) -> LayerText {
        self.text.clone()
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, LayerError> {
        let output = self.geometry(input, 1)?.output;
        Ok(match self.window {
            Some(_) => output.into(),
            None => Shape::Features(output[2]),
        })
    }

    fn reads(&self) -> Reads {
        Reads {
            input: false,
            output: false,
        }
    }

    fn forward(&self, pass: Forward<'_, T>) {
        let geometry = self.accepted(pass.context.input, pass.context.batch);
        pool::average_forward(&geometry, self.count_padding, pass.x, pass.y);
    }

    fn backward(&self, pass: Backward<'_, T>) {
        if let Some(dx) = pass.dx {
            let geometry = self.accepted(pass.context.input, pass.context.batch);
            pool::average_backward(&geometry, self.count_padding, pass.dy, dx);
        }
    }

    fn explain(&self) -> &dyn Explain<T> {
        self
    }

    fn advise(&self) -> &dyn Advise {
        self
    }

    fn cost(&self) -> &dyn Cost<T> {
        self
    }
}

impl<T: Real> Explain<T> for AvgPool {
    fn account(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Option<Account>> {
        let g = self.accepted(example.input, 1);
        let (terms, window) = window_terms(&g, place, example)?;
        let inside = terms.iter().filter(|term| term.place.is_some()).count();
        let counted = match self.count_padding {
            true => g.counted_at(place),
            false => inside,
        };
        let formula = "y = sum of x over the window / how many count";
        let rule = Rule::Sum {
            bias: None,
            divisor: counted as f64,
        };
        let account = Account::new(formula, rule, terms);
        Ok(Some(Account { window, ..account }))
    }

    fn feeds(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Option<Feeds>> {
        let g = self.accepted(example.input, 1);
        let mut feeds = windows_over(&g, place)?;
        if self.count_padding {
            for feed in &mut feeds {
                *feed = Feed::new(feed.place, 1.0 / g.counted_at(feed.place) as f64);
            }
        }
        let formula = "dx = sum of dy / how many count, over the windows that hold x";
        Ok(Some(Feeds::new(formula, feeds)))
    }
}

impl Advise for AvgPool {
    fn formula(&self, input: Shape) -> Option<String> {
        formula(self.window.as_ref()?, input)
    }

    fn remedies(&self, input: Shape) -> Vec<Remedy> {
        match &self.window {
            Some(window) => remedies(&self.text, window, input),
            None => Vec::new(),
        }
    }
}

impl<T: Real> Cost<T> for AvgPool {
    fn visits(&self, input: Shape) -> u64 {
        visits(&self.accepted(input, 1))
    }
}
