//! Metrics of a network, from one pass over the data. Of a classifier: accuracy among the first k, precision,
//! recall and F1, the confusion matrix; of two classes the curves of a [`Ranking`]. Of labels [`LabelTally`] has the
//! like for each, of numbers [`NumberTally`] has R² and errors.
//!
//! With `tp` the examples of a class that were predicted as it, `fp` the others that were predicted as it
//! and `fn` its examples that were not: precision is `tp / (tp + fp)`, recall `tp / (tp + fn)`, F1
//! `2 tp / (2 tp + fp + fn)`. Where a denominator is 0 the value is 0, as scikit-learn's
//! `zero_division=0`; a class that neither has an example nor was ever predicted has no values and
//! counts in no average, as there without `labels`.

mod labels;
mod numbers;
mod ranking;

use std::collections::BTreeMap;

use crate::error::Result;
use crate::memory;

pub use labels::{LabelMetrics, LabelTally, MultiLabelMetrics};
pub use numbers::{NumberMetrics, NumberTally, RegressionMetrics};
pub use ranking::{PrecisionRecallPoint, Ranking, RocPoint};

/// The confusion matrix. Only the pairs that occurred take memory.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Confusion {
    classes: usize,
    pairs: BTreeMap<(u32, u32), usize>,
}

impl Confusion {
    /// How many classes there are.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// How many examples of class `actual` were predicted as class `predicted`.
    pub fn count(&self, actual: usize, predicted: usize) -> usize {
        let key = u32::try_from(actual)
            .ok()
            .zip(u32::try_from(predicted).ok());
        key.and_then(|key| self.pairs.get(&key))
            .copied()
            .unwrap_or(0)
    }

    /// The counts that are not 0: `(actual, predicted, count)`, in the order of the classes.
    pub fn pairs(&self) -> impl Iterator<Item = (usize, usize, usize)> {
        self.pairs
            .iter()
            .map(|(&(actual, predicted), &count)| (actual as usize, predicted as usize, count))
    }

    /// The row of a class: for each class, how many examples of `actual` were predicted as it.
    pub fn row(&self, actual: usize) -> Vec<usize> {
        let row = 0..self.classes;
        row.map(|predicted| self.count(actual, predicted)).collect()
    }

    /// The pairs of different classes that were confused most often, the most often first.
    pub fn most_confused(&self, most: usize) -> Vec<(usize, usize, usize)> {
        let mut wrong: Vec<_> = self.pairs().filter(|(a, p, _)| a != p).collect();
        // Stable: equal counts stay in the order of the classes.
        wrong.sort_by_key(|&(_, _, count)| std::cmp::Reverse(count));
        wrong.truncate(most);
        wrong
    }
}

/// The counts that a network's run over a data set adds to.
#[derive(Debug, Clone, PartialEq)]
pub struct Tally {
    confusion: Confusion,
    /// How many examples had their class at this place of the network's ranking, from 0.
    ranks: Vec<usize>,
}

impl Tally {
    /// Zero counts for `classes` classes.
    ///
    /// # Errors
    /// When there is not enough memory for a number for each class.
    pub fn new(classes: usize) -> Result<Self> {
        Ok(Self {
            confusion: Confusion {
                classes,
                pairs: BTreeMap::new(),
            },
            ranks: memory::zeros("a number for each class", classes)?,
        })
    }

    /// Counts an example of class `actual` that was predicted as `predicted`, with `rank` classes
    /// before its own.
    ///
    /// # Panics
    /// Past the last class.
    pub fn add(&mut self, actual: u32, predicted: u32, rank: usize) {
        self.ranks[rank] += 1;
        *self.confusion.pairs.entry((actual, predicted)).or_default() += 1;
    }

    /// The confusion matrix.
    pub fn confusion(&self) -> &Confusion {
        &self.confusion
    }

    /// How many examples were counted.
    pub fn examples(&self) -> usize {
        self.ranks.iter().sum()
    }

    /// The share of examples whose class is among the first `k`; 0 without examples. Of equal
    /// values the lower class is the first, so that `k = 1` is the accuracy.
    pub fn top_k_accuracy(&self, k: usize) -> f64 {
        let among: usize = self.ranks.iter().take(k).sum();
        ratio(among, self.examples()).unwrap_or(0.0)
    }

    /// Precision, recall and F1 of every class, and their averages.
    pub fn metrics(&self) -> Metrics {
        let classes = self.confusion.classes;
        let (mut examples, mut predictions) = (vec![0; classes], vec![0; classes]);
        let mut right = vec![0; classes];
        for (actual, predicted, count) in self.confusion.pairs() {
            examples[actual] += count;
            predictions[predicted] += count;
            if actual == predicted {
                right[actual] = count;
            }
        }
        let classes: Vec<ClassMetrics> = (0..classes)
            .map(|class| ClassMetrics::new(examples[class], predictions[class], right[class]))
            .collect();
        Metrics {
            macro_average: Average::of(&classes, |_| 1.0),
            weighted_average: Average::of(&classes, |class| class.examples as f64),
            micro_average: {
                let all = ratio(right.iter().sum(), examples.iter().sum()).unwrap_or(0.0);
                Average {
                    precision: all,
                    recall: all,
                    f1: all,
                }
            },
            classes,
        }
    }
}

