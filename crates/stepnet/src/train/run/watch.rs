//! What watches a run: early stopping, and event files for TensorBoard.

use std::path::Path;

use serde_json::Value;
use stepnet_base::text::count;

use super::files::{BEST, BOARD};
use super::observer::{RunMessage, RunObserver};
use super::options::EventFiles;
use super::record::{EpochRecord, best_epoch};
use super::tensorboard::Board;
use crate::error::{Error, Result};
use crate::limits;
use crate::nn::{Model, Network, Number};
use crate::train::early_stopping::{EarlyStopping, Verdict};
use crate::train::settings::{Settings, TrainingSettings};
use crate::train::{Progress, Transfer};

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
    pub(super) fn check(settings: &TrainingSettings, tested: bool) -> Result<()> {
        match (settings.early_stop, tested) {
            (Some(_), false) => Err(Error::Training(
                "early stopping needs test data, to see when nothing improves any more".to_owned(),
            )),
            _ => Ok(()),
        }
    }

    /// Begins to watch the run in `folder`, of which `records` are there already.
    pub(super) fn begin(
        settings: &Settings,
        folder: &Path,
        tested: bool,
        records: &[EpochRecord],
    ) -> Result<Self> {
        let Settings {
            training, keeping, ..
        } = settings;
        Self::check(training, tested)?;
        let early = match training.early_stop {
            Some(patience) => Some(EarlyStopping::new(
                patience as usize,
                training.min_delta.unwrap_or(0.0),
            )?),
            // Fine-tuning keeps the fitted last layer alone where nothing after it does better.
            None if tested && training.transfer() == Transfer::Finetune => {
                Some(EarlyStopping::new(limits::MOST_EPOCHS, 0.0)?)
            }
            None => None,
        };
        let place = match &keeping.tensorboard {
            EventFiles::None => None,
            EventFiles::InRun => Some(folder.join(BOARD)),
            EventFiles::Folder(folder) => Some(folder.clone()),
        };
        let board = place.map(|place| Board::create(&place, tested));
        let board = board.transpose()?;
        let mut watch = Self {
            early,
            board,
            every: keeping.tensorboard_every,
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
    pub(super) fn step(&mut self, progress: &Progress, observer: &mut dyn RunObserver<T>) {
        if self
            .every
            .is_some_and(|every| progress.step.is_multiple_of(every))
        {
            self.write(observer, |board| board.step(progress));
        }
    }

    /// Sees an epoch, whether it is the `best` so far, and the network after it.
    pub(super) fn epoch(
        &mut self,
        record: &EpochRecord,
        best: bool,
        network: &Network<T>,
        observer: &mut dyn RunObserver<T>,
    ) {
        self.write(observer, |board| board.epoch(record));
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
    fn write(
        &mut self,
        observer: &mut dyn RunObserver<T>,
        write: impl FnOnce(&mut Board) -> Result<()>,
    ) {
        if let Some(board) = &mut self.board
            && let Err(error) = write(board)
        {
            let error = error.and("no more event files are written");
            observer.tell(RunMessage::Warning(&error.to_string()));
            self.board = None;
        }
    }
}
