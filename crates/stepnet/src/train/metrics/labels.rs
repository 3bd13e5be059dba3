//! Metrics of a network that says of several labels whether they apply.

use super::ranking::Ranking;
use super::{Average, ClassMetrics};
use crate::error::Result;
use crate::memory;

/// The scores and the true labels of all examples of an evaluation.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelTally {
    labels: usize,
    /// A row for each example: what the network says of each label before the sigmoid, so that 0 is the threshold.
    scores: Vec<f64>,
    /// 1 where a label applies.
    marks: Vec<u8>,
}

/// How well one label was recognised.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct LabelMetrics {
    /// Examples, predictions, precision, recall and F1 at the threshold 0.5 of the probability.
    pub at_half: ClassMetrics,
    /// The average precision over all thresholds; `None` for a label that applies to no example.
    pub average_precision: Option<f64>,
    /// The area under the ROC curve; `None` for a label that applies to none or to all.
    pub roc_auc: Option<f64>,
}

/// Metrics of all labels.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct MultiLabelMetrics {
    /// Of each label.
    pub labels: Vec<LabelMetrics>,
    /// mAP: the mean of the average precisions, over the labels that apply to any example; 0 if there is none.
    pub mean_average_precision: f64,
    /// Each label has the same weight.
    pub macro_average: Average,
    /// Each label is weighted by the number of its examples.
    pub weighted_average: Average,
    /// Each decision about an example and a label has the same weight.
    pub micro_average: Average,
    /// The share of the examples of which every label is right.
    pub subset_accuracy: f64,
    /// The share of the decisions that are right.
    pub label_accuracy: f64,
}

impl LabelTally {
    /// Room for `examples` examples and `labels` labels.
    ///
    /// # Errors
    /// When there is not enough memory.
    pub fn new(examples: usize, labels: usize) -> Result<Self> {
        let len = examples.saturating_mul(labels);
        let mut scores = memory::zeros("the scores of all labels", len)?;
        let mut marks = memory::zeros("the labels of all examples", len)?;
        scores.clear();
        marks.clear();
        Ok(Self {
            labels,
            scores,
            marks,
        })
    }

    /// Adds what the network says of an example's labels, before the sigmoid, and whether they apply.
    pub fn add(&mut self, examples: impl IntoIterator<Item = (f64, bool)>) {
        for (score, mark) in examples {
            self.scores.push(score);
            self.marks.push(mark.into());
        }
    }

    /// How many labels there are.
    pub fn labels(&self) -> usize {
        self.labels
    }

