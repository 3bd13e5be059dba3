//! How the last layer of a pretrained network was fitted.

use maud::{Markup, html};

use super::contents::Report;
use super::words::{percent, short};
use crate::nn::Number;

impl<T: Number> Report<'_, T> {
    /// What was done, and the strengths that were tried.
    pub(super) fn fitted(&self) -> Option<Markup> {
        let head = self.head.as_ref()?;
        Some(html! {
            @for line in head.lines() { p { (line) "." } }
            @if !head.trials.is_empty() {
                table {
                    caption { (head.folds) "-fold cross-validation on the training part, over " (head.images) " images" }
                    thead { tr {
                        th scope="col" { "C" }
                        @if head.trials[0].accuracy.is_some() { th scope="col" { "accuracy" } }
                        th scope="col" { "loss" }
                    } }
                    tbody { @for trial in &head.trials { tr {
                        th scope="row" { (short(trial.strength)) }
                        @if let Some(accuracy) = trial.accuracy { td { (percent(accuracy)) } }
                        td { (short(trial.loss)) }
                    } } }
                }
            }
        })
    }
}
