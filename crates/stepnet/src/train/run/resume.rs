//! A run as it was left.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::description::RunDescription;
use super::files::{CHECKPOINT, CHECKPOINT_BEFORE, DESCRIPTION};
use super::folder::{check_files, first_records};
use super::record::EpochRecord;
use crate::error::{Error, Result};
use crate::nn::{Model, ModelFile, Number, Registry};
use crate::train::settings::{Setting, Settings, Value};
use crate::train::{Checkpoint, Position, TrainOptions, run_of};

/// What a run saves in a checkpoint beside the training itself.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Saved {
    pub(super) run: RunDescription,
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

/// Settings that a run may be resumed with other values of, although they change its results: the contents of the data
/// are compared, and the learning rates so far.
pub(super) const MAY_DIFFER: [&str; 3] = ["data", "epochs", "test"];

/// A run that was left, and can be [resumed](super::Run::resume).
#[derive(Debug)]
pub struct SavedRun<T> {
    pub(super) path: PathBuf,
    pub(super) run: RunDescription,
    /// Nothing if the run was ended before its first checkpoint.
    pub(super) kept: Option<(Checkpoint<T>, Saved)>,
    /// What is wrong with the last checkpoint, where this is the one before it.
    pub(super) damage: Option<String>,
}

impl<T: Number> SavedRun<T> {
    /// Reads the last checkpoint of the run in a folder, or the one before it where the last is damaged.
    ///
    /// # Errors
    /// When there is no run, its checkpoints cannot be read, or are of another number type than `T`.
    pub fn open(path: &Path) -> Result<Self> {
        Self::of(path, find(path)?)
    }

    /// [`open`](Self::open) for a run whose description was [found](find) and perhaps changed: to another number of
    /// epochs.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn of(path: &Path, mut run: RunDescription) -> Result<Self> {
        check_files(path)?;
        let files = [CHECKPOINT, CHECKPOINT_BEFORE].map(|name| path.join(name));
        let (mut kept, mut damage): (_, Option<Error>) = (None, None);
        for file in files.iter().filter(|file| file.exists()) {
            match read(file, &run) {
                Ok(Read::Good(good)) => kept = Some(*good),
                // It stands for a run that this one replaces.
                Ok(Read::OtherRun) if run.replacing => {}
                Ok(Read::OtherRun) => {
                    return Err(Error::file(
                        file,
                        format!("belongs to another run than the {DESCRIPTION} next to it"),
                    ));
                }
                Err(failure) => {
                    // The first is what the user has to know of.
                    damage.get_or_insert(failure);
                    continue;
                }
            }
            break;
        }
        let damage = match (&kept, damage) {
            (None, Some(error)) => {
                return Err(error.and(&format!(
                    "without the file, `resume` of {} starts from the beginning",
                    path.display()
                )));
            }
            (_, damage) => damage,
        };
        if let Some((_, saved)) = &mut kept {
            saved.complete(path)?;
            run.replacing = false;
        }
        Ok(Self {
            path: path.to_owned(),
            run,
            kept,
            damage: damage.map(|error| error.to_string()),
        })
    }

    /// Whether files of another run are still in the folder, to be removed.
    pub(super) fn replaces(&self) -> bool {
        self.run.replacing
    }

    /// The settings that it was started with, with the number of epochs that it has now.
    ///
    /// # Errors
    /// When its description has none, as in runs of the command's first versions.
    pub fn settings(&self) -> Result<Settings> {
        let settings = self.run.settings()?;
        settings.ok_or_else(|| {
            let problem = "does not have the settings of the run: it is of an older version";
            Error::file(self.path.join(DESCRIPTION), problem)
        })
    }

    /// The first of `settings` that computes something else than the run was started with, and its value then. The
    /// number of epochs may differ, and where the data is.
    ///
    /// # Errors
    /// As [`settings`](Self::settings).
    pub fn difference(&self, settings: &Settings) -> Result<Option<(Setting, Option<Value>)>> {
        let mut started = self.settings()?;
        if self.run.is_of_program() && settings.network.model.is_none() {
            // The network's own text, which a program need not name.
            started.network.model = None;
        }
        if self.run.is_of_program() && settings.network.freeze.is_empty() {
            // Nor the layers that it froze itself.
            started.network.freeze.clear();
        }
        let mut compared = Settings::table()
            .filter(|setting| setting.results && !MAY_DIFFER.contains(&setting.name));
        let other = compared.find(|setting| setting.get(settings) != setting.get(&started));
        Ok(other.map(|setting| (setting, setting.get(&started))))
    }

    /// The same run with another number of epochs in all; where its learning rates so far would have been others, it
    /// cannot be resumed.
    ///
    /// # Errors
    /// More epochs than can be counted.
    pub fn epochs(mut self, epochs: usize) -> Result<Self> {
        let count = u32::try_from(epochs);
        let most = u32::MAX;
        let count = count.map_err(|_| {
            Error::value(
                "training",
                "the number of epochs",
                epochs,
                format!("at most {most}"),
            )
        })?;
        self.run.epochs = Some(count);
        Ok(self)
    }

    /// Whether it has finished, so that only a larger number of epochs would train it further.
    pub fn is_finished(&self) -> bool {
        let end = self.run.end.as_ref();
        let epochs = self
            .run
            .settings()
            .ok()
            .flatten()
            .map(|settings| settings.epochs());
        end.is_some_and(|end| end.finished && epochs.is_none_or(|epochs| epochs <= end.epochs))
    }

    /// Its description.
    pub fn description(&self) -> &RunDescription {
        &self.run
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.path
    }

    /// The model of its last checkpoint; `None` if it was ended before its first.
    pub fn model(&self) -> Option<&Model<T>> {
        let kept = self.kept.as_ref();
        kept.map(|(checkpoint, _)| &checkpoint.model)
    }

    /// Where it goes on; `None` if it starts from the beginning, since it has no checkpoint yet.
    pub fn position(&self) -> Option<Position> {
        self.kept
            .as_ref()
            .map(|(checkpoint, _)| checkpoint.position)
    }

    /// Whether the description in the folder is the run's, but for how it ended.
    pub(super) fn is_described(&self) -> bool {
        let there = RunDescription::read(&self.path).ok().flatten();
        there.is_some_and(|there| there.same_run(&self.run) && there.epochs == self.run.epochs)
    }

    /// How many epochs are done.
    pub fn epochs_done(&self) -> usize {
        let kept = self.kept.as_ref();
        kept.map_or(0, |(checkpoint, _)| checkpoint.position.epoch)
    }

    /// The epochs that were done.
    pub(super) fn records(&self) -> Vec<EpochRecord> {
        let kept = self.kept.as_ref();
        kept.map_or_else(Vec::new, |(_, saved)| saved.records.clone())
    }

    /// Fails if the number of epochs has been changed, and with it learning rates that were used.
    pub(super) fn check_epochs(&self, options: &TrainOptions, steps: usize) -> Result<()> {
        let Some((checkpoint, saved)) = &self.kept else {
            return Ok(());
        };
        let before = options.clone().epochs(saved.epochs);
        let position = &checkpoint.position;
        if position.epoch > options.epochs
            || (position.epoch == options.epochs && position.step > 0)
        {
            return Err(Error::file(
                &self.path,
                format!(
                    "`epochs` is {}, but the run is already in epoch {}",
                    options.epochs,
                    position.epoch + 1
                ),
            ));
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
            return Err(Error::file(
                &self.path,
                format!(
                    "`epochs` is {}, but the run was started with {}, which its {} schedule depends on; leave it out, or start a new run from its model (`from`)",
                    options.epochs, saved.epochs, options.schedule
                ),
            ));
        }
        Ok(())
    }
}

