//! Sums over windows, the form of the forward pass and of every phase of the gradient by data.
//!
//! ```text
//! out[e, i, j, column] = bias[column] + sum over (s, t, c) of
//!     source[e, rows(i, s), cols(j, t), first_channel + c] * packed[s, t, c, column]
//! ```
//!
//! A *block* of outputs is computed at a time. Where its windows leave the source, or see only some
//! of the channels, the part of the source under them is first laid, with its zeros, into scratch
//! memory (`stage`); else it is read in place. Then a row of a window is one run of memory, and
//! tiles of six pixels by two vectors (eight by one for few columns) are summed in registers.

use std::ops::Range;

use super::line::Line;
use super::pack::Packed;
use crate::long_sum::{BLOCK, groups};

/// One sum over windows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sweep {
    /// Height and width.
    pub(super) lines: [Line; 2],
    /// Channels of a source pixel, the first one seen, and how many.
    pub(super) source_channels: usize,
    pub(super) first_channel: usize,
    pub(super) channels: usize,
    /// From one pixel to the next where the source is laid out: at least `channels`.
    pub(super) pitch: usize,
    /// Columns of an output pixel, the first one written, and how many.
    pub(super) out_channels: usize,
    pub(super) first_column: usize,
    pub(super) columns: usize,
    /// Where the outputs lie in their image: from one to the next, the first, and the image's width.
    pub(super) out_step: [usize; 2],
    pub(super) out_first: [usize; 2],
    pub(super) out_width: usize,
}

/// A part of the outputs: whole examples, or rows of one example; and columns of pixels.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub(super) examples: Range<usize>,
    pub(super) rows: Range<usize>,
    pub(super) cols: Range<usize>,
}

impl Block {
    #[inline(always)]
    pub(super) fn pixels(&self) -> usize {
        self.examples.len() * self.rows.len() * self.cols.len()
    }
}

impl Sweep {
    /// Elements of a window.
    #[inline(always)]
    pub(super) fn window(&self) -> usize {
        self.lines[0].taps * self.lines[1].taps * self.channels
    }

    /// Whether the source can be read where it lies.
    #[inline(always)]
    pub(super) fn in_place(&self) -> bool {
        self.lines[0].is_inside() && self.lines[1].is_inside()
            // One tap's channels are one run in any case.
            && (self.channels == self.source_channels || self.lines[1].taps == 1)
    }

    /// Source elements under `[examples, rows, cols]` of outputs.
    #[inline(always)]
    pub(super) fn laid_out(&self, [examples, rows, cols]: [usize; 3]) -> usize {
        examples * self.lines[0].span(rows) * self.lines[1].span(cols) * self.pitch
    }

    /// Elements of the sums of groups of parts, for `pixels` outputs with windows of `window` elements.
    #[inline(always)]
    pub(super) fn totals(&self, pixels: usize, window: usize) -> usize {
        match groups(window, BLOCK) {
            1 => 0,
            _ => pixels * self.columns,
        }
    }
}

/// The sums of one block, written over what `out` holds there.
pub(super) struct BlockSums<'a, T> {
    pub(super) sweep: &'a Sweep,
    pub(super) block: Block,
    /// The whole source.
    pub(super) source: &'a [T],
    pub(super) packed: &'a Packed<'a, T>,
    /// The outputs, from element `out_start` of the first example's image on.
    pub(super) out: &'a mut [T],
    /// Elements of an output image.
    pub(super) out_image: usize,
    pub(super) out_start: usize,
    pub(super) scratch: &'a mut [T],
    /// Who share the blocks: each takes one of so many.
    pub(super) workers: usize,
}
