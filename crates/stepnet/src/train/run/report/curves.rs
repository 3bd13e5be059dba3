//! What each epoch ended with, as charts and as a table.

use maud::{Markup, html};
use stepnet_base::text::thousands;

use super::super::record::EpochRecord;
use super::contents::Report;
use super::words::{percent, short, whole};
use crate::data::TargetKind;
use crate::nn::Number;
use crate::train::chart::{self, Across, Chart, Curve};
use crate::train::measure_of;

/// How many epochs are listed from the beginning of a long run, and from its end.
const MOST_ROWS: usize = 1000;

/// The width of a chart in the drawing of the curves, in pixels.
const CHART_WIDTH: f64 = 480.0;

impl<T: Number> Report<'_, T> {
    pub(super) fn curves(&self) -> Option<Markup> {
        let points = |pick| points(self.records, pick);
        let rate = vec![Curve {
            name: "learning rate",
            points: points(|r| Some(r.learning_rate)),
        }];
        let speed = vec![Curve {
            name: "images per second",
            points: points(|r| Some(r.images_per_second)),
        }];
        let [loss, accuracy] = scores(self.records, self.held_out);
        let charts = [
            loss,
            accuracy,
            chart("Learning rate", "chart-rate", rate, short, None, true),
            chart(
                "Throughput, images per second",
                "chart-speed",
                speed,
                whole,
                None,
                true,
            ),
        ];
        (!self.records.is_empty()).then(|| {
            html! {
                div.charts {
                    @for chart in &charts { div { h3 { (chart.title) } (chart.figure()) } }
                }
                (self.by_class())
                (self.epochs())
            }
        })
    }

    /// The recall of each class over the epochs, where the records have it.
    fn by_class(&self) -> Markup {
        let classes = self.records.iter().map(|record| record.test_recalls.len());
        let figure = |class: usize| {
            let recall = |record: &EpochRecord| {
                let recall = record.test_recalls.get(class).copied().flatten()?;
                Some((record.epoch as f64, recall))
            };
            let (title, id) = (self.class(class), format!("chart-class-{class}"));
            let curve = Curve {
                name: "recall",
                points: self.records.iter().filter_map(recall).collect(),
            };
            let chart = chart(&title, &id, vec![curve], percent, Some(false), true);
            html! { div { h3 { (title) } (chart.figure()) } }
        };
        match classes.max() {
            // One point is no curve.
            Some(classes) if classes > 0 && self.records.len() > 1 => html! {
                details {
                    summary { "Recall of every class (" (self.held_out) ")" }
                    div.charts { @for class in 0..classes { (figure(class)) } }
                }
            },
            _ => html! {},
        }
    }

    /// The numbers of the curves.
    fn epochs(&self) -> Markup {
        let known = |value: Option<f64>, write: fn(f64) -> String| value.map_or("-".into(), write);
        // Of a very long run the first and the last: a page of hundreds of megabytes is of no use.
        let left_out = self.records.len().saturating_sub(2 * MOST_ROWS);
        let last = MOST_ROWS + left_out;
        let shown = |place: usize| left_out == 0 || !(MOST_ROWS..last).contains(&place);
        let measure = measure_name(self.records);
        let by_class = measure == measure_of(TargetKind::Classes);
        html! {
            details {
                summary { "Numbers for every epoch" }
                div.scroll tabindex="0" role="region" aria-label="Numbers for every epoch" {
                    table {
                        caption { "Loss, " (measure) ", learning rate and speed of every epoch" }
                        thead { tr {
                            th scope="col" { "epoch" } th scope="col" { "training loss" }
                            @if by_class { th scope="col" { "training accuracy" } }
                            th scope="col" { (self.held_out) " loss" }
                            th scope="col" { (self.held_out) " " (measure) } th scope="col" { "learning rate" }
                            th scope="col" { "seconds" } th scope="col" { "images/s" }
                        } }
                        tbody { @for (place, record) in self.records.iter().enumerate().filter(|(place, _)| shown(*place)) {
                        @if left_out > 0 && place == last {
                            tr { th scope="row" { "..." } td colspan=(if by_class { 7 } else { 6 }) {
                                (thousands(left_out as u64)) " more epochs are in metrics.jsonl"
                            } }
                        }
                        tr {
                            th scope="row" { (record.epoch) @if record.interrupted { " (part)" } }
                            td { (short(record.train_loss)) }
                            @if by_class { td { (known(record.train_accuracy, percent)) } }
                            td { (known(record.test_loss, short)) }
                            td { (record.measure().map_or("-".into(), |measure| measure.shown())) }
                            td { (short(record.learning_rate)) } td { (short(record.seconds)) }
                            td { (whole(record.images_per_second)) }
                        } } }
                    }
                }
            }
        }
    }
}

/// The values of a curve over the epochs.
fn points(records: &[EpochRecord], pick: fn(&EpochRecord) -> Option<f64>) -> Vec<(f64, f64)> {
    let values = records.iter();
    values
        .filter_map(|record| Some((record.epoch as f64, pick(record)?)))
        .filter(|(_, value)| value.is_finite())
        .collect()
}

fn chart<'a>(
    title: &'a str,
    id: &'a str,
    curves: Vec<Curve<'a>>,
    write: fn(f64) -> String,
    lower_is_better: Option<bool>,
    from_zero: bool,
) -> Chart<'a> {
    Chart {
        title,
        id,
        across: Across::Epochs,
        curves,
        marks: Vec::new(),
        write,
        lower_is_better,
        from_zero,
    }
}

/// The name of the measure in the records.
fn measure_name(records: &[EpochRecord]) -> &'static str {
    let kind = records.iter().find_map(|record| match record.measure() {
        Some(measure) => Some(measure.kind),
        None => record.train_accuracy.map(|_| TargetKind::Classes),
    });
    // Without test data, labels and numbers have a loss alone.
    kind.map_or("measure", measure_of)
}

/// The charts of the loss and of the accuracy, in training and on the test data.
fn scores<'a>(records: &[EpochRecord], held_out: &'a str) -> [Chart<'a>; 2] {
    let pair = |train, test| {
        let curves = [
            ("training", points(records, train)),
            (held_out, points(records, test)),
        ];
        curves
            .into_iter()
            .filter(|(_, points)| !points.is_empty())
            .map(|(name, points)| Curve { name, points })
            .collect()
    };
    let loss = pair(|r| Some(r.train_loss), |r| r.test_loss);
    let measure = pair(
        |r| r.train_accuracy,
        |r| r.measure().map(|measure| measure.value),
    );
    let (title, id, write): (_, _, fn(f64) -> String) = match measure_name(records) {
        "accuracy" => ("Accuracy", "chart-accuracy", percent),
        other => (other, "chart-measure", short),
    };
    [
        chart("Loss", "chart-loss", loss, short, Some(true), true),
        chart(title, id, measure, write, Some(false), false),
    ]
}

/// The contents of `curves.svg`: loss and accuracy over the epochs.
pub(super) fn drawing(records: &[EpochRecord], held_out: &str) -> String {
    chart::file(&scores(records, held_out), CHART_WIDTH)
}
