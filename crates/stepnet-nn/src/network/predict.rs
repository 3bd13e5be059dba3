//! Predictions by one call.

use ndarray::{Array2, ArrayViewD};

use super::core::Network;
use crate::Number;
use crate::error::{Error, Result};
use crate::plan::PlanOptions;
use crate::shape::Shape;
use crate::workspace::Workspace;

impl<T: Number> Network<T> {
    /// What an array of examples has to be, and how one comes to it whose channels are in front.
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

    /// The outputs for any array whose examples, along its first axis, have the network's input
    /// shape: one row per example. Allocates; for many calls keep a [`Workspace`].
    ///
    /// # Errors
    /// When the shape of `x` is another.
    pub fn predict(&self, x: ArrayViewD<'_, T>) -> Result<Array2<T>> {
        let Some((&examples, extents)) = x.shape().split_first() else {
            return Err(Error::shape(
                "predict",
                "x",
                x.shape(),
                format!("(examples, {})", self.input),
            ));
        };
        // Other axes may only hold the same values in the same order: flat, or without the ones.
        let longer = |extents: &[usize]| -> Vec<usize> {
            extents.iter().copied().filter(|&n| n > 1).collect()
        };
        let other_axes = extents.len() == 3 && longer(extents) != longer(&self.input.extents());
        let size = extents.iter().product::<usize>();
        if size != self.input.len() || extents.contains(&0) || other_axes {
            return Err(Error::shape(
                "predict",
                "x",
                x.shape(),
                self.expected(x.shape()),
            ));
        }
        let contiguous = x.as_standard_layout();
        let mut workspace = Workspace::new(self, examples, PlanOptions::default())?;
        let values = contiguous.as_slice().unwrap_or(&[]);
        let outputs = workspace.predict(self, values)?.to_vec();
        Array2::from_shape_vec((examples, self.output().len()), outputs)
            .map_err(|error| Error::Training(error.to_string()))
    }
}
