//! The command line: what can be asked, with its help.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use stepnet::Element;
use stepnet::nn::{Init, Resize, Shape};
use stepnet::optim::{Rule, Schedule, WarmUp};
use stepnet::train::BatchSize;
use stepnet_base::limits;

use crate::loading::LoadingArgs;
use crate::memory::Memory;
use crate::optim_args::{LossArgs, UpdateArgs};
use crate::train::{KeepArgs, WatchArgs};
use crate::usage::{any, number, whole, within};
use crate::verify_course::VerifyCourseArgs;

/// Train image classifiers on your own pictures, on the CPU you have, and look into them.
#[derive(Debug, Parser)]
#[command(name = "stepnet", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Also print the causes of an error and, in training, numbers that are rarely needed.
    #[arg(long, global = true)]
    pub(crate) verbose: bool,
    /// Take notes for errors: what would be said as a note ends the command before its work begins.
    #[arg(long, global = true)]
    pub(crate) strict: bool,
    /// Threads to compute with; all cores unless given. Results do not depend on it.
    #[arg(long, global = true, value_name = "N", value_parser = whole::<u16>(1, 1024), allow_negative_numbers = true)]
    pub(crate) threads: Option<u16>,
}

/// How the network is run.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct ExactArgs {
    /// Compute every convolution by the direct method. Otherwise large 3x3 convolutions in f32 go
    /// Winograd's way: faster, with several times the rounding error (at most 176 (C + 28) u times
    /// the sum over the C channels of each one's largest input times its weights, u = 6e-8), which
    /// large values spread to their neighbours.
    #[arg(long)]
    pub(crate) exact: bool,
}

