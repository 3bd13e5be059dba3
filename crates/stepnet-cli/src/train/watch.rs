//! Observers of training: early stopping, and event files for TensorBoard.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::Value;
use stepnet::Number;
use stepnet::nn::{Model, Network};
use stepnet::train::Progress;
use stepnet::train::early_stopping::{EarlyStopping, ValidationScore, Verdict};
use stepnet::train::settings::TrainingSettings;

use crate::failure::{Failure, Outcome, say};
use crate::run_folder::{BEST, BOARD, EpochRecord};
use crate::tensorboard::Board;
use crate::usage::{count, whole};

#[derive(Debug, Args)]
pub(crate) struct WatchArgs {
    /// Write event files for TensorBoard to FOLDER or to the folder tensorboard of the run.
    #[arg(long, value_name = "FOLDER", num_args = 0..=1, require_equals = true, help_heading = "Output")]
    pub(crate) tensorboard: Option<Option<PathBuf>>,
    /// With --tensorboard: also log every STEPS steps, not only every epoch.
    #[arg(long, value_name = "STEPS", requires = "tensorboard", value_parser = whole::<usize>(1, u32::MAX.into()), allow_negative_numbers = true, help_heading = "Output")]
    pub(crate) tensorboard_every: Option<usize>,
}

/// The observers of a run.
#[derive(Debug)]
pub(super) struct Watch<T> {
    early: Option<EarlyStopping>,
    /// The best weights so far and the number of their epochs, where early stopping will ask for them.
    best: Option<(Network<T>, usize)>,
    board: Option<Board>,
    every: Option<usize>,
    /// Whether early stopping has ended the run.
    stopped: bool,
}

impl<T: Number> Watch<T> {
    /// No observer yet.
    pub(super) fn none() -> Self {
        Self {
            early: None,
            best: None,
            board: None,
            every: None,
            stopped: false,
        }
    }

    /// Fails if early stopping is impossible: without test data no improvement can be seen.
    pub(super) fn check(settings: &TrainingSettings, tested: bool) -> Outcome {
        if settings.early_stop.is_some() && !tested {
            return Err(Failure::usage(
                "--early-stop needs test data to see when nothing improves; give --test, or a --hold-out above 0",
            ));
        }
        Ok(())
    }

    /// Begins to watch the run in `folder`, of which `records` are there already.
    pub(super) fn begin(
        (args, settings): (&WatchArgs, &TrainingSettings),
        folder: &Path,
        tested: bool,
        records: &[EpochRecord],
    ) -> Outcome<Self> {
        Self::check(settings, tested)?;
        let early = match settings.early_stop {
            Some(patience) => Some(EarlyStopping::new(
                patience as usize,
                settings.min_delta.unwrap_or(0.0),
            )?),
            None => None,
        };
        let board = match &args.tensorboard {
            Some(asked) => {
                let place = asked.clone().unwrap_or_else(|| folder.join(BOARD));
                Some(Board::create(&place, tested)?)
            }
            None => None,
        };
        let mut watch = Self {
            early,
            board,
            every: args.tensorboard_every,
            ..Self::none()
        };
        for record in records {
            watch.judge(record);
        }
        // The best weights of a run that goes on are in its folder; those it has still to come upon
        // again are not from among these epochs.
        let path = folder.join(BEST);
        if watch.early.is_some()
            && let Some(epoch) = best_epoch(records)
            && path.exists()
        {
            let model = Model::<T>::load(&path)?;
            if model.training.get("epochs").and_then(Value::as_u64) == Some(epoch as u64) {
                watch.best = Some((model.network, epoch));
            }
        }
        Ok(watch)
    }

    /// Sees a step.
    pub(super) fn step(&mut self, progress: &Progress) {
        if self
            .every
            .is_some_and(|every| progress.step.is_multiple_of(every))
        {
            self.write(|board| board.step(progress));
        }
    }

    /// Sees an epoch, whether it is the `best` so far, and the network after it.
    pub(super) fn epoch(&mut self, record: &EpochRecord, best: bool, network: &Network<T>) {
        self.write(|board| board.epoch(record));
        self.judge(record);
        if self.early.is_some() && best {
            match &mut self.best {
                Some((best, epoch)) => {
                    best.clone_from(network);
                    *epoch = record.epoch;
                }
                None => self.best = Some((network.clone(), record.epoch)),
            }
        }
    }

    /// Whether the run is to end.
    pub(super) fn stopped(&self) -> bool {
        self.stopped
    }

    /// A part of an epoch is not judged: the whole will be, where the run goes on.
    fn judge(&mut self, record: &EpochRecord) {
        if let (Some(early), Some(score)) = (&mut self.early, record.score()) {
            self.stopped = early.observe(score) == Verdict::Stop;
        }
    }

    /// The weights to keep at the end and the number of their epochs, where early stopping chooses.
    pub(super) fn best(&self) -> Option<(&Network<T>, usize)> {
        self.best.as_ref().map(|(network, epoch)| (network, *epoch))
    }

    /// What to say at the end about the weights that are kept.
    pub(super) fn note(&self) -> Option<String> {
        let (_, epoch) = self.best.as_ref()?;
        let kept = format!("the best weights, those after epoch {epoch}, are saved");
        let early = self.early.as_ref().filter(|_| self.stopped);
        Some(match early {
            Some(early) => format!(
                "stopped early: no improvement for {}; {kept}",
                count(early.waited(), "epoch")
            ),
            None => kept,
        })
    }

    /// Event files are optional: failing to write them does not stop training.
    fn write(&mut self, write: impl FnOnce(&mut Board) -> Outcome) {
        if let Some(board) = &mut self.board
            && let Err(failure) = write(board)
        {
            let line = failure.line();
            say(&format!("warning: {line}; no more event files are written"));
            self.board = None;
        }
    }
}

/// The epoch with the best score on the test data; of equal ones the first.
pub(super) fn best_epoch(records: &[EpochRecord]) -> Option<usize> {
    let mut best: Option<(usize, ValidationScore)> = None;
    for record in records {
        if let Some(score) = record.score()
            && best.is_none_or(|(_, best)| score.beats(&best, 0.0))
        {
            best = Some((record.epoch, score));
        }
    }
    best.map(|(epoch, _)| epoch)
}
