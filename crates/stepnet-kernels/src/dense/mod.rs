//! Fully connected layers: `y = x w^T + b`.
//!
//! Each pass is one matrix product. Layers of few features (`small`), of few units on many features
//! (`wide`), and forward passes of few examples (`few`) have loops of their own. Of the others each pass is that of a convolution
//! whose pictures are single pixels and whose filters `w` are, from the units to the features: its
//! gradient by data is this forward pass, and the other way round.

mod few;
mod geometry;
mod small;
#[cfg(test)]
mod tests;
mod wide;

use crate::Real;
use crate::conv::pointwise;
use crate::simd::{self, InstructionSet};
use crate::{assert_len, long_sum};

pub use geometry::DenseGeometry;

/// Elements of scratch memory that [`forward`] needs, for `g`'s batch and every smaller one.
pub fn forward_scratch<T: Real>(g: &DenseGeometry) -> usize {
    if few::suits::<T>(InstructionSet::best(), g) {
        return 0;
    }
    pointwise::backward_data_scratch::<T>(&g.transposed())
}

/// Elements of scratch memory that [`backward_data`] needs, for `g`'s batch and every smaller one.
pub fn backward_data_scratch<T: Real>(g: &DenseGeometry) -> usize {
    pointwise::forward_scratch::<T>(&g.transposed())
}

/// Elements of scratch memory that [`backward_weights`] needs, for `g`'s batch and every smaller one.
pub fn backward_weights_scratch<T: Real>(g: &DenseGeometry) -> usize {
    pointwise::backward_weights_scratch::<T>(&g.transposed())
}

/// `y = x w^T + b`; without `b` the bias is 0.
///
/// Source: the notebooks' `linear_forward`, with the batch first.
///
/// # Shapes
///
/// `x` (batch, in), `w` (out, in), `b` (out), `y` (batch, out), written.
///
/// # Panics
///
/// If a slice does not have the length that `g` says, or `scratch` is shorter than the pass needs.
pub fn forward<T: Real>(
    g: &DenseGeometry,
    x: &[T],
    w: &[T],
    b: Option<&[T]>,
    y: &mut [T],
    scratch: &mut [T],
) {
    const NAME: &str = "dense forward";
    assert_len(NAME, "x", x, g.x_len());
    assert_len(NAME, "w", w, g.weights_len());
    assert_len(NAME, "y", y, g.y_len());
    if let Some(b) = b {
        assert_len(NAME, "b", b, g.outputs);
    }
    (T::passes().dense_forward)(g, x, w, b, y, scratch);
}

/// [`forward`], compiled in `crate::compiled`.
pub(super) fn run_forward<T: Real>(
    g: &DenseGeometry,
    x: &[T],
    w: &[T],
    b: Option<&[T]>,
    y: &mut [T],
    scratch: &mut [T],
) {
    if small::suits_product(g, g.inputs) {
        return simd::run(small::Product::forward(g, x, w, b, y));
    }
    if wide::suits_forward(g) {
        return wide::forward(g, x, w, b, y);
    }
    let set = InstructionSet::best();
    if few::suits::<T>(set, g) {
        return few::forward(set, g, x, w, b, y);
    }
    pointwise::backward_data(&g.transposed(), x, w, b, y, scratch);
}

/// `dx = dy w`.
///
/// Source: the notebooks' `linear_backward`, with the batch first.
///
/// # Shapes
///
/// `dy` (batch, out), `w` (out, in), `dx` (batch, in), written.
///
/// # Panics
///
/// If a slice does not have the length that `g` says, or `scratch` is shorter than the pass needs.
pub fn backward_data<T: Real>(
    g: &DenseGeometry,
    dy: &[T],
    w: &[T],
    dx: &mut [T],
    scratch: &mut [T],
) {
    const NAME: &str = "dense backward data";
    assert_len(NAME, "dy", dy, g.y_len());
    assert_len(NAME, "w", w, g.weights_len());
    assert_len(NAME, "dx", dx, g.x_len());
    (T::passes().dense_backward_data)(g, dy, w, dx, scratch);
}

/// [`backward_data`], compiled in `crate::compiled`.
pub(super) fn run_backward_data<T: Real>(
    g: &DenseGeometry,
    dy: &[T],
    w: &[T],
    dx: &mut [T],
    scratch: &mut [T],
) {
    if small::suits_product(g, g.outputs) {
        return simd::run(small::Product::backward_data(g, dy, w, dx));
    }
    pointwise::forward(&g.transposed(), dy, w, dx, scratch);
}

/// `dw = dy^T x` and `db = sum of dy over the batch`.
///
/// Sums over the batch, no division by its size. Source: the notebooks' `linear_backward`, with the
/// batch first.
///
/// # Shapes
///
/// `x` (batch, in), `dy` (batch, out); `dw` (out, in) and `db` (out), written.
///
/// # Panics
///
/// If a slice does not have the length that `g` says, or `scratch` is shorter than the pass needs.
pub fn backward_weights<T: Real>(
    g: &DenseGeometry,
    x: &[T],
    dy: &[T],
    dw: &mut [T],
    db: Option<&mut [T]>,
    scratch: &mut [T],
) {
    const NAME: &str = "dense backward weights";
    assert_len(NAME, "x", x, g.x_len());
    assert_len(NAME, "dy", dy, g.y_len());
    assert_len(NAME, "dw", dw, g.weights_len());
    if let Some(db) = &db {
        assert_len(NAME, "db", db, g.outputs);
    }
    (T::passes().dense_backward_weights)(g, x, dy, dw, db, scratch);
}

/// [`backward_weights`], compiled in `crate::compiled`.
pub(super) fn run_backward_weights<T: Real>(
    g: &DenseGeometry,
    x: &[T],
    dy: &[T],
    dw: &mut [T],
    db: Option<&mut [T]>,
    scratch: &mut [T],
) {
    if small::suits_weights(g) {
        return simd::run(small::Weights::new(g, x, dy, dw, db));
    }
    if wide::suits_weights(g) {
        wide::backward_weights(InstructionSet::best(), g, x, dy, dw);
    } else {
        pointwise::backward_weights(&g.transposed(), dy, x, dw, scratch);
    }
    if let Some(db) = db {
        long_sum::columns(dy, db);
    }
}
