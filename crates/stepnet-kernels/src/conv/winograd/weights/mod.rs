//! The gradient by the filters by Winograd's method: the adjoint of F(4x4, 3x3).
//!
//! `dw` is linear in the inputs and in `dy`, as the outputs are in the inputs and the filters. With
//! the same matrices, turned around, and the same tiles:
//!
//! ```text
//! dw = G^T [sum over the tiles of (B^T x B) * (A dy A^T)] G      (* is element by element)
//! ```
//!
//! Where a tile reaches beyond the outputs, its `dy` is zero there.
//!
//! # Method
//!
//! ```text
//! for each part of the batch, and block of channels by block of filters     shared out
//!   for each chunk of the part's tiles, whose transforms stay in the cache
//!     transform the inputs           [place][tile][channel], vectors over channels
//!     transform dy, add db up        [place][tile][filter], vectors over filters
//!     for each of 36 places: sums [channel][filter] of outer products over the tiles
//!   transform the sums back
//! add up the parts
//! ```
//!
//! Parts, blocks and chunks depend on the geometry alone, and parts are added up in their order: the
//! bits do not depend on the number of threads. Which way the pass goes depends on the shape, the
//! number of tiles in the batch included: a batch of few has its sums transformed back for little.
//!
//! # Error
//!
//! As in the forward pass ([`super`]), for every gradient of channel `c` and filter `f`, over `t` tiles
//! of the batch,
//!
//! ```text
//! |error| <= 176 gamma(t + 28) sum over the tiles of
//!            (max |x_c| over the tile's 6x6 inputs * sum |dy_f| over its 4x4 outputs)
//! ```
//!
//! The constant is the same: what is a maximum over outputs there, of what they take of the sums over
//! inputs, is one over what each `dy` gives. `db` is a plain sum.
//!
//! Where a result is not finite, the whole pass is done anew as sums over pixels: what is not finite
//! comes out as it does there.

mod chunk;
mod finish;
mod jobs;
#[cfg(test)]
mod tests;

use rayon::prelude::*;

use super::super::ConvGeometry;
use super::super::blocks::even;
use super::super::direction::Direction;
use super::super::line::Line;
use super::super::pack::whole;
use super::super::sums::Sums;
use super::transform::OUT;
use super::{TAPS, serves};
use crate::Real;
use crate::aligned::first_of_line;
use crate::long_sum::LONGEST;
use crate::parallel;
use crate::simd::InstructionSet;
use chunk::Chunk;
use finish::Finish;
use jobs::{Block, Cut, Job, Jobs, part_of};

/// The most channels and filters of a block: its sums, 36 for each pair, leave room in the
/// second-level cache (288 KiB).
const MOST: [usize; 2] = [32, 64];

/// Elements that one place of a chunk's tiles may take: they stay in the first-level cache (12 KiB),
/// and those of all places in the second-level one (432 KiB).
const CHUNK: usize = 3 << 10;

/// The most tiles of a chunk.
const MOST_TILES: usize = 96;

/// Jobs that are wanted, and the fewest tiles of a part of the batch, as transforming the sums back
/// takes about as long as six tiles; fewer where there would be one job alone.
const JOBS: usize = 8;
const PART_TILES: usize = 48;
const FEWEST_TILES: usize = 24;

/// Elements of `dw` that are worth handing to another thread to be added up.
const ADD_UP: usize = 1 << 14;

/// Elements of a line of the cache.
const LINE: usize = 16;

/// The pass by Winograd's method.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Weights<'g> {
    g: &'g ConvGeometry,
    set: InstructionSet,
    lanes: usize,
    /// Height and width.
    lines: [Line; 2],
}

impl<'g> Weights<'g> {
    /// The method for `dw`, where it is the better one.
    pub(in super::super) fn of<T: Real>(g: &'g ConvGeometry, set: InstructionSet) -> Option<Self> {
        let set = set.for_filled::<T>(g.input[2].min(g.filters));
        let lanes = set.lanes::<T>();
        let sweep = Sums::new::<T>(g, Direction::Forward, set).sweep([0, 0], 0);
        let weights = Self {
            g,
            set,
            lanes,
            lines: sweep.lines,
        };
        let fits = serves::<T>() && !g.direct && g.input[2] >= lanes && g.filters >= lanes;
        (fits && weights.is_better()).then_some(weights)
    }

