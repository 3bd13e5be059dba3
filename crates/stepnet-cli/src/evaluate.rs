//! `stepnet evaluate`: how good a model is on a data set.

mod others;

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};
use stepnet::Number;
use stepnet::data::Dataset;
use stepnet::nn::{Model, ModelFile, Registry, Scores};
use stepnet::train;
use stepnet::train::metrics::{Average, Metrics, Ranking, Tally};
use stepnet::train::mistakes::{MOST_SHOWN, Mistake, Mistakes};
use stepnet::train::{Measures, wilson_interval};
use stepnet_base::limits;

use others::About;

use crate::display::{self, COLUMNS, columns, encoded_bytes, width};
use crate::failure::{Failure, Outcome};
use crate::known::Known;
use crate::material::{self, Tested};
use crate::note;
use crate::progress::{print_line, print_sentence, print_table};
use crate::table::{Align, Table};
use crate::table_args::{DataArgs, ExactArgs};
use crate::usage::whole;

pub(crate) const EXAMPLES: &str = "\
Examples:
  stepnet evaluate runs/mnist/model.safetensors mnist-folder/
  stepnet evaluate runs/digits-1/model.safetensors            the data that it was tested on in training
  stepnet evaluate runs/mnist/model.safetensors mnist-folder/ --json";

#[derive(Debug, Args)]
pub(crate) struct EvaluateArgs {
    /// The model file.
    pub(crate) model: PathBuf,
    /// The data, whose test part is taken if it has one; unless given, what the model was tested on in its training.
    pub(crate) data: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) source: DataArgs,
    #[command(flatten)]
    pub(crate) exact: ExactArgs,
    /// Also count an answer as right where the class is among the K likeliest [default: 5 where there are more classes].
    #[arg(long, value_name = "K", value_parser = whole::<u32>(1, limits::MOST_CLASSES as u64), allow_negative_numbers = true)]
    pub(crate) top_k: Option<u32>,
    /// Print one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Up to this many classes the confusions are shown next to the table; above, the most frequent below it.
const WIDEST_CONFUSION: usize = 12;

/// How many of them.
const MOST_PAIRS: usize = 10;

/// The most classes in the table.
const MOST_ROWS: usize = 200;

/// The heading of the confusions.
const PREDICTED_AS: &str = "predicted as";

/// Up to this many classes the JSON has the confusions as a square of numbers, too.
const WIDEST_SQUARE: usize = 1000;

/// The usual k of top-k.
const USUAL_K: usize = 5;

pub(crate) fn run(args: &EvaluateArgs) -> Outcome {
    let file = ModelFile::open(&args.model)?;
    match file.element() {
        Some("f64") => evaluate(args, file.model::<f64>(Registry::builtin())?),
        _ => evaluate(args, file.model::<f32>(Registry::builtin())?),
    }
}

fn evaluate<T: Number>(args: &EvaluateArgs, mut model: Model<T>) -> Outcome {
    args.exact.apply(&mut model.network);
    let model = &model;
    model
        .check_finite()
        .map_err(|error| Failure::from(error).context(&args.model.display().to_string()))?;
    let origin = model.training.get("origin");
    let Tested { data, name, facts } = material::for_evaluation(
        args.data.as_deref(),
        &args.source,
        &model.preprocessing,
        &model.classes,
        (&args.model, origin),
    )?;
    if let Some(path) = &args.data {
        Known::of(model).check(Some(path), data.images())?;
    }
    note::check(Failure::usage)?;
    let preprocessing = material::suited(args.data.as_deref(), &model.preprocessing);
    let mut mistakes = Mistakes::new(MOST_SHOWN);
    let evaluation = train::evaluate_with(&model.network, &data, &preprocessing, |judged| {
        mistakes.observe(model.network.loss(), &judged);
    })?;
    let about = About {
        name: &name,
        facts: &facts,
        scores: evaluation.scores,
        json: args.json,
    };
    let (tally, ranking) = match &evaluation.measures {
        Measures::Classes { tally, ranking } => (tally, ranking.as_ref()),
        Measures::Labels(tally) => {
            return about.labels(tally, &model.classes, args.top_k.is_some());
        }
        Measures::Numbers(tally) => {
            return about.numbers(tally, &model.classes, args.top_k.is_some());
        }
    };
    let metrics = tally.metrics();
    let told = Told {
        name: &name,
        facts: &facts,
        classes: (0..metrics.classes.len())
            .map(|class| model.classes.get(class).cloned())
            .enumerate()
            .map(|(class, name)| name.unwrap_or_else(|| class.to_string()))
            .collect(),
        k: match args.top_k {
            Some(k) => Some(k as usize),
            None => Some(USUAL_K).filter(|&k| k < metrics.classes.len()),
        },
        scores: evaluation.scores,
        tally,
        ranking,
        metrics,
        mistakes: (mistakes.worst(), &data),
    };
    if args.json {
        print_line(&told.json().to_string());
    } else {
        told.print();
    }
    Ok(())
}

