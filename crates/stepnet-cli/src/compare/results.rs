//! Compares two runs by their metrics and models alone.

use std::path::Path;

use serde_json::Value;
use stepnet::nn::{ModelFile, Tensor};
use stepnet::train::run::files::{METRICS, MODEL};
use stepnet_files as files;

use crate::failure::{Failure, Outcome};
use crate::progress::print_sentence;

/// The entries of an epoch's record that follow from the weights; the others are times.
const COMPARED: [&str; 8] = [
    "learning_rate",
    "train_loss",
    "train_accuracy",
    "test_loss",
    "test_accuracy",
    "test_map",
    "test_r2",
    "test_mae",
];

/// Reports the first epoch whose scores differ and the first arrays of the models that do; returns whether any differ.
pub(super) fn compare(a: &Path, b: &Path) -> Outcome<bool> {
    match epochs(a, b)? {
        Epochs::Part => {
            models(&a.join(MODEL), &b.join(MODEL))?;
            Ok(true)
        }
        Epochs::Same => models(&a.join(MODEL), &b.join(MODEL)),
        Epochs::SameAsFar => Ok(false),
    }
}

/// How the scores of two runs compare.
enum Epochs {
    /// They are the same.
    Same,
    /// They are the same in the epochs that both have finished; the models are from different times.
    SameAsFar,
    /// They differ.
    Part,
}

fn epochs(a: &Path, b: &Path) -> Outcome<Epochs> {
    let [a, b] = [a, b].map(|folder| records(&folder.join(METRICS)));
    let [a, b] = [a?, b?].map(|mut records| {
        // The scores of a part of an epoch are not comparable with those of a whole one.
        let interrupted = |record: &Value| record["interrupted"] == true;
        let whole = records.iter().position(interrupted);
        records.truncate(whole.unwrap_or(records.len()));
        (records, whole.is_some())
    });
    let stopped = a.1 || b.1;
    let (a, b) = (a.0, b.0);
    for (number, (a, b)) in a.iter().zip(&b).enumerate() {
        if let Some(name) = COMPARED.into_iter().find(|name| a.get(name) != b.get(name)) {
            let value = |record: &Value| record.get(name).unwrap_or(&Value::Null).to_string();
            print_sentence(&format!(
                "the runs diverge in epoch {}, whose {name} is {} and {}",
                number + 1,
                value(a),
                value(b)
            ));
            return Ok(Epochs::Part);
        }
    }
    print_sentence(&format!(
        "the scores are the same in each of the {} epochs that both have",
        a.len().min(b.len())
    ));
    let lengths = match a.len() == b.len() {
        true if !stopped => return Ok(Epochs::Same),
        true => "one run was stopped during the next epoch".to_owned(),
        false => format!(
            "one run has {} whole epochs, the other {}",
            a.len(),
            b.len()
        ),
    };
    print_sentence(&format!(
        "{lengths}, so their models are from different times and are not compared"
    ));
    Ok(Epochs::SameAsFar)
}

/// The whole lines of a `metrics.jsonl`; none where there is no file.
fn records(path: &Path) -> Outcome<Vec<Value>> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let bytes = files::read(path)?;
    let text = String::from_utf8_lossy(&bytes);
    let lines = text
        .split_inclusive('\n')
        .filter(|line| line.ends_with('\n'));
    lines
        .enumerate()
        .map(|(number, line)| {
            serde_json::from_str(line).map_err(|error| {
                Failure::usage(format!("{}: line {}: {error}", path.display(), number + 1))
            })
        })
        .collect()
}

fn models(a: &Path, b: &Path) -> Outcome<bool> {
    for path in [a, b] {
        if !path.exists() {
            print_sentence(&format!(
                "{} is missing, so no weights are compared",
                path.display()
            ));
            return Ok(false);
        }
    }
    let (a, b) = (ModelFile::open(a)?, ModelFile::open(b)?);
    a.check_undamaged()?;
    b.check_undamaged()?;
    if a.element() != b.element() {
        let name = |file: &ModelFile| file.element().unwrap_or("no model").to_owned();
        print_sentence(&format!("the models are in {} and {}", name(&a), name(&b)));
        return Ok(true);
    }
    let (a, b) = (sorted(&a), sorted(&b));
    let names = |tensors: &[&Tensor]| {
        let shapes = tensors.iter().map(|t| (t.name.clone(), t.shape.clone()));
        shapes.collect::<Vec<_>>()
    };
    if names(&a) != names(&b) {
        print_sentence("the models are different networks");
        return Ok(true);
    }
    let same = |a: &Tensor, b: &Tensor| {
        let pairs = a.values.iter().zip(&b.values);
        pairs.into_iter().all(|(a, b)| a.to_bits() == b.to_bits())
    };
    let unlike: Vec<_> = a.iter().zip(&b).filter(|(a, b)| !same(a, b)).collect();
    let Some((first, other)) = unlike.first() else {
        print_sentence("the weights of the models are the same to the bit");
        return Ok(false);
    };
    let pairs = first.values.iter().zip(&other.values);
    let most = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    print_sentence(&format!(
        "the models differ in {} of {} tensors, the first by name is {} (by up to {most:e})",
        unlike.len(),
        a.len(),
        first.name
    ));
    Ok(true)
}

fn sorted(file: &ModelFile) -> Vec<&Tensor> {
    let mut tensors: Vec<&Tensor> = file.tensors().iter().collect();
    tensors.sort_by(|a, b| a.name.cmp(&b.name));
    tensors
}
