//! The values of one window, and what is done with them.

use crate::Real;
use crate::simd::Isa;

/// The operation on the values of a window.
pub(super) trait Pooling: Copy + Send + Sync {
    /// Whether outputs that are NaN are to be mended.
    const MENDS: bool;

    /// Writes the block of `M` vectors of channels that `y` and `winners` begin with.
    fn block<T: Real, I: Isa, const M: usize>(
        self,
        isa: I,
        window: &Window<'_, T>,
        channel: usize,
        y: &mut [T],
        winners: &mut [u32],
    );

    /// Mends the output `y` of a window, and its winners, where it is NaN.
    fn mend<T: Real>(self, _window: &Window<'_, T>, _y: &mut [T], _winners: &mut [u32]) {}
}

/// The part of a window that lies in the image.
#[derive(Clone, Copy)]
pub(super) struct Window<'a, T> {
    pub(super) x: &'a [T],
    /// Where its first channel is in `x`.
    pub(super) at: usize,
    /// The same in its example.
    pub(super) place: usize,
    /// From one of its rows to the next in `x`.
    pub(super) line: usize,
    pub(super) channels: usize,
    pub(super) rows: usize,
    pub(super) cols: usize,
    /// How many positions it has, in the padding too.
    pub(super) size: usize,
}

impl<T> Window<'_, T> {
    /// Calls `f`, row by row, with the rest of `x` from `channel` of each of its pixels on, and with
    /// where in the example that is.
    #[inline(always)]
    #[allow(clippy::cast_possible_truncation)] // the geometry has checked that places fit in u32
    pub(super) fn pixels(&self, channel: usize, mut f: impl FnMut(&[T], u32)) {
        let (mut line, mut line_place) = (self.at + channel, (self.place + channel) as u32);
        for _ in 0..self.rows {
            let (mut at, mut place) = (line, line_place);
            for _ in 0..self.cols {
                f(&self.x[at..], place);
                at += self.channels;
                place = place.wrapping_add(self.channels as u32);
            }
            line += self.line;
            line_place = line_place.wrapping_add(self.line as u32);
        }
    }
}
