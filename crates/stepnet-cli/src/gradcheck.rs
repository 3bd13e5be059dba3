//! `stepnet gradcheck`: a network's gradients against central differences.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use stepnet::data::{Dataset, OpenOptions, Role, TargetKind, ValueRange};
use stepnet::nn::notation::presets::Preset;
use stepnet::nn::{Loss, ModelFile, Network, Preprocessing, Registry, Resize, Shape};
use stepnet::see::gradcheck::{self, Examples, Options, Reach, Report, USUAL_TIME_LIMIT};
use stepnet_base::limits;

use crate::failure::{Failure, Outcome};
use crate::interrupt::{self, Interrupt};
use crate::known::Known;
use crate::material;
use crate::named::{self, Named};
use crate::progress::{Waiting, print_line, print_lines, print_sentence};
use crate::table_args::DataArgs;
use crate::usage::{any, number, whole, within};

/// The end of the help.
pub(crate) const EXAMPLES: &str = "\
Examples:
  stepnet gradcheck lenet5
  stepnet gradcheck \"conv(4, 3) -> relu -> maxpool(2) -> linear(3) -> softmax\" --input 12x12x3
  stepnet gradcheck runs/mnist/model.safetensors --data mnist-folder/
  stepnet gradcheck l-layer --samples 500 --seed 7 --json

The gradient of each array, and of the input, is compared with finite differences of the loss in
f64. The exit code is 1 if a gradient is wrong, or if more than 5 % of the coordinates were too close
to a kink of a ReLU or of max pooling to be checked. Ctrl-C stops the check and prints what was
checked so far (exit code 130).";

#[derive(Debug, Args)]
pub(crate) struct GradcheckArgs {
    /// A model file, a preset's name, or a text in the arrow notation.
    network: String,
    /// The network's input, HEIGHTxWIDTHxCHANNELS or a number of features (most presets have their own).
    #[arg(long, value_name = "SHAPE", value_parser = any::<Shape>)]
    input: Option<Shape>,
    /// The number that `classes` stands for [default: 10; a preset or DATA sets its own].
    #[arg(long, value_name = "N", value_parser = whole::<u32>(1, limits::MOST_CLASSES as u64), allow_negative_numbers = true)]
    classes: Option<u32>,
    /// Use this loss instead of the one that belongs to the last layer: binary-cross-entropy, softmax-cross-entropy, mean-squared-error, mean-absolute-error or huber.
    #[arg(long, value_name = "LOSS", value_parser = any::<Loss>)]
    loss: Option<Loss>,

    /// Take the examples from this data [default: draw them at random].
    #[arg(long, value_name = "DATA", help_heading = "Data")]
    data: Option<PathBuf>,
    #[command(flatten)]
    source: DataArgs,
    /// Number of examples.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = whole::<u32>(1, 65_536), allow_negative_numbers = true, help_heading = "Data")]
    batch: u32,
    /// Shift the values of DATA at random by up to this share of the largest, because flat areas of
    /// images are kinks of max pooling.
    #[arg(long, value_name = "SHARE", default_value_t = 0.01, value_parser = number(|share| (0.0..=1.0).contains(&share), "a share from 0 to 1"), allow_negative_numbers = true, help_heading = "Data")]
    jitter: f64,

    /// Seed for everything that is drawn at random: weights, examples, coordinates.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = whole::<u32>(0, u32::MAX.into()), allow_negative_numbers = true, help_heading = "Check")]
    seed: u32,
    /// Coordinates to check one by one in an array that has more.
    #[arg(long, value_name = "N", default_value_t = 128, value_parser = whole::<u32>(1, limits::MOST_SAMPLES as u64), allow_negative_numbers = true, help_heading = "Check")]
    samples: u32,
    /// Step of the finite differences [default: 1e-5, shorter near kinks].
    #[arg(long, value_name = "STEP", value_parser = within(limits::STEP), allow_negative_numbers = true, help_heading = "Check")]
    eps: Option<f64>,
    /// The largest relative difference at which a gradient still counts as right.
    #[arg(long, value_name = "NUMBER", default_value_t = 1e-6, value_parser = within(limits::TOLERANCE), allow_negative_numbers = true, help_heading = "Check")]
    tolerance: f64,
    /// Seconds that the check may take. If they are too few for the network, fewer coordinates are checked, or each
    /// layer separately.
    #[arg(long, value_name = "N", default_value_t = USUAL_TIME_LIMIT.as_secs() as u32, value_parser = whole::<u32>(1, 1_000_000), allow_negative_numbers = true, help_heading = "Check")]
    seconds: u32,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &GradcheckArgs) -> Outcome {
    if let (None, Some(option)) = (&args.data, args.source.about_tables()) {
        return Err(Failure::usage(format!(
            "{option} says how DATA is to be read, but no --data is given"
        )));
    }
    let options = Options::default()
        .seed(args.seed)
        .samples(args.samples as usize)
        .eps(args.eps)
        .tolerance(args.tolerance)
        .time_limit(Some(Duration::from_secs(args.seconds.into())));
    let (network, examples) = match Named::of(&args.network)? {
        Named::File(path) => of_model(path, args)?,
        Named::Network(text, preset) => of_text(text, preset, args)?,
    };
    let report = watched(&network, &examples, &options)?;
    if args.json {
        let mut value =
            serde_json::to_value(&report).map_err(|error| Failure::running(error.to_string()))?;
        if report.reach == Reach::Stopped {
            // Neither passed nor failed.
            value["passed"] = serde_json::Value::Null;
        }
        print_line(&value.to_string());
    } else {
        if args.data.is_some() && args.jitter > 0.0 {
            print_sentence(&format!(
                "the values of the data were shifted at random by up to {} of the largest (--jitter 0 turns this off)",
                args.jitter
            ));
        }
        print_lines(&report.to_string());
    }
    if report.reach == Reach::Stopped {
        return interrupt::outcome();
    }
    match report.conclusion() {
        None => Ok(()),
        Some(why) => Err(Failure::running(format!("the gradient check fails: {why}"))),
    }
}

