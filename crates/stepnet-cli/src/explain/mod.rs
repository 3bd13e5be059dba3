//! `stepnet explain`: which parts of images speak for a class.

mod arrays;
mod images;
mod options;
mod places;

use std::path::PathBuf;

use clap::Args;
use stepnet::Number;
use stepnet::nn::{Model, ModelFile, Registry};

use crate::failure::{Failure, Outcome};
use crate::known::Known;
use crate::note;
use crate::table_args::ExactArgs;
use options::MethodArgs;
use places::Places;

pub(crate) use options::help;

/// The arguments of `explain`.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The model file.
    model: PathBuf,
    /// Images, folders of images, or patterns such as "holiday/*.jpg".
    #[arg(value_name = "IMAGES", required_unless_present = "filters")]
    images: Vec<PathBuf>,
    #[command(flatten)]
    method: MethodArgs,
    /// Explain this class, label or output, by name or number [default: the predicted class; the most probable label; the
    /// first number].
    #[arg(long, value_name = "NAME", allow_hyphen_values = true)]
    class: Option<String>,
    /// Also show each map of the same network with random weights: a map that looks the same does not depend on what was
    /// learned.
    #[arg(long)]
    sanity: bool,
    /// Also show the channels of this layer's output, one by one (needs --out).
    #[arg(long, value_name = "LAYER", requires = "out")]
    feature_maps: Option<String>,
    /// Also show the filters of the first convolution (needs --out).
    #[arg(long, requires = "out")]
    filters: bool,
    /// Write PNG files into this folder, one for each image and method; one file where the name ends in .png.
    #[arg(long, value_name = "PLACE")]
    out: Option<PathBuf>,
    /// Write a page to open in a browser, with all images.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write the maps as arrays.
    #[arg(long, value_name = "FILE.npz")]
    npz: Option<PathBuf>,
    /// Replace files that are there.
    #[arg(long)]
    overwrite: bool,
    /// Print one JSON object per image, each on its own line.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    exact: ExactArgs,
}

pub(crate) fn run(args: &ExplainArgs) -> Outcome {
    let methods = args.method.methods()?;
    let places = Places::check(args, &methods)?;
    let file = ModelFile::open(&args.model)?;
    match file.element() {
        Some("f64") => explain::<f64>(args, &methods, places, file.model(Registry::builtin())?),
        _ => explain::<f32>(args, &methods, places, file.model(Registry::builtin())?),
    }
}

fn explain<T: Number>(
    args: &ExplainArgs,
    methods: &[&'static str],
    mut places: Places,
    mut model: Model<T>,
) -> Outcome {
    args.exact.apply(&mut model.network);
    let place = args.model.display().to_string();
    model
        .check_finite()
        .map_err(|error| Failure::from(error).context(&place))?;
    if !args.images.is_empty() {
        Known::of(&model).check_images(&args.model)?;
    }
    note::check(Failure::usage)?;
    if args.filters {
        let context = |error| Failure::from(error).context(&place);
        let tiles = stepnet::see::explain::first_filters(&model.network).map_err(context)?;
        places.write_filters(&tiles)?;
    }
    if args.images.is_empty() {
        return Ok(());
    }
    images::explain(args, methods, places, &model)
}
