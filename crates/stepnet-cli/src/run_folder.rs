//! The folder a run leaves behind: `run.json`, `model.safetensors`, `best.safetensors`,
//! `checkpoint.safetensors`, `metrics.jsonl`, `curves.svg`, `report.html`, and `trace.jsonl` where asked for.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use stepnet::files::{check_kept, remove_unfinished, write_atomic};
use stepnet::nn::Model;
use stepnet::train::early_stopping::ValidationScore;
use stepnet::{Element, Error};

use crate::curves;
use crate::failure::{Failure, Outcome};
use crate::tensorboard;
use crate::train::RUN_FILE;

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
    /// How good the network was on the test data; `None` without any, and for a part of an epoch.
    pub(crate) fn score(&self) -> Option<ValidationScore> {
        let accuracy = self.test_accuracy.filter(|_| !self.interrupted)?;
        let loss = self.test_loss?;
        Some(ValidationScore { accuracy, loss })
    }
}

/// The model with the best score on the test data.
pub(crate) const BEST: &str = "best.safetensors";

/// What it takes to go on.
pub(crate) const CHECKPOINT: &str = "checkpoint.safetensors";

/// The folder of its event files.
pub(crate) const BOARD: &str = "tensorboard";

/// What a run leaves behind.
const FILES: [&str; 8] = [
    MODEL, METRICS, CURVES, REPORT, RUN_FILE, CHECKPOINT, BEST, TRACE,
];

pub(crate) const MODEL: &str = "model.safetensors";
pub(crate) const METRICS: &str = "metrics.jsonl";
const CURVES: &str = "curves.svg";
const REPORT: &str = "report.html";
pub(crate) const TRACE: &str = "trace.jsonl";

/// An open run folder.
#[derive(Debug)]
pub(crate) struct RunFolder {
    path: PathBuf,
    /// Locked as long as the run goes on.
    metrics: File,
    records: Vec<EpochRecord>,
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
        Self::open(path, Vec::new(), replaces)
    }

    /// Opens the folder of a run that goes on after `records`, and changes nothing in it yet.
    pub(crate) fn resume(path: &Path, records: Vec<EpochRecord>) -> Outcome<Self> {
        Self::open(path.to_owned(), records, false)
    }

    fn open(path: PathBuf, records: Vec<EpochRecord>, replaces: bool) -> Outcome<Self> {
        let metrics_path = path.join(METRICS);
        check_kept(&metrics_path)?;
        let metrics = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&metrics_path)
            .map_err(|error| Error::io(&metrics_path, "write", error))?;
        if is_locked(&metrics) {
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
            metrics,
            records,
            written: (0, 0),
            replaces,
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
        match held(path) {
            Some(name) if !overwrite => {
                let go_on = if path.join(RUN_FILE).exists() {
                    format!(", --resume {} to go on with it", path.display())
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

    /// Whether an earlier run's files are still there, to be replaced by the first that is written.
    pub(crate) fn replaces(&self) -> bool {
        self.replaces
    }

    /// Removes what belongs to the run that is replaced and would not be written over at once.
    pub(crate) fn replace(&mut self) {
        if std::mem::take(&mut self.replaces) {
            for name in [CHECKPOINT, BEST, TRACE, RUN_FILE] {
                fs::remove_file(self.path.join(name)).ok();
            }
            for path in self.events.drain(..) {
                fs::remove_file(path).ok();
            }
        }
    }

    /// Takes back what `create` made, if nothing was written since.
    pub(crate) fn discard(&self) {
        let metrics = self.path.join(METRICS);
        if !self.replaces
            && !self.path.join(CHECKPOINT).exists()
            && metrics.metadata().is_ok_and(|file| file.len() == 0)
        {
            fs::remove_file(metrics).ok();
            fs::remove_file(self.path.join(RUN_FILE)).ok();
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

    /// Adds an epoch, and to `metrics.jsonl` the line of each that is not there yet. What cannot be
    /// written is tried again with the next; the file never keeps a part of a line.
    pub(crate) fn record(&mut self, record: EpochRecord) -> Outcome {
        self.records.push(record);
        self.write_records()
    }

    /// Writes the lines of the epochs that are not in `metrics.jsonl` yet.
    pub(crate) fn write_records(&mut self) -> Outcome {
        let (length, count) = self.written;
        let lines = self.lines(&self.records[count..])?;
        let written = self
            .metrics
            .set_len(length)
            .and_then(|()| self.metrics.write_all(lines.as_bytes()));
        if let Err(error) = written {
            self.metrics.set_len(length).ok();
            return Err(Error::io(self.path.join(METRICS), "write", error).into());
        }
        self.written = (length + lines.len() as u64, self.records.len());
        Ok(())
    }

    /// Removes what a run that was killed left unfinished, and makes `metrics.jsonl` hold the lines of
    /// all epochs and no others; lines that are right stay.
    pub(crate) fn tidy(&mut self) -> Outcome {
        remove_unfinished(&self.path);
        let wanted = self.lines(&self.records)?;
        let found = fs::read(self.path.join(METRICS)).unwrap_or_default();
        let pairs = found.iter().zip(wanted.as_bytes());
        let same = pairs.take_while(|(a, b)| a == b).count();
        let line_end = |at: &usize| wanted.as_bytes()[at - 1] == b'\n';
        let whole = (1..=same).rev().find(line_end).unwrap_or(0);
        let lines = found[..whole].iter().filter(|&&byte| byte == b'\n').count();
        self.written = (whole as u64, lines);
        self.write_records()
    }

    fn lines(&self, records: &[EpochRecord]) -> Outcome<String> {
        let mut lines = String::new();
        for record in records {
            lines += &serde_json::to_string(record).map_err(|error| {
                Failure::running(format!("{}: {error}", self.path.join(METRICS).display()))
            })?;
            lines.push('\n');
        }
        Ok(lines)
    }

    /// Writes the model.
    pub(crate) fn save<T: Element>(&self, model: &Model<T>) -> Outcome<PathBuf> {
        self.save_as(MODEL, model)
    }

    /// Writes a model under a name of its own.
    pub(crate) fn save_as<T: Element>(&self, name: &str, model: &Model<T>) -> Outcome<PathBuf> {
        let path = self.path.join(name);
        model.save(&path)?;
        Ok(path)
    }

    /// Writes the report.
    pub(crate) fn write_report(&self, page: &str) -> Outcome {
        write_atomic(&self.path.join(REPORT), page.as_bytes())?;
        Ok(())
    }

    /// Draws the curves of the epochs so far.
    pub(crate) fn draw_curves(&self, held_out: &str) -> Outcome {
        let path = self.path.join(CURVES);
        let svg = curves::draw(&self.records, held_out).map_err(|error| {
            Failure::running(format!("{}: cannot draw: {error}", path.display()))
        })?;
        write_atomic(&path, svg.as_bytes())?;
        Ok(())
    }
}

/// Takes the lock of a run; whether another process has it. Where files have no locks, two runs in
/// one folder are the user's own affair.
fn is_locked(metrics: &File) -> bool {
    // Elsewhere nobody could read a file that is locked.
    cfg!(unix) && matches!(metrics.try_lock(), Err(TryLockError::WouldBlock))
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
