//! `dx`: the gradient with respect to the images.

use rayon::prelude::*;

use super::{ConvGeometry, depthwise, patches};
use crate::Element;
use crate::kernels::matmul::{multiply, view, view_mut};
use crate::kernels::parallel::{Lanes, MAX_LANES};
use crate::kernels::{assert_len, assert_scratch};

/// Elements of scratch memory that [`backward_data`] needs, for `g`'s batch and every smaller one.
pub fn backward_data_scratch<T: Element>(g: &ConvGeometry) -> usize {
    Lanes::most_lanes(g.batch, g.with_batch(1).multiply_adds(), MAX_LANES) * scratch_per_lane(g)
}

/// Windows of an example overlap in `dx`, so an example stays in one lane.
fn lanes(g: &ConvGeometry) -> Lanes {
    Lanes::new(g.batch, g.with_batch(1).multiply_adds(), MAX_LANES)
}

fn scratch_per_lane(g: &ConvGeometry) -> usize {
    if g.is_pointwise() || g.is_depthwise() {
        return 0;
    }
    patches::block_pixels(g, g.pixels_per_example()) * g.patch_len()
}

/// `dx[n, h, w, c] = sum of dy[n, i, j, f] w[u, v, c, f]` over all (i, j, u, v, f) whose window
/// position is (h, w); 0 where no window reaches.
///
/// It is the transpose of [`super::forward`]: `<dy, conv(x)> = <dx, x>`; source: the notebooks'
/// `conv_backward`.
///
/// # Shapes
///
/// `dy` (batch, out_height, out_width, filters), `w` (f_H, f_W, channels / groups, filters),
/// `dx` (batch, height, width, channels), written.
///
/// # Panics
///
/// If a slice does not have the length that `g` says, or `scratch` is shorter than
/// [`backward_data_scratch`].
pub fn backward_data<T: Element>(
    g: &ConvGeometry,
    dy: &[T],
    w: &[T],
    dx: &mut [T],
    scratch: &mut [T],
) {
    const NAME: &str = "convolution backward data";
    assert_len(NAME, "dy", dy, g.y_len());
    assert_len(NAME, "w", w, g.weights_len());
    assert_len(NAME, "dx", dx, g.x_len());
    assert_scratch(NAME, scratch, lanes(g).count * scratch_per_lane(g));

    let lanes = lanes(g);
    let example_len = g.input.iter().product::<usize>();
    let lane_len = lanes.per_lane * example_len;
    let per_lane = scratch_per_lane(g);
    let dy_of = |lane: usize, index: usize| {
        let len = g.pixels_per_example() * g.filters;
        let example = lane * lanes.per_lane + index;
        &dy[example * len..(example + 1) * len]
    };
    if per_lane == 0 {
        dx.par_chunks_mut(lane_len)
            .with_max_len(1)
            .enumerate()
            .for_each(|(lane, dx)| {
                for (index, dx) in dx.chunks_mut(example_len).enumerate() {
                    let dy = dy_of(lane, index);
                    if g.is_depthwise() {
                        depthwise::backward_data(g, dy, w, dx);
                    } else {
                        pointwise(g, dy, w, dx);
                    }
                }
            });
        return;
    }
    dx.par_chunks_mut(lane_len)
        .zip(scratch.par_chunks_mut(per_lane))
        .with_max_len(1)
        .enumerate()
        .for_each(|(lane, (dx, scratch))| {
            for (index, dx) in dx.chunks_mut(example_len).enumerate() {
                example_backward(g, dy_of(lane, index), w, dx, scratch);
            }
        });
}

/// One example, block by block of its output pixels.
fn example_backward<T: Element>(
    g: &ConvGeometry,
    dy: &[T],
    w: &[T],
    dx: &mut [T],
    scratch: &mut [T],
) {
    dx.fill(T::zero());
    let (inner, columns) = (g.patch_len(), g.group_filters());
    let block = patches::block_pixels(g, g.pixels_per_example());
    for (index, dy) in dy.chunks(block * g.filters).enumerate() {
        let pixels = dy.len() / g.filters;
        for group in 0..g.groups {
            let filter = group * columns;
            multiply(
                view(&dy[filter..], [pixels, columns], [g.filters, 1]),
                view(&w[filter..], [columns, inner], [1, g.filters]),
                view_mut(scratch, [pixels, inner], [inner, 1]),
            );
            let first = index * block;
            patches::scatter_add(g, group, scratch, first..first + pixels, dx);
        }
    }
}

/// A 1x1 window at stride 1: `dx = dy w^T`.
fn pointwise<T: Element>(g: &ConvGeometry, dy: &[T], w: &[T], dx: &mut [T]) {
    let channels = g.input[2];
    let pixels = dx.len() / channels;
    let (inner, columns) = (g.group_channels(), g.group_filters());
    for group in 0..g.groups {
        let filter = group * columns;
        multiply(
            view(&dy[filter..], [pixels, columns], [g.filters, 1]),
            view(&w[filter..], [columns, inner], [1, g.filters]),
            view_mut(&mut dx[group * inner..], [pixels, inner], [channels, 1]),
        );
    }
}
