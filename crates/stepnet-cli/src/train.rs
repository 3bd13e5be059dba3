//! `stepnet train`: from pictures to a run folder.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use serde_json::json;
use stepnet::Element;
use stepnet::data::Dataset;
use stepnet::nn::notation::{parse_or_preset, presets};
use stepnet::nn::{Init, Model, Network, Registry};
use stepnet::rng::RandomState;
use stepnet::train::{EpochEnd, Evaluation, TrainOptions, Trainer, evaluate, transfer};

use crate::args::{Dtype, TrainArgs};
use crate::failure::{Failure, Outcome};
use crate::inspect::print_network;
use crate::material::Material;
use crate::progress::{Display, print_line};
use crate::run_folder::{EpochRecord, RunFolder};
use crate::usage::count;

/// The networks and the number of epochs where the user names none.
const DIGITS_MODEL: &str = "digits-cnn";
const USUAL_MODEL: &str = "small-cnn";
const DIGITS_EPOCHS: usize = 25;
const USUAL_EPOCHS: usize = 10;

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
    let from = args.from.as_deref().map(load_start::<T>).transpose()?;
    if let (None, Some(text)) = (&from, &args.model) {
        parse_or_preset(text, Registry::<T>::builtin().kinds())
            .map_err(|error| Failure::from(stepnet::Error::from(error)).context("--model"))?;
    }
    let stop = stop_on_ctrl_c()?;
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
    let network = build(args, from.as_ref(), &material)?;
    print_network(&network);
    if let Some(advice) = network.closing_advice() {
        print_line(&format!("note: {advice}"));
    }
    let options = options(args);
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

/// A run under way.
struct Session<'a, T> {
    material: &'a Material,
    options: &'a TrainOptions,
    trainer: Trainer<T>,
    /// The weights after the last epoch that ended well.
    good: Option<Network<T>>,
    folder: RunFolder,
    display: Display,
    stop: Arc<AtomicUsize>,
    start: Instant,
}

impl<T: Element> Session<'_, T> {
    fn run(mut self) -> Outcome {
        let mut seen = 0;
        for _ in 0..self.options.epochs {
            let end = match self.epoch(&mut seen) {
                Ok(end) => end,
                Err(failure) => {
                    self.display.finish();
                    return Err(self.rescue(failure)?);
                }
            };
            if end.interrupted {
                break;
            }
        }
        self.display.finish();
        self.finish()
    }

    /// Keeps the weights from before training failed, and adds to the failure where they are.
    ///
    /// The weights of now are not among them: they gave the loss that is not finite.
    fn rescue(&self, failure: Failure) -> Outcome<Failure> {
        let Some(good) = &self.good else {
            self.folder.discard();
            return Ok(failure.and("nothing was learnt before, so no model is written"));
        };
        let epochs = self.folder.records().len();
        self.save(good, self.folder.records().last())?;
        self.folder.draw_curves(self.material.test_name)?;
        Ok(failure.and(&format!(
            "the weights after epoch {epochs} are kept in {}",
            self.folder.path().display()
        )))
    }

    /// Fails if the last update of an epoch has spoiled the weights.
    fn check(&self, test: Option<&Evaluation>) -> Outcome {
        let network = self.trainer.network();
        let sound = network.parameters().iter().all(|value| value.is_finite());
        if sound && test.is_none_or(|test| test.scores.mean_loss().is_finite()) {
            return Ok(());
        }
        let (what, rate) = (
            if sound {
                "the loss on the test data"
            } else {
                "a weight"
            },
            self.options.learning_rate,
        );
        Err(Failure::running(format!(
            "{what} is no longer finite at the end of epoch {}; a lower learning rate than {rate:?} or another initialisation may help",
            self.folder.records().len() + 1
        )))
    }

    fn epoch(&mut self, seen: &mut usize) -> Outcome<EpochEnd> {
        let start = Instant::now();
        let (display, stop) = (&self.display, &self.stop);
        let before = *seen;
        let end = self.trainer.epoch(&self.material.train, |progress| {
            *seen = before + progress.scores.examples;
            display.step(progress, *seen);
            if stop.load(Ordering::Relaxed) > 0 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })?;
        let seconds = start.elapsed().as_secs_f64();
        let test = self.test()?;
        self.check(test.as_ref())?;
        let record = EpochRecord {
            epoch: end.epoch + 1,
            train_loss: end.scores.mean_loss(),
            train_accuracy: end.scores.accuracy(),
            test_loss: test.as_ref().map(|test| test.scores.mean_loss()),
            test_accuracy: test.as_ref().map(|test| test.scores.accuracy()),
            learning_rate: end.learning_rate,
            seconds,
            images_per_second: end.scores.examples as f64 / seconds.max(1e-9),
            interrupted: end.interrupted,
        };
        self.display.epoch(&record, self.material.test_name);
        self.folder.record(record)?;
        match &mut self.good {
            Some(good) => good.clone_from(self.trainer.network()),
            None => self.good = Some(self.trainer.network().clone()),
        }
        Ok(end)
    }

    fn test(&self) -> Outcome<Option<Evaluation>> {
        let measure =
            |test: &Dataset| evaluate(self.trainer.network(), test, &self.material.preprocessing);
        Ok(self.material.test.as_ref().map(measure).transpose()?)
    }

    fn save(
        &self,
        network: &Network<T>,
        test: Option<&EpochRecord>,
    ) -> Outcome<std::path::PathBuf> {
        let training = [
            ("origin".to_owned(), self.material.origin.clone()),
            ("examples".to_owned(), json!(self.material.train.len())),
            ("epochs".to_owned(), json!(self.folder.records().len())),
            ("optimizer".to_owned(), json!(self.options.rule.to_string())),
            (
                "learning_rate".to_owned(),
                json!(self.options.learning_rate),
            ),
            (
                "schedule".to_owned(),
                json!(self.options.schedule.to_string()),
            ),
            ("batch".to_owned(), json!(self.options.batch.to_string())),
            ("l2".to_owned(), json!(self.options.l2)),
            ("seed".to_owned(), json!(self.options.seed)),
            (
                "test_accuracy".to_owned(),
                json!(test.and_then(|record| record.test_accuracy)),
            ),
        ];
        let model = Model {
            network: network.clone(),
            classes: self.material.train.classes().to_vec(),
            preprocessing: self.material.preprocessing.clone(),
            training: training.into_iter().collect(),
        };
        self.folder.save(&model)
    }

    fn finish(&self) -> Outcome {
        let last = self.folder.records().last();
        let path = self.save(self.trainer.network(), last)?;
        self.folder.draw_curves(self.material.test_name)?;
        if last.is_some_and(|record| record.interrupted) {
            print_line("stopped by Ctrl-C; what was learnt so far is kept");
        }
        let accuracy = match last.and_then(|record| record.test_accuracy) {
            Some(accuracy) => format!(
                "{} accuracy {:.2} %, ",
                self.material.test_name.replace(' ', "-"),
                100.0 * accuracy
            ),
            None => String::new(),
        };
        print_line(&format!(
            "{accuracy}{:.1} s, model in {}",
            self.start.elapsed().as_secs_f64(),
            path.display()
        ));
        Ok(())
    }
}

