//! Sums over windows, the form of the forward pass and of every phase of the data gradient.
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

use crate::conv::parts::line::Line;
use crate::conv::parts::pack::Packed;
use crate::long_sum::{BLOCK, groups};

/// One sum over windows.
#[derive(Clone, Copy, Debug)]
pub(in crate::conv) struct WindowSum {
    /// Height and width.
    pub(in crate::conv) lines: [Line; 2],
    /// Channels of a source pixel, the first one seen, and how many.
    pub(in crate::conv) source_channels: usize,
    pub(in crate::conv) first_channel: usize,
    pub(in crate::conv) channels: usize,
    /// From one pixel to the next where the source is laid out: at least `channels`.
    pub(in crate::conv) pitch: usize,
    /// Columns of an output pixel, the first one written, and how many.
    pub(in crate::conv) out_channels: usize,
    pub(in crate::conv) first_column: usize,
    pub(in crate::conv) columns: usize,
    /// Where the outputs lie in their image: from one to the next, the first, and the image's width.
    pub(in crate::conv) out_step: [usize; 2],
    pub(in crate::conv) out_first: [usize; 2],
    pub(in crate::conv) out_width: usize,
}

/// A part of the outputs: whole examples, or rows of one example; and columns of pixels.
#[derive(Clone, Debug)]
pub(in crate::conv) struct Block {
    pub(in crate::conv) examples: Range<usize>,
    pub(in crate::conv) rows: Range<usize>,
    pub(in crate::conv) cols: Range<usize>,
}

impl Block {
    #[inline(always)]
    pub(in crate::conv) fn pixels(&self) -> usize {
        self.examples.len() * self.rows.len() * self.cols.len()
    }
}

impl WindowSum {
    /// Elements of a window.
    #[inline(always)]
    pub(in crate::conv) fn window(&self) -> usize {
        self.lines[0].taps * self.lines[1].taps * self.channels
    }

    /// Whether the source can be read where it lies.
    #[inline(always)]
    pub(in crate::conv) fn in_place(&self) -> bool {
        self.lines[0].is_inside() && self.lines[1].is_inside()
            // One tap's channels are one run in any case.
            && (self.channels == self.source_channels || self.lines[1].taps == 1)
    }

    /// Source elements under `[examples, rows, cols]` of outputs.
    #[inline(always)]
    pub(in crate::conv) fn laid_out(&self, [examples, rows, cols]: [usize; 3]) -> usize {
        examples * self.lines[0].span(rows) * self.lines[1].span(cols) * self.pitch
    }

    /// Elements of the sums of groups of parts, for `pixels` outputs with windows of `window` elements.
    #[inline(always)]
    pub(in crate::conv) fn totals(&self, pixels: usize, window: usize) -> usize {
        match groups(window, BLOCK) {
            1 => 0,
            _ => pixels * self.columns,
        }
    }
}

/// The sums of one block, written over what `out` holds there.
pub(in crate::conv) struct BlockSums<'a, T> {
    pub(in crate::conv) window_sum: &'a WindowSum,
    pub(in crate::conv) block: Block,
    /// The whole source.
    pub(in crate::conv) source: &'a [T],
    pub(in crate::conv) packed: &'a Packed<'a, T>,
    /// The outputs, from element `out_start` of the first example's image on.
    pub(in crate::conv) out: &'a mut [T],
    /// Elements of an output image.
    pub(in crate::conv) out_image: usize,
    pub(in crate::conv) out_start: usize,
    pub(in crate::conv) scratch: &'a mut [T],
    /// How many threads share the blocks.
    pub(in crate::conv) workers: usize,
}
