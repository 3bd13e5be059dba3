//! The published results of the course, run again and held against what was printed.
//!
//! Two groups: the [building blocks](blocks) of the step-by-step notebooks, every number that they
//! print; and the experiments of the follow-up notebooks (logistic regression, deep networks,
//! initialisation, regularisation, gradient checking, optimisation methods), trained again with the
//! networks of [`nn`](crate::nn) in `f64`.
//!
//! A number agrees when it shows every printed digit; where 14 or more digits are printed, and beside
//! that with the reference run, it may differ by what another order of summation can change, which
//! is known for each (`1e-12` relative, and 30 times the spread between reference runs).
//!
//! Where editions of a notebook print different numbers for one experiment, a [`Switch`] says which is
//! meant.

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

use std::path::PathBuf;

pub use experiment::Alter;
#[cfg(feature = "files")]
pub use files::read_points;
pub use points::{Examples, circles, flower, moons};
pub use report::{Report, Run};
pub use row::{Row, Verdict};
pub use switches::Switch;

use crate::error::{Error, Result};
use published::Published;
use sources::Sources;

/// The name under which the building blocks run.
pub const BLOCKS: &str = "blocks";

/// What to verify, and with what.
#[derive(Default)]
pub struct Options<'a> {
    /// Names of experiments, or beginnings of names (of several at once); all where there are none.
    pub only: Vec<String>,
    /// Folders in which the data sets lie that may not be shipped.
    pub data: Vec<PathBuf>,
    /// Changes every gradient before it is used: to see that a wrong one is noticed.
    pub alter: Option<&'a Alter<'a>>,
    /// Runs the experiments with this switch, whatever they were published with: to see which numbers it
    /// changes.
    pub switch: Option<Switch>,
    /// How many iterations or epochs lie between the costs that a [`Run`] lists; as the notebook
    /// prints them where it is not given.
    pub every: Option<std::num::NonZeroUsize>,
    /// Told the name of each experiment before it runs.
    pub starts: Option<&'a dyn Fn(&str)>,
}

/// The names of everything that can be verified, in the order in which it runs.
pub fn names() -> Vec<String> {
    let published = Published::embedded();
    let experiments = published
        .experiments
        .into_iter()
        .map(|experiment| experiment.id);
    [BLOCKS.to_owned()]
        .into_iter()
        .chain(checks::NAMES.map(str::to_owned))
        .chain(experiments)
        .collect()
}

/// Runs the published experiments and holds their numbers against ours.
///
/// # Errors
/// When a name in `only` fits nothing, a data file cannot be read, or a run breaks down.
pub fn verify(options: &Options<'_>) -> Result<Report> {
    let names = names();
    check_names(&options.only, &names)?;
    let published = Published::embedded();
    let mut sources = Sources::new(&options.data, &published.data);
    let unaltered = |_: &_, _: &mut [f64]| {};
    let alter = options.alter.unwrap_or(&unaltered);
    let mut report = Report::new(published.copies.clone());
    let wanted = |name: &str| {
        let wanted =
            options.only.is_empty() || options.only.iter().any(|only| fits(only, name, &names));
        if let (true, Some(starts)) = (wanted, options.starts) {
            starts(name);
        }
        wanted
    };
    if wanted(BLOCKS) {
        for case in blocks::cases() {
            report.rows.extend(case.printed_rows()?);
            report.reference.extend(case.reference_rows::<f64>()?);
        }
    }
    for name in checks::NAMES.into_iter().filter(|name| wanted(name)) {
        let (printed, reference) = checks::rows(name, &published.checks)?
            .into_iter()
            .partition(|row| !row.published.is_empty());
        report.add(printed, reference);
    }
    for experiment in &published.experiments {
        if !wanted(&experiment.id) {
            continue;
        }
        let switched;
        let experiment = match options.switch {
            Some(switch) => {
                switched = experiment.switched(switch);
                &switched
            }
            None => experiment,
        };
        match sources.get(&experiment.data)? {
            Err(why) => report.add(rows::without_data(experiment, why), Vec::new()),
            Ok(parts) => {
                let outcome = experiment::run(experiment, &parts.train, parts.test.as_ref(), alter)
                    .map_err(|error| Error::Training(format!("{}: {error}", experiment.id)))?;
                let (printed, mut reference): (Vec<Row>, Vec<Row>) =
                    rows::published(experiment, &outcome)
                        .into_iter()
                        .partition(|row| !row.published.is_empty());
                reference.extend(rows::reference(experiment, &outcome));
                report.add(printed, reference);
                let every = options
                    .every
                    .map_or(experiment.print_every, std::num::NonZeroUsize::get);
                report.runs.push(Run::new(experiment, &outcome, every));
            }
        }
    }
    Ok(report)
}

/// Whether `only` asks for the experiment `name`: by its name, or by the beginning of several.
fn fits(only: &str, name: &str, names: &[String]) -> bool {
    name == only || (name.starts_with(only) && !names.iter().any(|name| name == only))
}

fn check_names(only: &[String], names: &[String]) -> Result<()> {
    for asked in only {
        if asked.is_empty() || !names.iter().any(|name| fits(asked, name, names)) {
            let nearest = names
                .iter()
                .max_by(|a, b| strsim::jaro(a, asked).total_cmp(&strsim::jaro(b, asked)));
            let expected = format!(
                "one of {}; the nearest is {}",
                names.join(", "),
                nearest.map_or(BLOCKS, String::as_str)
            );
            return Err(Error::value(
                "verify-course",
                "the experiment",
                format!("{asked:?}"),
                expected,
            ));
        }
    }
    Ok(())
}
