//! What a plan is for.

/// What a workspace is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct PlanOptions {
    /// Backward passes follow the forward passes.
    pub training: bool,
    /// With `training`: gradients of the network as it is at inference, dropout off, by
    /// [`Workspace::differentiate`](crate::Workspace::differentiate).
    pub still: bool,
    /// Without backward passes: a closing activation that the loss is fused with is left out, for scoring.
    pub logits: bool,
    /// Every layer's output (and, in training, its gradient) is kept until the next pass, for looking into it.
    pub keep_values: bool,
    /// The gradient by the network's input is computed too.
    pub input_gradient: bool,
}

stepnet_base::setters! { PlanOptions {
    training: bool,
    still: bool,
    logits: bool,
    keep_values: bool,
    input_gradient: bool,
} }

impl PlanOptions {
    /// Forward passes alone, for predictions.
    pub const INFERENCE: Self = Self {
        training: false,
        still: false,
        logits: false,
        keep_values: false,
        input_gradient: false,
    };

    /// Forward passes without a closing activation, for scoring.
    pub const SCORING: Self = Self {
        logits: true,
        ..Self::INFERENCE
    };

    /// Forward and backward passes.
    pub const TRAINING: Self = Self {
        training: true,
        ..Self::INFERENCE
    };

    /// Whether layers act as in training rather than as at inference.
    pub(crate) fn noisy(self) -> bool {
        self.training && !self.still
    }
}
