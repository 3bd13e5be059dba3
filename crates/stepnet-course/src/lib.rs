//! The published results of the course, run again and compared with the printed numbers.
//!
//! Two groups: the [building blocks](blocks) of the step-by-step notebooks, every number that they
//! print; and the experiments of the follow-up notebooks (logistic regression, deep networks,
//! initialisation, regularisation, gradient checking, optimisation methods), trained again with the
//! networks of [`nn`](stepnet::nn) in `f64`.
//!
//! A number agrees when it shows every printed digit; where 14 or more digits are printed, and in comparisons
//! with the reference run, it may differ by what another order of summation can change, which
//! is known for each (`1e-12` relative, and 30 times the spread between reference runs).
//!
//! Where editions of a notebook print different numbers for one experiment, a [`Switch`] says which is
//! meant.
//!
//! # Features
//!
//! `files`, on by default, reads the data sets that may not be shipped, where a user has them.

pub mod blocks;
mod checks;
mod experiment;
#[cfg(feature = "files")]
mod files;
mod points;
mod published;
mod report;
mod row;
mod rows;
mod sources;
mod switches;

use std::num::NonZeroUsize;
use std::path::PathBuf;

pub use experiment::GradientHook;
#[cfg(feature = "files")]
pub use files::read_points;
pub use points::{Examples, circles, flower, moons};
pub use report::{Report, Run};
pub use row::{Row, Verdict};
pub use switches::Switch;

use published::{Experiment, Published};
use sources::Sources;
use stepnet::{Error, Result};
use stepnet_base::text::hint;

/// The name under which the building blocks run.
pub const BLOCKS: &str = "blocks";

/// The experiments to verify, and the options.
#[derive(Default)]
#[non_exhaustive]
pub struct Options<'a> {
    /// Names of experiments, or beginnings of names (of several at once); all where there are none.
    pub only: Vec<String>,
    /// Folders in which the data sets lie that may not be shipped.
    pub data: Vec<PathBuf>,
    /// Changes every gradient before it is used: to see that a wrong one is noticed.
    pub alter: Option<&'a GradientHook<'a>>,
    /// Runs the experiments with this switch, whatever they were published with: to see which numbers it
    /// changes.
    pub switch: Option<Switch>,
    /// How many iterations or epochs lie between the costs that a [`Run`] lists; as the notebook
    /// prints them where it is not given.
    pub every: Option<NonZeroUsize>,
    /// Called with the name of each experiment before it runs.
    pub starts: Option<&'a dyn Fn(&str)>,
}

stepnet_base::setters! { Options<'a> {
    only: Vec<String>,
    data: Vec<PathBuf>,
    alter: Option<&'a GradientHook<'a>>,
    switch: Option<Switch>,
    every: Option<NonZeroUsize>,
    starts: Option<&'a dyn Fn(&str)>,
} }

/// The names of everything that can be verified, in the order in which it runs.
pub fn names() -> Vec<String> {
    names_of(&Published::embedded())
}

fn names_of(published: &Published) -> Vec<String> {
    let experiments = published.experiments.iter();
    [BLOCKS]
        .into_iter()
        .chain(checks::NAMES)
        .chain(experiments.map(|experiment| experiment.id.as_str()))
        .map(str::to_owned)
        .collect()
}

/// Runs the published experiments and holds their numbers against ours.
///
/// # Errors
/// When a name in `only` fits nothing, a data file cannot be read, or a run breaks down.
pub fn verify(options: &Options<'_>) -> Result<Report> {
    let published = Published::embedded();
    let names = names_of(&published);
    check_names(&options.only, &names)?;
    let mut sources = Sources::new(&options.data, &published.data);
    let mut report = Report::new(published.copies.clone());
    let asked = |name: &&String| {
        options.only.is_empty() || options.only.iter().any(|only| fits(only, name, &names))
    };
    for name in names.iter().filter(asked) {
        if let Some(starts) = options.starts {
            starts(name);
        }
        let mut experiments = published.experiments.iter();
        match experiments.find(|experiment| experiment.id == *name) {
            Some(experiment) => train(experiment, options, &mut sources, &mut report)?,
            None if name == BLOCKS => {
                for case in blocks::cases() {
                    report.add(case.printed_rows()?);
                    report.add(case.reference_rows::<f64>()?);
                }
            }
            None => report.add(checks::rows(name, &published.checks)?),
        }
    }
    Ok(report)
}

/// Trains an experiment and adds what came of it, or why it cannot be.
fn train(
    experiment: &Experiment,
    options: &Options<'_>,
    sources: &mut Sources<'_>,
    report: &mut Report,
) -> Result<()> {
    let mut experiment = experiment.clone();
    if let Some(switch) = options.switch {
        experiment.turn(switch);
    }
    let parts = match sources.get(&experiment.data)? {
        Ok(parts) => parts,
        Err(why) => {
            report.add(rows::without_data(&experiment, why));
            return Ok(());
        }
    };
    let unaltered = |_: &_, _: &mut [f64]| {};
    let alter = options.alter.unwrap_or(&unaltered);
    let outcome = experiment::run(&experiment, &parts.train, parts.test.as_ref(), alter)
        .map_err(|error| Error::Training(format!("{}: {error}", experiment.id)))?;
    report.add(rows::published(&experiment, &outcome));
    report.add(rows::reference(&experiment, &outcome));
    let every = options
        .every
        .map_or(experiment.print_every, NonZeroUsize::get);
    report.runs.push(Run::new(&experiment, &outcome, every));
    Ok(())
}

/// Whether `only` asks for the experiment `name`: by its name, or by the beginning of several.
fn fits(only: &str, name: &str, names: &[String]) -> bool {
    name == only || (name.starts_with(only) && !names.iter().any(|name| name == only))
}

fn check_names(only: &[String], names: &[String]) -> Result<()> {
    let unknown =
        |asked: &&String| asked.is_empty() || !names.iter().any(|name| fits(asked, name, names));
    let Some(asked) = only.iter().find(unknown) else {
        return Ok(());
    };
    let hint = hint(asked, names.iter().map(String::as_str));
    let expected = format!("one of {}{hint}", names.join(", "));
    let found = format!("{asked:?}");
    Err(Error::value(
        "verify-course",
        "the experiment",
        found,
        expected,
    ))
}
