//! `report.html`: a run on one page that needs no other file, no network, no mouse and no colours.

mod chart;
mod classes;
mod picture;
#[cfg(test)]
mod tests;

use maud::{DOCTYPE, Markup, PreEscaped, html};
use stepnet::data::Dataset;
use stepnet::nn::{Network, Preprocessing};
use stepnet::train::mistakes::{Mistake, Mistakes};
use stepnet::train::{Evaluation, evaluate_with};
use stepnet::{Number, Result};

use crate::display::{self, clean};
use crate::run_folder::EpochRecord;
use crate::table::thousands;
pub(crate) use chart::thinned;
use chart::{Chart, Curve};
use picture::Picture;

/// How many epochs are listed from the beginning of a long run, and from its end.
const MOST_ROWS: usize = 1000;

/// Nothing may be loaded, whatever a name in the page says.
const POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

/// The most mistakes that are shown.
pub(crate) const MOST_MISTAKES: usize = 24;

/// The most characters of a file's name.
const FILE: usize = 300;

/// How a network did on the test data.
pub(crate) struct Judgement {
    evaluation: Evaluation,
    mistakes: Vec<(Mistake, Option<Picture>, Option<String>)>,
}

impl Judgement {
    /// Runs the network over the test data once, and draws the worst mistakes.
    ///
    /// # Errors
    /// As [`evaluate_with`].
    pub(crate) fn of<T: Number>(
        network: &Network<T>,
        data: &Dataset,
        preprocessing: &Preprocessing,
    ) -> Result<Self> {
        let mut mistakes = Mistakes::new(MOST_MISTAKES);
        let evaluation = evaluate_with(network, data, preprocessing, |judged| {
            mistakes.observe(network.loss(), &judged);
        })?;
        let mut x = vec![T::zero(); network.input().len()];
        let draw = |&mistake: &Mistake| {
            data.fill_batch(&[mistake.example], preprocessing, &mut x)?;
            let file = data.name(mistake.example);
            let file = file.map(|file| clean(&file.display().to_string(), FILE));
            Ok((mistake, picture::of(&x, preprocessing), file))
        };
        let mistakes = mistakes.worst().iter().map(draw).collect::<Result<_>>()?;
        Ok(Self {
            evaluation,
            mistakes,
        })
    }
}

/// The contents of a report.
pub(crate) struct Report<'a, T> {
    /// The run's name.
    pub(crate) name: &'a str,
    /// How the run ended, in words.
    pub(crate) end: String,
    pub(crate) records: &'a [EpochRecord],
    /// The name of the test examples.
    pub(crate) held_out: &'a str,
    pub(crate) classes: &'a [String],
    /// The network, with the weights that were saved.
    pub(crate) network: &'a Network<T>,
    /// How it did on the test data, if there is any.
    pub(crate) judgement: Option<Judgement>,
    /// Notes to read before the numbers are trusted.
    pub(crate) notes: Vec<String>,
    /// The run's settings, by name.
    pub(crate) settings: Vec<(String, String)>,
}

