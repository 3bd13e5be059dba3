//! The scores of a classifier, and what it says of each example.

use crate::data::{Dataset, TargetKind};
use crate::error::{Error, Result};
use crate::nn::{Loss, Network, Number, Preprocessing};
#[cfg(feature = "pages")]
use crate::train::evaluate::JudgedExample;
use crate::train::evaluate::{Answer, evaluate_with};

/// The scores of all classes for the examples of a data set, before the softmax or sigmoid that makes probabilities of them.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassScores {
    /// `(examples, classes)`, row-major; a sigmoid's score is that of the second class, and the first has 0.
    scores: Vec<f64>,
    pub(super) labels: Vec<u32>,
    classes: usize,
}

/// What a classifier says of an example.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Verdict {
    /// The probability of the predicted class.
    pub confidence: f64,
    /// Whether it is the example's class.
    pub right: bool,
}

impl Verdict {
    /// What a network that is trained with `loss` says of an example; `None` where its outputs are no probabilities of classes.
    #[cfg(feature = "pages")]
    pub(in crate::train) fn of<T: Number>(
        loss: Loss,
        judged: &JudgedExample<'_, T>,
    ) -> Option<Self> {
        let Answer::Class { actual, predicted } = judged.answer else {
            return None;
        };
        if loss.is_of_numbers() {
            return None;
        }
        // A single score is that of the second class.
        let first = (judged.outputs.len() == 1).then_some(0.0);
        let scores = judged.outputs.iter().map(|score| score.as_f64());
        let scores: Vec<f64> = first.into_iter().chain(scores).collect();
        Some(Self {
            confidence: probability(&scores, predicted, 1.0),
            right: predicted == actual,
        })
    }
}

impl ClassScores {
    /// The scores that a network gives the examples of a data set.
    ///
    /// # Errors
    /// Targets that are not classes, a network that does not end in a softmax or sigmoid, and those of
    /// [`evaluate`](crate::train::evaluate).
    pub fn of<T: Number>(
        network: &Network<T>,
        data: &Dataset,
        preprocessing: &Preprocessing,
    ) -> Result<Self> {
        check(network, data)?;
        let mut all = Self {
            scores: Vec::new(),
            labels: Vec::with_capacity(data.len()),
            classes: network.output().len().max(2),
        };
        evaluate_with(network, data, preprocessing, |judged| {
            if let Answer::Class { actual, .. } = judged.answer {
                all.labels.push(actual as u32);
                if judged.outputs.len() == 1 {
                    all.scores.push(0.0);
                }
                let outputs = judged.outputs.iter();
                all.scores.extend(outputs.map(|value| value.as_f64()));
            }
        })?;
        Ok(all)
    }

    /// Scores that are known.
    ///
    /// # Shapes
    /// `scores`: `(labels.len(), classes)`, row-major.
    ///
    /// # Errors
    /// Numbers of scores and labels that do not go together, or a label without a class.
    pub fn new(scores: Vec<f64>, labels: Vec<u32>, classes: usize) -> Result<Self> {
        let fits = classes >= 2 && scores.len() == labels.len() * classes;
        if !fits || labels.iter().any(|&label| label as usize >= classes) {
            return Err(Error::value(
                "ClassScores::new",
                "the number of scores",
                scores.len(),
                format!("{} x {classes}, and labels below {classes}", labels.len()),
            ));
        }
        Ok(Self {
            scores,
            labels,
            classes,
        })
    }

    /// The number of examples.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = (&[f64], usize)> {
        let labels = self.labels.iter().map(|&label| label as usize);
        self.scores.chunks_exact(self.classes).zip(labels)
    }

    /// The examples at every second place from `first` on, by which one half is measured with what the other gave.
    #[must_use]
    pub fn half(&self, first: usize) -> Self {
        let rows = self.rows().skip(first).step_by(2);
        let (mut scores, mut labels) = (Vec::new(), Vec::new());
        for (row, label) in rows {
            scores.extend_from_slice(row);
            labels.push(label as u32);
        }
        Self {
            scores,
            labels,
            classes: self.classes,
        }
    }

    /// What the classifier says of each example, at a temperature.
    pub fn verdicts(&self, temperature: f64) -> Vec<Verdict> {
        let verdict = |(row, label): (&[f64], usize)| {
            let best = best(row);
            Verdict {
                confidence: probability(row, best, temperature),
                right: best == label,
            }
        };
        self.rows().map(verdict).collect()
    }

    /// The probability of the second class of two for each example, at a temperature, and whether it is its class.
    pub fn of_second(&self, temperature: f64) -> Vec<(f64, bool)> {
        let of = |(row, label): (&[f64], usize)| (probability(row, 1, temperature), label == 1);
        self.rows().map(of).collect()
    }

    /// The mean of the negative logarithms of the probabilities of the right classes, at a temperature.
    pub fn mean_loss(&self, temperature: f64) -> f64 {
        let loss = |(row, label): (&[f64], usize)| {
            let scaled: Vec<f64> = row.iter().map(|score| score / temperature).collect();
            log_sum(&scaled) - scaled[label]
        };
        self.rows().map(loss).sum::<f64>() / self.len().max(1) as f64
    }
}

fn check<T: Number>(network: &Network<T>, data: &Dataset) -> Result<()> {
    let kind = data.targets().kind();
    if kind != TargetKind::Classes {
        let expected = "classes: probabilities of other targets are not calibrated";
        return Err(Error::value(
            "calibration",
            "the kind of targets",
            kind,
            expected,
        ));
    }
    match network.loss() {
        Loss::SoftmaxCrossEntropy | Loss::BinaryCrossEntropy => Ok(()),
        loss => Err(Error::value(
            "calibration",
            "the network's loss",
            loss,
            "that of a network that ends in a softmax or a sigmoid: its outputs are no probabilities",
        )),
    }
}

/// The class of the highest score; of equal ones the first.
fn best(row: &[f64]) -> usize {
    let order = |&a: &usize, &b: &usize| row[a].total_cmp(&row[b]).then(b.cmp(&a));
    (0..row.len()).max_by(order).unwrap_or(0)
}

/// The probability of a class at a temperature.
pub(super) fn probability(row: &[f64], class: usize, temperature: f64) -> f64 {
    let scaled: Vec<f64> = row.iter().map(|score| score / temperature).collect();
    (scaled[class] - log_sum(&scaled)).exp()
}

/// The logarithm of the sum of the exponentials.
pub(super) fn log_sum(values: &[f64]) -> f64 {
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    most + values
        .iter()
        .map(|value| (value - most).exp())
        .sum::<f64>()
        .ln()
}
