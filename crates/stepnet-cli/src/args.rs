//! The command line: subcommands and options, with their help.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use stepnet::data;
use stepnet::nn::Shape;
use stepnet::train::settings::{Dtype, Settings};
use stepnet_base::limits;
use stepnet_base::text::or_list;

use crate::table_args::{All, Given, Reading, Running};
use crate::train::{KeepArgs, WatchArgs};
use crate::usage::{any, whole};
use crate::verify_course::VerifyCourseArgs;

/// Train image classifiers on your own images, on the CPU you have, and look into them.
#[derive(Debug, Parser)]
#[command(name = "stepnet", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Also print the causes of an error and, in training, figures that are rarely needed.
    #[arg(long, global = true)]
    pub(crate) verbose: bool,
    /// Treat notes as errors: a note then ends the command before its work begins.
    #[arg(long, global = true)]
    pub(crate) strict: bool,
    /// Threads to compute with [default: all cores]. Results do not depend on it.
    #[arg(long, global = true, value_name = "N", value_parser = whole::<u16>(1, 1024), allow_negative_numbers = true)]
    pub(crate) threads: Option<u16>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Train a network and write a run folder: the model, its metrics and curves, and what is needed to
    /// resume after an interruption.
    #[command(after_help = train_help())]
    Train(Box<TrainArgs>),
    /// Find a learning rate: train while it rises, and see where the loss falls most steeply.
    #[command(after_help = crate::find_lr::EXAMPLES, mut_args(crate::find_lr::unused))]
    FindLr(Box<crate::find_lr::FindLrArgs>),
    /// Measure a model on a data set: accuracy, loss, precision and recall of each class.
    #[command(after_help = EVALUATE_EXAMPLES)]
    Evaluate(EvaluateArgs),
    /// Predict the classes of images, one or thousands.
    #[command(after_help = crate::predict::EXAMPLES)]
    Predict(crate::predict::PredictArgs),
    /// Show a network's or a model's layers, shapes and sizes.
    #[command(after_help = INSPECT_EXAMPLES)]
    Inspect(InspectArgs),
    /// Run the course's published experiments again and compare every number with ours.
    #[command(after_help = VERIFY_COURSE_EXAMPLES)]
    VerifyCourse(VerifyCourseArgs),
    /// Compare a network's gradients with finite differences, array by array.
    #[command(after_help = crate::gradcheck::EXAMPLES)]
    Gradcheck(crate::gradcheck::GradcheckArgs),
    /// Find the step, layer and array at which two runs diverge.
    #[command(after_help = crate::compare::EXAMPLES)]
    Compare(crate::compare::CompareArgs),
    /// Show an array of a file: shape, range, values.
    #[command(after_help = crate::show::EXAMPLES)]
    Show(crate::show::ShowArgs),
    /// Explain where a value of a network comes from, term by term, and its effect on the loss.
    #[command(after_help = crate::why::EXAMPLES)]
    Why(crate::why::WhyArgs),
    /// Show the licences of this program and of what is linked into it.
    Licenses,
    /// Print a script that lets a shell complete the command's names and options.
    #[command(after_help = crate::shell::COMPLETION_EXAMPLES)]
    Completions(crate::shell::CompletionsArgs),
    /// Print a manual page.
    #[command(after_help = crate::shell::MAN_EXAMPLES)]
    Man(crate::shell::ManArgs),
}

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
fn train_help() -> String {
    let contents: Vec<&str> = data::formats().map(data::Format::content).collect();
    format!(
        "{TRAIN_EXAMPLES}\nDATA may be {}. Its content decides which it is.\nImages may be {}.",
        or_list(&contents),
        data::image_files::formats()
    )
}

const EVALUATE_EXAMPLES: &str = "\
Examples:
  stepnet evaluate runs/mnist/model.safetensors mnist-folder/
  stepnet evaluate runs/digits-1/model.safetensors            the data that it was tested on in training
  stepnet evaluate runs/mnist/model.safetensors mnist-folder/ --json";

const INSPECT_EXAMPLES: &str = "\
Examples:
  stepnet inspect lenet5
  stepnet inspect \"conv(8, 3, same) -> relu -> linear(10) -> softmax\" --input 32x32x3
  stepnet inspect lenet5 --methods --batch 1      how each pass is computed, and why
  stepnet inspect runs/mnist/model.safetensors --json";

const VERIFY_COURSE_EXAMPLES: &str = "\
Examples:
  stepnet verify-course                           everything whose data is generated or embedded
  stepnet verify-course --data course-files/      with the cat pictures and the regularisation data
  stepnet verify-course --only opt_ --json
  stepnet verify-course --only cat_l_layer+scalar-db --data course-files/

A name with a + is an edition whose numbers differ by a switch: scalar-db (db is summed over a
layer's units too), last-batch (an epoch's cost is that of its last mini-batch) or same-mask
(dropout drops the same values in every iteration). --switch runs any experiment with one;
summed-momentum (v = beta v + g, no average) is another.";

/// How data is read, shared by the commands that read some.
pub(crate) type DataArgs = Given<Reading>;

/// How the network is run.
pub(crate) type ExactArgs = Given<Running>;

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
    #[command(flatten)]
    pub(crate) watching: WatchArgs,
}

impl TrainArgs {
    /// The settings of the training.
    pub(crate) fn settings(&self) -> &Settings {
        &self.given.settings
    }
}

#[derive(Debug, Args)]
pub(crate) struct EvaluateArgs {
    /// The model file.
    pub(crate) model: PathBuf,
    /// The data, whose test part is taken if it has one; unless given, what the model was tested on in its training.
    pub(crate) data: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) source: DataArgs,
    #[command(flatten)]
    pub(crate) exact: ExactArgs,
    /// Also count an answer as right where the class is among the K likeliest [default: 5 where there are more classes].
    #[arg(long, value_name = "K", value_parser = whole::<u32>(1, limits::MOST_CLASSES as u64), allow_negative_numbers = true)]
    pub(crate) top_k: Option<u32>,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("steps").multiple(true))]
pub(crate) struct InspectArgs {
    /// A model file, a preset's name, or a text in the arrow notation.
    pub(crate) network: String,
    /// The network's input, HEIGHTxWIDTHxCHANNELS (most presets have their own).
    #[arg(long, value_name = "SHAPE", value_parser = any::<Shape>)]
    pub(crate) input: Option<Shape>,
    /// What `classes` stands for [default: 10; a preset has its own].
    #[arg(long, value_name = "N", value_parser = whole::<u32>(1, limits::MOST_CLASSES as u64), allow_negative_numbers = true)]
    pub(crate) classes: Option<u32>,
    /// Measure training steps on drawn examples: milliseconds and GFLOP/s of every layer, and their
    /// share of the machine's multiply-add peak, measured in the same run.
    #[arg(long, group = "steps")]
    pub(crate) time: bool,
    /// Show which method computes each pass of the convolutions and dense layers, and why: the
    /// layer's sizes compared with measured thresholds.
    #[arg(long, group = "steps")]
    pub(crate) methods: bool,
    /// Examples in a batch.
    #[arg(long, value_name = "N", requires = "steps", default_value = "64", value_parser = whole::<usize>(1, 1 << 20), allow_negative_numbers = true)]
    pub(crate) batch: usize,
    /// Number type of the steps [default: that of the model; f32 for a network].
    #[arg(long, value_name = "TYPE", requires = "steps", value_parser = crate::table_args::dtype())]
    pub(crate) dtype: Option<Dtype>,
    /// Show or time the passes of `train --exact`: no Winograd.
    #[arg(long, requires = "steps")]
    pub(crate) exact: bool,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}
