//! How far the probabilities of a classifier can be believed.

use maud::{Markup, html};
use stepnet_base::text::thousands;

use super::contents::Report;
use super::words::percent;
use crate::nn::Number;
use crate::train::calibration::{BINS, Reliability, ReliabilityBin, answered};
use crate::train::chart::Plane;

/// Of fewer examples, the share of right ones in a bin says nothing.
const LEAST: usize = 20;

/// The confidences below which the classifier could keep silent.
const SILENT_BELOW: [f64; 6] = [0.5, 0.7, 0.8, 0.9, 0.95, 0.99];

impl<T: Number> Report<'_, T> {
    /// Confidence and accuracy in bins, if there are enough examples.
    pub(super) fn reliability(&self) -> Option<Reliability> {
        let verdicts = &self.judgement.as_ref()?.verdicts;
        (verdicts.len() >= LEAST).then(|| Reliability::of(verdicts, BINS))
    }

    /// Confidence next to accuracy, and what a classifier would answer that keeps silent when it is not sure.
    pub(super) fn probabilities(&self) -> Option<Markup> {
        let reliability = self.reliability()?;
        let verdicts = &self.judgement.as_ref()?.verdicts;
        let error = percent(reliability.expected_error);
        let filled = reliability.bins.iter().filter(|bin| bin.examples > 0);
        let filled: Vec<&ReliabilityBin> = filled.collect();
        let plane = Plane {
            title: "Accuracy by confidence",
            id: "plane-reliability",
            axes: ["confidence", "accuracy"],
            points: filled
                .iter()
                .map(|bin| (bin.confidence, bin.accuracy))
                .collect(),
            dots: true,
            compared: Some([(0.0, 0.0), (1.0, 1.0)]),
            words: format!(
                "The share of right predictions ({}) over the mean probability of the predicted class, in bins of it. On the line the probabilities are right; below it the model is too sure of itself. Expected calibration error: {error}.",
                self.held_out
            ),
        };
        Some(html! {
            div.charts {
                div { h3 { (plane.title) } (plane.figure()) }
                div {
                    h3 { "If it said \u{201c}I do not know\u{201d}" }
                    div.scroll tabindex="0" role="region" aria-label="Table of the answers by confidence" {
                        table {
                            caption { "The examples that the model still answers if it keeps silent below a confidence, and the share of right answers among them" }
                            thead { tr {
                                th scope="col" { "silent below" } th scope="col" { "answered" } th scope="col" { "accuracy" }
                            } }
                            tbody { @for level in SILENT_BELOW.map(|confidence| answered(verdicts, confidence)) { tr {
                                th scope="row" { (percent(level.confidence)) }
                                td { (percent(level.share)) }
                                td { (level.accuracy().map_or("-".into(), percent)) }
                            } } }
                        }
                    }
                }
            }
            details {
                summary { "Numbers for every bin" }
                div.scroll tabindex="0" role="region" aria-label="Numbers for every bin" {
                    table {
                        caption { "The examples by the probability of their predicted class" }
                        thead { tr {
                            th scope="col" { "mean confidence" } th scope="col" { "examples" } th scope="col" { "accuracy" }
                        } }
                        tbody { @for bin in filled { tr {
                            th scope="row" { (percent(bin.confidence)) }
                            td { (thousands(bin.examples as u64)) } td { (percent(bin.accuracy)) }
                        } } }
                    }
                }
            }
        })
    }
}
