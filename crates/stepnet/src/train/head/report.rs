//! What was done to fit a last layer, and why.

use serde::{Deserialize, Serialize};
use stepnet_base::error::short;
use stepnet_base::text::count;

/// How good a strength was on images that were left out.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StrengthTrial {
    /// The strength `C`.
    pub strength: f64,
    /// The share of right classes; `None` where the targets are not classes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<f64>,
    /// The mean loss.
    pub loss: f64,
}

impl StrengthTrial {
    /// Whether it is better than another: more right classes, and among equals a lower loss.
    pub(super) fn beats(&self, other: &Self) -> bool {
        let own = (self.accuracy.unwrap_or(0.0), -self.loss);
        let others = (other.accuracy.unwrap_or(0.0), -other.loss);
        own > others
    }

    fn shown(&self) -> String {
        match self.accuracy {
            Some(accuracy) => format!("{:.1} %", 100.0 * accuracy),
            None => format!("loss {}", short(self.loss)),
        }
    }
}

/// What was done to fit the last layer to the features of a pretrained network, and why.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HeadReport {
    /// Training images.
    pub images: usize,
    /// Features of each.
    pub features: usize,
    /// Variants of each image: 1 for the images as they are, and one for each augmented copy.
    pub variants: usize,
    /// Inputs whose features were computed; those of the others were in the run's cache.
    pub computed: usize,
    /// Seconds that the features took.
    pub seconds: f64,
    /// The regularisation strength `C`.
    pub strength: f64,
    /// Folds of the cross-validation that chose it; 0 where there was none.
    pub folds: usize,
    /// The strengths that were tried.
    pub trials: Vec<StrengthTrial>,
    /// Steps of the last fit.
    pub iterations: usize,
    /// Seconds that the fits took.
    pub fit_seconds: f64,
}

impl HeadReport {
    /// Two sentences: what became of the features, and how the last layer was fitted.
    pub fn lines(&self) -> [String; 2] {
        let inputs = self.images * self.variants;
        let variants = match self.variants {
            1 => String::new(),
            several => format!(" in {several} variants"),
        };
        let cached = match inputs.saturating_sub(self.computed) {
            0 => format!("computed once in {:.1} s", self.seconds),
            all if all == inputs => "taken from the run's cache".to_owned(),
            some => format!(
                "{} computed in {:.1} s, {some} taken from the run's cache",
                self.computed, self.seconds
            ),
        };
        let features = format!(
            "backbone frozen: {} of each of {}{variants} {cached}",
            count(self.features, "feature"),
            count(self.images, "image")
        );
        let fit = format!(
            "last layer fitted in {:.1} s ({}): {}",
            self.fit_seconds,
            count(self.iterations, "step"),
            self.choice()
        );
        [features, fit]
    }

    /// How the strength came about.
    fn choice(&self) -> String {
        let c = format!("C = {}", short(self.strength));
        if self.trials.is_empty() {
            return match self.folds {
                0 => format!("{c}, without cross-validation"),
                _ => c,
            };
        }
        let best = self
            .trials
            .iter()
            .find(|trial| trial.strength.to_bits() == self.strength.to_bits());
        let ends = [self.trials.first(), self.trials.last()];
        let others: Vec<String> = ends
            .into_iter()
            .flatten()
            .filter(|trial| trial.strength.to_bits() != self.strength.to_bits())
            .map(|trial| format!("{} at {}", trial.shown(), short(trial.strength)))
            .collect();
        let best = best.map_or(String::new(), StrengthTrial::shown);
        let measure = match self.trials[0].accuracy {
            Some(_) => "accuracy ",
            None => "",
        };
        let others = match others.is_empty() {
            true => String::new(),
            false => format!("; {}", others.join(", ")),
        };
        format!(
            "{c}, chosen by {}-fold cross-validation on the training part ({measure}{best}{others})",
            self.folds
        )
    }
}
