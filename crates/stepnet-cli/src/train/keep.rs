//! The options for checkpoints and for resuming from them.

use std::path::PathBuf;

use clap::Args;

use super::every::Every;
use super::run_file::RunFile;
use super::trace::Traced;

#[derive(Debug, Args)]
pub(crate) struct KeepArgs {
    /// Resume the run in this folder from its last checkpoint, with the options it was started with. The
    /// final weights are bit for bit those of a run that was never stopped. With a larger --epochs, train for
    /// longer, as long as the learning rates so far stay the same.
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["out", "overwrite"], help_heading = "Checkpoints")]
    pub(crate) resume: Option<PathBuf>,
    /// How often to write a checkpoint: "100 steps", "5 minutes", "1 epoch", or never [default: at the
    /// end of an epoch, unless that takes more than a twentieth of the time, and every five minutes].
    #[arg(long, value_name = "INTERVAL", value_parser = |text: &str| text.parse::<Every>(), help_heading = "Checkpoints")]
    pub(crate) checkpoint_every: Option<Every>,
    /// Write a hash of every weight array after every step to the run folder, or of every gradient too,
    /// for `stepnet compare`. This hashes about half a gigabyte per second and writes about 100 bytes per
    /// array.
    #[arg(long, value_enum, value_name = "WHAT", num_args = 0..=1, require_equals = true, default_missing_value = "weights", help_heading = "Checkpoints")]
    pub(crate) trace_hashes: Option<Traced>,
    /// The run named by --resume.
    #[arg(skip)]
    pub(crate) run: Option<Box<RunFile>>,
}
