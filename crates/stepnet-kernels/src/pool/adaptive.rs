//! Average pooling to a given size: the windows follow from it.
//!
//! Window `i` of `m` over `n` pixels has those from `floor(i n / m)` up to `ceil((i + 1) n / m)`: neighbouring windows
//! share a pixel where `m` does not divide `n`. Where it does, on both axes, the windows are those of an average pooling,
//! which runs.

use std::ops::Range;

use super::{PoolGeometry, average_backward, average_forward};
use crate::elementwise::by_rows;
use crate::error::Result;
use crate::geometry::{Padding, positive, volume};
use crate::simd::{self, Isa, Kernel};
use crate::{Real, assert_len, parallel};

/// The sizes of an average pooling to a given size. Built by [`AdaptiveGeometry::new`] only, to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AdaptiveGeometry {
    /// Examples.
    pub batch: usize,
    /// Height, width and channels of an example.
    pub input: [usize; 3],
    /// Height and width of an output.
    pub size: [usize; 2],
}

const NAME: &str = "adaptive average pooling";

impl AdaptiveGeometry {
    /// Checks sizes.
    ///
    /// # Errors
    ///
    /// Any size of 0 but the batch, and arrays too large to address.
    pub fn new(batch: usize, input: [usize; 3], size: [usize; 2]) -> Result<Self> {
        let names = ["input height", "input width", "input channels"];
        for (name, extent) in names.into_iter().zip(input) {
            positive(NAME, || name.into(), extent)?;
        }
        for (name, extent) in ["output height", "output width"].into_iter().zip(size) {
            positive(NAME, || name.into(), extent)?;
        }
        volume(NAME, "x", &[batch, input[0], input[1], input[2]])?;
        volume(NAME, "y", &[batch, size[0], size[1], input[2]])?;
        for axis in [0, 1] {
            volume(NAME, "a place of a window", &[size[axis] + 1, input[axis]])?;
        }
        Ok(Self { batch, input, size })
    }

    /// Height, width and channels of an output.
    pub fn output(&self) -> [usize; 3] {
        [self.size[0], self.size[1], self.input[2]]
    }

    /// The pixels of window `window` along axis 0 (height) or 1 (width).
    #[inline(always)]
    pub fn covered(&self, axis: usize, window: usize) -> Range<usize> {
        let (n, m) = (self.input[axis], self.size[axis]);
        window * n / m..((window + 1) * n).div_ceil(m)
    }

    /// The windows that hold pixel `pixel` along an axis.
    #[inline(always)]
    pub fn covering(&self, axis: usize, pixel: usize) -> Range<usize> {
        let (n, m) = (self.input[axis], self.size[axis]);
        pixel * m / n..((pixel + 1) * m).div_ceil(n)
    }

    /// The average pooling with the same windows, if there is one.
    fn plain(&self) -> Option<PoolGeometry> {
        let divides = |axis: usize| self.input[axis].is_multiple_of(self.size[axis]);
        if !(divides(0) && divides(1)) {
            return None;
        }
        let window = [0, 1].map(|axis| self.input[axis] / self.size[axis]);
        PoolGeometry::new(self.batch, self.input, window, window, Padding::VALID).ok()
    }

    fn lens(&self) -> [usize; 2] {
        [self.input, self.output()].map(|extents| extents.iter().product())
    }
}

/// `y = sum of x over the window / number of its positions`.
///
/// Source: PyTorch's `AdaptiveAvgPool2d`.
///
/// # Shapes
///
/// `x` (batch, height, width, channels), `y` (batch, size, channels), written.
///
/// # Panics
///
/// If a slice does not have the length that `g` says.
pub fn forward<T: Real>(g: &AdaptiveGeometry, x: &[T], y: &mut [T]) {
    let [inner, outer] = g.lens();
    assert_len(NAME, "x", x, g.batch * inner);
    assert_len(NAME, "y", y, g.batch * outer);
    if let Some(plain) = g.plain() {
        return average_forward(&plain, false, x, y);
    }
    // Each pixel is read about once.
    let cost = 1 + inner / outer.max(1);
    by_rows(g.size[1] * g.input[2], cost, y, |first, y| {
        simd::run(Rows { g, first, x, y });
    });
}

/// Channels that are summed at a time.
const BLOCK: usize = 16;

/// Whole output rows, from number `first` of the batch on.
struct Rows<'a, T> {
    g: &'a AdaptiveGeometry,
    first: usize,
    x: &'a [T],
    y: &'a mut [T],
}

impl<T: Real> Kernel for Rows<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self, _isa: I) {
        let g = *self.g;
        let [height, width, channels] = g.input;
        let [out_h, out_w] = g.size;
        for (number, y) in self.y.chunks_exact_mut(out_w * channels).enumerate() {
            let (example, row) = ((self.first + number) / out_h, (self.first + number) % out_h);
            let x = &self.x[example * height * width * channels..][..height * width * channels];
            let rows = g.covered(0, row);
            for (col, y) in y.chunks_exact_mut(channels).enumerate() {
                let cols = g.covered(1, col);
                let count = (rows.len() * cols.len()) as f64;
                for (block, y) in y.chunks_mut(BLOCK).enumerate() {
                    // In twice the precision of `f32`: windows may be large.
                    let mut sums = [0.0_f64; BLOCK];
                    for row in rows.clone() {
                        for col in cols.clone() {
                            let at = (row * width + col) * channels + block * BLOCK;
                            for (sum, x) in sums.iter_mut().zip(&x[at..at + y.len()]) {
                                *sum += x.as_f64();
                            }
                        }
                    }
                    for (y, sum) in y.iter_mut().zip(sums) {
                        *y = T::from_f64(sum / count);
                    }
                }
            }
        }
    }
}

