//! `stepnet examine`: what is wrong with a data set.

mod as_json;
mod labels;

use std::path::{Path, PathBuf};

use clap::Args;
use stepnet::data::{Dataset, Opened, Role};
use stepnet::nn::Model;
use stepnet_base::text::count;
use stepnet_examine::{Examination, ExamineOptions, Source, Survey, examine};

use crate::failure::{Failure, Outcome};
use crate::material;
use crate::note;
use crate::output::{self, Target};
use crate::progress::{print_line, print_sentence};
use crate::table_args::DataArgs;

pub(crate) const EXAMPLES: &str = "\
Examples:
  stepnet examine my-pictures/
  stepnet examine my-pictures/ --html examine.html --csv examine.csv
  stepnet train my-pictures/ --leave-out examine.csv

The exit code is 0 if there is no problem, and 3 if there is one: an image in both the training and the
test part, one under several classes, or a file that cannot be read.";

/// The exit code for data with a problem.
const PROBLEM: u8 = 3;

/// The arguments of `examine`.
#[derive(Debug, Args)]
pub(crate) struct ExamineArgs {
    /// The data, with its test part if it has one.
    data: PathBuf,
    /// Test data that is not a part of DATA.
    #[arg(long, value_name = "DATA")]
    test: Option<PathBuf>,
    #[command(flatten)]
    source: DataArgs,
    /// Write what was found as a table, which `train --leave-out` takes; - is the standard output.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Write the probabilities of all classes that labels are checked by, as a table.
    #[arg(long, value_name = "FILE", conflicts_with = "no_labels")]
    probabilities: Option<PathBuf>,
    /// Write what was found as a page with the images.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Replace files that are there already.
    #[arg(long)]
    overwrite: bool,
    /// A model that was trained on other data: labels are then checked by its features, which is faster and finds more.
    #[arg(long, value_name = "MODEL", conflicts_with = "no_labels")]
    model: Option<PathBuf>,
    /// Do not check labels, for which small networks are trained on the data.
    #[arg(long)]
    no_labels: bool,
    /// Do not search for images that look alike without being the same.
    #[arg(long)]
    no_near: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &ExamineArgs) -> Outcome {
    let paths = [
        Some(args.data.as_path()),
        args.test.as_deref(),
        args.model.as_deref(),
    ];
    let inputs = || output::inputs(paths);
    let target = |option, path: &Option<PathBuf>| {
        let check = |path: &PathBuf| Target::check(option, path, args.overwrite, inputs());
        path.as_ref().map(check).transpose()
    };
    let (csv, html) = (target("--csv", &args.csv)?, target("--html", &args.html)?);
    let probabilities = target("--probabilities", &args.probabilities)?;
    // What goes to the standard output is all that does.
    let targets = [&csv, &html, &probabilities];
    let standard = targets.into_iter().flatten().any(Target::is_standard);
    let quiet = standard || args.json;
    let model = args.model.as_deref().map(labels::model).transpose()?;
    let survey = Survey::default();
    let opened = open(args, &args.data, &survey, model.as_ref())?;
    let test = match &args.test {
        Some(path) => Some(test_data(args, path, &survey, &opened.data)?),
        None => opened.test,
    };
    note::check(Failure::usage)?;
    let source = Source::new(&opened.data, test.as_ref(), opened.divisor);
    let options = ExamineOptions::default().near(!args.no_near);
    let mut found = examine(&source, &survey, &options)?;
    if !args.no_labels {
        let parts = (&opened.data, test.as_ref());
        let features = match &model {
            Some(model) => Some(labels::features(args, model, parts)?),
            None => None,
        };
        let check = labels::check((&source, &survey), features, &mut found, quiet)?;
        if let Some((target, check)) = probabilities.zip(check) {
            target.write(check.csv(&source)?.as_bytes())?;
        }
    }
    if let Some(csv) = &csv {
        csv.write(found.csv()?.as_bytes())?;
    }
    if let Some(html) = &html {
        let name = args.data.display().to_string();
        html.write(found.page(&source, &name)?.as_bytes())?;
    }
    match args.json {
        true => print_line(&as_json::as_json(&found).to_string()),
        false if !quiet => print(args, &found),
        false => {}
    }
    match found.problems() {
        0 => Ok(()),
        _ => Err(Failure::said(PROBLEM)),
    }
}

/// Opens data in a way that takes all its images in, and passes over those that cannot be read.
fn open(
    args: &ExamineArgs,
    path: &Path,
    survey: &Survey,
    model: Option<&Model<f32>>,
) -> Outcome<Opened> {
    let mut options = args.source.open_options().role(Role::Train);
    if let Some(model) = model {
        let preprocessing = &model.preprocessing;
        options = options
            .input(Some(preprocessing.shape()))
            .resize(preprocessing.resize);
    }
    let options = options.skip_bad(true).observer(Some(survey.observer()));
    material::open(path, &options)
}

/// The data of `--test`, with the classes of the training part.
fn test_data(
    args: &ExamineArgs,
    path: &Path,
    survey: &Survey,
    train: &Dataset,
) -> Outcome<Dataset> {
    let shape = train.images().shape();
    let options = args
        .source
        .open_options()
        .role(Role::Test)
        .input(Some(shape))
        .labels(None)
        .skip_bad(true)
        .observer(Some(survey.observer()));
    let test = material::open(path, &options).map_err(|failure| failure.context("--test"))?;
    material::with_classes(test.data, train.classes(), &path.display().to_string())
}

fn print(args: &ExamineArgs, found: &Examination) {
    found
        .lines()
        .iter()
        .for_each(|line| match line.strip_prefix("  ") {
            Some(_) => print_line(line),
            None => print_sentence(line),
        });
    let left = found
        .findings
        .iter()
        .filter(|found| found.leave_out)
        .count();
    if let Some(path) = &args.csv {
        let path = path.display();
        print_sentence(&format!(
            "{path}: {} to leave out; stepnet train {} --leave-out {path}",
            count(left, "row"),
            args.data.display()
        ));
    }
    if let Some(path) = &args.html {
        print_sentence(&format!("page: {}", path.display()));
    }
}
