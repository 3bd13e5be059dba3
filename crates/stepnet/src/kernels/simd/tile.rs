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
use std::ops::Range;

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
    #[inline(always)]
    pub(in crate::kernels) fn elements(&self) -> usize {
        self.rows * self.cols * self.len
    }

    /// How far behind the first element the last one ends.
    #[inline(always)]
    pub(in crate::kernels) fn reach(&self) -> usize {
        match self.elements() {
            0 => 0,
            _ => (self.rows - 1) * self.row_step + (self.cols - 1) * self.col_step + self.len,
        }
    }
}

/// The places of all elements of a window, one by one: where runs are short, a loop over these does
/// not end as often as one over the runs.
#[derive(Clone, Copy, Debug)]
pub(in crate::kernels) struct Offsets {
    /// None reaches further than the runs they were made of.
    places: [u32; MOST_OFFSETS],
    runs: Runs,
}

/// Elements of a window whose places are listed.
const MOST_OFFSETS: usize = 256;

/// Elements of a run that is not short.
const LONG_RUN: usize = 16;

impl Offsets {
    /// The places, where runs are short and the window is small enough.
    #[inline(always)]
    pub(in crate::kernels) fn of_short(runs: &Runs) -> Option<Self> {
        let several = runs.rows * runs.cols > 1;
        let few = runs.elements() <= MOST_OFFSETS && u32::try_from(runs.reach()).is_ok();
        if !several || !few || runs.len >= LONG_RUN {
            return None;
        }
        let mut places = [0; MOST_OFFSETS];
        let mut to = places.iter_mut();
        for row in 0..runs.rows {
            for col in 0..runs.cols {
                let first = row * runs.row_step + col * runs.col_step;
                for (k, to) in (first..first + runs.len).zip(&mut to) {
                    // Less than the reach, which fits.
                    *to = k as u32;
                }
            }
        }
        Some(Self {
            places,
            runs: *runs,
        })
    }
}

/// [`windows`] over some elements of a window with its places listed; `w` is that of the first one.
///
/// # Panics
///
/// As [`windows`].
#[inline(always)]
pub(in crate::kernels) fn short_windows<I: Isa, T: Element, const P: usize, const V: usize>(
    isa: I,
    x: &[T],
    starts: [usize; P],
    offsets: &Offsets,
    elements: Range<usize>,
    w: &[T],
    sums: &mut Tile<I, T, P, V>,
) {
    let lanes = I::lanes::<T>();
    let places = &offsets.places[elements];
    if places.is_empty() {
        return;
    }
    let runs = &offsets.runs;
    let furthest = starts.iter().copied().max().unwrap_or(0);
    assert!(
        furthest + runs.reach() <= x.len(),
        "a window leaves the image"
    );
    assert!(places.len() * V * lanes <= w.len(), "too few weights");
    let mut tile = *sums;
    // SAFETY: as in `windows`; every listed place lies before the reach of the runs it was made of.
    unsafe {
        let mut pixels = [x.as_ptr(); P];
        for (pixel, start) in pixels.iter_mut().zip(starts) {
            *pixel = pixel.add(start);
        }
        let mut w = w.as_ptr();
        for &place in places {
            let by = vectors_at::<I, T, V>(isa, w);
            w = w.add(V * lanes);
            for (pixel, sums) in pixels.iter().zip(&mut tile) {
                let value = isa.splat(*pixel.add(place as usize));
                for (sum, by) in sums.iter_mut().zip(by) {
                    *sum = isa.vector_mul_add(value, by, *sum);
                }
            }
        }
    }
    *sums = tile;
}

