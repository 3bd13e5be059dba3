//! How many examples go through a network at once, where a caller may have more.

use super::{Plan, PlanOptions};
use crate::Number;
use crate::error::Result;
use crate::network::Network;

/// The most examples of one pass.
pub(crate) const MOST_EXAMPLES: usize = 256;

/// Memory of one pass with its inputs, in bytes, where that leaves more than one example in it.
const PASS_BYTES: usize = 256 << 20;

impl Plan {
    /// The plan for `examples` examples (at most [`MOST_EXAMPLES`]), or for a half, a quarter and so on of them: for the
    /// first that takes no more than [`PASS_BYTES`].
    ///
    /// # Errors
    /// When an example alone cannot be addressed.
    pub(crate) fn in_parts<T: Number>(
        network: &Network<T>,
        examples: usize,
        options: PlanOptions,
    ) -> Result<Self> {
        let mut batch = examples.clamp(1, MOST_EXAMPLES);
        loop {
            let plan = Self::new(network, batch, options);
            let inputs = batch.saturating_mul(network.input().len());
            let inputs = inputs.saturating_mul(size_of::<T>());
            let bytes = |plan: &Self| plan.bytes::<T>().saturating_add(inputs);
            // A size that cannot be addressed does not fit.
            let mut bytes = plan.as_ref().map_or(usize::MAX, bytes);
            if batch == 1 || bytes <= PASS_BYTES {
                return plan;
            }
            // Half of the examples take no less than half of the memory: sizes that cannot fit are not planned, for
            // planning takes time, and fills the layers' caches of plans.
            while batch > 1 && bytes > PASS_BYTES {
                bytes = bytes / batch * (batch / 2);
                batch /= 2;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_has_as_many_examples_as_fit() {
        // 64 MiB of outputs for each example.
        let network = Network::<f32>::new("conv(64, 3, same)", [512, 512, 3]).unwrap();
        for (examples, batch) in [(0, 1), (1, 1), (2, 2), (3, 3), (8, 2), (10, 2), (1000, 2)] {
            let plan = Plan::in_parts(&network, examples, PlanOptions::INFERENCE).unwrap();
            assert_eq!(plan.batch(), batch, "{examples}");
        }
        let small = Network::<f32>::new("linear(2)", [3, 3, 1]).unwrap();
        let plan = Plan::in_parts(&small, 1000, PlanOptions::INFERENCE).unwrap();
        assert_eq!(plan.batch(), MOST_EXAMPLES);
        // More than fits, all the same.
        let large = Network::<f32>::new("conv(64, 3, same)", [2048, 2048, 3]).unwrap();
        let plan = Plan::in_parts(&large, 1000, PlanOptions::INFERENCE).unwrap();
        assert_eq!(plan.batch(), 1);
    }
}
