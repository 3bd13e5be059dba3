//! The part of a source under the windows of a block, laid out with its zeros.

use crate::Real;
use crate::conv::parts::window_sum::{Block, WindowSum};
use crate::simd::tile::Runs;
use std::ops::Range;

/// The pixels that a block's windows read, and where they are.
#[derive(Clone, Copy, Debug)]
pub(in crate::conv) struct Staged<'a, T> {
    pub(in crate::conv) data: &'a [T],
    /// Where the first window of the block starts.
    pub(in crate::conv) first: usize,
    /// From one source pixel, row and image to the next.
    pub(in crate::conv) pixel: usize,
    pub(in crate::conv) row: usize,
    pub(in crate::conv) image: usize,
    /// The elements of a window.
    pub(in crate::conv) runs: Runs,
}

impl<'a, T> Staged<'a, T> {
    /// The source as it lies where that is possible, else laid out in `scratch`.
    #[inline(always)]
    pub(in crate::conv) fn of(
        window_sum: &WindowSum,
        block: &Block,
        source: &'a [T],
        scratch: &'a mut [T],
    ) -> Self
    where
        T: Real,
    {
        if window_sum.in_place() {
            return Self::in_place(window_sum, block, source);
        }
        Stage {
            window_sum,
            block,
            source,
        }
        .fill(scratch)
    }

    /// The source as it lies, from what the first window sees through the taps from `taps` on.
    #[inline(always)]
    pub(in crate::conv) fn from_taps(
        window_sum: &WindowSum,
        block: &Block,
        taps: [usize; 2],
        source: &'a [T],
    ) -> Self {
        let lines = [0, 1].map(|axis| window_sum.lines[axis].without(taps[axis]));
        Self::in_place(
            &WindowSum {
                lines,
                ..*window_sum
            },
            block,
            source,
        )
    }

    /// The source as it lies.
    #[inline(always)]
    pub(in crate::conv) fn in_place(
        window_sum: &WindowSum,
        block: &Block,
        source: &'a [T],
    ) -> Self {
        let [line_h, line_w] = &window_sum.lines;
        let pixel = window_sum.source_channels;
        let row = line_w.n * pixel;
        let image = line_h.n * row;
        // Negative only where no tap sees the source: then nothing is read.
        let top = line_h.start(block.rows.start).max(0).cast_unsigned();
        let left = line_w.start(block.cols.start).max(0).cast_unsigned();
        Self {
            data: source,
            first: block.examples.start * image
                + top * row
                + left * pixel
                + window_sum.first_channel,
            pixel,
            row,
            image,
            runs: runs(window_sum, pixel, row),
        }
    }
}

/// The elements of a window, neighbouring taps joined into one run where nothing lies between them.
#[inline(always)]
fn runs(window_sum: &WindowSum, pixel: usize, row: usize) -> Runs {
    let [line_h, line_w] = &window_sum.lines;
    let joined = line_w.dilation * pixel == window_sum.channels;
    Runs {
        rows: line_h.taps,
        row_step: line_h.dilation * row,
        per_row: if joined { 1 } else { line_w.taps },
        run_step: line_w.dilation * pixel,
        len: if joined { line_w.taps } else { 1 } * window_sum.channels,
    }
}

/// Of `count` coordinates from `first` on, those that an axis of `n` has.
#[inline(always)]
pub(in crate::conv) fn inside(n: usize, first: isize, count: usize) -> Range<usize> {
    let count = count.cast_signed();
    let end = n.cast_signed().saturating_sub(first);
    let first = (-first).clamp(0, count);
    let end = end.clamp(first, count);
    first.cast_unsigned()..end.cast_unsigned()
}

/// The work of laying it out.
pub(in crate::conv) struct Stage<'a, 's, T> {
    pub(in crate::conv) window_sum: &'a WindowSum,
    pub(in crate::conv) block: &'a Block,
    pub(in crate::conv) source: &'s [T],
}

impl<T: Real> Stage<'_, '_, T> {
    /// Copies the part of the source into `scratch`.
    #[inline(always)]
    pub(in crate::conv) fn fill(self, scratch: &mut [T]) -> Staged<'_, T> {
        let Self {
            window_sum,
            block,
            source,
        } = self;
        let [line_h, line_w] = &window_sum.lines;
        let (rows, cols) = (line_h.span(block.rows.len()), line_w.span(block.cols.len()));
        let top = line_h.start(block.rows.start);
        let left = line_w.start(block.cols.start);
        let channels = window_sum.channels;
        let pitch = window_sum.pitch;
        let row_len = cols * pitch;
        let inside = inside(line_w.n, left, cols);
        let data = &mut scratch[..block.examples.len() * rows * row_len];
        let mut to = data.chunks_exact_mut(row_len.max(1));
        for example in block.examples.clone() {
            for row in 0..rows {
                let Some(to) = to.next() else { break };
                let at = top + row.cast_signed();
                if at < 0 || at >= line_h.n.cast_signed() || inside.is_empty() {
                    to.fill(T::zero());
                    continue;
                }
                let image_row = (example * line_h.n + at.cast_unsigned()) * line_w.n;
                let first = left + inside.start.cast_signed();
                let from = (image_row + first.cast_unsigned()) * window_sum.source_channels;
                let (before, rest) = to.split_at_mut(inside.start * pitch);
                let (middle, after) = rest.split_at_mut(inside.len() * pitch);
                before.fill(T::zero());
                after.fill(T::zero());
                if channels == window_sum.source_channels && pitch == channels {
                    middle.copy_from_slice(&source[from..from + middle.len()]);
                } else {
                    let from = source[from + window_sum.first_channel..]
                        .chunks(window_sum.source_channels);
                    for (to, from) in middle.chunks_exact_mut(pitch).zip(from) {
                        to[..channels].copy_from_slice(&from[..channels]);
                    }
                }
            }
        }
        Staged {
            // The values after it may be read, into lanes that are not used.
            data: scratch,
            first: 0,
            pixel: pitch,
            row: row_len,
            image: rows * row_len,
            runs: runs(window_sum, pitch, row_len),
        }
    }
}
