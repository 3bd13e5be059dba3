//! How a run begins, and how one that was left goes on.

use std::path::Path;
use std::sync::Arc;

use stepnet_base::clock::Instant;
use stepnet_base::text::count;

use super::super::about::About;
use super::super::data::RunData;
use super::super::description::RunDescription;
use super::super::every::Clock;
use super::super::files::{CHECKPOINT, DESCRIPTION};
use super::super::folder::RunFolder;
use super::super::keeper::{Keeper, Times};
use super::super::members::{Start, all_start};
use super::super::observer::{RunMessage, RunObserver};
use super::super::options::RunOptions;
use super::super::resume::SavedRun;
use super::super::trace::Trace;
use super::super::watch::Watch;
use super::Run;
use crate::error::{Error, Result};
use crate::group::Group;
use crate::nn::{Network, Number};
use crate::train::settings::Settings;
use crate::train::{Trainer, Transfer};

impl<T: Number> Run<T> {
    /// Begins a run in `folder`, which is made if it is not there. A run that is there is replaced if
    /// [`overwrite`](RunOptions::overwrite) says so, once there is something in its place.
    ///
    /// # Errors
    /// When the folder cannot be written, holds another run, or one that trains now; the settings do not fit the data, or
    /// the network's input is not the preprocessing's output.
    pub fn create(
        folder: &Path,
        network: Network<T>,
        data: RunData,
        settings: &Settings,
        options: RunOptions,
    ) -> Result<Self> {
        let made = started(network, &data, settings, &options);
        let start = all_start(options.group.as_deref(), made)?;
        let place = RunFolder::create(folder, options.overwrite)?;
        let mut run = Self::in_folder(start, data, place, options.group);
        // An earlier run stays whole until there is something in its place.
        if !run.folder.replaces() {
            run.keeper.begin(&mut run.folder)?;
        }
        run.keep_more(&mut ())?;
        Ok(run)
    }

    /// Goes on with a run where its last checkpoint stands, or from its beginning where it has none yet; `data` is
    /// what it was started with. Its settings are its own. Nothing in its folder is changed before it is certain that
    /// it goes on.
    ///
    /// # Errors
    /// As [`create`](Self::create); when the data is not that of the run, or it has no checkpoint yet, and with
    /// it no network.
    pub fn resume(
        left: SavedRun<T>,
        data: RunData,
        options: RunOptions,
        observer: &mut dyn RunObserver<T>,
    ) -> Result<Self> {
        let Some(model) = left.model() else {
            return Err(Error::file(
                &left.path,
                "has no checkpoint yet, so it needs the network that it began with",
            ));
        };
        let mut network = model.network.clone();
        let settings = left.settings()?;
        // No model file says these.
        network.set_exact(settings.network.exact);
        network.freeze(&settings.network.freeze)?;
        left.run
            .check_data(&left.path, &data.train, data.test.as_ref())?;
        Self::resume_with(left, network, data, &settings, options, observer)
    }

    /// [`resume`](Self::resume) with a network of the run's kind, as [`create`](Self::create) takes it, and settings that
    /// compute the same as its own. The data is taken as checked.
    ///
    /// # Errors
    /// As [`resume`](Self::resume).
    pub fn resume_with(
        left: SavedRun<T>,
        network: Network<T>,
        data: RunData,
        settings: &Settings,
        options: RunOptions,
        observer: &mut dyn RunObserver<T>,
    ) -> Result<Self> {
        let made = taken_up(&left, network, &data, settings, &options);
        let start = all_start(options.group.as_deref(), made)?;
        let described = left.is_described();
        let place = RunFolder::resume(&left.path, left.records(), left.replaces())?;
        let mut run = Self::in_folder(start, data, place, options.group);
        run.take_up(left, observer)?;
        if described {
            // The existing file says enough: a full disk must not stop the run.
            let written = run.keeper.begin(&mut run.folder);
            run.keeper.tell(written, DESCRIPTION, observer);
        } else if !run.folder.replaces() {
            run.keeper.begin(&mut run.folder)?;
        }
        run.keep_more(observer)?;
        Ok(run)
    }

    fn in_folder(
        start: Start<T>,
        data: RunData,
        folder: RunFolder,
        group: Option<Arc<dyn Group>>,
    ) -> Self {
        let Start {
            settings,
            description,
            trainer,
        } = start;
        let every = settings.keeping.checkpoint_every;
        Self {
            about: About {
                data,
                options: trainer.options().clone(),
                settings,
            },
            trainer,
            good: None,
            folder,
            keeper: Keeper::new(Clock::new(every), description, None),
            trace: None,
            watch: Watch::none(),
            start: Instant::now(),
            before: Times::default(),
            untested: true,
            stop: None,
            group: group.filter(|group| group.size() > 1),
            ended: false,
            stopped_elsewhere: None,
        }
    }