/// How well one class was recognised.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct ClassMetrics {
    /// Examples of the class.
    pub examples: usize,
    /// Examples, of any class, that were predicted as it.
    pub predictions: usize,
    /// Examples of the class that were predicted as it.
    pub right: usize,
    /// The share of correct predictions among those of the class.
    pub precision: Option<f64>,
    /// The share of the class's examples that were predicted correctly.
    pub recall: Option<f64>,
    /// The harmonic mean of precision and recall.
    pub f1: Option<f64>,
}

impl ClassMetrics {
    fn new(examples: usize, predictions: usize, right: usize) -> Self {
        let occurs = examples + predictions > 0;
        let value = |part, whole| occurs.then(|| ratio(part, whole).unwrap_or(0.0));
        Self {
            examples,
            predictions,
            right,
            precision: value(right, predictions),
            recall: value(right, examples),
            f1: value(2 * right, examples + predictions),
        }
    }
}

/// Averages over the classes that have examples or were predicted.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Average {
    /// Of the precisions.
    pub precision: f64,
    /// Of the recalls.
    pub recall: f64,
    /// Of the F1 scores.
    pub f1: f64,
}

impl Average {
    fn of(classes: &[ClassMetrics], weight: impl Fn(&ClassMetrics) -> f64) -> Self {
        let mean = |value: fn(&ClassMetrics) -> Option<f64>| {
            let (mut sum, mut weights) = (0.0, 0.0);
            for class in classes {
                if let Some(value) = value(class) {
                    sum += weight(class) * value;
                    weights += weight(class);
                }
            }
            if weights > 0.0 { sum / weights } else { 0.0 }
        };
        Self {
            precision: mean(|class| class.precision),
            recall: mean(|class| class.recall),
            f1: mean(|class| class.f1),
        }
    }
}

/// Precision, recall and F1.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Metrics {
    /// Of each class.
    pub classes: Vec<ClassMetrics>,
    /// Each class has the same weight.
    pub macro_average: Average,
    /// Each class is weighted by its number of examples.
    pub weighted_average: Average,
    /// Each example has the same weight; with one class per example, all three are the accuracy.
    pub micro_average: Average,
}

fn ratio(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(classes: usize, examples: &[(u32, u32)]) -> Tally {
        let mut tally = Tally::new(classes).unwrap();
        for &(actual, predicted) in examples {
            tally.add(actual, predicted, usize::from(actual != predicted));
        }
        tally
    }

    #[track_caller]
    fn close(found: Average, [precision, recall, f1]: [f64; 3]) {
        for (found, expected) in [
            (found.precision, precision),
            (found.recall, recall),
            (found.f1, f1),
        ] {
            assert!((found - expected).abs() < 1e-15, "{found} {expected}");
        }
    }

    /// `precision_recall_fscore_support(y, p, zero_division=0)` of scikit-learn 1.9.1 with
    /// `y = [0,0,0,0,1,1,1,2,2,4]`, `p = [0,0,1,2,1,1,0,2,3,1]`: class 3 is predicted but has no
    /// example, class 4 has one but is never predicted, class 5 is neither.
    #[test]
    fn the_numbers_are_scikit_learns() {
        let y = [0, 0, 0, 0, 1, 1, 1, 2, 2, 4];
        let p = [0, 0, 1, 2, 1, 1, 0, 2, 3, 1];
        let examples: Vec<(u32, u32)> = y.into_iter().zip(p).collect();
        let tally = tally(6, &examples);
        let metrics = tally.metrics();
        let expected = [
            (4, 0.666_666_666_666_666_6, 0.5, 0.571_428_571_428_571_4),
            (3, 0.5, 0.666_666_666_666_666_6, 0.571_428_571_428_571_4),
            (2, 0.5, 0.5, 0.5),
            (0, 0.0, 0.0, 0.0),
            (1, 0.0, 0.0, 0.0),
        ];
        for (class, (support, precision, recall, f1)) in metrics.classes.iter().zip(expected) {
            assert_eq!(class.examples, support);
            let found = [class.precision, class.recall, class.f1].map(Option::unwrap);
            for (found, expected) in found.into_iter().zip([precision, recall, f1]) {
                assert!((found - expected).abs() < 1e-15, "{class:?}");
            }
        }
        let absent = &metrics.classes[5];
        assert_eq!(
            (absent.precision, absent.recall, absent.f1),
            (None, None, None)
        );
        close(
            metrics.macro_average,
            [1.0 / 3.0, 1.0 / 3.0, 0.328_571_428_571_428_57],
        );
        close(
            metrics.weighted_average,
            [0.516_666_666_666_666_6, 0.5, 0.5],
        );
        close(metrics.micro_average, [0.5; 3]);
        assert_eq!(tally.top_k_accuracy(1), 0.5);
        assert_eq!(tally.top_k_accuracy(2), 1.0);
        assert_eq!(tally.top_k_accuracy(99), 1.0);
        assert_eq!(tally.confusion().row(0), [2, 1, 1, 0, 0, 0]);
        assert_eq!(tally.confusion().most_confused(2), [(0, 1, 1), (0, 2, 1)]);
    }

    #[test]
    fn nothing_counted_is_nothing_right() {
        let tally = tally(3, &[]);
        assert_eq!(tally.top_k_accuracy(1), 0.0);
        close(tally.metrics().macro_average, [0.0; 3]);
        assert!(
            tally
                .metrics()
                .classes
                .iter()
                .all(|class| class.f1.is_none())
        );
    }
}
