//! Gradient clipping: steps that are too long are shortened, before the update rule sees them.

use std::fmt;

use super::ranges::{ParameterRange, trainable};
use crate::Number;
use crate::error::Result;
use crate::limits;
use stepnet_kernels::clip;

/// How gradients are clipped. Only those of trainable numbers take part: neither frozen layers
/// nor running statistics.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Clipping {
    /// All gradients are scaled by `min(1, most / (norm + 1e-6))`, where `norm` is the Euclidean norm of
    /// all of them together (Pascanu et al., 2013; PyTorch's `clip_grad_norm_`).
    Norm(f64),
    /// Each gradient is brought into `-most ..= most` (PyTorch's `clip_grad_value_`).
    Value(f64),
}

/// PyTorch's term that is added to the norm, so that dividing by a norm of 0 is safe.
const EPSILON: f64 = 1e-6;

impl Clipping {
    /// Refuses limits that nothing can keep.
    ///
    /// # Errors
    /// When the limit is not a positive number.
    pub fn check(self) -> Result<()> {
        let (Self::Norm(most) | Self::Value(most)) = self;
        let what = match self {
            Self::Norm(_) => "the largest norm of the gradients",
            Self::Value(_) => "the largest gradient",
        };
        limits::CLIPPING.check("training", what, most)
    }

    /// Clips the gradients of the trainable arrays and returns their norm from before.
    ///
    /// The norm is summed in `f64` in an order that depends on `ranges` alone. If it is not finite,
    /// nothing has been changed.
    pub fn clip<T: Number>(self, gradients: &mut [T], ranges: &[ParameterRange]) -> f64 {
        let norm = norm(gradients, ranges);
        if !norm.is_finite() {
            return norm;
        }
        match self {
            Self::Norm(most) => {
                let factor = most / (norm + EPSILON);
                if factor < 1.0 {
                    trainable(ranges).for_each(|range| clip::scale(&mut gradients[range], factor));
                }
            }
            Self::Value(most) => {
                trainable(ranges).for_each(|range| clip::clamp(&mut gradients[range], most));
            }
        }
        norm
    }
}

/// The Euclidean norm of the gradients of the trainable arrays.
pub fn norm<T: Number>(gradients: &[T], ranges: &[ParameterRange]) -> f64 {
    let mut sum = 0.0;
    for range in trainable(ranges) {
        sum += clip::sum_of_squares(&gradients[range]);
    }
    sum.sqrt()
}

impl fmt::Display for Clipping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Norm(most) => write!(f, "norm {most}"),
            Self::Value(most) => write!(f, "value {most}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Network, Shape};

    /// PyTorch's clipping, by `tools/torch_training.py`.
    const TORCH: &str = include_str!("../../fixtures/torch_training.json");

    fn numbers(value: &serde_json::Value) -> Vec<f64> {
        let values = value.as_array().unwrap().iter();
        values.map(|value| value.as_f64().unwrap()).collect()
    }

    #[test]
    fn gradients_are_clipped_as_by_pytorch() {
        let fixture: serde_json::Value = serde_json::from_str(TORCH).unwrap();
        let cases = fixture["clippings"].as_array().unwrap();
        assert_eq!(cases.len(), 4);
        let network = Network::<f64>::new("linear(2)", Shape::Features(3)).unwrap();
        for case in cases {
            let most = case["most"].as_f64().unwrap();
            let clipping = match case["kind"].as_str() {
                Some("norm") => Clipping::Norm(most),
                _ => Clipping::Value(most),
            };
            let mut gradients = numbers(&case["gradient"]);
            let norm = clipping.clip(&mut gradients, &network.parameter_ranges());
            if let Some(expected) = case.get("norm") {
                assert!((norm - expected.as_f64().unwrap()).abs() < 1e-14);
            }
            for (found, expected) in gradients.iter().zip(numbers(&case["clipped"])) {
                assert!(
                    (found - expected).abs() < 1e-15,
                    "{clipping}: {found} {expected}"
                );
            }
        }
    }

    #[test]
    fn frozen_layers_do_not_count() {
        let text = "linear(2) -> relu -> linear(2)";
        let mut network = Network::<f32>::new(text, Shape::Features(3)).unwrap();
        network.freeze(&["linear1"]).unwrap();
        let mut gradients = vec![100.0; network.parameters().len()];
        gradients[8..].fill(3.0);
        let norm = Clipping::Norm(1.0).clip(&mut gradients, &network.parameter_ranges());
        assert!((norm - 54.0f64.sqrt()).abs() < 1e-12, "{norm}");
        assert_eq!(gradients[..8], [100.0; 8]);
        let scaled = 3.0 / (norm + 1e-6) as f32;
        assert!(gradients[8..].iter().all(|g| (g - scaled).abs() < 1e-6));
    }

    #[test]
    fn running_statistics_do_not_count() {
        let network = Network::<f64>::new("linear(2) -> bn", Shape::Features(3)).unwrap();
        let numbers = network.parameters().len();
        let norm = norm(&vec![1.0; numbers], &network.parameter_ranges());
        // Six weights, a bias, a scale and a shift for each unit; its mean and variance do not count.
        assert_eq!(numbers, 6 + 5 * 2);
        assert!((norm * norm - 12.0).abs() < 1e-12, "{norm}");
    }

    #[test]
    fn a_norm_that_is_not_finite_changes_nothing() {
        let ranges = [
            ParameterRange::new(0..1, true),
            ParameterRange::new(1..2, false),
        ];
        for clipping in [Clipping::Norm(1.0), Clipping::Value(1.0)] {
            for bad in [f32::NAN, f32::INFINITY] {
                let mut gradients = [bad, 7.0];
                assert!(!clipping.clip(&mut gradients, &ranges).is_finite());
                assert_eq!(gradients[1], 7.0);
            }
        }
        assert!(Clipping::Norm(0.0).check().is_err());
        assert!(Clipping::Value(f64::NAN).check().is_err());
    }
}
