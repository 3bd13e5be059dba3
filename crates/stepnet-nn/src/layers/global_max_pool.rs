//! `globalmaxpool`: the maximum of each channel.

use std::sync::Arc;

use super::kind::{BuildResult, LayerKind};
use super::maxpool::{explained, fed};
use super::pool::{geometry, visits};
use super::window::{Window, volume};
use crate::account::{Account, ExampleValues, Feeds};
use crate::error::Result as Checked;
use crate::layer::{Backward, Cost, Explain, Forward, Layer, LayerError, Memory, Reads};
use crate::notation::{LayerText, Signature};
use crate::shape::Shape;
use stepnet_kernels::{PoolGeometry, Real, pool};

/// Max pooling over the whole plane: a volume becomes a vector of its channels. It is a layer of its own, not a
/// [`MaxPool`](super::MaxPool), which rules fuse with a convolution into a volume.
#[derive(Debug, Clone)]
pub(super) struct GlobalMaxPool {
    text: LayerText,
}

const NAME: &str = "globalmaxpool";

fn of(input: Shape, batch: usize) -> Result<PoolGeometry, LayerError> {
    let [height, width, _] = volume(NAME, input)?;
    geometry(NAME, &Window::plain([height, width]), input, batch)
}

/// For an input that `output_shape` has accepted.
fn accepted(input: Shape, batch: usize) -> PoolGeometry {
    of(input, batch).unwrap_or_else(|problem| panic!("{NAME} after its shape check: {problem}"))
}

impl LayerKind for GlobalMaxPool {
    fn signature() -> Signature {
        Signature::new(NAME, "The maximum of each channel.")
            .alias("globalmaxpool2d")
            .alias("globalmaxpooling")
            .alias("globalmaxpooling2d")
            .example("globalmaxpool")
    }

    fn build<T: Real>(text: &LayerText) -> BuildResult<T> {
        Ok(Arc::new(Self { text: text.clone() }))
    }
}

impl<T: Real> Layer<T> for GlobalMaxPool {
    fn text(&self) -> LayerText {
        self.text.clone()
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, LayerError> {
        Ok(Shape::Features(of(input, 1)?.output[2]))
    }

    fn memory(&self, input: Shape, batch: usize) -> Memory {
        Memory {
            kept_indices: batch * input.channels(),
            ..Memory::default()
        }
    }

    fn reads(&self) -> Reads {
        Reads::NOTHING
    }

    fn forward(&self, pass: Forward<'_, T>) {
        let g = accepted(pass.context.input, pass.context.batch);
        let winners = pass.context.backward.then_some(pass.kept_indices);
        pool::max_forward(&g, pass.x, pass.y, winners);
    }

    fn backward(&self, pass: Backward<'_, T>) {
        if let Some(dx) = pass.dx {
            let g = accepted(pass.context.input, pass.context.batch);
            pool::max_backward(&g, pass.kept_indices, pass.dy, dx);
        }
    }

    fn explain(&self) -> &dyn Explain<T> {
        self
    }

    fn cost(&self) -> &dyn Cost<T> {
        self
    }
}

impl<T: Real> Explain<T> for GlobalMaxPool {
    fn account(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Option<Account>> {
        explained(&accepted(example.input, 1), place, example).map(Some)
    }

    fn feeds(&self, place: usize, example: &ExampleValues<'_, T>) -> Checked<Option<Feeds>> {
        fed(&accepted(example.input, 1), place, example).map(Some)
    }
}

impl<T: Real> Cost<T> for GlobalMaxPool {
    fn visits(&self, input: Shape) -> u64 {
        visits(&accepted(input, 1))
    }
}
