//! `stepnet why`: where a value of a network comes from, and its effect on the loss.

use std::path::{Path, PathBuf};

use clap::Args;
use stepnet::Number;
use stepnet::data::{Role, TargetKind};
use stepnet::nn::{Model, ModelFile, Registry};
use stepnet::see::why::{At, Explanation, Question, Subject, Why};

use crate::display::name;
use crate::failure::{Failure, Outcome};
use crate::known::Known;
use crate::material;
use crate::note;
use crate::output::{self, Target};
use crate::progress::{print_line, print_sentence};
use crate::table_args::{DataArgs, ExactArgs};
use crate::usage::{any, whole};
use crate::wording::given_as;

/// The terms shown of each sum, and the contributors followed at each layer of a trace.
const USUAL_TOP: usize = 10;
const USUAL_BRANCHES: usize = 3;

pub(crate) const EXAMPLES: &str = "\
Examples:
  stepnet why runs/mnist/model.safetensors 7.png                        the predicted class's output
  stepnet why runs/mnist/model.safetensors 7.png --at conv2[3,4,5]      row 3, column 4, channel 5
  stepnet why runs/mnist/model.safetensors 7.png --at relu1[0,2,1] --grad --class 3
  stepnet why runs/mnist/model.safetensors 7.png --at linear1[8] --trace 9 --top 2
  stepnet why runs/mnist/model.safetensors --data mnist-folder/ --example 12 --html why.html

Layers are named as `stepnet inspect MODEL` shows them; `input` is the network's input. Indices
count from 0: [h,w,c] in a volume, [i] in a vector.";

#[derive(Debug, Args)]
pub(crate) struct WhyArgs {
    /// The model file.
    model: PathBuf,
    /// The image file.
    #[arg(
        value_name = "IMAGE",
        required_unless_present = "data",
        conflicts_with = "data"
    )]
    picture: Option<PathBuf>,
    /// The value to explain: LAYER[h,w,c], LAYER[i] or input[h,w,c] [default: the predicted class's output].
    #[arg(long, value_name = "PLACE", value_parser = any::<At>, allow_hyphen_values = true)]
    at: Option<At>,
    /// Also show the gradient of the loss with respect to the value: which outputs it contributed to,
    /// and the gradient from each.
    #[arg(long)]
    grad: bool,
    /// Use the loss of this class for --grad, by name or number; of a model for numbers, the loss of these (3.5,2),
    /// of one for labels, that of the labels that apply (cat,dog) [default: what the model predicts].
    #[arg(
        long,
        value_name = "NAME",
        requires = "grad",
        allow_hyphen_values = true
    )]
    class: Option<String>,
    /// Follow the largest contributors back through this many layers; a large number reaches the pixels.
    #[arg(long, value_name = "N", value_parser = whole::<u16>(1, 10_000), allow_negative_numbers = true)]
    trace: Option<u16>,
    /// Terms to show of each sum [default: 10; all in --json and --html], and to follow at each layer of a trace
    /// [default: 3].
    #[arg(long, value_name = "K", value_parser = whole::<u32>(1, stepnet_base::limits::MOST_CLASSES as u64), allow_negative_numbers = true)]
    top: Option<u32>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    /// Write a page to open in a browser.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Replace the file of --html if there is one.
    #[arg(long, requires = "html")]
    overwrite: bool,

    /// Explain an example of a data set (of its test part, if it has one) instead of an image file.
    #[arg(long, value_name = "DATA", help_heading = "Data")]
    data: Option<PathBuf>,
    /// The number of the example in DATA, counted from 0 [default: 0].
    #[arg(long, value_name = "N", value_parser = whole::<u32>(0, u32::MAX.into()), allow_negative_numbers = true, help_heading = "Data")]
    example: Option<u32>,
    #[command(flatten)]
    source: DataArgs,
    #[command(flatten)]
    exact: ExactArgs,
}

pub(crate) fn run(args: &WhyArgs) -> Outcome {
    let page = page(args)?;
    let file = ModelFile::open(&args.model)?;
    match file.element() {
        Some("f64") => explain(args, page, file.model::<f64>(Registry::builtin())?),
        _ => explain(args, page, file.model::<f32>(Registry::builtin())?),
    }
}

/// Where the page goes.
fn page(args: &WhyArgs) -> Outcome<Option<Target>> {
    let Some(path) = &args.html else {
        return Ok(None);
    };
    let inputs = output::inputs([
        Some(args.model.as_path()),
        args.picture.as_deref(),
        args.data.as_deref(),
        args.source.settings.reading.labels.as_deref(),
    ]);
    let target = Target::check("--html", path, args.overwrite, inputs)?;
    if target.is_standard() && args.json {
        return Err(Failure::usage(
            "--html and --json would both be written to the standard output; name a file for the page",
        ));
    }
    Ok(Some(target))
}