    fn column(&self, label: usize) -> impl Iterator<Item = (f64, bool)> + '_ {
        let scores = self.scores.iter().skip(label).step_by(self.labels.max(1));
        let marks = self.marks.iter().skip(label).step_by(self.labels.max(1));
        scores.copied().zip(marks.map(|&mark| mark == 1))
    }

    /// The ranking of the examples by the score of one label.
    pub fn ranking(&self, label: usize) -> Ranking {
        Ranking::new(self.column(label))
    }

    /// The metrics.
    pub fn metrics(&self) -> MultiLabelMetrics {
        let labels: Vec<LabelMetrics> = (0..self.labels).map(|label| self.of(label)).collect();
        let at_half: Vec<ClassMetrics> = labels.iter().map(|label| label.at_half).collect();
        let known: Vec<f64> = labels
            .iter()
            .filter_map(|label| label.average_precision)
            .collect();
        let sum = |of: fn(&ClassMetrics) -> usize| at_half.iter().map(of).sum();
        let all = ClassMetrics::new(
            sum(|label| label.examples),
            sum(|label| label.predictions),
            sum(|label| label.right),
        );
        let right = |(&score, &mark): (&f64, &u8)| u8::from(score > 0.0) == mark;
        let decisions = || self.scores.iter().zip(&self.marks);
        let rows = self.scores.chunks(self.labels.max(1));
        let whole = rows
            .clone()
            .zip(self.marks.chunks(self.labels.max(1)))
            .filter(|(scores, marks)| scores.iter().zip(*marks).all(right));
        let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
        MultiLabelMetrics {
            mean_average_precision: known.iter().sum::<f64>() / known.len().max(1) as f64,
            macro_average: Average::of(&at_half, |_| 1.0),
            weighted_average: Average::of(&at_half, |label| label.examples as f64),
            micro_average: Average {
                precision: all.precision.unwrap_or(0.0),
                recall: all.recall.unwrap_or(0.0),
                f1: all.f1.unwrap_or(0.0),
            },
            subset_accuracy: share(whole.count(), rows.len()),
            label_accuracy: share(
                decisions().filter(|&pair| right(pair)).count(),
                self.scores.len(),
            ),
            labels,
        }
    }

    fn of(&self, label: usize) -> LabelMetrics {
        let (mut examples, mut predictions, mut right) = (0, 0, 0);
        for (score, mark) in self.column(label) {
            let predicted = score > 0.0;
            examples += usize::from(mark);
            predictions += usize::from(predicted);
            right += usize::from(predicted && mark);
        }
        let ranking = self.ranking(label);
        LabelMetrics {
            at_half: ClassMetrics::new(examples, predictions, right),
            average_precision: ranking.average_precision(),
            roc_auc: ranking.roc_auc(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `average_precision_score`, `precision_recall_fscore_support(zero_division=0)`, `accuracy_score` and
    /// `hamming_loss` of scikit-learn 1.9.1, the scores compared with 0; the last label applies to no example and is left out
    /// of the mean of the average precisions.
    #[test]
    fn the_numbers_are_scikit_learns() {
        let marks = [
            [1, 0, 1, 0],
            [0, 1, 1, 0],
            [1, 1, 0, 0],
            [0, 0, 1, 0],
            [1, 0, 0, 0],
        ];
        let scores = [
            [2.0, -1.0, 0.5, -3.0],
            [-0.5, 1.5, -0.2, -2.0],
            [0.1, -0.3, 0.7, -1.0],
            [0.1, 0.2, 1.2, 0.4],
            [-1.0, -2.0, -0.7, -1.0],
        ];
        let mut tally = LabelTally::new(5, 4).unwrap();
        for (scores, marks) in scores.iter().zip(marks) {
            tally.add(scores.iter().copied().zip(marks.map(|mark| mark == 1)));
        }
        let metrics = tally.metrics();
        let close = |found: f64, expected: f64| {
            assert!((found - expected).abs() < 1e-15, "{found} {expected}");
        };
        let expected = [
            [
                0.755_555_555_555_555_5,
                0.583_333_333_333_333_3,
                2.0 / 3.0,
                2.0 / 3.0,
                2.0 / 3.0,
            ],
            [
                0.833_333_333_333_333_3,
                0.833_333_333_333_333_4,
                0.5,
                0.5,
                0.5,
            ],
            [
                0.805_555_555_555_555_6,
                2.0 / 3.0,
                2.0 / 3.0,
                2.0 / 3.0,
                2.0 / 3.0,
            ],
            [-1.0, -1.0, 0.0, 0.0, 0.0],
        ];
        for (label, expected) in metrics.labels.iter().zip(expected) {
            close(label.average_precision.unwrap_or(-1.0), expected[0]);
            close(label.roc_auc.unwrap_or(-1.0), expected[1]);
            let at_half = label.at_half;
            for (found, expected) in [at_half.precision, at_half.recall, at_half.f1]
                .into_iter()
                .zip(&expected[2..])
            {
                close(found.unwrap(), *expected);
            }
        }
        close(metrics.mean_average_precision, 0.798_148_148_148_148_2);
        close(metrics.macro_average.f1, 0.458_333_333_333_333_26);
        close(metrics.micro_average.f1, 0.588_235_294_117_647_1);
        close(metrics.weighted_average.f1, 0.625);
        close(metrics.subset_accuracy, 0.2);
        close(metrics.label_accuracy, 0.65);
    }
}