impl ExactArgs {
    /// Sets a network as asked.
    pub(crate) fn apply<T: stepnet::Number>(self, network: &mut stepnet::nn::Network<T>) {
        network.set_exact(self.exact);
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Train a network and write a run folder: the model, its metrics and curves, and what it takes to
    /// go on after an interruption.
    #[command(after_help = TRAIN_EXAMPLES)]
    Train(Box<TrainArgs>),
    /// Find a learning rate: train while it rises, and see where the loss falls most steeply.
    #[command(after_help = crate::find_lr::EXAMPLES, mut_args(crate::find_lr::unused))]
    FindLr(Box<crate::find_lr::FindLrArgs>),
    /// Measure a model on a data set: accuracy, loss, precision and recall of each class.
    #[command(after_help = EVALUATE_EXAMPLES)]
    Evaluate(EvaluateArgs),
    /// Say what a model sees in pictures, one or thousands.
    #[command(after_help = crate::predict::EXAMPLES)]
    Predict(crate::predict::PredictArgs),
    /// Show a network's or a model's layers, shapes and sizes.
    #[command(after_help = INSPECT_EXAMPLES)]
    Inspect(InspectArgs),
    /// Run the course's published experiments again and hold every number against ours.
    #[command(after_help = VERIFY_COURSE_EXAMPLES)]
    VerifyCourse(VerifyCourseArgs),
    /// Check a network's gradients against differences, array by array.
    #[command(after_help = crate::gradcheck::EXAMPLES)]
    Gradcheck(crate::gradcheck::GradcheckArgs),
    /// Say at which step, layer and tensor two runs part.
    #[command(after_help = crate::compare::EXAMPLES)]
    Compare(crate::compare::CompareArgs),
    /// Show an array of a file: shape, range, values.
    #[command(after_help = crate::show::EXAMPLES)]
    Show(crate::show::ShowArgs),
    /// Say where a value of a network comes from, term by term, and what it did to the loss.
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
  stepnet train my-pictures/ --epochs 20          a folder with one sub-folder of pictures a class
  stepnet train mnist-folder/ --model lenet5 --epochs 5 --out runs/mnist
  stepnet train my-pictures/ --model \"conv(8, 3, same) -> relu -> maxpool(2) -> linear(classes) -> softmax\"
  stepnet train few-pictures/ --from runs/mnist/model.safetensors --freeze conv
  stepnet train --resume runs/mnist               goes on where a run was stopped or killed

DATA may be a folder of pictures by class (with or without train/ and test/) or a tar archive of one,
a folder with the MNIST or CIFAR files, an IDX, CIFAR, HDF5, npz, npy or CSV file; what it is is seen
from its content.";

const EVALUATE_EXAMPLES: &str = "\
Examples:
  stepnet evaluate runs/mnist/model.safetensors mnist-folder/
  stepnet evaluate runs/digits-1/model.safetensors            what it was tested on in its training
  stepnet evaluate runs/mnist/model.safetensors mnist-folder/ --json";

const INSPECT_EXAMPLES: &str = "\
Examples:
  stepnet inspect lenet5
  stepnet inspect \"conv(8, 3, same) -> relu -> linear(10) -> softmax\" --input 32x32x3
  stepnet inspect lenet5 --methods --batch 1      how each pass is computed, and why
  stepnet inspect runs/mnist/model.safetensors --json";

const VERIFY_COURSE_EXAMPLES: &str = "\
Examples:
  stepnet verify-course                           everything whose data is drawn or embedded
  stepnet verify-course --data course-files/      with the cat pictures and the regularisation data
  stepnet verify-course --only opt_ --json
  stepnet verify-course --only cat_l_layer+scalar-db --data course-files/

A name with a + is an edition whose numbers differ by a switch: scalar-db (db is summed over a
layer's units too), last-batch (an epoch's cost is that of its last mini-batch) or same-mask
(dropout drops the same values in every iteration). --switch runs any experiment with one;
summed-momentum (v = beta v + g, no average) is another.";

/// Where examples come from, shared by the commands that read data.
#[derive(Debug, Args)]
pub(crate) struct DataArgs {
    /// CSV: the name of the label column (label, class, target or y unless given); CIFAR-100: fine or coarse.
    #[arg(long, value_name = "NAME")]
    pub(crate) label_column: Option<String>,
    /// CSV: its encoding where that is not UTF-8, such as latin1, windows-1252 or utf-16.
    #[arg(long, value_name = "NAME")]
    pub(crate) encoding: Option<String>,
    /// npy: the file with the labels of the pictures in DATA.
    #[arg(long, value_name = "FILE")]
    pub(crate) labels: Option<PathBuf>,
    /// Leave out pictures that cannot be read, naming each, in place of ending at them.
    #[arg(long)]
    pub(crate) skip_bad: bool,
    /// Decode pictures of folders and archives as they are needed, however few they are.
    #[arg(long)]
    pub(crate) stream: bool,
    /// The memory that the pictures of a folder or an archive may take, such as 512MiB or 4GiB; more are
    /// decoded as they are needed [default: half of what is free].
    #[arg(long, value_name = "SIZE", value_parser = crate::usage::size)]
    pub(crate) data_memory: Option<u64>,
}

impl DataArgs {
    /// The first given option that says how a table or arrays are to be read.
    pub(crate) fn about_tables(&self) -> Option<&'static str> {
        let given = [
            ("--labels", self.labels.is_some()),
            ("--label-column", self.label_column.is_some()),
            ("--encoding", self.encoding.is_some()),
        ];
        let option = given.into_iter().find(|(_, given)| *given);
        option.map(|(option, _)| option)
    }

    /// The bytes that pictures may take.
    pub(crate) fn memory(&self) -> u64 {
        self.data_memory.unwrap_or_else(|| Memory::now().room / 2)
    }
}

#[derive(Debug, Args)]
pub(crate) struct TrainArgs {
    /// The data to train on; the embedded digits unless given.
    pub(crate) data: Option<PathBuf>,
    /// Data to test on. Without it a part of DATA is held out, unless DATA has a test part itself.
    #[arg(long, value_name = "DATA")]
    pub(crate) test: Option<PathBuf>,
    /// The share of DATA that is held out for testing where there is no other test data.
    #[arg(long, value_name = "SHARE", default_value_t = 0.2, value_parser = number(|share| (0.0..1.0).contains(&share), "a share from 0 to less than 1"), allow_negative_numbers = true)]
    pub(crate) hold_out: f64,
    #[command(flatten)]
    pub(crate) source: DataArgs,