/// The results of an evaluation.
struct Told<'a> {
    name: &'a str,
    /// The files that were read, and how.
    facts: &'a [String],
    classes: Vec<String>,
    /// The k of top-k accuracy.
    k: Option<usize>,
    scores: Scores,
    tally: &'a Tally,
    /// With two classes, the examples by the network's preference for the second.
    ranking: Option<&'a Ranking>,
    metrics: Metrics,
    /// The worst mistakes, and the data whose examples they are.
    mistakes: (&'a [Mistake], &'a Dataset),
}

impl Told<'_> {
    fn json(&self) -> Value {
        let confusion = self.tally.confusion();
        let named = self.classes.iter().zip(&self.metrics.classes);
        let per_class: Vec<Value> = named
            .map(|(name, class)| {
                json!({
                    "class": name,
                    "examples": class.examples,
                    "predictions": class.predictions,
                    "right": class.right,
                    "accuracy": class.recall.filter(|_| class.examples > 0),
                    "precision": class.precision,
                    "recall": class.recall,
                    "f1": class.f1,
                })
            })
            .collect();
        let average = |average: &Average| json!({"precision": average.precision, "recall": average.recall, "f1": average.f1});
        let ks = std::iter::once(1).chain(self.k.filter(|&k| k > 1));
        let top_k: BTreeMap<String, f64> = ks
            .map(|k| (k.to_string(), self.tally.top_k_accuracy(k)))
            .collect();
        let (mistakes, data) = self.mistakes;
        let worst: Vec<Value> = mistakes
            .iter()
            .map(|mistake| {
                let file = data.name(mistake.example);
                let mut object = json!({
                    "example": mistake.example,
                    "file": file.map(|file| file.display().to_string()),
                    "actual": self.classes.get(mistake.actual),
                    "predicted": self.classes.get(mistake.predicted),
                    "probabilities": mistake.probabilities,
                    "loss": mistake.loss,
                });
                if let Some(bytes) = file.and_then(encoded_bytes) {
                    object["file_bytes"] = bytes.into();
                }
                object
            })
            .collect();
        let mut object = json!({
            "data": self.name,
            "examples": self.scores.examples,
            "correct": self.scores.correct,
            "accuracy": self.scores.accuracy(),
            "accuracy_interval": wilson_interval(self.scores.correct, self.scores.examples),
            "top_k_accuracy": top_k,
            "loss": self.scores.mean_loss(),
            "macro": average(&self.metrics.macro_average),
            "weighted": average(&self.metrics.weighted_average),
            "micro": average(&self.metrics.micro_average),
            "classes": per_class,
            "worst": worst,
            "facts": self.facts,
            "notes": note::all(),
        });
        if let Some(ranking) = self.ranking {
            object["roc_auc"] = ranking.roc_auc().into();
            object["average_precision"] = ranking.average_precision().into();
        }
        // A square of numbers up to a size at which it is small beside the data; then what is in it.
        object["confusion"] = if self.classes.len() <= WIDEST_SQUARE {
            (0..self.classes.len())
                .map(|class| Value::from(confusion.row(class)))
                .collect()
        } else {
            Value::Null
        };
        object["confusions"] = confusion
            .most_confused(usize::MAX)
            .into_iter()
            .map(|(actual, predicted, count)| {
                json!({"actual": self.classes[actual], "predicted": self.classes[predicted], "count": count})
            })
            .collect();
        object
    }

    fn print(&self) {
        self.facts.iter().for_each(|fact| print_sentence(fact));
        let scores = &self.scores;
        let among = match self.k {
            Some(k) => format!(
                ", top-{k} accuracy {}",
                percent(self.tally.top_k_accuracy(k))
            ),
            None => String::new(),
        };
        print_sentence(&format!(
            "{}: {} examples, accuracy {} ({} right){among}, loss {:.4}",
            self.name,
            scores.examples,
            percent(scores.accuracy()),
            scores.correct,
            scores.mean_loss()
        ));
        let interval = wilson_interval(scores.correct, scores.examples);
        print_sentence(&format!(
            "95 % confidence interval of the accuracy: {} to {}",
            percent(interval[0]),
            percent(interval[1])
        ));
        if let Some(line) = self.ranked() {
            print_sentence(&line);
        }
        let columns = columns().unwrap_or(COLUMNS);
        let fits = |lines: &Vec<String>| lines.iter().all(|line| width(line) <= columns);
        let few = self.classes.len() <= WIDEST_CONFUSION;
        // The confusions stand next to the classes where they fit, else below them, else as a list.
        let together = few.then(|| self.table(true).lines()).filter(fits);
        let below = few.then(|| self.confusions().lines()).filter(fits);
        let listed = together.is_none() && below.is_none();
        match together {
            Some(lines) => lines.iter().for_each(|line| print_line(line)),
            None => {
                print_table(&self.table(false));
                below.iter().flatten().for_each(|line| print_line(line));
            }
        }
        if self.classes.len() > MOST_ROWS {
            print_sentence(&format!(
                "the table has the {MOST_ROWS} of {} classes with the lowest F1; --json has all",
                self.classes.len()
            ));
        }
        if listed {
            for (actual, predicted, count) in self.tally.confusion().most_confused(MOST_PAIRS) {
                let [actual, predicted] =
                    [actual, predicted].map(|class| display::name(&self.classes[class]));
                print_sentence(&format!("{actual} {PREDICTED_AS} {predicted}: {count}"));
            }
        }
    }

    /// How well the scores of two classes separate them.
    fn ranked(&self) -> Option<String> {
        let ranking = self.ranking?;
        let (auc, precision) = (ranking.roc_auc()?, ranking.average_precision()?);
        let class = self
            .classes
            .get(1)
            .map_or_else(String::new, |name| display::name(name));
        Some(format!(
            "{class} against the other class: area under the ROC curve {auc:.4}, average precision {precision:.4}"
        ))
    }

    /// The classes in the table: all, or those that were recognised worst.
    fn shown(&self) -> Vec<usize> {
        let mut shown: Vec<usize> = (0..self.classes.len()).collect();
        if shown.len() > MOST_ROWS {
            // A class without examples comes last.
            let f1 = |class: &usize| self.metrics.classes[*class].f1.unwrap_or(f64::INFINITY);
            shown.sort_by(|a, b| f1(a).total_cmp(&f1(b)));
            shown.truncate(MOST_ROWS);
        }
        shown
    }

    /// The metrics of every class, and `with_confusions` the predictions for its examples.
    fn table(&self, with_confusions: bool) -> Table {
        let mut columns = vec![
            ("class", Align::Left),
            ("examples", Align::Right),
            ("precision", Align::Right),
            ("recall", Align::Right),
            ("F1", Align::Right),
        ];
        let names: Vec<String> = self
            .classes
            .iter()
            .take(WIDEST_CONFUSION)
            .map(|class| display::name(class))
            .collect();
        let head = format!("{PREDICTED_AS}:");
        if with_confusions {
            columns.push((&head, Align::Left));
            columns.extend(names.iter().map(|class| (class.as_str(), Align::Right)));
        }
        let mut table = Table::new(&columns);
        let known = |value: Option<f64>| value.map_or("-".to_owned(), percent);
        for number in self.shown() {
            let class = &self.metrics.classes[number];
            let mut cells = vec![
                display::name(&self.classes[number]),
                class.examples.to_string(),
            ];
            cells.extend([class.precision, class.recall, class.f1].map(known));
            if with_confusions {
                cells.push(String::new());
                let row = self.tally.confusion().row(number);
                cells.extend(row.iter().map(usize::to_string));
            }
            table.row(cells);
        }
        for (name, average) in [
            ("macro average", &self.metrics.macro_average),
            ("weighted average", &self.metrics.weighted_average),
        ] {
            let mut cells = vec![name.to_owned(), String::new()];
            cells.extend([average.precision, average.recall, average.f1].map(percent));
            table.row(cells);
        }
        table
    }

    /// The predictions for the examples of every class.
    fn confusions(&self) -> Table {
        let names: Vec<String> = self
            .classes
            .iter()
            .map(|class| display::name(class))
            .collect();
        let head = format!("{PREDICTED_AS}:");
        let mut columns = vec![(head.as_str(), Align::Left)];
        columns.extend(names.iter().map(|class| (class.as_str(), Align::Right)));
        let mut table = Table::new(&columns);
        for (number, name) in names.iter().enumerate() {
            let mut cells = vec![name.clone()];
            let row = self.tally.confusion().row(number);
            cells.extend(row.iter().map(usize::to_string));
            table.row(cells);
        }
        table
    }
}

fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}
