//! A network's prediction for one image.

use std::path::Path;

use stepnet::Number;

use crate::failure::{Failure, Outcome};

/// The classes by their probabilities (or other outputs), highest first; or why there are none.
pub(super) type Answer = Outcome<Prediction>;

/// Class numbers with their probabilities (or other outputs), highest first.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Prediction(pub(super) Vec<(usize, f64)>);

impl Prediction {
    /// Ranks the outputs of a network for the image at `path`.
    pub(super) fn of<T: Number>(outputs: &[T], path: &Path) -> Answer {
        let values: Vec<f64> = match outputs {
            // One output speaks for the second class, its complement for the first.
            [one] => vec![1.0 - one.as_f64(), one.as_f64()],
            several => several.iter().map(|p| p.as_f64()).collect(),
        };
        if values.iter().any(|value| !value.is_finite()) {
            return Err(Failure::running(format!(
                "{}: the model's output is not finite: its weights are too large for this image",
                path.display()
            )));
        }
        let mut ranked: Vec<(usize, f64)> = values.into_iter().enumerate().collect();
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
        let ranked = Prediction::of(&[0.25_f32, 0.5, 0.25], Path::new("p")).unwrap();
        assert_eq!(ranked.0, [(1, 0.5), (0, 0.25), (2, 0.25)]);
        let one = Prediction::of(&[0.75_f64], Path::new("p")).unwrap();
        assert_eq!(one.0, [(1, 0.75), (0, 0.25)]);
        let spoiled = Prediction::of(&[f32::NAN, 0.0], Path::new("p"));
        assert_eq!(spoiled.unwrap_err().code(), 1);
    }
}
