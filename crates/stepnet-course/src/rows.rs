//! The rows of a training run: its numbers next to the published ones.

use std::collections::BTreeMap;

use super::experiment::Outcome;
use super::published::{ArrayFacts, Experiment, PublishedNumber, Quantity};
use super::row::{Reference, Row};
use stepnet::nn::{Network, Scores};

/// A row for each published number.
pub(crate) fn published(experiment: &Experiment, outcome: &Outcome) -> Vec<Row> {
    let rows = experiment.published.iter().map(|number| {
        let mut row = empty(experiment, number);
        let Some(ours) = measured(number, outcome) else {
            row.note = "needs the test part of the data, which is not here".into();
            return row;
        };
        let reference = Reference {
            value: number.value,
            spread: number.spread,
        };
        row.measured(ours, &number.texts, reference)
    });
    rows.collect()
}

/// The same rows where the data is not here.
pub(crate) fn without_data(experiment: &Experiment, why: &str) -> Vec<Row> {
    let rows = experiment.published.iter().map(|number| Row {
        note: why.to_owned(),
        ..empty(experiment, number)
    });
    rows.collect()
}

/// Rows for the other numbers of the reference run: how the weights start, early costs, and how the
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
        rows.extend(arrays(experiment, "at the end", &outcome.network, facts));
    }
    rows
}

fn empty(experiment: &Experiment, number: &PublishedNumber) -> Row {
    let version = if number.elsewhere {
        format!("{}, other public copies", experiment.notebook)
    } else {
        version(experiment)
    };
    Row::without_data(
        &experiment.id,
        &version,
        &what(experiment, number),
        &number.texts,
    )
}

fn version(experiment: &Experiment) -> String {
    if experiment.copies.is_empty() {
        return experiment.notebook.clone();
    }
    format!("{} [{}]", experiment.notebook, experiment.copies.join(", "))
}

/// The name of a step of the run.
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
        Quantity::Cost => format!("cost at {unit} {at}"),
        Quantity::LearningRateAfter => format!("learning rate after {unit} {at}"),
        Quantity::TrainAccuracy | Quantity::TrainPercent => "accuracy on the training data".into(),
        Quantity::TestAccuracy | Quantity::TestPercent => "accuracy on the test data".into(),
    }
}

fn measured(number: &PublishedNumber, outcome: &Outcome) -> Option<f64> {
    let nan = |value: Option<&f64>| value.copied().unwrap_or(f64::NAN);
    let per_cent = |scores: Scores| 100.0 * scores.correct as f64 / scores.examples as f64;
    Some(match number.what {
        Quantity::Cost => nan(outcome.costs.get(number.at)),
        Quantity::LearningRateAfter => nan(outcome.rates.get(number.at + 1)),
        Quantity::TrainAccuracy => outcome.train.accuracy(),
        Quantity::TrainPercent => per_cent(outcome.train),
        Quantity::TestAccuracy => outcome.test?.accuracy(),
        Quantity::TestPercent => per_cent(outcome.test?),
    })
}

/// A row of the reference run alone.
fn within(experiment: &Experiment, what: &str, ours: f64, value: f64, bound: f64) -> Row {
    Row::without_data(&experiment.id, &version(experiment), what, &[]).within(ours, value, bound)
}

/// Rows for the arrays of a network that something is known of.
fn arrays(
    experiment: &Experiment,
    when: &str,
    network: &Network<f64>,
    facts: &BTreeMap<String, ArrayFacts>,
) -> Vec<Row> {
    let ours = named_arrays(network);
    let rows = facts.iter().flat_map(|(name, facts)| {
        // An array that is not there differs in its size.
        let values = ours.get(name).copied().unwrap_or_default();
        let row = move |(what, ours, value, bound): (&str, f64, f64, f64)| {
            let what = format!("{what} of {name} {when}");
            within(experiment, &what, ours, value, bound)
        };
        measures(values, facts).into_iter().map(row)
    });
    rows.collect()
}

/// `W1`, `b1`, `W2`, ... of a network of dense layers.
fn named_arrays(network: &Network<f64>) -> BTreeMap<String, &[f64]> {
    let learning = network
        .nodes()
        .iter()
        .filter(|node| !node.parameters().is_empty());
    let arrays = learning.zip(1..).flat_map(|(node, layer)| {
        node.placed_parameters().map(move |(parameter, range)| {
            let letter = if parameter.name == "weight" { "W" } else { "b" };
            (format!("{letter}{layer}"), &network.parameters()[range])
        })
    });
    arrays.collect()
}

/// The published facts about an array, as `(what, ours, published, bound)`.
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