/// The check, with its progress on the standard error; it ends early on a signal.
fn watched(network: &Network<f64>, examples: &Examples, options: &Options) -> Outcome<Report> {
    // Until here a signal ends the program: nothing has been checked that could be shown.
    let interrupt = Interrupt::hold();
    let display = Waiting::new();
    let report = gradcheck::network_watched(network, examples, options, |progress| {
        display.show(progress);
        match interrupt.pressed() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    })?;
    display.finish();
    Ok(report)
}

/// A model with its own weights, and what it is run on.
fn of_model(path: &Path, args: &GradcheckArgs) -> Outcome<(Network<f64>, Examples)> {
    named::refuse_for_file(
        path,
        &[
            ("--input", args.input.is_some()),
            ("--classes", args.classes.is_some()),
        ],
    )?;
    let model = ModelFile::open(path)?.model::<f64>(Registry::builtin())?;
    model
        .check_finite()
        .map_err(|error| Failure::from(error).context(&path.display().to_string()))?;
    let mut network = model.network;
    if let Some(loss) = args.loss {
        let text = network.text().clone();
        let mut other = Network::builder()
            .loss(loss)
            .build_text(text, network.input())?;
        other.parameters_mut().copy_from_slice(network.parameters());
        network = other;
    }
    let Some(data) = args.data.as_deref() else {
        let examples = Examples::drawn(&network, args.batch as usize, args.seed)?;
        return Ok((network, examples));
    };
    let options = open_options(
        args,
        Some(model.preprocessing.shape()),
        model.preprocessing.resize,
    );
    let options = options
        .targets(TargetKind::of(&model.preprocessing.task))
        .target_names(model.classes.clone());
    let opened = material::open_alone(data, &options)?;
    let known = Known {
        preprocessing: &model.preprocessing,
        range: ValueRange::stored(&model.training),
    };
    known.check(Some(data), opened.data.images())?;
    let opened = match model.classes.is_empty() {
        true => opened.data,
        false => material::with_classes(opened.data, &model.classes, &data.display().to_string())?,
    };
    let preprocessing = material::suited(Some(data), &model.preprocessing);
    let examples = taken(&network, &opened, &preprocessing, args)?;
    Ok((network, examples))
}

/// A network with drawn weights, and what it is run on.
fn of_text(
    text: &str,
    preset: Option<&Preset>,
    args: &GradcheckArgs,
) -> Outcome<(Network<f64>, Examples)> {
    let asked = args.classes.map(|classes| classes as usize);
    let Some(data) = args.data.as_deref() else {
        let mut network = named::build(text, preset, args.input, asked, args.loss)?;
        let examples = Examples::drawn(&network, args.batch as usize, args.seed)?;
        gradcheck::draw_weights(&mut network, &examples, args.seed)?;
        return Ok((network, examples));
    };
    let own = preset.and_then(|preset| preset.input);
    let input = args.input.map(|shape| shape.as_image()).or(own);
    let opened = material::open_alone(data, &open_options(args, input, Resize::default()))?;
    let shape = opened.data.images().shape();
    let classes = asked.unwrap_or(opened.data.classes().len());
    let input = args.input.unwrap_or(shape.into());
    let mut network = named::build(text, preset, Some(input), Some(classes), args.loss)?;
    let [height, width, channels] = shape;
    let preprocessing = Preprocessing::scaled(height, width, channels, opened.divisor);
    let examples = taken(&network, &opened.data, &preprocessing, args)?;
    gradcheck::draw_weights(&mut network, &examples, args.seed)?;
    Ok((network, examples))
}

fn open_options(args: &GradcheckArgs, input: Option<[usize; 3]>, resize: Resize) -> OpenOptions {
    let options = args.source.open_options();
    options.role(Role::Train).input(input).resize(resize)
}

fn taken(
    network: &Network<f64>,
    data: &Dataset,
    preprocessing: &Preprocessing,
    args: &GradcheckArgs,
) -> Outcome<Examples> {
    let batch = args.batch as usize;
    let mut examples = Examples::of_data(network, data, preprocessing, batch, args.seed)?;
    examples.jitter(args.jitter, args.seed);
    Ok(examples)
}
