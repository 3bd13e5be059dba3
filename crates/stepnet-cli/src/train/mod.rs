//! `stepnet train`: from images to a run folder.

mod args;
mod audit;
mod follow;
mod members;
mod places;
mod plan;
mod start;

use std::path::Path;
use std::sync::Arc;

use stepnet::Number;
use stepnet::group::Group;
use stepnet::nn::{Model, Network};
use stepnet::see::Summary;
use stepnet::train::run::{self, Run, RunData, RunDescription, RunEnd, RunOptions, SavedRun};
use stepnet::train::settings::{Dtype, Settings};
use stepnet::train::{Position, TrainOptions, Transfer};
use stepnet_base::text::count;

use crate::command_line;
use crate::failure::{Failure, Outcome};
use crate::group;
use crate::inspect::{print_in_short, print_network};
use crate::interrupt::{self, Interrupt};
use crate::material::{Material, describe_tested};
use crate::note;
use crate::progress::{Display, print_sentence};
use crate::wording::given_as;

pub(crate) use args::{TrainArgs, help};
pub(crate) use start::{build, check_model, gather, load_start};

use follow::Follower;
use members::assist;

pub(crate) fn run(args: &TrainArgs) -> Outcome {
    match args.settings().network.dtype {
        Dtype::F32 => train::<f32>(args),
        Dtype::F64 => train::<f64>(args),
    }
}

fn train<T: Number>(args: &TrainArgs) -> Outcome {
    let group = group::join()?;
    let prepared = group::together(|| prepare::<T>(args, group.as_ref()))?;
    let Some(prepared) = prepared else {
        return Ok(());
    };
    match group.filter(|group| group.rank() > 0) {
        Some(group) => assist(prepared, &*group),
        None => lead(args, prepared),
    }
}

/// What a training begins with.
struct Prepared<T> {
    settings: Settings,
    left: Option<SavedRun<T>>,
    network: Network<T>,
    data: RunData,
    /// The name of the data, for that of the folder.
    name: String,
    keep: RunOptions,
    display: Display,
}

/// Reads the data, builds the network, and checks all that can be checked before there is a folder; nothing where the run
/// has finished. Every process of a group does so.
fn prepare<T: Number>(
    args: &TrainArgs,
    group: Option<&Arc<dyn Group>>,
) -> Outcome<Option<Prepared<T>>> {
    let settings = args.settings();
    let left = match (&args.keeping.resume, &args.keeping.run) {
        (Some(path), Some(run)) if run.end.as_ref().is_some_and(|end| end.finished) => {
            say_finished(path, run);
            return Ok(None);
        }
        (Some(path), Some(run)) => Some(SavedRun::<T>::of(path, (**run).clone())?),
        _ => None,
    };
    if !group::is_quiet() {
        places::check(args, left.is_some())?;
    }
    settings.check()?;
    let from = started_from(settings, left.as_ref())?;
    check_model::<T>(settings, from.as_ref())?;
    let mut material = gather(settings, from.as_ref())?;
    material.facts.iter().for_each(|fact| print_sentence(fact));
    audit::data(settings, &material, from.as_ref());
    let mut settings = match &left {
        // A run goes on as it began.
        Some(_) => settings.clone(),
        None => start::with_transfer(settings, from.as_ref(), &material)?,
    };
    if left.is_none() && group.is_some() {
        settings.training.share_for_group(material.train.len());
    }
    check_stopping(&settings, &material)?;
    let from_hash = settings.network.from.as_ref().and(from.as_ref());
    let from_hash = from_hash.map(|model| model.network.hash());
    if let Some(left) = &left {
        let (train, test) = (&material.train, material.test.as_ref());
        left.description().check_data(left.folder(), train, test)?;
        if left.model().is_none() && from_hash != left.description().from {
            return Err(Failure::usage(
                "the model of --from is not the one that the run was started with; start a new run",
            ));
        }
    }
    say_missing(&settings);
    describe_tested(&mut material)?;
    let options = settings.train_options(&material.train)?;
    let network = build(&settings, from.as_ref(), &mut material, &options)?;
    print_start(&network, &settings, &options)?;
    let by_class = material.preprocessing.task.is_classes();
    if let Some(advice) = network.closing_advice().filter(|_| by_class) {
        note::note(&advice.to_string());
    }
    audit::start(&settings, &material, from.as_ref())?;
    start::announce_transfer(&settings, &options);
    note::check(Failure::usage)?;
    let done = left.as_ref().map_or(0, SavedRun::epochs_done);
    let epochs = options.epochs.saturating_sub(done);
    let several = group.is_some_and(|group| group.size() > 1);
    let plan = plan::announced(&network, &options, &material, epochs, several)?;
    let examples = material.train.len();
    let steps = examples.div_ceil(options.batch.examples(examples));
    start::announce(&options, steps);
    plan.iter().for_each(|line| print_sentence(line));
    Ok(Some(Prepared {
        keep: kept(args).from(from_hash).group(group.cloned()),
        display: Display::new(options.epochs, steps, by_class),
        name: material.name.clone(),
        data: material.into_run_data(),
        settings,
        left,
        network,
    }))
}

