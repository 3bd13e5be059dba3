//! Which options of two runs differ, and whether their data does.

use std::path::Path;

use stepnet::train::run::RunDescription;

use super::StartedWith;
use crate::failure::Outcome;

/// A line for each option that differs, and for the data; none where a folder does not tell.
pub(super) fn differences(a: &Path, b: &Path, started_with: StartedWith) -> Outcome<Vec<String>> {
    let (Some(a), Some(b)) = (RunDescription::read(a)?, RunDescription::read(b)?) else {
        return Ok(vec![
            "the options of the runs cannot be compared (a run.json is missing)".to_owned(),
        ]);
    };
    let mut lines = Vec::new();
    let (of_a, of_b) = (started_with(&a)?, started_with(&b)?);
    for ((name, was), (_, is)) in of_a.into_iter().zip(of_b) {
        if was != is {
            let value = |value: Option<String>| value.unwrap_or_else(|| "not given".to_owned());
            lines.push(format!("{name} differs: {} and {}", value(was), value(is)));
        }
    }
    let mut facts = vec![
        ("version", a.stepnet.clone(), b.stepnet.clone()),
        (
            "instruction set",
            a.instruction_set.clone(),
            b.instruction_set.clone(),
        ),
    ];
    let weights = |run: &RunDescription| run.from.map_or("none".to_owned(), |hash| hash.short());
    facts.push(("model of --from", weights(&a), weights(&b)));
    for (what, was, is) in facts {
        if was != is {
            lines.push(format!("the {what} differs: {was} and {is}"));
        }
    }
    if let Some(difference) = b.train.difference(&a.train) {
        lines.push(format!(
            "the training data differs: the first run has {difference}"
        ));
    }
    match (&a.test, &b.test) {
        (Some(a), Some(b)) => {
            if let Some(difference) = b.difference(a) {
                lines.push(format!(
                    "the test data differs: the first run has {difference}"
                ));
            }
        }
        (None, None) => {}
        _ => lines.push("only one of the runs has test data".to_owned()),
    }
    if lines.is_empty() {
        lines.push("options and data are the same".to_owned());
    }
    Ok(lines)
}
