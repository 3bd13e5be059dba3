//! `--resume`: a run as it was left, and the options it was started with.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, CommandFactory, FromArgMatches};
use serde::{Deserialize, Serialize};
use stepnet::Number;
use stepnet::nn::{ModelFile, Registry};
use stepnet::train::{Checkpoint, TrainOptions, run_of};

use super::run_file::{RUN_FILE, RunFile};
use crate::args::{Cli, Command};
use crate::failure::{Failure, Outcome};
use crate::run_folder::{self, CHECKPOINT, CHECKPOINT_BEFORE, EpochRecord, RunFolder};

/// What the command keeps in a checkpoint.
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

/// A run to go on with.
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
                        "{}: belongs to another run than the {RUN_FILE} beside it",
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

    /// How many epochs are behind it.
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
                "--epochs is {}, but the run is in its epoch {} already",
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
            "{}: tells of {} epochs, but {} are done",
            path.display(),
            saved.earlier.saturating_add(saved.records.len()),
            checkpoint.position.epoch
        )));
    }
    Ok(Read::Good(Box::new((checkpoint, saved))))
}

fn saved(path: &Path, file: &ModelFile) -> Outcome<Saved> {
    serde_json::from_str(&run_of(file)?).map_err(|error| {
        Failure::usage(format!(
            "{}: its description of the run: {error}",
            path.display()
        ))
    })
}

/// The command line of `train --resume FOLDER`: the run's own, with what may be said anew.
pub(crate) fn expand(cli: Cli) -> Outcome<Cli> {
    let Command::Train(args) = &cli.command else {
        return Ok(cli);
    };
    let Some(folder) = args.keeping.resume.clone() else {
        return Ok(cli);
    };
    let mut run = find(&folder)?;
    let wrong = |error: clap::Error| {
        let said = error.render().to_string();
        let line = said.lines().next().unwrap_or_default();
        Failure::usage(format!(
            "{}: the options that the run was started with cannot be read: {}",
            folder.join(RUN_FILE).display(),
            line.trim_start_matches("error: ")
        ))
    };
    let command = Cli::command();
    let parse = |words: Vec<OsString>| command.clone().try_get_matches_from(words);
    let started = parse(run.command_line()).map_err(wrong)?;
    let given = parse(std::env::args_os().collect()).map_err(wrong)?;
    refuse_contradictions(&command, &given, &started)?;

    let mut resumed = Cli::from_arg_matches(&started).map_err(wrong)?;
    let Command::Train(to) = &mut resumed.command else {
        return Err(Failure::usage(format!(
            "{}: does not describe a run of stepnet train",
            folder.join(RUN_FILE).display()
        )));
    };
    if args.epochs.is_some() && args.epochs != run.epochs.or(to.epochs) {
        run.epochs = args.epochs;
        run.end = None;
    }
    to.epochs = run.epochs.or(to.epochs);
    if args.keeping.checkpoint_every.is_some() {
        to.keeping.checkpoint_every = args.keeping.checkpoint_every;
    }
    // Another place of the same data: what it holds is checked.
    for (to, given) in [(&mut to.data, &args.data), (&mut to.test, &args.test)] {
        if let Some(given) = given {
            *to = Some(absolute(given));
        }
    }
    to.out = None;
    to.overwrite = false;
    to.keeping.resume = Some(go_to(&run.started_in(), folder));
    to.keeping.run = Some(Box::new(run));
    resumed.threads = cli.threads.or(resumed.threads);
    resumed.verbose = cli.verbose;
    resumed.strict |= cli.strict;
    Ok(resumed)
}

/// The run in a folder: as its `run.json` tells, or else its checkpoint.
fn find(folder: &Path) -> Outcome<RunFile> {
    let files = [CHECKPOINT, CHECKPOINT_BEFORE].map(|name| folder.join(name));
    let described =
        RunFile::read(folder).map_err(|failure| match files.iter().any(|file| file.exists()) {
            true => failure.and("without the file, the run goes on from its checkpoint"),
            false => failure,
        });
    if let Some(run) = described? {
        return Ok(run);
    }
    let there = files.iter().filter(|path| path.exists());
    let mut runs = there.map(|path| Ok(saved(path, &ModelFile::open(path)?)?.run));
    if let Some(first) = runs.next() {
        return first.or_else(|failure| runs.next().unwrap_or(Err(failure)));
    }
    Err(Failure::usage(format!(
        "{}: {}",
        folder.display(),
        if folder.is_dir() {
            format!("holds no run to go on with (there is neither {RUN_FILE} nor {CHECKPOINT})")
        } else {
            "is no folder, expected that of a run".to_owned()
        }
    )))
}

