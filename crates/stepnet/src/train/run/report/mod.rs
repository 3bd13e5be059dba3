//! `report.html`: a run on one page that needs no other file, no network, no mouse and no colours.

mod card;
mod classes;
mod contents;
mod curves;
mod facts;
mod head;
mod mistakes;
mod others;
mod picture;
mod probabilities;
mod shown;
#[cfg(test)]
mod tests;
mod words;

use maud::{DOCTYPE, Markup, PreEscaped, html};
use stepnet_base::design;
use stepnet_base::text::thousands;

use crate::nn::Number;
pub(super) use contents::Report;
use words::{percent, short};

/// Nothing may be loaded, whatever a name in the page says.
const POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

/// What this page adds to the shared design.
const STYLE: &str = include_str!("style.css");

impl<T: Number> Report<'_, T> {
    /// The page.
    pub(super) fn page(&self) -> String {
        let sections = [
            ("curves", "Curves", self.curves()),
            ("numbers", "Predicted and true numbers", self.numbers()),
            ("labels", "Each label", self.labels()),
            ("classes", "Each class", self.each_class()),
            ("ranking", "Every threshold", self.ranking()),
            (
                "probabilities",
                "Are the probabilities right?",
                self.probabilities(),
            ),
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
                    style { (PreEscaped(design::TOKENS)) (PreEscaped(design::BASE)) (PreEscaped(STYLE)) }
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
}
