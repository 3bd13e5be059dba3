//! The sizes of the three in one, and the parts that they are computed in.

use std::ops::Range;

use crate::conv::ConvGeometry;
use crate::conv::parts::blocks::{Cut, even};
use crate::pool::PoolGeometry;

/// Elements of the convolution's outputs that are held at a time: 64 KiB of `f32`.
const BETWEEN: usize = 1 << 14;

/// A convolution, whether its outputs go through a ReLU, and the pooling of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PooledGeometry {
    pub(in crate::conv) conv: ConvGeometry,
    pub(in crate::conv) pool: PoolGeometry,
    pub(in crate::conv) relu: bool,
}

impl PooledGeometry {
    /// The same for another number of examples.
    ///
    /// # Panics
    ///
    /// If the arrays of so many examples cannot be addressed.
    pub(super) fn with_batch(&self, batch: usize) -> Self {
        Self {
            conv: self.conv.with_batch(batch),
            pool: self.pool.with_batch(batch),
            ..*self
        }
    }

    /// Rows of a window, and vectors of eight that a run of its elements takes.
    pub(in crate::conv) fn rows(&self) -> [usize; 2] {
        let run = self.conv.kernel[1] * self.conv.group_channels();
        [self.conv.kernel[0], run.div_ceil(8)]
    }

    /// About how many cycles the dense pass takes for the positions of a window and one filter, of
    /// `columns` columns and `elements` elements: half of the sixteen multiply-adds that a cycle has.
    pub(in crate::conv) fn dense_cost(&self, columns: usize, elements: usize) -> usize {
        let positions = self.pool.kernel[0] * self.pool.kernel[1];
        positions * columns.next_multiple_of(8) * elements / 8
    }

    /// Elements of `y`, and of the winners.
    pub fn y_len(&self) -> usize {
        self.pool.y_len()
    }

    /// Height and width of the outputs.
    pub(in crate::conv) fn windows(&self) -> [usize; 2] {
        [self.pool.output[0], self.pool.output[1]]
    }

    /// The examples, and rows of windows, that are computed at a time; never more of a smaller batch.
    pub(in crate::conv) fn part(&self) -> [usize; 2] {
        let row = self.pool.stride[0] * self.conv.output[1] * self.conv.output[2];
        let rows = self.pool.output[0];
        let per_part = (BETWEEN / row.max(1)).clamp(1, rows.max(1));
        if per_part < rows {
            return [1, even(rows, per_part)];
        }
        // Whole images, and several whose sources and outputs are small, as long as every thread finds some.
        let [source, image] = [self.conv.input, self.conv.output]
            .map(|extents| extents.iter().product::<usize>().max(1));
        let most = self.conv.batch.div_ceil(16).max(1);
        let fit = (BETWEEN / 4 / image).min(4 * BETWEEN / source);
        [fit.clamp(1, most), rows]
    }

    /// A part as a block of the convolution's outputs.
    pub(in crate::conv) fn cut(&self) -> Cut {
        let [examples, rows] = self.part();
        Cut {
            examples,
            rows: self.conv_rows(0, rows).len(),
            cols: self.conv.output[1],
        }
    }

    /// All parts, each with its outputs.
    pub(in crate::conv) fn parts<'a, T>(
        &self,
        y: &'a mut [T],
        winners: Option<&'a mut [u32]>,
    ) -> Parts<'a, T> {
        let [examples, rows] = self.part();
        Parts {
            step: [examples, rows],
            batch: self.conv.batch,
            rows: self.pool.output[0],
            row_len: self.pool.output[1] * self.pool.output[2],
            y,
            winners,
            example: 0,
            row: 0,
        }
    }

    /// The rows of the convolution's outputs under rows of windows.
    pub(in crate::conv) fn conv_rows(&self, first: usize, rows: usize) -> std::ops::Range<usize> {
        let start = first * self.pool.stride[0];
        // The last row of windows needs no more than its own height.
        start..start + (rows - 1) * self.pool.stride[0] + self.pool.kernel[0]
    }
}

/// Examples and rows of windows that are computed together.
pub(in crate::conv) struct Part<'a, T> {
    pub(in crate::conv) examples: Range<usize>,
    pub(in crate::conv) rows: Range<usize>,
    pub(super) y: &'a mut [T],
    pub(super) winners: Option<&'a mut [u32]>,
}

/// The parts of a batch in order.
pub(in crate::conv) struct Parts<'a, T> {
    step: [usize; 2],
    batch: usize,
    rows: usize,
    row_len: usize,
    y: &'a mut [T],
    winners: Option<&'a mut [u32]>,
    example: usize,
    row: usize,
}

impl<'a, T> Iterator for Parts<'a, T> {
    type Item = Part<'a, T>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.example >= self.batch {
            return None;
        }
        let examples = self.example..self.batch.min(self.example + self.step[0]);
        let rows = self.row..self.rows.min(self.row + self.step[1]);
        self.row = rows.end;
        if self.row == self.rows {
            self.row = 0;
            self.example = examples.end;
        }
        let len = examples.len() * rows.len() * self.row_len;
        let (y, rest) = std::mem::take(&mut self.y).split_at_mut(len);
        self.y = rest;
        let winners = self.winners.take().map(|winners| {
            let (winners, rest) = winners.split_at_mut(len);
            self.winners = Some(rest);
            winners
        });
        Some(Part {
            examples,
            rows,
            y,
            winners,
        })
    }
}

/// The inputs of the backward pass.
#[derive(Clone, Copy, Debug)]
pub struct Gradient<'a, T> {
    /// The outputs.
    pub y: &'a [T],
    /// The gradient with respect to them.
    pub dy: &'a [T],
    /// The winners that the forward pass left.
    pub winners: &'a [u32],
}

/// Where the gradients are written; `None` for one that is not needed.
#[derive(Debug)]
pub struct Gradients<'a, T> {
    /// With respect to the images.
    pub dx: Option<&'a mut [T]>,
    /// With respect to the filters.
    pub dw: Option<&'a mut [T]>,
    /// With respect to the bias; written with `dw` alone.
    pub db: Option<&'a mut [T]>,
}