    /// The network: a preset's name or a text in the arrow notation; `classes` stands for the number of classes.
    #[arg(long, value_name = "NETWORK", help_heading = "Network")]
    pub(crate) model: Option<String>,
    /// The network's input, HEIGHTxWIDTHxCHANNELS; pictures are brought to it.
    #[arg(long, value_name = "SHAPE", value_parser = any::<Shape>, help_heading = "Network")]
    pub(crate) input: Option<Shape>,
    /// How pictures of another size are brought to the input.
    #[arg(long, value_enum, default_value_t = ResizeArg::Stretch, help_heading = "Network")]
    pub(crate) resize: ResizeArg,
    /// What raw values are divided by (255 for pictures unless given).
    #[arg(long, value_name = "NUMBER", value_parser = within(limits::DIVISOR), allow_negative_numbers = true, help_heading = "Network")]
    pub(crate) divisor: Option<f64>,
    /// Shift and scale each channel to mean 0 and deviation 1 over the training data.
    #[arg(long, help_heading = "Network")]
    pub(crate) standardize: bool,
    /// Start from a trained model; its last layer is replaced where the classes differ.
    #[arg(long, value_name = "MODEL", conflicts_with_all = ["model", "input", "resize", "divisor", "standardize", "init"], help_heading = "Network")]
    pub(crate) from: Option<PathBuf>,
    /// Layers to freeze: names (conv1), kinds (conv), or a number (3: the first three that learn).
    #[arg(
        long,
        value_name = "LAYERS",
        value_delimiter = ',',
        help_heading = "Network"
    )]
    pub(crate) freeze: Vec<String>,
    /// How weights start: he, xavier, fan-in (randn / sqrt(n_prev)), zeros, or a scale such as 0.01.
    #[arg(long, default_value_t = Init::He, value_name = "RULE", value_parser = any::<Init>, allow_negative_numbers = true, help_heading = "Network")]
    pub(crate) init: Init,
    /// The numbers computed with.
    #[arg(long, value_enum, default_value_t = Dtype::F32, help_heading = "Network")]
    pub(crate) dtype: Dtype,
    #[command(flatten)]
    pub(crate) exact: ExactArgs,

    /// Passes over the training data [default: 10; 25 for the embedded digits].
    #[arg(long, value_name = "N", value_parser = whole::<u32>(1, limits::MOST_EPOCHS as u64), allow_negative_numbers = true, help_heading = "Training")]
    pub(crate) epochs: Option<u32>,
    /// Examples in one update: a number, or all.
    #[arg(long, value_name = "N", default_value_t = BatchSize::Examples(32), value_parser = any::<BatchSize>, allow_negative_numbers = true, help_heading = "Training")]
    pub(crate) batch: BatchSize,
    /// The learning rate [default: 0.003 for adam and adamw, 0.01 for classic-momentum, 0.1 for gd and momentum].
    #[arg(long, value_name = "RATE", value_parser = within(limits::LEARNING_RATE), allow_negative_numbers = true, help_heading = "Training")]
    pub(crate) lr: Option<f64>,
    /// The update rule: gd, momentum (the course's average), classic-momentum, adam or adamw.
    #[arg(long, value_name = "RULE", default_value_t = Rule::ADAM, value_parser = any::<Rule>, help_heading = "Training")]
    pub(crate) optimizer: Rule,
    /// How the learning rate changes over the run: cosine (a short rise, then down to nothing), constant,
    /// step(FACTOR, EPOCHS), exponential(FACTOR) at each epoch, one-cycle or one-cycle(RISE, START, END),
    /// decay(RATE) (over 1 + RATE e after epoch e) or decay(RATE, EPOCHS) (every EPOCHS epochs).
    #[arg(long, value_name = "NAME", default_value_t = Schedule::Cosine, value_parser = any::<Schedule>, help_heading = "Training")]
    pub(crate) schedule: Schedule,
    /// Let the learning rate rise over this much of the run, whatever the schedule: a share such as 0.05,
    /// or a number of epochs; 0 for no rise [default: 0.05 for cosine, 0.3 for one-cycle, else 0].
    #[arg(long, value_name = "SHARE", value_parser = any::<WarmUp>, allow_negative_numbers = true, help_heading = "Training")]
    pub(crate) warm_up: Option<WarmUp>,
    /// L2 regularisation, the course's lambda.
    #[arg(
        long,
        value_name = "LAMBDA",
        default_value_t = 0.0,
        value_parser = within(limits::DECAY),
        allow_negative_numbers = true,
        help_heading = "Training"
    )]
    pub(crate) l2: f64,
    #[command(flatten)]
    pub(crate) loss: LossArgs,
    #[command(flatten)]
    pub(crate) update: UpdateArgs,
    /// What the held-out part, the weights, the order and the dropout are drawn from.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = whole::<u32>(0, u32::MAX.into()), allow_negative_numbers = true, help_heading = "Training")]
    pub(crate) seed: u32,
    /// Go through the data in its own order in every epoch.
    #[arg(long, help_heading = "Training")]
    pub(crate) no_shuffle: bool,
    #[command(flatten)]
    pub(crate) loading: LoadingArgs,

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
    #[arg(long, value_name = "TYPE", requires = "steps")]
    pub(crate) dtype: Option<Dtype>,
    /// Show or time the passes of `train --exact`: no Winograd.
    #[arg(long, requires = "steps")]
    pub(crate) exact: bool,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Dtype {
    F32,
    F64,
}

impl Dtype {
    /// The type's name in the library.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::F32 => f32::NAME,
            Self::F64 => f64::NAME,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ResizeArg {
    /// Height and width scaled independently.
    Stretch,
    /// The largest centred part of the right aspect.
    Crop,
    /// The whole picture, with black at two sides.
    Fit,
}

impl From<ResizeArg> for Resize {
    fn from(arg: ResizeArg) -> Self {
        match arg {
            ResizeArg::Stretch => Self::Stretch,
            ResizeArg::Crop => Self::Crop,
            ResizeArg::Fit => Self::Fit,
        }
    }
}
