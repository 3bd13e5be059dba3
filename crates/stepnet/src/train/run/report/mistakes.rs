//! The worst mistakes of a report, each with its image.

use maud::{Markup, html};
use stepnet_base::text::thousands;

use super::contents::Report;
use super::shown::{Shown, Wrong};
use super::words::{percent, short};
use crate::nn::Number;
use crate::train::mistakes::Mistake;

/// The most outputs that are listed for an example.
const MOST_OUTPUTS: usize = 6;

impl<T: Number> Report<'_, T> {
    pub(super) fn mistakes(&self) -> Option<Markup> {
        let judgement = self.judgement.as_ref()?;
        let (list, wrong) = (&judgement.mistakes, judgement.wrong);
        let by_class = judgement.evaluation.tally().is_some();
        if list.is_empty() {
            let right = match by_class {
                true => "every example was classified correctly",
                false => "every example was predicted correctly",
            };
            return Some(html! { p { "There are none: " (right) "." } });
        }
        let examples = judgement.evaluation.scores.examples;
        let how = match list[0].wrong {
            Wrong::Class(_) => "were classified wrongly",
            Wrong::Labels { .. } => "have a label that was predicted wrongly",
            Wrong::Numbers(_) => "were not predicted exactly",
        };
        Some(html! {
            p {
                (thousands(wrong as u64)) " of " (thousands(examples as u64)) " examples ("
                (self.held_out) ") " (how) "; "
                @if list.iter().any(|shown| shown.heat.is_some()) {
                    "the lighter a place of the second image, the more it speaks for the predicted class (Grad-CAM); "
                }
                @if list.len() < wrong { "the " (list.len()) " with the highest loss:" } @else { "the highest loss first:" }
            }
            ul.mistakes { @for shown in list { li { (self.mistake(shown)) } } }
        })
    }

    fn mistake(&self, shown: &Shown) -> Markup {
        let example = shown.example + 1;
        let alt = match &shown.wrong {
            Wrong::Class(mistake) => {
                format!("example {example}, of class {}", self.class(mistake.actual))
            }
            _ => format!("example {example}"),
        };
        html! {
            figure {
                @if let Some(picture) = &shown.picture {
                    img src=(picture.uri) width=(picture.width) height=(picture.height) alt=(alt);
                }
                @if let (Some(heat), Wrong::Class(mistake)) = (&shown.heat, &shown.wrong) {
                    @let alt = format!("example {example}, what speaks for class {}", self.class(mistake.predicted));
                    img src=(heat.uri) width=(heat.width) height=(heat.height) alt=(alt);
                }
                figcaption {
                    @match &shown.wrong {
                        Wrong::Class(mistake) => (self.wrong_class(mistake)),
                        Wrong::Labels { missed, added } => {
                            (self.wrong_labels("not predicted:", missed)) (self.wrong_labels("predicted, but does not apply:", added))
                        },
                        Wrong::Numbers(pairs) => (self.wrong_numbers(pairs)),
                    }
                    "loss " (short(shown.loss)) ", example " (example)
                    @if let Some(file) = &shown.file { br; code { (file) } }
                }
            }
        }
    }

    fn wrong_class(&self, mistake: &Mistake) -> Markup {
        let [actual, predicted] =
            [mistake.actual, mistake.predicted].map(|class| self.class(class));
        html! {
            "is " strong { (actual) } ", predicted as " strong { (predicted) } br;
            @if let Some([right, wrong]) = mistake.probabilities {
                "probability " (percent(wrong)) " compared with " (percent(right)) " for the right class" br;
            }
        }
    }

    fn wrong_labels(&self, what: &str, labels: &[usize]) -> Markup {
        let names = labels.iter().take(MOST_OUTPUTS);
        let names: Vec<String> = names.map(|&label| self.class(label)).collect();
        html! {
            @if !labels.is_empty() {
                (what) " " strong { (names.join(", ")) }
                @if labels.len() > names.len() { " and " (labels.len() - names.len()) " more" } br;
            }
        }
    }

    fn wrong_numbers(&self, pairs: &[(f64, f64)]) -> Markup {
        html! {
            @for (output, (actual, predicted)) in pairs.iter().enumerate().take(MOST_OUTPUTS) {
                (self.class(output)) " is " strong { (short(*actual)) } ", predicted as " strong { (short(*predicted)) } br;
            }
            @if pairs.len() > MOST_OUTPUTS { "and " (pairs.len() - MOST_OUTPUTS) " more" br; }
        }
    }
}
