//! `stepnet compare`: where two runs diverge.

mod options;
mod results;
mod traces;

use std::path::{Path, PathBuf};

use clap::Args;
use stepnet::train::run::RunDescription;
use stepnet::train::run::files::{DESCRIPTION, METRICS, MODEL, TRACE};

use crate::failure::{Failure, Outcome};
use crate::progress::print_sentence;

pub(crate) const EXAMPLES: &str = "\
Examples:
  stepnet train --out runs/a --trace-hashes
  stepnet train --out runs/b --trace-hashes=gradients --threads 1
  stepnet compare runs/a runs/b

The exit code is 0 if everything that both runs have is the same, and 1 if they diverge.";

#[derive(Debug, Args)]
pub(crate) struct CompareArgs {
    /// The folder of a run.
    #[arg(value_name = "RUN_A")]
    a: PathBuf,
    /// The folder of another run.
    #[arg(value_name = "RUN_B")]
    b: PathBuf,
}

/// The settings that a run was started with, as they are written on a command line, from its description.
pub(crate) type StartedWith = fn(&RunDescription) -> Outcome<Vec<(String, Option<String>)>>;

pub(crate) fn run(args: &CompareArgs, started_with: StartedWith) -> Outcome {
    for folder in [&args.a, &args.b] {
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
