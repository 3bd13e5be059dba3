//! The sections of a report about labels, numbers, and the thresholds between two classes.

use maud::{Markup, html};

use super::contents::Report;
use super::words::{percent, short};
use crate::nn::Number;
use crate::train::chart::Plane;
use crate::train::metrics::{NumberMetrics, Ranking};
use crate::train::{Evaluation, Measures, wilson_interval};

/// The most outputs whose predictions are drawn.
const MOST_DRAWN: usize = 12;

/// What an evaluation comes down to, by names.
pub(super) fn facts(test: &Evaluation) -> Vec<(&'static str, String)> {
    match &test.measures {
        Measures::Classes { ranking, .. } => {
            let auc = ranking.as_ref().and_then(Ranking::roc_auc);
            let mut facts = vec![("accuracy", percent(test.scores.accuracy()))];
            let [low, high] = wilson_interval(test.scores.correct, test.scores.examples);
            let interval = format!("{} to {}", percent(low), percent(high));
            facts.push(("accuracy, 95 % interval", interval));
            facts.extend(auc.map(|auc| ("ROC AUC", short(auc))));
            facts
        }
        Measures::Labels(tally) => {
            let metrics = tally.metrics();
            vec![
                ("mAP", short(metrics.mean_average_precision)),
                ("all labels right", percent(metrics.subset_accuracy)),
            ]
        }
        Measures::Numbers(tally) => {
            let mean = tally.metrics().mean;
            vec![
                ("R2", short(mean.r2)),
                ("mean absolute error", short(mean.mae)),
            ]
        }
    }
}

impl<T: Number> Report<'_, T> {
    fn measures(&self) -> Option<&Measures> {
        Some(&self.judgement.as_ref()?.evaluation.measures)
    }

    /// How well each number is predicted: a table, and the predictions over the true values.
    pub(super) fn numbers(&self) -> Option<Markup> {
        let Measures::Numbers(tally) = self.measures()? else {
            return None;
        };
        let metrics = tally.metrics();
        let row = |name: String, output: &NumberMetrics| {
            html! { tr {
                th scope="row" { (name) }
                @for value in [output.r2, output.mae, output.rmse] { td { (short(value)) } }
            } }
        };
        let outputs = || metrics.outputs.iter().enumerate();
        let plane = |(number, output): (usize, &NumberMetrics)| {
            let points: Vec<(f64, f64)> = tally.pairs(number).collect();
            let low = points
                .iter()
                .map(|point| point.0)
                .fold(f64::INFINITY, f64::min);
            let high = points
                .iter()
                .map(|point| point.0)
                .fold(f64::NEG_INFINITY, f64::max);
            let name = self.class(number);
            let drawn = Plane {
                title: &name,
                id: &format!("plane-{number}"),
                axes: ["true", "predicted"],
                points,
                dots: true,
                compared: Some([(low, low), (high, high)]),
                words: format!(
                    "Predicted values of {name} ({}) over the true ones, from {} to {}: R2 {}, mean absolute error {}.",
                    self.held_out,
                    short(low),
                    short(high),
                    short(output.r2),
                    short(output.mae)
                ),
            };
            html! { div { h3 { (name) } (drawn.figure()) } }
        };
        Some(html! {
            div.scroll tabindex="0" role="region" aria-label="Table of the numbers" {
                table {
                    caption {
                        "R2: 1 is perfect, 0 is as good as the mean. MAE: the mean absolute error. RMSE: the root of "
                        "the mean squared error, in the unit of the targets."
                    }
                    thead { tr {
                        th scope="col" { "output" } th scope="col" { "R2" }
                        th scope="col" { "MAE" } th scope="col" { "RMSE" }
                    } }
                    tbody { @for (number, output) in outputs() { (row(self.class(number), output)) } }
                    @if metrics.outputs.len() > 1 { tfoot { (row("mean".into(), &metrics.mean)) } }
                }
            }
            div.charts { @for output in outputs().take(MOST_DRAWN) { (plane(output)) } }
        })
    }

    /// How well each label is recognised.
    pub(super) fn labels(&self) -> Option<Markup> {
        let Measures::Labels(tally) = self.measures()? else {
            return None;
        };
        let metrics = tally.metrics();
        let known = |value: Option<f64>, write: fn(f64) -> String| value.map_or("-".into(), write);
        Some(html! {
            div.scroll tabindex="0" role="region" aria-label="Table of the labels" {
                table {
                    caption {
                        "Precision, recall and F1 where the probability is over one half; the average precision and the "
                        "area under the ROC curve over all thresholds."
                    }
                    thead { tr {
                        th scope="col" { "label" } th scope="col" { "examples" } th scope="col" { "precision" }
                        th scope="col" { "recall" } th scope="col" { "F1" }
                        th scope="col" { "average precision" } th scope="col" { "ROC AUC" }
                    } }
                    tbody { @for (number, label) in metrics.labels.iter().enumerate() { tr {
                        th scope="row" { (self.class(number)) } td { (label.at_half.examples) }
                        @for value in [label.at_half.precision, label.at_half.recall, label.at_half.f1] {
                            td { (known(value, percent)) }
                        }
                        td { (known(label.average_precision, short)) } td { (known(label.roc_auc, short)) }
                    } } }
                    tfoot { tr {
                        th scope="row" { "mean over labels" } td {}
                        @let mean = metrics.macro_average;
                        @for value in [mean.precision, mean.recall, mean.f1] { td { (percent(value)) } }
                        td { (short(metrics.mean_average_precision)) } td {}
                    } }
                }
            }
        })
    }

    /// The ROC curve and the precision-recall curve of two classes.
    pub(super) fn ranking(&self) -> Option<Markup> {
        let Measures::Classes { ranking, .. } = self.measures()? else {
            return None;
        };
        let ranking = ranking.as_ref()?;
        let (auc, precision) = (ranking.roc_auc()?, ranking.average_precision()?);
        let class = self.class(1);
        let roc = Plane {
            title: "ROC curve",
            id: "plane-roc",
            axes: ["false positive rate", "true positive rate"],
            points: ranking
                .roc()
                .iter()
                .map(|point| (point.false_positive_rate, point.true_positive_rate))
                .collect(),
            dots: false,
            compared: Some([(0.0, 0.0), (1.0, 1.0)]),
            words: format!(
                "Of the examples of {class}, the share above a threshold, over that of the others: area {}; chance is 0.5.",
                short(auc)
            ),
        };
        let share = ranking.positives() as f64 / ranking.examples() as f64;
        let recall = Plane {
            title: "Precision and recall",
            id: "plane-recall",
            axes: ["recall", "precision"],
            points: ranking
                .precision_recall()
                .iter()
                .map(|point| (point.recall, point.precision))
                .collect(),
            dots: false,
            compared: Some([(0.0, share), (1.0, share)]),
            words: format!(
                "Of the examples above a threshold, the share of {class}, over the share of {class} that is above it: average precision {}; chance is {}.",
                short(precision),
                short(share)
            ),
        };
        Some(html! {
            div.charts { @for plane in [&roc, &recall] { div { h3 { (plane.title) } (plane.figure()) } } }
        })
    }
}
