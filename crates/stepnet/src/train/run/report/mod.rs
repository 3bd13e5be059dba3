//! `report.html`: a run on one page that needs no other file, no network, no mouse and no colours.

mod classes;
mod curves;
mod facts;
mod head;
mod mistakes;
mod others;
mod picture;
mod shown;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use maud::{DOCTYPE, Markup, PreEscaped, html};
use stepnet_base::text::{shown, thousands};

use super::record::EpochRecord;
use crate::data::Dataset;
use crate::error::Result;
use crate::nn::{Network, Number, Preprocessing};
use crate::train::evaluate::evaluate_until;
use crate::train::mistakes::{MOST_SHOWN, Mistakes, ValueMistakes};
use crate::train::trainer::OnFeatures;
use crate::train::{Evaluation, HeadReport};
use curves::drawing;
use shown::{Shown, Wrong};

/// Nothing may be loaded, whatever a name in the page says.
const POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

/// The most characters of a file's name.
const FILE: usize = 300;

/// The most characters of a class's name.
const NAME: usize = 40;

/// How a network did on the test data.
pub(super) struct Judgement {
    evaluation: Evaluation,
    /// The worst mistakes.
    mistakes: Vec<Shown>,
    /// How many examples there is a mistake in.
    wrong: usize,
}

impl Judgement {
    /// Runs the network, or its last layer over the features that are there, over the test data once, and draws the worst
    /// mistakes.
    ///
    /// # Errors
    /// As [`evaluate_with`](crate::train::evaluate_with); that `stop` was set.
    pub(super) fn of<T: Number>(
        stop: Option<&Arc<AtomicBool>>,
        network: &Network<T>,
        data: &Dataset,
        preprocessing: &Preprocessing,
        on: Option<&OnFeatures<T>>,
    ) -> Result<Self> {
        let mut mistakes = Mistakes::new(MOST_SHOWN);
        let mut of_values = ValueMistakes::new(MOST_SHOWN);
        let (judged_network, judged_data, values) = match on {
            Some(on) => (&on.head, &on.data, &on.preprocessing),
            None => (network, data, preprocessing),
        };
        let evaluation = evaluate_until(stop, judged_network, judged_data, values, |judged| {
            mistakes.observe(network.loss(), &judged);
            of_values.observe(network.loss(), &judged);
        })?;
        let mut x = vec![T::zero(); network.input().len()];
        let mut draw = |example: usize, loss: f64, wrong: Wrong| {
            data.fill_batch(&[example], preprocessing, &mut x)?;
            let file = data.name(example);
            Ok(Shown {
                example,
                loss,
                wrong,
                picture: picture::of(&x, preprocessing),
                file: file.map(|file| shown(&file.display().to_string(), FILE)),
            })
        };
        let (worst, wrong) = match evaluation.tally() {
            Some(_) => {
                let worst = mistakes.worst().iter();
                let worst = worst.map(|one| draw(one.example, one.loss, Wrong::Class(*one)));
                let scores = evaluation.scores;
                let wrong = scores.examples - scores.correct;
                (worst.collect::<Result<_>>()?, wrong)
            }
            None => {
                let worst = of_values.worst().iter();
                let worst = worst.map(|one| draw(one.example, one.loss, Wrong::of(one, values)));
                (worst.collect::<Result<_>>()?, of_values.count())
            }
        };
        Ok(Self {
            evaluation,
            mistakes: worst,
            wrong,
        })
    }
}

/// The contents of a report.
pub(super) struct Report<'a, T> {
    /// The run's name.
    pub(super) name: &'a str,
    /// How the run ended, in words.
    pub(super) end: String,
    pub(super) records: &'a [EpochRecord],
    /// What the test examples are called.
    pub(super) held_out: &'a str,
    pub(super) classes: &'a [String],
    /// The network, with the weights that were saved.
    pub(super) network: &'a Network<T>,
    /// How it did on the test data, if there is any.
    pub(super) judgement: Option<Judgement>,
    /// Notes to read before the numbers are trusted.
    pub(super) notes: Vec<String>,
    /// How the last layer was fitted, where the run starts from a pretrained network.
    pub(super) head: Option<HeadReport>,
    /// The run's settings, by name.
    pub(super) settings: Vec<(String, String)>,
}

impl<T: Number> Report<'_, T> {
    /// The page.
    pub(super) fn page(&self) -> String {
        let sections = [
            ("curves", "Curves", self.curves()),
            ("numbers", "Predicted and true numbers", self.numbers()),
            ("labels", "Each label", self.labels()),
            ("classes", "Each class", self.each_class()),
            ("ranking", "Every threshold", self.ranking()),
            ("confusion", "Confusions", self.confusion()),
            ("mistakes", "The worst mistakes", self.mistakes()),
            ("head", "How the last layer was fitted", self.fitted()),
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
        let test = self.judgement.as_ref();
        let test = test.map(|judgement| &judgement.evaluation);
        html! {
            dl.facts {
                @if let Some(test) = test {
                    @for (name, value) in others::facts(test) {
                        div { dt { (name) ", " (self.held_out) } dd { (value) } }
                    }
                    div { dt { "loss, " (self.held_out) } dd { (short(test.scores.mean_loss())) } }
                }
                @if let Some(last) = last {
                    @if let Some(accuracy) = last.train_accuracy {
                        div { dt { "accuracy, training" } dd { (percent(accuracy)) } }
                    }
                    div { dt { "epochs" } dd { (last.epoch) } }
                }
                div { dt { "parameters" } dd { (thousands(self.network.parameters().len() as u64)) } }
            }
        }
    }

    fn layers(&self) -> Option<Markup> {
        let network = self.network;
        let macs = |node: &crate::nn::Node<T>| node.layer().cost().multiply_adds(node.input());
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
        name.map_or_else(|| class.to_string(), |name| shown(name, NAME))
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
