//! A network's prediction for one image.

use std::path::Path;

use stepnet::Number;
use stepnet::nn::Task;

use crate::failure::{Failure, Outcome};

/// The classes by their probabilities (or other outputs), highest first; or why there are none.
pub(super) type Answer = Outcome<Prediction>;

/// Class numbers with their probabilities (or other outputs), highest first; or labels or numbers, in order.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Prediction(pub(super) Vec<(usize, f64)>);

impl Prediction {
    /// Ranks the outputs of a network for the image at `path`; those that say labels or numbers keep their order.
    pub(super) fn of<T: Number>(outputs: &[T], task: &Task, path: &Path) -> Answer {
        let values: Vec<f64> = match outputs {
            // One output speaks for the second class, its complement for the first.
            [one] if task.is_classes() => vec![1.0 - one.as_f64(), one.as_f64()],
            several => several.iter().map(|p| p.as_f64()).collect(),
        };
        if values.iter().any(|value| !value.is_finite()) {
            return Err(Failure::running(format!(
                "{}: the model's output is not finite: its weights are too large for this image",
                path.display()
            )));
        }
        let mut ranked: Vec<(usize, f64)> = values.into_iter().enumerate().collect();
        if !task.is_classes() {
            return Ok(Self(ranked));
        }
        // Stable: of equal ones the first class comes first.
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        Ok(Self(ranked))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_ranked_and_equals_keep_their_order() {
        let ranked =
            Prediction::of(&[0.25_f32, 0.5, 0.25], &Task::Classes, Path::new("p")).unwrap();
        assert_eq!(ranked.0, [(1, 0.5), (0, 0.25), (2, 0.25)]);
        let one = Prediction::of(&[0.75_f64], &Task::Classes, Path::new("p")).unwrap();
        assert_eq!(one.0, [(1, 0.75), (0, 0.25)]);
        let spoiled = Prediction::of(&[f32::NAN, 0.0], &Task::Classes, Path::new("p"));
        let labels = Prediction::of(&[0.25_f32, 0.75], &Task::Labels, Path::new("p"));
        assert_eq!(labels.unwrap().0, [(0, 0.25), (1, 0.75)]);
        assert_eq!(spoiled.unwrap_err().code(), 1);
    }
}
