//! `maxpool(size, ...)`: max pooling.

use std::sync::Arc;

use super::kind::{BuildResult, LayerKind};
use super::pool::{accepted, formula, geometry, remedies, visits, window_terms, windows_over};
use super::window::Window;
use crate::account::{Account, ExampleValues, Feed, Feeds, Rule, Term};
use crate::error::Result as Checked;
use crate::layer::{
    Advise, Backward, Cost, Explain, Forward, Layer, LayerError, Memory, Reads, Remedy,
};
use crate::memory;
use crate::notation::{LayerText, PaddingText, ParameterKind, Signature, Value};
use crate::shape::Shape;
use stepnet_kernels::pool;
use stepnet_kernels::{PoolGeometry, Real};

/// Max pooling. The padding never wins; of several equal maxima the first (row by row) gets the
/// gradient; windows may overlap.
#[derive(Debug, Clone)]
pub(crate) struct MaxPool {
    text: LayerText,
    window: Window,
}

impl MaxPool {
    fn from_text(text: &LayerText) -> Self {
        Self {
            text: text.clone(),
            window: Window::of_pool(text),
        }
    }

    /// The sizes for one example of a shape that `output_shape` has accepted.
    pub(crate) fn geometry(&self, input: Shape) -> PoolGeometry {
        accepted("maxpool", &self.window, input, 1)
    }
}

impl LayerKind for MaxPool {
    fn signature() -> Signature {
        use ParameterKind::{Flag, Padding, Pair};
        let valid = Value::Padding(PaddingText::Valid);
        Signature::new("maxpool", "The maximum of each window.")
            .alias("maxpool2d")
            .alias("maxpooling")
            .alias("maxpooling2d")
            .required("size", Pair)
            .optional("padding", Padding, valid)
            .same_as("stride", Pair, "size")
            .optional("ceil_mode", Flag, false)
            .example("maxpool(2)")
            .example("maxpool(3x2, same, stride=1)")
            .example("maxpool(2, padding=1/0/0/1)")
            .example("maxpool(3, stride=2, ceil_mode=true)")
    }

    fn build<T: Real>(text: &LayerText) -> BuildResult<T> {
        Ok(Arc::new(Self::from_text(text)))
    }
}

impl<T: Real> Layer<T> for MaxPool {
    fn text(&self) -> LayerText {
        self.text.clone()
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, LayerError> {
        Ok(geometry("maxpool", &self.window, input, 1)?.output.into())
    }

    fn memory(&self, input: Shape, batch: usize) -> Memory {
        let [height, width, channels] = accepted("maxpool", &self.window, input, batch).output;
        Memory {
            kept_indices: batch * height * width * channels,
            ..Memory::default()
        }
    }

    fn reads(&self) -> Reads {
        Reads {
            input: false,
            output: false,
        }
    }

    fn forward(&self, pass: Forward<'_, T>) {
        let geometry = accepted(
            "maxpool",
            &self.window,
            pass.context.input,
            pass.context.batch,
        );
        let winners = pass.context.backward.then_some(pass.kept_indices);
        pool::max_forward(&geometry, pass.x, pass.y, winners);
    }

    fn backward(&self, pass: Backward<'_, T>) {
        let geometry = accepted(
            "maxpool",
            &self.window,
            pass.context.input,
            pass.context.batch,
        );
        if let Some(dx) = pass.dx {
            pool::max_backward(&geometry, pass.kept_indices, pass.dy, dx);
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

impl<T: Real> Explain<T> for MaxPool {
    fn account(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Option<Account>> {
        let g = accepted("maxpool", &self.window, example.input, 1);
        explained(&g, place, example).map(Some)
    }

    fn feeds(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Option<Feeds>> {
        let g = accepted("maxpool", &self.window, example.input, 1);
        fed(&g, place, example).map(Some)
    }
}

impl Advise for MaxPool {
    fn formula(&self, input: Shape) -> Option<String> {
        formula(&self.window, input)
    }

    fn remedies(&self, input: Shape) -> Vec<Remedy> {
        remedies(&self.text, &self.window, input)
    }
}

impl<T: Real> Cost<T> for MaxPool {
    fn visits(&self, input: Shape) -> u64 {
        visits(&accepted("maxpool", &self.window, input, 1))
    }
}

/// The window that the output value at `place` is the largest value of.
pub(super) fn explained<T: Real>(
    g: &PoolGeometry,
    place: usize,
    example: &ExampleValues<'_, T>,
) -> Checked<Account> {
    let (terms, window) = window_terms(g, place, example)?;
    let winner = winner(&terms, example);
    let formula = "y = the largest x of the window, the first of equals";
    let account = Account::new(formula, Rule::Largest { winner }, terms);
    Ok(Account { window, ..account })
}

/// The windows over the input value at `place`, and which of them it won.
pub(super) fn fed<T: Real>(
    g: &PoolGeometry,
    place: usize,
    example: &ExampleValues<'_, T>,
) -> Checked<Feeds> {
    let mut y = memory::zeros("the values of one layer", g.y_len())?;
    let mut winners = memory::zeros("the winners of one layer", g.y_len())?;
    pool::max_forward(g, example.x, &mut y, Some(&mut winners));
    let mut feeds = windows_over(g, place)?;
    for feed in &mut feeds {
        let won = winners.get(feed.place).copied();
        let won = won.is_some_and(|winner| winner as usize == place);
        *feed = Feed::new(feed.place, f64::from(u8::from(won)));
    }
    let formula = "dx = sum of dy over the windows that x won";
    Ok(Feeds::new(formula, feeds))
}

/// The first largest of a window's values, as the kernel finds it.
fn winner<T: Real>(terms: &[Term], example: &ExampleValues<'_, T>) -> usize {
    let values = terms.iter().enumerate().filter_map(|(number, term)| {
        let value = example.x.get(term.place?)?;
        Some((number, *value))
    });
    values
        .reduce(|best, other| {
            if pool::beats(other.1, best.1) {
                other
            } else {
                best
            }
        })
        .map_or(0, |(number, _)| number)
}
