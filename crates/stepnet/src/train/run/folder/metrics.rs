//! `metrics.jsonl`: a line for each epoch, all of them and no part of one.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;

use stepnet_files::{self as files, remove_unfinished};

use super::super::files::{CHECKPOINT, METRICS};
use super::super::record::EpochRecord;
use super::{RunFolder, best};
use crate::error::{Error, Result};

/// How many epochs' records a checkpoint has; of a longer run the first ones are in `metrics.jsonl` alone.
const MOST_RECORDS: usize = 10_000;

/// The longest line of `metrics.jsonl` that is read.
const LONGEST_LINE: u64 = 1 << 16;

impl RunFolder {
    /// Adds an epoch, and to `metrics.jsonl` the line of each that is not there yet. What cannot be
    /// written is tried again with the next; the file never keeps a part of a line.
    pub(in crate::train::run) fn record(&mut self, record: EpochRecord) -> Result<()> {
        if self.is_best(&record) {
            self.best = record.score();
        }
        self.records.push(record);
        self.write_records()
    }

    /// Writes the lines of the epochs that are not in `metrics.jsonl` yet.
    pub(in crate::train::run) fn write_records(&mut self) -> Result<()> {
        let (length, count) = self.written;
        let lines = self.lines(&self.records[count..])?;
        let written = self
            .metrics
            .set_len(length)
            .and_then(|()| self.metrics.write_all(lines.as_bytes()));
        if let Err(error) = written {
            self.metrics.set_len(length).ok();
            return Err(Error::io(self.path.join(METRICS), "write", error));
        }
        self.written = (length + lines.len() as u64, self.records.len());
        Ok(())
    }

    /// Removes what a run that was killed left unfinished, and makes `metrics.jsonl` hold the lines of
    /// all epochs and no others; lines that are right stay. Says which lines were not there.
    pub(in crate::train::run) fn tidy(&mut self) -> Result<Option<String>> {
        remove_unfinished(&self.path);
        let wanted = self.lines(&self.records)?;
        let found = fs::read(self.path.join(METRICS)).unwrap_or_default();
        let pairs = found.iter().zip(wanted.as_bytes());
        let same = pairs.take_while(|(a, b)| a == b).count();
        let line_end = |at: &usize| wanted.as_bytes()[at - 1] == b'\n';
        let whole = (1..=same).rev().find(line_end).unwrap_or(0);
        let lines = found[..whole].iter().filter(|&&byte| byte == b'\n').count();
        self.written = (whole as u64, lines);
        self.write_records()?;
        Ok((lines < self.records.len()).then(|| {
            let lost = match self.records.len() - lines {
                1 => format!("the line of epoch {} was", lines + 1),
                _ => format!(
                    "the lines of epochs {} to {} were",
                    lines + 1,
                    self.records.len()
                ),
            };
            let path = self.path.join(METRICS);
            format!(
                "{}: {lost} missing or damaged; written again from the checkpoint",
                path.display()
            )
        }))
    }

    fn lines(&self, records: &[EpochRecord]) -> Result<String> {
        let mut lines = String::new();
        for record in records {
            lines += &serde_json::to_string(record).map_err(|error| {
                Error::Training(format!("{}: {error}", self.path.join(METRICS).display()))
            })?;
            lines.push('\n');
        }
        Ok(lines)
    }

    /// The last epoch's record, to be added again.
    pub(in crate::train::run) fn take_last(&mut self) -> Option<EpochRecord> {
        let last = self.records.pop();
        self.best = best(&self.records);
        last
    }

    /// How many of the first records a checkpoint may leave to `metrics.jsonl`, where they are on disk now.
    pub(in crate::train::run) fn rest_on_file(&mut self) -> Result<usize> {
        let earlier = self.records.len().saturating_sub(MOST_RECORDS);
        if earlier == 0 {
            return Ok(0);
        }
        self.write_records()?;
        let synced = self.metrics.sync_data();
        synced.map_err(|error| Error::io(self.path.join(METRICS), "write", error))?;
        Ok(earlier)
    }
}

/// Opens the metrics to be added to. Of a link to another file nothing is overwritten.
pub(super) fn open_metrics(path: &Path) -> Result<File> {
    if path.is_symlink() {
        return Err(Error::file(
            path,
            "is a link, expected the run's own file; remove it, or put the file that it leads to in its place",
        ));
    }
    files::check_kept(path)?;
    let opened = OpenOptions::new().create(true).append(true).open(path);
    opened.map_err(|error| Error::io(path, "write", error))
}

/// The first `count` records in the `metrics.jsonl` of a run's folder.
pub(in crate::train::run) fn first_records(
    folder: &Path,
    count: usize,
) -> Result<Vec<EpochRecord>> {
    let path = folder.join(METRICS);
    let wrong = |problem: String| {
        Error::file(
            &path,
            format!(
                "{problem}; the checkpoint needs the records of its first {count} epochs there; without them, a new run can start with its weights: `from` {}",
                folder.join(CHECKPOINT).display()
            ),
        )
    };
    let file = File::open(&path).map_err(|error| wrong(format!("cannot open: {error}")))?;
    let (mut file, mut records) = (BufReader::new(file), Vec::new());
    let mut line = String::new();
    while records.len() < count {
        line.clear();
        let number = records.len() + 1;
        let read = (&mut file).take(LONGEST_LINE).read_line(&mut line);
        read.map_err(|error| wrong(format!("line {number}: {error}")))?;
        let record = serde_json::from_str::<EpochRecord>(&line).ok();
        let record = record.filter(|record| record.epoch == number && !record.interrupted);
        records.push(
            record.ok_or_else(|| {
                wrong(format!("line {number} is not the record of epoch {number}"))
            })?,
        );
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_records_are_read_or_the_line_that_is_none_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let line = |epoch: usize| {
            format!(
                "{{\"epoch\":{epoch},\"train_loss\":0.5,\"train_accuracy\":1.0,\"test_loss\":null,\"test_accuracy\":null,\"learning_rate\":0.1,\"seconds\":1.0,\"images_per_second\":1.0,\"waited\":0.0,\"interrupted\":false}}\n"
            )
        };
        let path = folder.path().join(METRICS);
        fs::write(&path, [line(1), line(2), line(3)].concat()).unwrap();
        let records = first_records(folder.path(), 2).unwrap();
        assert_eq!(
            records
                .iter()
                .map(|record| record.epoch)
                .collect::<Vec<_>>(),
            [1, 2]
        );
        for wrong in [
            vec![line(1)],
            vec![line(1), line(3)],
            vec![line(1), "nonsense\n".into()],
        ] {
            fs::write(&path, wrong.concat()).unwrap();
            let said = first_records(folder.path(), 2).unwrap_err().to_string();
            assert!(
                said.contains("line 2 is not the record of epoch 2"),
                "{said}"
            );
            assert!(
                said.contains("`from`") && said.contains(CHECKPOINT),
                "{said}"
            );
        }
    }
}
