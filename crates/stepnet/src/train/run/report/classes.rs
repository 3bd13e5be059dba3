//! The tables of classes: how well each was recognised, and what it was confused with.

use maud::{Markup, html};

use super::contents::Report;
use super::words::percent;
use crate::nn::Number;
use crate::train::metrics::Average;

/// Up to this many classes the confusions are a square; of more, the most frequent are a list.
const WIDEST: usize = 30;

/// How many of them.
const MOST_PAIRS: usize = 30;

/// The most classes in the table of all.
const MOST_CLASSES: usize = 500;

impl<T: Number> Report<'_, T> {
    pub(super) fn each_class(&self) -> Option<Markup> {
        let metrics = self.judgement.as_ref()?.evaluation.tally()?.metrics();
        let known = |value: Option<f64>| value.map_or("-".to_owned(), percent);
        let average = |name: &str, average: &Average| {
            html! { tr {
                th scope="row" { (name) } td {}
                @for value in [average.precision, average.recall, average.f1] { td { (percent(value)) } }
            } }
        };
        let all = metrics.classes.len();
        let mut shown: Vec<usize> = (0..all).collect();
        if all > MOST_CLASSES {
            // Those that were recognised worst; a class without examples comes last.
            let key = |&class: &usize| metrics.classes[class].f1.unwrap_or(f64::INFINITY);
            shown.sort_by(|a, b| key(a).total_cmp(&key(b)));
            shown.truncate(MOST_CLASSES);
        }
        Some(html! {
            @if all > shown.len() { p { "The " (shown.len()) " of " (all) " classes with the lowest F1." } }
            div.scroll tabindex="0" role="region" aria-label="Table of the classes" {
                table {
                    caption {
                        "Precision: the share of predictions of the class that are right. Recall: the share "
                        "of its examples that are recognised. F1: the harmonic mean of both."
                    }
                    thead { tr {
                        th scope="col" { "class" } th scope="col" { "examples" }
                        th scope="col" { "precision" } th scope="col" { "recall" } th scope="col" { "F1" }
                    } }
                    tbody { @for (&number, class) in shown.iter().map(|number| (number, &metrics.classes[*number])) { tr {
                        th scope="row" { (self.class(number)) } td { (class.examples) }
                        @for value in [class.precision, class.recall, class.f1] { td { (known(value)) } }
                    } } }
                    tfoot {
                        (average("average over classes", &metrics.macro_average))
                        (average("average weighted by examples", &metrics.weighted_average))
                    }
                }
            }
        })
    }

    pub(super) fn confusion(&self) -> Option<Markup> {
        let confusion = self.judgement.as_ref()?.evaluation.tally()?.confusion();
        let classes = confusion.classes();
        if classes > WIDEST {
            let pairs = confusion.most_confused(MOST_PAIRS);
            return Some(html! {
                @if pairs.is_empty() { p { "None: every example was classified correctly." } }
                @else { div.scroll tabindex="0" role="region" aria-label="Table of confused classes" {
                    table.left {
                        caption { "The pairs of classes that were confused most often" }
                        thead { tr {
                            th scope="col" { "class" } th scope="col" { "predicted as" } th scope="col" { "count" }
                        } }
                        tbody { @for (actual, predicted, count) in pairs { tr {
                            th scope="row" { (self.class(actual)) } td { (self.class(predicted)) } td { (count) }
                        } } }
                    }
                } }
            });
        }
        let rows: Vec<Vec<usize>> = (0..classes).map(|actual| confusion.row(actual)).collect();
        Some(html! {
            div.scroll tabindex="0" role="region" aria-label="Confusion matrix" {
                table.confusion {
                    caption {
                        "Each row holds the examples of one class, each column the predictions of one. The "
                        "deeper the colour, the larger the share of the row; right predictions have a frame."
                    }
                    thead {
                        tr { td {} th.over scope="colgroup" colspan=(classes) { "predicted as" } }
                        tr { th scope="col" { "class" } @for class in 0..classes { th scope="col" { (self.class(class)) } } }
                    }
                    tbody { @for (actual, row) in rows.iter().enumerate() {
                        @let all: usize = row.iter().sum();
                        tr {
                            th scope="row" { (self.class(actual)) }
                            @for (predicted, &count) in row.iter().enumerate() {
                                td.right[actual == predicted] style=(shade(count, all)) { (count) }
                            }
                        }
                    } }
                }
            }
        })
    }
}

/// The share of a cell in its row, for the style sheet.
fn shade(count: usize, all: usize) -> String {
    let share = 100.0 * count as f64 / all.max(1) as f64;
    // Few are still seen.
    let share = if count > 0 { share.max(6.0) } else { 0.0 };
    format!("--share:{share:.0}%")
}
