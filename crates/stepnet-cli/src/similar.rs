//! `stepnet similar`: the images that are most like one.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use stepnet::Number;
use stepnet::nn::{Model, ModelFile, Registry};
use stepnet::train::features::most_similar;

use crate::display::{encoded_bytes, escaped};
use crate::embed::embedded;
use crate::failure::{Failure, Outcome};
use crate::output::{is_same_file, print_line};
use crate::progress::print_table;
use crate::table::{Align, Table};
use crate::table_args::ExactArgs;
use crate::usage::whole;

pub(crate) const EXAMPLES: &str = "\
Examples:
  stepnet similar runs/mine/model.safetensors photo.jpg photos/
  stepnet similar runs/mine/model.safetensors photo.jpg photos/ --top-k 20 --json

Alike are images whose features, the values before the model's last linear layer, point in the same
direction: their cosine similarity is 1, that of features without anything in common 0. The photo
itself is left out. An image that cannot be read is reported and left out; the exit code is then 2.";

/// The arguments of `similar`.
#[derive(Debug, Args)]
pub(crate) struct SimilarArgs {
    /// The model file.
    model: PathBuf,
    /// The image to compare with.
    photo: PathBuf,
    /// Images, folders of images, or patterns such as "holiday/*.jpg".
    #[arg(value_name = "IMAGES", required = true)]
    images: Vec<PathBuf>,
    /// Images to name, the most alike first.
    #[arg(long, visible_alias = "top", value_name = "K", default_value_t = 5, value_parser = whole::<u16>(1, u16::MAX.into()), allow_negative_numbers = true)]
    top_k: u16,
    /// Print one JSON object per image, each on its own line.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    exact: ExactArgs,
}

pub(crate) fn run(args: &SimilarArgs) -> Outcome {
    let file = ModelFile::open(&args.model)?;
    match file.element() {
        Some("f64") => similar::<f64>(args, file.model(Registry::builtin())?),
        _ => similar::<f32>(args, file.model(Registry::builtin())?),
    }
}

fn similar<T: Number>(args: &SimilarArgs, mut model: Model<T>) -> Outcome {
    args.exact.apply(&mut model.network);
    if args.photo.is_dir() {
        return Err(Failure::usage(format!(
            "{}: is a folder, expected one image to compare with",
            args.photo.display()
        )));
    }
    let of = embedded(&model, &args.model, std::slice::from_ref(&args.photo))?;
    of.outcome()?;
    let found = embedded(&model, &args.model, &args.images)?;
    let most = usize::from(args.top_k);
    // The photo itself may be among them, under several names.
    let own = |example: usize| is_same_file(&args.photo, &found.paths[example]);
    let all = most_similar(&of.rows, &found.rows, found.paths.len());
    let others = all.iter().filter(|found| !own(found.example)).take(most);
    if args.json {
        for similar in others {
            let path = &found.paths[similar.example];
            let mut line =
                json!({"picture": path.display().to_string(), "similarity": similar.cosine});
            if let Some(bytes) = encoded_bytes(path) {
                line["picture_bytes"] = bytes.into();
            }
            print_line(&escaped(&line.to_string()));
        }
    } else {
        let mut table = Table::new(&[("similarity", Align::Right), ("image", Align::Left)]);
        for similar in others {
            let path = found.paths[similar.example].display().to_string();
            table.row(vec![
                format!("{:.4}", similar.cosine),
                escaped(&path).into_owned(),
            ]);
        }
        print_table(&table);
    }
    found.outcome()
}
