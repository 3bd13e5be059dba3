//! The options of `train`: the settings, and the command's own.

use std::path::PathBuf;

use clap::Args;
use stepnet::data;
use stepnet::train::run::RunDescription;
use stepnet::train::settings::Settings;
use stepnet_base::text::or_list;

use crate::table_args::{All, Given};

const TRAIN_EXAMPLES: &str = "\
Examples:
  stepnet train                                   the embedded digits, a small network
  stepnet train my-pictures/ --epochs 20          a folder with a folder of images for each class
  stepnet train mnist-folder/ --model lenet5 --epochs 5 --out runs/mnist
  stepnet train my-pictures/ --model \"conv(8, 3, same) -> relu -> maxpool(2) -> linear(classes) -> softmax\"
  stepnet train few-pictures/ --from runs/mnist/model.safetensors --freeze conv
  stepnet train --resume runs/mnist               resumes a run that was stopped or killed
  stepnet train --settings runs/mnist/settings.toml               the same run again
";

/// The examples of `train`, and which data it takes.
pub(crate) fn help() -> String {
    let contents: Vec<&str> = data::formats().map(data::Format::content).collect();
    format!(
        "{TRAIN_EXAMPLES}\nDATA may be {}. Its content decides which it is.\nImages may be {}.",
        or_list(&contents),
        data::image_files::formats()
    )
}

#[derive(Debug, Args)]
pub(crate) struct TrainArgs {
    #[command(flatten)]
    pub(crate) given: Given<All>,
    /// Take settings from this file, such as the settings.toml of a run: TOML, a line for each, named as the options
    /// are. Options on the command line take precedence.
    #[arg(long = "settings", value_name = "FILE", conflicts_with = "resume")]
    pub(crate) settings_file: Option<PathBuf>,

    /// The run folder [default: the next free runs/NAME-N].
    #[arg(long, value_name = "FOLDER", help_heading = "Output")]
    pub(crate) out: Option<PathBuf>,
    /// Replace the run in --out if there is one.
    #[arg(long, help_heading = "Output")]
    pub(crate) overwrite: bool,
    #[command(flatten)]
    pub(crate) keeping: KeepArgs,
}

impl TrainArgs {
    /// What the training is set by.
    pub(crate) fn settings(&self) -> &Settings {
        &self.given.settings
    }
}

#[derive(Debug, Args)]
pub(crate) struct KeepArgs {
    /// Resume the run in this folder from its last checkpoint, with the options it was started with. The
    /// final weights are bit for bit those of a run that was never stopped. With a larger --epochs, train for
    /// longer, as long as the learning rates so far stay the same.
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["out", "overwrite"], help_heading = "Checkpoints")]
    pub(crate) resume: Option<PathBuf>,
    /// The run named by --resume.
    #[arg(skip)]
    pub(crate) run: Option<Box<RunDescription>>,
}