/// `dx = sum of dy / number of positions` over the windows that hold `x`.
///
/// # Shapes
///
/// As [`forward`], `dx` like `x` and `dy` like `y`; `dx` is written.
///
/// # Panics
///
/// If a slice does not have the length that `g` says.
pub fn backward<T: Real>(g: &AdaptiveGeometry, dy: &[T], dx: &mut [T]) {
    let [inner, outer] = g.lens();
    assert_len(NAME, "dy", dy, g.batch * outer);
    assert_len(NAME, "dx", dx, g.batch * inner);
    if let Some(plain) = g.plain() {
        return average_backward(&plain, false, dy, dx);
    }
    let cost = 2_u64.saturating_mul(dx.len().max(dy.len()) as u64);
    let examples = dx.chunks_exact_mut(inner).zip(dy.chunks_exact(outer));
    parallel::each(examples, cost, |(dx, dy)| simd::run(Example { g, dy, dx }));
}

/// The gradient of one example.
struct Example<'a, T> {
    g: &'a AdaptiveGeometry,
    dy: &'a [T],
    dx: &'a mut [T],
}

impl<T: Real> Kernel for Example<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self, _isa: I) {
        let Self { g, dy, dx } = self;
        let [_, width, channels] = g.input;
        dx.fill(T::zero());
        for (window, dy) in dy.chunks_exact(channels).enumerate() {
            let rows = g.covered(0, window / g.size[1]);
            let cols = g.covered(1, window % g.size[1]);
            let share = T::from_f64(1.0 / (rows.len() * cols.len()) as f64);
            for row in rows {
                let line = (row * width + cols.start) * channels;
                for dx in dx[line..][..cols.len() * channels].chunks_exact_mut(channels) {
                    for (dx, &dy) in dx.iter_mut().zip(dy) {
                        *dx += dy * share;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{assert_bits, inner, normal, on_threads};

    #[test]
    fn windows_cover_everything_and_overlap_by_a_pixel() {
        for n in 1..12 {
            for m in 1..15 {
                let g = AdaptiveGeometry::new(1, [n, 1, 1], [m, 1]).unwrap();
                assert_eq!((g.covered(0, 0).start, g.covered(0, m - 1).end), (0, n));
                for pixel in 0..n {
                    let holds = |window: &usize| g.covered(0, *window).contains(&pixel);
                    let expected: Vec<usize> = (0..m).filter(holds).collect();
                    let found: Vec<usize> = g.covering(0, pixel).collect();
                    assert_eq!(found, expected, "pixel {pixel} of {n}, {m} windows");
                }
            }
        }
    }

    #[test]
    fn averages_are_those_of_the_windows_and_the_backward_pass_is_the_adjoint() {
        for (batch, input, size) in [
            (1, [1, 1, 1], [1, 1]),
            (2, [7, 5, 3], [3, 2]),
            (2, [2, 3, 5], [5, 4]),
            (1, [6, 4, 17], [3, 2]),
            (0, [6, 4, 2], [4, 3]),
            (3, [50, 41, 35], [7, 6]),
        ] {
            let g = AdaptiveGeometry::new(batch, input, size).unwrap();
            let [small, large] = g.lens();
            let (x, dy) = (
                normal::<f64>(1, batch * small),
                normal::<f64>(2, batch * large),
            );
            let run = |threads| {
                on_threads(threads, || {
                    let (mut y, mut dx) = (vec![f64::NAN; dy.len()], vec![f64::NAN; x.len()]);
                    forward(&g, &x, &mut y);
                    backward(&g, &dy, &mut dx);
                    (y, dx)
                })
            };
            let (y, dx) = run(1);
            let [_, width, channels] = input;
            for (at, &y) in y.iter().enumerate() {
                let (channel, col) = (at % channels, at / channels % size[1]);
                let (row, example) = (at / channels / size[1] % size[0], at / large);
                let ends = |i: usize, n: usize, m: usize| {
                    let [start, end] = [i, i + 1].map(|i| i as f64 * n as f64 / m as f64);
                    start.floor() as usize..end.ceil() as usize
                };
                let (mut sum, mut count) = (0.0, 0);
                for row in ends(row, input[0], size[0]) {
                    for col in ends(col, input[1], size[1]) {
                        sum += x[example * small + (row * width + col) * channels + channel];
                        count += 1;
                    }
                }
                assert!((y - sum / f64::from(count)).abs() < 1e-12);
            }
            assert!((inner(&y, &dy) - inner(&x, &dx)).abs() < 1e-9);
            let (other_y, other_dx) = run(3);
            assert_bits(&y, &other_y);
            assert_bits(&dx, &other_dx);
        }
    }

    #[test]
    fn mistakes_are_named() {
        let refused = |input, size| {
            AdaptiveGeometry::new(1, input, size)
                .unwrap_err()
                .to_string()
        };
        assert!(refused([4, 4, 1], [0, 2]).contains("output height is 0"));
        assert!(refused([0, 4, 1], [1, 2]).contains("input height is 0"));
        let huge = usize::MAX / 4 + 1;
        assert!(refused([4, 4, 1], [huge, 1]).contains("too large"));
    }
}
