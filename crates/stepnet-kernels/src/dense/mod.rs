//! Fully connected layers: `y = x w^T + b`.
//!
//! Each pass is one matrix product. Layers of few features (`small`), of few units on many features
//! (`wide`), and of few examples (`few`) have loops of their own. Of the others each pass is that
//! of a convolution whose images are single pixels and whose filters `w` are, from the units to the features: its
//! data gradient is this forward pass, and the other way round. Which method runs is decided in one place
//! (`method`), by thresholds that stand together (`thresholds`), once for a [`Plan`].

mod geometry;
mod method;
mod methods;
mod plan;
mod run;
#[cfg(test)]
mod tests;
mod thresholds;

use crate::Real;
use crate::assert_len;
use crate::decision::Pass;
use crate::simd::InstructionSet;

pub use geometry::DenseGeometry;
pub use method::Method;
pub use plan::Plan;

use method::Choice;
use run::{Data, DataPass, Forward, ForwardPass, Weights, WeightsPass};

const FORWARD: &str = "dense forward";
const DATA: &str = "dense backward data";
const WEIGHTS: &str = "dense backward weights";

fn choice<T: Real>(g: &DenseGeometry, pass: Pass) -> Choice {
    Choice::new::<T>(g, pass, InstructionSet::best())
}

/// Elements of scratch memory that [`forward`] needs, for `g`'s batch and every smaller one.
pub fn forward_scratch<T: Real>(g: &DenseGeometry) -> usize {
    choice::<T>(g, Pass::Forward).scratch::<T>(g, Pass::Forward)
}

/// Elements of scratch memory that [`backward_data`] needs, for `g`'s batch and every smaller one.
pub fn backward_data_scratch<T: Real>(g: &DenseGeometry) -> usize {
    choice::<T>(g, Pass::Data).scratch::<T>(g, Pass::Data)
}

/// Elements of scratch memory that [`backward_weights`] needs, for `g`'s batch and every smaller one.
pub fn backward_weights_scratch<T: Real>(g: &DenseGeometry) -> usize {
    choice::<T>(g, Pass::Weights).scratch::<T>(g, Pass::Weights)
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
    let choice = choice::<T>(g, Pass::Forward);
    T::run::<ForwardPass>(forward_pass((g, choice), [x, w], b, y, scratch));
}

/// About how many elements of its factors a pass copies before it multiplies: a matter of the sizes alone, on any number
/// of threads.
pub fn copied<T: Real>(g: &DenseGeometry, pass: Pass) -> usize {
    choice::<T>(g, pass).copied(g, pass)
}

/// The forward pass with its arrays, once their lengths have been checked.
#[track_caller]
fn forward_pass<'a, T: Real>(
    (g, choice): (&'a DenseGeometry, Choice),
    [x, w]: [&'a [T]; 2],
    b: Option<&'a [T]>,
    y: &'a mut [T],
    scratch: &'a mut [T],
) -> Forward<'a, T> {
    assert_len(FORWARD, "x", x, g.x_len());
    assert_len(FORWARD, "w", w, g.weights_len());
    assert_len(FORWARD, "y", y, g.y_len());
    if let Some(b) = b {
        assert_len(FORWARD, "b", b, g.outputs);
    }
    Forward {
        g,
        choice,
        x,
        w,
        b,
        y,
        scratch,
    }
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
    let choice = choice::<T>(g, Pass::Data);
    T::run::<DataPass>(data_pass((g, choice), [dy, w], dx, scratch));
}

/// The data gradient with its arrays, once their lengths have been checked.
#[track_caller]
fn data_pass<'a, T: Real>(
    (g, choice): (&'a DenseGeometry, Choice),
    [dy, w]: [&'a [T]; 2],
    dx: &'a mut [T],
    scratch: &'a mut [T],
) -> Data<'a, T> {
    assert_len(DATA, "dy", dy, g.y_len());
    assert_len(DATA, "w", w, g.weights_len());
    assert_len(DATA, "dx", dx, g.x_len());
    Data {
        g,
        choice,
        dy,
        w,
        dx,
        scratch,
    }
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
    let choice = choice::<T>(g, Pass::Weights);
    T::run::<WeightsPass>(weights_pass((g, choice), [x, dy], dw, db, scratch));
}

/// The weights gradient with its arrays, once their lengths have been checked.
#[track_caller]
fn weights_pass<'a, T: Real>(
    (g, choice): (&'a DenseGeometry, Choice),
    [x, dy]: [&'a [T]; 2],
    dw: &'a mut [T],
    db: Option<&'a mut [T]>,
    scratch: &'a mut [T],
) -> Weights<'a, T> {
    assert_len(WEIGHTS, "x", x, g.x_len());
    assert_len(WEIGHTS, "dy", dy, g.y_len());
    assert_len(WEIGHTS, "dw", dw, g.weights_len());
    if let Some(db) = &db {
        assert_len(WEIGHTS, "db", db, g.outputs);
    }
    Weights {
        g,
        choice,
        x,
        dy,
        dw,
        db,
        scratch,
    }
}
