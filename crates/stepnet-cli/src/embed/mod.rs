//! `stepnet embed`: the features of images, in a file.

mod images;
mod write;

use std::path::{Path, PathBuf};

use clap::Args;
use stepnet::Number;
use stepnet::nn::{Model, ModelFile, Registry};
use stepnet_base::text::count;

use crate::failure::{Failure, Outcome, say};
use crate::output::Target;
use crate::table_args::ExactArgs;

pub(crate) use images::{Embedded, embedded, images_of};
use write::Form;

pub(crate) const EXAMPLES: &str = "\
Examples:
  stepnet embed runs/mine/model.safetensors photos/ --out features.npz
  stepnet embed runs/mine/model.safetensors \"photos/**/*.jpg\" --out features.csv

Features are the values before the model's last linear layer. The ending of --out decides the form:
.npz has the arrays features (images x features, float32) and names (the paths); where IMAGES is one
folder with a folder for each class, also labels and classes. .npy has the features alone, in the
order of the names that are printed with --verbose. .csv has a row for each image. An image that
cannot be read is reported and left out; the exit code is then 2.";

/// The arguments of `embed`.
#[derive(Debug, Args)]
pub(crate) struct EmbedArgs {
    /// The model file.
    model: PathBuf,
    /// Images, folders of images, or patterns such as "holiday/*.jpg".
    #[arg(value_name = "IMAGES", required = true)]
    images: Vec<PathBuf>,
    /// The file to write: .npz, .npy or .csv.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Replace the file of --out if there is one.
    #[arg(long)]
    overwrite: bool,
    #[command(flatten)]
    exact: ExactArgs,
}

pub(crate) fn run(args: &EmbedArgs) -> Outcome {
    let form = Form::of(&args.out)?;
    let inputs = images_of(&args.images).chain([args.model.clone()]);
    let target = Target::check("--out", &args.out, args.overwrite, inputs)?;
    let file = ModelFile::open(&args.model)?;
    match file.element() {
        Some("f64") => embed::<f64>(args, form, &target, file.model(Registry::builtin())?),
        _ => embed::<f32>(args, form, &target, file.model(Registry::builtin())?),
    }
}

fn embed<T: Number>(args: &EmbedArgs, form: Form, target: &Target, mut model: Model<T>) -> Outcome {
    args.exact.apply(&mut model.network);
    let found = embedded(&model, &args.model, &args.images)?;
    if found.paths.is_empty() {
        // Each was said; a file without features would be in the way of the next attempt.
        return found.outcome();
    }
    let labels = classes(&args.images, &found.paths);
    target.write(&form.bytes(&found, labels.as_ref())?)?;
    say(&format!(
        "{} of {}, {} failed",
        count(found.features, "feature"),
        count(found.paths.len(), "image"),
        found.failed
    ));
    found.outcome()
}

/// The classes of images below one folder: the names of the folders that they lie in, and each image's; none where an image
/// lies in the folder itself, or several places are named.
fn classes(named: &[PathBuf], paths: &[PathBuf]) -> Option<(Vec<String>, Vec<i64>)> {
    let [folder] = named else { return None };
    if !folder.is_dir() {
        return None;
    }
    let class = |path: &PathBuf| {
        let parent = path.parent().filter(|parent| *parent != folder.as_path())?;
        Some(parent.file_name()?.to_string_lossy().into_owned())
    };
    let of_each: Vec<String> = paths.iter().map(class).collect::<Option<_>>()?;
    let mut names = of_each.clone();
    names.sort();
    names.dedup();
    let label = |class: &String| names.binary_search(class).map_or(0, |place| place as i64);
    let labels = of_each.iter().map(label).collect();
    Some((names, labels))
}

/// The refusal of a model without features.
pub(crate) fn no_features(model: &Path, error: stepnet::Error) -> Failure {
    Failure::from(error).context(&model.display().to_string())
}
