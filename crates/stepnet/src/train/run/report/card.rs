//! `model-card.md`: what a model is, what it learned from, how well it does, and where its limits lie; to be published with it
//! (M. Mitchell et al., "Model cards for model reporting", 2019).

use std::fmt::Write;

use stepnet_base::text::thousands;

use super::contents::Report;
use super::others::facts;
use super::words::{percent, short};
use crate::nn::{Number, Task};
use crate::train::run::files::{MODEL, REPORT};

/// The most classes in the table.
const MOST_CLASSES: usize = 100;

/// A class of which fewer were tested has a recall that says little.
const FEW: usize = 20;

impl<T: Number> Report<'_, T> {
    /// The card.
    pub(super) fn card(&self) -> String {
        let mut card = format!("# Model card: {}\n", plain(self.name));
        for (title, body) in [
            ("The model", self.about()),
            ("What it learned from", self.learned_from()),
            ("How well it does", self.results()),
            ("Limits", self.limits()),
        ] {
            // Writing to a string does not fail.
            write!(card, "\n## {title}\n\n{body}").ok();
        }
        card
    }

    fn about(&self) -> String {
        let network = self.network;
        let outputs = self.classes.len().max(network.output().len());
        let what = match self.task {
            Task::Classes => format!("one of {outputs} classes"),
            Task::Labels => format!("which of {outputs} labels apply"),
            Task::Numbers(_) => format!("{outputs} numbers"),
        };
        let names: Vec<String> = (0..outputs.min(MOST_CLASSES))
            .map(|class| plain(&self.class(class)))
            .collect();
        let more = match outputs - names.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        list(&[
            format!(
                "From an image of {} it says {what}: {}{more}.",
                network.input(),
                names.join(", ")
            ),
            format!(
                "The network, of {} parameters and {} multiply-adds for an image: {}.",
                thousands(network.parameters().len() as u64),
                thousands(network.multiply_adds()),
                code(&network.text().to_string()),
            ),
            format!(
                "`{MODEL}` has its weights (SHA-256 `{}`) and everything that is done to an image before.",
                network.hash()
            ),
            format!(
                "Trained and written by stepnet {}.",
                env!("CARGO_PKG_VERSION")
            ),
        ])
    }

    fn learned_from(&self) -> String {
        let facts = self.settings.iter();
        let facts = facts.map(|(name, value)| format!("{}: {}.", plain(name), code(value)));
        let mut facts: Vec<String> = facts.collect();
        facts.push(
            "Whose images they are, and what may be done with them: **to be written by you**."
                .into(),
        );
        list(&facts)
    }

    fn results(&self) -> String {
        let Some(judgement) = &self.judgement else {
            return "It was not tested.\n".into();
        };
        let test = &judgement.evaluation;
        let mut lines = vec![format!(
            "Tested on {} examples ({}) that it was not trained on. If its weights are those of the best epoch, these examples chose it, and the figures are a little too good.",
            thousands(test.scores.examples as u64),
            plain(self.held_out),
        )];
        lines.extend(
            facts(test)
                .into_iter()
                .map(|(name, value)| format!("{name}: {value}")),
        );
        lines.push(format!("mean loss: {}", short(test.scores.mean_loss())));
        if let Some(reliability) = self.reliability() {
            lines.push(format!(
                "expected calibration error: {} (how far its probabilities are from the share of right answers)",
                percent(reliability.expected_error)
            ));
        }
        lines.push(format!(
            "`{REPORT}` has its curves, confusions and worst mistakes."
        ));
        let mut text = list(&lines);
        if let Some(tally) = test.tally() {
            text.push_str("\n| class | tested | precision | recall |\n| --- | --- | --- | --- |\n");
            let known = |value: Option<f64>| value.map_or("-".to_owned(), percent);
            let metrics = tally.metrics();
            for (number, class) in metrics.classes.iter().enumerate().take(MOST_CLASSES) {
                let name = plain(&self.class(number));
                let (precision, recall) = (known(class.precision), known(class.recall));
                writeln!(
                    text,
                    "| {name} | {} | {precision} | {recall} |",
                    class.examples
                )
                .ok();
            }
            if metrics.classes.len() > MOST_CLASSES {
                writeln!(
                    text,
                    "\nand {} more classes.",
                    metrics.classes.len() - MOST_CLASSES
                )
                .ok();
            }
        }
        text
    }

    fn limits(&self) -> String {
        let mut limits: Vec<String> = self.notes.iter().map(|note| plain(note)).collect();
        if let Some(tally) = self
            .judgement
            .as_ref()
            .and_then(|judgement| judgement.evaluation.tally())
        {
            let metrics = tally.metrics();
            let few = metrics
                .classes
                .iter()
                .filter(|class| class.examples < FEW)
                .count();
            if few > 0 {
                limits.push(format!(
                    "{few} of its {} classes were tested on fewer than {FEW} examples each: their figures are uncertain.",
                    metrics.classes.len()
                ));
            }
            limits.push(
                "It always names one of its classes, also for an image of something else.".into(),
            );
        }
        limits.push("Images that are made in another way than those it learned from may be recognised worse; test it on your own.".into());
        limits.push("What it should and should not be used for: **to be written by you**.".into());
        list(&limits)
    }
}

fn list(lines: &[String]) -> String {
    lines.iter().map(|line| format!("- {line}\n")).collect()
}

/// A text in which nothing is a sign of Markdown or HTML.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    for sign in text.chars() {
        match sign {
            '\n' | '\r' => plain.push(' '),
            '<' => plain.push_str("&lt;"),
            '&' => plain.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' => plain.extend(['\\', sign]),
            _ => plain.push(sign),
        }
    }
    plain
}

/// A text as code: between more backticks than it has in a row.
fn code(text: &str) -> String {
    let text = text.replace(['\n', '\r'], " ");
    let mut longest = 0;
    let mut row = 0;
    for sign in text.chars() {
        row = if sign == '`' { row + 1 } else { 0 };
        longest = longest.max(row);
    }
    let fence = "`".repeat(longest + 1);
    match longest {
        0 => format!("{fence}{text}{fence}"),
        _ => format!("{fence} {text} {fence}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_no_markup() {
        assert_eq!(plain("a|b<c>\n*d*_`"), "a\\|b&lt;c> \\*d\\*\\_\\`");
        assert_eq!(code("a -> b"), "`a -> b`");
        assert_eq!(code("a``b"), "``` a``b ```");
    }
}
