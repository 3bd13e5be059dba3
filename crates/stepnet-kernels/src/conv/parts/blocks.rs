//! How the outputs of a sum over windows are cut into blocks, by the geometry alone.

use std::ops::Range;

/// Pixels that a block should have: enough for the filters, once in the cache, to be used often.
pub(in crate::conv) const PIXELS: usize = 128;

/// Pixels of a block where each is little work: blocks share the rows that both see.
pub(in crate::conv) const MANY_PIXELS: usize = 1024;

/// Fewer pixels, but not many fewer, where there would be only a few blocks.
const FEWEST_PIXELS: usize = 24;
const FEW_BLOCKS: usize = 8;

/// Source elements that a block may lay into scratch memory (192 KiB of `f32`), unless a single
/// window has more.
const STAGED: usize = 48 << 10;

/// Parts of a batch of small images, so that every thread finds some.
const PARTS: usize = 16;

/// The size of a block: whole examples, or rows of an example; and columns of pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::conv) struct Cut {
    pub(in crate::conv) examples: usize,
    pub(in crate::conv) rows: usize,
    pub(in crate::conv) cols: usize,
}

impl Cut {
    /// The size for `batch` examples of `rows` by `cols` pixels, `pixels` at a time, for which `staged`
    /// elements are laid out.
    pub(in crate::conv) fn new(
        batch: usize,
        [rows, cols]: [usize; 2],
        pixels: usize,
        staged: impl Fn(Self) -> usize,
    ) -> Self {
        let mut cut = Self::most(batch, [rows, cols], pixels);
        cut.rows = even(rows, cut.rows);
        // A block that does not fit is halved: examples, then rows, then columns.
        while staged(cut) > STAGED {
            if cut.examples > 1 {
                cut.examples /= 2;
            } else if cut.rows > 1 {
                cut.rows = even(rows, cut.rows / 2);
            } else if cut.cols > 1 {
                cut.cols = even(cols, cut.cols / 2);
            } else {
                break;
            }
        }
        cut
    }

    /// No block of as many examples or fewer is larger.
    pub(in crate::conv) fn most(batch: usize, [rows, cols]: [usize; 2], pixels: usize) -> Self {
        let image = (rows * cols).max(1);
        let pixels = (batch * image / FEW_BLOCKS).clamp(FEWEST_PIXELS, pixels);
        let examples = (pixels / image).clamp(1, batch.div_ceil(PARTS).max(1));
        Self {
            examples,
            rows: match examples {
                1 => (pixels / cols.max(1)).clamp(1, rows.max(1)),
                _ => rows,
            },
            cols,
        }
    }

    /// The most that `staged` says of a block of as many examples or fewer.
    pub(in crate::conv) fn most_staged(
        batch: usize,
        grid: [usize; 2],
        pixels: usize,
        staged: impl Fn(Self) -> usize,
    ) -> usize {
        let one = Self {
            examples: 1,
            rows: 1,
            cols: 1,
        };
        staged(Self::most(batch, grid, pixels)).min(STAGED.max(staged(one)))
    }

    /// Pixels of a block.
    pub(in crate::conv) fn pixels(self) -> usize {
        self.examples * self.rows * self.cols
    }
}

/// The size, at most `most`, of as equal parts as there can be.
#[inline(always)]
pub(in crate::conv) fn even(all: usize, most: usize) -> usize {
    all.div_ceil(all.div_ceil(most.max(1)).max(1)).max(1)
}

/// The outputs of a batch, block by block, each with its part of the array.
pub(in crate::conv) struct Blocks<'a, T> {
    pub(in crate::conv) cut: Cut,
    pub(in crate::conv) batch: usize,
    /// Rows of blocks in an image, rows of the image that one of these takes, and the image's rows.
    pub(in crate::conv) rows: usize,
    pub(in crate::conv) row_step: usize,
    pub(in crate::conv) image_rows: usize,
    /// Elements of a row of the image.
    pub(in crate::conv) row_len: usize,
    pub(in crate::conv) rest: &'a mut [T],
    /// Where the next block starts.
    pub(in crate::conv) example: usize,
    pub(in crate::conv) row: usize,
}

/// A block's part of the outputs.
pub(in crate::conv) struct Output<'a, T> {
    pub(in crate::conv) examples: Range<usize>,
    pub(in crate::conv) rows: Range<usize>,
    /// The element of the first example's image that `out` starts with.
    pub(in crate::conv) start: usize,
    pub(in crate::conv) out: &'a mut [T],
}

impl<T> Blocks<'_, T> {
    /// How many blocks there are.
    pub(in crate::conv) fn count(cut: Cut, batch: usize, rows: usize) -> usize {
        batch.div_ceil(cut.examples) * rows.div_ceil(cut.rows)
    }
}

impl<'a, T> Iterator for Blocks<'a, T> {
    type Item = Output<'a, T>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.example >= self.batch || self.rows == 0 {
            return None;
        }
        let examples = self.example..self.batch.min(self.example + self.cut.examples);
        let rows = self.row..self.rows.min(self.row + self.cut.rows);
        let first = rows.start * self.row_step;
        let end = self.image_rows.min(rows.end * self.row_step);
        let len = examples.len() * (end - first) * self.row_len;
        let (out, rest) = std::mem::take(&mut self.rest).split_at_mut(len);
        self.rest = rest;
        self.row = rows.end;
        if self.row == self.rows {
            self.row = 0;
            self.example = examples.end;
        }
        Some(Output {
            examples,
            rows,
            start: first * self.row_len,
            out,
        })
    }
}
