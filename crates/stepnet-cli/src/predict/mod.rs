//! `stepnet predict`: the classes, labels or numbers that a model predicts for images, be it one or a disk full of them.
//!
//! Images are found, decoded and predicted batch by batch. While the network computes one batch, the
//! next is decoded, so memory holds two batches however many images there are.

mod answer;
mod pattern;
mod sink;
pub(crate) mod sources;

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use rayon::prelude::*;
use stepnet::data::image_files;
use stepnet::nn::{Model, ModelFile, PlanOptions, Registry, Workspace};
use stepnet::{Number, Predictor};
use stepnet_base::memory;
use stepnet_base::text::count;

use crate::failure::{Failure, Outcome, say};
use crate::known::Known;
use crate::note;
use crate::output::{Reader, Target};
use crate::progress::rate;
use crate::table_args::ExactArgs;
use crate::usage::whole;

use answer::{Answer, Prediction};
use sink::Sink;
use sources::{Found, Sources};

pub(crate) const EXAMPLES: &str = "\
Examples:
  stepnet predict runs/mnist/model.safetensors picture.png more/*.jpg
  stepnet predict runs/mnist/model.safetensors picture.png --top-k 3 --json
  stepnet predict runs/mnist/model.safetensors holiday/ --top-k 5 --csv seen.csv
  stepnet predict runs/mnist/model.safetensors \"holiday/**/*.jpg\" --json > seen.jsonl

