//! Squares of pixels of an image, a vector of channels at a time.

use std::ops::Range;

use crate::Real;
use crate::conv::methods::winograd::transform;
use crate::conv::methods::winograd::transform::IN;
use crate::conv::parts::stage::inside;
use crate::simd::{Isa, tile};

/// Images of `size` (height, width) with `channels` channels, and zeros around them.
pub(super) struct Squares<'a, I, T> {
    pub(super) isa: I,
    pub(super) source: &'a [T],
    pub(super) size: [usize; 2],
    pub(super) channels: usize,
}

impl<I: Isa, T: Real> Squares<'_, I, T> {
    /// Hands over the square of `S` by `S` pixels from `first` on, for every vector of `channels`:
    /// with the number of its first channel, counted from the first of them. The last vector reaches
    /// back over the one before it: there is at least one vector of channels.
    #[inline(always)]
    pub(super) fn each<const S: usize>(
        &self,
        example: usize,
        [top, left]: [isize; 2],
        channels: Range<usize>,
        mut then: impl FnMut(usize, &[[I::Vector<T>; S]; S]),
    ) {
        let [height, width] = self.size;
        let steps = [width * self.channels, self.channels];
        let image = (example * height * steps[0] + channels.start).cast_signed();
        // Of a square that reaches beyond the image nothing is read there.
        let first = image + top * steps[0].cast_signed() + left * steps[1].cast_signed();
        let (rows, cols) = (inside(height, top, S), inside(width, left, S));
        let rows = if cols.is_empty() { cols.clone() } else { rows };
        let (isa, lanes, zero) = (self.isa, I::lanes::<T>(), self.isa.splat(T::zero()));
        let mut channel = 0;
        if rows.len() == S && cols.len() == S {
            let from = &self.source[first.cast_unsigned()..];
            while channel < channels.len() {
                let at = channel.min(channels.len() - lanes);
                then(at, &tile::square(isa, &from[at..], steps));
                channel += lanes;
            }
        } else {
            let mut pixels = [[zero; S]; S];
            while channel < channels.len() {
                let at = channel.min(channels.len() - lanes);
                for i in rows.clone() {
                    let from =
                        first.wrapping_add_unsigned(i * steps[0] + cols.start * steps[1] + at);
                    let mut from = &self.source[from.cast_unsigned()..];
                    for to in &mut pixels[i][cols.clone()] {
                        *to = isa.load(from);
                        from = from.get(steps[1]..).unwrap_or_default();
                    }
                }
                then(at, &pixels);
                channel += lanes;
            }
        }
    }

    /// Writes the transforms `B^T x B` of the inputs from `first` on, for every vector of `channels`, the
    /// places of the square `step` apart.
    #[inline(always)]
    pub(super) fn transform_inputs(
        &self,
        example: usize,
        first: [isize; 2],
        channels: Range<usize>,
        to: &mut [T],
        step: usize,
    ) {
        let isa = self.isa;
        self.each(
            example,
            first,
            channels,
            #[inline(always)]
            |channel, pixels: &[[I::Vector<T>; IN]; IN]| {
                let square = transform::square(
                    isa.splat(T::zero()),
                    pixels,
                    #[inline(always)]
                    |line| transform::input::<I, T>(isa, line),
                );
                tile::store_square(isa, &square, &mut to[channel..], step);
            },
        );
    }

    /// Asks for the pixels of a square that will be handed over soon, but for the first `known` columns.
    #[inline(always)]
    pub(super) fn prefetch<const S: usize>(
        &self,
        example: usize,
        [top, left]: [isize; 2],
        channels: Range<usize>,
        known: usize,
    ) {
        let [height, width] = self.size;
        let (rows, cols) = (inside(height, top, S), inside(width, left, S));
        let cols = cols.start.max(known)..cols.end;
        if rows.is_empty() || cols.is_empty() {
            return;
        }
        let row = top.wrapping_add_unsigned(rows.start).cast_unsigned();
        let col = left.wrapping_add_unsigned(cols.start).cast_unsigned();
        let mut from = ((example * height + row) * width + col) * self.channels + channels.start;
        for _ in rows {
            for j in 0..cols.len() {
                for channel in (0..channels.len()).step_by(16) {
                    self.isa
                        .prefetch(self.source, from + j * self.channels + channel);
                }
            }
            from += width * self.channels;
        }
    }
}
