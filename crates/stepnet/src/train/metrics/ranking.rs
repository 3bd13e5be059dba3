//! How well scores separate examples that something applies to from the others, at every threshold: the ROC curve,
//! the precision-recall curve, and the areas under them, as scikit-learn defines them.

/// The scores of some examples, and to which of them something applies.
///
/// Examples of equal scores are above a threshold together or not at all. A score that is not a number is below all
/// others.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ranking {
    /// Highest score first: the score, and whether it applies.
    ranked: Vec<(f64, bool)>,
    positives: usize,
}

/// A point of a ROC curve: of the examples at or above a threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct RocPoint {
    /// The threshold; infinite at the first point, where no example is above.
    pub threshold: f64,
    /// The share of the negative examples that are above it.
    pub false_positive_rate: f64,
    /// The share of the positive examples that are above it: the recall.
    pub true_positive_rate: f64,
}

/// A point of a precision-recall curve: of the examples at or above a threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct PrecisionRecallPoint {
    /// The threshold.
    pub threshold: f64,
    /// The share of positive examples among those above it.
    pub precision: f64,
    /// The share of the positive examples that are above it.
    pub recall: f64,
}

/// The examples at or above a threshold.
struct Above {
    threshold: f64,
    positives: usize,
    all: usize,
}

impl Ranking {
    /// The ranking of `examples`: the score of each, and whether it is a positive one.
    pub fn new(examples: impl IntoIterator<Item = (f64, bool)>) -> Self {
        let below = |score: f64| match score.is_nan() {
            true => f64::NEG_INFINITY,
            // One zero: both signs are equal.
            false => score + 0.0,
        };
        let examples = examples.into_iter();
        let mut ranked: Vec<(f64, bool)> = examples
            .map(|(score, positive)| (below(score), positive))
            .collect();
        ranked.sort_unstable_by(|(a, _), (b, _)| b.total_cmp(a));
        let positives = ranked.iter().filter(|(_, positive)| *positive).count();
        Self { ranked, positives }
    }

    /// How many examples there are.
    pub fn examples(&self) -> usize {
        self.ranked.len()
    }

    /// How many of them are positive.
    pub fn positives(&self) -> usize {
        self.positives
    }

