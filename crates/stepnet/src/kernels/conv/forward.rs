//! `y = conv(x, w) + b`.

use rayon::prelude::*;

use super::{ConvGeometry, depthwise, patches};
use crate::Element;
use crate::kernels::matmul::{multiply_add, view, view_mut};
use crate::kernels::parallel::Lanes;
use crate::kernels::{assert_len, assert_scratch};

/// Elements of scratch memory that [`forward`] needs, for `g`'s batch and every smaller one.
pub fn forward_scratch<T: Element>(g: &ConvGeometry) -> usize {
    if g.is_pointwise() || g.is_depthwise() {
        return 0;
    }
    let lanes = Lanes::most_lanes(g.pixels(), work_per_pixel(g), g.most_pixel_lanes());
    lanes * patches::most_block_pixels(g).min(g.pixels().max(1)) * g.patch_len()
}

fn lanes(g: &ConvGeometry) -> Lanes {
    Lanes::new(g.pixels(), work_per_pixel(g), g.most_pixel_lanes())
}

fn work_per_pixel(g: &ConvGeometry) -> u64 {
    g.patch_len() as u64 * g.filters as u64
}

fn scratch_per_lane(g: &ConvGeometry, lanes: &Lanes) -> usize {
    if g.is_pointwise() || g.is_depthwise() {
        return 0;
    }
    patches::block_pixels(g, lanes.per_lane) * g.patch_len()
}

/// `y = conv(x, w) + b`; without `b` the bias is 0.
///
/// Formula and method: [`crate::kernels::conv`]; it is the notebooks' `conv_forward`.
///
/// # Shapes
///
/// `x` (batch, height, width, channels), `w` (f_H, f_W, channels / groups, filters), `b` (filters),
/// `y` (batch, out_height, out_width, filters), written.
///
/// # Panics
///
/// If a slice does not have the length that `g` says, or `scratch` is shorter than
/// [`forward_scratch`].
pub fn forward<T: Element>(
    g: &ConvGeometry,
    x: &[T],
    w: &[T],
    b: Option<&[T]>,
    y: &mut [T],
    scratch: &mut [T],
) {
    const NAME: &str = "convolution forward";
    assert_len(NAME, "x", x, g.x_len());
    assert_len(NAME, "w", w, g.weights_len());
    assert_len(NAME, "y", y, g.y_len());
    if let Some(b) = b {
        assert_len(NAME, "b", b, g.filters);
    }
    let lanes = lanes(g);
    let lane_len = lanes.per_lane * g.filters;
    let per_lane = scratch_per_lane(g, &lanes);
    assert_scratch(NAME, scratch, lanes.count * per_lane);
    if per_lane == 0 {
        y.par_chunks_mut(lane_len)
            .with_max_len(1)
            .enumerate()
            .for_each(|(lane, y)| {
                start_from_bias(b, g.filters, y);
                let first = lane * lanes.per_lane;
                if g.is_depthwise() {
                    depthwise::forward(g, x, w, first, y);
                } else {
                    pointwise(g, x, w, first, y);
                }
            });
        return;
    }
    y.par_chunks_mut(lane_len)
        .zip(scratch.par_chunks_mut(per_lane))
        .with_max_len(1)
        .enumerate()
        .for_each(|(lane, (y, scratch))| {
            start_from_bias(b, g.filters, y);
            let block = patches::block_pixels(g, lanes.per_lane);
            for (index, y) in y.chunks_mut(block * g.filters).enumerate() {
                let first = lane * lanes.per_lane + index * block;
                block_forward(g, x, w, first, y, scratch);
            }
        });
}

/// Fills the pixels of `y` with the bias; the products are added to it.
fn start_from_bias<T: Element>(b: Option<&[T]>, filters: usize, y: &mut [T]) {
    match b {
        Some(b) => y
            .chunks_exact_mut(filters)
            .for_each(|y| y.copy_from_slice(b)),
        None => y.fill(T::zero()),
    }
}

/// The pixels of `y`, of which the first is pixel `first` of the batch.
fn block_forward<T: Element>(
    g: &ConvGeometry,
    x: &[T],
    w: &[T],
    first: usize,
    y: &mut [T],
    scratch: &mut [T],
) {
    let pixels = y.len() / g.filters;
    let (inner, columns) = (g.patch_len(), g.group_filters());
    for group in 0..g.groups {
        patches::gather(g, group, x, first..first + pixels, scratch);
        let filter = group * columns;
        multiply_add(
            view(scratch, [pixels, inner], [inner, 1]),
            view(&w[filter..], [inner, columns], [g.filters, 1]),
            view_mut(&mut y[filter..], [pixels, columns], [g.filters, 1]),
        );
    }
}

/// A 1x1 window at stride 1: the pixels themselves are the patches.
fn pointwise<T: Element>(g: &ConvGeometry, x: &[T], w: &[T], first: usize, y: &mut [T]) {
    let pixels = y.len() / g.filters;
    let channels = g.input[2];
    let (inner, columns) = (g.group_channels(), g.group_filters());
    let x = &x[first * channels..(first + pixels) * channels];
    for group in 0..g.groups {
        let filter = group * columns;
        multiply_add(
            view(&x[group * inner..], [pixels, inner], [channels, 1]),
            view(&w[filter..], [inner, columns], [g.filters, 1]),
            view_mut(&mut y[filter..], [pixels, columns], [g.filters, 1]),
        );
    }
}