fn explain<T: Number>(args: &WhyArgs, page: Option<Target>, mut model: Model<T>) -> Outcome {
    args.exact.apply(&mut model.network);
    let model = &model;
    model
        .check_finite()
        .map_err(|error| Failure::from(error).context(&args.model.display().to_string()))?;
    check_data_options(args)?;
    let subject = match (&args.picture, &args.data) {
        (Some(path), _) => {
            Known::of(model).check_images(path)?;
            Subject::image(path, &model.preprocessing)?
        }
        (None, Some(path)) => example(args, path, model)?,
        (None, None) => return Err(Failure::usage("name an image, or --data DATA")),
    };
    note::check(Failure::usage)?;
    let question = Question::default()
        .at(args.at.clone())
        .gradient(args.grad)
        .class(args.class.clone())
        .trace(args.trace.unwrap_or(0).into())
        .branches(args.top.map_or(USUAL_BRANCHES, |top| top as usize));
    let mut explanation = Why::of(&model.network, subject)?
        .with_classes(&model.classes)
        .with_task(&model.preprocessing.task)
        .explain(&question)?;
    let agrees = explanation.ok();
    let full = args.json.then(|| explanation.clone());
    // Cut for people; JSON has the names in full.
    explanation.prediction.name = name(&explanation.prediction.name);
    if let Some(gradient) = &mut explanation.gradient {
        gradient.class_name = name(&gradient.class_name);
    }
    if let Some(page) = &page {
        page.write(
            explanation
                .page(args.top.map(|top| top as usize))
                .as_bytes(),
        )?;
    }
    if let Some(mut full) = full {
        if let Some(top) = args.top {
            full.limit(top as usize);
        }
        let text = serde_json::to_string(&full)
            .map_err(|error| Failure::running(format!("cannot write JSON: {error}")))?;
        print_line(&text);
    } else if page.as_ref().is_some_and(Target::is_standard) {
        // The page is all that is read there.
    } else if let Some(path) = &args.html {
        print_sentence(&format!("{}: {}", path.display(), summary(&explanation)));
    } else {
        let top = args.top.map_or(USUAL_TOP, |top| top as usize);
        let text = explanation.text(top).to_string();
        text.lines().for_each(print_sentence);
        if args.at.is_none() {
            print_line("");
            print_sentence(
                "for any other value, give --at LAYER[h,w,c], --at LAYER[i] or --at input[h,w,c]; layers are named as in stepnet inspect",
            );
        }
    }
    if agrees {
        Ok(())
    } else {
        Err(Failure::running(format!(
            "{}: the sum of the terms is not what the network computed",
            explanation.name
        )))
    }
}

/// Options that say how DATA is read, where there is none.
fn check_data_options(args: &WhyArgs) -> Outcome {
    let reading = args.source.names().iter().map(|setting| given_as(setting));
    let example = args.example.map(|_| "--example".to_owned());
    match example.into_iter().chain(reading).next() {
        Some(option) if args.data.is_none() => Err(Failure::usage(format!(
            "{option} needs --data DATA, but an image is given"
        ))),
        _ => Ok(()),
    }
}

/// A line for the shell about what a page shows.
fn summary(explanation: &Explanation) -> String {
    let checked = explanation
        .forward
        .check
        .map(|check| format!(", {}", check.words()));
    format!(
        "{} = {}{}",
        explanation.name,
        explanation.value,
        checked.unwrap_or_default()
    )
}

/// An example of a data set.
fn example<T: Number>(args: &WhyArgs, path: &Path, model: &Model<T>) -> Outcome<Subject> {
    let options = args
        .source
        .open_options()
        .role(Role::Test)
        .targets(TargetKind::of(&model.preprocessing.task))
        .target_names(model.classes.clone())
        .input(Some(model.preprocessing.shape()))
        .resize(model.preprocessing.resize);
    let data = material::open_alone(path, &options)?.data;
    Known::of(model).check(Some(path), data.images())?;
    let number = args.example.unwrap_or(0) as usize;
    let one = data.subset(&[number]).map_err(|_| {
        Failure::usage(format!(
            "--example is {number}, but {} has {} examples, 0 to {}",
            path.display(),
            data.len(),
            data.len() - 1
        ))
    })?;
    Ok(Subject {
        name: format!("example {number} of {}", path.display()),
        raw: one.images().image(0)?,
        preprocessing: material::suited(Some(path), &model.preprocessing),
    })
}
