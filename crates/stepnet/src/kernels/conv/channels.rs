//! The sums of one block where every filter sees the channel of its own number: vectors of channels,
//! tap by tap, a few pixels at a time.

use super::stage::Staged;
use super::sweep::{BlockSums, Places, load_row, store_row};
use crate::Element;
use crate::kernels::simd::tile::{self, Runs, Tile};
use crate::kernels::simd::{Isa, Kernel};

/// The sums of one block; the packed filters are the biases and then the taps in the order of the
/// sweep's, all channels of each, filled up to whole vectors.
pub(super) struct ChannelSums<'a, T>(pub(super) BlockSums<'a, T>);

impl<T: Element> Kernel for ChannelSums<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        let BlockSums {
            sweep,
            block,
            source,
            packed,
            out,
            out_image,
            out_start,
            scratch,
        } = self.0;
        let staged = Staged::of(sweep, &block, source, scratch);
        let taps = Runs {
            rows: sweep.lines[0].taps,
            row_step: sweep.lines[0].dilation * staged.row,
            cols: sweep.lines[1].taps,
            col_step: sweep.lines[1].dilation * staged.pixel,
            len: sweep.channels,
        };
        let mut pass = Pass {
            isa,
            x: staged.data,
            taps,
            w: packed.whole(),
            channels: sweep.channels,
            out,
            out_start,
        };
        let mut places = Places::new(sweep, &block, &staged, out_image);
        let mut left = block.pixels();
        while left >= 6 {
            pass.pixels::<6>(&mut places);
            left -= 6;
        }
        if left >= 3 {
            pass.pixels::<3>(&mut places);
            left -= 3;
        }
        for _ in 0..left {
            pass.pixels::<1>(&mut places);
        }
    }
}

struct Pass<'a, I, T> {
    isa: I,
    x: &'a [T],
    taps: Runs,
    w: &'a [T],
    channels: usize,
    out: &'a mut [T],
    out_start: usize,
}

impl<I: Isa, T: Element> Pass<'_, I, T> {
    #[inline(always)]
    fn pixels<const P: usize>(&mut self, places: &mut Places) {
        let (isa, lanes) = (self.isa, I::lanes::<T>());
        let step = self.channels.next_multiple_of(lanes);
        let (bias, w) = self.w.split_at(step);
        let mut starts = [0; P];
        let mut outs = [0; P];
        for p in 0..P {
            (starts[p], outs[p]) = places.next();
            outs[p] -= self.out_start;
        }
        for channel in (0..self.channels).step_by(lanes) {
            let used = lanes.min(self.channels - channel);
            let mut sums: Tile<I, T, P, 1> = [[isa.load(&bias[channel..])]; P];
            if used == lanes {
                let starts = starts.map(|start| start + channel);
                tile::channels(
                    isa,
                    self.x,
                    starts,
                    &self.taps,
                    &w[channel..],
                    step,
                    &mut sums,
                );
            } else {
                self.last_channels(&starts, channel, &w[channel..], step, &mut sums);
            }
            for (sum, out) in sums.iter().zip(outs) {
                let out = out + channel;
                store_row::<I, T, 1>(isa, sum, &mut self.out[out..out + used]);
            }
        }
    }

    /// The channels behind the last whole vector: one more vector could leave the image.
    #[inline(always)]
    fn last_channels<const P: usize>(
        &self,
        starts: &[usize; P],
        channel: usize,
        w: &[T],
        step: usize,
        sums: &mut Tile<I, T, P, 1>,
    ) {
        let used = self.channels - channel;
        for row in 0..self.taps.rows {
            for col in 0..self.taps.cols {
                let by = self.isa.load(&w[(row * self.taps.cols + col) * step..]);
                let place = row * self.taps.row_step + col * self.taps.col_step + channel;
                for (start, [sum]) in starts.iter().zip(sums.iter_mut()) {
                    let x = &self.x[start + place..][..used];
                    let [x] = load_row::<I, T, 1>(self.isa, x);
                    *sum = self.isa.vector_mul_add(x, by, *sum);
                }
            }
        }
    }
}
