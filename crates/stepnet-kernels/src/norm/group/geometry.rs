//! The sizes of a group normalisation.

use crate::Real;
use crate::norm::NormGeometry;
use crate::parallel::{MAX_PARTS, Parts, most_workers, workers};

/// About how many multiplications an element is worth.
const COST: u64 = 8;

/// Examples of pixels of channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupGeometry {
    /// Examples.
    pub examples: usize,
    /// Pixels of an example; 1 for vectors.
    pub pixels: usize,
    /// Channels, or features: a multiple of `groups`.
    pub channels: usize,
    /// Groups of channels that follow each other.
    pub groups: usize,
}

impl GroupGeometry {
    /// Values of the whole array.
    pub fn len(&self) -> usize {
        self.examples * self.example().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many values [`forward`](super::forward) stores: the mean and the variance of each group of each example.
    pub fn kept(&self) -> usize {
        2 * self.groups * self.examples
    }

    /// One example as a batch of its pixels.
    pub(super) fn example(&self) -> NormGeometry {
        NormGeometry {
            rows: self.pixels,
            channels: self.channels,
        }
    }

    /// The cut of the examples: a matter of the sizes alone.
    pub(super) fn parts(&self) -> Parts {
        let work = COST * self.example().len() as u64;
        Parts::new(self.examples, work, MAX_PARTS)
    }

    fn work(&self) -> u64 {
        COST.saturating_mul(self.len() as u64)
    }

    pub(super) fn workers(&self) -> usize {
        workers(self.parts().count, self.work())
    }

    /// Scratch of the threads, `part` each, for as many examples or fewer.
    pub(super) fn scratch(&self, part: usize) -> usize {
        most_workers(MAX_PARTS, self.work()) * part
    }

    /// Writes each group's statistics to its channels.
    pub(super) fn spread<T: Real>(&self, kept: &[T], mean: &mut [T], variance: &mut [T]) {
        let size = self.channels / self.groups;
        let channels = mean.chunks_mut(size).zip(variance.chunks_mut(size));
        for ((mean, variance), kept) in channels.zip(kept.chunks_exact(2)) {
            mean.fill(kept[0]);
            variance.fill(kept[1]);
        }
    }
}