A folder is searched with all its subfolders for files that are images by their content or their
name; hidden files are skipped. A pattern in quotes may contain * ? [abc] and ** (any folders). A file
that is named more than once is predicted once. An image that cannot be read is reported and does not
stop the others; the exit code is then 2. With --json, a name that is not UTF-8 has its bytes in
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
    let table = table(args)?;
    let file = ModelFile::open(&args.model)?;
    match file.element() {
        Some("f64") => predict(args, table, file.model::<f64>(Registry::builtin())?),
        _ => predict(args, table, file.model::<f32>(Registry::builtin())?),
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

fn predict<T: Number>(args: &PredictArgs, table: Option<Target>, mut model: Model<T>) -> Outcome {
    args.exact.apply(&mut model.network);
    let model = &model;
    model
        .check_finite()
        .map_err(|error| Failure::from(error).context(&args.model.display().to_string()))?;
    Known::of(model).check_images(&args.model)?;
    note::check(Failure::usage)?;
    let mut sources = Sources::new(&args.pictures);
    let single = sources.names_one_file();
    let predictor = match single {
        true => None,
        // Prepared, a network takes more memory than as it is.
        false => match Predictor::new(model) {
            Err(error) if error.is_memory() => None,
            predictor => Some(predictor?),
        },
    };
    let most = predictor.as_ref().map_or(1, Predictor::most_examples);
    let inputs = INPUT_BYTES / (2 * size_of::<T>() * model.network.input().len());
    let batch = BATCH.min(most).min(inputs.max(1));
    let mut tally = Tally::new();
    let mut loaded = load(next(&mut sources, batch), model)?;
    if loaded.pictures.is_empty() {
        let places = args.pictures.iter().map(|path| path.display().to_string());
        let places = places.collect::<Vec<_>>().join(", ");
        return Err(Failure::usage(format!("no images found in {places}")));
    }
    if args.top_k > 1 && !model.preprocessing.task.is_classes() {
        return Err(Failure::usage(format!(
            "--top-k is about classes, but the model says {}",
            model.preprocessing.task.name()
        )));
    }
    let mut sink = Sink::open(args, table, model)?;
    while !loaded.pictures.is_empty() {
        let following = next(&mut sources, batch);
        let (answers, after) = rayon::join(
            || answers(loaded, model, predictor.as_ref()),
            || load(following, model),
        );
        for (path, answer) in answers? {
            tally.count(&answer);
            if sink.write(&path, &answer)? == Reader::Gone {
                return Ok(());
            }
        }
        if sink.flush()? == Reader::Gone {
            return Ok(());
        }
        loaded = after?;
    }
    sink.finish()?;
    if !single {
        say(&tally.line(sources.passed_over()));
    }
    match tally.code {
        0 => Ok(()),
        code => Err(Failure::said(code)),
    }
}

/// Images that were found, and the values of those that could be read.
struct Loaded<T> {
    /// The failure of an image that could not be read, or its place among those that could.
    pictures: Vec<(PathBuf, Outcome<usize>)>,
    /// The inputs of the readable ones, one after the other.
    x: Vec<T>,
}

/// The next images, up to a batch of them.
fn next(sources: &mut Sources<'_>, batch: usize) -> Vec<Found> {
    sources.take(batch).collect()
}

/// Reads and decodes a batch.
fn load<T: Number>(found: Vec<Found>, model: &Model<T>) -> Outcome<Loaded<T>> {
    let read = |found: Found| match found {
        Found::Picture(path) => {
            let values = image_files::load_input::<T>(&path, &model.preprocessing);
            (path, values.map_err(Failure::from))
        }
        Found::Problem(path, failure) => (path, Err(failure)),
    };
    let read: Vec<(PathBuf, Outcome<Vec<T>>)> = found.into_par_iter().map(read).collect();
    let mut x = Vec::new();
    let len = model.network.input().len();
    let readable = read.iter().filter(|(_, values)| values.is_ok()).count();
    x.try_reserve_exact(readable.saturating_mul(len))
        .map_err(|_| Failure::running("a batch of images does not fit into memory"))?;
    let mut place = 0..;
    let pictures = read
        .into_iter()
        .map(|(path, values)| {
            let placed = values.map(|values| {
                x.extend(values);
                place.next().unwrap_or_default()
            });
            (path, placed)
        })
        .collect();
    Ok(Loaded { pictures, x })
}

/// The predictions for a batch, in the order in which its images were found. Without a
/// predictor (for one image, or where there is no memory for it) the network itself predicts.
fn answers<T: Number>(
    loaded: Loaded<T>,
    model: &Model<T>,
    predictor: Option<&Predictor<T>>,
) -> Outcome<Vec<(PathBuf, Answer)>> {
    let len = model.network.output().len();
    let readable = loaded.x.len() / model.network.input().len();
    let mut outputs = memory::zeros("the outputs", readable.saturating_mul(len))?;
    match predictor {
        Some(predictor) => predictor.predict_into(&loaded.x, &mut outputs)?,
        None => {
            let mut workspace = Workspace::new(&model.network, readable, PlanOptions::INFERENCE)?;
            outputs.copy_from_slice(workspace.predict(&model.network, &loaded.x)?);
        }
    }
    model.restore(&mut outputs);
    let task = &model.preprocessing.task;
    let answer = |(path, placed): (PathBuf, Outcome<usize>)| {
        let of = |place: usize| Prediction::of(&outputs[place * len..][..len], task, &path);
        let answer = placed.and_then(of);
        (path, answer)
    };
    Ok(loaded.pictures.into_iter().map(answer).collect())
}

/// How many images there were, and how many failed.
struct Tally {
    start: Instant,
    all: usize,
    failed: usize,
    /// The exit code so far.
    code: u8,
}

impl Tally {
    fn new() -> Self {
        Self {
            start: Instant::now(),
            all: 0,
            failed: 0,
            code: 0,
        }
    }

    /// Counts an answer, and reports it where it is a failure.
    fn count(&mut self, answer: &Answer) {
        self.all += 1;
        if let Err(failure) = answer {
            failure.report(false);
            self.failed += 1;
            self.code = self.code.max(failure.code());
        }
    }

    /// The line at the end.
    fn line(&self, passed_over: usize) -> String {
        let seen = self.all - self.failed;
        let rate = rate(seen, self.start.elapsed().as_secs_f64());
        let rate = rate.map_or(String::new(), |rate| format!(", {rate:.0} images/s"));
        let others = match passed_over {
            0 => String::new(),
            files => format!(", {} skipped", count(files, "other file")),
        };
        format!(
            "{}, {} failed{others}{rate}",
            count(self.all, "image"),
            self.failed
        )
    }
}