    /// Begins what is written from the start only where it is asked for.
    fn keep_more(&mut self, observer: &mut dyn RunObserver<T>) -> Result<()> {
        if let Some(traced) = self.about.settings.keeping.trace_hashes {
            let updates = self.trainer.learner().updates();
            let (trace, note) = Trace::open(&self.folder, traced, updates)?;
            if let Some(note) = note {
                observer.tell(RunMessage::Warning(&note));
            }
            self.trace = Some(trace);
        }
        self.watch = Watch::begin(
            &self.about.settings,
            self.folder.path(),
            self.about.data.test.is_some(),
            self.folder.records(),
        )?;
        Ok(())
    }

    /// Moves to where a resumed run was.
    fn take_up(&mut self, left: SavedRun<T>, observer: &mut dyn RunObserver<T>) -> Result<()> {
        if let Some((checkpoint, saved)) = &left.kept {
            self.before = Times {
                seconds: saved.seconds,
                epoch_seconds: saved.epoch_seconds,
            };
            let position = checkpoint.position;
            self.keeper.last = Some(position);
            self.keeper.keeps_before = left.damage.is_none();
            if let Some(damage) = &left.damage {
                observer.tell(RunMessage::Warning(&format!(
                    "{damage}; the run resumes from the checkpoint before it"
                )));
            }
            self.good = Some((self.trainer.network().clone(), position));
        }
        // Nothing in the folder is touched before it is certain that the run continues.
        self.tidy(observer);
        Ok(())
    }

    /// Makes the metrics end where the run goes on.
    pub(super) fn tidy(&mut self, observer: &mut dyn RunObserver<T>) {
        let tidied = self.folder.tidy().map(|restored| {
            if let Some(restored) = restored {
                observer.tell(RunMessage::Warning(&restored));
            }
        });
        self.keeper.tell(tidied, "metrics", observer);
    }
}

/// What a run that begins is trained with.
pub(in crate::train::run) fn started<T: Number>(
    mut network: Network<T>,
    data: &RunData,
    settings: &Settings,
    options: &RunOptions,
) -> Result<Start<T>> {
    network.freeze(&settings.network.freeze)?;
    let mut settings = match options.arguments.is_empty() {
        true => with_network(settings, &network),
        false => settings.clone(),
    };
    if options.group.is_some() {
        settings.training.share_for_group(data.train.len());
    }
    let description = RunDescription::new(&settings, data, options)?;
    let trainer = trainer(network, data, &settings, options)?;
    Watch::<T>::check(&settings.training, data.test.is_some())?;
    Ok(Start {
        settings,
        description,
        trainer,
    })
}

/// What a run that is resumed is trained with, where it was left.
pub(in crate::train::run) fn taken_up<T: Number>(
    left: &SavedRun<T>,
    network: Network<T>,
    data: &RunData,
    settings: &Settings,
    options: &RunOptions,
) -> Result<Start<T>> {
    let mut of_run = settings.clone();
    let head = of_run.training.transfer() == Transfer::Head;
    let shares = of_run.training.shares.get_or_insert(1);
    if let Some(group) = &options.group
        && group.size() > *shares
        && !head
    {
        return Err(Error::file(
            &left.path,
            format!(
                "the run was started with {} a batch, too few for {} processes, and more would change its results; \
                 resume it with fewer processes, or start a new run with `shares`",
                count(*shares, "share"),
                group.size()
            ),
        ));
    }
    let mut trainer = trainer(network, data, &of_run, options)?;
    left.check_epochs(trainer.options(), trainer.steps(data.train.len()))?;
    if let Some((checkpoint, _)) = &left.kept {
        let resumed = trainer.resume(checkpoint, data.train.len());
        resumed
            .map_err(|error| error.context(&left.path.join(CHECKPOINT).display().to_string()))?;
    }
    let mut description = left.run.clone();
    description.replacing = false;
    description.end = None;
    description.notes.clone_from(&options.notes);
    Ok(Start {
        settings: settings.clone(),
        description,
        trainer,
    })
}

/// The settings with what a program has made of its network itself, which their defaults do not say.
fn with_network<T: Number>(settings: &Settings, network: &Network<T>) -> Settings {
    let mut settings = settings.clone();
    let asked = &mut settings.network;
    asked.model.get_or_insert(network.text().to_string());
    asked.exact = network.exact();
    if asked.freeze.is_empty() {
        let frozen = network.nodes().iter().filter(|node| node.frozen());
        asked.freeze = frozen.map(|node| node.name().to_owned()).collect();
    }
    settings
}

fn trainer<T: Number>(
    network: Network<T>,
    data: &RunData,
    settings: &Settings,
    options: &RunOptions,
) -> Result<Trainer<T>> {
    let group = options.group.clone();
    let options = settings.train_options(&data.train)?;
    let preprocessing = data.preprocessing.clone();
    Trainer::in_group(network, preprocessing, options, data.train.len(), group)
}
