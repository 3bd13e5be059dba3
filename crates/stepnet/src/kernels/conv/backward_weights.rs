//! `dw` and `db`: the gradients with respect to the filters and the bias.

use rayon::prelude::*;

use super::{ConvGeometry, depthwise, patches};
use crate::Element;
use crate::kernels::matmul::{multiply_add, view, view_mut};
use crate::kernels::parallel::{Lanes, MAX_LANES};
use crate::kernels::{assert_len, assert_scratch};

/// The most copies of `dw` that are held at a time.
pub(super) const MOST: usize = MAX_LANES + 1;

/// Elements of all partial gradients together that should not be exceeded by much.
const PARTIAL_ELEMENTS: usize = 1 << 20;

/// Elements of scratch memory that [`backward_weights`] needs, for `g`'s batch and every smaller one.
pub fn backward_weights_scratch<T: Element>(g: &ConvGeometry) -> usize {
    let patches = if g.is_pointwise() || g.is_depthwise() {
        0
    } else {
        patches::most_block_pixels(g).min(g.pixels().max(1)) * g.patch_len()
    };
    let lanes = Lanes::most_lanes(g.pixels(), work_per_pixel(g), most(g));
    lanes * (g.weights_len() + g.filters + patches)
}

fn lanes(g: &ConvGeometry) -> Lanes {
    Lanes::new(g.pixels(), work_per_pixel(g), most(g))
}

fn work_per_pixel(g: &ConvGeometry) -> u64 {
    g.patch_len() as u64 * g.filters as u64
}

/// Large filters get fewer lanes: each lane sums into a `dw` of its own.
fn most(g: &ConvGeometry) -> usize {
    (PARTIAL_ELEMENTS / g.weights_len())
        .clamp(4, MAX_LANES)
        .min(g.most_pixel_lanes())
}

fn patches_len(g: &ConvGeometry, lanes: &Lanes) -> usize {
    if g.is_pointwise() || g.is_depthwise() {
        return 0;
    }
    patches::block_pixels(g, lanes.per_lane) * g.patch_len()
}

/// A lane's scratch: its `dw`, its `db`, its patches.
fn lane_len(g: &ConvGeometry, lanes: &Lanes) -> usize {
    g.weights_len() + g.filters + patches_len(g, lanes)
}

/// `dw[u, v, c, f] = sum of x[window (n, i, j), position (u, v), c] dy[n, i, j, f]` over (n, i, j),
/// and `db[f] = sum of dy[n, i, j, f]`.
///
/// Sums over the batch, no division by its size. Source: the notebooks' `conv_backward`.
///
/// # Shapes
///
/// `x` (batch, height, width, channels), `dy` (batch, out_height, out_width, filters),
/// `dw` (f_H, f_W, channels / groups, filters) and `db` (filters), written.
///
/// # Panics
///
/// If a slice does not have the length that `g` says, or `scratch` is shorter than
/// [`backward_weights_scratch`].
pub fn backward_weights<T: Element>(
    g: &ConvGeometry,
    x: &[T],
    dy: &[T],
    dw: &mut [T],
    db: Option<&mut [T]>,
    scratch: &mut [T],
) {
    const NAME: &str = "convolution backward weights";
    assert_len(NAME, "x", x, g.x_len());
    assert_len(NAME, "dy", dy, g.y_len());
    assert_len(NAME, "dw", dw, g.weights_len());
    if let Some(db) = &db {
        assert_len(NAME, "db", db, g.filters);
    }
    let lanes = lanes(g);
    let lane_len = lane_len(g, &lanes);
    assert_scratch(NAME, scratch, lanes.count * lane_len);
    let scratch = &mut scratch[..lanes.count * lane_len];
    scratch
        .par_chunks_mut(lane_len)
        .with_max_len(1)
        .enumerate()
        .for_each(|(lane, scratch)| {
            let first = (lane * lanes.per_lane).min(g.pixels());
            let last = (first + lanes.per_lane).min(g.pixels());
            let dy = &dy[first * g.filters..last * g.filters];
            lane_backward(
                g,
                x,
                dy,
                first,
                patches::block_pixels(g, lanes.per_lane),
                scratch,
            );
        });
    sum_lanes(scratch, lane_len, 0, dw);
    if let Some(db) = db {
        sum_lanes(scratch, lane_len, g.weights_len(), db);
    }
}

/// The sums over the pixels of `dy`, the first of which is pixel `first` of the batch.
fn lane_backward<T: Element>(
    g: &ConvGeometry,
    x: &[T],
    dy: &[T],
    first: usize,
    block: usize,
    scratch: &mut [T],
) {
    let (dw, rest) = scratch.split_at_mut(g.weights_len());
    let (db, scratch) = rest.split_at_mut(g.filters);
    dw.fill(T::zero());
    db.fill(T::zero());
    for dy in dy.chunks_exact(g.filters) {
        for (db, &dy) in db.iter_mut().zip(dy) {
            *db += dy;
        }
    }
    if g.is_depthwise() {
        return depthwise::backward_weights(g, x, dy, first, dw);
    }
    for (index, dy) in dy.chunks(block * g.filters).enumerate() {
        block_backward(g, x, dy, first + index * block, dw, scratch);
    }
}

/// `dw += patches^T dy` for one block of pixels.
fn block_backward<T: Element>(
    g: &ConvGeometry,
    x: &[T],
    dy: &[T],
    first: usize,
    dw: &mut [T],
    scratch: &mut [T],
) {
    let pixels = dy.len() / g.filters;
    let (inner, columns) = (g.patch_len(), g.group_filters());
    for group in 0..g.groups {
        let (patches, stride) = if g.is_pointwise() {
            let channels = g.input[2];
            (&x[first * channels + group * inner..], channels)
        } else {
            patches::gather(g, group, x, first..first + pixels, scratch);
            (&*scratch, inner)
        };
        let filter = group * columns;
        multiply_add(
            view(patches, [inner, pixels], [1, stride]),
            view(&dy[filter..], [pixels, columns], [g.filters, 1]),
            view_mut(&mut dw[filter..], [inner, columns], [g.filters, 1]),
        );
    }
}

/// Adds up one part of every lane's scratch, lane after lane.
fn sum_lanes<T: Element>(scratch: &[T], lane_len: usize, offset: usize, total: &mut [T]) {
    const PIECE: usize = 1 << 14;
    total
        .par_chunks_mut(PIECE)
        .enumerate()
        .for_each(|(piece, total)| {
            let start = offset + piece * PIECE;
            total.copy_from_slice(&scratch[start..start + total.len()]);
            for lane in scratch[lane_len..].chunks_exact(lane_len) {
                for (total, &part) in total.iter_mut().zip(&lane[start..]) {
                    *total += part;
                }
            }
        });
}
