//! `stepnet train`: from pictures to a run folder.

mod interrupt;
mod session;
mod start;

use std::time::Instant;

use stepnet::Element;
use stepnet::nn::Registry;
use stepnet::nn::notation::{parse_or_preset, presets};
use stepnet::train::Trainer;

use crate::args::{Dtype, TrainArgs};
use crate::failure::{Failure, Outcome};
use crate::inspect::print_network;
use crate::material::Material;
use crate::progress::{Display, print_line};
use crate::run_folder::RunFolder;
use crate::usage::count;

use interrupt::Interrupt;
use session::Session;
use start::{build, load_start, model_text, options};

pub(crate) fn run(args: &TrainArgs) -> Outcome {
    match args.dtype {
        Dtype::F32 => train::<f32>(args),
        Dtype::F64 => train::<f64>(args),
    }
}

fn train<T: Element>(args: &TrainArgs) -> Outcome {
    // What can be refused at once is, before data is read for it.
    if let Some(out) = &args.out {
        RunFolder::check(out, args.overwrite)?;
    }
    (args.loading).check(args.no_shuffle, args.loss.class_weights.is_some())?;
    let from = args.from.as_deref().map(load_start::<T>).transpose()?;
    if let (None, Some(text)) = (&from, &args.model) {
        parse_or_preset(text, Registry::<T>::builtin().kinds())
            .map_err(|error| Failure::from(stepnet::Error::from(error)).context("--model"))?;
    }
    let stop = Interrupt::watch()?;
    let preset = from
        .is_none()
        .then(|| presets::find(model_text(args)))
        .flatten();
    let asked_preset = preset.filter(|_| args.model.is_some());
    let preset_input = asked_preset.and_then(|preset| preset.input);
    let material = Material::gather(
        args,
        from.as_ref().map(|model| &model.preprocessing),
        preset_input,
    )?;
    material.notes.iter().for_each(|note| print_line(note));
    if let Some(remark) = args.loading.remark(&material.train) {
        print_line(&remark);
    }
    let network = build(args, from.as_ref(), &material)?;
    print_network(&network);
    if let Some(advice) = network.closing_advice() {
        print_line(&format!("note: {advice}"));
    }
    let mut options = options(args, material.train.classes())?;
    if let Some(weights) = args.loading.weights(&material.train) {
        options.class_weights = Some(weights);
    }
    let steps = material
        .train
        .len()
        .div_ceil(options.batch.examples(material.train.len()));
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
    if !options.augmentation.is_empty() {
        print_line(&format!(
            "training pictures are altered: {}",
            options.augmentation
        ));
    }
    let trainer = Trainer::new(
        network,
        material.preprocessing.clone(),
        options.clone(),
        material.train.len(),
    )?;
    let folder = RunFolder::create(args.out.as_deref(), &material.name, args.overwrite)?;
    let display = Display::new(options.epochs, steps);
    let session = Session {
        good: None,
        material: &material,
        options: &options,
        trainer,
        folder,
        display,
        stop,
        start: Instant::now(),
    };
    session.run()
}
