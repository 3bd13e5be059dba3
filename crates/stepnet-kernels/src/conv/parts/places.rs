//! The order in which the pixels of a block are met.

use crate::conv::parts::stage::Staged;
use crate::conv::parts::window_sum::{Block, WindowSum};

/// The pixels of a block in order: where each one's window starts, and where its output lies.
pub(in crate::conv) struct Places {
    cols: usize,
    rows: usize,
    col: usize,
    row: usize,
    source: [usize; 3],
    out: [usize; 3],
    /// Steps by column, from the last column to the next row, from the last row to the next example.
    source_steps: [usize; 3],
    out_steps: [usize; 3],
}

impl Places {
    #[inline(always)]
    pub(in crate::conv) fn new<T>(
        window_sum: &WindowSum,
        block: &Block,
        staged: &Staged<'_, T>,
        out_image: usize,
    ) -> Self {
        let [line_h, line_w] = window_sum.lines;
        let width = window_sum.out_width;
        let row = block.rows.start * window_sum.out_step[0] + window_sum.out_first[0];
        let col = block.cols.start * window_sum.out_step[1] + window_sum.out_first[1];
        let out = (row * width + col) * window_sum.out_channels + window_sum.first_column;
        Self {
            cols: block.cols.len(),
            rows: block.rows.len(),
            col: 0,
            row: 0,
            source: [staged.first; 3],
            out: [out; 3],
            source_steps: [
                line_w.stride * staged.pixel,
                line_h.stride * staged.row,
                staged.image,
            ],
            out_steps: [
                window_sum.out_step[1] * window_sum.out_channels,
                window_sum.out_step[0] * width * window_sum.out_channels,
                out_image,
            ],
        }
    }

    /// Only `rows` of the block's rows, those after the first `above`.
    #[inline(always)]
    pub(in crate::conv) fn of_rows(mut self, above: usize, rows: usize) -> Self {
        self.rows = rows;
        let source = above * self.source_steps[1];
        let out = above * self.out_steps[1];
        self.source = self.source.map(|first| first + source);
        self.out = self.out.map(|first| first + out);
        self
    }

    /// Vectors of `lanes` pixels instead of pixels; the last one of a row may have fewer.
    #[inline(always)]
    pub(in crate::conv) fn by_vectors(mut self, lanes: usize) -> Self {
        self.cols = self.cols.div_ceil(lanes);
        self.source_steps[0] *= lanes;
        self.out_steps[0] *= lanes;
        self
    }

    /// How many pixels are left in the row of the next one.
    #[inline(always)]
    pub(in crate::conv) fn left_in_row(&self) -> usize {
        self.cols - self.col
    }

    /// The next `P` pixels.
    #[inline(always)]
    pub(in crate::conv) fn take<const P: usize>(&mut self) -> ([usize; P], [usize; P]) {
        let (mut starts, mut outs) = ([0; P], [0; P]);
        // Most often all in one row.
        if self.col + P <= self.cols {
            for p in 0..P {
                starts[p] = self.source[0] + p * self.source_steps[0];
                outs[p] = self.out[0] + p * self.out_steps[0];
            }
            self.col += P - 1;
            self.source[0] = starts[P - 1];
            self.out[0] = outs[P - 1];
            self.next();
        } else {
            for p in 0..P {
                (starts[p], outs[p]) = self.next();
            }
        }
        (starts, outs)
    }

    /// The next pixel. Behind the last one it goes on to places that nobody asks for.
    #[inline(always)]
    pub(in crate::conv) fn next(&mut self) -> (usize, usize) {
        let here = (self.source[0], self.out[0]);
        self.col += 1;
        if self.col < self.cols {
            self.source[0] += self.source_steps[0];
            self.out[0] += self.out_steps[0];
            return here;
        }
        self.col = 0;
        self.row += 1;
        if self.row == self.rows {
            self.row = 0;
            self.source[2] += self.source_steps[2];
            self.out[2] += self.out_steps[2];
            self.source[1] = self.source[2];
            self.out[1] = self.out[2];
        } else {
            self.source[1] += self.source_steps[1];
            self.out[1] += self.out_steps[1];
        }
        self.source[0] = self.source[1];
        self.out[0] = self.out[1];
        here
    }
}
