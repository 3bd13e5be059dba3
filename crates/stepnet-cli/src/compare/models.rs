//! Which of two models is better on the same examples.

use std::path::Path;

use serde_json::json;
use stepnet::Number;
use stepnet::nn::{Model, ModelFile, Registry};
use stepnet::train::{PairedTest, evaluate_with, wilson_interval};
use stepnet_base::text::count;

use super::CompareArgs;
use crate::failure::{Failure, Outcome};
use crate::known::Known;
use crate::material;
use crate::note;
use crate::progress::{print_line, print_sentence};

/// Compares what two models get right of the examples of `data`.
pub(super) fn compare(args: &CompareArgs, data: &Path) -> Outcome {
    let right = |path: &Path| {
        let file = ModelFile::open(path)?;
        match file.element() {
            Some("f64") => right(args, path, data, &file.model::<f64>(Registry::builtin())?),
            _ => right(args, path, data, &file.model::<f32>(Registry::builtin())?),
        }
    };
    let (a, b) = (right(&args.a)?, right(&args.b)?);
    note::check(Failure::usage)?;
    let test = PairedTest::of(&a, &b);
    let correct = |right: &[bool]| right.iter().filter(|right| **right).count();
    let each = [(&args.a, correct(&a)), (&args.b, correct(&b))];
    if args.json {
        let model = |(path, correct): &(&std::path::PathBuf, usize)| {
            json!({
                "model": path.display().to_string(),
                "correct": correct,
                "accuracy": share(*correct, test.examples),
                "accuracy_interval": wilson_interval(*correct, test.examples),
            })
        };
        let object = json!({
            "data": data.display().to_string(),
            "examples": test.examples,
            "models": each.iter().map(model).collect::<Vec<_>>(),
            "only_first": test.only_first,
            "only_second": test.only_second,
            "difference": test.difference,
            "difference_interval": test.interval,
            "p": test.p,
            "significant": test.is_significant(),
            "notes": note::all(),
        });
        print_line(&object.to_string());
        return Ok(());
    }
    for (path, correct) in each {
        let [low, high] = wilson_interval(correct, test.examples);
        print_sentence(&format!(
            "{}: accuracy {:.2} % ({correct} of {} right; 95 % confidence interval {:.2} to {:.2} %)",
            path.display(),
            100.0 * share(correct, test.examples),
            test.examples,
            100.0 * low,
            100.0 * high
        ));
    }
    print_sentence(&format!(
        "{} right by the first alone, {} by the second alone: the second is better by {:.2} points (95 % confidence interval {:.2} to {:.2})",
        count(test.only_first, "example"),
        test.only_second,
        100.0 * test.difference,
        100.0 * test.interval[0],
        100.0 * test.interval[1]
    ));
    print_sentence(&format!(
        "McNemar's test: p = {:.4}; {}",
        test.p,
        verdict(&test)
    ));
    Ok(())
}

fn verdict(test: &PairedTest) -> &'static str {
    match (test.is_significant(), test.difference > 0.0) {
        (true, true) => "the second model is better by more than chance explains",
        (true, false) => "the first model is better by more than chance explains",
        (false, _) => "chance explains the difference",
    }
}

fn share(correct: usize, all: usize) -> f64 {
    correct as f64 / all.max(1) as f64
}

/// Which examples a model gets right.
fn right<T: Number>(
    args: &CompareArgs,
    path: &Path,
    data: &Path,
    model: &Model<T>,
) -> Outcome<Vec<bool>> {
    let place = path.display().to_string();
    model
        .check_finite()
        .map_err(|error| Failure::from(error).context(&place))?;
    let preprocessing = &model.preprocessing;
    let classes = &model.classes;
    let tested = material::for_evaluation(
        Some(data),
        &args.source,
        preprocessing,
        classes,
        (path, None),
    )
    .map_err(|failure| failure.context(&place))?;
    Known::of(model).check(Some(data), tested.data.images())?;
    let preprocessing = material::suited(Some(data), preprocessing);
    let mut right = Vec::with_capacity(tested.data.len());
    evaluate_with(&model.network, &tested.data, &preprocessing, |judged| {
        right.extend(judged.is_right());
    })?;
    match right.len() == tested.data.len() {
        true => Ok(right),
        false => Err(Failure::usage(format!(
            "{place}: the model's targets are not classes, expected a classifier"
        ))),
    }
}
