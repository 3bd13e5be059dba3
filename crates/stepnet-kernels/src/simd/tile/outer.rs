//! Outer sums: elements of the window times vectors of columns, over the pixels.

use super::registers::{Tile, vectors_at};
use crate::Real;
use crate::simd::Isa;

/// Where the pixels of an outer sum lie: images of rows of pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pixels {
    /// Images, rows of an image, pixels of a row.
    pub(crate) counts: [usize; 3],
    /// From one of each to the next in `x`.
    pub(crate) x_steps: [usize; 3],
    /// The same in `dy`.
    pub(crate) dy_steps: [usize; 3],
}

impl Pixels {
    /// The same pixels in as long rows as they allow.
    #[inline(always)]
    pub(crate) fn joined(mut self) -> Self {
        for _ in 0..2 {
            let [images, rows, cols] = self.counts;
            let follows = |steps: [usize; 3]| steps[1] == cols * steps[2];
            if rows == 1 || (follows(self.x_steps) && follows(self.dy_steps)) {
                self.counts = [1, images, rows * cols];
                for steps in [&mut self.x_steps, &mut self.dy_steps] {
                    *steps = [0, steps[0], steps[2]];
                }
            }
        }
        self
    }

    #[inline(always)]
    pub(super) fn is_empty(&self) -> bool {
        self.counts.contains(&0)
    }

    /// The distance from the first pixel to the last.
    #[inline(always)]
    pub(super) fn reach(&self, steps: [usize; 3]) -> usize {
        let last = self.counts.iter().zip(steps);
        last.map(|(&count, step)| (count - 1) * step).sum()
    }
}

/// `sums[k][column] += sum over the pixels of x[pixel + k] dy[pixel + column]`, the pixels of even
/// and of odd places in a row apart where a tile of few vectors would wait for its own sums.
///
/// # Panics
///
/// If a pixel's elements reach beyond `x`, or its vectors beyond `dy`.
#[inline(always)]
pub(crate) fn outer<I: Isa, T: Real, const K: usize, const V: usize>(
    isa: I,
    x: &[T],
    dy: &[T],
    pixels: &Pixels,
    sums: &mut Tile<I, T, K, V>,
) {
    if pixels.is_empty() {
        return;
    }
    let lanes = I::lanes::<T>();
    assert!(
        pixels.reach(pixels.x_steps) + K <= x.len(),
        "a pixel leaves the image"
    );
    assert!(
        pixels.reach(pixels.dy_steps) + V * lanes <= dy.len(),
        "a pixel leaves the gradient"
    );
    let [images, rows, cols] = pixels.counts;
    let (x_step, dy_step) = (pixels.x_steps[2], pixels.dy_steps[2]);
    // Two multiply-adds a cycle of four cycles each: eight sums keep them busy.
    let apart = K * V < 8;
    let mut even = *sums;
    let mut odd = [[isa.splat(T::zero()); V]; K];
    // SAFETY: the last pixel's `K` elements end within `x` and its `V` vectors within `dy`, and
    // every other pixel lies before it. `wrapping_add` may leave the arrays after the last pixel
    // of a row; nothing is read there.
    unsafe {
        for image in 0..images {
            for row in 0..rows {
                let mut x = x
                    .as_ptr()
                    .add(image * pixels.x_steps[0] + row * pixels.x_steps[1]);
                let mut dy = dy
                    .as_ptr()
                    .add(image * pixels.dy_steps[0] + row * pixels.dy_steps[1]);
                let mut left = cols;
                while apart && left >= 2 {
                    add_pixel::<I, T, K, V>(isa, x, dy, &mut even);
                    add_pixel::<I, T, K, V>(isa, x.add(x_step), dy.add(dy_step), &mut odd);
                    x = x.wrapping_add(2 * x_step);
                    dy = dy.wrapping_add(2 * dy_step);
                    left -= 2;
                }
                for _ in 0..left {
                    add_pixel::<I, T, K, V>(isa, x, dy, &mut even);
                    x = x.wrapping_add(x_step);
                    dy = dy.wrapping_add(dy_step);
                }
            }
        }
    }
    if apart {
        for (even, odd) in even.iter_mut().zip(&odd) {
            for (even, &odd) in even.iter_mut().zip(odd) {
                *even = isa.vector_add(*even, odd);
            }
        }
    }
    *sums = even;
}

/// `sums[k][column] += x[k] dy[column]`.
///
/// # Safety
/// `K` elements can be read at `x`, `V` vectors at `dy`.
#[inline(always)]
unsafe fn add_pixel<I: Isa, T: Real, const K: usize, const V: usize>(
    isa: I,
    x: *const T,
    dy: *const T,
    sums: &mut Tile<I, T, K, V>,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let by = vectors_at::<I, T, V>(isa, dy);
        for (k, sums) in sums.iter_mut().enumerate() {
            let value = isa.splat(*x.add(k));
            for (sum, by) in sums.iter_mut().zip(by) {
                *sum = isa.vector_mul_add(value, by, *sum);
            }
        }
    }
}
