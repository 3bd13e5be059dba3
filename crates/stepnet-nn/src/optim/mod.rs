//! Optimisers: how gradients change the weights.
//!
//! Nothing here depends on networks. An optimiser works on one array of parameters, one of gradients laid out
//! like it, and the [`ParameterRange`] of each array inside; those of a network are
//! [`Network::parameter_ranges`](crate::Network::parameter_ranges).

mod average;
mod clipping;
mod l2;
mod optimizer;
mod ranges;
mod rule;
mod schedule;

pub use average::WeightAverage;
#[doc(hidden)]
pub use average::check_decay;
pub use clipping::{Clipping, norm};
pub use l2::{add_l2_gradient, l2_cost};
pub use optimizer::Optimizer;
pub use ranges::ParameterRange;
pub use rule::Rule;
pub use schedule::{Schedule, WarmUp};
