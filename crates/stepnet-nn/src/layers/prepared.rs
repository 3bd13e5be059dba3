//! Layers with their parameters inside, for predictions.

use std::sync::Arc;

use crate::error::Result as Checked;
use crate::layer::{Backward, Cost, Forward, Layer, LayerError, Memory, Prepared, Reads};
use crate::notation::LayerText;
use crate::shape::Shape;
use stepnet_kernels::{AlignedVec, Real};

/// `layer` with its parameters, for inference: by [`Layer::prepare`], or else with a copy of them.
///
/// # Errors
/// When there is not enough memory.
pub(crate) fn prepared<T: Real>(
    layer: &Arc<dyn Layer<T>>,
    input: Shape,
    parameters: &[T],
) -> Checked<Prepared<T>> {
    if let Some(prepared) = layer.prepare(input, parameters)? {
        return Ok(prepared);
    }
    let mut copy = AlignedVec::zeros("the weights of a predictor", parameters.len())?;
    copy.copy_from_slice(parameters);
    let layer = WithParameters {
        layer: Arc::clone(layer),
        parameters: copy,
    };
    Ok(Prepared::new(Arc::new(layer), size_of_val(parameters)))
}

/// A layer and its parameters. It leaves those of a pass alone.
#[derive(Debug)]
struct WithParameters<T> {
    layer: Arc<dyn Layer<T>>,
    parameters: AlignedVec<T>,
}

impl<T: Real> Layer<T> for WithParameters<T> {
    fn text(&self) -> LayerText {
        self.layer.text()
    }

    fn output_shape(&self, input: Shape) -> Result<Shape, LayerError> {
        self.layer.output_shape(input)
    }

    fn memory(&self, input: Shape, batch: usize) -> Memory {
        self.layer.memory(input, batch)
    }

    fn reads(&self) -> Reads {
        self.layer.reads()
    }

    fn is_view(&self, training: bool) -> bool {
        self.layer.is_view(training)
    }

    fn forward(&self, pass: Forward<'_, T>) {
        self.layer.forward(Forward {
            parameters: &self.parameters,
            ..pass
        });
    }

    fn backward(&self, _pass: Backward<'_, T>) {
        panic!("a layer that was prepared for predictions has no backward pass");
    }

    fn cost(&self) -> &dyn Cost<T> {
        self.layer.cost()
    }
}
