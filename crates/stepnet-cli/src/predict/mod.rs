//! `stepnet predict`: the classes, labels or numbers that a model predicts for images, be it one or a disk full of them.
//!
//! Images are found, decoded and predicted batch by batch. While the network computes one batch, the
//! next is decoded, so memory holds two batches however many images there are.

mod answer;
mod batch;
mod pattern;
mod ranks;
mod sink;
pub(crate) mod sources;
mod tally;

use std::path::PathBuf;

use clap::Args;
use stepnet::group::Group;
use stepnet::nn::{Model, ModelFile, Registry};
use stepnet::{Number, Predictor};
use stepnet_base::limits::PROBABILITY;

use crate::failure::{Failure, Outcome, say};
use crate::group::messages::{FIRST, from_first, same};
use crate::group::{self, agreed};
use crate::known::Known;
use crate::note;
use crate::output::{Reader, Target};
use crate::table_args::ExactArgs;
use crate::usage::{whole, within};

use answer::Answer;
use batch::{answers, load, next};
use sink::Sink;
use sources::{Found, Sources};
use tally::Tally;

pub(crate) const EXAMPLES: &str = "\
Examples:
  stepnet predict runs/mnist/model.safetensors picture.png more/*.jpg
  stepnet predict runs/mnist/model.safetensors picture.png --top-k 3 --json
  stepnet predict runs/mnist/model.safetensors holiday/ --top-k 5 --csv seen.csv
  stepnet predict runs/mnist/model.safetensors \"holiday/**/*.jpg\" --json > seen.jsonl
  mpirun -n 4 stepnet predict runs/mnist/model.safetensors holiday/ --csv seen.csv

A folder is searched with all its subfolders for files that are images by their content or their
name; hidden files are skipped. A pattern in quotes may contain * ? [abc] and ** (any folders). A file
that is named more than once is predicted once. An image that cannot be read is reported and does not
stop the others; the exit code is then 2. Over several ranks the output is that of one process: the first
rank searches and writes, and each rank reads and predicts a part. With --json, a name that is not UTF-8 has its bytes in
picture_bytes, percent-encoded.";

/// The arguments of `predict`.
#[derive(Debug, Args)]
pub(crate) struct PredictArgs {
    /// The model file.
    model: PathBuf,
    /// Images, folders of images, or patterns such as "holiday/*.jpg".
    #[arg(value_name = "IMAGES", required = true)]
    pictures: Vec<PathBuf>,
    /// Classes to name for each image, the most likely first.
    #[arg(long, visible_alias = "top", value_name = "K", default_value_t = 1, value_parser = whole::<u16>(1, u16::MAX.into()), allow_negative_numbers = true)]
    top_k: u16,
    /// Say "not sure" of an image whose likeliest class has a lower probability; `stepnet calibrate` shows what that gains.
    #[arg(long, value_name = "P", value_parser = within(PROBABILITY), allow_negative_numbers = true)]
    min_confidence: Option<f64>,
    /// Write a table with one row per image; `-` writes it to the standard output.
    #[arg(long, value_name = "FILE", conflicts_with = "json")]
    csv: Option<PathBuf>,
    /// Print one JSON object per image, each on its own line.
    #[arg(long)]
    json: bool,
    /// Replace the file of --csv if there is one.
    #[arg(long, requires = "csv")]
    overwrite: bool,
    #[command(flatten)]
    exact: ExactArgs,
}

/// The most images in one batch.
const BATCH: usize = 64;

/// Memory of the inputs of two batches, where that leaves more than one image in a batch: one is computed while the
/// next is read.
const INPUT_BYTES: usize = 128 << 20;

pub(crate) fn run(args: &PredictArgs) -> Outcome {
    run_on(args, group::join_and(say)?.as_deref())
}

/// Whether this process is alone or the first of its group.
fn is_first(group: Option<&dyn Group>) -> bool {
    group.is_none_or(|group| group.rank() == FIRST)
}

/// Predicts alone, or as a rank of a group.
fn run_on(args: &PredictArgs, group: Option<&dyn Group>) -> Outcome {
    let table = match is_first(group) {
        true => table(args),
        false => Ok(None),
    };
    let table = agreed(group, table)?;
    let file = agreed(group, ModelFile::open(&args.model).map_err(Failure::from))?;
    match file.element() {
        Some("f64") => predict(args, table, file.model::<f64>(Registry::builtin()), group),
        _ => predict(args, table, file.model::<f32>(Registry::builtin()), group),
    }
}

/// Where the table goes, which is neither the model nor an image.
fn table(args: &PredictArgs) -> Outcome<Option<Target>> {
    let Some(path) = &args.csv else {
        return Ok(None);
    };
    let pictures = Sources::new(&args.pictures).filter_map(|found| match found {
        Found::Picture(path) => Some(path),
        Found::Problem(..) => None,
    });
    let inputs = std::iter::once(args.model.clone()).chain(pictures);
    Target::check("--csv", path, args.overwrite, inputs).map(Some)
}

