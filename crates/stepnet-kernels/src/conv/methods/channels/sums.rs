//! The sums of one block where every filter sees the channel of its own number: vectors of channels,
//! tap by tap, a few pixels at a time.
//!
//! The source is read where it lies: pixels at its edges, which see it through some of the taps only,
//! are summed over these.

use crate::Real;
use crate::conv::parts::places::Places;
use crate::conv::parts::prefetch::prefetch;
use crate::conv::parts::rows::{load_row, store_row};
use crate::conv::parts::stage::Staged;
use crate::conv::parts::window_sum::{Block, BlockSums};
use crate::simd::tile::{self, Taps, Tile};
use crate::simd::{Isa, Kernel};

/// The sums of one block; the packed filters are the biases and then the taps in the order of the
/// sum's, all channels of each, filled up to whole vectors.
pub(in crate::conv) struct ChannelSums<'a, T>(pub(in crate::conv) BlockSums<'a, T>);

impl<T: Real> Kernel for ChannelSums<'_, T> {
    type Output = ();
    const WIDE: bool = true;

    #[inline(always)]
    fn run<I: Isa>(self, isa: I) {
        let BlockSums {
            window_sum,
            block,
            source,
            packed,
            out,
            out_image,
            out_start,
            ..
        } = self.0;
        let [line_h, line_w] = window_sum.lines;
        let step = window_sum.channels.next_multiple_of(I::lanes::<T>());
        let (bias, w) = packed.whole().split_at(step);
        for [rows, down] in line_h.alike(block.rows.clone()) {
            for [cols, right] in line_w.alike(block.cols.clone()) {
                let block = Block {
                    examples: block.examples.clone(),
                    rows: rows.clone(),
                    cols,
                };
                let seen = !down.is_empty() && !right.is_empty();
                // Where nothing is seen, nothing is read.
                let first = if seen {
                    [down.start, right.start]
                } else {
                    [0, 0]
                };
                let staged = Staged::from_taps(window_sum, &block, first, source);
                let taps = Taps {
                    counts: [down.len(), right.len()],
                    x_steps: [line_h.dilation * staged.row, line_w.dilation * staged.pixel],
                    w_steps: [line_w.taps * step, step],
                };
                let mut pass = Pass {
                    isa,
                    x: staged.data,
                    taps,
                    bias,
                    w: &w[first[0] * taps.w_steps[0] + first[1] * step..],
                    channels: window_sum.channels,
                    out: &mut *out,
                    out_start,
                };
                pass.all(
                    Places::new(window_sum, &block, &staged, out_image),
                    block.pixels(),
                );
            }
        }
    }
}

struct Pass<'a, I, T> {
    isa: I,
    x: &'a [T],
    taps: Taps,
    bias: &'a [T],
    w: &'a [T],
    channels: usize,
    out: &'a mut [T],
    out_start: usize,
}

