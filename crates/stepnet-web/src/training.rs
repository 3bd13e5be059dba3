//! Training a run for some milliseconds at a time, so that the page is answered in between.

use std::ops::ControlFlow;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use stepnet::data::{Dataset, Images, Values};
use stepnet::nn::Scores;
use stepnet_base::clock::Instant;

use crate::answer::{Answer, Arrays, Failure};
use crate::pictures::ImageRef;
use crate::request::{NoParams, Request};
use crate::run::{NewRun, Recent, Run};
use crate::state::State;

pub(crate) fn begin(state: &mut State, request: &mut Request<'_>) -> Result<Answer, Failure> {
    let params: NewRun = request.params()?;
    let from = match (params.from_model, &state.model) {
        (false, _) => None,
        (true, Some(opened)) => Some(&**opened),
        (true, None) => return Err(Failure::input("there is no model to start from: open one")),
    };
    // Another run may start from it.
    let kept = from.is_some();
    let run = Run::new(state.data()?, from, params)?;
    let began = run.described(state.data()?);
    if !kept {
        state.model = None;
    }
    state.run = Some(Box::new(run));
    Answer::of(&began, Arrays::default())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SliceParams {
    /// The most steps; `null` for any number.
    steps: Option<u64>,
    milliseconds: f64,
    /// Whether the page was told of the steps before.
    told: bool,
}

/// Trains for some time; says how many steps were made, and which epochs have ended.
pub(crate) fn slice(state: &mut State, request: &mut Request<'_>) -> Result<Answer, Failure> {
    let SliceParams {
        steps,
        milliseconds,
        told,
    } = request.params()?;
    let budget = Duration::try_from_secs_f64(milliseconds / 1000.0).unwrap_or(Duration::ZERO);
    let run = state.run()?;
    if told {
        run.recent = Recent::default();
    }
    let before = run.steps;
    let mut epochs = Vec::new();
    let outcome = run.train(steps.unwrap_or(u64::MAX), budget, &mut epochs);
    let done = run.steps - before;
    let error = outcome.err().map(|failure| failure.json());
    let slice = json!({
        "steps": done,
        "epochs": epochs,
        "progress": run.progress(error.is_none()),
        "error": error,
    });
    Answer::of(&slice, Arrays::default())
}

impl Run {
    /// Makes up to `steps` steps, until the time is over, and at least one.
    fn train(
        &mut self,
        steps: u64,
        budget: Duration,
        epochs: &mut Vec<Value>,
    ) -> Result<(), Failure> {
        let (start, mut left) = (Instant::now(), steps);
        if left == 0 || self.finished() {
            return Ok(());
        }
        // The page hears of each epoch, and its evaluation takes time that is not training's.
        let mut before = self.trainer.position().scores;
        let (all, recent) = (&mut self.steps, &mut self.recent);
        let end = self.trainer.epoch(&self.train, |progress| {
            recent.loss += progress.scores.loss - before.loss;
            recent.correct += progress.scores.correct - before.correct;
            recent.examples += progress.scores.examples - before.examples;
            before = progress.scores;
            *all += 1;
            left -= 1;
            match left == 0 || start.elapsed() >= budget {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        });
        let end = end.map_err(|error| Failure::stopped(&error))?;
        recent.time += start.elapsed();
        if end.interrupted {
            return Ok(());
        }
        self.last = Some(end.scores);
        let test = self.tested(end.epoch + 1)?;
        epochs.push(json!({
            "epoch": end.epoch,
            "loss": end.scores.mean_loss(),
            "accuracy": end.scores.accuracy(),
            "learningRate": end.learning_rate,
            "test": test,
            "hash": self.trainer.network().hash(),
        }));
        Ok(())
    }

    /// Tests the network after an epoch, numbered from 1.
    fn tested(&mut self, epoch: usize) -> Result<Option<Value>, Failure> {
        let Some(test) = &self.test else {
            return Ok(None);
        };
        let scores = self.trainer.evaluate(test)?.scores;
        self.best.epoch(epoch, &scores, self.trainer.network());
        Ok(Some(
            json!({ "loss": scores.mean_loss(), "accuracy": scores.accuracy() }),
        ))
    }

    /// Where the training stands.
    fn progress(&self, running: bool) -> Value {
        let position = self.trainer.position();
        let examples = self.train.len();
        let finished = self.finished();
        // At the end of an epoch, its sums.
        let scores: Option<Scores> = match position.step {
            0 => self.last,
            _ => Some(position.scores),
        };
        let recent = (self.recent.examples > 0).then_some(self.recent);
        let seconds = self.recent.time.as_secs_f64();
        json!({
            "epoch": position.epoch,
            "step": position.step,
            "stepsPerEpoch": self.trainer.steps(examples),
            "epochs": self.trainer.options().epochs,
            "steps": self.steps,
            "loss": scores.map(|scores| scores.mean_loss()),
            "accuracy": scores.map(|scores| scores.accuracy()),
            "recentLoss": recent.map(|recent| recent.loss / recent.examples as f64),
            "recentAccuracy": recent.map(|recent| recent.correct as f64 / recent.examples as f64),
            "learningRate": self.trainer.learning_rate(examples),
            "imagesPerSecond": (seconds > 0.0).then(|| self.recent.examples as f64 / seconds),
            "running": running && !finished,
            "finished": finished,
            "stopped": self.best.stopped(),
            "keptEpoch": self.kept().map(|(_, epoch)| epoch),
        })
    }
}

pub(crate) fn progress(state: &mut State, request: &mut Request<'_>) -> Result<Answer, Failure> {
    let NoParams {} = request.params()?;
    Answer::of(&state.run()?.progress(false), Arrays::default())
}

pub(crate) fn hash(state: &mut State, request: &mut Request<'_>) -> Result<Answer, Failure> {
    let NoParams {} = request.params()?;
    let hash = state.viewed()?.network.hash();
    Answer::of(&json!({ "hash": hash }), Arrays::default())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rate {
    rate: f64,
}

pub(crate) fn set_learning_rate(
    state: &mut State,
    request: &mut Request<'_>,
) -> Result<Answer, Failure> {
    let Rate { rate } = request.params()?;
    let run = state.run()?;
    run.trainer.set_learning_rate(rate)?;
    Answer::of(&run.progress(false), Arrays::default())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExampleParams {
    image: ImageRef,
    label: u32,
}

/// One update from one example.
pub(crate) fn one_example(state: &mut State, request: &mut Request<'_>) -> Result<Answer, Failure> {
    let ExampleParams { image, label } = request.params()?;
    state.run()?;
    let subject = state.shown(request, image)?.subject;
    let run = state.run()?;
    if run.kept().is_some() {
        return Err(Failure::input(
            "train-example: this run has ended with its best weights; start a new one",
        ));
    }
    // In the unit of the data's own values.
    let unit = run.preprocessing.divisor / subject.preprocessing.divisor;
    let raw: Vec<f64> = subject.raw.iter().map(|raw| raw * unit).collect();
    let images = Images::new(run.preprocessing.shape(), Values::F64(raw))?;
    let classes = run.train.classes().to_vec();
    let example = Dataset::new(images, vec![label], classes)?;
    let rate = run.trainer.learning_rate(run.train.len());
    let before = run.trainer.step_on(&example, &[0], rate);
    let before = before.map_err(|error| Failure::stopped(&error))?;
    run.steps += 1;
    let after = run.trainer.evaluate(&example)?.scores;
    let step = json!({
        "before": before.mean_loss(),
        "after": after.mean_loss(),
        "progress": run.progress(false),
    });
    Answer::of(&step, Arrays::default())
}
