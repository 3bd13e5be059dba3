//! Windows of the image as rows of a matrix, and back.

use std::ops::Range;

use super::ConvGeometry;
use crate::Element;
use crate::kernels::parallel::MAX_LANES;

/// Elements that a block of patches should not exceed: 256 KiB of `f32` stay in the second-level
/// cache next to the packed filters.
const BLOCK_ELEMENTS: usize = 1 << 16;

/// The fewest and the most pixels of a block. Fewer than this many rows do not pay for packing the
/// filters again; more gain nothing.
const BLOCK_PIXELS: Range<usize> = 64..1024;

/// Elements of a block that only fewer pixels than [`BLOCK_PIXELS`] keep it under: huge windows must
/// not ask for a thousand times the memory of their filters.
const MOST_ELEMENTS: usize = 1 << 22;

/// The most patches that all lanes hold at a time.
pub(super) const MOST: usize = MAX_LANES * BLOCK_PIXELS.end;

/// How many of `pixels` output pixels are done at a time.
///
/// The blocks of a range are as equal as whole pixels allow, so that no small one is left over.
pub(super) fn block_pixels(g: &ConvGeometry, pixels: usize) -> usize {
    let most = most_block_pixels(g);
    pixels.div_ceil(pixels.div_ceil(most).max(1)).max(1)
}

/// The most that [`block_pixels`] gives, for any number of pixels.
pub(super) fn most_block_pixels(g: &ConvGeometry) -> usize {
    let fewest = (MOST_ELEMENTS / g.patch_len()).clamp(1, BLOCK_PIXELS.start);
    (BLOCK_ELEMENTS / g.patch_len()).clamp(fewest, BLOCK_PIXELS.end)
}

/// Writes the windows of the output `pixels` as rows of `patches`, `(pixels, f_H f_W C)`.
///
/// `x` starts with the example that pixel 0 belongs to; `group` picks the channels.
pub(super) fn gather<T: Element>(
    g: &ConvGeometry,
    group: usize,
    x: &[T],
    pixels: Range<usize>,
    patches: &mut [T],
) {
    if !g.padding.is_zero() {
        patches[..pixels.len() * g.patch_len()].fill(T::zero());
    }
    for_each_run(g, group, pixels, |patch, image| {
        copy_run(&mut patches[patch], &x[image]);
    });
}

/// Adds rows of `patches` to the places of `dx` that [`gather`] takes them from.
pub(super) fn scatter_add<T: Element>(
    g: &ConvGeometry,
    group: usize,
    patches: &[T],
    pixels: Range<usize>,
    dx: &mut [T],
) {
    for_each_run(g, group, pixels, |patch, image| {
        for (dx, &value) in dx[image].iter_mut().zip(&patches[patch]) {
            *dx += value;
        }
    });
}

/// Copies a run. Short ones, which few channels give, are cheaper inline than as calls.
#[inline(always)]
fn copy_run<T: Element>(to: &mut [T], from: &[T]) {
    #[inline(always)]
    fn fixed<const N: usize, T: Element>(to: &mut [T], from: &[T]) {
        if let (Ok(to), Ok(from)) = (<&mut [T; N]>::try_from(to), <&[T; N]>::try_from(from)) {
            *to = *from;
        }
    }
    match from.len() {
        1 => fixed::<1, T>(to, from),
        2 => fixed::<2, T>(to, from),
        3 => fixed::<3, T>(to, from),
        4 => fixed::<4, T>(to, from),
        5 => fixed::<5, T>(to, from),
        7 => fixed::<7, T>(to, from),
        9 => fixed::<9, T>(to, from),
        12 => fixed::<12, T>(to, from),
        15 => fixed::<15, T>(to, from),
        _ => to.copy_from_slice(from),
    }
}

/// Calls `f` with every contiguous run that a patch and the image share: first its place in the
/// matrix of patches, then its place in the image. Positions in the padding are left out.
///
/// Goes through the pixels by their output rows, so that what a row has in common is worked out
/// once.
#[inline(always)]
fn for_each_run(
    g: &ConvGeometry,
    group: usize,
    pixels: Range<usize>,
    mut f: impl FnMut(Range<usize>, Range<usize>),
) {
    let [height, width, _] = g.input;
    let tap_row = g.kernel[1] * g.group_channels();
    // Undilated taps of all channels lie side by side in a row of the image.
    let whole_rows = g.groups == 1 && (g.dilation[1] == 1 || g.kernel[1] == 1);
    let mut pixel = pixels.start;
    while pixel < pixels.end {
        let (row, first_col) = (pixel / g.output[1], pixel % g.output[1]);
        let (example, out_row) = (row / g.output[0], row % g.output[0]);
        let cols = first_col..g.output[1].min(first_col + pixels.end - pixel);
        let first_patch = (pixel - pixels.start) * g.patch_len();
        pixel += cols.len();
        for u in 0..g.kernel[0] {
            let padded_row = out_row * g.stride[0] + u * g.dilation[0];
            if padded_row < g.padding.top || padded_row - g.padding.top >= height {
                continue;
            }
            let image_row = (example * height + padded_row - g.padding.top) * width;
            let patch = first_patch + u * tap_row;
            if whole_rows {
                whole_row_runs(g, cols.clone(), patch, image_row, &mut f);
            } else {
                tap_runs(g, group, cols.clone(), patch, image_row, &mut f);
            }
        }
    }
}

/// The runs of one kernel row and the output columns `cols`: all taps inside the image at once.
#[inline(always)]
fn whole_row_runs(
    g: &ConvGeometry,
    cols: Range<usize>,
    mut patch: usize,
    image_row: usize,
    f: &mut impl FnMut(Range<usize>, Range<usize>),
) {
    let (channels, kernel_w, left) = (g.input[2], g.kernel[1], g.padding.left);
    let (end, tap_row, patch_len) = (g.input[1] + left, kernel_w * channels, g.patch_len());
    for col in cols {
        let start = col * g.stride[1]; // in the padded row, as `end` is
        if start >= left && start + kernel_w <= end {
            let image = (image_row + start - left) * channels;
            f(patch..patch + tap_row, image..image + tap_row);
        } else {
            let first = left.saturating_sub(start).min(kernel_w);
            let last = end.saturating_sub(start).min(kernel_w);
            if first < last {
                let image = (image_row + start + first - left) * channels;
                let (patch, len) = (patch + first * channels, (last - first) * channels);
                f(patch..patch + len, image..image + len);
            }
        }
        patch += patch_len;
    }
}

/// The runs of one kernel row and the output columns `cols`, tap by tap.
#[inline(always)]
fn tap_runs(
    g: &ConvGeometry,
    group: usize,
    cols: Range<usize>,
    mut patch: usize,
    image_row: usize,
    f: &mut impl FnMut(Range<usize>, Range<usize>),
) {
    let (width, left, part) = (g.input[1], g.padding.left, g.group_channels());
    for col in cols {
        for v in 0..g.kernel[1] {
            let col = col * g.stride[1] + v * g.dilation[1];
            if col >= left && col - left < width {
                let image = (image_row + col - left) * g.input[2] + group * part;
                let patch = patch + v * part;
                f(patch..patch + part, image..image + part);
            }
        }
        patch += g.patch_len();
    }
}
