//! The two passes that are sums over windows.

/// Which of the two passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// Outputs from inputs.
    Forward,
    /// Gradients of the inputs from those of the outputs.
    Backward,
}
