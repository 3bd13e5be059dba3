//! `stepnet show`: the arrays of a file in readable form.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use stepnet::data::arrays::ArrayFile;
use stepnet::see::show::{At, StoredArray, stored};

use crate::display::escaped;
use crate::failure::{Failure, Outcome};
use crate::progress::{print_line, print_lines};
use crate::usage::any;

/// The end of the help.
pub(crate) const EXAMPLES: &str = "\
Examples:
  stepnet show values.npy
  stepnet show activations.npy --at \"[0, :, :, 2]\"
  stepnet show data.npz                                 what is in it
  stepnet show data.npz train_x --at \"[:5]\"
  stepnet show runs/mnist/model.safetensors conv1.weight --json
  stepnet show t10k-images-idx3-ubyte.gz --at \"[0]\"

FILE may be npy, npz, IDX (plain or gzip), HDF5 or safetensors; what it is is seen from its content.
A volume (height, width, channels) is shown channel by channel.";

#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The file.
    file: PathBuf,
    /// The array to show [default: a list of the arrays].
    name: Option<String>,
    /// A part of the array, as in Python: `[0, :, :, 2]`, `[1:4, ..., -1]`.
    #[arg(long, value_name = "PART", value_parser = any::<At>, allow_hyphen_values = true)]
    at: Option<At>,
    /// Print nested brackets only, as numpy prints an array of any shape.
    #[arg(long)]
    nested: bool,
    /// Print one JSON object (with the values, unless there are more than 1000).
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &ShowArgs) -> Outcome {
    let mut file = ArrayFile::open(&args.file)?;
    let names = file.names().to_vec();
    let wanted = match (&args.name, &names[..]) {
        (Some(name), _) => name.clone(),
        (None, [one]) => one.clone(),
        (None, _) if args.at.is_some() => {
            return Err(Failure::usage(format!(
                "{}: --at needs the name of an array, one of {}",
                args.file.display(),
                names.join(", ")
            )));
        }
        (None, _) => return list(args, &mut file, &names),
    };
    let shown = part(args, &mut file, &wanted)?;
    let place = place(&args.file, &wanted);
    if args.json {
        let mut value = serde_json::to_value(&shown).map_err(wrong)?;
        value["file"] = json!(args.file.display().to_string());
        value["name"] = json!(wanted);
        print_line(&value.to_string());
    } else {
        let at = args.at.as_ref().map_or(String::new(), ToString::to_string);
        print_lines(&format!("{}{at}: {shown}", escaped(&place)));
    }
    Ok(())
}

fn wrong(error: serde_json::Error) -> Failure {
    Failure::running(error.to_string())
}

/// The file, and the array in it where it has several.
fn place(file: &Path, name: &str) -> String {
    match name {
        "" => file.display().to_string(),
        name => format!("{} {name}", file.display()),
    }
}

fn part(args: &ShowArgs, file: &mut ArrayFile, name: &str) -> Outcome<StoredArray> {
    let array = file.read(name)?;
    let whole = At::default();
    let at = args.at.as_ref().unwrap_or(&whole);
    stored(&array, at, args.nested)
        .map_err(|error| Failure::from(error).context(&place(&args.file, name)))
}

/// A line for each array.
fn list(args: &ShowArgs, file: &mut ArrayFile, names: &[String]) -> Outcome {
    let mut rows = Vec::with_capacity(names.len());
    let mut unreadable = None;
    for name in names {
        // The others are listed all the same.
        let statistics = match part(args, file, name) {
            Ok(shown) => shown.statistics,
            Err(failure) => {
                match args.json {
                    true => rows.push(json!({"name": name, "error": failure.line()})),
                    false => print_line(&format!("{name}: {}", failure.line())),
                }
                unreadable.get_or_insert(failure);
                continue;
            }
        };
        if args.json {
            let mut row = serde_json::to_value(&statistics).map_err(wrong)?;
            row["name"] = json!(name);
            rows.push(row);
        } else {
            print_line(&format!("{name}: {statistics}"));
        }
    }
    if args.json {
        let file = args.file.display().to_string();
        print_line(&json!({"file": file, "arrays": rows}).to_string());
    }
    unreadable.map_or(Ok(()), Err)
}
