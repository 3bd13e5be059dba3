//! The sums of a panel of depthwise filters' gradients over one block of pixels: vectors of channels,
//! a few taps at a time.
//!
//! The images are read where they lie: pixels at their edges are summed over the taps through which
//! they see the image.

use crate::Real;
use crate::conv::methods::windows::weights::PanelSums;
use crate::conv::parts::gradient::{Gradient, add_pixels, gradient};
use crate::conv::parts::layout::Layout;
use crate::conv::parts::rows::{add_row, load_row, store_row};
use crate::conv::parts::stage::Staged;
use crate::conv::parts::window_sum::{Block, WindowSum};
use crate::simd::tile::{self, Pixels, Tile};
use crate::simd::{Isa, Kernel};
use std::ops::Range;

/// Taps of a tile.
const TILE: usize = 12;

/// Adds what a block gives to the sums `(taps + 1, width)` of a panel of channels.
pub(in crate::conv) struct ChannelPanel<'a, T>(pub(in crate::conv) PanelSums<'a, T>);

impl<T: Real> Kernel for ChannelPanel<'_, T> {
    type Output = ();
    const WIDE: bool = true;

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        let lanes = I::lanes::<T>();
        let PanelSums {
            g,
            layout,
            block,
            column,
            width,
            with_bias,
            apart,
            x,
            dy,
            sums,
            scratch,
            ..
        } = self.0;
        let Layout::Channels(window_sum) = layout else {
            unreachable!("depthwise filters have the layout of channels");
        };
        let counts = [block.examples.len(), block.rows.len(), block.cols.len()];
        let (sums, bias) = sums.split_at_mut(g.kernel[0] * g.kernel[1] * width);
        // The panel's own steps are those of all channels.
        let dy = gradient(isa, g, &block, [column, width], usize::MAX, dy, scratch);
        if with_bias && width > lanes {
            add_pixels::<I, T, 2>(isa, &dy, counts, bias);
        } else if with_bias {
            add_pixels::<I, T, 1>(isa, &dy, counts, bias);
        }
        let [line_h, line_w] = window_sum.lines;
        for [rows, down] in line_h.alike(block.rows.clone()) {
            for [cols, right] in line_w.alike(block.cols.clone()) {
                let pixels = Block {
                    examples: block.examples.clone(),
                    rows: rows.clone(),
                    cols,
                };
                for lane in (0..width).step_by(lanes) {
                    let first = column + lane;
                    if first >= g.filters {
                        break;
                    }
                    let mut add = Channels {
                        isa,
                        window_sum,
                        block: &block,
                        x: &x[first..],
                        dy: &dy,
                        lane,
                        used: lanes.min(g.filters - first),
                        width,
                        apart,
                        sums: &mut *sums,
                    };
                    add.rectangle(&pixels, &down, &right);
                }
            }
        }
    }
}

/// One vector of channels.
struct Channels<'a, I, T> {
    isa: I,
    window_sum: &'a WindowSum,
    block: &'a Block,
    /// The images from the vector's first channel on.
    x: &'a [T],
    dy: &'a Gradient<'a, T>,
    /// The vector's place in the panel, how many of its channels there are, and the panel's width.
    lane: usize,
    used: usize,
    width: usize,
    /// Whether a rectangle is a sum of its own.
    apart: bool,
    sums: &'a mut [T],
}

