//! A network: layers in order, each behind those whose outputs it takes, their shapes, and all
//! learnt numbers in one array.

pub(super) mod attempt;
mod builder;
mod checks;
mod core;
mod formula;
mod join;
pub(super) mod limits;
mod methods;
pub(super) mod misfit;
mod node;
mod predict;
mod projection;
mod steps;

pub use self::core::Network;
pub use builder::NetworkBuilder;
pub use join::Join;
pub use methods::StepMethods;
pub use node::Node;
pub(super) use steps::Span;
