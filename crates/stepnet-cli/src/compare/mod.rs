//! `stepnet compare`: where two runs diverge, or which of two models is better.

mod models;
mod options;
mod results;
mod traces;

use std::path::{Path, PathBuf};

use clap::Args;
use stepnet::train::run::RunDescription;
use stepnet::train::run::files::{DESCRIPTION, METRICS, MODEL, TRACE};

use crate::failure::{Failure, Outcome};
use crate::progress::print_sentence;
use crate::table_args::DataArgs;

pub(crate) const EXAMPLES: &str = "\
Examples:
  stepnet train --out runs/a --trace-hashes
  stepnet train --out runs/b --trace-hashes=gradients --threads 1
  stepnet compare runs/a runs/b
  stepnet compare runs/a/model.safetensors runs/b/model.safetensors --data my-pictures/

Of two runs the exit code is 0 if everything that both have is the same, and 1 if they diverge. Of two
models it says which is right more often, and by McNemar's test whether that is more than chance.";

#[derive(Debug, Args)]
pub(crate) struct CompareArgs {
    /// The folder of a run, or with --data a model file.
    #[arg(value_name = "RUN_A")]
    a: PathBuf,
    /// The folder of another run, or another model file.
    #[arg(value_name = "RUN_B")]
    b: PathBuf,
    /// Test two models on this data, whose test part is taken if it has one.
    #[arg(long)]
    data: Option<PathBuf>,
    #[command(flatten)]
    source: DataArgs,
    /// Print one JSON object, of two models.
    #[arg(long, requires = "data")]
    json: bool,
}

/// The settings that a run was started with, as they are written on a command line, from its description.
pub(crate) type StartedWith = fn(&RunDescription) -> Outcome<Vec<(String, Option<String>)>>;

pub(crate) fn run(args: &CompareArgs, started_with: StartedWith) -> Outcome {
    if let Some(data) = &args.data {
        return models::compare(args, data);
    }
    for folder in [&args.a, &args.b] {
        if folder.is_file() {
            return Err(Failure::usage(format!(
                "{}: is a file, expected the folder of a run; two models are compared on the data of --data",
                folder.display()
            )));
        }
        if !folder.is_dir() {
            return Err(Failure::usage(format!(
                "{}: is not a folder, expected the folder of a run",
                folder.display()
            )));
        }
        if ![DESCRIPTION, METRICS, TRACE, MODEL]
            .iter()
            .any(|name| folder.join(name).exists())
        {
            return Err(Failure::usage(format!(
                "{}: is not a run folder: it holds neither {DESCRIPTION} nor {METRICS}",
                folder.display()
            )));
        }
    }
    options::differences(&args.a, &args.b, started_with)?
        .iter()
        .for_each(|line| print_sentence(line));
    let traced = |folder: &Path| folder.join(TRACE).exists();
    let parted = match (traced(&args.a), traced(&args.b)) {
        (true, true) => traces::compare(&args.a.join(TRACE), &args.b.join(TRACE))?,
        (a, b) => {
            let without: Vec<String> = [(a, &args.a), (b, &args.b)]
                .into_iter()
                .filter(|(traced, _)| !traced)
                .map(|(_, folder)| folder.display().to_string())
                .collect();
            print_sentence(&format!(
                "no {TRACE} in {}: train with --trace-hashes to find the first step, layer and array that differ",
                without.join(" and ")
            ));
            results::compare(&args.a, &args.b)?
        }
    };
    if parted {
        Err(Failure::said(1))
    } else {
        Ok(())
    }
}
