//! The purpose and options of a plan.

/// The passes that a workspace is made for, each named after the method of [`Workspace`](crate::Workspace) that runs
/// them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Purpose {
    /// [`predict`](crate::Workspace::predict): the outputs at inference.
    #[default]
    Predict,
    /// [`score`](crate::Workspace::score): the loss and the right answers at inference. A closing activation that the
    /// loss is fused with does not run.
    Score,
    /// [`train`](crate::Workspace::train): the forward and backward passes of training.
    Train,
    /// [`differentiate`](crate::Workspace::differentiate): the forward and backward passes of the network as it is at
    /// inference, with dropout off.
    Differentiate,
}

impl Purpose {
    /// Whether backward passes follow the forward passes.
    pub fn has_backward(self) -> bool {
        matches!(self, Self::Train | Self::Differentiate)
    }

    /// Whether a loss is computed, and with it a closing activation that it is fused with.
    pub fn has_loss(self) -> bool {
        self != Self::Predict
    }
}

/// The purpose of a workspace, and the values that it keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct PlanOptions {
    /// The passes.
    pub purpose: Purpose,
    /// Every layer's output (and its gradient, where there are backward passes) is kept until the next pass, for looking
    /// into it.
    pub keep_values: bool,
    /// Backward passes also compute the gradient with respect to the network's input.
    pub input_gradient: bool,
}

stepnet_base::setters! { PlanOptions {
    keep_values: bool,
    input_gradient: bool,
} }

impl PlanOptions {
    /// Forward passes alone, for predictions.
    pub const INFERENCE: Self = Self::new(Purpose::Predict);

    /// Forward passes without a closing activation, for scoring.
    pub const SCORING: Self = Self::new(Purpose::Score);

    /// Forward and backward passes of training.
    pub const TRAINING: Self = Self::new(Purpose::Train);

    /// Forward and backward passes of the network as it is at inference.
    pub const DIFFERENTIATION: Self = Self::new(Purpose::Differentiate);

    /// Passes that keep only what they need.
    pub const fn new(purpose: Purpose) -> Self {
        Self {
            purpose,
            keep_values: false,
            input_gradient: false,
        }
    }
}
