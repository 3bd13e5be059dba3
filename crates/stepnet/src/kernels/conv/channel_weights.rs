//! The sums of a panel of depthwise filters' gradients over one block of pixels: vectors of channels,
//! a few taps at a time.

use super::outer::{Gradient, Layout, PanelSums, add_pixels, gradient};
use super::stage::{Stage, Staged};
use super::sweep::{Sweep, load_row, store_row};
use crate::Element;
use crate::kernels::simd::tile::{self, Pixels, Tile};
use crate::kernels::simd::{Isa, Kernel};

/// Adds what a block gives to the sums `(taps + 1, width)` of a panel of channels.
pub(super) struct ChannelPanel<'a, T>(pub(super) PanelSums<'a, T>);

impl<T: Element> Kernel for ChannelPanel<'_, T> {
    type Output = ();

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
            x,
            dy,
            sums,
            scratch,
            ..
        } = self.0;
        let Layout::Channels(sweep) = layout else {
            unreachable!("depthwise filters have the layout of channels");
        };
        let channels = width.min(g.filters - column);
        let sweep = Sweep {
            first_channel: column,
            channels,
            pitch: channels,
            ..*sweep
        };
        let counts = [block.examples.len(), block.rows.len(), block.cols.len()];
        let pixels = counts.iter().product::<usize>();
        let (dy_scratch, x_scratch) = scratch.split_at_mut(pixels * width);
        let dy = gradient(g, &block, column, width, dy, dy_scratch);
        let (sums, bias) = sums.split_at_mut(g.kernel[0] * g.kernel[1] * width);
        if with_bias && width > lanes {
            add_pixels::<I, T, 2>(isa, &dy, counts, bias);
        } else if with_bias {
            add_pixels::<I, T, 1>(isa, &dy, counts, bias);
        }
        let staged = Stage {
            sweep: &sweep,
            block: &block,
            source: x,
        }
        .fill(x_scratch);
        let pixels = Pixels {
            counts,
            x_steps: [
                staged.image,
                g.stride[0] * staged.row,
                g.stride[1] * staged.pixel,
            ],
            dy_steps: dy.steps,
        };
        for lane in (0..width).step_by(lanes) {
            let mut add = Taps {
                isa,
                sweep: &sweep,
                staged: &staged,
                dy: &dy,
                pixels,
                lane,
                width,
                sums: &mut *sums,
            };
            add.all();
        }
    }
}

/// One vector of channels, tap by tap.
struct Taps<'a, I, T> {
    isa: I,
    sweep: &'a Sweep,
    staged: &'a Staged<'a, T>,
    dy: &'a Gradient<'a, T>,
    pixels: Pixels,
    lane: usize,
    width: usize,
    sums: &'a mut [T],
}

impl<I: Isa, T: Element> Taps<'_, I, T> {
    #[inline(always)]
    fn all(&mut self) {
        let taps = self.sweep.lines[0].taps * self.sweep.lines[1].taps;
        let mut tiles = taps.div_ceil(8);
        let mut done = 0;
        while tiles > 0 {
            let size = (taps - done).div_ceil(tiles);
            match size {
                8 => self.some::<8>(done),
                7 => self.some::<7>(done),
                6 => self.some::<6>(done),
                5 => self.some::<5>(done),
                4 => self.some::<4>(done),
                3 => self.some::<3>(done),
                2 => self.some::<2>(done),
                _ => self.some::<1>(done),
            }
            done += size;
            tiles -= 1;
        }
    }

    #[inline(always)]
    fn some<const K: usize>(&mut self, first: usize) {
        let (isa, lanes) = (self.isa, I::lanes::<T>());
        let [line_h, line_w] = &self.sweep.lines;
        let mut places = [0; K];
        for (k, place) in places.iter_mut().enumerate() {
            let (u, v) = ((first + k) / line_w.taps, (first + k) % line_w.taps);
            *place =
                u * line_h.dilation * self.staged.row + v * line_w.dilation * self.staged.pixel;
        }
        let row = |k: usize| (first + k) * self.width + self.lane;
        let mut tile: Tile<I, T, K, 1> = [[isa.splat(T::zero()); 1]; K];
        for (k, sum) in tile.iter_mut().enumerate() {
            *sum = load_row::<I, T, 1>(isa, &self.sums[row(k)..row(k) + lanes]);
        }
        // Lanes behind the last channel see the next pixel's: nobody asks for them.
        let x = &self.staged.data[self.staged.first + self.lane..];
        let dy = &self.dy.data[self.dy.first + self.lane..];
        tile::taps(isa, x, places, dy, &self.pixels, &mut tile);
        for (k, sum) in tile.iter().enumerate() {
            let row = row(k);
            store_row::<I, T, 1>(isa, sum, &mut self.sums[row..row + lanes]);
        }
    }
}