impl<I: Isa, T: Real> Pass<'_, I, T> {
    #[inline(always)]
    fn all(&mut self, mut places: Places, mut left: usize) {
        while left > 0 {
            // Pixels of one row share what they see; a column of them has to do without.
            let some = match places.left_in_row() {
                1 => left,
                row => row.min(left),
            };
            let done = match some {
                6.. if I::EVERY_TILE => self.pixels::<6>(&mut places),
                4.. => self.pixels::<4>(&mut places),
                2 | 3 if I::EVERY_TILE => self.pixels::<2>(&mut places),
                _ => self.pixels::<1>(&mut places),
            };
            left -= done;
        }
    }

    /// The next `P` pixels.
    #[inline(always)]
    fn pixels<const P: usize>(&mut self, places: &mut Places) -> usize {
        let isa = self.isa;
        let (starts, mut outs) = places.take::<P>();
        let shape = self.shape::<P>(&starts);
        outs.iter_mut().for_each(|out| *out -= self.out_start);
        // The row that the next row of pixels will be the first to see, and the next outputs.
        let below = self.taps.counts[0] * self.taps.x_steps[0];
        let next = outs[P - 1] - outs[0] + self.channels;
        for (&start, &out) in starts.iter().zip(&outs) {
            prefetch(isa, self.x, start + below, self.channels);
            prefetch(isa, self.out, out + next, self.channels);
        }
        match shape {
            [3, 1] if P > 1 => self.rows::<P, 3, 1>(starts[0], &outs),
            [3, 2] if P > 1 && I::EVERY_TILE => self.rows::<P, 3, 2>(starts[0], &outs),
            [5, 1] if P > 1 && I::EVERY_TILE => self.rows::<P, 5, 1>(starts[0], &outs),
            [5, 2] if P > 1 && I::EVERY_TILE => self.rows::<P, 5, 2>(starts[0], &outs),
            _ => self.taps(&starts, &outs),
        }
        if self.whole() < self.channels {
            self.last_channels(&starts, &outs, self.whole());
        }
        P
    }

    /// Channels in whole vectors.
    #[inline(always)]
    fn whole(&self) -> usize {
        self.channels - self.channels % I::lanes::<T>()
    }

    /// Whole vectors of the channels of pixels in one row.
    #[inline(always)]
    fn rows<const P: usize, const S: usize, const STRIDE: usize>(
        &mut self,
        start: usize,
        outs: &[usize; P],
    ) {
        let (isa, lanes) = (self.isa, I::lanes::<T>());
        for channel in (0..self.whole()).step_by(lanes) {
            let mut sums: Tile<I, T, P, 1> = [[isa.load(&self.bias[channel..])]; P];
            let (x, w) = (start + channel, self.w_from(channel));
            tile::channels_of_row::<I, T, P, S, STRIDE>(isa, self.x, x, &self.taps, w, &mut sums);
            self.store(&sums, outs, channel);
        }
    }

    /// Whole vectors of the channels of pixels anywhere.
    #[inline(always)]
    fn taps<const P: usize>(&mut self, starts: &[usize; P], outs: &[usize; P]) {
        let (isa, lanes) = (self.isa, I::lanes::<T>());
        for channel in (0..self.whole()).step_by(lanes) {
            let mut sums: Tile<I, T, P, 1> = [[isa.load(&self.bias[channel..])]; P];
            let w = self.w_from(channel);
            let starts = starts.map(|start| start + channel);
            tile::channels(isa, self.x, starts, &self.taps, w, &mut sums);
            self.store(&sums, outs, channel);
        }
    }

    /// The taps from a channel on.
    #[inline(always)]
    fn w_from(&self, channel: usize) -> &[T] {
        // Without taps there are no weights.
        self.w.get(channel..).unwrap_or_default()
    }

    #[inline(always)]
    fn store<const P: usize>(
        &mut self,
        sums: &Tile<I, T, P, 1>,
        outs: &[usize; P],
        channel: usize,
    ) {
        for (&[sum], out) in sums.iter().zip(outs) {
            self.isa.store(&mut self.out[out + channel..], sum);
        }
    }

    /// Taps in a row, and how many of them lie between neighbouring pixels; none where the pixels are not
    /// all in one row.
    #[inline(always)]
    fn shape<const P: usize>(&self, starts: &[usize; P]) -> [usize; 2] {
        let [_, step] = self.taps.x_steps;
        let apart = (1..3).find(|stride| {
            let all = (P - 1) * stride * step;
            P > 1 && starts[P - 1] == starts[0] + all && starts[1] == starts[0] + stride * step
        });
        [self.taps.counts[1], apart.unwrap_or(0)]
    }

    /// The channels after the last whole vector: one more vector could leave the image.
    #[inline(always)]
    fn last_channels<const P: usize>(
        &mut self,
        starts: &[usize; P],
        outs: &[usize; P],
        channel: usize,
    ) {
        let used = self.channels - channel;
        let mut sums: Tile<I, T, P, 1> = [[self.isa.load(&self.bias[channel..])]; P];
        let Taps {
            counts,
            x_steps,
            w_steps,
        } = self.taps;
        for row in 0..counts[0] {
            for col in 0..counts[1] {
                let by = row * w_steps[0] + col * w_steps[1] + channel;
                let by = self.isa.load(&self.w[by..]);
                let place = row * x_steps[0] + col * x_steps[1] + channel;
                for (start, [sum]) in starts.iter().zip(sums.iter_mut()) {
                    let x = &self.x[start + place..][..used];
                    let [x] = load_row::<I, T, 1>(self.isa, x);
                    *sum = self.isa.vector_mul_add(x, by, *sum);
                }
            }
        }
        for (sum, out) in sums.iter().zip(outs) {
            let out = out + channel;
            store_row::<I, T, 1>(self.isa, sum, &mut self.out[out..out + used]);
        }
    }
}
