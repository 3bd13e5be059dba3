//! A member of a group that trains a run whose folder the first one has.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use bytemuck::cast_slice_mut;
use stepnet_base::clock::Instant;

use super::data::RunData;
use super::members::{Order, all_start};
use super::observer::RunObserver;
use super::options::RunOptions;
use super::record::EpochRecord;
use super::resume::SavedRun;
use super::session::{started, taken_up};
use crate::error::{Error, Result};
use crate::group::{Group, first_of_all};
use crate::nn::{Network, Number};
use crate::train::agreement::all_have;
use crate::train::evaluate::evaluate_in;
use crate::train::settings::Settings;
use crate::train::{Trainer, Transfer};

/// A member of a group that is not the first: it trains its shares of each batch, tests its part of the examples, and
/// writes nothing. It is made as the [`Run`](super::Run) of the first member is, with the same network, data and settings.
/// Then [`serve`](Self::serve) does the rest; or [`epoch`](Self::epoch) and [`finish`](Self::finish), one by one.
#[derive(Debug)]
pub struct Assistant<T> {
    trainer: Trainer<T>,
    data: RunData,
    group: Arc<dyn Group>,
    records: Vec<EpochRecord>,
    /// Whether the first member has ended the run.
    ended: bool,
    /// What the first member keeps, once it has told.
    kept: Option<Network<T>>,
}

impl<T: Number> Assistant<T> {
    /// Takes part in a run that [begins](super::Run::create).
    ///
    /// # Errors
    /// As [`Run::create`](super::Run::create), but for those of the folder; and when the members do not have the same: then
    /// all fail, the first one included.
    pub fn create(
        network: Network<T>,
        data: RunData,
        settings: &Settings,
        options: &RunOptions,
    ) -> Result<Self> {
        let group = group_of(options)?;
        let made = started(network, &data, settings, options);
        let trainer = all_start(Some(&*group), made)?.trainer;
        Ok(Self::new(trainer, data, group, Vec::new()))
    }

    /// Takes part in a run that is [resumed](super::Run::resume_with); `left` is read from the same folder, or from a copy.
    ///
    /// # Errors
    /// As [`create`](Self::create), and as [`Run::resume_with`](super::Run::resume_with).
    pub fn resume_with(
        left: &SavedRun<T>,
        network: Network<T>,
        data: RunData,
        settings: &Settings,
        options: &RunOptions,
    ) -> Result<Self> {
        let group = group_of(options)?;
        let made = taken_up(left, network, &data, settings, options);
        let trainer = all_start(Some(&*group), made)?.trainer;
        Ok(Self::new(trainer, data, group, left.records()))
    }

    fn new(
        trainer: Trainer<T>,
        data: RunData,
        group: Arc<dyn Group>,
        records: Vec<EpochRecord>,
    ) -> Self {
        Self {
            trainer,
            data,
            group,
            records,
            ended: false,
            kept: None,
        }
    }

    /// The trainer.
    pub fn trainer(&self) -> &Trainer<T> {
        &self.trainer
    }

    /// The data that it trains and tests on.
    pub fn data(&self) -> &RunData {
        &self.data
    }

    /// The group.
    pub fn group(&self) -> &Arc<dyn Group> {
        &self.group
    }

    /// The records of the epochs that are done, with the times of this member.
    pub fn records(&self) -> &[EpochRecord] {
        &self.records
    }

    /// The network that the first member keeps, after [`finish`](Self::finish); before, the one that trains.
    pub fn kept_network(&self) -> &Network<T> {
        self.kept.as_ref().unwrap_or(self.trainer.network())
    }

    /// [`Trainer::set_stop`] for a run of a group: once `stop` is set here, it ends on all members.
    pub fn set_stop(&mut self, stop: Arc<AtomicBool>) {
        self.trainer.set_stop(stop);
    }

    /// Does what the first member says, to the end of the run. A failure that all members share ends it, too: the first
    /// one says what it was. Of the observer, it is asked [what stops it](RunObserver::stopped_by), and shown each step.
    ///
    /// # Errors
    /// When a member cannot be reached.
    pub fn serve(&mut self, observer: &mut dyn RunObserver<T>) -> Result<()> {
        while !self.ended {
            match self.epoch(observer) {
                Ok(_) => {}
                Err(Error::Group(problem)) => return Err(Error::Group(problem)),
                Err(_) => return Ok(()),
            }
        }
        Ok(())
    }

    /// Does what the first member says, to the end of an epoch; whether there was one before the end of the run.
    ///
    /// # Errors
    /// Those of the epoch, which are the same on all members; or when one cannot be reached.
    pub fn epoch(&mut self, observer: &mut dyn RunObserver<T>) -> Result<bool> {
        while !self.ended {
            match Order::take(&*self.group)? {
                Order::End => self.ended = true,
                Order::Test => self.test_last()?,
                Order::Reason => {
                    first_of_all(&*self.group, observer.stopped_by())?;
                }
                Order::Epoch => {
                    self.train_and_test(observer)?;
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Does what is left of the run, and takes the network that the first member keeps, which calls
    /// [`Run::finish_for_all`](super::Run::finish_for_all) meanwhile.
    ///
    /// # Errors
    /// As [`serve`](Self::serve), and when the first member could not finish the run.
    pub fn finish(&mut self, observer: &mut dyn RunObserver<T>) -> Result<()> {
        while self.epoch(observer)? {}
        all_have(&*self.group, Ok(()))?;
        let mut kept = self.trainer.network().clone();
        let weights = cast_slice_mut(kept.parameters_mut());
        self.group.broadcast(0, weights)?;
        self.kept = Some(kept);
        Ok(())
    }

    fn train_and_test(&mut self, observer: &mut dyn RunObserver<T>) -> Result<()> {
        let start = Instant::now();
        let train = &self.data.train;
        let end = match self.trainer.fits_head() {
            true => {
                let fitted = self
                    .trainer
                    .head_epoch(train, |_| ControlFlow::Continue(()));
                all_have(&*self.group, fitted).map(|fitted| fitted.end)
            }
            false => self.trainer.epoch_with(train, |progress, learner| {
                observer.step(progress, learner);
                match observer.stopped_by() {
                    Some(_) => ControlFlow::Break(()),
                    None => ControlFlow::Continue(()),
                }
            }),
        };
        let end = match end {
            Err(Error::Stopped) => self.trainer.epoch_so_far(train.len()),
            end => end?,
        };
        if end.scores.examples == 0 {
            return Ok(());
        }
        let by_class = self.data.preprocessing.task.is_classes();
        let seconds = start.elapsed().as_secs_f64();
        self.records.push(EpochRecord::of(&end, seconds, by_class));
        self.test_last()
    }

    /// Tests the last epoch, unless a member was stopped.
    fn test_last(&mut self) -> Result<()> {
        let head = self.trainer.options().transfer == Transfer::Head;
        let Some(test) = self.data.test.as_ref().filter(|_| !head) else {
            return Ok(());
        };
        let (network, values) = (self.trainer.network(), &self.data.preprocessing);
        let tested = match evaluate_in(&*self.group, None, network, test, values) {
            Err(Error::Stopped) => return Ok(()),
            tested => tested?,
        };
        if let Some(last) = self.records.last_mut() {
            last.test(Some(&tested));
        }
        Ok(())
    }
}

fn group_of(options: &RunOptions) -> Result<Arc<dyn Group>> {
    let group = options.group.clone();
    group.ok_or_else(|| Error::Group("an assistant needs the group that it belongs to".to_owned()))
}
