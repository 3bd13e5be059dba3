//! Optimisers: how gradients change the weights.

mod l2;
mod optimizer;
mod rule;
mod schedule;

pub use l2::{add_l2_gradient, l2_cost};
pub use optimizer::Optimizer;
pub use rule::Rule;
pub use schedule::Schedule;