/// `sums[column][v][lane] += sum over k of w[k][column] x[starts[v] + place(k) + lane]`, `k` over the
/// rows, columns and elements of the runs; here an element lies `plane` behind the one before.
///
/// `w` holds a vector for every element of the window, of which the first `C` values are used.
///
/// # Panics
///
/// If a vector reaches beyond `x`, or `w` is shorter than the window needs.
#[inline(always)]
pub(in crate::kernels) fn planes<I: Isa, T: Element, const C: usize, const V: usize>(
    isa: I,
    x: &[T],
    starts: [usize; V],
    runs: &Runs,
    plane: usize,
    w: &[T],
    sums: &mut Tile<I, T, C, V>,
) {
    if runs.elements() == 0 {
        return;
    }
    let lanes = I::lanes::<T>();
    let furthest = starts.iter().copied().max().unwrap_or(0);
    let reach = (runs.rows - 1) * runs.row_step
        + (runs.cols - 1) * runs.col_step
        + (runs.len - 1) * plane
        + lanes;
    assert!(furthest + reach <= x.len(), "a window leaves the image");
    assert!(
        C <= lanes && runs.elements() * lanes <= w.len(),
        "too few weights"
    );
    let mut tile = *sums;
    // SAFETY: the vector of the last element of the furthest window ends within `x`, and all others
    // lie before it; `w` is read front to back, `C` of a vector's values for each of the elements.
    unsafe {
        let mut pixels = [x.as_ptr(); V];
        for (pixel, start) in pixels.iter_mut().zip(starts) {
            *pixel = pixel.add(start);
        }
        let mut w = w.as_ptr();
        for row in 0..runs.rows {
            for col in 0..runs.cols {
                let mut place = row * runs.row_step + col * runs.col_step;
                for _ in 0..runs.len {
                    let mut values = [isa.splat(T::zero()); V];
                    for (value, pixel) in values.iter_mut().zip(&pixels) {
                        *value = isa.load_at(pixel.add(place));
                    }
                    for (column, sums) in tile.iter_mut().enumerate() {
                        let by = isa.splat(*w.add(column));
                        for (sum, value) in sums.iter_mut().zip(values) {
                            *sum = isa.vector_mul_add(by, value, *sum);
                        }
                    }
                    place += plane;
                    w = w.add(lanes);
                }
            }
        }
    }
    *sums = tile;
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

/// Where a window's taps lie: counts of rows and columns, and from one to the next in the image and in
/// the weights.
#[derive(Clone, Copy, Debug)]
pub(in crate::kernels) struct Taps {
    pub(in crate::kernels) counts: [usize; 2],
    pub(in crate::kernels) x_steps: [usize; 2],
    pub(in crate::kernels) w_steps: [usize; 2],
}

impl Taps {
    /// How far behind the first tap the last one lies.
    #[inline(always)]
    fn reach(&self, steps: [usize; 2]) -> usize {
        let last = self.counts.iter().zip(steps);
        last.map(|(&count, step)| (count - 1) * step).sum()
    }
}

/// `sums[p][channel] += sum over the taps of x[starts[p] + tap + channel] w[tap + channel]`, for the
/// channels of one vector.
///
/// # Panics
///
/// If a tap's vector reaches beyond `x`, or beyond `w`.
#[inline(always)]
pub(in crate::kernels) fn channels<I: Isa, T: Element, const P: usize>(
    isa: I,
    x: &[T],
    starts: [usize; P],
    taps: &Taps,
    w: &[T],
    sums: &mut Tile<I, T, P, 1>,
) {
    if taps.counts.contains(&0) {
        return;
    }
    let lanes = I::lanes::<T>();
    let furthest = starts.iter().copied().max().unwrap_or(0);
    assert!(
        furthest + taps.reach(taps.x_steps) + lanes <= x.len(),
        "a tap leaves the image"
    );
    assert!(
        taps.reach(taps.w_steps) + lanes <= w.len(),
        "too few weights"
    );
    let mut tile = *sums;
    // SAFETY: the last tap's vector ends within `x` for the furthest start, and within `w`; all others
    // lie before it.
    unsafe {
        let mut pixels = [x.as_ptr(); P];
        for (pixel, start) in pixels.iter_mut().zip(starts) {
            *pixel = pixel.add(start);
        }
        for row in 0..taps.counts[0] {
            for col in 0..taps.counts[1] {
                let by = row * taps.w_steps[0] + col * taps.w_steps[1];
                let by = isa.load_at(w.as_ptr().add(by));
                let place = row * taps.x_steps[0] + col * taps.x_steps[1];
                for (pixel, [sum]) in pixels.iter().zip(&mut tile) {
                    *sum = isa.vector_mul_add(isa.load_at(pixel.add(place)), by, *sum);
                }
            }
        }
    }
    *sums = tile;
}

/// [`channels`] of `P` pixels in a row, `PIXEL` columns apart, for rows of `S` taps one behind the other:
/// what several pixels see is read once.
///
/// # Panics
///
/// If a tap's vector reaches beyond `x`, or beyond `w`.
#[inline(always)]
pub(in crate::kernels) fn channels_of_row<
    I: Isa,
    T: Element,
    const P: usize,
    const S: usize,
    const STRIDE: usize,
>(
    isa: I,
    x: &[T],
    start: usize,
    taps: &Taps,
    w: &[T],
    sums: &mut Tile<I, T, P, 1>,
) {
    let [rows, _] = taps.counts;
    let lanes = I::lanes::<T>();
    let reach = ((P - 1) * STRIDE + S - 1) * taps.x_steps[1] + lanes;
    if rows == 0 {
        return;
    }
    assert!(
        start + (rows - 1) * taps.x_steps[0] + reach <= x.len(),
        "a tap leaves the image"
    );
    let last = (rows - 1) * taps.w_steps[0] + (S - 1) * taps.w_steps[1];
    assert!(last + lanes <= w.len(), "too few weights");
    let mut tile = *sums;
    // SAFETY: the last pixel's last tap ends within `x`, and the last tap's vector within `w`; all others
    // lie before them.
    unsafe {
        let mut x = x.as_ptr().add(start);
        let mut w = w.as_ptr();
        for _ in 0..rows {
            let mut by = [isa.splat(T::zero()); S];
            for (s, by) in by.iter_mut().enumerate() {
                *by = isa.load_at(w.add(s * taps.w_steps[1]));
            }
            for col in 0..(P - 1) * STRIDE + S {
                let value = isa.load_at(x.add(col * taps.x_steps[1]));
                for (p, [sum]) in tile.iter_mut().enumerate() {
                    if let Some(by) = col.checked_sub(p * STRIDE).and_then(|s| by.get(s)) {
                        *sum = isa.vector_mul_add(value, *by, *sum);
                    }
                }
            }
            x = x.wrapping_add(taps.x_steps[0]);
            w = w.wrapping_add(taps.w_steps[0]);
        }
    }
    *sums = tile;
}

/// `sums[r][c][channel] += sum over the pixels of
/// x[pixel + r tap_steps[0] + c tap_steps[1] + channel] dy[pixel + channel]`, for `used` channels of a
/// vector; fewer than all of them are read one by one.
///
/// # Panics
///
/// If a pixel's channels reach beyond `x` through a tap, or beyond `dy`.
#[inline(always)]
pub(in crate::kernels) fn taps<I: Isa, T: Element, const R: usize, const C: usize>(
    isa: I,
    x: &[T],
    tap_steps: [usize; 2],
    dy: &[T],
    pixels: &Pixels,
    used: usize,
    sums: &mut Tile<I, T, R, C>,
) {
    if pixels.is_empty() {
        return;
    }
    let lanes = I::lanes::<T>();
    let furthest = (R - 1) * tap_steps[0] + (C - 1) * tap_steps[1];
    assert!(
        used <= lanes && pixels.reach(pixels.x_steps) + furthest + used <= x.len(),
        "a tap leaves the image"
    );
    assert!(
        pixels.reach(pixels.dy_steps) + used <= dy.len(),
        "a pixel leaves the gradient"
    );
    let [images, rows, cols] = pixels.counts;
    let mut tile = *sums;
    // SAFETY: the last pixel's channels end within `x` through the furthest tap, and within `dy`; all
    // other pixels and taps lie before it.
    unsafe {
        for image in 0..images {
            for row in 0..rows {
                let x = x.as_ptr();
                let x = x.add(image * pixels.x_steps[0] + row * pixels.x_steps[1]);
                let dy = dy.as_ptr();
                let dy = dy.add(image * pixels.dy_steps[0] + row * pixels.dy_steps[1]);
                for col in 0..cols {
                    let by = some_at::<I, T>(isa, dy.add(col * pixels.dy_steps[2]), used);
                    let x = x.add(col * pixels.x_steps[2]);
                    for (r, sums) in tile.iter_mut().enumerate() {
                        let x = x.add(r * tap_steps[0]);
                        for (c, sum) in sums.iter_mut().enumerate() {
                            let value = some_at::<I, T>(isa, x.add(c * tap_steps[1]), used);
                            *sum = isa.vector_mul_add(value, by, *sum);
                        }
                    }
                }
            }
        }
    }
    *sums = tile;
}

/// The first `used` values from `from` on.
///
/// # Safety
/// They can be read.
#[inline(always)]
unsafe fn some_at<I: Isa, T: Element>(isa: I, from: *const T, used: usize) -> I::Vector<T> {
    // SAFETY: the caller's promise.
    unsafe {
        if used == I::lanes::<T>() {
            isa.load_at(from)
        } else {
            isa.load_part(std::slice::from_raw_parts(from, used))
        }
    }
}

/// `sums[r][column] += sum over i of by[i] x[starts[i] + r row_step + column]`.
///
/// # Panics
///
/// If a row's vectors reach beyond `x`, or there are fewer factors than starts.
#[inline(always)]
pub(in crate::kernels) fn gathered<I: Isa, T: Element, const R: usize, const V: usize>(
    isa: I,
    x: &[T],
    starts: &[u32],
    by: &[T],
    row_step: usize,
    sums: &mut Tile<I, T, R, V>,
) {
    let Some(furthest) = starts.iter().copied().max() else {
        return;
    };
    let reach = (R - 1) * row_step + V * I::lanes::<T>();
    assert!(
        furthest as usize + reach <= x.len(),
        "a row leaves the image"
    );
    let by = &by[..starts.len()];
    let mut tile = *sums;
    for (&start, &by) in starts.iter().zip(by) {
        let by = isa.splat(by);
        for (r, sums) in tile.iter_mut().enumerate() {
            // SAFETY: the last row of the furthest start ends within `x`; all others lie before it.
            let row = unsafe {
                let from = x.as_ptr().add(start as usize + r * row_step);
                vectors_at::<I, T, V>(isa, from)
            };
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum = isa.vector_mul_add(by, value, *sum);
            }
        }
    }
    *sums = tile;
}