/// Trains, as the only process or the first of a group.
fn lead<T: Number>(args: &TrainArgs, prepared: Prepared<T>) -> Outcome {
    let Prepared {
        settings,
        left,
        network,
        data,
        name,
        keep,
        display,
    } = prepared;
    // Until here there is no training that a signal could lose.
    let stop = Interrupt::hold();
    let position = left.as_ref().and_then(SavedRun::position);
    let in_epoch = position.map_or(0, |position| position.scores.examples);
    let mut follower = Follower::new(display, stop, data.test_name, in_epoch);
    let group = keep.group.clone();
    let mut run = match left {
        Some(left) => resume(left, network, data, (&settings, keep), &mut follower)?,
        None => {
            let folder = args
                .out
                .clone()
                .map_or_else(|| run::next_folder(&name), Ok)?;
            Run::create(&folder, network, data, &settings, keep)?
        }
    };
    members::tell_folder(group.as_deref(), run.folder())?;
    let ended = run.fit(&mut follower);
    follower.display.finish();
    let ended = ended?;
    group::settle();
    say_end(&run, &ended, &follower);
    note::check(Failure::running)?;
    interrupt::outcome_of(ended.stopped.as_deref())
}

/// Networks of `--from` with more layers are shown in one line.
const LAYERS_SHOWN: usize = 40;

/// Shows the network before its training.
fn print_start<T: Number>(
    network: &Network<T>,
    settings: &Settings,
    options: &TrainOptions,
) -> Outcome {
    let from = settings.network.from.as_ref();
    let Some(from) = from.filter(|_| network.nodes().len() > LAYERS_SHOWN) else {
        print_network(network);
        return Ok(());
    };
    let trained = match options.transfer {
        Transfer::Head => network.nodes()[network.last_linear()?].range().len(),
        _ => Summary::of(network).trainable,
    };
    print_in_short(network, from, trained);
    Ok(())
}

/// What a run keeps, and how it was started.
fn kept(args: &TrainArgs) -> RunOptions {
    RunOptions::default()
        .overwrite(args.overwrite)
        .arguments(command_line::arguments().to_vec())
        .notes(note::all())
}

/// Goes on with a run, and says where.
fn resume<T: Number>(
    left: SavedRun<T>,
    network: Network<T>,
    data: RunData,
    (settings, keep): (&Settings, RunOptions),
    follower: &mut Follower,
) -> Outcome<Run<T>> {
    check_machine(&left)?;
    let (folder, position) = (left.folder().to_owned(), left.position());
    let run = Run::resume_with(left, network, data, settings, keep, follower)?;
    say_resumed(&folder, position);
    Ok(run)
}

/// Early stopping is impossible without test data: no improvement can be seen.
fn check_stopping(settings: &Settings, material: &Material) -> Outcome {
    match (settings.training.early_stop, &material.test) {
        (Some(_), None) => Err(Failure::usage(
            "--early-stop needs test data to see when nothing improves; give --test, or a --hold-out above 0",
        )),
        _ => Ok(()),
    }
}

/// The model that a run starts from: what it started from may be gone, but a checkpoint has all that
/// is needed of it.
fn started_from<T: Number>(
    settings: &Settings,
    left: Option<&SavedRun<T>>,
) -> Outcome<Option<Model<T>>> {
    match (&settings.network.from, left.and_then(SavedRun::model)) {
        (None, _) => Ok(None),
        (Some(_), Some(model)) => Ok(Some(model.clone())),
        (Some(path), None) => load_start(path).map(Some),
    }
}

/// Says which settings the run's settings file cannot hold.
fn say_missing(settings: &Settings) {
    for setting in settings.to_file("", Path::new("")).missing {
        print_sentence(&format!(
            "{} cannot hold the path of {1}, which is not UTF-8: give {1} on the command line to repeat the run from it",
            run::files::SETTINGS,
            given_as(setting)
        ));
    }
}

/// The message for a run that has nothing left to do.
fn say_finished(path: &Path, run: &RunDescription) {
    if let Some(end) = &run.end {
        print_sentence(&format!(
            "{}: has finished its {}, with weights {}; a larger --epochs continues the training",
            path.display(),
            count(end.epochs, "epoch"),
            end.weights.short()
        ));
    }
}

/// Notes that a run's weights may differ from those of one that was never stopped.
fn check_machine<T: Number>(left: &SavedRun<T>) -> Outcome {
    if let Some(other) = left.description().other_machine() {
        note::note(&other);
    }
    note::check(Failure::usage)
}

/// Says where a run goes on.
fn say_resumed(folder: &Path, position: Option<Position>) {
    let path = folder.display();
    match position {
        Some(position) => print_sentence(&format!("{path}: resuming {position}")),
        None => print_sentence(&format!(
            "{path}: has no checkpoint yet, so the run starts from the beginning"
        )),
    }
}

/// The last lines of a run.
fn say_end<T: Number>(run: &Run<T>, end: &RunEnd, follower: &Follower) {
    let folder = run.folder().display();
    let by = follower.stop.by().or(end.stopped.as_deref());
    let Some(model) = &end.model else {
        let next = match run.replaces() {
            true => format!("the earlier run in {folder} is unchanged"),
            false => format!("stepnet train --resume {folder} starts from the beginning"),
        };
        let by = by.unwrap_or_default();
        return print_sentence(&format!("stopped by {by} before the first step; {next}"));
    };
    if let Some(by) = by {
        print_sentence(&format!(
            "stopped by {by}; the training so far is saved, and stepnet train --resume {folder} continues it"
        ));
    }
    print_sentence(&format!(
        "weights {} (the beginning of their SHA-256)",
        end.weights.short()
    ));
    if let Some(kept) = &end.kept {
        print_sentence(kept);
    }
    let test = match end.test {
        Some(measure) => format!("{} {measure}, ", follower.test_name.replace(' ', "-")),
        None => String::new(),
    };
    print_sentence(&format!(
        "{test}{:.1} s, model in {}",
        end.seconds,
        model.display()
    ));
    print_sentence(&format!("report: {}", run.report().display()));
}
