//! Layers, networks, losses and model files.

pub mod account;
mod init;
pub mod layer;
pub mod layers;
mod loss;
mod model_file;
mod network;
pub mod notation;
mod plan;
pub mod preprocessing;
mod shape;
mod workspace;

pub use init::Init;
pub use layer::Layer;
pub use layers::Registry;
pub use loss::{Loss, Scores, Targets, largest};
pub use model_file::{Model, ModelFile, Tensor};
pub use network::{Network, NetworkBuilder, Node};
pub use plan::{Plan, PlanOptions};
pub use preprocessing::{Preprocessing, Resize};
pub use shape::Shape;
pub use workspace::{Batch, Workspace};
