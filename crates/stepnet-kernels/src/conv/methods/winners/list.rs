//! The winners of a pooling as the convolution's windows: where each one starts in its picture.

use crate::Real;
use crate::conv::ConvGeometry;
use crate::simd::Isa;
use std::ops::Range;

/// A window that leaves its picture; no place is so large.
pub(in crate::conv) const OUTSIDE: u32 = u32::MAX;

/// From a winner's place in the convolution's output to where its window starts in the picture.
#[derive(Clone, Copy, Debug)]
pub(in crate::conv) struct Starts {
    filters: Divisor,
    width: Divisor,
    /// The rows and columns of outputs whose windows lie in the picture.
    rows: [i32; 2],
    cols: [i32; 2],
    /// From one row and column to the next in the picture, and where the first window starts.
    steps: [i32; 2],
    origin: i32,
}

impl Starts {
    pub(in crate::conv) fn new(g: &ConvGeometry) -> Self {
        let [_, width, channels] = g.input;
        // Larger pictures have all their windows outside: their winners are taken one by one.
        let known = [&g.input, &g.output].map(|image| number(image.iter().product::<usize>()));
        let known = !known.contains(&i32::MAX);
        let inside = g.axes().map(|axis| {
            let last = axis.kernel.saturating_sub(1);
            let inside = axis.windows_inside(0, 0..axis.windows);
            let end = axis.windows_inside(last, 0..axis.windows).end;
            match known {
                true => [number(inside.start), number(end)],
                false => [0, 0],
            }
        });
        let row = number(width * channels);
        let [down, right] = g.stride.map(number);
        let channels = number(channels);
        let before = [g.padding.top, g.padding.left].map(number);
        Self {
            filters: Divisor::new(g.filters),
            width: Divisor::new(g.output[1]),
            rows: inside[0],
            cols: inside[1],
            steps: [down.wrapping_mul(row), right.wrapping_mul(channels)],
            origin: before[0]
                .wrapping_mul(row)
                .wrapping_add(before[1].wrapping_mul(channels))
                .wrapping_neg(),
        }
    }

    /// The first element of each winner's window, or [`OUTSIDE`].
    #[inline(always)]
    pub(in crate::conv) fn find(&self, winners: &[u32], starts: &mut [u32]) {
        for (start, &winner) in starts.iter_mut().zip(winners) {
            let pixel = self.filters.divide(winner.cast_signed());
            let row = self.width.divide(pixel);
            let col = pixel.wrapping_sub(row.wrapping_mul(self.width.by));
            let inside = (row >= self.rows[0])
                & (row < self.rows[1])
                & (col >= self.cols[0])
                & (col < self.cols[1]);
            let place = self
                .origin
                .wrapping_add(row.wrapping_mul(self.steps[0]))
                .wrapping_add(col.wrapping_mul(self.steps[1]));
            *start = if inside {
                place.cast_unsigned()
            } else {
                OUTSIDE
            };
        }
    }
}

/// A size, or the largest number.
fn number(size: usize) -> i32 {
    i32::try_from(size).unwrap_or(i32::MAX)
}

/// A number to divide by, several at a time: vectors have no instruction for it.
#[derive(Clone, Copy, Debug)]
struct Divisor {
    by: i32,
    inverse: f64,
}

impl Divisor {
    fn new(by: usize) -> Self {
        let by = number(by).max(1);
        // A little too large, so that multiples do not fall short: for numbers of 31 bits that is
        // never enough to reach the next whole number.
        let inverse = (1.0 + 4.0 * f64::EPSILON) / f64::from(by);
        Self { by, inverse }
    }

    /// The whole part of the quotient; `number` is not negative.
    #[inline(always)]
    fn divide(self, number: i32) -> i32 {
        (f64::from(number) * self.inverse) as i32
    }
}

/// The part of a window that lies in the picture.
#[derive(Clone, Debug)]
pub(in crate::conv) struct Clipped {
    row: usize,
    col: usize,
    pub(in crate::conv) tap_rows: Range<usize>,
    tap_cols: Range<usize>,
}

impl Clipped {
    /// Of output pixel `pixel`.
    pub(in crate::conv) fn new(g: &ConvGeometry, pixel: usize) -> Self {
        let [down, right] = g.axes();
        let (row, col) = (pixel / g.output[1], pixel % g.output[1]);
        Self {
            row,
            col,
            tap_rows: down.taps(row),
            tap_cols: right.taps(col),
        }
    }

    /// How many runs of elements a row of taps is: none where all its taps lie in the padding.
    pub(in crate::conv) fn runs(&self, g: &ConvGeometry) -> usize {
        match joined(g) {
            true => self.tap_cols.len().min(1),
            false => self.tap_cols.len(),
        }
    }

    /// Run `run` of row `u`: which elements of the window it is, and where they lie in the picture.
    pub(in crate::conv) fn run(
        &self,
        g: &ConvGeometry,
        group: usize,
        u: usize,
        run: usize,
    ) -> (Range<usize>, usize) {
        let [_, width, channels] = g.input;
        let seen = g.group_channels();
        let v = self.tap_cols.start + run;
        let image_row = self.row * g.stride[0] + u * g.dilation[0] - g.padding.top;
        let image_col = self.col * g.stride[1] + v * g.dilation[1] - g.padding.left;
        let first = (u * g.kernel[1] + v) * seen;
        let len = match joined(g) {
            true => self.tap_cols.len() * seen,
            false => seen,
        };
        let place = (image_row * width + image_col) * channels + group * seen;
        (first..first + len, place)
    }
}

/// Whether neighbouring taps of a row see neighbouring elements of the picture.
pub(in crate::conv) fn joined(g: &ConvGeometry) -> bool {
    g.group_channels() == g.input[2] && (g.dilation[1] == 1 || g.kernel[1] == 1)
}

/// `to += a from`.
#[inline(always)]
pub(in crate::conv) fn add_scaled<I: Isa, T: Real>(isa: I, a: T, from: &[T], to: &mut [T]) {
    let lanes = I::lanes::<T>();
    let a = isa.splat(a);
    let len = from.len().min(to.len());
    let (mut from, mut to) = (&from[..len], &mut to[..len]);
    while to.len() >= lanes {
        let sum = isa.vector_mul_add(a, isa.load(from), isa.load(to));
        isa.store(to, sum);
        from = &from[lanes..];
        to = &mut to[lanes..];
    }
    if !to.is_empty() {
        let sum = isa.vector_mul_add(a, isa.load_part(from), isa.load_part(to));
        isa.store_part(to, sum);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotients_are_whole_parts() {
        for by in [
            1,
            2,
            3,
            6,
            7,
            10,
            24,
            576,
            1023,
            65_537,
            i32::MAX - 1,
            i32::MAX,
        ] {
            let divisor = Divisor::new(usize::try_from(by).unwrap());
            let near = (0..50).map(|q| (i32::MAX / by - q.min(i32::MAX / by)) * by);
            let numbers = near.flat_map(|multiple| {
                [multiple.wrapping_sub(1), multiple, multiple.wrapping_add(1)]
            });
            for number in numbers.chain(0..2000).filter(|&number| number >= 0) {
                assert_eq!(divisor.divide(number), number / by, "{number} / {by}");
            }
        }
    }
}
