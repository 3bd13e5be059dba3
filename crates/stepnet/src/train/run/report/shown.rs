//! The mistakes that a report shows.

use super::picture::Picture;
use crate::nn::{Preprocessing, Task};
use crate::train::mistakes::{Mistake, ValueMistake};

/// What was wrong about an example.
pub(super) enum Wrong {
    /// Its class.
    Class(Mistake),
    /// Its labels: those that apply and were not predicted, and those that were and do not apply.
    Labels {
        missed: Vec<usize>,
        added: Vec<usize>,
    },
    /// Its numbers: the true and the predicted one of each output, in their unit.
    Numbers(Vec<(f64, f64)>),
}

/// A mistake with its image.
pub(super) struct Shown {
    pub(super) example: usize,
    pub(super) loss: f64,
    pub(super) wrong: Wrong,
    pub(super) picture: Option<Picture>,
    /// The image under a heat map of the predicted class.
    pub(super) heat: Option<Picture>,
    pub(super) file: Option<String>,
}

impl Wrong {
    /// The mistake as people have its values.
    pub(super) fn of(mistake: &ValueMistake, preprocessing: &Preprocessing) -> Self {
        let pairs = || mistake.actual.iter().zip(&mistake.outputs).enumerate();
        if let Task::Labels = preprocessing.task {
            let of = |applies: bool| {
                let wrong = pairs().filter(|&(_, (&actual, &output))| {
                    (actual > 0.0) == applies && (output > 0.0) != applies
                });
                wrong.map(|(label, _)| label).collect()
            };
            return Self::Labels {
                missed: of(true),
                added: of(false),
            };
        }
        let scale = preprocessing.task.scale();
        let restored = |value, output| scale.map_or(value, |scale| scale.restored(value, output));
        let pair = |(at, (&actual, &output))| (restored(actual, at), restored(output, at));
        Self::Numbers(pairs().map(pair).collect())
    }
}
