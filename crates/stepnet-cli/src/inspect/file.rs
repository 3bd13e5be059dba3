//! Shows the content of a model's file, or of another file of tensors.

use std::path::Path;

use serde_json::{Value, json};
use stepnet::nn::{ModelFile, Preprocessing, Registry, Resize, Tensor};
use stepnet::train::settings::Dtype;
use stepnet::{Element, Number};
use stepnet_base::text::thousands;

use super::InspectArgs;
use super::{Extras, describe, show};
use crate::display::{clean, name, width};
use crate::failure::{Failure, LONGEST, Outcome};
use crate::named;
use crate::progress::{print_line, print_sentence, print_table};
use crate::table::{Align, Table};

/// Shows what a model's file holds, or a file of tensors.
pub(super) fn inspect_file(path: &Path, args: &InspectArgs) -> Outcome {
    named::refuse_for_file(
        path,
        &[
            ("--input", args.input.is_some()),
            ("--classes", args.classes.is_some()),
        ],
    )?;
    let file = ModelFile::open(path)?;
    if !file.is_model() {
        let asked = [("--time", args.time), ("--methods", args.methods)];
        if let Some((option, _)) = asked.into_iter().find(|(_, asked)| *asked) {
            return Err(Failure::usage(format!(
                "{option}: {} has tensors but no network",
                path.display()
            )));
        }
        print_tensors(path, file.tensors(), args.json);
        return Ok(());
    }
    match file.element() {
        Some(f32::NAME) => inspect_model::<f32>(path, &file, args),
        _ => inspect_model::<f64>(path, &file, args),
    }
}

/// Shows the model of a file whose numbers are of type `T`.
fn inspect_model<T: Number>(path: &Path, file: &ModelFile, args: &InspectArgs) -> Outcome {
    let mut model = file.model::<T>(Registry::builtin())?;
    let hash = model.network.hash();
    let extras = match args.dtype.filter(|dtype| dtype.name() != T::NAME) {
        None => Extras::of(args, &mut model.network)?,
        Some(Dtype::F32) => Extras::of(args, &mut file.model::<f32>(Registry::builtin())?.network)?,
        Some(Dtype::F64) => Extras::of(args, &mut file.model::<f64>(Registry::builtin())?.network)?,
    };
    if args.json {
        let non_finite: usize = file.tensors().iter().map(Tensor::non_finite).sum();
        let mut described = describe(&model.network);
        described["file"] = json!(path.display().to_string());
        described["element"] = json!(T::NAME);
        described["weights"] = json!(hash);
        described["classes"] = json!(model.classes);
        described["preprocessing"] = json!(model.preprocessing);
        described["training"] = json!(model.training);
        described["non_finite_values"] = json!(non_finite);
        return show(args, &model.network, extras, described);
    }
    print_sentence(&format!(
        "{}: a Stepnet model in {}",
        path.display(),
        T::NAME
    ));
    print_line("");
    show(args, &model.network, extras, Value::Null)?;
    print_line("");
    let mut facts = vec![
        ("weights".to_owned(), format!("{hash} (SHA-256)")),
        (
            model.preprocessing.task.name().to_owned(),
            listed(&model.classes),
        ),
        (
            "images".to_owned(),
            preprocessing_line(&model.preprocessing),
        ),
    ];
    for (name, value) in &model.training {
        facts_of(name, value, &mut facts);
    }
    print_facts(&facts);
    warn_of_non_finite(file.tensors());
    Ok(())
}

/// The names of classes, the first of many.
fn listed(classes: &[String]) -> String {
    const SHOWN: usize = 100;
    let mut names: Vec<String> = classes
        .iter()
        .take(SHOWN)
        .map(|class| name(class))
        .collect();
    if classes.len() > SHOWN {
        names.push(format!("and {} more", classes.len() - SHOWN));
    }
    names.join(", ")
}

/// A line for each tensor with values that make every prediction meaningless.
fn warn_of_non_finite(tensors: &[Tensor]) {
    for tensor in tensors.iter().filter(|tensor| tensor.non_finite() > 0) {
        print_sentence(&format!(
            "warning: {} of the {} values of {} are not finite (NaN or infinite): what it predicts means nothing",
            tensor.non_finite(),
            tensor.values.len(),
            tensor.name
        ));
    }
}

/// How images become the network's input, in words.
fn preprocessing_line(preprocessing: &Preprocessing) -> String {
    let [height, width, channels] = preprocessing.shape();
    let rule = match preprocessing.resize {
        Resize::Stretch => "stretched",
        Resize::Crop => "cropped",
        Resize::Fit => "fitted",
    };
    let mut line = format!(
        "{rule} to {height}x{width}x{channels}, divided by {}",
        preprocessing.divisor
    );
    if preprocessing.picture_divisor != preprocessing.divisor {
        line += &format!(" ({} for image files)", preprocessing.picture_divisor);
    }
    if !preprocessing.mean.is_empty() {
        line += &format!(", less the mean {:.4?}", preprocessing.mean);
    }
    if !preprocessing.deviation.is_empty() {
        line += &format!(", over the deviation {:.4?}", preprocessing.deviation);
    }
    line
}

/// The facts of an entry of the training summary: text without quotes, an object's entries one by one.
fn facts_of(entry: &str, value: &Value, facts: &mut Vec<(String, String)>) {
    match value {
        Value::Null => {}
        Value::String(text) if text.is_empty() => {}
        Value::String(text) => facts.push((name(entry), clean(text, LONGEST))),
        Value::Object(entries) => {
            for (inner, value) in entries {
                facts_of(&format!("{entry}.{inner}"), value, facts);
            }
        }
        other => facts.push((name(entry), clean(&other.to_string(), LONGEST))),
    }
}

/// Prints facts with their names in a column.
fn print_facts(facts: &[(String, String)]) {
    let widest = facts.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
    for (name, fact) in facts {
        let blank = " ".repeat(widest - width(name) + 2);
        print_sentence(&format!("{name}:{blank}{fact}"));
    }
}

fn print_tensors(path: &Path, tensors: &[Tensor], as_json: bool) {
    if as_json {
        let rows: Vec<Value> = tensors
            .iter()
            .map(|tensor| {
                json!({"name": tensor.name, "shape": tensor.shape, "values": tensor.values.len(), "non_finite_values": tensor.non_finite()})
            })
            .collect();
        print_line(
            &json!({"file": path.display().to_string(), "model": false, "tensors": rows})
                .to_string(),
        );
        return;
    }
    print_sentence(&format!(
        "{}: tensors, but no Stepnet model (it has no network in its metadata)",
        path.display()
    ));
    let mut table = Table::new(&[
        ("tensor", Align::Left),
        ("shape", Align::Left),
        ("values", Align::Right),
        ("not finite", Align::Right),
    ]);
    for tensor in tensors {
        let extents: Vec<String> = tensor.shape.iter().map(usize::to_string).collect();
        let shape = if extents.is_empty() {
            "scalar".to_owned()
        } else {
            extents.join("x")
        };
        let values = thousands(tensor.values.len() as u64);
        table.row(vec![
            tensor.name.clone(),
            shape,
            values,
            tensor.non_finite().to_string(),
        ]);
    }
    print_table(&table);
    warn_of_non_finite(tensors);
}
