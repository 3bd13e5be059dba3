//! Winograd's method for 3x3 windows at stride 1, in `f32`: F(4x4, 3x3).
//!
//! A tile of 4 by 4 outputs sees 6 by 6 inputs. With the matrices of `transform`, for every
//! filter and channel (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2016):
//!
//! ```text
//! y = A^T [sum over channels of (G w G^T) * (B^T x B)] A + b      (* is element by element)
//! ```
//!
//! That is 36 multiplications for 16 outputs where the sum over windows takes 144. The gradient by
//! data at stride 1 is a convolution as well, of `dy` with the filters turned around, and goes the
//! same way. The gradient by the filters is the adjoint: see `weights`.
//!
//! # Method
//!
//! ```text
//! transform the filters into panels [place][channel][two vectors]        shared out by panels
//! for each block of tiles (whole images, or rows of tiles of one)        shared out
//!   for each chunk of tiles, whose transforms stay in the cache
//!     transform the inputs      [tile][place][channel], vectors over channels
//!     for each panel of columns
//!       for each of 36 places: [tiles, channels] x [channels, columns], sums in registers
//!       transform back, add the bias, store   vectors over columns
//! ```
//!
//! Every result is the same sum whatever chunk its tile is in: the bits do not depend on the
//! number of threads. They do depend on the method, and the method on the shape: windows of 3x3 at
//! stride 1 without dilation and groups, `channels * filters >= 6.5 (channels + filters)` (a little
//! more where tiles reach beyond the image), at most some 500 channels, and 16 tiles or more in the
//! batch, or transforming and reading the filters would cost more than is saved. So a picture alone and the same one in a batch may differ
//! by the rounding below.
//!
//! # Error
//!
//! With `u` half of `f32::EPSILON`, `gamma(n) = n u / (1 - n u)` and `C` channels, for every output,
//!
//! ```text
//! |error| <= 176 gamma(C + 28) sum over c of (max |x_c| over the tile's 6x6 inputs * sum |w_c|)
//!            + gamma(1) |b|
//! ```
//!
//! Every number on the way is a sum of products, so that the componentwise bound of Higham
//! ("Accuracy and Stability of Numerical Algorithms", 2002, section 3.1) holds with the matrices'
//! absolute values, as in Barabasz, Anderson, Soodhalter and Gregg ("Error Analysis and Improving the
//! Accuracy of Winograd Convolution for Deep Neural Networks", 2020); 176 bounds what these amplify
//! (`AMPLIFICATION` in `transform`), 28 counts the roundings. On the whole the error is several times
//! that of the sum over windows and far below the bound. What differs in kind: a large input is
//! felt, by rounding, in all outputs of its tile, also in those whose windows do not see it.
//!
//! NaN and infinities are not: a tile with a result that is not finite is computed anew as sums over
//! windows, so that what is not finite, and what only overflowed on the way, reaches exactly the
//! outputs that it reaches there. Such tiles take as long as without the method, and their
//! transforms on top.

mod bound;
mod chunk;
mod filters;
mod squares;
#[cfg(test)]
mod tests;
mod tiles;
mod transform;
mod weights;

use super::ConvGeometry;
use super::blocks::{Blocks, even};
use super::direction::Direction;
use super::pack::{Filters, Packed, packed_len, panel_width, whole};
use super::sweep::Sweep;
use crate::Real;
use crate::simd::InstructionSet;
use crate::{parallel, relu};
pub use bound::{Spread, spread_backward, spread_forward};
use chunk::Sums;
use filters::{FilterPanel, PLACES};
use tiles::Shape;
use transform::OUT;
pub(super) use weights::Weights;

/// Taps of a filter.
const TAPS: usize = 9;

/// Elements that the tiles of a chunk may take (640 KiB): they and the panel's filters should stay in
/// the second-level cache.
const CHUNK: usize = 160 << 10;

/// The fewest tiles of a chunk that are worth a pass over filters beyond the second-level cache, and
/// the most of any chunk.
const FEWEST_TILES: usize = 8;
const MOST_TILES: usize = 48;

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
pub(super) const fn serves<T>() -> bool {
    size_of::<T>() == size_of::<f32>()
}

/// How the tiles are shared out: whole examples, or rows of tiles of one; and tiles at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cut {
    examples: usize,
    rows: usize,
    tiles: usize,
}

/// A pass by Winograd's method.
#[derive(Clone, Copy, Debug)]
pub(super) struct Winograd<'g> {
    g: &'g ConvGeometry,
    direction: Direction,
    set: InstructionSet,
    lanes: usize,
    sweep: Sweep,
}