fn model_text(args: &TrainArgs) -> &str {
    args.model.as_deref().unwrap_or(if args.data.is_none() {
        DIGITS_MODEL
    } else {
        USUAL_MODEL
    })
}

/// The model that `--from` names.
fn load_start<T: Element>(path: &Path) -> Outcome<Model<T>> {
    let model = Model::load(path).map_err(|error| Failure::from(error).context("--from"))?;
    model
        .check_finite()
        .map_err(|error| Failure::from(error).context(&format!("--from: {}", path.display())))?;
    Ok(model)
}

/// The network to train: new, or made of a trained one.
fn build<T: Element>(
    args: &TrainArgs,
    from: Option<&Model<T>>,
    material: &Material,
) -> Outcome<Network<T>> {
    let classes = material.train.classes();
    let mut random = RandomState::new(args.seed);
    let mut network = match from {
        Some(model) => {
            let keep_last = model.classes == classes;
            let init = (Init::He, &mut random);
            transfer(
                &model.network,
                Registry::builtin(),
                classes.len(),
                keep_last,
                init,
            )?
        }
        None => {
            let mut network = Network::builder()
                .class_names(classes)
                .input_change(material.input_change(args))
                .build(model_text(args), material.preprocessing.shape())
                .map_err(|error| {
                    let failure = Failure::of_network(error, "--model ", "--input ");
                    failure.context(&match &args.model {
                        Some(_) => "--model".to_owned(),
                        None => format!(
                            "the usual network, {}, does not fit the data",
                            model_text(args)
                        ),
                    })
                })?;
            network.initialize(args.init, &mut random);
            network
        }
    };
    network
        .freeze(&args.freeze)
        .map_err(|error| Failure::from(error).context("--freeze"))?;
    if !network.nodes().iter().any(stepnet::nn::Node::trains) {
        return Err(Failure::usage(
            "--freeze holds every layer still, so there is nothing to train",
        ));
    }
    Ok(network)
}

fn options(args: &TrainArgs) -> TrainOptions {
    let usual = if args.data.is_none() {
        DIGITS_EPOCHS
    } else {
        USUAL_EPOCHS
    };
    TrainOptions {
        epochs: args.epochs.map_or(usual, |epochs| epochs as usize),
        batch: args.batch,
        rule: args.optimizer,
        learning_rate: args.lr.unwrap_or(args.optimizer.usual_learning_rate()),
        schedule: args.schedule,
        l2: args.l2,
        shuffle: !args.no_shuffle,
        seed: args.seed,
    }
}

/// Counts how often Ctrl-C was pressed: once ends the run at its next step, twice ends the program.
fn stop_on_ctrl_c() -> Outcome<Arc<AtomicUsize>> {
    let pressed = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&pressed);
    let handler = move || {
        if counter.fetch_add(1, Ordering::Relaxed) > 0 {
            // 128 + SIGINT, as shells count.
            std::process::exit(130);
        }
    };
    ctrlc::set_handler(handler)
        .map_err(|error| Failure::running(format!("cannot watch for Ctrl-C: {error}")))?;
    Ok(pressed)
}
