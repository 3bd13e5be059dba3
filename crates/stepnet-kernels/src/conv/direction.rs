//! The two passes that are sums over windows.

use crate::decision::Pass;

/// Which of the two passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Outputs from inputs.
    Forward,
    /// Gradients of the inputs from those of the outputs.
    Backward,
}

impl Direction {
    /// The direction of a pass that is a sum over windows: not that of the weights gradient.
    pub(super) fn of(pass: Pass) -> Option<Self> {
        match pass {
            Pass::Forward => Some(Self::Forward),
            Pass::Data => Some(Self::Backward),
            Pass::Weights => None,
        }
    }
}
