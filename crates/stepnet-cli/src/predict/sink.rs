//! The forms of answers: lines of text, lines of JSON, or a table.

use std::io::{self, Write};
use std::path::Path;

use serde_json::{Value, json};
use stepnet::Number;
use stepnet::data::TargetKind;
use stepnet::nn::Model;

use super::PredictArgs;
use super::answer::Answer;
use crate::display::{self, encoded_bytes, escaped};
use crate::failure::Outcome;
use crate::note::note;
use crate::output::{Output, Reader, Target};

/// The note on a table with names that cannot be written as they are.
const LOSSY: &str = "the table has names that are not UTF-8, with \u{fffd} for the invalid bytes; with --json their bytes are written as well";

/// Writes predictions in the requested form.
pub(super) struct Sink {
    form: Form,
    output: Output,
    kind: TargetKind,
    /// The names of the classes, the labels or the numbers, in order.
    classes: Vec<String>,
    /// How many classes to name.
    top: usize,
    /// What the outputs are called: a network trained by mean squared error gives values that only
    /// lie near 0 and 1.
    value: &'static str,
    /// The model is not sure of an image whose likeliest class has a lower probability.
    least: Option<f64>,
    /// A row of the table, kept for its memory.
    row: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Text,
    Json,
    Csv,
}

/// How many classes, labels or numbers are named for an image.
pub(super) fn top<T: Number>(args: &PredictArgs, model: &Model<T>) -> usize {
    let task = &model.preprocessing.task;
    let all = task.names_needed(model.network.output().len());
    match task.is_classes() {
        true => all.min(args.top_k.into()),
        false => all,
    }
}

impl Sink {
    /// Opens what `args` ask for; a table goes to `table`.
    pub(super) fn open<T: Number>(
        args: &PredictArgs,
        table: Option<Target>,
        model: &Model<T>,
    ) -> Outcome<Self> {
        let (form, output) = match table {
            Some(target) => (Form::Csv, target.open()?),
            None if args.json => (Form::Json, Output::standard()),
            None => (Form::Text, Output::standard()),
        };
        let task = &model.preprocessing.task;
        let classes: Vec<String> = (0..task.names_needed(model.network.output().len()))
            .map(|class| match model.classes.get(class) {
                Some(name) => name.clone(),
                None => class.to_string(),
            })
            .collect();
        let mut sink = Self {
            form,
            output,
            kind: TargetKind::of(task),
            top: top(args, model),
            classes,
            value: match model.network.loss() {
                loss if loss.is_of_numbers() => "score",
                _ => "probability",
            },
            least: args.min_confidence,
            row: Vec::new(),
        };
        if form == Form::Csv {
            sink.head()?;
        }
        Ok(sink)
    }

    /// The names of the table's columns: the likeliest class without a number, the others with theirs.
    fn head(&mut self) -> Outcome<Reader> {
        self.row.push("picture".into());
        if self.kind != TargetKind::Classes {
            // A column for each label or number.
            self.row.extend(self.classes.iter().cloned());
            self.row.push("error".into());
            let written = self.write_row();
            return self.output.judge(written);
        }
        for rank in 1..=self.top {
            let number = if rank == 1 {
                String::new()
            } else {
                format!("_{rank}")
            };
            self.row
                .extend([format!("class{number}"), format!("{}{number}", self.value)]);
        }
        self.row.extend(self.least.map(|_| "sure".to_owned()));
        self.row.push("error".into());
        let written = self.write_row();
        self.output.judge(written)
    }

    /// Writes the prediction for the image at `path`.
    pub(super) fn write(&mut self, path: &Path, answer: &Answer) -> Outcome<Reader> {
        let name = path.display().to_string();
        if self.form == Form::Csv && path.to_str().is_none() {
            note(LOSSY);
        }
        let written = match (self.form, answer) {
            (Form::Csv, _) => self.table(name, answer),
            (Form::Json, _) => {
                let line = self.json(path, &name, answer).to_string();
                writeln!(self.output, "{}", escaped(&line))
            }
            (Form::Text, Ok(_)) => {
                let line = self.text(&name, answer);
                writeln!(self.output, "{line}")
            }
            // Said on the standard error, and there is no field for it here.
            (Form::Text, Err(_)) => Ok(()),
        };
        self.output.judge(written)
    }

