//! The command line: subcommands and options, with their help.

use clap::{Parser, Subcommand};

use crate::usage::whole;

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
    /// Threads to compute with [default: all cores; of several processes on a machine, each its part]. Results do not
    /// depend on it.
    #[arg(long, global = true, value_name = "N", value_parser = whole::<u16>(1, 1024), allow_negative_numbers = true)]
    pub(crate) threads: Option<u16>,
    /// The instruction set to compute with: portable, avx2 or avx512 [default: the best that the processor has]. The last
    /// digits of results depend on it.
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) isa: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Train a network and write a run folder: the model, its metrics and curves, and what is needed to
    /// resume after an interruption.
    #[command(after_help = crate::train::help())]
    Train(Box<crate::train::TrainArgs>),
    /// Find a learning rate: train while it rises, and see where the loss falls most steeply.
    #[command(after_help = crate::find_lr::EXAMPLES, mut_args(crate::find_lr::unused))]
    FindLr(Box<crate::find_lr::FindLrArgs>),
    /// Forecast a training over several ranks: time per epoch, memory, and the share of communication.
    #[command(after_help = crate::plan::EXAMPLES, mut_args(crate::plan::unused))]
    Plan(Box<crate::plan::PlanArgs>),
    /// Measure a model on a data set: accuracy, loss, precision and recall of each class.
    #[command(after_help = crate::evaluate::EXAMPLES)]
    Evaluate(crate::evaluate::EvaluateArgs),
    /// Make a model's probabilities right: temperature scaling, reliability, thresholds.
    #[command(after_help = crate::calibrate::EXAMPLES)]
    Calibrate(Box<crate::calibrate::CalibrateArgs>),
    /// Examine a data set: duplicates, odd images, labels that may be wrong.
    #[command(after_help = crate::examine::EXAMPLES)]
    Examine(Box<crate::examine::ExamineArgs>),
    /// Predict the classes of images, one or thousands.
    #[command(after_help = crate::predict::EXAMPLES)]
    Predict(crate::predict::PredictArgs),
    /// Write the features of images, the values before a model's last linear layer, to a file.
    #[command(after_help = crate::embed::EXAMPLES)]
    Embed(crate::embed::EmbedArgs),
    /// Find the images that are most like one, by the features that a model makes of them.
    #[command(after_help = crate::similar::EXAMPLES)]
    Similar(crate::similar::SimilarArgs),
    /// Show which parts of images speak for a class, as heat maps, and check that the maps depend on what was learned.
    #[command(after_help = crate::explain::help())]
    Explain(Box<crate::explain::ExplainArgs>),
    /// Serve models over HTTP: a page to drop images on, REST, the Open Inference Protocol, metrics.
    #[cfg(feature = "serve")]
    #[command(after_help = crate::serve::EXAMPLES)]
    Serve(crate::serve::ServeArgs),
    /// Read a model of another framework: ONNX, PyTorch, Keras, TensorFlow.js.
    #[command(after_help = crate::import::EXAMPLES)]
    Import(Box<crate::import::ImportArgs>),
    /// Write a model for other programs: ONNX, or a PyTorch program.
    #[command(after_help = crate::export::EXAMPLES)]
    Export(crate::export::ExportArgs),
    /// List networks whose trained weights others publish, and how to import them.
    #[command(after_help = crate::models::EXAMPLES)]
    Models(crate::models::ModelsArgs),
    /// Show a network's or a model's layers, shapes and sizes.
    #[command(after_help = crate::inspect::EXAMPLES)]
    Inspect(crate::inspect::InspectArgs),
    /// Run the course's published experiments again and compare every number with ours.
    #[command(after_help = crate::verify_course::EXAMPLES)]
    VerifyCourse(crate::verify_course::VerifyCourseArgs),
    /// Compare a network's gradients with finite differences, array by array.
    #[command(after_help = crate::gradcheck::EXAMPLES)]
    Gradcheck(crate::gradcheck::GradcheckArgs),
    /// Find the step, layer and array at which two runs diverge; or test which of two models is better.
    #[command(after_help = crate::compare::EXAMPLES)]
    Compare(crate::compare::CompareArgs),
    /// Show an array of a file: shape, range, values.
    #[command(after_help = crate::show::EXAMPLES)]
    Show(crate::show::ShowArgs),
    /// Explain where a value of a network comes from, term by term, and its effect on the loss.
    #[command(after_help = crate::why::EXAMPLES)]
    Why(crate::why::WhyArgs),
    /// Open the laboratory in a browser: train, look into a network and learn how it works, on a page.
    #[command(after_help = crate::lab::EXAMPLES)]
    Lab(crate::lab::LabArgs),
    /// Show the licences of this program and of what is linked into it.
    Licenses,
    /// Print a script that lets a shell complete the command's names and options.
    #[command(after_help = crate::shell::COMPLETION_EXAMPLES)]
    Completions(crate::shell::CompletionsArgs),
    /// Print a manual page.
    #[command(after_help = crate::shell::MAN_EXAMPLES)]
    Man(crate::shell::ManArgs),
}
