//! Metrics of a network that says numbers (regression).

use crate::error::Result;
use crate::memory;

/// The true and the predicted numbers of all examples of an evaluation, in the unit of the targets.
#[derive(Debug, Clone, PartialEq)]
pub struct NumberTally {
    outputs: usize,
    /// A row for each example.
    actual: Vec<f64>,
    predicted: Vec<f64>,
}

/// How well one number was predicted.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub struct NumberMetrics {
    /// R², the coefficient of determination: `1 - sum (t - y)^2 / sum (t - mean)^2`. 1 is perfect, 0 as good as the
    /// mean. For targets that are all the same it is 1 if all predictions are right, else 0, as scikit-learn has it.
    pub r2: f64,
    /// The mean absolute error.
    pub mae: f64,
    /// The root of the mean squared error.
    pub rmse: f64,
}

/// Metrics of all outputs.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RegressionMetrics {
    /// Of each output.
    pub outputs: Vec<NumberMetrics>,
    /// The mean of each over the outputs.
    pub mean: NumberMetrics,
}

impl NumberTally {
    /// Room for `examples` examples with `outputs` numbers each.
    ///
    /// # Errors
    /// When there is not enough memory.
    pub fn new(examples: usize, outputs: usize) -> Result<Self> {
        let room = || -> Result<Vec<f64>> {
            let mut values = memory::zeros(
                "the numbers of all examples",
                examples.saturating_mul(outputs),
            )?;
            values.clear();
            Ok(values)
        };
        Ok(Self {
            outputs,
            actual: room()?,
            predicted: room()?,
        })
    }

    /// Adds an example's numbers: the true one and the predicted one of each output.
    pub fn add(&mut self, numbers: impl IntoIterator<Item = (f64, f64)>) {
        for (actual, predicted) in numbers {
            self.actual.push(actual);
            self.predicted.push(predicted);
        }
    }

    /// How many numbers an example has.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// The true and the predicted numbers of an output, example by example.
    pub fn pairs(&self, output: usize) -> impl Iterator<Item = (f64, f64)> + '_ {
        let column = |values: &'_ [f64]| -> Vec<f64> {
            let column = values.iter().skip(output).step_by(self.outputs.max(1));
            column.copied().collect()
        };
        column(&self.actual)
            .into_iter()
            .zip(column(&self.predicted))
    }

    /// The metrics.
    pub fn metrics(&self) -> RegressionMetrics {
        let outputs: Vec<NumberMetrics> = (0..self.outputs).map(|output| self.of(output)).collect();
        let mean = |of: fn(&NumberMetrics) -> f64| {
            outputs.iter().map(of).sum::<f64>() / outputs.len().max(1) as f64
        };
        RegressionMetrics {
            mean: NumberMetrics {
                r2: mean(|output| output.r2),
                mae: mean(|output| output.mae),
                rmse: mean(|output| output.rmse),
            },
            outputs,
        }
    }

    fn of(&self, output: usize) -> NumberMetrics {
        let examples = (self.actual.len() / self.outputs.max(1)).max(1) as f64;
        let mean = self.pairs(output).map(|(t, _)| t).sum::<f64>() / examples;
        let sum = |of: &dyn Fn(f64, f64) -> f64| -> f64 {
            self.pairs(output).map(|(t, y)| of(t, y)).sum()
        };
        let squares = sum(&|t, y| (t - y).powi(2));
        let spread = sum(&|t, _| (t - mean).powi(2));
        NumberMetrics {
            r2: match (squares, spread) {
                (0.0, 0.0) => 1.0,
                (_, 0.0) => 0.0,
                _ => 1.0 - squares / spread,
            },
            mae: sum(&|t, y| (t - y).abs()) / examples,
            rmse: (squares / examples).sqrt(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `r2_score`, `mean_absolute_error` and `root_mean_squared_error` of scikit-learn 1.9.1, each output by itself and with
    /// `multioutput="uniform_average"`.
    #[test]
    fn the_numbers_are_scikit_learns() {
        let actual = [[3.0, 10.0], [-0.5, 20.0], [2.0, 15.0], [7.0, 12.5]];
        let predicted = [[2.5, 11.0], [0.0, 18.0], [2.0, 16.0], [8.0, 12.0]];
        let mut tally = NumberTally::new(4, 2).unwrap();
        for (actual, predicted) in actual.iter().zip(predicted) {
            tally.add(actual.iter().copied().zip(predicted));
        }
        let metrics = tally.metrics();
        let expected = [
            [0.948_608_137_044_967_9, 0.5, 0.612_372_435_695_794_5],
            [0.885_714_285_714_285_7, 1.125, 1.25],
            [0.917_161_211_379_626_8, 0.8125, 0.931_186_217_847_897_2],
        ];
        let all = metrics.outputs.iter().chain([&metrics.mean]);
        for (found, expected) in all.zip(expected) {
            for (found, expected) in [found.r2, found.mae, found.rmse].into_iter().zip(expected) {
                assert!((found - expected).abs() < 1e-14, "{found} {expected}");
            }
        }
        assert_eq!(tally.pairs(1).nth(1), Some((20.0, 18.0)));
    }

    #[test]
    fn targets_that_are_all_the_same_have_a_finite_r2() {
        for (predicted, r2) in [(2.0, 1.0), (3.0, 0.0)] {
            let mut tally = NumberTally::new(2, 1).unwrap();
            tally.add([(2.0, predicted), (2.0, predicted)]);
            assert_eq!(tally.metrics().mean.r2, r2);
        }
    }
}
