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

/// The most patches that all lanes hold at a time.
pub(super) const MOST: usize = MAX_LANES * BLOCK_PIXELS.end;

/// How many of `pixels` output pixels are done at a time.
///
/// The blocks of a range are as equal as whole pixels allow, so that no small one is left over.
pub(super) fn block_pixels(g: &ConvGeometry, pixels: usize) -> usize {
    let most = (BLOCK_ELEMENTS / g.patch_len()).clamp(BLOCK_PIXELS.start, BLOCK_PIXELS.end);
    pixels.div_ceil(pixels.div_ceil(most).max(1)).max(1)
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
        _ => to.copy_from_slice(from),
    }
}

/// Calls `f` with every contiguous run that a patch and the image share: first its place in the
/// matrix of patches, then its place in the image. Positions in the padding are left out.
#[inline(always)]
fn for_each_run(
    g: &ConvGeometry,
    group: usize,
    pixels: Range<usize>,
    mut f: impl FnMut(Range<usize>, Range<usize>),
) {
    let [height, width, channels] = g.input;
    let [kernel_h, kernel_w] = g.kernel;
    let part = g.group_channels();
    // Undilated taps of all channels lie side by side in a row of the image.
    let whole_rows = g.groups == 1 && (g.dilation[1] == 1 || kernel_w == 1);
    let mut patch_row = 0;
    for pixel in pixels {
        let (row, out_col) = (pixel / g.output[1], pixel % g.output[1]);
        let (example, out_row) = (row / g.output[0], row % g.output[0]);
        for u in 0..kernel_h {
            let padded_row = out_row * g.stride[0] + u * g.dilation[0];
            let patch = patch_row;
            patch_row += kernel_w * part;
            if padded_row < g.padding.top || padded_row - g.padding.top >= height {
                continue;
            }
            let image_row = (example * height + padded_row - g.padding.top) * width;
            let padded_col = out_col * g.stride[1];
            if whole_rows {
                let first = g.padding.left.saturating_sub(padded_col).min(kernel_w);
                let last = (width + g.padding.left)
                    .saturating_sub(padded_col)
                    .min(kernel_w);
                if first < last {
                    let image = (image_row + padded_col + first - g.padding.left) * channels;
                    let (patch, len) = (patch + first * channels, (last - first) * channels);
                    f(patch..patch + len, image..image + len);
                }
                continue;
            }
            for v in 0..kernel_w {
                let col = padded_col + v * g.dilation[1];
                if col >= g.padding.left && col - g.padding.left < width {
                    let image = (image_row + col - g.padding.left) * channels + group * part;
                    let patch = patch + v * part;
                    f(patch..patch + part, image..image + part);
                }
            }
        }
    }
}
