//! `stepnet train`: from pictures to a run folder.

mod about;
mod every;
mod interrupt;
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

use stepnet::Element;
use stepnet::train::Trainer;

use crate::args::{Dtype, TrainArgs};
use crate::failure::{Failure, Outcome};
use crate::inspect::print_network;
use crate::progress::{Display, print_line};
use crate::run_folder::{RunFolder, TRACE};
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
use interrupt::Interrupt;
use keeper::{Keeper, Times};
use resume::Resumed;
use session::Session;
use trace::Trace;

pub(crate) fn run(args: &TrainArgs) -> Outcome {
    match args.dtype {
        Dtype::F32 => train::<f32>(args),
        Dtype::F64 => train::<f64>(args),
    }
}

fn train<T: Element>(args: &TrainArgs) -> Outcome {
    let resumed = match (&args.keeping.resume, &args.keeping.run) {
        (Some(path), Some(run)) if run.end.as_ref().is_some_and(|end| end.finished) => {
            return say_finished(path, run);
        }
        (Some(path), Some(run)) => Some(Resumed::<T>::open(path, run)?),
        _ => None,
    };
    // What can be refused at once is, before data is read for it.
    if let Some(out) = &args.out {
        RunFolder::check(out, args.overwrite)?;
    }
    (args.loading).check(args.no_shuffle, args.loss.class_weights.is_some())?;
    let kept = resumed.as_ref().and_then(|resumed| resumed.kept.as_ref());
    // What the run started from may be gone; a checkpoint has all that is needed of it.
    let from = match (kept, &args.from) {
        (Some((checkpoint, _)), Some(_)) => Some(checkpoint.model.clone()),
        (None, Some(path)) => Some(load_start::<T>(path)?),
        (_, None) => None,
    };
    check_model::<T>(args, from.as_ref())?;
    let stop = Interrupt::watch()?;
    let material = gather(args, from.as_ref())?;
    material.notes.iter().for_each(|note| print_line(note));
    if let Some(remark) = args.loading.remark(&material.train) {
        print_line(&remark);
    }
    let from_hash = args
        .from
        .as_ref()
        .and(from.as_ref())
        .map(|model| model.network.hash());
    let run = match &resumed {
        Some(resumed) => {
            resumed.run.check_data(&material)?;
            if kept.is_none() && from_hash != resumed.run.from {
                return Err(Failure::usage(
                    "the model of --from is not the one that the run was started with; start a new run",
                ));
            }
            resumed.run.clone()
        }
        None => RunFile::new(&material, from_hash)?,
    };
    Watch::<T>::check(&args.watching, material.test.is_some())?;
    let network = build(args, from.as_ref(), &material)?;
    print_network(&network);
    if let Some(advice) = network.closing_advice() {
        print_line(&format!("note: {advice}"));
    }
    let options = options(args, &material.train)?;
    let position = kept.map(|(checkpoint, _)| checkpoint.position);
    let done = position.map_or(0, |position| position.epoch);
    let epochs = options.epochs.saturating_sub(done);
    let plan = plan::announced(&network, &options, &material, epochs)?;
    let trainer = Trainer::new(
        network,
        material.preprocessing.clone(),
        options.clone(),
        material.train.len(),
    )?;
    let steps = trainer.steps(material.train.len());
    print_line(&format!(
        "training on {} of {}: {} of {}, {} at {}, {} schedule, seed {}",
        count(material.train.len(), "example"),
        count(material.train.classes().len(), "class"),
        count(options.epochs, "epoch"),
        count(steps, "step"),
        options.rule,
        options.learning_rate,
        options.schedule,
        options.seed,
    ));
    if let Some(remark) = start::remark(&options) {
        print_line(&remark);
    }
    if !options.augmentation.is_empty() {
        print_line(&format!(
            "training pictures are altered: {}",
            options.augmentation
        ));
    }
    print_line(&plan);
    let about = About {
        material: &material,
        options: &options,
    };
    let mut session = Session {
        about,
        good: None,
        folder: match &resumed {
            Some(resumed) => RunFolder::resume(&resumed.path, resumed.records())?,
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
    let described = resumed.as_ref().is_some_and(Resumed::is_described);
    if let Some(resumed) = resumed {
        session.take_up(resumed)?;
    }
    if described {
        // What there is says enough: a full disk is no reason not to go on.
        let written = session.keeper.begin(&mut session.folder);
        session.keeper.tell(written, RUN_FILE, &session.display);
    // An earlier run stays whole until there is something in its place; a trace is.
    } else if !session.folder.replaces() || args.keeping.trace_hashes.is_some() {
        session.keeper.begin(&mut session.folder)?;
    }
    if let Some(traced) = args.keeping.trace_hashes {
        let path = session.folder.path().join(TRACE);
        let updates = session.trainer.learner().updates();
        session.trace = Some(Trace::open(path, traced, updates)?);
    }
    session.watch = Watch::begin(
        &args.watching,
        session.folder.path(),
        material.test.is_some(),
        session.folder.records(),
    )?;
    session.run()
}

/// What is said of a run that has nothing left to do.
fn say_finished(path: &Path, run: &RunFile) -> Outcome {
    if let Some(end) = &run.end {
        print_line(&format!(
            "{}: has finished its {}, with weights {}; --epochs and a larger number trains on",
            path.display(),
            count(end.epochs, "epoch"),
            end.weights.short()
        ));
    }
    Ok(())
}
