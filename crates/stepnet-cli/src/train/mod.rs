//! `stepnet train`: from images to a run folder.

mod about;
mod audit;
mod end;
mod every;
mod expand;
mod keep;
mod keeper;
mod plan;
mod resume;
mod run_file;
mod session;
mod start;
mod tell;
mod trace;
mod watch;

use std::path::Path;
use std::time::Instant;

use stepnet::Number;
use stepnet::nn::Model;
use stepnet::train::Trainer;
use stepnet::train::settings::{Dtype, Settings};

use crate::args::TrainArgs;
use crate::failure::{Failure, Outcome};
use crate::inspect::print_network;
use crate::interrupt::{self, Interrupt};
use crate::material::{Material, describe_tested};
use crate::note;
use crate::output;
use crate::progress::{Display, print_sentence};
use crate::run_folder::{self, RunFolder};
use crate::usage::count;
use crate::wording::given_as;

pub(crate) use expand::{expand, started_with};
pub(crate) use keep::KeepArgs;
pub(crate) use run_file::{RUN_FILE, RunFile, SETTINGS_FILE};
pub(crate) use start::{build, check_model, gather, load_start};
pub(crate) use trace::{Line, Lines};
use watch::Watch;
pub(crate) use watch::WatchArgs;

use about::About;
use every::Clock;
use keeper::{Keeper, Times};
use resume::Resumed;
use session::Session;

pub(crate) fn run(args: &TrainArgs) -> Outcome {
    match args.settings().network.dtype {
        Dtype::F32 => train::<f32>(args),
        Dtype::F64 => train::<f64>(args),
    }
}

fn train<T: Number>(args: &TrainArgs) -> Outcome {
    let settings = args.settings();
    let resumed = match (&args.keeping.resume, &args.keeping.run) {
        (Some(path), Some(run)) if run.end.as_ref().is_some_and(|end| end.finished) => {
            return say_finished(path, run);
        }
        (Some(path), Some(run)) => Some(Resumed::<T>::open(path, run)?),
        _ => None,
    };
    check_folders(args, resumed.is_some())?;
    settings.check()?;
    let from = started_from(settings, resumed.as_ref())?;
    check_model::<T>(settings, from.as_ref())?;
    let mut material = gather(settings, from.as_ref())?;
    material.facts.iter().for_each(|fact| print_sentence(fact));
    audit::data(settings, &material, from.as_ref());
    let mut run = description(settings, resumed.as_ref(), from.as_ref(), &material)?;
    say_missing(&run)?;
    describe_tested(&mut material.origin, run.test.as_ref());
    Watch::<T>::check(&settings.training, material.test.is_some())?;
    let options = settings.train_options(&material.train)?;
    let network = build(settings, from.as_ref(), &material, &options)?;
    print_network(&network);
    if let Some(advice) = network.closing_advice() {
        note::note(&advice.to_string());
    }
    audit::start(settings, &material, from.as_ref())?;
    note::check(Failure::usage)?;
    run.notes = note::all();
    let done = resumed.as_ref().map_or(0, Resumed::epochs_done);
    let epochs = options.epochs.saturating_sub(done);
    let plan = plan::announced(&network, &options, &material, epochs)?;
    let trainer = Trainer::new(
        network,
        material.preprocessing.clone(),
        options.clone(),
        material.train.len(),
    )?;
    let steps = trainer.steps(material.train.len());
    start::announce(&options, steps);
    plan.iter().for_each(|line| print_sentence(line));
    // Until here there is no training that a signal could lose.
    let stop = Interrupt::hold();
    let session = Session {
        about: About {
            material: &material,
            options: &options,
            settings,
        },
        good: None,
        folder: match &resumed {
            Some(resumed) => {
                RunFolder::resume(&resumed.path, resumed.records(), resumed.replaces())?
            }
            None => RunFolder::create(args.out.as_deref(), &material.name, args.overwrite)?,
        },
        keeper: Keeper::new(Clock::new(args.keeping.checkpoint_every), run, None),
        trace: None,
        watch: Watch::none(),
        trainer,
        display: Display::new(options.epochs, steps),
        stop,
        start: Instant::now(),
        before: Times::default(),
    };
    session.begin(args, resumed)?.run()?;
    interrupt::outcome()
}

/// Refuses at once, before data is read, folders that cannot be written to.
fn check_folders(args: &TrainArgs, resumes: bool) -> Outcome {
    let settings = args.settings();
    let source = &settings.source;
    let data = [source.data.as_deref(), source.test.as_deref()];
    if let Some(Some(folder)) = &args.watching.tensorboard {
        RunFolder::check_apart("--tensorboard", folder, data)?;
        run_folder::check_place(folder)?;
    }
    if args.out.is_none() && !resumes {
        let runs = Path::new(run_folder::RUNS);
        RunFolder::check_apart("without --out", runs, data)?;
        run_folder::check_place(runs)?;
    }
    if let Some(out) = &args.out {
        RunFolder::check_apart("--out", out, data)?;
        RunFolder::check(out, args.overwrite)?;
        let inputs = output::inputs([
            args.settings_file.as_deref(),
            source.data.as_deref(),
            source.test.as_deref(),
            settings.network.from.as_deref(),
            settings.reading.labels.as_deref(),
        ]);
        RunFolder::check_inputs(out, inputs)?;
    }
    Ok(())
}

/// The model that a run starts from: what it started from may be gone, but a checkpoint has all that
/// is needed of it.
fn started_from<T: Number>(
    settings: &Settings,
    resumed: Option<&Resumed<T>>,
) -> Outcome<Option<Model<T>>> {
    let kept = resumed.and_then(|resumed| resumed.kept.as_ref());
    match (&settings.network.from, kept) {
        (None, _) => Ok(None),
        (Some(_), Some((checkpoint, _))) => Ok(Some(checkpoint.model.clone())),
        (Some(path), None) => load_start(path).map(Some),
    }
}

/// What the run is known by: its own description where it goes on, which the data and the model it
/// starts from must agree with.
fn description<T: Number>(
    settings: &Settings,
    resumed: Option<&Resumed<T>>,
    from: Option<&Model<T>>,
    material: &Material,
) -> Outcome<RunFile> {
    let from_file = &settings.network.from;
    let hash = from_file
        .as_ref()
        .and(from)
        .map(|model| model.network.hash());
    let Some(resumed) = resumed else {
        return RunFile::new(settings, material, hash);
    };
    resumed.run.check_data(material)?;
    if resumed.kept.is_none() && hash != resumed.run.from {
        return Err(Failure::usage(
            "the model of --from is not the one that the run was started with; start a new run",
        ));
    }
    let mut run = resumed.run.clone();
    run.replacing = false;
    Ok(run)
}

/// Notes which settings the run's settings file cannot hold.
fn say_missing(run: &RunFile) -> Outcome {
    for setting in run
        .settings_file()?
        .into_iter()
        .flat_map(|file| file.missing)
    {
        print_sentence(&format!(
            "{SETTINGS_FILE} cannot hold the path of {0}, which is not UTF-8: give {0} on the command line to repeat the run from it",
            given_as(setting)
        ));
    }
    Ok(())
}

/// The message for a run that has nothing left to do.
fn say_finished(path: &Path, run: &RunFile) -> Outcome {
    if let Some(end) = &run.end {
        print_sentence(&format!(
            "{}: has finished its {}, with weights {}; a larger --epochs continues the training",
            path.display(),
            count(end.epochs, "epoch"),
            end.weights.short()
        ));
    }
    Ok(())
}
