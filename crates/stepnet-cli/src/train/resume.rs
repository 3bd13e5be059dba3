//! `--resume`: a run as it was left.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use stepnet::Number;
use stepnet::nn::{ModelFile, Registry};
use stepnet::train::{Checkpoint, TrainOptions, run_of};

use super::run_file::{RUN_FILE, RunFile};
use crate::failure::{Failure, Outcome};
use crate::run_folder::{self, CHECKPOINT, CHECKPOINT_BEFORE, EpochRecord, RunFolder};

/// What the command saves in a checkpoint.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Saved {
    pub(super) run: RunFile,
    /// Epochs that the run was to have.
    pub(super) epochs: usize,
    /// How many of the epochs that were done are in `metrics.jsonl` alone: the first ones of a long run.
    #[serde(default)]
    pub(super) earlier: usize,
    /// The other epochs that were done.
    pub(super) records: Vec<EpochRecord>,
    /// Seconds trained up to here.
    pub(super) seconds: f64,
    /// Those of them in the epoch that had begun.
    pub(super) epoch_seconds: f64,
}

/// A run to resume.
#[derive(Debug)]
pub(super) struct Resumed<T> {
    pub(super) path: PathBuf,
    pub(super) run: RunFile,
    /// Nothing if the run was ended before its first checkpoint.
    pub(super) kept: Option<(Checkpoint<T>, Saved)>,
    /// What is wrong with the last checkpoint, where this is the one before it.
    pub(super) damage: Option<String>,
}

impl<T: Number> Resumed<T> {
    /// Reads the last checkpoint of the run in a folder.
    pub(super) fn open(path: &Path, run: &RunFile) -> Outcome<Self> {
        RunFolder::check_files(path)?;
        let mut run = run.clone();
        let files = [CHECKPOINT, CHECKPOINT_BEFORE].map(|name| path.join(name));
        let (mut kept, mut damage): (_, Option<Failure>) = (None, None);
        for file in files.iter().filter(|file| file.exists()) {
            match read(file, &run) {
                Ok(Read::Good(good)) => kept = Some(*good),
                // It stands for a run that this one replaces.
                Ok(Read::OtherRun) if run.replacing => {}
                Ok(Read::OtherRun) => {
                    return Err(Failure::usage(format!(
                        "{}: belongs to another run than the {RUN_FILE} next to it",
                        file.display()
                    )));
                }
                Err(failure) => {
                    // The first is what the user has to know of.
                    damage.get_or_insert(failure);
                    continue;
                }
            }
            break;
        }
        if let (None, Some(failure)) = (&kept, damage.clone()) {
            return Err(failure.and(&format!(
                "without the file, --resume {} starts from the beginning",
                path.display()
            )));
        }
        if let Some((_, saved)) = &mut kept {
            saved.complete(path)?;
            run.replacing = false;
        }
        Ok(Self {
            path: path.to_owned(),
            run,
            kept,
            damage: damage.map(|failure| failure.line()),
        })
    }

    /// Whether files of another run are still in the folder, to be removed.
    pub(super) fn replaces(&self) -> bool {
        self.run.replacing
    }

    /// Whether the description in the folder is the run's, but for how it ended.
    pub(super) fn is_described(&self) -> bool {
        let there = RunFile::read(&self.path).ok().flatten();
        there.is_some_and(|there| there.same_run(&self.run) && there.epochs == self.run.epochs)
    }

    /// How many epochs are done.
    pub(super) fn epochs_done(&self) -> usize {
        let kept = self.kept.as_ref();
        kept.map_or(0, |(checkpoint, _)| checkpoint.position.epoch)
    }

    /// The epochs that were done.
    pub(super) fn records(&self) -> Vec<EpochRecord> {
        let kept = self.kept.as_ref();
        kept.map_or_else(Vec::new, |(_, saved)| saved.records.clone())
    }

    /// Fails if the number of epochs has been changed, and with it learning rates that were used.
    pub(super) fn check_epochs(&self, options: &TrainOptions, steps: usize) -> Outcome {
        let Some((checkpoint, saved)) = &self.kept else {
            return Ok(());
        };
        let before = options.clone().epochs(saved.epochs);
        let position = &checkpoint.position;
        if position.epoch > options.epochs
            || (position.epoch == options.epochs && position.step > 0)
        {
            return Err(Failure::usage(format!(
                "--epochs is {}, but the run is already in epoch {}",
                options.epochs,
                position.epoch + 1
            )));
        }
        let mut done = (0..=position.epoch).flat_map(|epoch| {
            let last = if epoch == position.epoch {
                position.step
            } else {
                steps
            };
            (0..last).map(move |step| (epoch, step))
        });
        let rate = |options: &TrainOptions, epoch, step| options.rate(epoch, step, steps).to_bits();
        let changed =
            done.any(|(epoch, step)| rate(&before, epoch, step) != rate(options, epoch, step));
        if changed {
            return Err(Failure::usage(format!(
                "--epochs is {}, but the run was started with {}, which its {} schedule depends on; leave it out, or start from its model with --from",
                options.epochs, saved.epochs, options.schedule
            )));
        }
        Ok(())
    }
}

impl Saved {
    /// Takes the epochs that the checkpoint leaves to `metrics.jsonl` from there.
    fn complete(&mut self, folder: &Path) -> Outcome {
        let earlier = std::mem::take(&mut self.earlier);
        if earlier > 0 {
            let mut records = run_folder::first_records(folder, earlier)?;
            records.append(&mut self.records);
            self.records = records;
        }
        Ok(())
    }
}

/// A checkpoint that was read.
enum Read<T> {
    Good(Box<(Checkpoint<T>, Saved)>),
    OtherRun,
}

fn read<T: Number>(path: &Path, run: &RunFile) -> Outcome<Read<T>> {
    let file = ModelFile::open(path)?;
    let saved = saved(path, &file)?;
    if !saved.run.same_run(run) {
        file.check_undamaged()?;
        return Ok(Read::OtherRun);
    }
    let checkpoint = Checkpoint::of_file(&file, Registry::builtin())?;
    if saved.earlier.saturating_add(saved.records.len()) != checkpoint.position.epoch {
        return Err(Failure::usage(format!(
            "{}: records {} epochs, but {} are done",
            path.display(),
            saved.earlier.saturating_add(saved.records.len()),
            checkpoint.position.epoch
        )));
    }
    Ok(Read::Good(Box::new((checkpoint, saved))))
}

pub(super) fn saved(path: &Path, file: &ModelFile) -> Outcome<Saved> {
    serde_json::from_str(&run_of(file)?).map_err(|error| {
        Failure::usage(format!(
            "{}: its description of the run: {error}",
            path.display()
        ))
    })
}
