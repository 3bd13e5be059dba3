//! Optimisers: how gradients change the weights.

mod average;
mod clipping;
mod l2;
mod optimizer;
mod rule;
mod schedule;

pub use average::WeightAverage;
#[doc(hidden)]
pub use average::check_decay;
pub use clipping::{Clipping, norm};
pub use l2::{add_l2_gradient, l2_cost};
pub use optimizer::Optimizer;
pub use rule::Rule;
pub use schedule::{Schedule, WarmUp};
