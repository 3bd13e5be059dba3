//! A network: layers in order, each after those whose outputs it takes, their shapes, and all
//! parameters in one array.

pub(super) mod attempt;
mod builder;
mod checks;
mod core;
mod cut;
mod formula;
pub(super) mod limits;
mod merge;
mod methods;
pub(super) mod misfit;
mod node;
mod predict;
mod prepared;
mod projection;
mod replace;

pub use self::core::Network;
pub use builder::NetworkBuilder;
pub use cut::NetworkParts;
pub use merge::Merge;
pub use methods::SegmentMethods;
pub use node::Node;
pub(super) use node::readers;
