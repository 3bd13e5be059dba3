//! `stepnet predict`: what a model sees in pictures.

use std::path::Path;

use serde_json::{Value, json};
use stepnet::Element;
use stepnet::data::pictures;
use stepnet::nn::{Loss, Model, ModelFile, PlanOptions, Registry, Workspace};

use crate::args::PredictArgs;
use crate::failure::{Failure, Outcome};
use crate::progress::print_line;

pub(crate) fn run(args: &PredictArgs) -> Outcome {
    let file = ModelFile::open(&args.model)?;
    match file.element() {
        Some("f64") => predict(args, &file.model::<f64>(Registry::builtin())?),
        _ => predict(args, &file.model::<f32>(Registry::builtin())?),
    }
}

fn predict<T: Element>(args: &PredictArgs, model: &Model<T>) -> Outcome {
    model
        .check_finite()
        .map_err(|error| Failure::from(error).context(&args.model.display().to_string()))?;
    let mut workspace = Workspace::new(&model.network, 1, PlanOptions::default())?;
    // Trained by mean squared error, outputs only lie near 0 and 1.
    let probable = model.network.loss() != Loss::MeanSquaredError;
    let mut failed = 0;
    let mut code = 0;
    for path in &args.pictures {
        // One unreadable picture is reported and does not keep the others from being looked at.
        match ranking(path, model, &mut workspace) {
            Ok(ranking) => {
                let shown = &ranking[..ranking.len().min(args.top.into())];
                show(path, shown, probable, args.json);
            }
            Err(failure) => {
                failure.report(false);
                code = code.max(failure.code());
                failed += 1;
            }
        }
    }
    match (failed, args.pictures.len()) {
        (0, _) => Ok(()),
        // What is wrong with the only picture has been said.
        (_, 1) => Err(Failure::said(code)),
        (_, all) => {
            Err(Failure::said(code).and(&format!("{failed} of {all} pictures got no answer")))
        }
    }
}

/// The classes with their probabilities (or other outputs), highest first.
fn ranking<T: Element>(
    path: &Path,
    model: &Model<T>,
    workspace: &mut Workspace<T>,
) -> Outcome<Vec<(String, f64)>> {
    let x: Vec<T> = pictures::load_input(path, &model.preprocessing)?;
    let outputs = workspace.predict(&model.network, &x)?;
    let probabilities: Vec<f64> = match outputs {
        // One output speaks for the second class, its complement for the first.
        [one] => vec![1.0 - one.as_f64(), one.as_f64()],
        several => several.iter().map(|p| p.as_f64()).collect(),
    };
    if probabilities.iter().any(|p| !p.is_finite()) {
        return Err(Failure::running(format!(
            "{}: the model's answer is not finite: its weights are too large for this picture",
            path.display()
        )));
    }
    let name = |class: usize| {
        model
            .classes
            .get(class)
            .cloned()
            .unwrap_or_else(|| class.to_string())
    };
    let mut ranking: Vec<(String, f64)> = probabilities
        .into_iter()
        .enumerate()
        .map(|(class, p)| (name(class), p))
        .collect();
    ranking.sort_by(|a, b| b.1.total_cmp(&a.1));
    Ok(ranking)
}

fn show(path: &Path, ranking: &[(String, f64)], probable: bool, as_json: bool) {
    let line = if as_json {
        let key = if probable { "probability" } else { "score" };
        let classes: Vec<Value> = ranking
            .iter()
            .map(|(class, value)| json!({"class": class, key: value}))
            .collect();
        json!({"picture": path.display().to_string(), "predictions": classes}).to_string()
    } else {
        let classes: Vec<String> = ranking
            .iter()
            .map(|(class, value)| {
                if probable {
                    format!("{class} {:.1} %", 100.0 * value)
                } else {
                    format!("{class} (score {value:.4})")
                }
            })
            .collect();
        format!("{}: {}", path.display(), classes.join(", "))
    };
    print_line(&line);
}
