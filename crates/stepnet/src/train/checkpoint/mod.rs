//! Checkpoints: a model file with the state needed to resume training exactly.
//!
//! In addition to a model's tensors and metadata a checkpoint holds an array `checkpoint/NAME` for each of
//! [`Learner::arrays`], laid out as the parameters are in the network's order, and in its metadata
//! an object `checkpoint`: `format` (a version), `position`, `updates`, and `run`, a text of the
//! caller's own.

mod resume;

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::learner::Learner;
use super::trainer::Position;
use crate::error::{Error, Result};
use crate::files;
use crate::nn::Number;
use crate::nn::{EXTRA, Model, ModelFile, Registry};

/// The version of a checkpoint's description.
const FORMAT: u32 = 1;

/// A run of training, stopped between two steps.
#[derive(Debug, Clone)]
pub struct Checkpoint<T> {
    /// The network with the weights of that moment, and everything needed to use it.
    pub model: Model<T>,
    /// Where the run stood.
    pub position: Position,
    /// Updates made.
    pub updates: u64,
    /// The caller's own data about the run.
    pub run: String,
    pub(super) arrays: BTreeMap<String, Vec<T>>,
    /// The update rule, if any later training may continue from here.
    pub(super) rule: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    format: u32,
    position: Position,
    updates: u64,
    run: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rule: Option<String>,
}

impl<T: Number> Checkpoint<T> {
    /// The content of the file for a learner whose network is the model's.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn to_bytes(
        model: &Model<T>,
        learner: &Learner<T>,
        position: Position,
        run: &str,
    ) -> Result<Vec<u8>> {
        Self::bytes_of(
            model,
            learner.arrays(),
            (position, learner.updates()),
            run,
            None,
        )
    }

    /// The content of the file with these arrays, after `updates` updates.
    pub(super) fn bytes_of(
        model: &Model<T>,
        arrays: Vec<(String, &[T])>,
        (position, updates): (Position, u64),
        run: &str,
        rule: Option<String>,
    ) -> Result<Vec<u8>> {
        let entry = Entry {
            format: FORMAT,
            position,
            updates,
            run: run.to_owned(),
            rule,
        };
        let wrong = |problem: String| Error::Training(format!("checkpoint: {problem}"));
        let entry = serde_json::to_value(entry).map_err(|error| wrong(error.to_string()))?;
        let bytes = model.to_bytes_with(Some(entry), arrays);
        bytes.map_err(|error| wrong(error.to_string()))
    }

    /// Writes the file; a crash leaves the old one or the new one.
    ///
    /// # Errors
    /// When it cannot be written; the old file is then untouched.
    pub fn save(
        path: &Path,
        model: &Model<T>,
        learner: &Learner<T>,
        position: Position,
        run: &str,
    ) -> Result<()> {
        files::write_atomic(path, &Self::to_bytes(model, learner, position, run)?)
    }

    /// As [`Checkpoint::save`]; an existing checkpoint is kept under the name `before`.
    ///
    /// # Errors
    /// As [`Checkpoint::save`].
    pub fn save_keeping(
        path: &Path,
        before: &Path,
        model: &Model<T>,
        learner: &Learner<T>,
        position: Position,
        run: &str,
    ) -> Result<()> {
        let bytes = Self::to_bytes(model, learner, position, run)?;
        files::write_keeping(path, before, &bytes)
    }

    /// The checkpoint in a file of a network of built-in layers.
    ///
    /// # Errors
    /// When the file cannot be read, has another element type than `T`, or weights that
    /// are not finite.
    pub fn load(path: &Path) -> Result<Self> {
        Self::of_file(&ModelFile::open(path)?, Registry::builtin())
    }

    /// The checkpoint in a file that was read.
    ///
    /// # Errors
    /// As [`Checkpoint::load`].
    pub fn of_file(file: &ModelFile, registry: Registry<T>) -> Result<Self> {
        let entry = entry(file)?;
        if file.element() != Some(T::NAME) {
            return Err(file.wrong(format!(
                "the checkpoint was made in {}, expected {}",
                file.element().unwrap_or_default(),
                T::NAME
            )));
        }
        let model = file.model(registry)?;
        model
            .check_finite()
            .map_err(|error| file.wrong(error.to_string()))?;
        let numbers = model.network.parameters().len();
        let mut arrays = BTreeMap::new();
        for tensor in file.tensors() {
            let Some(name) = tensor.name.strip_prefix(EXTRA) else {
                continue;
            };
            if tensor.shape != [numbers] {
                return Err(file.wrong(format!(
                    "the tensor {:?} has shape {:?}, expected [{numbers}], one number for each of the network's",
                    tensor.name, tensor.shape
                )));
            }
            // Infinite ones are none of a crafted file alone: the square of a huge gradient is.
            let none = tensor.values.iter().filter(|value| value.is_nan()).count();
            if none > 0 {
                return Err(file.wrong(format!(
                    "{none} of the {numbers} values of the tensor {:?} are not a number",
                    tensor.name
                )));
            }
            let values = tensor.values.iter().map(|&value| T::from_f64(value));
            arrays.insert(name.to_owned(), values.collect());
        }
        Ok(Self {
            model,
            position: entry.position,
            updates: entry.updates,
            run: entry.run,
            rule: entry.rule,
            arrays,
        })
    }
}

/// The caller's own data about the run, from a checkpoint of any element type.
///
/// # Errors
/// When the file is not a checkpoint.
pub fn run_of(file: &ModelFile) -> Result<String> {
    Ok(entry(file)?.run)
}

fn entry(file: &ModelFile) -> Result<Entry> {
    let Some(value) = file.checkpoint_entry() else {
        return Err(file.wrong(if file.is_model() {
            "a model, but no checkpoint of training"
        } else {
            "not a checkpoint of training"
        }));
    };
    let version = value.get("format").and_then(Value::as_u64);
    if let Some(version) = version.filter(|&version| version > u64::from(FORMAT)) {
        return Err(file.wrong(format!(
            "its checkpoint is version {version}, made by a newer Stepnet; this one reads up to {FORMAT}"
        )));
    }
    Entry::deserialize(value)
        .map_err(|error| file.wrong(format!("its \"checkpoint\" metadata: {error}")))
}

#[cfg(test)]
mod tests;
