//! What a report is made of.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use stepnet_base::text::shown;

use super::picture::{self, Picture};
use super::shown::{Shown, Wrong};
use crate::data::Dataset;
use crate::error::Result;
use crate::nn::{Network, Number, Preprocessing, Task};
use crate::see::GradCam;
use crate::train::calibration::Verdict;
use crate::train::evaluate::evaluate_until;
use crate::train::mistakes::{MOST_SHOWN, Mistakes, ValueMistakes};
use crate::train::run::record::EpochRecord;
use crate::train::trainer::OnFeatures;
use crate::train::{Evaluation, HeadReport};

/// The most characters of a file's name.
const FILE: usize = 300;

/// The most characters of a class's name.
const NAME: usize = 40;

/// How a network did on the test data.
pub(in crate::train::run) struct Judgement {
    pub(super) evaluation: Evaluation,
    /// The worst mistakes.
    pub(super) mistakes: Vec<Shown>,
    /// How many examples there is a mistake in.
    pub(super) wrong: usize,
    /// What a classifier with probabilities says of each example.
    pub(super) verdicts: Vec<Verdict>,
}

/// For how many of the worst mistakes there is a heat map: each takes a pass through the network and back.
const HEAT_MAPS: usize = 12;

impl Judgement {
    /// Runs the network, or its last layer over the features that are there, over the test data once, and draws the worst
    /// mistakes.
    ///
    /// # Errors
    /// As [`evaluate_with`](crate::train::evaluate_with); that `stop` was set.
    pub(in crate::train::run) fn of<T: Number>(
        stop: Option<&Arc<AtomicBool>>,
        network: &Network<T>,
        data: &Dataset,
        preprocessing: &Preprocessing,
        on: Option<&OnFeatures<T>>,
    ) -> Result<Self> {
        let mut mistakes = Mistakes::new(MOST_SHOWN);
        let mut of_values = ValueMistakes::new(MOST_SHOWN);
        let (judged_network, judged_data, values) = match on {
            Some(on) => (&on.head, &on.data, &on.preprocessing),
            None => (network, data, preprocessing),
        };
        let mut verdicts = Vec::new();
        let evaluation = evaluate_until(stop, judged_network, judged_data, values, |judged| {
            verdicts.extend(Verdict::of(network.loss(), &judged));
            mistakes.observe(network.loss(), &judged);
            of_values.observe(network.loss(), &judged);
        })?;
        let mut x = vec![T::zero(); network.input().len()];
        let mut drawn = 0;
        let mut draw = |example: usize, loss: f64, wrong: Wrong| {
            data.fill_batch(&[example], preprocessing, &mut x)?;
            let file = data.name(example);
            let stopped = stop.is_some_and(|stop| stop.load(Ordering::Relaxed));
            let heat = match wrong {
                Wrong::Class(mistake) if drawn < HEAT_MAPS && !stopped => {
                    heat_map(network, &x, mistake.predicted, preprocessing)
                }
                _ => None,
            };
            drawn += 1;
            Ok(Shown {
                example,
                loss,
                wrong,
                picture: picture::of(&x, preprocessing),
                heat,
                file: file.map(|file| shown(&file.display().to_string(), FILE)),
            })
        };
        let (worst, wrong) = match evaluation.tally() {
            Some(_) => {
                let worst = mistakes.worst().iter();
                let worst = worst.map(|one| draw(one.example, one.loss, Wrong::Class(*one)));
                let scores = evaluation.scores;
                let wrong = scores.examples - scores.correct;
                (worst.collect::<Result<_>>()?, wrong)
            }
            None => {
                let worst = of_values.worst().iter();
                let worst = worst.map(|one| draw(one.example, one.loss, Wrong::of(one, values)));
                (worst.collect::<Result<_>>()?, of_values.count())
            }
        };
        Ok(Self {
            evaluation,
            mistakes: worst,
            wrong,
            verdicts,
        })
    }
}

/// The parts of an image that speak for the class that it was predicted as, over the image; `None` for networks without
/// such maps.
fn heat_map<T: Number>(
    network: &Network<T>,
    x: &[T],
    class: usize,
    preprocessing: &Preprocessing,
) -> Option<Picture> {
    let class = class.min(network.output().len() - 1);
    let cam = GradCam::of(network, x, Some(class), None).ok()?;
    picture::under(x, preprocessing, &cam)
}

/// The contents of a report.
pub(in crate::train::run) struct Report<'a, T> {
    /// The run's name.
    pub(in crate::train::run) name: &'a str,
    /// How the run ended, in words.
    pub(in crate::train::run) end: String,
    pub(in crate::train::run) records: &'a [EpochRecord],
    /// What the test examples are called.
    pub(in crate::train::run) held_out: &'a str,
    pub(in crate::train::run) classes: &'a [String],
    /// The network, with the weights that were saved.
    pub(in crate::train::run) network: &'a Network<T>,
    /// What its outputs say.
    pub(in crate::train::run) task: &'a Task,
    /// How it did on the test data, if there is any.
    pub(in crate::train::run) judgement: Option<Judgement>,
    /// Notes to read before the numbers are trusted.
    pub(in crate::train::run) notes: Vec<String>,
    /// How the last layer was fitted, where the run starts from a pretrained network.
    pub(in crate::train::run) head: Option<HeadReport>,
    /// The run's settings, by name.
    pub(in crate::train::run) settings: Vec<(String, String)>,
}

impl<T: Number> Report<'_, T> {
    /// A class's name.
    pub(super) fn class(&self, class: usize) -> String {
        let name = self.classes.get(class);
        name.map_or_else(|| class.to_string(), |name| shown(name, NAME))
    }
}