impl<I: Isa, T: Real> Channels<'_, I, T> {
    /// All taps of a rectangle over pixels that see the image through all of them, as many rows of them at a time as the registers hold.
    #[inline(always)]
    fn rectangle(&mut self, block: &Block, down: &Range<usize>, right: &Range<usize>) {
        if right.is_empty() {
            return;
        }
        let mut left = down.clone();
        while !left.is_empty() {
            let mut rows = 1;
            let most = if I::EVERY_TILE { 7 } else { 3 };
            for first in right.clone().step_by(most) {
                let cols = (right.end - first).min(most);
                let at = [left.start, first];
                rows = (TILE / right.len().clamp(1, TILE))
                    .clamp(1, 4)
                    .min(if I::EVERY_TILE { left.len() } else { 1 });
                match (rows, cols) {
                    (4, 3) if I::EVERY_TILE => self.tile::<4, 3>(block, at),
                    (4, 2) if I::EVERY_TILE => self.tile::<4, 2>(block, at),
                    (4, 1) if I::EVERY_TILE => self.tile::<4, 1>(block, at),
                    (3, 4) if I::EVERY_TILE => self.tile::<3, 4>(block, at),
                    (3, 3) if I::EVERY_TILE => self.tile::<3, 3>(block, at),
                    (3, 2) if I::EVERY_TILE => self.tile::<3, 2>(block, at),
                    (3, 1) if I::EVERY_TILE => self.tile::<3, 1>(block, at),
                    (2, 6) if I::EVERY_TILE => self.tile::<2, 6>(block, at),
                    (2, 5) if I::EVERY_TILE => self.tile::<2, 5>(block, at),
                    (2, 4) if I::EVERY_TILE => self.tile::<2, 4>(block, at),
                    (2, 3) if I::EVERY_TILE => self.tile::<2, 3>(block, at),
                    (2, 2) if I::EVERY_TILE => self.tile::<2, 2>(block, at),
                    (2, 1) if I::EVERY_TILE => self.tile::<2, 1>(block, at),
                    (_, 7) if I::EVERY_TILE => self.tile::<1, 7>(block, at),
                    (_, 6) if I::EVERY_TILE => self.tile::<1, 6>(block, at),
                    (_, 5) if I::EVERY_TILE => self.tile::<1, 5>(block, at),
                    (_, 4) if I::EVERY_TILE => self.tile::<1, 4>(block, at),
                    (_, 3) => self.tile::<1, 3>(block, at),
                    (_, 2) => self.tile::<1, 2>(block, at),
                    _ => self.tile::<1, 1>(block, at),
                }
            }
            left.start += rows;
        }
    }

    /// The taps from `at` on.
    #[inline(always)]
    fn tile<const R: usize, const C: usize>(&mut self, block: &Block, at: [usize; 2]) {
        let isa = self.isa;
        let [line_h, line_w] = &self.window_sum.lines;
        let staged = Staged::from_taps(self.window_sum, block, at, self.x);
        let place = |r: usize, c: usize| {
            let row = ((at[0] + r) * line_w.taps + at[1] + c) * self.width + self.lane;
            row..row + I::lanes::<T>()
        };
        let mut tile: Tile<I, T, R, C> = [[isa.splat(T::zero()); C]; R];
        let before = if self.apart { 0 } else { R };
        for (r, sums) in tile.iter_mut().enumerate().take(before) {
            for (c, sum) in sums.iter_mut().enumerate() {
                [*sum] = load_row::<I, T, 1>(isa, &self.sums[place(r, c)]);
            }
        }
        let pixels = Pixels {
            counts: [block.examples.len(), block.rows.len(), block.cols.len()],
            x_steps: [
                staged.image,
                line_h.stride * staged.row,
                line_w.stride * staged.pixel,
            ],
            dy_steps: self.dy.steps,
        };
        let skipped = (block.rows.start - self.block.rows.start) * self.dy.steps[1]
            + (block.cols.start - self.block.cols.start) * self.dy.steps[2];
        tile::taps(
            isa,
            &staged.data[staged.first..],
            [line_h.dilation * staged.row, line_w.dilation * staged.pixel],
            &self.dy.data[self.dy.first + self.lane + skipped..],
            &pixels,
            self.used,
            &mut tile,
        );
        for (r, sums) in tile.iter().enumerate() {
            for (c, sum) in sums.iter().enumerate() {
                let to = &mut self.sums[place(r, c)];
                if self.apart {
                    add_row::<I, T, 1>(isa, &[*sum], to);
                } else {
                    store_row::<I, T, 1>(isa, &[*sum], to);
                }
            }
        }
    }
}