    /// Whether the method is the better one, as measured on AVX2.
    ///
    /// Each tile saves up to 108 multiply-adds for each pair of a channel and a filter, and costs some
    /// hundred operations for each of either; each pair costs as much as six tiles of it once.
    fn is_better(&self) -> bool {
        let g = self.g;
        let simple =
            g.kernel == [3, 3] && g.stride == [1, 1] && g.dilation == [1, 1] && g.groups == 1;
        let [rows, cols] = self.lines.map(|line| line.outputs);
        let tiles = self.tiles() as f64;
        let used = (g.batch as f64 * rows as f64 * cols as f64) / ((OUT * OUT) as f64 * tiles);
        let [channels, filters] = self.depth().map(|depth| depth as f64);
        simple
            && self.lines.iter().all(|line| line.taps == 3)
            && used * channels * filters * (1.0 - 6.0 / tiles) >= 5.5 * (channels + filters)
    }

    /// Channels and filters.
    fn depth(&self) -> [usize; 2] {
        [self.g.input[2], self.g.filters]
    }

    /// Tiles of the batch.
    fn tiles(&self) -> usize {
        let [rows, cols] = self.lines.map(|line| line.outputs.div_ceil(OUT));
        self.g.batch * rows * cols
    }

    /// What channels and filters are counted by in blocks.
    fn units(&self) -> [usize; 2] {
        [self.lanes, 2 * self.lanes]
    }

    /// Blocks of channels, and of filters.
    fn blocks(&self) -> [usize; 2] {
        let (depth, units) = (self.depth(), self.units());
        [0, 1].map(|i| depth[i].div_ceil(units[i]).div_ceil(MOST[i] / units[i]))
    }

    fn block(&self, numbers: [usize; 2]) -> Block {
        let (depth, units, blocks) = (self.depth(), self.units(), self.blocks());
        let [channels, filters] =
            [0, 1].map(|i| part_of(depth[i], units[i], numbers[i], blocks[i]));
        Block { channels, filters }
    }

    /// A block that no block is larger than.
    fn largest(&self) -> Block {
        let (depth, units, blocks) = (self.depth(), self.units(), self.blocks());
        let [channels, filters] = [0, 1].map(|i| {
            let most = depth[i].div_ceil(units[i]).div_ceil(blocks[i]) * units[i];
            0..most.min(depth[i])
        });
        Block { channels, filters }
    }

    /// No smaller batch has more parts.
    fn most_parts(&self) -> usize {
        let (tiles, [channels, filters]) = (self.tiles(), self.blocks());
        let most = (tiles / PART_TILES).max((tiles / FEWEST_TILES).min(2));
        (JOBS / (channels * filters)).clamp(1, most.max(1))
    }

    /// No smaller batch has larger chunks.
    fn most_chunk(&self) -> usize {
        let pitches: usize = self.largest().pitches().iter().sum();
        (CHUNK / pitches).min(MOST_TILES).min(self.tiles()).max(1)
    }

    fn cut(&self) -> Cut {
        let tiles = self.tiles();
        let per_part = tiles.div_ceil(self.most_parts());
        Cut {
            parts: tiles.div_ceil(per_part),
            per_part,
            chunk: even(per_part, self.most_chunk()),
        }
    }

    /// Elements of the results of one part: every block's `dw`, and `db` behind it.
    fn part_len(&self) -> usize {
        let [blocks, _] = self.blocks();
        (TAPS * self.g.input[2] + blocks) * whole(self.g.filters, self.lanes)
    }

    /// Elements of scratch memory of a worker.
    fn worker_len(&self, chunk: usize) -> usize {
        let block = self.largest();
        block.sums_len(self.lanes) + block.tiles_len(chunk)
    }

    fn jobs(&self, parts: usize) -> usize {
        parts * self.blocks().iter().product::<usize>()
    }

    /// Elements of scratch memory for batches of up to the geometry's.
    pub(in super::super) fn scratch(&self) -> usize {
        let parts = self.most_parts();
        let workers = parallel::most_workers(self.jobs(parts), self.g.multiply_adds());
        self.shared_len(parts) + workers * self.worker_len(self.most_chunk())
    }

    /// Elements of scratch memory without which the pass cannot be done: one worker's.
    pub(in super::super) fn least_scratch(&self) -> usize {
        let cut = self.cut();
        self.shared_len(cut.parts) + self.worker_len(cut.chunk)
    }

