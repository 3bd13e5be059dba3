//! The memory that a pass by Winograd's method needs, and whether it is the faster one.

use crate::Real;
use crate::conv::ConvGeometry;
use crate::conv::direction::Direction;
use crate::conv::method::Method;
use crate::conv::methods::winograd::filters::PLACES;
use crate::conv::methods::winograd::tiles::Shape;
use crate::conv::methods::winograd::transform::OUT;
use crate::conv::parts::blocks::even;
use crate::conv::parts::line::Line;
use crate::conv::parts::pack::packed_len;
use crate::conv::parts::schedule::Sums;
use crate::conv::parts::window_sum::WindowSum;
use crate::conv::thresholds::Thresholds;
use crate::decision::{Reason, Relation, Verdict, at_least, at_most, compare, is};
use crate::parallel;
use crate::simd::InstructionSet;

/// Taps of a filter.
pub(super) const TAPS: usize = 9;

/// Elements that the tiles of a chunk may take (640 KiB): they and the panel's filters should stay in
/// the second-level cache.
const CHUNK: usize = 160 << 10;

/// The fewest tiles of a chunk that are worth a pass over filters beyond the second-level cache, and
/// the most of any chunk.
const FEWEST_TILES: usize = 8;
pub(super) const MOST_TILES: usize = 48;

/// Parts of a batch of small images, so that every thread finds some.
const PARTS: usize = 16;

/// Multiply-adds of the direct method below which a pass stays on its thread: it takes so little time by
/// this one that another thread takes its part over too late.
#[cfg(not(test))]
const SHARED: u64 = 3 << 21;
/// The tests' passes are small, and are to be shared all the same.
#[cfg(test)]
const SHARED: u64 = 1;

/// Whether sums of a number type are rounded little enough for the method: known when it is compiled,
/// so that nothing of it is, for the others.
pub(in crate::conv) const fn serves<T>() -> bool {
    size_of::<T>() == size_of::<f32>()
}

/// How the tiles are shared out: whole examples, or rows of tiles of one; and tiles at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    pub(super) examples: usize,
    pub(super) rows: usize,
    pub(super) tiles: usize,
}

/// A pass by Winograd's method.
#[derive(Clone, Copy, Debug)]
pub(in crate::conv) struct Winograd<'g> {
    pub(super) g: &'g ConvGeometry,
    pub(super) direction: Direction,
    pub(super) set: InstructionSet,
    pub(super) lanes: usize,
    pub(super) window_sum: WindowSum,
}

impl<'g> Winograd<'g> {
    /// The method for a sum over windows on `set`, whether it suits or not.
    pub(in crate::conv) fn new<T: Real>(
        g: &'g ConvGeometry,
        direction: Direction,
        set: InstructionSet,
    ) -> Self {
        Self {
            g,
            direction,
            set,
            lanes: set.lanes::<T>(),
            window_sum: Sums::new::<T>(g, direction, Method::Winograd, set).window_sum([0, 0], 0),
        }
    }

    /// Whether the method can run the pass.
    pub(in crate::conv) fn can<T: Real>(&self) -> Verdict {
        can::<T>(self.g, self.window_sum.lines)?;
        at_least("channels", self.window_sum.channels, self.lanes)
    }

    /// Whether the method is the better one. Its saving is `c f / (c + f)` of channels and filters, times the share
    /// of the tiles' outputs that is used.
    ///
    /// The batch does not count: what an image gets may not depend on those in its batch.
    pub(in crate::conv) fn pays(&self) -> Verdict {
        let limits = &Thresholds::of(self.set).winograd;
        if self.g.direct {
            return Err(Reason::Fact("exact sums were requested"));
        }
        let [rows, cols] = self.window_sum.lines.map(|line| line.outputs);
        let tiles = rows.div_ceil(OUT) * cols.div_ceil(OUT);
        let (used, all) = (rows as f64 * cols as f64, (OUT * OUT * tiles) as f64);
        let (channels, columns) = (
            self.window_sum.channels as f64,
            self.window_sum.columns as f64,
        );
        compare(
            "outputs of a tile in the image",
            used / all,
            Relation::AtLeast,
            limits.used,
            used >= limits.used * all,
        )?;
        let reason = compare(
            "saving",
            used * channels * columns / (all * (channels + columns)),
            Relation::AtLeast,
            limits.saving,
            used * channels * columns >= limits.saving * all * (channels + columns),
        )?;
        // Else the chunks of one image need enough tiles for each pass over the filters.
        let filters = PLACES * self.window_sum.channels * self.window_sum.columns;
        for limit in limits.filters {
            if filters > limit.elements {
                at_most(
                    "elements of the fewest tiles",
                    limit.tiles * self.shape().tile_len(self.lanes),
                    CHUNK,
                )?;
                at_least("tiles of an image", tiles, limit.tiles)?;
            }
        }
        Ok(reason)
    }

