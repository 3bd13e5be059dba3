//! Layers, networks, losses and model files.

use stepnet_base::{Element, Error, Result, error, limits, memory, stop};

pub mod account;
pub mod doctor;
mod examples;
mod fuse;
mod hashes;
mod init;
pub mod layer;
pub mod layers;
mod loss;
mod model_file;
mod network;
pub mod notation;
mod number;
pub mod optim;
mod plan;
mod predictor;
mod shape;
mod workspace;

pub use doctor::{Diagnosis, Fix, InputChange};
#[doc(hidden)]
pub use examples::example_networks;
pub use fuse::{FusedNodes, FusedPasses, FusionRule, fusion_rules};
pub use init::Init;
pub use layer::Layer;
pub use layers::Registry;
pub use loss::{Loss, LossOptions, Scores, Targets, WholeBatch, largest, predicted_class};
#[doc(hidden)]
pub use model_file::EXTRA;
pub use model_file::{Model, ModelFile, Tensor};
pub use network::{Merge, Network, NetworkBuilder, NetworkParts, Node, SegmentMethods};
pub use number::Number;
pub use plan::{Plan, PlanOptions, Purpose};
pub use predictor::Predictor;
pub use shape::Shape;
pub use stepnet_base::preprocessing::{self, Preprocessing, Resize};
pub use stepnet_base::{TargetScale, Task};
pub use workspace::{Batch, Workspace};
