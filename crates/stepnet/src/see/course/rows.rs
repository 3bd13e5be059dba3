//! The rows of a training run: what it gave beside what is published.

use std::collections::BTreeMap;

use super::experiment::Outcome;
use super::published::{ArrayFacts, Experiment, PublishedNumber, What};
use super::row::{Reference, Row, Verdict, compare};
use crate::nn::{Network, Scores};

/// A row for each published number.
pub(crate) fn published(experiment: &Experiment, outcome: &Outcome) -> Vec<Row> {
    let rows = experiment.published.iter().map(|number| {
        let mut row = empty(experiment, &what(experiment, number), &number.texts);
        if let Some(ours) = measured(number, outcome) {
            let reference = Reference {
                value: number.value,
                spread: number.spread,
            };
            let (text, difference, verdict) = compare(ours, &number.texts, reference);
            row.ours = text;
            row.difference = Some(difference);
            row.verdict = verdict;
        } else {
            row.note = "needs the test part of the data, which is not here".into();
        }
        row
    });
    rows.collect()
}

/// The same rows where the data is not here.
pub(crate) fn without_data(experiment: &Experiment, why: &str) -> Vec<Row> {
    let rows = experiment.published.iter().map(|number| {
        let mut row = empty(experiment, &what(experiment, number), &number.texts);
        row.note = why.to_owned();
        row
    });
    rows.collect()
}

/// Rows for what the reference run says besides: how the weights start, early costs, and how the
/// weights end.
pub(crate) fn reference(experiment: &Experiment, outcome: &Outcome) -> Vec<Row> {
    let mut rows = Vec::new();
    for &(at, value) in &experiment.trace {
        let ours = outcome.costs.get(at).copied().unwrap_or(f64::NAN);
        let what = format!("cost at {} {at}", unit(experiment));
        rows.push(within(experiment, &what, ours, value, 1e-12 * value.abs()));
    }
    if let Some(facts) = &experiment.init_check {
        rows.extend(arrays(experiment, "at the start", &outcome.initial, facts));
    }
    if let Some(facts) = &experiment.weights {
        // Beside the arrays stands when they were taken, a plain number.
        let facts: BTreeMap<String, ArrayFacts> = facts
            .iter()
            .filter_map(|(name, facts)| {
                Some((name.clone(), serde_json::from_value(facts.clone()).ok()?))
            })
            .collect();
        rows.extend(arrays(experiment, "at the end", &outcome.network, &facts));
    }
    rows
}

fn empty(experiment: &Experiment, what: &str, texts: &[String]) -> Row {
    Row {
        experiment: experiment.id.clone(),
        version: version(experiment),
        what: what.to_owned(),
        published: texts.first().cloned().unwrap_or_default(),
        ours: String::new(),
        difference: None,
        verdict: Verdict::NoData,
        note: String::new(),
    }
}

fn version(experiment: &Experiment) -> String {
    let mut version = experiment.notebook.clone();
    if !experiment.copies.is_empty() {
        version += &format!(" [{}]", experiment.copies.join(", "));
    }
    version
}

/// What a step of the run is called.
pub(crate) fn unit(experiment: &Experiment) -> &'static str {
    if experiment.batch.is_some() {
        "epoch"
    } else {
        "iteration"
    }
}

fn what(experiment: &Experiment, number: &PublishedNumber) -> String {
    let (at, unit) = (number.at, unit(experiment));
    match number.what {
        What::Cost => format!("cost at {unit} {at}"),
        What::LearningRateAfter => format!("learning rate after {unit} {at}"),
        What::TrainAccuracy | What::TrainPercent => "accuracy on the training data".into(),
        What::TestAccuracy | What::TestPercent => "accuracy on the test data".into(),
    }
}

fn measured(number: &PublishedNumber, outcome: &Outcome) -> Option<f64> {
    let nan = |value: Option<&f64>| value.copied().unwrap_or(f64::NAN);
    let per_cent = |scores: Scores| 100.0 * scores.correct as f64 / scores.examples as f64;
    Some(match number.what {
        What::Cost => nan(outcome.costs.get(number.at)),
        What::LearningRateAfter => nan(outcome.rates.get(number.at + 1)),
        What::TrainAccuracy => outcome.train.accuracy(),
        What::TrainPercent => per_cent(outcome.train),
        What::TestAccuracy => outcome.test?.accuracy(),
        What::TestPercent => per_cent(outcome.test?),
    })
}

/// A row of the reference run alone.
fn within(experiment: &Experiment, what: &str, ours: f64, value: f64, bound: f64) -> Row {
    let mut row = empty(experiment, what, &[]);
    row.ours = format!("{ours:?}");
    row.difference = Some(ours - value);
    row.verdict = Verdict::of((ours - value).abs() <= bound);
    row
}

/// Rows for the arrays of a network that something is known of.
fn arrays(
    experiment: &Experiment,
    when: &str,
    network: &Network<f64>,
    facts: &BTreeMap<String, ArrayFacts>,
) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut layer = 0;
    for node in network.nodes() {
        layer += usize::from(!node.parameters().is_empty());
        for (parameter, range) in node.placed_parameters() {
            let letter = if parameter.name == "weight" { "W" } else { "b" };
            let name = format!("{letter}{layer}");
            let Some(facts) = facts.get(&name) else {
                continue;
            };
            let values = &network.parameters()[range];
            for (what, ours, value, bound) in measures(values, facts) {
                let what = format!("{what} of {name} {when}");
                rows.push(within(experiment, &what, ours, value, bound));
            }
        }
    }
    rows
}

/// What is known of an array, as `(what, ours, published, bound)`.
fn measures(values: &[f64], facts: &ArrayFacts) -> Vec<(&'static str, f64, f64, f64)> {
    let magnitudes: f64 = values.iter().map(|value| value.abs()).sum();
    let squares: f64 = values.iter().map(|value| value * value).sum();
    let scale = facts.abs_sum.unwrap_or(magnitudes);
    let mut measures = vec![
        (
            "size",
            values.len() as f64,
            facts.shape.iter().product::<usize>() as f64,
            0.0,
        ),
        (
            "sum",
            values.iter().sum(),
            facts.sum,
            1e-12 * scale + 30.0 * facts.sum_spread,
        ),
        (
            "sum of squares",
            squares,
            facts.sum_sq,
            1e-12 * facts.sum_sq + 30.0 * facts.sum_sq_spread,
        ),
    ];
    let ends = [
        ("first value", values.first(), facts.first),
        ("last value", values.last(), facts.last),
    ];
    for (what, ours, value) in ends {
        if let (Some(&ours), Some(value)) = (ours, value) {
            measures.push((what, ours, value, 1e-15 * value.abs()));
        }
    }
    measures
}
