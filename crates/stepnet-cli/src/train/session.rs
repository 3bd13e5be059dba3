//! A run under way: its epochs, what is recorded of them, and how it ends.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Instant;

use serde_json::json;
use stepnet::Element;
use stepnet::data::Dataset;
use stepnet::nn::{Model, Network};
use stepnet::train::{EpochEnd, Evaluation, TrainOptions, Trainer, evaluate};

use super::interrupt::Interrupt;
use crate::failure::{Failure, Outcome};
use crate::material::Material;
use crate::progress::{Display, print_line};
use crate::run_folder::{EpochRecord, RunFolder};

/// A run under way.
pub(super) struct Session<'a, T> {
    pub(super) material: &'a Material,
    pub(super) options: &'a TrainOptions,
    pub(super) trainer: Trainer<T>,
    /// The weights after the last epoch that ended well.
    pub(super) good: Option<Network<T>>,
    pub(super) folder: RunFolder,
    pub(super) display: Display,
    pub(super) stop: Interrupt,
    pub(super) start: Instant,
}

impl<T: Element> Session<'_, T> {
    pub(super) fn run(mut self) -> Outcome {
        let mut seen = 0;
        for _ in 0..self.options.epochs {
            let end = match self.epoch(&mut seen) {
                Ok(end) => end,
                Err(failure) => {
                    self.display.finish();
                    return Err(self.rescue(failure)?);
                }
            };
            if end.interrupted || self.stop.pressed() {
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
            if stop.pressed() {
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
            waited: end.waited.as_secs_f64() / seconds.max(1e-9),
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

    fn save(&self, network: &Network<T>, test: Option<&EpochRecord>) -> Outcome<PathBuf> {
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
            (
                "label_smoothing".to_owned(),
                json!(self.options.label_smoothing),
            ),
            (
                "class_weights".to_owned(),
                json!(self.options.class_weights),
            ),
            ("seed".to_owned(), json!(self.options.seed)),
            (
                "augmentation".to_owned(),
                json!(self.options.augmentation.to_string()),
            ),
            (
                "balance".to_owned(),
                json!(self.options.balance.to_string()),
            ),
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
        if self.stop.pressed() {
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
