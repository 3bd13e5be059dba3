//! How large the settings of training and of checks may be: beyond these nothing can be computed with them in `f32`,
//! or a check says nothing.

use std::fmt;

use crate::error::{Error, Result, short};

/// The numbers that a setting may be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// The least.
    pub least: f64,
    /// The largest.
    pub most: f64,
}

impl Bounds {
    const fn new(least: f64, most: f64) -> Self {
        Self { least, most }
    }

    /// Whether a number lies within; one that is none does not.
    pub fn contain(self, number: f64) -> bool {
        (self.least..=self.most).contains(&number)
    }

    /// Refuses a number that does not lie within.
    ///
    /// # Errors
    /// With the operation, the argument, the number and the bounds.
    pub fn check(self, operation: &'static str, argument: &'static str, number: f64) -> Result<()> {
        match self.contain(number) {
            true => Ok(()),
            false => Err(Error::value(operation, argument, number, self.to_string())),
        }
    }
}

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (least, most) = (short(self.least), short(self.most));
        write!(f, "a number from {least} to {most}")
    }
}

/// Learning rates that `f32` can hold: a larger one is infinite in it. How much a network bears is reported by
/// training.
pub const LEARNING_RATE: Bounds = Bounds::new(1e-40, 1e38);
/// Learning rates that a sweep goes through.
pub const SWEPT_RATE: Bounds = Bounds::new(1e-30, 1e6);
/// The course's lambda, and the decay of weights.
pub const DECAY: Bounds = Bounds::new(0.0, 1e6);
/// Probabilities.
pub const PROBABILITY: Bounds = Bounds::new(0.0, 1.0);
/// The largest gradient or norm of gradients.
pub const CLIPPING: Bounds = Bounds::new(1e-12, 1e12);
/// Weights of classes.
pub const CLASS_WEIGHT: Bounds = Bounds::new(0.0, 1e6);
/// Factors of schedules.
pub const FACTOR: Bounds = Bounds::new(1e-12, 1e12);
/// The scale of drawn weights.
pub const SCALE: Bounds = Bounds::new(1e-12, 1e6);
/// The divisor of raw values.
pub const DIVISOR: Bounds = Bounds::new(1e-12, 1e12);
/// The step of differences: shorter ones are lost in rounding.
pub const STEP: Bounds = Bounds::new(1e-12, 0.1);
/// The relative difference up to which gradients agree.
pub const TOLERANCE: Bounds = Bounds::new(1e-15, 0.5);

/// The most examples in one update.
pub const MOST_BATCH: usize = 1 << 24;
/// The most epochs.
pub const MOST_EPOCHS: usize = 10_000_000;
/// The most classes.
pub const MOST_CLASSES: usize = 10_000_000;
/// The most coordinates of an array that are checked one by one.
pub const MOST_SAMPLES: usize = 1_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Element;

    #[test]
    fn bounds_name_what_is_refused() {
        LEARNING_RATE
            .check("training", "the learning rate", 0.1)
            .unwrap();
        for (number, text) in [
            (1e308, "is 1e308,"),
            (1e-320, "is 1e-320,"),
            (f64::NAN, "NaN"),
            (-1.0, "-1"),
        ] {
            let error = LEARNING_RATE.check("training", "the learning rate", number);
            let error = error.unwrap_err().to_string();
            assert!(error.contains("a number from 1e-40 to 1e38"), "{error}");
            assert!(
                error.contains(text) && error.contains("the learning rate"),
                "{error}"
            );
        }
        let in_f32 = [LEARNING_RATE.least, LEARNING_RATE.most].map(f32::from_f64);
        assert!(in_f32[0] > 0.0 && in_f32[1].is_finite());
        assert!(!LEARNING_RATE.contain(1e39) && LEARNING_RATE.contain(1e38));
        assert_eq!(STEP.to_string(), "a number from 1e-12 to 0.1");
        assert_eq!(DECAY.to_string(), "a number from 0 to 1e6");
        assert!(DECAY.contain(0.0) && !DECAY.contain(-0.1) && !DECAY.contain(f64::INFINITY));
    }
}
