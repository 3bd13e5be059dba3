//! How much work a layer does, for estimates of time and the choice of threads.

use crate::shape::Shape;

/// The work of one example's forward pass.
pub trait Cost {
    /// Multiplications (each with its addition).
    fn multiply_adds(&self, _input: Shape) -> u64 {
        0
    }

    /// Values that are read outside of the multiply-adds, where they are more than the outputs: the
    /// positions of all windows of a pooling.
    fn visits(&self, _input: Shape) -> u64 {
        0
    }
}
