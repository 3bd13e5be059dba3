//! Features brought to mean 0 and deviation 1, and the scaling folded into the weights at the end.

use crate::error::Result;
use crate::memory;
use crate::nn::Number;

use super::problem::Solver;

/// The mean and the deviation of each feature.
#[derive(Debug)]
pub(super) struct FeatureScale {
    mean: Vec<f64>,
    deviation: Vec<f64>,
}

/// A deviation below this share of the largest value is rounding: the feature is constant.
const CONSTANT: f64 = 1e-6;

impl FeatureScale {
    /// That of the rows `x`. Without a bias there is nothing that could take up the means.
    pub(super) fn of<T: Number>(x: &[T], features: usize, biased: bool) -> Self {
        let n = (x.len() / features).max(1) as f64;
        let mut mean = vec![0.0; features];
        for row in x.chunks_exact(features) {
            for (mean, value) in mean.iter_mut().zip(row) {
                *mean += value.as_f64() / n;
            }
        }
        let mut square = vec![0.0; features];
        let mut largest = vec![0.0_f64; features];
        for row in x.chunks_exact(features) {
            for (feature, value) in row.iter().enumerate() {
                square[feature] += (value.as_f64() - mean[feature]).powi(2) / n;
                largest[feature] = largest[feature].max(value.as_f64().abs());
            }
        }
        let deviation = square.iter().zip(&largest);
        let deviation = deviation.map(|(square, largest)| match square.sqrt() {
            deviation if deviation > CONSTANT * largest => deviation,
            // Whatever it is divided by, it teaches nothing.
            _ => f64::INFINITY,
        });
        Self {
            deviation: deviation.collect(),
            mean: match biased {
                true => mean,
                false => vec![0.0; features],
            },
        }
    }

    /// Rows scaled.
    pub(super) fn apply<T: Number>(&self, x: &[T]) -> Result<Vec<f64>> {
        let mut scaled = memory::with_capacity("the scaled features", x.len())?;
        for row in x.chunks_exact(self.mean.len()) {
            let scales = self.mean.iter().zip(&self.deviation);
            let values = row.iter().zip(scales);
            scaled.extend(
                values.map(|(value, (mean, deviation))| (value.as_f64() - mean) / deviation),
            );
        }
        Ok(scaled)
    }

    /// Turns parameters for scaled features into those for the features as they are: `W / deviation`, and
    /// `b - sum W mean / deviation`.
    pub(super) fn fold(&self, solver: &Solver, parameters: &mut [f64]) {
        let (weights, bias) = solver.arrays();
        let rows = weights.step_by(self.mean.len());
        for (unit, start) in rows.enumerate() {
            let row = &mut parameters[start..start + self.mean.len()];
            let mut shift = 0.0;
            for ((weight, mean), deviation) in row.iter_mut().zip(&self.mean).zip(&self.deviation) {
                *weight /= deviation;
                shift += *weight * mean;
            }
            if let Some(bias) = &bias {
                parameters[bias.start + unit] -= shift;
            }
        }
    }
}
