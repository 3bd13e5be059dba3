//! The sizes of a normalisation, and how its work is cut.

use crate::greatest_common_divisor;
use crate::parallel::{MAX_PARTS, Parts, most_workers, workers};

/// Values of a block: what is read twice stays in the cache.
const BLOCK: usize = 4096;

/// Rows of a block, at least: what is done once for a block is then little beside them.
const BLOCK_ROWS: usize = 32;

/// Columns that loops run over, at least: narrow rows are taken several at a time.
const WIDE: usize = 128;

/// About how many multiplications an element is worth.
const COST: u64 = 4;

/// Rows of channels: the pixels of a batch, or its vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NormGeometry {
    /// Pixels of all examples, or examples.
    pub rows: usize,
    /// Channels, or features.
    pub channels: usize,
}

impl NormGeometry {
    /// Values of the whole array.
    pub fn len(&self) -> usize {
        self.rows * self.channels
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many rows are taken as one, so that they fill whole vectors.
    pub(super) fn fold(&self) -> usize {
        if self.channels >= WIDE {
            return 1;
        }
        let even = 8 / greatest_common_divisor(self.channels, 8);
        WIDE.div_ceil(self.channels).next_multiple_of(even)
    }

    /// Columns of rows that are taken together.
    pub(super) fn width(&self) -> usize {
        self.channels * self.fold()
    }

    /// Rows of a block: a multiple of those taken together.
    pub(super) fn block_rows(&self) -> usize {
        let rows = (BLOCK / self.channels).max(BLOCK_ROWS);
        let fold = self.fold();
        (rows / fold * fold).max(fold)
    }

    /// The cut of the rows: a matter of the sizes alone.
    pub(super) fn parts(&self) -> Parts {
        Parts::new(self.rows, COST * self.channels as u64, MAX_PARTS)
    }

    fn work(&self) -> u64 {
        COST.saturating_mul(self.len() as u64)
    }

    pub(super) fn workers(&self) -> usize {
        workers(self.parts().count, self.work())
    }

    /// Scratch for which memory is planned: `shared` elements, `per_part` for each part and
    /// `per_worker` for each thread. It suffices for fewer rows, too.
    pub(super) fn scratch(&self, shared: usize, per_part: usize, per_worker: usize) -> usize {
        // As many as there may be: with fewer rows there can be more parts.
        shared + MAX_PARTS * per_part + most_workers(MAX_PARTS, self.work()) * per_worker
    }
}