impl Saved {
    /// Takes the epochs that the checkpoint leaves to `metrics.jsonl` from there.
    fn complete(&mut self, folder: &Path) -> Result<()> {
        let earlier = std::mem::take(&mut self.earlier);
        if earlier > 0 {
            let mut records = first_records(folder, earlier)?;
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

fn read<T: Number>(path: &Path, run: &RunDescription) -> Result<Read<T>> {
    let file = ModelFile::open(path)?;
    let saved = saved(path, &file)?;
    if !saved.run.same_run(run) {
        file.check_undamaged()?;
        return Ok(Read::OtherRun);
    }
    let checkpoint = Checkpoint::of_file(&file, Registry::builtin())?;
    if saved.earlier.saturating_add(saved.records.len()) != checkpoint.position.epoch {
        return Err(Error::file(
            path,
            format!(
                "records {} epochs, but {} are done",
                saved.earlier.saturating_add(saved.records.len()),
                checkpoint.position.epoch
            ),
        ));
    }
    Ok(Read::Good(Box::new((checkpoint, saved))))
}

fn saved(path: &Path, file: &ModelFile) -> Result<Saved> {
    serde_json::from_str(&run_of(file)?)
        .map_err(|error| Error::file(path, format!("its description of the run: {error}")))
}

/// The description of the run in a folder: its `run.json`, or else what its checkpoint has of it.
///
/// # Errors
/// When there is no run, or its description cannot be read.
pub fn find(folder: &Path) -> Result<RunDescription> {
    let files = [CHECKPOINT, CHECKPOINT_BEFORE].map(|name| folder.join(name));
    let described = RunDescription::read(folder).map_err(|error| {
        match files.iter().any(|file| file.exists()) {
            true => error.and("without the file, the run resumes from its checkpoint"),
            false => error,
        }
    });
    if let Some(run) = described? {
        return Ok(run);
    }
    let there = files.iter().filter(|path| path.exists());
    let mut runs = there.map(|path| Ok(saved(path, &ModelFile::open(path)?)?.run));
    if let Some(first) = runs.next() {
        return first.or_else(|error| runs.next().unwrap_or(Err(error)));
    }
    Err(Error::file(
        folder,
        match folder.is_dir() {
            true => {
                format!("has no run to resume (there is neither {DESCRIPTION} nor {CHECKPOINT})")
            }
            false => "is not a folder, expected the folder of a run".to_owned(),
        },
    ))
}