/// A model that is ready to predict.
struct Ready<T> {
    model: Model<T>,
    /// Without one (for one image, or where there is no memory for it) the network itself predicts.
    predictor: Option<Predictor<T>>,
    /// Images that are predicted at a time.
    batch: usize,
}

fn prepare<T: Number>(
    args: &PredictArgs,
    model: stepnet::Result<Model<T>>,
    single: bool,
) -> Outcome<Ready<T>> {
    let mut model = model?;
    args.exact.apply(&mut model.network);
    model
        .check_finite()
        .map_err(|error| Failure::from(error).context(&args.model.display().to_string()))?;
    Known::of(&model).check_images(&args.model)?;
    note::check(Failure::usage)?;
    if args.top_k > 1 && !model.preprocessing.task.is_classes() {
        return Err(Failure::usage(format!(
            "--top-k is about classes, but the model says {}",
            model.preprocessing.task.name()
        )));
    }
    let probabilities =
        model.preprocessing.task.is_classes() && !model.network.loss().is_of_numbers();
    if args.min_confidence.is_some() && !probabilities {
        return Err(Failure::usage(format!(
            "--min-confidence is about probabilities of classes, which {} does not give",
            args.model.display()
        )));
    }
    let predictor = match single {
        true => None,
        // Prepared, a network takes more memory than as it is.
        false => match Predictor::new(&model) {
            Err(error) if error.is_memory() => None,
            predictor => Some(predictor?),
        },
    };
    let most = predictor.as_ref().map_or(1, Predictor::most_examples);
    let inputs = INPUT_BYTES / (2 * size_of::<T>() * model.network.input().len());
    Ok(Ready {
        model,
        predictor,
        batch: BATCH.min(most).min(inputs.max(1)),
    })
}

fn predict<T: Number>(
    args: &PredictArgs,
    table: Option<Target>,
    model: stepnet::Result<Model<T>>,
    group: Option<&dyn Group>,
) -> Outcome {
    let sources = Sources::new(&args.pictures);
    let single = sources.names_one_file();
    let single = match group {
        Some(group) => from_first(group, is_first(Some(group)).then_some(single))?,
        None => single,
    };
    let ready = agreed(group, prepare(args, model, single))?;
    if group.is_some() {
        // Outputs of another instruction set or version differ in their last digits.
        let isa = stepnet::kernels::instruction_set();
        let hash = ready.model.network.hash();
        let with = format!(
            "stepnet {}, {isa}, weights {hash}",
            env!("CARGO_PKG_VERSION")
        );
        same(group, "what ranks predict with", &with)?;
    }
    match group {
        Some(group) if !single => ranks::predict(args, table, &ready, sources, group),
        // One image is the work of one rank.
        _ if !is_first(group) => agreed(group, Ok(())),
        _ => agreed(group, alone(args, table, &ready, sources, single)),
    }
}

/// Predicts in this process alone.
fn alone<T: Number>(
    args: &PredictArgs,
    table: Option<Target>,
    ready: &Ready<T>,
    mut sources: Sources<'_>,
    single: bool,
) -> Outcome {
    let (model, batch) = (&ready.model, ready.batch);
    let mut tally = Tally::new();
    let mut loaded = load(next(&mut sources, batch), model)?;
    if loaded.pictures.is_empty() {
        return Err(none_found(args));
    }
    let mut sink = Sink::open(args, table, model)?;
    while !loaded.pictures.is_empty() {
        let following = next(&mut sources, batch);
        let (answers, after) = rayon::join(
            || answers(loaded, model, ready.predictor.as_ref()),
            || load(following, model),
        );
        if write(&mut sink, &mut tally, answers?)? == Reader::Gone {
            return Ok(());
        }
        loaded = after?;
    }
    sink.finish()?;
    if !single {
        say(&tally.line(sources.passed_over()));
    }
    tally.outcome()
}

/// The failure of arguments that name no image.
fn none_found(args: &PredictArgs) -> Failure {
    let places = args.pictures.iter().map(|path| path.display().to_string());
    let places = places.collect::<Vec<_>>().join(", ");
    Failure::usage(format!("no images found in {places}"))
}

/// Writes and counts the answers of a batch.
fn write(
    sink: &mut Sink,
    tally: &mut Tally,
    answers: impl IntoIterator<Item = (PathBuf, Answer)>,
) -> Outcome<Reader> {
    for (path, answer) in answers {
        tally.count(&answer, sink.is_unsure(&answer));
        if sink.write(&path, &answer)? == Reader::Gone {
            return Ok(Reader::Gone);
        }
    }
    sink.flush()
}

#[cfg(test)]
mod tests;
