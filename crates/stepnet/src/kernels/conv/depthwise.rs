//! Filters that see one channel each: plain loops, the channels innermost.
//!
//! Filter `f` sees channel `f / multiplier`. With a multiplier of 1, the common case, a tap is an
//! elementwise product of contiguous rows of channels.

use super::ConvGeometry;
use crate::Element;

/// `y = conv(x, w) + b`.
pub(super) fn forward<T: Element>(
    g: &ConvGeometry,
    x: &[T],
    w: &[T],
    b: Option<&[T]>,
    y: &mut [T],
) {
    for (index, y) in y.chunks_exact_mut(g.filters).enumerate() {
        match b {
            Some(b) => y.copy_from_slice(b),
            None => y.fill(T::zero()),
        }
        for_each_tap(g, index, |tap, pixel| {
            add_products(g, channels(g, x, pixel), filters(g, w, tap), y);
        });
    }
}

pub(super) fn backward_weights_scratch(_g: &ConvGeometry) -> usize {
    0
}

/// `dw` and `db`.
pub(super) fn backward_weights<T: Element>(
    g: &ConvGeometry,
    x: &[T],
    dy: &[T],
    dw: &mut [T],
    db: Option<&mut [T]>,
    _scratch: &mut [T],
) {
    dw.fill(T::zero());
    if let Some(db) = db {
        db.fill(T::zero());
        for dy in dy.chunks_exact(g.filters) {
            for (db, &dy) in db.iter_mut().zip(dy) {
                *db += dy;
            }
        }
    }
    for (index, dy) in dy.chunks_exact(g.filters).enumerate() {
        for_each_tap(g, index, |tap, pixel| {
            let dw = &mut dw[tap * g.filters..][..g.filters];
            add_products(g, channels(g, x, pixel), dy, dw);
        });
    }
}

/// Writes `dx` of one example.
pub(super) fn backward_data<T: Element>(g: &ConvGeometry, dy: &[T], w: &[T], dx: &mut [T]) {
    dx.fill(T::zero());
    let multiplier = g.group_filters();
    for (index, dy) in dy.chunks_exact(g.filters).enumerate() {
        for_each_tap(g, index, |tap, pixel| {
            let dx = &mut dx[pixel * g.groups..][..g.groups];
            let w = filters(g, w, tap);
            if multiplier == 1 {
                for ((dx, &dy), &w) in dx.iter_mut().zip(dy).zip(w) {
                    *dx += dy * w;
                }
                return;
            }
            let pairs = dy.chunks_exact(multiplier).zip(w.chunks_exact(multiplier));
            for (dx, (dy, w)) in dx.iter_mut().zip(pairs) {
                for (&dy, &w) in dy.iter().zip(w) {
                    *dx += dy * w;
                }
            }
        });
    }
}

/// `to[f] += x[f / multiplier] by[f]`.
#[inline(always)]
fn add_products<T: Element>(g: &ConvGeometry, x: &[T], by: &[T], to: &mut [T]) {
    let multiplier = g.group_filters();
    if multiplier == 1 {
        for ((to, &by), &x) in to.iter_mut().zip(by).zip(x) {
            *to += x * by;
        }
        return;
    }
    let pairs = to
        .chunks_exact_mut(multiplier)
        .zip(by.chunks_exact(multiplier));
    for ((to, by), &x) in pairs.zip(x) {
        for (to, &by) in to.iter_mut().zip(by) {
            *to += x * by;
        }
    }
}

/// The channels of a pixel.
fn channels<'a, T>(g: &ConvGeometry, x: &'a [T], pixel: usize) -> &'a [T] {
    &x[pixel * g.groups..][..g.groups]
}

/// One tap of all filters.
fn filters<'a, T>(g: &ConvGeometry, w: &'a [T], tap: usize) -> &'a [T] {
    &w[tap * g.filters..][..g.filters]
}

/// Calls `f` with every tap of an output pixel's window that lies in the image, and the image's
/// pixel there.
#[inline(always)]
fn for_each_tap(g: &ConvGeometry, pixel: usize, mut f: impl FnMut(usize, usize)) {
    let [height, width, _] = g.input;
    let (row, out_col) = (pixel / g.output[1], pixel % g.output[1]);
    let (example, out_row) = (row / g.output[0], row % g.output[0]);
    for u in 0..g.kernel[0] {
        let row = out_row * g.stride[0] + u * g.dilation[0];
        if row < g.padding.top || row - g.padding.top >= height {
            continue;
        }
        let image_row = (example * height + row - g.padding.top) * width;
        for v in 0..g.kernel[1] {
            let col = out_col * g.stride[1] + v * g.dilation[1];
            if col >= g.padding.left && col - g.padding.left < width {
                f(u * g.kernel[1] + v, image_row + col - g.padding.left);
            }
        }
    }
}
