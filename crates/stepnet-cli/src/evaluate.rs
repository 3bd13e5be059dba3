//! `stepnet evaluate`: how good a model is on a data set.

use serde_json::{Value, json};
use stepnet::Element;
use stepnet::nn::{Model, ModelFile, Registry};
use stepnet::train::{self, Evaluation};

use crate::args::EvaluateArgs;
use crate::failure::{Failure, Outcome};
use crate::material;
use crate::progress::print_line;
use crate::table::{Align, Table};

/// Above this many classes the table of confusions is left to `--json`.
const WIDEST_CONFUSION: usize = 12;

pub(crate) fn run(args: &EvaluateArgs) -> Outcome {
    let file = ModelFile::open(&args.model)?;
    match file.element() {
        Some("f64") => evaluate(args, &file.model::<f64>(Registry::builtin())?),
        _ => evaluate(args, &file.model::<f32>(Registry::builtin())?),
    }
}

fn evaluate<T: Element>(args: &EvaluateArgs, model: &Model<T>) -> Outcome {
    model
        .check_finite()
        .map_err(|error| Failure::from(error).context(&args.model.display().to_string()))?;
    let origin = model.training.get("origin");
    let (data, name) = material::for_evaluation(
        args.data.as_deref(),
        &args.source,
        &model.preprocessing,
        &model.classes,
        origin,
    )?;
    let preprocessing = material::suited(args.data.as_deref(), &model.preprocessing);
    let evaluation = train::evaluate(&model.network, &data, &preprocessing)?;
    if args.json {
        print_line(&as_json(&evaluation, &model.classes, &name).to_string());
    } else {
        print(&evaluation, &model.classes, &name);
    }
    Ok(())
}

fn as_json(evaluation: &Evaluation, classes: &[String], name: &str) -> Value {
    let accuracies = evaluation.class_accuracies();
    let per_class: Vec<Value> = classes
        .iter()
        .zip(&accuracies)
        .zip(&evaluation.confusion)
        .map(|((class, accuracy), row)| json!({"class": class, "examples": row.iter().sum::<usize>(), "accuracy": accuracy}))
        .collect();
    json!({
        "data": name,
        "examples": evaluation.scores.examples,
        "correct": evaluation.scores.correct,
        "accuracy": evaluation.scores.accuracy(),
        "loss": evaluation.scores.mean_loss(),
        "classes": per_class,
        "confusion": evaluation.confusion,
    })
}

fn print(evaluation: &Evaluation, classes: &[String], name: &str) {
    let scores = &evaluation.scores;
    print_line(&format!(
        "{name}: {} examples, accuracy {:.2} % ({} right), loss {:.4}",
        scores.examples,
        100.0 * scores.accuracy(),
        scores.correct,
        scores.mean_loss()
    ));
    let wide = classes.len() <= WIDEST_CONFUSION;
    let mut columns = vec![
        ("class", Align::Left),
        ("examples", Align::Right),
        ("accuracy", Align::Right),
    ];
    if wide {
        columns.push(("taken for:", Align::Left));
        columns.extend(classes.iter().map(|class| (class.as_str(), Align::Right)));
    }
    let mut table = Table::new(&columns);
    for (class, (accuracy, row)) in evaluation
        .class_accuracies()
        .into_iter()
        .zip(&evaluation.confusion)
        .enumerate()
    {
        let accuracy = accuracy.map_or("-".to_owned(), |accuracy| {
            format!("{:.2} %", 100.0 * accuracy)
        });
        let name = classes
            .get(class)
            .cloned()
            .unwrap_or_else(|| class.to_string());
        let mut cells = vec![name, row.iter().sum::<usize>().to_string(), accuracy];
        if wide {
            cells.push(String::new());
            cells.extend(row.iter().map(usize::to_string));
        }
        table.row(cells);
    }
    table.lines().iter().for_each(|line| print_line(line));
}