    /// The parts' results, and the alignment of the start.
    fn shared_len(&self, parts: usize) -> usize {
        LINE + (parts * self.part_len()).next_multiple_of(LINE)
    }

    /// Writes `dw` and `db`; whether all of them are finite.
    pub(in super::super) fn run<T: Real>(
        &self,
        [x, dy]: [&[T]; 2],
        dw: &mut [T],
        db: Option<&mut [T]>,
        scratch: &mut [T],
    ) -> bool {
        let cut = self.cut();
        let (_, scratch) = scratch.split_at_mut(first_of_line(scratch));
        let (partial, scratch) =
            scratch.split_at_mut((cut.parts * self.part_len()).next_multiple_of(LINE));
        let worker_len = self.worker_len(cut.chunk);
        let workers = parallel::workers(self.jobs(cut.parts), self.g.multiply_adds());
        let workers = workers.min(scratch.len() / worker_len);
        let with_bias = db.is_some();
        let jobs = Jobs::new(self, cut.parts, partial);
        parallel::share(jobs, workers, worker_len, scratch, |job, scratch| {
            self.job(job, cut, with_bias, [x, dy], scratch);
        });
        self.add_up(cut.parts, partial, dw, db)
    }

    /// A block's results over one part of the batch.
    fn job<T: Real>(
        &self,
        job: Job<'_, T>,
        cut: Cut,
        with_bias: bool,
        [x, dy]: [&[T]; 2],
        scratch: &mut [T],
    ) {
        let Job { part, block, to } = job;
        let (sums, scratch) = scratch.split_at_mut(block.sums_len(self.lanes));
        let (_, bias) = to.split_at_mut(block.bias_row() * block.columns(self.lanes));
        bias.fill(T::zero());
        let with_bias = with_bias && block.channels.start == 0;
        let tiles = part * cut.per_part..self.tiles().min((part + 1) * cut.per_part);
        for first in tiles.clone().step_by(cut.chunk) {
            self.set.run(Chunk {
                lines: self.lines,
                depth: self.depth(),
                block: &block,
                tiles: first..tiles.end.min(first + cut.chunk),
                x,
                dy,
                first: first == tiles.start,
                apart: cut.per_part > LONGEST,
                sums: &mut *sums,
                bias: with_bias.then_some(&mut *bias),
                scratch: &mut *scratch,
            });
        }
        self.set.run(Finish {
            block: &block,
            sums,
            to,
        });
    }

    /// `dw` and `db` from the parts' results, in their order; whether all are finite.
    fn add_up<T: Real>(
        &self,
        parts: usize,
        partial: &[T],
        dw: &mut [T],
        db: Option<&mut [T]>,
    ) -> bool {
        let [channels, filters] = self.depth();
        let [channel_blocks, filter_blocks] = self.blocks();
        let part_len = self.part_len();
        // Rows of each filter, from a row of a block on.
        let add_rows = |numbers: [usize; 2], row: usize, to: &mut [T]| {
            let block = self.block(numbers);
            let columns = block.columns(self.lanes);
            let first = block.start(numbers[0], filters, self.lanes) + row * columns;
            let mut finite = true;
            for (k, to) in to.chunks_exact_mut(filters).enumerate() {
                let to = &mut to[block.filters.clone()];
                let at = first + k * columns;
                to.copy_from_slice(&partial[at..][..to.len()]);
                for part in 1..parts {
                    for (to, &from) in to.iter_mut().zip(&partial[part * part_len + at..]) {
                        *to += from;
                    }
                }
                finite &= to.iter().fold(true, |all, value| all & value.is_finite());
            }
            finite
        };
        let finite = dw
            .par_chunks_exact_mut(channels * filters)
            .with_min_len(ADD_UP.div_ceil(channels * filters))
            .enumerate()
            .map(|(tap, dw)| {
                let mut finite = true;
                for channel in 0..channel_blocks {
                    let channels = self.block([channel, 0]).channels;
                    let rows = &mut dw[channels.start * filters..channels.end * filters];
                    for filter in 0..filter_blocks {
                        finite &= add_rows([channel, filter], tap * channels.len(), rows);
                    }
                }
                finite
            })
            .reduce(|| true, |a, b| a & b);
        let finite_bias = db.is_none_or(|db| {
            let row = self.block([0, 0]).bias_row();
            (0..filter_blocks).fold(true, |all, filter| all & add_rows([0, filter], row, db))
        });
        finite & finite_bias
    }
}
