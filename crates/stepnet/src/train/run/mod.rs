//! A training that keeps itself in a folder, as `stepnet train` does: records, checkpoints, the best weights, a report.
//!
//! [`Run`] is the way in; [`files`] names the files it leaves, which are the same whether the command, a Rust program or
//! Python trains.

mod about;
mod assistant;
mod data;
mod description;
mod every;
pub mod files;
mod folder;
mod keeper;
mod members;
mod observer;
mod options;
mod record;
#[cfg(feature = "pages")]
mod report;
mod resume;
mod session;
#[cfg(feature = "files")]
mod settings_file;
mod tensorboard;
mod trace;
mod watch;

pub use assistant::Assistant;
pub use data::RunData;
pub use description::{DescribedEnd, RunDescription};
pub use every::CheckpointEvery;
pub use folder::{RUNS, check_free, check_place, next_folder};
pub use members::check_members;
pub use observer::{RunMessage, RunObserver};
pub use options::{EventFiles, RunOptions, Traced};
pub use record::{EpochRecord, Measure};
pub use resume::{SavedRun, find};
pub use session::{Run, RunEnd};
pub use trace::{TraceLine, TraceLines};
