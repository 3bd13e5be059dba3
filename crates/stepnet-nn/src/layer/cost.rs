//! How much work a layer does, for estimates of time and the choice of threads, and which methods it uses.

use stepnet_kernels::{PassPlan, Real};

use crate::shape::Shape;

/// The work of a layer's passes.
pub trait Cost<T: Real> {
    /// Multiplications of one example's forward pass (each with its addition).
    fn multiply_adds(&self, _input: Shape) -> u64 {
        0
    }

    /// Values that one example's forward pass reads outside of the multiply-adds, where they are more than the outputs:
    /// the positions of all windows of a pooling.
    fn visits(&self, _input: Shape) -> u64 {
        0
    }

    /// The methods that compute the passes over `batch` examples, and why they were chosen; empty where there is one
    /// method only.
    fn methods(&self, _input: Shape, _batch: usize) -> Vec<PassPlan> {
        Vec::new()
    }
}