impl<'g> Winograd<'g> {
    /// The method for a sum over windows, where it is the better one.
    pub(super) fn of<T: Real>(
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

    fn shape(&self) -> Shape {
        Shape {
            lines: self.sweep.lines,
            channels: self.sweep.channels,
            columns: self.sweep.columns,
        }
    }

    /// Rows and columns of tiles in an image.
    fn grid(&self) -> [usize; 2] {
        self.sweep.lines.map(|line| line.outputs.div_ceil(OUT))
    }

    /// No smaller batch gets more of anything: a workspace for a batch serves them all.
    fn cut(&self) -> Cut {
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

    fn packed_len(&self) -> usize {
        let Sweep {
            channels, columns, ..
        } = self.sweep;
        packed_len(filter_window(channels), columns, self.lanes).next_multiple_of(16)
    }

    /// Elements of scratch memory of a worker: for a chunk, for the filters of a panel before they
    /// are transformed, or for a tile computed anew.
    fn part(&self, cut: Cut) -> usize {
        let channels = self.sweep.channels;
        let anew = packed_len(TAPS * channels, 2 * self.lanes, self.lanes) + PLACES * channels;
        (cut.tiles * self.shape().tile_len(self.lanes))
            .max(anew)
            .next_multiple_of(16)
    }

    fn workers(&self, cut: Cut) -> usize {
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
    pub(super) fn scratch(&self) -> usize {
        let blocks = self.g.batch * self.grid()[0];
        let workers = parallel::most_workers(blocks, self.shared_work());
        self.packed_len() + workers * self.part(self.cut())
    }

    /// Those of one worker.
    pub(super) fn least_scratch(&self) -> usize {
        self.packed_len() + self.part(self.cut())
    }

    /// Writes all outputs, through a ReLU if asked for.
    pub(super) fn run<T: Real>(
        &self,
        [source, w]: [&[T]; 2],
        bias: Option<&[T]>,
        out: &mut [T],
        scratch: &mut [T],
        rectified: bool,
    ) {
        let cut = self.cut();
        let part = self.part(cut);
        let (packed, scratch) = scratch.split_at_mut(self.packed_len());
        let workers = self.workers(cut).min(scratch.len() / part);
        let filters = Filters {
            set: self.set,
            w,
            kernel_width: self.g.kernel[1],
            seen: self.g.group_channels(),
            filters: self.g.filters,
            first_filter: 0,
            group_filters: self.g.filters,
        };
        self.pack(&filters, bias, packed, (workers, part), scratch);
        let sums = Sums {
            winograd: self,
            cut,
            source,
            filters: &filters,
            packed: self.packed(packed),
        };
        let [_, columns] = self.grid();
        let [line_h, line_w] = &self.sweep.lines;
        let blocks = Blocks {
            cut: super::blocks::Cut {
                examples: cut.examples,
                rows: cut.rows,
                cols: columns,
            },
            batch: self.g.batch,
            rows: self.grid()[0],
            row_step: OUT,
            image_rows: line_h.outputs,
            row_len: line_w.outputs * self.sweep.columns,
            rest: out,
            example: 0,
            row: 0,
        };
        parallel::share(blocks, workers, part, scratch, |mut output, scratch| {
            sums.block(&mut output, scratch);
            if rectified {
                relu::in_place(output.out);
            }
        });
    }

    fn packed<'a, T: Real>(&self, packed: &'a [T]) -> Packed<'a, T> {
        let window = filter_window(self.sweep.channels);
        Packed::new(packed, window, self.sweep.columns, self.lanes)
    }

    /// Transforms the filters into panels, behind the biases.
    fn pack<T: Real>(
        &self,
        filters: &Filters<'_, T>,
        bias: Option<&[T]>,
        packed: &mut [T],
        (workers, part): (usize, usize),
        scratch: &mut [T],
    ) {
        let Sweep {
            channels, columns, ..
        } = self.sweep;
        let (biases, mut panels) = packed.split_at_mut(whole(columns, self.lanes));
        biases.fill(T::zero());
        if let Some(bias) = bias {
            biases[..columns].copy_from_slice(bias);
        }
        let lanes = self.lanes;
        let mut column = 0;
        let jobs = std::iter::from_fn(move || {
            let here = column;
            if here >= columns {
                return None;
            }
            let width = panel_width(columns - here, lanes);
            column += width;
            let (panel, rest) =
                std::mem::take(&mut panels).split_at_mut(filter_window(channels) * width);
            panels = rest;
            Some((here, width, panel))
        });
        let panels = columns.div_ceil(2 * lanes);
        let work = (PLACES * channels) as u64 * columns as u64;
        let workers = parallel::workers(panels, work).min(workers);
        parallel::share(
            jobs,
            workers,
            part,
            scratch,
            |(column, width, to), scratch| {
                let from = &mut scratch[..TAPS * channels * width];
                filters.pack_panel(self.direction, &self.sweep.lines, column, width, from);
                self.set.run(FilterPanel {
                    from,
                    channels,
                    width,
                    to,
                });
            },
        );
    }
}

/// Elements of a panel for each column: a line of the cache apart, or the places of a channel would
/// all fall on the same few lines.
fn filter_window(channels: usize) -> usize {
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
