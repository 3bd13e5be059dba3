//! The folder a run leaves behind: `run.json`, `settings.toml`, `model.safetensors`, `best.safetensors`,
//! `checkpoint.safetensors` and the one before it, `metrics.jsonl`, `curves.svg`, `report.html`, and `trace.jsonl` where asked for.

mod metrics;
mod place;

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use stepnet::data::has_class_folders;
use stepnet::nn::Model;
use stepnet::train::Evaluation;
use stepnet::train::early_stopping::ValidationScore;
use stepnet::{Error, Number};
use stepnet_files::{check_folder, check_kept, remove_unfinished, write_atomic};

use crate::curves;
use crate::failure::{Failure, Outcome};
use crate::output;
use crate::tensorboard;
use crate::train::{RUN_FILE, SETTINGS_FILE};

pub(crate) use metrics::first_records;
use metrics::open_metrics;

/// One line of `metrics.jsonl`.
#[derive(Debug, Clone, Serialize, Deserialize)]
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

impl EpochRecord {
    /// Takes in how good the network is on the test data.
    pub(crate) fn test(&mut self, test: Option<&Evaluation>) {
        self.test_loss = test.map(|test| test.scores.mean_loss());
        self.test_accuracy = test.map(|test| test.scores.accuracy());
    }

    /// How good the network was on the test data; `None` without any, and for a part of an epoch.
    pub(crate) fn score(&self) -> Option<ValidationScore> {
        let accuracy = self.test_accuracy.filter(|_| !self.interrupted)?;
        let loss = self.test_loss?;
        Some(ValidationScore::new(accuracy, loss))
    }
}

/// The model with the best score on the test data.
pub(crate) const BEST: &str = "best.safetensors";

/// The data needed to resume.
pub(crate) const CHECKPOINT: &str = "checkpoint.safetensors";

/// The checkpoint before that one, for where it is damaged.
pub(crate) const CHECKPOINT_BEFORE: &str = "checkpoint.previous.safetensors";

/// The trace of a run that replaces another, until it does.
const UNFINISHED_TRACE: &str = ".stepnet-trace.tmp";

/// The folder of its event files.
pub(crate) const BOARD: &str = "tensorboard";

/// The files that a run leaves.
const FILES: [&str; 10] = [
    MODEL,
    METRICS,
    CURVES,
    REPORT,
    RUN_FILE,
    CHECKPOINT,
    CHECKPOINT_BEFORE,
    BEST,
    TRACE,
    SETTINGS_FILE,
];

/// The folder of runs for which no folder is named.
pub(crate) const RUNS: &str = "runs";

pub(crate) const MODEL: &str = "model.safetensors";
pub(crate) const METRICS: &str = "metrics.jsonl";
const CURVES: &str = "curves.svg";
const REPORT: &str = "report.html";
pub(crate) const TRACE: &str = "trace.jsonl";

