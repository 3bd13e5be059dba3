//! The training loop: from a data set and a network to trained weights, and how good they are.

mod agreement;
pub mod calibration;
mod chance;
#[cfg(feature = "pages")]
mod chart;
mod checkpoint;
mod class_weights;
pub mod early_stopping;
mod evaluate;
pub mod features;
mod feed;
mod find_rate;
mod finite;
mod forecast;
mod head;
mod learner;
mod loader;
pub mod metrics;
pub mod mistakes;
mod options;
pub mod run;
pub mod scaling;
pub mod settings;
mod significance;
mod start;
mod state;
mod task;
mod trainer;
mod transfer;
mod transfer_options;

pub use chance::is_better;
pub use checkpoint::Checkpoint;
#[doc(hidden)]
pub use checkpoint::run_of;
pub use class_weights::ClassWeights;
pub use evaluate::{
    Answer, Evaluation, JudgedExample, Measures, evaluate, evaluate_with, evaluation_bytes,
};
#[doc(hidden)]
pub use find_rate::{LEAST_STEPS, MOST_STEPS, MOST_SWEEPS};
pub use find_rate::{RateCurve, RateSweep, RateTrial, SweepProgress, find_rate};
pub use finite::{first_overflow, not_finite};
pub use forecast::{Pace, largest_batch, rank_bytes, training_bytes};
pub use head::{HeadReport, StrengthTrial};
pub use learner::Learner;
pub use options::{AllReduce, BatchSize, TrainOptions, usual_shares};
pub use significance::{PairedTest, wilson_interval};
pub use start::{classes_of_model, has_other_outputs, start_from};
pub use state::TrainingState;
pub use task::{check_task, measure_of, task_for};
pub use trainer::{EpochEnd, Position, Progress, Trainer};
pub use transfer::{transfer, transfer_outputs};
pub use transfer_options::{BackboneRate, Statistics, Transfer};
