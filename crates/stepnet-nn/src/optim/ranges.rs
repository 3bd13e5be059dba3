//! The parameters of a network as an update rule sees them: the ranges of its parameter arrays, and how each is treated.

use std::ops::Range;

/// One array among the parameters: all of a layer's weights, or its biases.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ParameterRange {
    /// Its place among the parameters.
    pub range: Range<usize>,
    /// Whether updates change it: neither arrays of frozen layers nor running statistics.
    pub trainable: bool,
    /// Whether weight decay and L2 take it in: weights, not biases.
    pub decays: bool,
    /// The factor of its learning rate; 1 unless it is to learn more slowly or faster than others.
    pub rate: f64,
}

impl ParameterRange {
    /// The array at `range`, which updates change, and decay if `decays`.
    pub fn new(range: Range<usize>, decays: bool) -> Self {
        Self {
            range,
            trainable: true,
            decays,
            rate: 1.0,
        }
    }

    /// The same array, changed by updates or not.
    #[must_use]
    pub fn trainable(mut self, trainable: bool) -> Self {
        self.trainable = trainable;
        self
    }
}

/// The places of the arrays that updates change.
pub(super) fn trainable(ranges: &[ParameterRange]) -> impl Iterator<Item = Range<usize>> {
    let trainable = ranges.iter().filter(|array| array.trainable);
    trainable.map(|array| array.range.clone())
}