impl<T: Number> Report<'_, T> {
    /// The page.
    pub(crate) fn page(&self) -> String {
        let sections = [
            ("curves", "Curves", self.curves()),
            ("classes", "Each class", self.each_class()),
            ("confusion", "Confusions", self.confusion()),
            ("mistakes", "The worst mistakes", self.mistakes()),
            ("network", "The network", self.layers()),
            ("settings", "Settings", self.settings()),
        ];
        let shown = || {
            sections
                .iter()
                .filter_map(|(id, title, body)| Some((id, title, body.as_ref()?)))
        };
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta http-equiv="Content-Security-Policy" content=(POLICY);
                    title { "Training report: " (self.name) }
                    style { (PreEscaped(include_str!("style.css"))) }
                }
                body {
                    header {
                        h1 { "Training report: " (self.name) }
                        p { (self.end) }
                        (self.summary())
                        @if !self.notes.is_empty() {
                            ul.notes aria-label="Notes" { @for note in &self.notes { li { strong { "Note: " } (note) } } }
                        }
                        nav aria-label="Sections of this page" {
                            ul { @for (id, title, _) in shown() { li { a href=(format!("#{id}")) { (title) } } } }
                        }
                    }
                    main {
                        @for (id, title, body) in shown() {
                            section aria-labelledby=(id) { h2 id=(id) { (title) } (body) }
                        }
                    }
                    footer { p { "Written by stepnet " (env!("CARGO_PKG_VERSION")) "." } }
                }
            }
        };
        page.into_string()
    }

    fn summary(&self) -> Markup {
        let last = self.records.last();
        let test = self
            .judgement
            .as_ref()
            .map(|judgement| judgement.evaluation.scores);
        html! {
            dl.facts {
                @if let Some(scores) = test {
                    div { dt { "accuracy, " (self.held_out) } dd { (percent(scores.accuracy())) } }
                    div { dt { "loss, " (self.held_out) } dd { (short(scores.mean_loss())) } }
                }
                @if let Some(last) = last {
                    div { dt { "accuracy, training" } dd { (percent(last.train_accuracy)) } }
                    div { dt { "epochs" } dd { (last.epoch) } }
                }
                div { dt { "parameters" } dd { (thousands(self.network.parameters().len() as u64)) } }
            }
        }
    }

    fn curves(&self) -> Option<Markup> {
        let points = |pick: fn(&EpochRecord) -> Option<f64>| -> Vec<(f64, f64)> {
            let values = self.records.iter();
            values
                .filter_map(|record| Some((record.epoch as f64, pick(record)?)))
                .filter(|(_, value)| value.is_finite())
                .collect()
        };
        let pair = |train, test| {
            let curves = [("training", points(train)), (self.held_out, points(test))];
            curves
                .into_iter()
                .filter(|(_, points)| !points.is_empty())
                .map(|(name, points)| Curve { name, points })
                .collect()
        };
        let chart = |title, id, curves, write, lower_is_better, from_zero| Chart {
            title,
            id,
            curves,
            write,
            lower_is_better,
            from_zero,
        };
        let rate = vec![Curve {
            name: "learning rate",
            points: points(|r| Some(r.learning_rate)),
        }];
        let speed = vec![Curve {
            name: "images per second",
            points: points(|r| Some(r.images_per_second)),
        }];
        let loss = pair(|r| Some(r.train_loss), |r| r.test_loss);
        let accuracy = pair(|r| Some(r.train_accuracy), |r| r.test_accuracy);
        let charts = [
            chart(
                "Loss",
                "chart-loss",
                loss,
                short as fn(f64) -> String,
                Some(true),
                true,
            ),
            chart(
                "Accuracy",
                "chart-accuracy",
                accuracy,
                percent,
                Some(false),
                false,
            ),
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
                (self.epochs())
            }
        })
    }

    /// The numbers of the curves.
    fn epochs(&self) -> Markup {
        let known = |value: Option<f64>, write: fn(f64) -> String| value.map_or("-".into(), write);
        // Of a very long run the first and the last: a page of hundreds of megabytes is of no use.
        let left_out = self.records.len().saturating_sub(2 * MOST_ROWS);
        let last = MOST_ROWS + left_out;
        let shown = |place: usize| left_out == 0 || !(MOST_ROWS..last).contains(&place);
        html! {
            details {
                summary { "Numbers for every epoch" }
                div.scroll tabindex="0" role="region" aria-label="Numbers for every epoch" {
                    table {
                        caption { "Loss, accuracy, learning rate and speed of every epoch" }
                        thead { tr {
                            th scope="col" { "epoch" } th scope="col" { "training loss" }
                            th scope="col" { "training accuracy" } th scope="col" { (self.held_out) " loss" }
                            th scope="col" { (self.held_out) " accuracy" } th scope="col" { "learning rate" }
                            th scope="col" { "seconds" } th scope="col" { "images/s" }
                        } }
                        tbody { @for (place, record) in self.records.iter().enumerate().filter(|(place, _)| shown(*place)) {
                        @if left_out > 0 && place == last {
                            tr { th scope="row" { "..." } td colspan="7" {
                                (thousands(left_out as u64)) " more epochs are in metrics.jsonl"
                            } }
                        }
                        tr {
                            th scope="row" { (record.epoch) @if record.interrupted { " (part)" } }
                            td { (short(record.train_loss)) } td { (percent(record.train_accuracy)) }
                            td { (known(record.test_loss, short)) } td { (known(record.test_accuracy, percent)) }
                            td { (short(record.learning_rate)) } td { (short(record.seconds)) }
                            td { (whole(record.images_per_second)) }
                        } } }
                    }
                }
            }
        }
    }

    fn mistakes(&self) -> Option<Markup> {
        let judgement = self.judgement.as_ref()?;
        let scores = judgement.evaluation.scores;
        let wrong = scores.examples - scores.correct;
        let list = &judgement.mistakes;
        if list.is_empty() {
            return Some(html! { p { "There are none: every example was classified correctly." } });
        }
        Some(html! {
            p {
                (thousands(wrong as u64)) " of " (thousands(scores.examples as u64)) " examples ("
                (self.held_out) ") were classified wrongly; "
                @if list.len() < wrong { "the " (list.len()) " with the highest loss:" } @else { "the highest loss first:" }
            }
            ul.mistakes { @for (mistake, picture, file) in list {
                li { (self.mistake(mistake, picture.as_ref(), file.as_deref())) }
            } }
        })
    }

    fn mistake(&self, mistake: &Mistake, picture: Option<&Picture>, file: Option<&str>) -> Markup {
        let [actual, predicted] =
            [mistake.actual, mistake.predicted].map(|class| self.class(class));
        html! {
            figure {
                @if let Some(picture) = picture {
                    img src=(picture.uri) width=(picture.width) height=(picture.height)
                        alt=(format!("example {}, of class {actual}", mistake.example + 1));
                }
                figcaption {
                    "is " strong { (actual) } ", predicted as " strong { (predicted) } br;
                    @if let Some([right, wrong]) = mistake.probabilities {
                        "probability " (percent(wrong)) " compared with " (percent(right)) " for the right class" br;
                    }
                    "loss " (short(mistake.loss)) ", example " (mistake.example + 1)
                    @if let Some(file) = file { br; code { (file) } }
                }
            }
        }
    }

    fn layers(&self) -> Option<Markup> {
        let network = self.network;
        let macs = |node: &stepnet::nn::Node<T>| node.layer().cost().multiply_adds(node.input());
        Some(html! {
            p.network { code { (network.text()) } }
            div.scroll tabindex="0" role="region" aria-label="Table of the layers" {
                table.left {
                    caption { "The layers, in order; loss: " (network.loss()) }
                    thead { tr {
                        th scope="col" { "layer" } th scope="col" { "definition" } th scope="col" { "output" }
                        th scope="col" { "parameters" } th scope="col" { "multiply-adds" }
                    } }
                    tbody {
                        tr { th scope="row" { "input" } td {} td { (network.input()) } td { "0" } td { "0" } }
                        @for node in network.nodes() { tr {
                            th scope="row" { (node.name()) }
                            td { code { (node.layer().text()) } @if node.frozen() { " (frozen)" } }
                            td { (node.output()) }
                            td { (thousands(node.range().len() as u64)) } td { (thousands(macs(node))) }
                        } }
                    }
                    tfoot { tr {
                        th scope="row" { "all" } td {} td {}
                        td { (thousands(network.parameters().len() as u64)) }
                        td { (thousands(network.multiply_adds())) }
                    } }
                }
            }
        })
    }

    fn settings(&self) -> Option<Markup> {
        Some(html! {
            dl.settings { @for (name, value) in &self.settings { div { dt { (name) } dd { (value) } } } }
        })
    }

    /// A class's name.
    fn class(&self, class: usize) -> String {
        let name = self.classes.get(class);
        name.map_or_else(|| class.to_string(), |name| display::name(name))
    }
}

fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}

/// A number with four significant digits.
fn short(value: f64) -> String {
    match value.abs() {
        0.0 => "0".into(),
        size if (1e-3..1e5).contains(&size) => {
            let digits = (3 - size.log10().floor() as i32).clamp(0, 6) as usize;
            format!("{value:.digits$}")
        }
        _ => format!("{value:.3e}"),
    }
}

fn whole(value: f64) -> String {
    format!("{value:.0}")
}
