//! The innermost loops of the products: a tile of results in registers, a long sum over memory.
//!
//! Two forms carry everything. A *sum of windows* keeps several pixels by one to three vectors of
//! columns, and for each element of the window multiplies the pixel's value with a packed vector
//! ([`windows`]); convolution forward, backward by data, and matrix products are of this form. An
//! *outer sum* keeps several elements of the window by one or two vectors of columns, and goes over
//! the pixels ([`outer`]); gradients of weights are of this form.
//!
//! Each result is one sum in the order of memory, whatever the tile it was computed in: how work is
//! cut into tiles does not show in the bits.

use super::Isa;
use crate::Element;

/// A tile of results: `P` rows of `V` vectors.
pub(in crate::kernels) type Tile<I, T, const P: usize, const V: usize> =
    [[<I as Isa>::Vector<T>; V]; P];

/// Where the elements of a window lie, counted from its first: runs of contiguous elements in rows
/// and columns of runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::kernels) struct Runs {
    /// Rows of runs, and from one to the next.
    pub(in crate::kernels) rows: usize,
    pub(in crate::kernels) row_step: usize,
    /// Runs in a row, and from one to the next.
    pub(in crate::kernels) cols: usize,
    pub(in crate::kernels) col_step: usize,
    /// Elements of a run.
    pub(in crate::kernels) len: usize,
}

impl Runs {
    /// Elements of the window.
    pub(in crate::kernels) fn elements(&self) -> usize {
        self.rows * self.cols * self.len
    }

    /// How far behind the first element the last one ends.
    pub(in crate::kernels) fn reach(&self) -> usize {
        match self.elements() {
            0 => 0,
            _ => (self.rows - 1) * self.row_step + (self.cols - 1) * self.col_step + self.len,
        }
    }
}

/// `sums[p][column] += sum over k of x[starts[p] + place(k)] w[k][column]`, `k` in the order of the
/// runs.
///
/// `w` holds `V` vectors for every element of the window.
///
/// # Panics
///
/// If a window reaches beyond `x`, or `w` is shorter than the window needs.
#[inline(always)]
pub(in crate::kernels) fn windows<I: Isa, T: Element, const P: usize, const V: usize>(
    isa: I,
    x: &[T],
    starts: [usize; P],
    runs: &Runs,
    w: &[T],
    sums: &mut Tile<I, T, P, V>,
) {
    if runs.elements() == 0 {
        return;
    }
    let lanes = I::lanes::<T>();
    let furthest = starts.iter().copied().max().unwrap_or(0);
    assert!(
        furthest + runs.reach() <= x.len(),
        "a window leaves the image"
    );
    assert!(runs.elements() * V * lanes <= w.len(), "too few weights");
    // Sums in an array of their own stay in registers.
    let mut tile = *sums;
    // SAFETY: `starts[p] + reach` is at most the length of `x` for every `p`, and every element
    // read lies before it; `w` is read front to back, `V` vectors for each of the elements, which
    // is no more than its length.
    unsafe {
        let mut pixels = [x.as_ptr(); P];
        for (pixel, start) in pixels.iter_mut().zip(starts) {
            *pixel = pixel.add(start);
        }
        let mut w = w.as_ptr();
        for row in 0..runs.rows {
            for col in 0..runs.cols {
                let first = row * runs.row_step + col * runs.col_step;
                for k in first..first + runs.len {
                    let by = vectors_at::<I, T, V>(isa, w);
                    w = w.add(V * lanes);
                    for (pixel, sums) in pixels.iter().zip(&mut tile) {
                        let value = isa.splat(*pixel.add(k));
                        for (sum, by) in sums.iter_mut().zip(by) {
                            *sum = isa.vector_mul_add(value, by, *sum);
                        }
                    }
                }
            }
        }
    }
    *sums = tile;
}

