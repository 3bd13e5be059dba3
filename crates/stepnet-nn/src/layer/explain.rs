//! A layer's explanations for `see`: where a value comes from, what it contributes to, and where the derivative
//! jumps.

use stepnet_kernels::Real;

use super::Context;
use crate::account::{Account, ExampleValues, Feeds};
use crate::error::Result;

/// The values that a training pass has saved, for [`Explain::sides`].
#[derive(Debug, Clone, Copy)]
pub struct PassValues<'a, T> {
    /// Sizes and mode.
    pub context: Context<'a>,
    /// The input.
    pub x: &'a [T],
    /// The output.
    pub y: &'a [T],
    /// The values that the forward pass saved.
    pub kept: &'a [T],
    /// The indices that it saved.
    pub kept_indices: &'a [u32],
}

/// Passes to `mark` which of the values are above zero, 64 to a number: the sides of a ReLU's kinks.
pub fn mark_signs<T: Real>(values: &[T], mark: &mut dyn FnMut(u64)) {
    mark_above(values, T::zero(), mark);
}

/// Passes to `mark` which of the values are above `kink`, 64 to a number.
pub fn mark_above<T: Real>(values: &[T], kink: T, mark: &mut dyn FnMut(u64)) {
    for chunk in values.chunks(64) {
        mark(
            chunk
                .iter()
                .fold(0, |bits, &value| bits << 1 | u64::from(value > kink)),
        );
    }
}

/// Explanations of a layer's values.
pub trait Explain<T: Real> {
    /// The terms that the output value at `place` (its number in the output example) was computed from, as
    /// `see::why` shows them; `None` if the layer does not explain it.
    ///
    /// # Errors
    /// When there is not enough memory for the terms.
    fn account(&self, _place: usize, _example: &ExampleValues<'_, T>) -> Result<Option<Account>> {
        Ok(None)
    }

    /// The outputs that the input value at `place` contributed to, with the derivative of each with respect to
    /// it, at inference; `None` if the layer does not explain it.
    ///
    /// # Errors
    /// When there is not enough memory for the outputs.
    fn feeds(&self, _place: usize, _example: &ExampleValues<'_, T>) -> Result<Option<Feeds>> {
        Ok(None)
    }

    /// Whether the outermost outputs of a box may come from other inputs than the outermost ones, or from none, as those of a
    /// mirrored border do. Windows that move steadily with their outputs do not.
    fn reorders(&self) -> bool {
        false
    }

    /// Passes to `mark` the side of each of the layer's kinks on which a training pass came out: numbers
    /// that change exactly when another smooth branch of the function is taken.
    ///
    /// Gradient checks keep away from differences across a kink. By default the indices that the layer
    /// keeps, such as the winners of max pooling, are its sides; a layer with other kinks marks them too, for
    /// instance with [`mark_signs`].
    fn sides(&self, pass: PassValues<'_, T>, mark: &mut dyn FnMut(u64)) {
        for &index in pass.kept_indices {
            mark(index.into());
        }
    }
}
