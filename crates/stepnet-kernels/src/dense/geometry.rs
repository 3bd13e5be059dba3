//! The sizes of a dense layer.

use crate::conv::ConvGeometry;
use crate::error::Result;
use crate::geometry::{positive, volume};

/// The sizes of a dense layer. Built by [`DenseGeometry::new`] only, to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct DenseGeometry {
    /// Examples.
    pub batch: usize,
    /// Features of an example.
    pub inputs: usize,
    /// Units of the layer.
    pub outputs: usize,
}

impl DenseGeometry {
    /// Checks the sizes.
    ///
    /// # Errors
    ///
    /// No inputs or no outputs, and arrays too large to address.
    pub fn new(batch: usize, inputs: usize, outputs: usize) -> Result<Self> {
        const NAME: &str = "dense layer";
        positive(NAME, || "inputs".into(), inputs)?;
        positive(NAME, || "outputs".into(), outputs)?;
        volume(NAME, "x", &[batch, inputs])?;
        volume(NAME, "y", &[batch, outputs])?;
        volume(NAME, "w", &[outputs, inputs])?;
        volume(NAME, "the scratch", &[64, outputs + 16, inputs + 16])?;
        Ok(Self {
            batch,
            inputs,
            outputs,
        })
    }

    /// The sizes of a layer whose arrays are there already: nothing is checked.
    pub const fn of_arrays(batch: usize, inputs: usize, outputs: usize) -> Self {
        Self {
            batch,
            inputs,
            outputs,
        }
    }

    /// The same layer for another number of examples.
    ///
    /// # Panics
    ///
    /// If the arrays of so many examples cannot be addressed.
    #[must_use]
    pub fn with_batch(&self, batch: usize) -> Self {
        match Self::new(batch, self.inputs, self.outputs) {
            Ok(geometry) => geometry,
            Err(error) => panic!("{error}"),
        }
    }

    /// Elements of `x`: `batch inputs`.
    pub fn x_len(&self) -> usize {
        self.batch * self.inputs
    }

    /// Elements of `y`: `batch outputs`.
    pub fn y_len(&self) -> usize {
        self.batch * self.outputs
    }

    /// Elements of `w`: `outputs inputs`.
    pub fn weights_len(&self) -> usize {
        self.outputs * self.inputs
    }

    /// Multiply-adds of one pass.
    pub fn multiply_adds(&self) -> u64 {
        (self.y_len() as u64).saturating_mul(self.inputs as u64)
    }

    /// The convolution from the units' gradients to the features'.
    pub(super) fn transposed(&self) -> ConvGeometry {
        ConvGeometry::of_rows(self.batch, self.outputs, self.inputs)
    }
}
