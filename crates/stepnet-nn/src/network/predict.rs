//! Predictions by one call.

use ndarray::{Array2, ArrayViewD};

use super::core::Network;
use crate::Number;
use crate::error::{Error, Result};
use crate::memory;
use crate::plan::{Plan, PlanOptions};
use crate::shape::Shape;
use crate::workspace::Workspace;
use stepnet_kernels::requested_instruction_set;

impl<T: Number> Network<T> {
    /// The expected shape of an array of examples, with a hint if the channels come first.
    fn expected(&self, found: &[usize]) -> String {
        let expected = format!("(examples, {})", self.input);
        match (self.input, found) {
            (
                Shape::Volume {
                    height,
                    width,
                    channels,
                },
                &[_, c, h, w],
            ) if [h, w, c] == [height, width, channels] => {
                expected + "; the channels are in front: move axis 1 to the end"
            }
            _ => expected,
        }
    }

    /// The number of examples in an array for predictions.
    ///
    /// # Errors
    /// When the shape of `x` is another.
    pub(crate) fn examples(&self, x: &ArrayViewD<'_, T>) -> Result<usize> {
        let refused = |expected| Err(Error::shape("predict", "x", x.shape(), expected));
        let Some((&examples, extents)) = x.shape().split_first() else {
            return refused(format!("(examples, {})", self.input));
        };
        // Other axes may only hold the same values in the same order: flat, or without the ones.
        let longer = |extents: &[usize]| -> Vec<usize> {
            extents.iter().copied().filter(|&n| n > 1).collect()
        };
        let other_axes = extents.len() == 3 && longer(extents) != longer(&self.input.extents());
        let size = extents.iter().product::<usize>();
        if size != self.input.len() || extents.contains(&0) || other_axes {
            return refused(self.expected(x.shape()));
        }
        Ok(examples)
    }

    /// The outputs for any array whose examples, along its first axis, have the network's input
    /// shape: one row per example. Creates a workspace at each call; for many calls use a
    /// [`Predictor`](crate::Predictor).
    ///
    /// # Errors
    /// When the shape of `x` is another, and when there is not enough memory.
    pub fn predict(&self, x: ArrayViewD<'_, T>) -> Result<Array2<T>> {
        let examples = self.examples(&x)?;
        let options = PlanOptions::INFERENCE;
        requested_instruction_set()?;
        let plan = Plan::in_parts(self, examples, options)?;
        let batch = plan.batch();
        let mut workspace = Workspace::by(plan)?;
        let contiguous = x.as_standard_layout();
        let values = contiguous.as_slice().unwrap_or(&[]);
        let len = self.output().len();
        let mut outputs = memory::zeros("the outputs", examples.saturating_mul(len))?;
        let parts = values.chunks(batch * self.input.len());
        for (x, y) in parts.zip(outputs.chunks_mut(batch * len)) {
            y.copy_from_slice(workspace.predict(self, x)?);
        }
        Array2::from_shape_vec((examples, len), outputs)
            .map_err(|error| Error::Training(error.to_string()))
    }
}
