//! What is asked for to keep a run safe: checkpoints, and going on from them.

use std::path::PathBuf;

use clap::Args;

use super::every::Every;
use super::run_file::RunFile;
use super::trace::Traced;

#[derive(Debug, Args)]
pub(crate) struct KeepArgs {
    /// Go on with the run in this folder from its last checkpoint, with the options it was started with.
    /// Ends in the weights, to the bit, of a run that was never stopped. With --epochs, more of them, where
    /// the learning rates up to here stay the same.
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["out", "overwrite"], help_heading = "Checkpoints")]
    pub(crate) resume: Option<PathBuf>,
    /// How often to write a checkpoint: "100 steps", "5 minutes", "1 epoch", or never [default: at the
    /// end of an epoch, unless that takes more than a twentieth of the time, and every five minutes].
    #[arg(long, value_name = "INTERVAL", value_parser = |text: &str| text.parse::<Every>(), help_heading = "Checkpoints")]
    pub(crate) checkpoint_every: Option<Every>,
    /// Write a hash of every array of weights after every step into the run folder, or of every
    /// gradient too, for `stepnet compare`. It hashes about half a gigabyte a second and writes about 100
    /// bytes an array.
    #[arg(long, value_enum, value_name = "WHAT", num_args = 0..=1, require_equals = true, default_missing_value = "weights", help_heading = "Checkpoints")]
    pub(crate) trace_hashes: Option<Traced>,
    /// The run that --resume names.
    #[arg(skip)]
    pub(crate) run: Option<Box<RunFile>>,
}
