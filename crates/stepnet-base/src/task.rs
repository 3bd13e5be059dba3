//! What a network's outputs say of an example: a class, labels, or numbers.

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// What a network learns to say of an example. It is stored with every model, since the outputs alone do not tell.
///
/// Exhaustive, so that the compiler finds every place that a new task concerns: adding one is a breaking change.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "kind")]
pub enum Task {
    /// Its class, one of several (classification).
    #[default]
    Classes,
    /// For each of several labels, whether it applies (multi-label classification): the outputs are sigmoids.
    Labels,
    /// One or several numbers (regression).
    Numbers(TargetScale),
}

/// How targets become what a network's outputs are compared with: output `k` learns `(t - mean[k]) / deviation[k]`, so
/// that a network starts near its targets, whatever their unit. Predictions undo it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetScale {
    /// Subtracted, a value for each output; empty for none.
    #[serde(default)]
    pub mean: Vec<f64>,
    /// Divided by after `mean`, a value for each output; empty for none.
    #[serde(default)]
    pub deviation: Vec<f64>,
}

impl Task {
    /// Whether it is classification.
    pub fn is_classes(&self) -> bool {
        *self == Self::Classes
    }

    /// The word for it: `classes`, `labels` or `numbers`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Classes => "classes",
            Self::Labels => "labels",
            Self::Numbers(_) => "numbers",
        }
    }

    /// How targets are scaled; not at all unless they are numbers.
    pub fn scale(&self) -> Option<&TargetScale> {
        match self {
            Self::Numbers(scale) => Some(scale),
            Self::Classes | Self::Labels => None,
        }
    }

    /// How many names a network with `outputs` outputs needs for them: one output tells two classes apart.
    pub fn names_needed(&self, outputs: usize) -> usize {
        match self {
            Self::Classes if outputs == 1 => 2,
            _ => outputs,
        }
    }

    /// Fails if the numbers cannot scale anything.
    ///
    /// # Errors
    /// Means and deviations of different numbers of outputs, a mean that is not finite, a deviation that is not
    /// positive.
    pub fn check(&self) -> Result<()> {
        let Some(TargetScale { mean, deviation }) = self.scale() else {
            return Ok(());
        };
        let wrong = |argument: &str, found: String, expected: &str| {
            Err(Error::value("target scale", argument, found, expected))
        };
        if !mean.is_empty() && !deviation.is_empty() && mean.len() != deviation.len() {
            let found = format!("{} values", deviation.len());
            return wrong("deviation", found, &format!("{}, as `mean`", mean.len()));
        }
        if let Some(value) = mean.iter().find(|value| !value.is_finite()) {
            return wrong("mean", format!("{value:?}"), "finite numbers");
        }
        let sound = |value: &&f64| !(value.is_finite() && **value > 0.0);
        match deviation.iter().find(sound) {
            Some(value) => wrong("deviation", format!("{value:?}"), "positive numbers"),
            None => Ok(()),
        }
    }
}

impl TargetScale {
    /// The mean and the deviation of each output over some examples' targets, row by row. An output that is the same in
    /// all examples is only shifted.
    pub fn of(values: &[f64], outputs: usize) -> Self {
        let examples = (values.len() / outputs.max(1)).max(1) as f64;
        let each = |of: &dyn Fn(usize, f64) -> f64| {
            let mut sums = vec![0.0; outputs];
            for row in values.chunks_exact(outputs.max(1)) {
                for (at, (sum, &value)) in sums.iter_mut().zip(row).enumerate() {
                    *sum += of(at, value);
                }
            }
            sums.iter().map(|sum| sum / examples).collect::<Vec<f64>>()
        };
        let mean = each(&|_, value| value);
        let variance = each(&|at, value| (value - mean[at]).powi(2));
        let usable = |deviation: f64| deviation.is_finite() && deviation > f64::MIN_POSITIVE;
        let deviation = variance.iter().map(|variance| variance.sqrt());
        let deviation = deviation.map(|value| if usable(value) { value } else { 1.0 });
        Self {
            deviation: deviation.collect(),
            mean,
        }
    }

    /// Whether it changes nothing.
    pub fn is_none(&self) -> bool {
        self.mean.is_empty() && self.deviation.is_empty()
    }

    /// What output `output` learns for a target.
    pub fn scaled(&self, target: f64, output: usize) -> f64 {
        let centred = target - self.mean.get(output).copied().unwrap_or(0.0);
        centred / self.deviation.get(output).copied().unwrap_or(1.0)
    }

    /// The number that an output says, in the targets' unit.
    pub fn restored(&self, value: f64, output: usize) -> f64 {
        let spread = value * self.deviation.get(output).copied().unwrap_or(1.0);
        spread + self.mean.get(output).copied().unwrap_or(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scaled_targets_have_mean_0_and_deviation_1_and_come_back() {
        let values = [1.0, 7.0, 3.0, 7.0, 8.0, 7.0];
        let scale = TargetScale::of(&values, 2);
        assert_eq!(scale.mean, [4.0, 7.0]);
        assert_eq!(scale.deviation[1], 1.0, "the same in all examples");
        let scaled: Vec<f64> = (0..3).map(|i| scale.scaled(values[2 * i], 0)).collect();
        assert!(scaled.iter().sum::<f64>().abs() < 1e-12);
        let squares: f64 = scaled.iter().map(|z| z * z).sum();
        assert!((squares - 3.0).abs() < 1e-12);
        for (at, &z) in scaled.iter().enumerate() {
            assert!((scale.restored(z, 0) - values[2 * at]).abs() < 1e-12);
        }
        assert_eq!(scale.scaled(9.0, 1), 2.0);
        let none = TargetScale::default();
        assert_eq!((none.scaled(5.0, 0), none.restored(5.0, 3)), (5.0, 5.0));
    }

    #[test]
    fn scales_that_cannot_be_are_refused() {
        let check = |mean: &[f64], deviation: &[f64]| {
            let (mean, deviation) = (mean.to_vec(), deviation.to_vec());
            Task::Numbers(TargetScale { mean, deviation }).check()
        };
        assert!(check(&[1.0], &[2.0]).is_ok() && check(&[], &[]).is_ok());
        for (mean, deviation, said) in [
            (&[1.0][..], &[1.0, 2.0][..], "2 values, expected 1"),
            (&[f64::NAN], &[1.0], "mean is NaN"),
            (&[1.0], &[0.0], "deviation is 0.0, expected positive"),
        ] {
            let error = check(mean, deviation).unwrap_err().to_string();
            assert!(error.contains(said), "{said} is not in {error}");
        }
    }
}
