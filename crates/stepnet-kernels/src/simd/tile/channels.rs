//! Sums of channels that see only themselves, tap by tap.

use super::outer::Pixels;
use super::registers::Tile;
use crate::Real;
use crate::simd::Isa;

/// Where a window's taps lie: counts of rows and columns, and from one to the next in the image and in
/// the weights.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taps {
    pub(crate) counts: [usize; 2],
    pub(crate) x_steps: [usize; 2],
    pub(crate) w_steps: [usize; 2],
}

impl Taps {
    /// The distance from the first tap to the last.
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
pub(crate) fn channels<I: Isa, T: Real, const P: usize>(
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

/// [`channels`] of `P` pixels in a row, `STRIDE` columns apart, for rows of `S` taps one after the other:
/// what several pixels see is read once.
///
/// # Panics
///
/// If a tap's vector reaches beyond `x`, or beyond `w`.
#[inline(always)]
pub(crate) fn channels_of_row<
    I: Isa,
    T: Real,
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
pub(crate) fn taps<I: Isa, T: Real, const R: usize, const C: usize>(
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
unsafe fn some_at<I: Isa, T: Real>(isa: I, from: *const T, used: usize) -> I::Vector<T> {
    // SAFETY: the caller's promise.
    unsafe {
        if used == I::lanes::<T>() {
            isa.load_at(from)
        } else {
            isa.load_part(std::slice::from_raw_parts(from, used))
        }
    }
}