    pub(super) fn shape(&self) -> Shape {
        Shape {
            lines: self.window_sum.lines,
            channels: self.window_sum.channels,
            columns: self.window_sum.columns,
        }
    }

    /// Rows and columns of tiles in an image.
    pub(super) fn grid(&self) -> [usize; 2] {
        self.window_sum.lines.map(|line| line.outputs.div_ceil(OUT))
    }

    /// No smaller batch gets more of anything: a workspace for a batch serves them all.
    pub(super) fn cut(&self) -> Cut {
        let [tile_rows, tile_cols] = self.grid();
        let most = (CHUNK / self.shape().tile_len(self.lanes)).clamp(FEWEST_TILES, MOST_TILES);
        let parts = self.g.batch.div_ceil(PARTS);
        let fewest = FEWEST_TILES
            .div_ceil(tile_rows * tile_cols)
            .min(self.g.batch);
        let examples = (most / (tile_rows * tile_cols)).clamp(1, parts.max(fewest).max(1));
        let rows = match examples {
            1 => even(tile_rows, (most / tile_cols).max(1)),
            _ => tile_rows,
        };
        let tiles = even(examples * rows * tile_cols, most);
        Cut {
            examples,
            rows,
            tiles,
        }
    }

    /// Elements of the transformed filters: the same for any batch.
    pub(in crate::conv) fn packed_len(&self) -> usize {
        let WindowSum {
            channels, columns, ..
        } = self.window_sum;
        packed_len(filter_window(channels), columns, self.lanes).next_multiple_of(16)
    }

    /// Elements of scratch memory of a worker: for a chunk, for the filters of a panel before they
    /// are transformed, or for a tile computed again.
    pub(super) fn part(&self, cut: Cut) -> usize {
        let channels = self.window_sum.channels;
        let again = packed_len(TAPS * channels, 2 * self.lanes, self.lanes) + PLACES * channels;
        (cut.tiles * self.shape().tile_len(self.lanes))
            .max(again)
            .next_multiple_of(16)
    }

    pub(super) fn workers(&self, cut: Cut) -> usize {
        let blocks = self.g.batch.div_ceil(cut.examples) * self.grid()[0].div_ceil(cut.rows);
        parallel::workers(blocks, self.shared_work())
    }

    /// Work as threads share it: none where it is too little.
    fn shared_work(&self) -> u64 {
        match self.g.multiply_adds() {
            ..SHARED => 0,
            work => work,
        }
    }

    /// Elements of scratch memory, beside the alignment of its start.
    pub(in crate::conv) fn scratch(&self) -> usize {
        let blocks = self.g.batch * self.grid()[0];
        let workers = parallel::most_workers(blocks, self.shared_work());
        self.packed_len() + workers * self.part(self.cut())
    }

    /// Those of one worker, besides the packed filters.
    pub(in crate::conv) fn least_scratch(&self) -> usize {
        self.part(self.cut())
    }
}

/// Elements of a panel for each column: a line of the cache apart, or the places of a channel would
/// all fall on the same few lines.
pub(super) fn filter_window(channels: usize) -> usize {
    PLACES * (channels + 1)
}

/// Whether the method can run a pass whose windows lie along `lines`.
pub(super) fn can<T>(g: &ConvGeometry, lines: [Line; 2]) -> Verdict {
    if !serves::<T>() {
        return Err(Reason::Fact("only for f32"));
    }
    is("kernel height", g.kernel[0], 3)?;
    is("kernel width", g.kernel[1], 3)?;
    is("stride", g.stride[0].max(g.stride[1]), 1)?;
    // At stride 1 the only phase has all taps, but for those that no output of a small image needs.
    is("rows of taps in the image", lines[0].taps, 3)?;
    is("columns of taps in the image", lines[1].taps, 3)?;
    is("dilation", g.dilation[0].max(g.dilation[1]), 1)?;
    is("groups", g.groups, 1)
}
