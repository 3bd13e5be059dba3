//! The options of the command itself: what a run keeps besides what the settings say, and resuming.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser, ValueParser};
use stepnet::train::run::{BoardOptions, RunDescription, Traced};

use crate::usage::whole;

#[derive(Debug, Args)]
pub(crate) struct KeepArgs {
    /// Resume the run in this folder from its last checkpoint, with the options it was started with. The
    /// final weights are bit for bit those of a run that was never stopped. With a larger --epochs, train for
    /// longer, as long as the learning rates so far stay the same.
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["out", "overwrite"], help_heading = "Checkpoints")]
    pub(crate) resume: Option<PathBuf>,
    /// Write a hash of every weight array after every step to the run folder, or of every gradient too,
    /// for `stepnet compare`. This hashes about half a gigabyte per second and writes about 100 bytes per
    /// array.
    #[arg(long, value_parser = traced(), value_name = "WHAT", num_args = 0..=1, require_equals = true, default_missing_value = "weights", help_heading = "Checkpoints")]
    pub(crate) trace_hashes: Option<Traced>,
    /// Write event files for TensorBoard to FOLDER or to the folder tensorboard of the run.
    #[arg(long, value_name = "FOLDER", num_args = 0..=1, require_equals = true, help_heading = "Output")]
    pub(crate) tensorboard: Option<Option<PathBuf>>,
    /// With --tensorboard: also log every STEPS steps, not only every epoch.
    #[arg(long, value_name = "STEPS", requires = "tensorboard", value_parser = whole::<usize>(1, u32::MAX.into()), allow_negative_numbers = true, help_heading = "Output")]
    pub(crate) tensorboard_every: Option<usize>,
    /// The run named by --resume.
    #[arg(skip)]
    pub(crate) run: Option<Box<RunDescription>>,
}

impl KeepArgs {
    /// Event files as asked for.
    pub(super) fn board(&self) -> Option<BoardOptions> {
        let folder = self.tensorboard.clone()?;
        let options = BoardOptions::default();
        Some(options.folder(folder).every(self.tensorboard_every))
    }
}

fn traced() -> ValueParser {
    let names = [
        PossibleValue::new("weights").help("The weights after each step"),
        PossibleValue::new("gradients").help("The gradients of each step, too"),
    ];
    let traced = |name: String| match name.as_str() {
        "gradients" => Traced::Gradients,
        _ => Traced::Weights,
    };
    PossibleValuesParser::new(names).map(traced).into()
}