/// An open run folder.
#[derive(Debug)]
pub(crate) struct RunFolder {
    path: PathBuf,
    /// Locked during the run.
    folder: Option<File>,
    /// The same: some file systems have no locks of folders.
    metrics: File,
    records: Vec<EpochRecord>,
    /// The best score so far.
    best: Option<ValidationScore>,
    /// The length of what is whole in `metrics.jsonl`, and the records that it holds.
    written: (u64, usize),
    /// Whether the files of an earlier run are still to be replaced.
    replaces: bool,
    /// The event files of that run.
    events: Vec<PathBuf>,
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
        let replaces = held(&path).is_some();
        // Nothing is emptied before there is something to write: the run may fail at its first step.
        let folder = Self::open(path, Vec::new(), replaces)?;
        // One that was killed before it had a description to resume from leaves files, too.
        remove_unfinished(&folder.path);
        Ok(folder)
    }

    /// Opens the folder of a run that is resumed after `records`, and changes nothing in it yet.
    pub(crate) fn resume(path: &Path, records: Vec<EpochRecord>, replaces: bool) -> Outcome<Self> {
        Self::open(path.to_owned(), records, replaces)
    }

    fn open(path: PathBuf, records: Vec<EpochRecord>, replaces: bool) -> Outcome<Self> {
        let folder = place::open(&path);
        let metrics = open_metrics(&path.join(METRICS))?;
        if folder.as_ref().is_some_and(place::is_locked) || place::is_locked(&metrics) {
            return Err(Failure::usage(format!(
                "{}: another stepnet is training there",
                path.display()
            )));
        }
        Ok(Self {
            events: match replaces {
                true => tensorboard::files(&path.join(BOARD)),
                false => Vec::new(),
            },
            path,
            folder,
            metrics,
            best: best(&records),
            records,
            written: (0, 0),
            replaces,
        })
    }

    /// Fails if a run cannot be saved at `path`, or would replace another run unasked.
    pub(crate) fn check(path: &Path, overwrite: bool) -> Outcome {
        if path.exists() && !path.is_dir() {
            return Err(Failure::usage(format!(
                "{}: is a file, expected a folder for the run",
                path.display()
            )));
        }
        check_place(path)?;
        Self::check_files(path)?;
        match held(path) {
            Some(name) if !overwrite => {
                let go_on = if path.join(RUN_FILE).exists() {
                    format!(", --resume {} to continue it", path.display())
                } else {
                    String::new()
                };
                Err(Failure::usage(format!(
                    "{}: holds the {name} of an earlier run; choose another --out{go_on}, or add --overwrite to replace it",
                    path.display()
                )))
            }
            _ => Ok(()),
        }
    }

    /// Fails if something that is no plain file has the name of one of a run's files in `path`: opening a pipe would
    /// wait without end.
    pub(crate) fn check_files(path: &Path) -> Outcome {
        for name in FILES {
            check_kept(&path.join(name))?;
        }
        Ok(())
    }

    /// Fails if the folder that `option` names is the folder of the data, or inside one whose folders are classes: what
    /// is written there would be read as data by the next command.
    pub(crate) fn check_apart(option: &str, path: &Path, data: [Option<&Path>; 2]) -> Outcome {
        let data = data.into_iter().flatten().filter(|data| data.is_dir());
        for data in data {
            if output::is_same_file(path, data) {
                return Err(Failure::usage(format!(
                    "{option}: {} is the folder of the data; choose another folder",
                    path.display()
                )));
            }
            if has_class_folders(data) && is_inside(path, data) {
                return Err(Failure::usage(format!(
                    "{option}: {} is inside the folder of the data, {}, and would be read as data by the next command; choose a folder outside of it",
                    path.display(),
                    data.display()
                )));
            }
        }
        Ok(())
    }

    /// Fails if one of the files that a run in `path` writes is one of the `inputs` of the command.
    pub(crate) fn check_inputs(path: &Path, inputs: impl Iterator<Item = PathBuf>) -> Outcome {
        let own: Vec<PathBuf> = FILES.map(|name| path.join(name)).to_vec();
        let own: Vec<PathBuf> = own.into_iter().filter(|file| file.exists()).collect();
        if own.is_empty() {
            return Ok(());
        }
        for input in inputs {
            if let Some(file) = own.iter().find(|file| output::is_same_file(file, &input)) {
                return Err(Failure::usage(format!(
                    "--out: {} is one of this command's inputs, which are never written to; choose another folder",
                    file.display()
                )));
            }
        }
        Ok(())
    }

    /// Whether an earlier run's files are still there, to be replaced by the first that is written.
    pub(crate) fn replaces(&self) -> bool {
        self.replaces
    }

    /// Removes what belongs to the run that is replaced and would not be written over at once.
    pub(crate) fn replace(&mut self) -> Outcome {
        if std::mem::take(&mut self.replaces) {
            for name in [CHECKPOINT, CHECKPOINT_BEFORE, BEST, TRACE] {
                fs::remove_file(self.path.join(name)).ok();
            }
            for path in self.events.drain(..) {
                fs::remove_file(path).ok();
            }
            let (trace, path) = (self.path.join(UNFINISHED_TRACE), self.path.join(TRACE));
            if trace.exists() {
                fs::rename(trace, &path).map_err(|error| Error::io(path, "write", error))?;
            }
        }
        Ok(())
    }

    /// Where the trace is written: under another name as long as an earlier run's is there.
    pub(crate) fn trace(&self) -> PathBuf {
        let name = if self.replaces {
            UNFINISHED_TRACE
        } else {
            TRACE
        };
        self.path.join(name)
    }

    /// Takes back what `create` made, if nothing was written since.
    pub(crate) fn discard(&self) {
        fs::remove_file(self.path.join(UNFINISHED_TRACE)).ok();
        let metrics = self.path.join(METRICS);
        if !self.replaces
            && !self.path.join(CHECKPOINT).exists()
            && metrics.metadata().is_ok_and(|file| file.len() == 0)
        {
            fs::remove_file(metrics).ok();
            fs::remove_file(self.path.join(RUN_FILE)).ok();
            fs::remove_file(self.path.join(SETTINGS_FILE)).ok();
            fs::remove_file(self.path.join(TRACE)).ok();
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

    /// Whether no epoch so far did as well as this one.
    pub(crate) fn is_best(&self, record: &EpochRecord) -> bool {
        let beats = |score: ValidationScore| self.best.is_none_or(|best| score.beats(&best, 0.0));
        record.score().is_some_and(beats)
    }

    /// Writes the model.
    pub(crate) fn save<T: Number>(&self, model: &Model<T>) -> Outcome<PathBuf> {
        self.save_as(MODEL, model)
    }

    /// Writes a model under another name.
    pub(crate) fn save_as<T: Number>(&self, name: &str, model: &Model<T>) -> Outcome<PathBuf> {
        let path = self.here().join(name);
        model.save(&path)?;
        Ok(path)
    }

    /// Where the report is.
    pub(crate) fn report(&self) -> PathBuf {
        self.path.join(REPORT)
    }

    /// Writes the report.
    pub(crate) fn write_report(&self, page: &str) -> Outcome {
        write_atomic(&self.here().join(REPORT), page.as_bytes())?;
        Ok(())
    }

    /// Draws the curves of the epochs so far.
    pub(crate) fn draw_curves(&self, held_out: &str) -> Outcome {
        let path = self.here().join(CURVES);
        let svg = curves::draw(&self.records, held_out).map_err(|error| {
            Failure::running(format!("{}: cannot draw: {error}", path.display()))
        })?;
        write_atomic(&path, svg.as_bytes())?;
        Ok(())
    }
}

/// The best score on the test data.
fn best(records: &[EpochRecord]) -> Option<ValidationScore> {
    let scores = records.iter().filter_map(EpochRecord::score);
    scores.reduce(|best, score| match score.beats(&best, 0.0) {
        true => score,
        false => best,
    })
}

/// Fails if nothing can be written in a folder, or the folder cannot be made.
pub(crate) fn check_place(path: &Path) -> Outcome {
    let here = Path::new(".");
    let named = |folder: &&Path| !folder.as_os_str().is_empty();
    let there = path.ancestors().filter(named).find(|path| path.exists());
    let there = there.unwrap_or(here);
    if !there.is_dir() {
        return Err(Failure::usage(format!(
            "{}: is a file, expected a folder",
            there.display()
        )));
    }
    Ok(check_folder(there)?)
}

/// Whether what is there of `path` lies below `folder`, whatever links the names go by.
fn is_inside(path: &Path, folder: &Path) -> bool {
    let Ok(path) = std::path::absolute(path) else {
        return false;
    };
    let there = path.ancestors().find_map(|path| path.canonicalize().ok());
    there.is_some_and(|there| {
        there
            .ancestors()
            .any(|above| output::is_same_file(above, folder))
    })
}

/// The first of a run's files that is in a folder. Metrics of no epoch do not count: a run that was
/// killed before it had begun leaves them.
fn held(path: &Path) -> Option<&'static str> {
    let held = |name: &str| {
        let file = path.join(name).metadata();
        file.is_ok_and(|file| name != METRICS || file.len() > 0)
    };
    FILES.into_iter().find(|name| held(name))
}

fn next_free(name: &str) -> Outcome<PathBuf> {
    let runs = Path::new(RUNS);
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
