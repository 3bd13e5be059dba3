//! What a pass by Winograd's method takes, and whether it is the better one.

use super::filters::PLACES;
use super::tiles::Shape;
use super::transform::OUT;
use crate::Real;
use crate::conv::ConvGeometry;
use crate::conv::blocks::even;
use crate::conv::direction::Direction;
use crate::conv::pack::packed_len;
use crate::conv::sweep::Sweep;
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

/// Elements of transformed filters that may stay in the second-level cache (1 MiB).
const FILTERS: usize = 256 << 10;

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
    pub(super) sweep: Sweep,
}

impl<'g> Winograd<'g> {
    /// The method for a sum over windows, where it is the better one.
    pub(in crate::conv) fn of<T: Real>(
        g: &'g ConvGeometry,
        direction: Direction,
        set: InstructionSet,
        sweep: Sweep,
    ) -> Option<Self> {
        let set = set.for_filled::<T>(sweep.channels);
        let lanes = set.lanes::<T>();
        let fits = serves::<T>() && !g.direct && is_better(g, &sweep) && sweep.channels >= lanes;
        let winograd = Self {
            g,
            direction,
            set,
            lanes,
            sweep,
        };
        (fits && winograd.is_cached()).then_some(winograd)
    }

    /// Whether the filters stay in the second-level cache, or the chunks of one image have enough
    /// tiles for each pass over them.
    fn is_cached(&self) -> bool {
        let [rows, cols] = self.grid();
        PLACES * self.sweep.channels * self.sweep.columns <= FILTERS
            || (FEWEST_TILES * self.shape().tile_len(self.lanes) <= CHUNK
                && rows * cols >= FEWEST_TILES)
    }

    pub(super) fn shape(&self) -> Shape {
        Shape {
            lines: self.sweep.lines,
            channels: self.sweep.channels,
            columns: self.sweep.columns,
        }
    }

    /// Rows and columns of tiles in an image.
    pub(super) fn grid(&self) -> [usize; 2] {
        self.sweep.lines.map(|line| line.outputs.div_ceil(OUT))
    }

    /// No smaller batch gets more of anything: a workspace for a batch serves them all.
    pub(super) fn cut(&self) -> Cut {
        let [rows, cols] = self.grid();
        let most = (CHUNK / self.shape().tile_len(self.lanes)).clamp(FEWEST_TILES, MOST_TILES);
        let parts = self.g.batch.div_ceil(PARTS);
        let fewest = FEWEST_TILES.div_ceil(rows * cols).min(self.g.batch);
        let examples = (most / (rows * cols)).clamp(1, parts.max(fewest).max(1));
        let rows = match examples {
            1 => even(rows, (most / cols).max(1)),
            _ => rows,
        };
        let tiles = even(examples * rows * cols, most);
        Cut {
            examples,
            rows,
            tiles,
        }
    }

    pub(super) fn packed_len(&self) -> usize {
        let Sweep {
            channels, columns, ..
        } = self.sweep;
        packed_len(filter_window(channels), columns, self.lanes).next_multiple_of(16)
    }

    /// Elements of scratch memory of a worker: for a chunk, for the filters of a panel before they
    /// are transformed, or for a tile computed anew.
    pub(super) fn part(&self, cut: Cut) -> usize {
        let channels = self.sweep.channels;
        let anew = packed_len(TAPS * channels, 2 * self.lanes, self.lanes) + PLACES * channels;
        (cut.tiles * self.shape().tile_len(self.lanes))
            .max(anew)
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

    /// Those of one worker.
    pub(in crate::conv) fn least_scratch(&self) -> usize {
        self.packed_len() + self.part(self.cut())
    }
}

/// Elements of a panel for each column: a line of the cache apart, or the places of a channel would
/// all fall on the same few lines.
pub(super) fn filter_window(channels: usize) -> usize {
    PLACES * (channels + 1)
}

/// Whether the method is the better one, as measured on AVX2.
///
/// A tile saves 108 multiply-adds for each pair of a channel and a column, and costs some hundred
/// operations for each channel and column; where tiles reach beyond the image, less is saved. The
/// batch does not count: what a picture gets may not depend on those beside it.
fn is_better(g: &ConvGeometry, sweep: &Sweep) -> bool {
    let simple = g.kernel == [3, 3] && g.stride == [1, 1] && g.dilation == [1, 1] && g.groups == 1;
    let [rows, cols] = sweep.lines.map(|line| line.outputs);
    let tiles = rows.div_ceil(OUT) * cols.div_ceil(OUT);
    let (used, all) = (rows as f64 * cols as f64, (OUT * OUT * tiles) as f64);
    let (channels, columns) = (sweep.channels as f64, sweep.columns as f64);
    simple
        && sweep.lines.iter().all(|line| line.taps == 3)
        && used >= 0.5 * all
        && used * channels * columns >= 6.5 * all * (channels + columns)
}