    /// The examples above each threshold that separates any, the highest first.
    fn thresholds(&self) -> impl Iterator<Item = Above> + '_ {
        let mut positives = 0;
        let examples = self.ranked.iter().zip(1..);
        examples.filter_map(move |(&(threshold, positive), all)| {
            positives += usize::from(positive);
            let next = self.ranked.get(all);
            let last_of_equals = next.is_none_or(|&(score, _)| score != threshold);
            last_of_equals.then_some(Above {
                threshold,
                positives,
                all,
            })
        })
    }

    /// The ROC curve, from (0, 0) to (1, 1): `roc_curve` of scikit-learn with `drop_intermediate=False`. Empty unless
    /// there are positive and negative examples.
    pub fn roc(&self) -> Vec<RocPoint> {
        let negatives = self.examples() - self.positives;
        if self.positives == 0 || negatives == 0 {
            return Vec::new();
        }
        let start = RocPoint {
            threshold: f64::INFINITY,
            false_positive_rate: 0.0,
            true_positive_rate: 0.0,
        };
        let rest = self.thresholds().map(|above| RocPoint {
            threshold: above.threshold,
            false_positive_rate: (above.all - above.positives) as f64 / negatives as f64,
            true_positive_rate: above.positives as f64 / self.positives as f64,
        });
        std::iter::once(start).chain(rest).collect()
    }

    /// The area under the ROC curve: how often a positive example has a higher score than a negative one, equal
    /// scores counted as half. `None` unless there are both.
    pub fn roc_auc(&self) -> Option<f64> {
        let curve = self.roc();
        let strip = |pair: &[RocPoint]| {
            let width = pair[1].false_positive_rate - pair[0].false_positive_rate;
            width * (pair[1].true_positive_rate + pair[0].true_positive_rate) / 2.0
        };
        (!curve.is_empty()).then(|| curve.windows(2).map(strip).sum())
    }

    /// The precision-recall curve from the highest threshold on: the points of scikit-learn's
    /// `precision_recall_curve` in the opposite order, without the last, which is of no threshold. Empty without
    /// positive examples.
    pub fn precision_recall(&self) -> Vec<PrecisionRecallPoint> {
        if self.positives == 0 {
            return Vec::new();
        }
        let point = |above: Above| PrecisionRecallPoint {
            threshold: above.threshold,
            precision: above.positives as f64 / above.all as f64,
            recall: above.positives as f64 / self.positives as f64,
        };
        self.thresholds().map(point).collect()
    }

    /// The average precision: the precisions at all thresholds, each weighted by the recall that it adds; nothing
    /// between the points is assumed, as in scikit-learn's `average_precision_score`. `None` without positive
    /// examples.
    pub fn average_precision(&self) -> Option<f64> {
        let curve = self.precision_recall();
        let mut before = 0.0;
        let mut sum = 0.0;
        for point in &curve {
            sum += (point.recall - before) * point.precision;
            before = point.recall;
        }
        (!curve.is_empty()).then_some(sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-15, "{found} {expected}");
    }

    /// `roc_curve(drop_intermediate=False)`, `roc_auc_score`, `precision_recall_curve` and
    /// `average_precision_score` of scikit-learn 1.9.1 with these labels and scores, of which some are equal.
    #[test]
    fn the_numbers_are_scikit_learns() {
        let labels = [0, 1, 1, 0, 1, 0, 0, 1, 1, 0];
        let scores = [0.1, 0.4, 0.35, 0.8, 0.8, 0.35, 0.2, 0.9, 0.35, 0.05];
        let examples = scores.into_iter().zip(labels.map(|label| label == 1));
        let ranking = Ranking::new(examples);
        assert_eq!((ranking.examples(), ranking.positives()), (10, 5));
        close(ranking.roc_auc().unwrap(), 0.820_000_000_000_000_1);
        close(ranking.average_precision().unwrap(), 0.769_047_619_047_619);
        let roc = ranking.roc();
        let rates: Vec<[f64; 2]> = roc
            .iter()
            .map(|point| [point.false_positive_rate, point.true_positive_rate])
            .collect();
        let expected = [
            [0.0, 0.0],
            [0.0, 0.2],
            [0.2, 0.4],
            [0.2, 0.6],
            [0.4, 1.0],
            [0.6, 1.0],
            [0.8, 1.0],
            [1.0, 1.0],
        ];
        assert_eq!(rates, expected);
        let points: Vec<[f64; 3]> = ranking
            .precision_recall()
            .iter()
            .map(|point| [point.threshold, point.precision, point.recall])
            .collect();
        let expected = [
            [0.9, 1.0, 0.2],
            [0.8, 0.666_666_666_666_666_6, 0.4],
            [0.4, 0.75, 0.6],
            [0.35, 0.714_285_714_285_714_3, 1.0],
            [0.2, 0.625, 1.0],
            [0.1, 0.555_555_555_555_555_6, 1.0],
            [0.05, 0.5, 1.0],
        ];
        assert_eq!(points, expected);
    }

    #[test]
    fn one_side_alone_has_no_curve() {
        let all = Ranking::new([(0.5, true), (0.25, true)]);
        assert_eq!((all.roc_auc(), all.roc().len()), (None, 0));
        assert_eq!(all.average_precision(), Some(1.0));
        let none = Ranking::new([(0.5, false)]);
        assert_eq!((none.roc_auc(), none.average_precision()), (None, None));
        assert_eq!(Ranking::new([]).roc_auc(), None);
    }

    #[test]
    fn equal_scores_are_chance_and_nan_is_last() {
        let even = Ranking::new((0..8).map(|i| (if i < 4 { 0.0 } else { -0.0 }, i % 2 == 0)));
        assert_eq!(even.roc_auc(), Some(0.5));
        assert_eq!(even.average_precision(), Some(0.5));
        let nan = Ranking::new([(f64::NAN, true), (-9.0, false)]);
        assert_eq!(nan.roc_auc(), Some(0.0));
    }
}
