//! The folder a run leaves behind: `run.json`, `settings.toml`, `model.safetensors`, `best.safetensors`,
//! `checkpoint.safetensors` and the one before it, `metrics.jsonl`, `curves.svg`, `report.html`, `model-card.md`, and `trace.jsonl` where asked for.

mod metrics;
mod place;

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use stepnet_files::{check_folder, check_kept, remove_unfinished};

use super::files::{
    ALL, BEST, BOARD, CHECKPOINT, CHECKPOINT_BEFORE, DESCRIPTION, METRICS, MODEL, SETTINGS, TRACE,
};
use super::record::EpochRecord;
use super::tensorboard;
use crate::error::{Error, Result};
use crate::nn::{Model, Number};
use crate::train::early_stopping::ValidationScore;

pub(super) use metrics::first_records;
use metrics::open_metrics;

/// The trace of a run that replaces another, until it does.
const UNFINISHED_TRACE: &str = ".stepnet-trace.tmp";

/// The folder of runs for which no folder is named.
pub const RUNS: &str = "runs";

/// An open run folder.
#[derive(Debug)]
pub(super) struct RunFolder {
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
    /// Makes the folder of a run, or takes one that is there.
    pub(in crate::train::run) fn create(path: &Path, overwrite: bool) -> Result<Self> {
        check_free(path, overwrite)?;
        fs::create_dir_all(path).map_err(|error| Error::io(path, "write", error))?;
        let replaces = held(path).is_some();
        // Nothing is emptied before there is something to write: the run may fail at its first step.
        let folder = Self::open(path.to_owned(), Vec::new(), replaces)?;
        // One that was killed before it had a description to resume from leaves files, too.
        remove_unfinished(&folder.path);
        Ok(folder)
    }

    /// Opens the folder of a run that is resumed after `records`, and changes nothing in it yet.
    pub(in crate::train::run) fn resume(
        path: &Path,
        records: Vec<EpochRecord>,
        replaces: bool,
    ) -> Result<Self> {
        Self::open(path.to_owned(), records, replaces)
    }

    fn open(path: PathBuf, records: Vec<EpochRecord>, replaces: bool) -> Result<Self> {
        let folder = place::open(&path);
        let metrics = open_metrics(&path.join(METRICS))?;
        if folder.as_ref().is_some_and(place::is_locked) || place::is_locked(&metrics) {
            return Err(Error::file(path, "another stepnet is training there"));
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

    /// Whether an earlier run's files are still there, to be replaced by the first that is written.
    pub(in crate::train::run) fn replaces(&self) -> bool {
        self.replaces
    }

    /// Removes what belongs to the run that is replaced and would not be written over at once.
    pub(in crate::train::run) fn replace(&mut self) -> Result<()> {
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
    pub(in crate::train::run) fn trace(&self) -> PathBuf {
        let name = if self.replaces {
            UNFINISHED_TRACE
        } else {
            TRACE
        };
        self.path.join(name)
    }

    /// Takes back what `create` made, if nothing was written since.
    pub(in crate::train::run) fn discard(&self) {
        fs::remove_file(self.path.join(UNFINISHED_TRACE)).ok();
        let metrics = self.path.join(METRICS);
        if !self.replaces
            && !self.path.join(CHECKPOINT).exists()
            && metrics.metadata().is_ok_and(|file| file.len() == 0)
        {
            fs::remove_file(metrics).ok();
            fs::remove_file(self.path.join(DESCRIPTION)).ok();
            fs::remove_file(self.path.join(SETTINGS)).ok();
            fs::remove_file(self.path.join(TRACE)).ok();
            // Only an empty folder can be removed.
            fs::remove_dir(&self.path).ok();
        }
    }

    pub(in crate::train::run) fn path(&self) -> &Path {
        &self.path
    }

    pub(in crate::train::run) fn records(&self) -> &[EpochRecord] {
        &self.records
    }

    /// Whether no epoch so far did as well as this one.
    pub(in crate::train::run) fn is_best(&self, record: &EpochRecord) -> bool {
        let beats = |score: ValidationScore| self.best.is_none_or(|best| score.beats(&best, 0.0));
        record.score().is_some_and(beats)
    }

    /// Writes the model.
    pub(in crate::train::run) fn save<T: Number>(&self, model: &Model<T>) -> Result<PathBuf> {
        self.save_as(MODEL, model)
    }

    /// Writes a model under another name.
    pub(in crate::train::run) fn save_as<T: Number>(
        &self,
        name: &str,
        model: &Model<T>,
    ) -> Result<PathBuf> {
        let path = self.here().join(name);
        model.save(&path)?;
        Ok(path)
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

/// Fails if a run cannot be saved at `path`, or would replace another run unasked.
///
/// # Errors
/// With what is there, or stands in the way.
pub fn check_free(path: &Path, overwrite: bool) -> Result<()> {
    if path.exists() && !path.is_dir() {
        return Err(Error::file(
            path,
            "is a file, expected a folder for the run",
        ));
    }
    check_place(path)?;
    check_files(path)?;
    match held(path) {
        Some(name) if !overwrite => {
            let go_on = match path.join(DESCRIPTION).exists() {
                true => format!(", `resume` of {} to continue it", path.display()),
                false => String::new(),
            };
            Err(Error::file(
                path,
                format!(
                    "holds the {name} of an earlier run; choose another `out`{go_on}, or add `overwrite` to replace it"
                ),
            ))
        }
        _ => Ok(()),
    }
}

/// Fails if something that is no plain file has the name of one of a run's files in `path`: opening a pipe would
/// wait without end.
pub(super) fn check_files(path: &Path) -> Result<()> {
    ALL.iter().try_for_each(|name| check_kept(&path.join(name)))
}

/// Fails if nothing can be written in a folder, or the folder cannot be made.
///
/// # Errors
/// With what stands in the way.
pub fn check_place(path: &Path) -> Result<()> {
    let here = Path::new(".");
    let named = |folder: &&Path| !folder.as_os_str().is_empty();
    let there = path.ancestors().filter(named).find(|path| path.exists());
    let there = there.unwrap_or(here);
    if !there.is_dir() {
        return Err(Error::file(there, "is a file, expected a folder"));
    }
    check_folder(there)
}

/// The first of a run's files that is in a folder. Metrics of no epoch do not count: a run that was
/// killed before it had begun leaves them.
fn held(path: &Path) -> Option<&'static str> {
    let held = |name: &str| {
        let file = path.join(name).metadata();
        file.is_ok_and(|file| name != METRICS || file.len() > 0)
    };
    ALL.into_iter().find(|name| held(name))
}

/// Makes the next free folder `runs/NAME-N`, N from 1.
///
/// # Errors
/// When it cannot be made.
pub fn next_folder(name: &str) -> Result<PathBuf> {
    let runs = Path::new(RUNS);
    fs::create_dir_all(runs).map_err(|error| Error::io(runs, "write", error))?;
    for number in 1..10_000 {
        let path = runs.join(format!("{name}-{number}"));
        // Made at once, so that two runs that start together do not share a folder.
        match fs::create_dir(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(Error::io(path, "write", error)),
        }
    }
    Err(Error::file(runs, "is full; name a folder with `out`"))
}