/// The vectors of a square of `S` by `S` places, `steps` apart by row and column, from the start of
/// `from` on.
///
/// # Panics
///
/// If the last one reaches beyond `from`.
#[inline(always)]
pub(in crate::kernels) fn square<I: Isa, T: Element, const S: usize>(
    isa: I,
    from: &[T],
    steps: [usize; 2],
) -> [[I::Vector<T>; S]; S] {
    let reach = (S - 1) * (steps[0] + steps[1]) + I::lanes::<T>();
    assert!(reach <= from.len(), "a square leaves its memory");
    let mut square = [[isa.splat(T::zero()); S]; S];
    for (i, line) in square.iter_mut().enumerate() {
        for (j, vector) in line.iter_mut().enumerate() {
            // SAFETY: the last place's vector ends within `from`, and all others lie before it.
            *vector = unsafe { isa.load_at(from.as_ptr().add(i * steps[0] + j * steps[1])) };
        }
    }
    square
}

/// Writes the vectors of a square one after the other, `step` apart.
///
/// # Panics
///
/// If the last one reaches beyond `to`.
#[inline(always)]
pub(in crate::kernels) fn store_square<I: Isa, T: Element, const S: usize>(
    isa: I,
    square: &[[I::Vector<T>; S]; S],
    to: &mut [T],
    step: usize,
) {
    let reach = (S * S - 1) * step + I::lanes::<T>();
    assert!(reach <= to.len(), "a square leaves its memory");
    for (place, &vector) in square.as_flattened().iter().enumerate() {
        // SAFETY: the last place's vector ends within `to`, and all others lie before it.
        unsafe { isa.store_at(to.as_mut_ptr().add(place * step), vector) };
    }
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
    #[inline(always)]
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

    #[inline(always)]
    fn is_empty(&self) -> bool {
        self.counts.contains(&0)
    }

    /// How far behind the first pixel the last one lies.
    #[inline(always)]
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
