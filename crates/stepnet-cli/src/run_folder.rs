//! The folder a run leaves behind: `model.safetensors`, `metrics.jsonl`, `curves.svg`.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use stepnet::files::write_atomic;
use stepnet::nn::Model;
use stepnet::{Element, Error};

use crate::curves;
use crate::failure::{Failure, Outcome};

/// One line of `metrics.jsonl`.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct EpochRecord {
    /// From 1.
    pub(crate) epoch: usize,
    pub(crate) train_loss: f64,
    pub(crate) train_accuracy: f64,
    pub(crate) test_loss: Option<f64>,
    pub(crate) test_accuracy: Option<f64>,
    pub(crate) learning_rate: f64,
    pub(crate) seconds: f64,
    pub(crate) images_per_second: f64,
    /// The share of the epoch's training time in which a step waited for its batch.
    pub(crate) waited: f64,
    /// Whether the epoch was ended early.
    pub(crate) interrupted: bool,
}

/// What a run leaves behind.
const FILES: [&str; 3] = ["model.safetensors", "metrics.jsonl", "curves.svg"];

/// An open run folder.
#[derive(Debug)]
pub(crate) struct RunFolder {
    path: PathBuf,
    metrics: File,
    records: Vec<EpochRecord>,
}

impl RunFolder {
    /// Makes the folder: the one asked for, or the next free `runs/NAME-N`.
    pub(crate) fn create(asked: Option<&Path>, name: &str, overwrite: bool) -> Outcome<Self> {
        let path = match asked {
            Some(path) => {
                Self::check(path, overwrite)?;
                fs::create_dir_all(path).map_err(|error| Error::io(path, "write", error))?;
                path.to_owned()
            }
            None => next_free(name)?,
        };
        // Not emptied before there is something to write: the run may fail at its first step.
        let metrics_path = path.join("metrics.jsonl");
        let metrics = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&metrics_path)
            .map_err(|error| Error::io(&metrics_path, "write", error))?;
        Ok(Self {
            path,
            metrics,
            records: Vec::new(),
        })
    }

    /// Fails if a run cannot be kept at `path`, or would replace another that is to stay.
    pub(crate) fn check(path: &Path, overwrite: bool) -> Outcome {
        if path.exists() && !path.is_dir() {
            return Err(Failure::usage(format!(
                "{}: is a file, expected a folder for the run",
                path.display()
            )));
        }
        let held = FILES.into_iter().find(|name| path.join(name).exists());
        match held {
            Some(name) if !overwrite => Err(Failure::usage(format!(
                "{}: holds the {name} of an earlier run; choose another --out, or add --overwrite to replace it",
                path.display()
            ))),
            _ => Ok(()),
        }
    }

    /// Takes back what `create` made, if nothing was written since.
    pub(crate) fn discard(&self) {
        let metrics = self.path.join("metrics.jsonl");
        if self.records.is_empty() && metrics.metadata().is_ok_and(|file| file.len() == 0) {
            fs::remove_file(metrics).ok();
            // Only an empty folder can be removed.
            fs::remove_dir(&self.path).ok();
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn records(&self) -> &[EpochRecord] {
        &self.records
    }

    /// Adds an epoch to `metrics.jsonl`, at once.
    pub(crate) fn record(&mut self, record: EpochRecord) -> Outcome {
        let path = self.path.join("metrics.jsonl");
        let mut line = serde_json::to_string(&record)
            .map_err(|error| Failure::running(format!("{}: {error}", path.display())))?;
        line.push('\n');
        let emptied = match self.records.as_slice() {
            [] => self.metrics.set_len(0),
            _ => Ok(()),
        };
        emptied
            .and_then(|()| self.metrics.write_all(line.as_bytes()))
            .map_err(|error| Error::io(path, "write", error))?;
        self.records.push(record);
        Ok(())
    }

    /// Writes the model.
    pub(crate) fn save<T: Element>(&self, model: &Model<T>) -> Outcome<PathBuf> {
        let path = self.path.join("model.safetensors");
        model.save(&path)?;
        Ok(path)
    }

    /// Draws the curves of the epochs so far.
    pub(crate) fn draw_curves(&self, held_out: &str) -> Outcome {
        let path = self.path.join("curves.svg");
        let svg = curves::draw(&self.records, held_out).map_err(|error| {
            Failure::running(format!("{}: cannot draw: {error}", path.display()))
        })?;
        write_atomic(&path, svg.as_bytes())?;
        Ok(())
    }
}

fn next_free(name: &str) -> Outcome<PathBuf> {
    let runs = Path::new("runs");
    fs::create_dir_all(runs).map_err(|error| Error::io(runs, "write", error))?;
    for number in 1..10_000 {
        let path = runs.join(format!("{name}-{number}"));
        // Made at once, so that two runs that start together do not share a folder.
        match fs::create_dir(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(Error::io(path, "write", error).into()),
        }
    }
    Err(Failure::usage("runs: is full; name a folder with --out"))
}
