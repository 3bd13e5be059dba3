//! `stepnet train`: from pictures to a run folder.

mod about;
mod audit;
mod end;
mod every;
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

use crate::args::{Dtype, TrainArgs};
use crate::failure::{Failure, Outcome};
use crate::inspect::print_network;
use crate::interrupt::{self, Interrupt};
use crate::material::{Material, describe_tested};
use crate::note;
use crate::output;
use crate::progress::{Display, print_sentence};
use crate::run_folder::{self, RunFolder};
use crate::usage::count;

pub(crate) use keep::KeepArgs;
pub(crate) use resume::{expand, started_with};
pub(crate) use run_file::{RUN_FILE, RunFile};
pub(crate) use start::{build, check_model, gather, load_start, options};
pub(crate) use trace::{Line, Lines};
use watch::Watch;
pub(crate) use watch::WatchArgs;

use about::About;
use every::Clock;
use keeper::{Keeper, Times};
use resume::Resumed;
use session::Session;

pub(crate) fn run(args: &TrainArgs) -> Outcome {
    match args.dtype {
        Dtype::F32 => train::<f32>(args),
        Dtype::F64 => train::<f64>(args),
    }
}

fn train<T: Number>(args: &TrainArgs) -> Outcome {
    let resumed = match (&args.keeping.resume, &args.keeping.run) {
        (Some(path), Some(run)) if run.end.as_ref().is_some_and(|end| end.finished) => {
            return say_finished(path, run);
        }
        (Some(path), Some(run)) => Some(Resumed::<T>::open(path, run)?),
        _ => None,
    };
    check_folders(args, resumed.is_some())?;
    (args.loading).check(args.no_shuffle, args.loss.class_weights.is_some())?;
    let from = started_from(args, resumed.as_ref())?;
    check_model::<T>(args, from.as_ref())?;
    let mut material = gather(args, from.as_ref())?;
    material.facts.iter().for_each(|fact| print_sentence(fact));
    audit::data(args, &material, from.as_ref());
    let mut run = description(args, resumed.as_ref(), from.as_ref(), &material)?;
    describe_tested(&mut material.origin, run.test.as_ref());
    Watch::<T>::check(&args.watching, material.test.is_some())?;
    let options = options(args, &material.train)?;
    let network = build(args, from.as_ref(), &material, &options)?;
    print_network(&network);
    if let Some(advice) = network.closing_advice() {
        note::note(&advice.to_string());
    }
    audit::start(args, &material, from.as_ref())?;
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
    // Until here nothing was learnt that a signal could make lost.
    let stop = Interrupt::hold();
    let session = Session {
        about: About {
            material: &material,
            options: &options,
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
    let data = [args.data.as_deref(), args.test.as_deref()];
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
            args.data.as_deref(),
            args.test.as_deref(),
            args.from.as_deref(),
            args.source.labels.as_deref(),
        ]);
        RunFolder::check_inputs(out, inputs)?;
    }
    Ok(())
}

/// The model that a run starts from: what it started from may be gone, but a checkpoint has all that
/// is needed of it.
fn started_from<T: Number>(
    args: &TrainArgs,
    resumed: Option<&Resumed<T>>,
) -> Outcome<Option<Model<T>>> {
    let kept = resumed.and_then(|resumed| resumed.kept.as_ref());
    match (&args.from, kept) {
        (None, _) => Ok(None),
        (Some(_), Some((checkpoint, _))) => Ok(Some(checkpoint.model.clone())),
        (Some(path), None) => load_start(path).map(Some),
    }
}

/// What the run is known by: its own description where it goes on, which the data and the model it
/// starts from must agree with.
fn description<T: Number>(
    args: &TrainArgs,
    resumed: Option<&Resumed<T>>,
    from: Option<&Model<T>>,
    material: &Material,
) -> Outcome<RunFile> {
    let hash = args
        .from
        .as_ref()
        .and(from)
        .map(|model| model.network.hash());
    let Some(resumed) = resumed else {
        return RunFile::new(material, hash);
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

/// What is said of a run that has nothing left to do.
fn say_finished(path: &Path, run: &RunFile) -> Outcome {
    if let Some(end) = &run.end {
        print_sentence(&format!(
            "{}: has finished its {}, with weights {}; --epochs and a larger number trains on",
            path.display(),
            count(end.epochs, "epoch"),
            end.weights.short()
        ));
    }
    Ok(())
}