    /// Whether the likeliest class is less likely than was asked for.
    pub(super) fn is_unsure(&self, answer: &Answer) -> bool {
        let likeliest = answer
            .as_ref()
            .ok()
            .and_then(|prediction| prediction.0.first());
        let below = |least| likeliest.is_some_and(|&(_, probability)| probability < least);
        self.least.is_some_and(below)
    }

    /// The classes to name, with their values.
    fn named<'a>(&'a self, answer: &'a Answer) -> impl Iterator<Item = (&'a str, f64)> {
        let ranked = answer.as_ref().map_or(&[][..], |prediction| &prediction.0);
        let named = ranked.iter().take(self.top);
        named.map(|&(class, value)| (self.classes[class].as_str(), value))
    }

    fn text(&self, name: &str, answer: &Answer) -> String {
        if self.kind == TargetKind::Labels && self.named(answer).all(|(_, value)| value <= 0.5) {
            return escaped(&format!("{name}: no label")).into_owned();
        }
        let applies = |pair: &(&str, f64)| self.kind != TargetKind::Labels || pair.1 > 0.5;
        let named = self.named(answer).filter(applies);
        let said = named.map(|(class, value)| match self.value {
            _ if self.kind == TargetKind::Numbers => {
                format!("{} {value:.4}", display::name(class))
            }
            "score" => format!("{} (score {value:.4})", display::name(class)),
            _ => format!("{} {:.1} %", display::name(class), 100.0 * value),
        });
        let said = said.collect::<Vec<_>>().join(", ");
        let line = match self.is_unsure(answer) {
            true => format!("{name}: not sure ({said})"),
            false => format!("{name}: {said}"),
        };
        escaped(&line).into_owned()
    }

    fn json(&self, path: &Path, name: &str, answer: &Answer) -> Value {
        let mut line = match answer {
            Err(failure) => json!({"picture": name, "error": failure.line()}),
            Ok(_) if self.kind == TargetKind::Numbers => {
                let numbers = self.named(answer);
                let numbers = numbers.map(|(name, value)| (name.to_owned(), value.into()));
                let numbers: serde_json::Map<String, Value> = numbers.collect();
                json!({"picture": name, "numbers": numbers})
            }
            Ok(_) if self.kind == TargetKind::Labels => {
                let labels: Vec<Value> = self
                    .named(answer)
                    .map(|(label, value)| {
                        json!({"label": label, "probability": value, "applies": value > 0.5})
                    })
                    .collect();
                json!({"picture": name, "labels": labels})
            }
            Ok(_) => {
                let classes: Vec<Value> = self
                    .named(answer)
                    .map(|(class, value)| json!({"class": class, self.value: value}))
                    .collect();
                let mut line = json!({"picture": name, "predictions": classes});
                if self.least.is_some() {
                    line["sure"] = (!self.is_unsure(answer)).into();
                }
                line
            }
        };
        if let Some(bytes) = encoded_bytes(path) {
            line["picture_bytes"] = bytes.into();
        }
        line
    }

    fn table(&mut self, name: String, answer: &Answer) -> io::Result<()> {
        let mut row = std::mem::take(&mut self.row);
        row.push(name);
        let by_class = self.kind == TargetKind::Classes;
        for (class, value) in self.named(answer) {
            row.extend(by_class.then(|| class.to_owned()));
            row.push(value.to_string());
        }
        row.resize(1 + self.top * if by_class { 2 } else { 1 }, String::new());
        if self.least.is_some() {
            let sure = match (answer, self.is_unsure(answer)) {
                (Err(_), _) => "",
                (Ok(_), unsure) => ["yes", "no"][usize::from(unsure)],
            };
            row.push(sure.to_owned());
        }
        row.push(
            answer
                .as_ref()
                .map_or_else(|failure| failure.line(), |_| String::new()),
        );
        self.row = row;
        self.write_row()
    }

    /// Writes the row and empties it.
    fn write_row(&mut self) -> io::Result<()> {
        let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
        let line = match writer.write_record(&self.row) {
            Ok(()) => writer.into_inner().map_err(|error| error.into_error())?,
            Err(error) => return Err(error.into()),
        };
        self.row.clear();
        self.output.write_all(&line)
    }

    /// Lets out what was written so far.
    pub(super) fn flush(&mut self) -> Outcome<Reader> {
        let flushed = self.output.flush();
        self.output.judge(flushed)
    }

    /// Ends the output: a file is whole from now on.
    pub(super) fn finish(self) -> Outcome<Reader> {
        self.output.finish()
    }
}
