//! Prefetching: memory that is read or written soon is requested while there is still something to compute.
//!
//! Images of many channels are met in steps too long for the processor's own guesses; a miss of the
//! caches then costs as much as a hundred multiply-adds. What is asked for too much costs little.

use crate::Real;
use crate::aligned::LINE;
use crate::conv::ConvGeometry;
use crate::conv::parts::window_sum::{Block, WindowSum};
use crate::simd::Isa;

/// Asks for `len` values of `array`, from `first` on.
#[inline(always)]
pub(in crate::conv) fn prefetch<I: Isa, T: Real>(isa: I, array: &[T], first: usize, len: usize) {
    for at in (0..len).step_by(LINE / size_of::<T>()) {
        isa.prefetch(array, first + at);
    }
}

/// The part of the source that the next block of this worker will be the first to read, a few lines for
/// each tile of this one.
pub(in crate::conv) struct NextRows<'a, T> {
    source: &'a [T],
    next: usize,
    per_tile: usize,
    /// Lines that are still to be asked for.
    left: usize,
}

impl<'a, T: Real> NextRows<'a, T> {
    /// After `block`, which is computed in `tiles` tiles in all parts of its windows together, and those that other
    /// workers take.
    #[inline(always)]
    pub(in crate::conv) fn new(
        window_sum: &WindowSum,
        block: &Block,
        source: &'a [T],
        [tiles, workers]: [usize; 2],
    ) -> Self {
        let [line_h, line_w] = &window_sum.lines;
        let row = line_w.n * window_sum.source_channels;
        let image = line_h.n * row;
        // The first row that no window of the block sees.
        let below = line_h.start(block.rows.end.saturating_sub(1)) + line_h.span(1).cast_signed();
        let below = below.clamp(0, line_h.n.cast_signed()).cast_unsigned();
        // Strides may be far longer than the image.
        let rows =
            block.examples.len() * line_h.n.min(block.rows.len().saturating_mul(line_h.stride));
        let lines = (rows * row).div_ceil(LINE / size_of::<T>());
        Self {
            source,
            next: block.examples.end.saturating_sub(1) * image
                + (below + workers.saturating_sub(1) * rows) * row,
            per_tile: lines.div_ceil(tiles.max(1)),
            left: lines,
        }
    }

    /// One tile's lines.
    #[inline(always)]
    pub(in crate::conv) fn prefetch<I: Isa>(&mut self, isa: I) {
        let lines = self.per_tile.min(self.left);
        let len = lines * (LINE / size_of::<T>());
        prefetch(isa, self.source, self.next, len);
        self.next += len;
        self.left -= lines;
    }
}

/// The columns of `dy` that the block after this one will meet, a few lines for each tile of this one.
pub(in crate::conv) struct NextPixels<'a, T> {
    dy: &'a [T],
    /// The pixel's first column, the column in it, and how many columns there are.
    pixel: usize,
    column: usize,
    width: usize,
    /// From one pixel to the next.
    step: usize,
    per_tile: usize,
}

impl<'a, T: Real> NextPixels<'a, T> {
    /// `width` columns from `first` on of the pixels of `block`, while `tiles` tiles are computed.
    #[inline(always)]
    pub(in crate::conv) fn new(
        g: &ConvGeometry,
        block: Option<&Block>,
        [first, width]: [usize; 2],
        dy: &'a [T],
        tiles: usize,
    ) -> Self {
        let [rows, cols, filters] = g.output;
        let (pixel, pixels) = block.map_or((0, 0), |block| {
            let row = block.examples.start * rows + block.rows.start;
            (row * cols + block.cols.start, block.pixels())
        });
        let lines = pixels * width.div_ceil(LINE / size_of::<T>());
        Self {
            dy,
            pixel: pixel * filters + first,
            column: 0,
            width,
            step: filters,
            per_tile: lines.div_ceil(tiles.max(1)),
        }
    }

    /// One tile's lines.
    #[inline(always)]
    pub(in crate::conv) fn prefetch<I: Isa>(&mut self, isa: I) {
        for _ in 0..self.per_tile {
            isa.prefetch(self.dy, self.pixel + self.column);
            self.column += LINE / size_of::<T>();
            if self.column >= self.width {
                self.column = 0;
                self.pixel += self.step;
            }
        }
    }
}
