//! How the pass is cut: parts of the batch, by blocks of channels and filters.

use std::ops::Range;

use crate::conv::methods::winograd::filters::PLACES;
use crate::conv::methods::winograd::plan::TAPS;
use crate::conv::methods::winograd::weights::plan::{LINE, Weights};
use crate::conv::parts::pack::whole;

/// Parts of the batch, tiles of a part, and of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    pub(super) parts: usize,
    pub(super) per_part: usize,
    pub(super) chunk: usize,
}

/// Part `number` of `count` parts of `all`, as equal as whole units allow.
pub(super) fn part_of(all: usize, unit: usize, number: usize, count: usize) -> Range<usize> {
    let units = all.div_ceil(unit);
    let at = |number: usize| (units * number / count * unit).min(all);
    at(number)..at(number + 1)
}

/// From one place of some tiles or sums to the next: whole lines of the cache, and one more, or all
/// places would fall on a few lines of it.
pub(super) fn place_len(len: usize) -> usize {
    len.next_multiple_of(LINE) + LINE
}

/// Channels and filters of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) channels: Range<usize>,
    pub(super) filters: Range<usize>,
}

impl Block {
    /// Elements of a transformed tile's inputs at one place, and of its gradients: whole lines of
    /// the cache.
    pub(super) fn pitches(&self) -> [usize; 2] {
        [&self.channels, &self.filters].map(|range| range.len().next_multiple_of(LINE))
    }

    /// Its filters in whole vectors.
    pub(super) fn columns(&self, lanes: usize) -> usize {
        whole(self.filters.len(), lanes)
    }

    /// The row of `db` in its results: after those of the taps and channels.
    pub(super) fn bias_row(&self) -> usize {
        TAPS * self.channels.len()
    }

    /// Elements of its results.
    fn len(&self, lanes: usize) -> usize {
        (self.bias_row() + 1) * self.columns(lanes)
    }

    /// Where its results start in those of a part, if it is of the `number`th channels.
    pub(super) fn start(&self, number: usize, filters: usize, lanes: usize) -> usize {
        // Filters are counted in whole vectors but at their end.
        (TAPS * self.channels.start + number) * whole(filters, lanes)
            + (self.bias_row() + 1) * self.filters.start
    }

    /// Elements of its sums.
    pub(super) fn sums_len(&self, lanes: usize) -> usize {
        PLACES * place_len(self.channels.len() * self.columns(lanes))
    }

    /// Elements of transformed tiles.
    pub(super) fn tiles_len(&self, tiles: usize) -> usize {
        let [channels, filters] = self.pitches().map(|pitch| place_len(tiles * pitch));
        PLACES * (channels + filters)
    }
}

/// A block over a part of the batch, and its results.
pub(super) struct Job<'a, T> {
    pub(super) part: usize,
    pub(super) block: Block,
    /// `[tap][channel][column]`, then `[column]` of `db`.
    pub(super) to: &'a mut [T],
}

/// All jobs, in the order of their results in memory.
pub(super) struct Jobs<'a, 'g, T> {
    weights: &'a Weights<'g>,
    parts: usize,
    rest: &'a mut [T],
    part: usize,
    /// The next block.
    channels: usize,
    filters: usize,
}

impl<'a, 'g, T> Jobs<'a, 'g, T> {
    pub(super) fn new(weights: &'a Weights<'g>, parts: usize, partial: &'a mut [T]) -> Self {
        Self {
            weights,
            parts,
            rest: partial,
            part: 0,
            channels: 0,
            filters: 0,
        }
    }
}

impl<'a, T> Iterator for Jobs<'a, '_, T> {
    type Item = Job<'a, T>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.part == self.parts {
            return None;
        }
        let part = self.part;
        let block = self.weights.block([self.channels, self.filters]);
        let len = block.len(self.weights.lanes);
        let (to, rest) = std::mem::take(&mut self.rest).split_at_mut(len);
        self.rest = rest;
        let [channels, filters] = self.weights.blocks();
        self.filters += 1;
        if self.filters == filters {
            self.filters = 0;
            self.channels += 1;
        }
        if self.channels == channels {
            self.channels = 0;
            self.part += 1;
        }
        Some(Job { part, block, to })
    }
}
