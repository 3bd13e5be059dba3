//! The training loop: from a data set and a network to learnt weights, and how good they are.

mod class_weights;
mod evaluate;
mod learner;
mod options;
mod trainer;
mod transfer;

pub use class_weights::ClassWeights;
pub use evaluate::{Evaluation, evaluate};
pub use learner::Learner;
pub use options::{BatchSize, TrainOptions};
pub use trainer::{EpochEnd, Position, Progress, Trainer};
pub use transfer::transfer;
