//! Expands a command line with the settings of a file, or of the run that it resumes.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches};
use stepnet::train::run::{RunDescription, files, find};
use stepnet::train::settings::{Setting, Settings};

use crate::args::{Cli, Command};
use crate::command_line;
use crate::failure::{Failure, Outcome};
use crate::table_args::shown;
use crate::train::TrainArgs;
use crate::wording::given_as;

/// A command line with the settings of the file that it names, or of the run that it resumes.
pub(crate) fn expand(mut cli: Cli) -> Outcome<Cli> {
    let args = match &mut cli.command {
        Command::Train(args) => args,
        Command::FindLr(args) => &mut args.train,
        Command::Plan(args) => &mut args.train,
        _ => return Ok(cli),
    };
    if let Some(path) = args.settings_file.clone() {
        args.given.read_file(&path)?;
    }
    match &cli.command {
        Command::Train(args) => match &args.keeping.resume {
            Some(folder) => go_on(&cli, args, folder.clone()),
            None => Ok(cli),
        },
        _ => Ok(cli),
    }
}

/// The command line of `train --resume FOLDER`: the run's own, with the options that may be changed.
fn go_on(cli: &Cli, args: &TrainArgs, folder: PathBuf) -> Outcome<Cli> {
    let mut run = find(&folder)?;
    if run.is_of_program() {
        return Err(Failure::usage(format!(
            "{}: a program started this run, with examples that only it has; resume it there",
            folder.display()
        )));
    }
    let mut resumed = parsed(&run, &folder)?;
    let Command::Train(to) = &mut resumed.command else {
        return Err(Failure::usage(format!(
            "{}: does not describe a run of stepnet train",
            folder.join(files::DESCRIPTION).display()
        )));
    };
    refuse_other_settings(args, &to.given.settings)?;
    refuse_other_options(&run)?;

    let given = &args.given;
    let settings = &mut to.given.settings;
    for setting in given.names().iter().filter(|setting| !setting.results) {
        if let Some(value) = setting.get(&given.settings) {
            setting.set(settings, &value)?;
        }
    }
    let epochs = given.settings.training.epochs;
    if epochs.is_some() && epochs != settings.training.epochs {
        run.epochs = epochs;
        run.end = None;
        settings.training.epochs = epochs;
    }
    // Another place of the same data: what it holds is checked.
    let (to_source, source) = (&mut settings.source, &given.settings.source);
    for (to, given) in [
        (&mut to_source.data, &source.data),
        (&mut to_source.test, &source.test),
    ] {
        if let Some(given) = given {
            *to = Some(absolute(given));
        }
    }
    to.out = None;
    to.overwrite = false;
    to.settings_file = None;
    to.keeping.resume = Some(go_to(&run.started_in(), folder));
    to.keeping.run = Some(Box::new(run));
    resumed.threads = cli.threads.or(resumed.threads);
    resumed.isa = cli.isa.clone().or(resumed.isa);
    resumed.verbose = cli.verbose;
    resumed.strict |= cli.strict;
    Ok(resumed)
}

/// What a run was started with: the command line, and the settings as they were then.
fn parsed(run: &RunDescription, folder: &Path) -> Outcome<Cli> {
    let wrong = |error: clap::Error| {
        let said = error.render().to_string();
        let line = said.lines().next().unwrap_or_default();
        Failure::usage(format!(
            "{}: the options that the run was started with cannot be read: {}",
            folder.join(files::DESCRIPTION).display(),
            line.trim_start_matches("error: ")
        ))
    };
    let matches = Cli::command().try_get_matches_from(run.command_line());
    let mut cli = matches
        .and_then(|matches| Cli::from_arg_matches(&matches))
        .map_err(wrong)?;
    if let Command::Train(args) = &mut cli.command {
        match run.settings()? {
            Some(settings) => args.given.settings = settings,
            // Made by an older version, whose command line says all.
            None => {
                let training = &mut args.given.settings.training;
                training.epochs = run.epochs.or(training.epochs);
            }
        }
    }
    Ok(cli)
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

/// The settings that a run was started with, without those that change nothing of what is computed: how each is given,
/// and its value as it is written on a command line.
pub(crate) fn started_with(run: &RunDescription) -> Outcome<Vec<(String, Option<String>)>> {
    let cli = parsed(run, Path::new(""))?;
    let Command::Train(args) = &cli.command else {
        return Ok(Vec::new());
    };
    let table = Settings::table().filter(|setting| setting.results);
    Ok(table
        .map(|setting| (given_as(&setting), shown(&setting, args.settings())))
        .collect())
}

/// Settings that may be changed when a run is resumed although they change its results: the contents of the data are
/// compared, and the learning rates so far.
const ANEW: [&str; 3] = ["data", "epochs", "test"];

/// Fails if a setting is given that differs from the one that the run was started with.
fn refuse_other_settings(args: &TrainArgs, started: &Settings) -> Outcome {
    let compared = |setting: &&Setting| setting.results && !ANEW.contains(&setting.name);
    for setting in args.given.names().iter().filter(compared) {
        let (is, was) = (shown(setting, args.settings()), shown(setting, started));
        if is != was {
            return Err(other(&given_as(setting), is, was));
        }
    }
    Ok(())
}

/// Options of the command itself that may be changed.
const FREE: [&str; 5] = ["resume", "threads", "isa", "verbose", "strict"];

/// Fails if an option of the command itself is given that differs from the one that the run was started with.
fn refuse_other_options(run: &RunDescription) -> Outcome {
    let command = Cli::command();
    let train = |words: Vec<OsString>| {
        let matches = command.clone().try_get_matches_from(words).ok()?;
        matches.subcommand_matches("train").cloned()
    };
    let (given, started) = (
        train(command_line::words().to_vec()),
        train(run.command_line()),
    );
    let (Some(given), Some(started)) = (given, started) else {
        return Ok(());
    };
    let arguments = command.find_subcommand("train");
    for argument in arguments.into_iter().flat_map(clap::Command::get_arguments) {
        let id = argument.get_id().as_str();
        let own = Settings::named(id).is_err() && !FREE.contains(&id);
        if !own || given.value_source(id) != Some(ValueSource::CommandLine) {
            continue;
        }
        let (is, was) = (words(&given, id), words(&started, id));
        if is != was {
            return Err(other(
                &format!("--{}", argument.get_long().unwrap_or(id)),
                is,
                was,
            ));
        }
    }
    Ok(())
}

/// The refusal of an option that differs from the one that the run was started with.
fn other(option: &str, is: Option<String>, was: Option<String>) -> Failure {
    let was = match was.as_deref() {
        None | Some("" | "false") => "was started without it".to_owned(),
        Some(was) => format!("was started with {was}"),
    };
    let is = match is.as_deref() {
        None | Some("true") => "given",
        Some(is) => is,
    };
    Failure::usage(format!(
        "{option} is {is}, but the run {was}; leave it out to resume, or start a new run"
    ))
}

/// The values of an argument as they were written.
fn words(matches: &ArgMatches, id: &str) -> Option<String> {
    let raw = matches.try_get_raw(id).ok().flatten()?;
    let words: Vec<_> = raw
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    Some(words.join(","))
}
