//! Hashes of the results of every step: two runs can be compared step by step.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use stepnet_files as files;

use super::files::TRACE;
use super::folder::RunFolder;
use super::options::Traced;
use crate::Hash;
use crate::error::{Error, Result};
use crate::nn::Number;
use crate::train::{Learner, Progress};

/// One line of `trace.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TraceLine {
    /// Updates made, this one included.
    pub step: u64,
    /// The epoch, from 1.
    pub epoch: usize,
    /// The learning rate of the update.
    pub learning_rate: f64,
    /// The sum of the epoch's losses up to this step, from before its update.
    pub loss: f64,
    /// The hash of each gradient, by layer and array, in the network's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gradients: Vec<(String, String, Hash)>,
    /// The hash of each array after the update.
    pub weights: Vec<(String, String, Hash)>,
}

/// The trace of a run in progress.
#[derive(Debug)]
pub(super) struct Trace {
    path: PathBuf,
    file: BufWriter<File>,
    traced: Traced,
}

impl Trace {
    /// A trace that goes on after `updates` updates, and what is to be said of it; lines of later ones are
    /// dropped.
    pub(super) fn open(
        folder: &RunFolder,
        traced: Traced,
        updates: u64,
    ) -> Result<(Self, Option<String>)> {
        let (at, path) = (folder.trace(), folder.path().join(TRACE));
        files::check_kept(&at)?;
        let failed = |error| Error::io(&path, "write", error);
        let (keep, note) = match updates {
            0 => (0, None),
            _ if at.exists() => kept(&at, updates)?,
            _ => (0, Some(missing(&at, (1, updates), None))),
        };
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&at)
            .map_err(failed)?;
        file.set_len(keep).map_err(failed)?;
        let file = BufWriter::new(file);
        Ok((Self { file, path, traced }, note))
    }

    /// Adds the line of a step.
    pub(super) fn step<T: Number>(
        &mut self,
        progress: &Progress,
        learner: &Learner<T>,
    ) -> Result<()> {
        let network = learner.network();
        let hashes = |values: &[T]| {
            let hashes = network.array_hashes(values).into_iter();
            hashes
                .map(|(layer, array, hash)| (layer.to_owned(), array.to_owned(), hash))
                .collect()
        };
        let line = TraceLine {
            step: learner.updates(),
            epoch: progress.epoch + 1,
            learning_rate: progress.learning_rate,
            loss: progress.scores.loss,
            gradients: match self.traced {
                Traced::Weights => Vec::new(),
                Traced::Gradients => hashes(learner.workspace().gradients()),
            },
            weights: hashes(network.parameters()),
        };
        let mut line = serde_json::to_string(&line)
            .map_err(|error| Error::Training(format!("{}: {error}", self.path.display())))?;
        line.push('\n');
        self.file
            .write_all(line.as_bytes())
            .map_err(|error| Error::io(&self.path, "write", error))
    }

    /// Writes what is not written yet: before a checkpoint, so that it has all lines before it.
    pub(super) fn flush(&mut self) -> Result<()> {
        self.file
            .flush()
            .map_err(|error| Error::io(&self.path, "write", error))
    }
}

/// The length of what holds the lines of the first `updates` updates, and what is missing there.
fn kept(path: &Path, updates: u64) -> Result<(u64, Option<String>)> {
    let mut lines = TraceLines::open(path)?;
    let (mut length, mut last) = (0, 0);
    let mut gap = None;
    while let Some(line) = lines.next()? {
        if line.step > updates {
            break;
        }
        if line.step > last + 1 {
            gap.get_or_insert((last + 1, line.step - 1));
        }
        (length, last) = (lines.read, line.step);
    }
    if last < updates {
        gap.get_or_insert((last + 1, updates));
    }
    let note = gap.map(|gap| missing(path, gap, lines.damaged));
    Ok((length, note))
}

/// The note on a trace without the lines for some steps, given the first and the last of them.
fn missing(path: &Path, (first, last): (u64, u64), damaged: Option<usize>) -> String {
    let damaged = damaged.map_or_else(String::new, |line| format!(" (line {line} is damaged)"));
    format!(
        "{}: has no lines for steps {first} to {last}{damaged}, which stepnet compare will report",
        path.display()
    )
}

/// The longest line that is read: one of a network of some hundred thousand arrays.
const LONGEST: u64 = 1 << 26;

/// The whole lines of a trace, one at a time.
#[derive(Debug)]
pub struct TraceLines {
    path: PathBuf,
    file: BufReader<files::disk::File>,
    number: usize,
    read: u64,
    /// The number of the first line that was passed over, as none of a trace.
    pub damaged: Option<usize>,
}

impl TraceLines {
    /// The lines of the trace in a file.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(path: &Path) -> Result<Self> {
        let file = files::open_input(path)?;
        Ok(Self {
            path: path.to_owned(),
            file: BufReader::new(file),
            number: 0,
            read: 0,
            damaged: None,
        })
    }

    /// The next line. One without its end, which a run that was killed may leave, is none; one that is damaged
    /// is passed over.
    ///
    /// # Errors
    /// When the file cannot be read.
    #[expect(
        clippy::should_implement_trait,
        reason = "an iterator over results ends at no error"
    )]
    pub fn next(&mut self) -> Result<Option<TraceLine>> {
        use std::io::Read;
        loop {
            let mut text = Vec::new();
            let mut part = (&mut self.file).take(LONGEST);
            part.read_until(b'\n', &mut text)
                .map_err(|error| Error::io(&self.path, "read", error))?;
            self.number += 1;
            if text.last() != Some(&b'\n') && (text.len() as u64) < LONGEST {
                return Ok(None);
            }
            self.read += text.len() as u64;
            match serde_json::from_slice(&text) {
                Ok(line) => return Ok(Some(line)),
                Err(_) => self.damaged = self.damaged.or(Some(self.number)),
            }
        }
    }
}
