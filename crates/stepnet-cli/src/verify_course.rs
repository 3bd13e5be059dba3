//! `stepnet verify-course`: recomputes the published results of the course.

use std::io::IsTerminal;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;
use stepnet_base::text::count;
use stepnet_course::{self as course, Options, Switch};

use crate::failure::{Failure, Outcome, say};
use crate::output::{self, Target};
use crate::progress::{print_line, print_lines};
use crate::usage::{any, whole};
use crate::wording::with_options;

pub(crate) const EXAMPLES: &str = "\
Examples:
  stepnet verify-course                           everything whose data is generated or embedded
  stepnet verify-course --data course-files/      with the cat pictures and the regularisation data
  stepnet verify-course --only opt_ --json
  stepnet verify-course --only cat_l_layer+scalar-db --data course-files/

A name with a + is an edition whose numbers differ by a switch: scalar-db (db is summed over a
layer's units too), last-batch (an epoch's cost is that of its last mini-batch) or same-mask
(dropout drops the same values in every iteration). --switch runs any experiment with one;
summed-momentum (v = beta v + g, no average) is another.";

#[derive(Debug, Args)]
pub(crate) struct VerifyCourseArgs {
    /// Run only the experiments whose names begin with NAME; may be given several times. `blocks` selects the
    /// building blocks.
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// A folder that contains, at any depth, the data sets that may not be distributed: train_catvnoncat.h5,
    /// test_catvnoncat.h5, regularization.npz.
    #[arg(long, value_name = "FOLDER")]
    data: Vec<PathBuf>,
    /// Run with this switch on, to see which numbers it changes: scalar-db, last-batch, summed-momentum or same-mask.
    #[arg(long, value_name = "NAME", value_parser = any::<Switch>)]
    switch: Option<Switch>,
    /// Also write the table as a Markdown page.
    #[arg(long, value_name = "FILE", conflicts_with = "list")]
    markdown: Option<PathBuf>,
    /// Replace the file of --markdown if there is one.
    #[arg(long, requires = "markdown")]
    overwrite: bool,
    /// Print one JSON object: every row, the numbers of the reference runs, each run's settings, time and costs.
    #[arg(long, conflicts_with = "list")]
    json: bool,
    /// With --json: list the cost every N iterations or epochs [default: as often as the notebook prints it].
    #[arg(long, value_name = "N", requires = "json", value_parser = whole::<u32>(1, u32::MAX.into()), allow_negative_numbers = true)]
    every: Option<u32>,
    /// Print the names of the experiments.
    #[arg(long)]
    list: bool,
}

pub(crate) fn run(args: &VerifyCourseArgs) -> Outcome {
    if args.list {
        course::names().iter().for_each(|name| print_line(name));
        return Ok(());
    }
    for folder in &args.data {
        if !folder.is_dir() {
            let problem = if folder.exists() {
                "is a file, expected a folder"
            } else {
                "no such folder"
            };
            return Err(Failure::usage(format!("{}: {problem}", folder.display())));
        }
    }
    let page = page(args)?;
    let watched = std::io::stderr().is_terminal();
    let starts = |name: &str| {
        if watched {
            say(&format!("running {name}"));
        }
    };
    let report = course::verify(
        &Options::default()
            .only(args.only.clone())
            .data(args.data.clone())
            .switch(args.switch)
            .every(
                args.every
                    .and_then(|every| NonZeroUsize::new(every as usize)),
            )
            .starts(Some(&starts)),
    )?;
    if let Some(page) = &page {
        page.write(with_options(&report.markdown()).as_bytes())?;
    }
    if args.json {
        let json = serde_json::to_string(&report)
            .map_err(|error| Failure::running(format!("the report cannot be written: {error}")))?;
        print_line(&with_options(&json));
    } else if !page.is_some_and(|page| page.is_standard()) {
        print_lines(&with_options(&report.to_string()));
    }
    match report.failures().count() {
        0 => Ok(()),
        differing => Err(Failure::running(format!(
            "{} of the course came out different",
            count(differing, "number")
        ))),
    }
}

/// Where the Markdown page goes.
fn page(args: &VerifyCourseArgs) -> Outcome<Option<Target>> {
    let Some(path) = &args.markdown else {
        return Ok(None);
    };
    let inputs = output::inputs(args.data.iter().map(|folder| Some(folder.as_path())));
    let target = Target::check("--markdown", path, args.overwrite, inputs)?;
    if target.is_standard() && args.json {
        return Err(Failure::usage(
            "--markdown and --json would both be written to the standard output; name a file for the page",
        ));
    }
    Ok(Some(target))
}
