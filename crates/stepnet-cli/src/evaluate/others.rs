//! The results of models whose targets are labels or numbers.

use serde_json::{Value, json};
use stepnet::nn::Scores;
use stepnet::train::metrics::{LabelTally, NumberTally};

use super::percent;
use crate::display;
use crate::failure::{Failure, Outcome};
use crate::note;
use crate::progress::{print_line, print_sentence, print_table};
use crate::table::{Align, Table};

/// What is printed whatever the targets are.
pub(super) struct About<'a> {
    pub(super) name: &'a str,
    /// What was read and how.
    pub(super) facts: &'a [String],
    pub(super) scores: Scores,
    /// Whether it is printed as JSON.
    pub(super) json: bool,
}

impl About<'_> {
    fn object(&self) -> Value {
        json!({
            "data": self.name,
            "examples": self.scores.examples,
            "loss": self.scores.mean_loss(),
            "facts": self.facts,
            "notes": note::all(),
        })
    }

    fn refuse_top_k(given: bool, kind: &str) -> Outcome {
        match given {
            true => Err(Failure::usage(format!(
                "--top-k is about classes, but the model's targets are {kind}"
            ))),
            false => Ok(()),
        }
    }

    /// Prints how well each label is recognised.
    pub(super) fn labels(&self, tally: &LabelTally, names: &[String], top_k: bool) -> Outcome {
        Self::refuse_top_k(top_k, "labels")?;
        let metrics = tally.metrics();
        let named = || names.iter().zip(&metrics.labels);
        if self.json {
            let labels = named().map(|(name, label)| {
                json!({
                    "label": name,
                    "examples": label.at_half.examples,
                    "predictions": label.at_half.predictions,
                    "right": label.at_half.right,
                    "precision": label.at_half.precision,
                    "recall": label.at_half.recall,
                    "f1": label.at_half.f1,
                    "average_precision": label.average_precision,
                    "roc_auc": label.roc_auc,
                })
            });
            let mut object = self.object();
            object["labels"] = labels.collect();
            object["mean_average_precision"] = metrics.mean_average_precision.into();
            object["subset_accuracy"] = metrics.subset_accuracy.into();
            object["label_accuracy"] = metrics.label_accuracy.into();
            for (name, average) in [
                ("macro", &metrics.macro_average),
                ("weighted", &metrics.weighted_average),
                ("micro", &metrics.micro_average),
            ] {
                object[name] = json!({
                    "precision": average.precision,
                    "recall": average.recall,
                    "f1": average.f1,
                });
            }
            print_line(&object.to_string());
            return Ok(());
        }
        self.facts.iter().for_each(|fact| print_sentence(fact));
        print_sentence(&format!(
            "{}: {} examples, mAP {:.4}, all labels right {}, loss {:.4}",
            self.name,
            self.scores.examples,
            metrics.mean_average_precision,
            percent(metrics.subset_accuracy),
            self.scores.mean_loss()
        ));
        let heads = [
            "examples",
            "precision",
            "recall",
            "F1",
            "average precision",
            "ROC AUC",
        ];
        let mut columns = vec![("label", Align::Left)];
        columns.extend(heads.map(|head| (head, Align::Right)));
        let mut table = Table::new(&columns);
        let share = |value: Option<f64>| value.map_or("-".to_owned(), percent);
        let number = |value: Option<f64>| value.map_or("-".to_owned(), |v| format!("{v:.4}"));
        for (name, label) in named() {
            let at_half = &label.at_half;
            let mut cells = vec![display::name(name), at_half.examples.to_string()];
            cells.extend([at_half.precision, at_half.recall, at_half.f1].map(share));
            cells.extend([label.average_precision, label.roc_auc].map(number));
            table.row(cells);
        }
        for (name, average) in [
            ("macro average", &metrics.macro_average),
            ("micro average", &metrics.micro_average),
        ] {
            let mut cells = vec![name.to_owned(), String::new()];
            cells.extend([average.precision, average.recall, average.f1].map(percent));
            cells.extend([String::new(), String::new()]);
            table.row(cells);
        }
        print_table(&table);
        Ok(())
    }

    /// Prints how well each number is predicted.
    pub(super) fn numbers(&self, tally: &NumberTally, names: &[String], top_k: bool) -> Outcome {
        Self::refuse_top_k(top_k, "numbers")?;
        let metrics = tally.metrics();
        let named = || names.iter().zip(&metrics.outputs);
        if self.json {
            let of = |name: &str, output: &stepnet::train::metrics::NumberMetrics| json!({"output": name, "r2": output.r2, "mae": output.mae, "rmse": output.rmse});
            let mut object = self.object();
            object["outputs"] = named().map(|(name, output)| of(name, output)).collect();
            let mean = metrics.mean;
            (object["r2"], object["mae"]) = (mean.r2.into(), mean.mae.into());
            object["rmse"] = mean.rmse.into();
            print_line(&object.to_string());
            return Ok(());
        }
        self.facts.iter().for_each(|fact| print_sentence(fact));
        print_sentence(&format!(
            "{}: {} examples, R2 {:.4}, mean absolute error {:.4}, loss {:.4}",
            self.name,
            self.scores.examples,
            metrics.mean.r2,
            metrics.mean.mae,
            self.scores.mean_loss()
        ));
        let heads = ["R2", "MAE", "RMSE"];
        let mut columns = vec![("output", Align::Left)];
        columns.extend(heads.map(|head| (head, Align::Right)));
        let mut table = Table::new(&columns);
        let mut row = |name: String, output: &stepnet::train::metrics::NumberMetrics| {
            let mut cells = vec![name];
            cells.extend([output.r2, output.mae, output.rmse].map(|value| format!("{value:.4}")));
            table.row(cells);
        };
        for (name, output) in named() {
            row(display::name(name), output);
        }
        if metrics.outputs.len() > 1 {
            row("mean".to_owned(), &metrics.mean);
        }
        print_table(&table);
        Ok(())
    }
}