/// Makes the folder in which the run was started the current one, so that the paths of its options
/// mean what they meant, and gives the run's folder as seen from there.
fn go_to(started: &Path, folder: PathBuf) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    if here == started {
        return folder;
    }
    let folder = absolute(&folder);
    // A folder that is gone was moved, most likely with everything in it, to where we are.
    std::env::set_current_dir(started).ok();
    folder
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// The options that a run was started with: each argument's name and its values as they were
/// written, without those that change nothing of what is computed.
pub(crate) fn started_with(run: &RunFile) -> Outcome<Vec<(String, Option<String>)>> {
    let command = Cli::command();
    let matches = command.clone().try_get_matches_from(run.command_line());
    let matches = matches
        .map_err(|_| Failure::usage("the options that a run was started with cannot be read"))?;
    let Some(train) = matches.subcommand_matches("train") else {
        return Ok(Vec::new());
    };
    let arguments = command.find_subcommand("train").into_iter();
    let arguments = arguments.flat_map(clap::Command::get_arguments);
    let silent = |id: &str| {
        [
            "resume",
            "out",
            "overwrite",
            "checkpoint_every",
            "trace_hashes",
        ]
        .contains(&id)
            || ["threads", "workers", "verbose", "strict", "help", "version"].contains(&id)
    };
    Ok(arguments
        .filter(|argument| !silent(argument.get_id().as_str()))
        .map(|argument| {
            let id = argument.get_id().as_str();
            let words = match (id, run.epochs) {
                ("epochs", Some(epochs)) => epochs.to_string(),
                _ => words(train, id),
            };
            (name(argument), (!words.is_empty()).then_some(words))
        })
        .collect())
}

/// What may be said anew: it does not change what is computed, or is checked by itself.
const FREE: [&str; 9] = [
    "resume",
    "epochs",
    "checkpoint_every",
    "data",
    "test",
    "workers",
    "threads",
    "verbose",
    "strict",
];

/// Fails if an option is given that the run was started otherwise with.
fn refuse_contradictions(
    command: &clap::Command,
    given: &ArgMatches,
    started: &ArgMatches,
) -> Outcome {
    let train = |matches: &ArgMatches| matches.subcommand_matches("train").cloned();
    let (Some(given), Some(started)) = (train(given), train(started)) else {
        return Ok(());
    };
    let arguments = command.find_subcommand("train");
    let arguments = arguments.into_iter().flat_map(clap::Command::get_arguments);
    for argument in arguments.filter(|argument| !FREE.contains(&argument.get_id().as_str())) {
        let id = argument.get_id().as_str();
        if !matches!(given.try_contains_id(id), Ok(true))
            || given.value_source(id) != Some(ValueSource::CommandLine)
        {
            continue;
        }
        let (is, was) = (words(&given, id), words(&started, id));
        if is != was {
            let was = match was.as_str() {
                "" | "false" => "was started without it".to_owned(),
                was => format!("was started with {was}"),
            };
            let is = if is == "true" { "given".to_owned() } else { is };
            return Err(Failure::usage(format!(
                "{} is {is}, but the run {was}; leave it out to go on, or start a new run",
                name(argument)
            )));
        }
    }
    Ok(())
}

/// An argument as the help names it.
fn name(argument: &Arg) -> String {
    match argument.get_long() {
        Some(long) => format!("--{long}"),
        None => argument.get_id().as_str().to_ascii_uppercase(),
    }
}

/// The values of an argument as they were written.
fn words(matches: &ArgMatches, id: &str) -> String {
    let raw = matches.try_get_raw(id).ok().flatten();
    raw.into_iter()
        .flatten()
        .map(|word| word.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(",")
}
