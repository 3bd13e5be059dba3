//! The subject of a check: arrays whose values can be moved, and a cost that moves with them.

use std::hash::{DefaultHasher, Hasher};

use crate::Result;

/// One array.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Array {
    /// Its name, such as `conv1.weight`.
    pub(super) name: String,
    /// Its extents.
    pub(super) shape: Vec<usize>,
}

/// The cost of one run, and which sides of all kinks it was on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Reading {
    pub(super) cost: f64,
    pub(super) sides: u64,
}

/// A network or a layer, with its arrays, their analytic gradients, and a cost.
pub(super) trait Subject {
    /// The arrays.
    fn arrays(&self) -> &[Array];

    /// The values of an array, to be moved and put back.
    fn values(&mut self, array: usize) -> &mut [f64];

    /// The analytic gradient with respect to an array, at its original values.
    fn gradient(&self, array: usize) -> &[f64];

    /// How far rounding may have moved the analytic gradients, relative to their size.
    fn rounding(&self) -> f64 {
        0.0
    }

    /// The largest number that is rounded on the way to the cost of each example and then cancels.
    fn cancelled(&self) -> f64 {
        0.0
    }

    /// Whether the array that is being checked has had its share of the time.
    fn late(&self) -> bool {
        false
    }

    /// Whether the check has ended, and passes are rejected.
    fn ended(&self) -> bool {
        false
    }

    /// Runs everything on the values as they are, before a new array is moved.
    ///
    /// # Errors
    /// When a pass cannot run.
    fn settle(&mut self) -> Result<()>;

    /// Runs what depends on `array`.
    ///
    /// # Errors
    /// When a pass cannot run.
    fn read(&mut self, array: usize) -> Result<Reading>;
}

/// Sides as one number. Different sides give the same number once in 2^64.
#[derive(Default)]
pub(super) struct Sides(DefaultHasher);

impl Sides {
    pub(super) fn mark(&mut self, side: u64) {
        self.0.write_u64(side);
    }

    pub(super) fn finish(&self) -> u64 {
        self.0.finish()
    }
}
