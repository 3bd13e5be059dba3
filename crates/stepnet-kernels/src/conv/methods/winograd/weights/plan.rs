//! The memory that the pass needs, and whether it is the faster one.

use crate::Real;
use crate::conv::ConvGeometry;
use crate::conv::direction::Direction;
use crate::conv::method::Method;
use crate::conv::methods::winograd::plan::{TAPS, can};
use crate::conv::methods::winograd::transform::OUT;
use crate::conv::methods::winograd::weights::jobs::{Block, Cut, part_of};
use crate::conv::parts::blocks::even;
use crate::conv::parts::line::Line;
use crate::conv::parts::pack::whole;
use crate::conv::parts::schedule::Sums;
use crate::conv::thresholds::Thresholds;
use crate::decision::{Reason, Relation, Verdict, at_least, compare};
use crate::parallel;
use crate::simd::InstructionSet;

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

/// Elements of a line of the cache.
pub(super) const LINE: usize = 16;

/// The pass by Winograd's method.
#[derive(Clone, Copy, Debug)]
pub(in crate::conv) struct Weights<'g> {
    pub(super) g: &'g ConvGeometry,
    pub(super) set: InstructionSet,
    pub(super) lanes: usize,
    /// Height and width.
    pub(super) lines: [Line; 2],
}

impl<'g> Weights<'g> {
    /// The method for `dw` on `set`, whether it suits or not.
    pub(in crate::conv) fn new<T: Real>(g: &'g ConvGeometry, set: InstructionSet) -> Self {
        let sums = Sums::new::<T>(g, Direction::Forward, Method::Winograd, set);
        Self {
            g,
            set,
            lanes: set.lanes::<T>(),
            lines: sums.window_sum([0, 0], 0).lines,
        }
    }

    /// Whether the method can run the pass.
    pub(in crate::conv) fn can<T: Real>(&self) -> Verdict {
        can::<T>(self.g, self.lines)?;
        at_least("tiles", self.tiles(), 1)?;
        at_least("channels", self.g.input[2], self.lanes)?;
        at_least("filters", self.g.filters, self.lanes)
    }

    /// Whether the method is the better one.
    ///
    /// Each tile saves up to 108 multiply-adds for each pair of a channel and a filter, and costs some
    /// hundred operations for each of either; each pair costs as much as some tiles of it once. The saving is
    /// `c f / (c + f)` of channels and filters, times the share of the tiles' outputs that is used, less that cost.
    pub(in crate::conv) fn pays(&self) -> Verdict {
        let limits = &Thresholds::of(self.set).winograd_weights;
        if self.g.direct {
            return Err(Reason::Fact("exact sums were requested"));
        }
        let [rows, cols] = self.lines.map(|line| line.outputs);
        let tiles = self.tiles() as f64;
        let used = (self.g.batch as f64 * rows as f64 * cols as f64) / ((OUT * OUT) as f64 * tiles);
        let [channels, filters] = self.depth().map(|depth| depth as f64);
        let saved = used * channels * filters * (1.0 - limits.pair_tiles / tiles);
        compare(
            "saving",
            saved / (channels + filters),
            Relation::AtLeast,
            limits.saving,
            saved >= limits.saving * (channels + filters),
        )
    }

    /// Channels and filters.
    pub(super) fn depth(&self) -> [usize; 2] {
        [self.g.input[2], self.g.filters]
    }

    /// Tiles of the batch.
    pub(super) fn tiles(&self) -> usize {
        let [tile_rows, tile_cols] = self.lines.map(|line| line.outputs.div_ceil(OUT));
        self.g.batch * tile_rows * tile_cols
    }

    /// What channels and filters are counted by in blocks.
    pub(super) fn units(&self) -> [usize; 2] {
        [self.lanes, 2 * self.lanes]
    }

    /// Blocks of channels, and of filters.
    pub(super) fn blocks(&self) -> [usize; 2] {
        let (depth, units) = (self.depth(), self.units());
        [0, 1].map(|i| depth[i].div_ceil(units[i]).div_ceil(MOST[i] / units[i]))
    }

    pub(super) fn block(&self, numbers: [usize; 2]) -> Block {
        let (depth, units, blocks) = (self.depth(), self.units(), self.blocks());
        let [channels, filters] =
            [0, 1].map(|i| part_of(depth[i], units[i], numbers[i], blocks[i]));
        Block { channels, filters }
    }

    /// A block that no block is larger than.
    pub(super) fn largest(&self) -> Block {
        let (depth, units, blocks) = (self.depth(), self.units(), self.blocks());
        let [channels, filters] = [0, 1].map(|i| {
            let most = depth[i].div_ceil(units[i]).div_ceil(blocks[i]) * units[i];
            0..most.min(depth[i])
        });
        Block { channels, filters }
    }

    /// No smaller batch has more parts.
    pub(super) fn most_parts(&self) -> usize {
        let (tiles, [channels, filters]) = (self.tiles(), self.blocks());
        let most = (tiles / PART_TILES).max((tiles / FEWEST_TILES).min(2));
        (JOBS / (channels * filters)).clamp(1, most.max(1))
    }

    /// No smaller batch has larger chunks.
    pub(super) fn most_chunk(&self) -> usize {
        let pitches: usize = self.largest().pitches().iter().sum();
        (CHUNK / pitches).min(MOST_TILES).min(self.tiles()).max(1)
    }

    pub(super) fn cut(&self) -> Cut {
        let tiles = self.tiles();
        let per_part = tiles.div_ceil(self.most_parts());
        Cut {
            parts: tiles.div_ceil(per_part),
            per_part,
            chunk: even(per_part, self.most_chunk()),
        }
    }

    /// Elements of the results of one part: every block's `dw`, and `db` after it.
    pub(super) fn part_len(&self) -> usize {
        let [blocks, _] = self.blocks();
        (TAPS * self.g.input[2] + blocks) * whole(self.g.filters, self.lanes)
    }

    /// Elements of scratch memory of a worker.
    pub(super) fn worker_len(&self, chunk: usize) -> usize {
        let block = self.largest();
        block.sums_len(self.lanes) + block.tiles_len(chunk)
    }

    pub(super) fn jobs(&self, parts: usize) -> usize {
        parts * self.blocks().iter().product::<usize>()
    }

    /// Elements of scratch memory for batches of up to the geometry's.
    pub(in crate::conv) fn scratch(&self) -> usize {
        let parts = self.most_parts();
        let workers = parallel::most_workers(self.jobs(parts), self.g.multiply_adds());
        self.shared_len(parts) + workers * self.worker_len(self.most_chunk())
    }

    /// Elements of scratch memory without which the pass cannot be done: one worker's.
    pub(in crate::conv) fn least_scratch(&self) -> usize {
        let cut = self.cut();
        self.shared_len(cut.parts) + self.worker_len(cut.chunk)
    }

    /// The parts' results, and the alignment of the start.
    pub(super) fn shared_len(&self, parts: usize) -> usize {
        LINE + (parts * self.part_len()).next_multiple_of(LINE)
    }
}