/// `sums[p][channel] += sum over the taps of x[starts[p] + tap + channel] w[tap][channel]`, for the
/// channels of one vector; `step` is from one tap's channels to the next in `w`.
///
/// # Panics
///
/// If a tap's vector reaches beyond `x`, or beyond `w`.
#[inline(always)]
pub(in crate::kernels) fn channels<I: Isa, T: Element, const P: usize>(
    isa: I,
    x: &[T],
    starts: [usize; P],
    taps: &Runs,
    w: &[T],
    step: usize,
    sums: &mut Tile<I, T, P, 1>,
) {
    let count = taps.rows * taps.cols;
    if count == 0 {
        return;
    }
    let lanes = I::lanes::<T>();
    let reach = (taps.rows - 1) * taps.row_step + (taps.cols - 1) * taps.col_step + lanes;
    let furthest = starts.iter().copied().max().unwrap_or(0);
    assert!(furthest + reach <= x.len(), "a tap leaves the image");
    assert!((count - 1) * step + lanes <= w.len(), "too few weights");
    let mut tile = *sums;
    // SAFETY: `starts[p] + reach`, which counts the last tap's vector, is at most the length of `x`
    // for every `p`; the last tap's vector of `w` ends within it. All others lie before them.
    unsafe {
        let mut pixels = [x.as_ptr(); P];
        for (pixel, start) in pixels.iter_mut().zip(starts) {
            *pixel = pixel.add(start);
        }
        for row in 0..taps.rows {
            for col in 0..taps.cols {
                let by = isa.load_at(w.as_ptr().add((row * taps.cols + col) * step));
                let place = row * taps.row_step + col * taps.col_step;
                for (pixel, [sum]) in pixels.iter().zip(&mut tile) {
                    *sum = isa.vector_mul_add(isa.load_at(pixel.add(place)), by, *sum);
                }
            }
        }
    }
    *sums = tile;
}

/// `sums[tap][channel] += sum over the pixels of x[pixel + places[tap] + channel] dy[pixel + channel]`,
/// for the channels of one vector.
///
/// # Panics
///
/// If a pixel's vector reaches beyond `x` through a tap, or beyond `dy`.
#[inline(always)]
pub(in crate::kernels) fn taps<I: Isa, T: Element, const K: usize>(
    isa: I,
    x: &[T],
    places: [usize; K],
    dy: &[T],
    pixels: &Pixels,
    sums: &mut Tile<I, T, K, 1>,
) {
    if pixels.is_empty() {
        return;
    }
    let lanes = I::lanes::<T>();
    let furthest = places.iter().copied().max().unwrap_or(0);
    assert!(
        pixels.reach(pixels.x_steps) + furthest + lanes <= x.len(),
        "a tap leaves the image"
    );
    assert!(
        pixels.reach(pixels.dy_steps) + lanes <= dy.len(),
        "a pixel leaves the gradient"
    );
    let [images, rows, cols] = pixels.counts;
    let mut tile = *sums;
    // SAFETY: the last pixel's vector ends within `x` through the furthest tap, and within `dy`; all
    // other pixels and taps lie before it.
    unsafe {
        for image in 0..images {
            for row in 0..rows {
                let x = x.as_ptr();
                let x = x.add(image * pixels.x_steps[0] + row * pixels.x_steps[1]);
                let dy = dy.as_ptr();
                let dy = dy.add(image * pixels.dy_steps[0] + row * pixels.dy_steps[1]);
                for col in 0..cols {
                    let by = isa.load_at(dy.add(col * pixels.dy_steps[2]));
                    let x = x.add(col * pixels.x_steps[2]);
                    for (place, [sum]) in places.iter().zip(&mut tile) {
                        *sum = isa.vector_mul_add(isa.load_at(x.add(*place)), by, *sum);
                    }
                }
            }
        }
    }
    *sums = tile;
}

/// `V` vectors one behind the other.
///
/// Loops fill arrays here, not `array::from_fn`: what it calls may be compiled apart, without the
/// instruction set.
///
/// # Safety
/// They can be read at `from`.
#[inline(always)]
unsafe fn vectors_at<I: Isa, T: Element, const V: usize>(
    isa: I,
    from: *const T,
) -> [I::Vector<T>; V] {
    let mut vectors = [isa.splat(T::zero()); V];
    for (v, vector) in vectors.iter_mut().enumerate() {
        // SAFETY: the caller's promise.
        *vector = unsafe { isa.load_at(from.add(v * I::lanes::<T>())) };
    }
    vectors
}

/// Where the pixels of an outer sum lie: images of rows of pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::kernels) struct Pixels {
    /// Images, rows of an image, pixels of a row.
    pub(in crate::kernels) counts: [usize; 3],
    /// From one of each to the next in `x`.
    pub(in crate::kernels) x_steps: [usize; 3],
    /// The same in `dy`.
    pub(in crate::kernels) dy_steps: [usize; 3],
}

impl Pixels {
    /// The same pixels in as long rows as they allow.
    pub(in crate::kernels) fn joined(mut self) -> Self {
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

    fn is_empty(&self) -> bool {
        self.counts.contains(&0)
    }

    /// How far behind the first pixel the last one lies.
    fn reach(&self, steps: [usize; 3]) -> usize {
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
pub(in crate::kernels) fn outer<I: Isa, T: Element, const K: usize, const V: usize>(
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
    // every other pixel lies before it. `wrapping_add` may leave the arrays behind the last pixel
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
unsafe fn add_pixel<I: Isa, T: Element, const K: usize, const V: usize>(
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
