//! Convolution, ReLU and max pooling in one pass: what lies between them stays in the cache.
//!
//! ```text
//! y[n, i, j, f] = max of relu(conv(x, w) + b)[n, h, w, f] over the window (i, j)
//! ```
//!
//! The gradient of a pooling is zero but at the winners of its windows. Where that leaves little
//! enough to do, the gradients of filters or images are summed from the winners alone
//! (`methods::winners`); else the gradient by the convolution's outputs is laid out, zeros and all,
//! and a dense pass does the rest. Which it is depends on the geometry alone.

mod choose;
pub(super) mod geometry;
mod plan;
mod sums;
#[cfg(test)]
mod tests;
pub(super) mod values;

use crate::Real;

pub use geometry::{Gradient, Gradients, PooledGeometry};
pub use plan::Plan;

/// Elements of scratch memory that [`forward`] needs, for `g`'s batch and every smaller one.
pub fn forward_scratch<T: Real>(g: &PooledGeometry) -> usize {
    Plan::of::<T>(*g).forward_scratch::<T>()
}

/// `y = maxpool(relu(conv(x, w) + b))`, and the winners: their places in the convolution's output of
/// the example, the first of equals.
///
/// Every value is bitwise that of the three passes one after the other.
///
/// # Shapes
///
/// As [`super::forward`] and [`crate::pool::max_forward`]: `y` and `winners` (batch, out_height, out_width,
/// filters), written.
///
/// # Panics
///
/// If a slice does not have the length that `g` says, or `scratch` is shorter than
/// [`forward_scratch`].
pub fn forward<T: Real>(
    g: &PooledGeometry,
    x: &[T],
    w: &[T],
    b: Option<&[T]>,
    y: &mut [T],
    winners: Option<&mut [u32]>,
    scratch: &mut [T],
) {
    Plan::of::<T>(*g).forward(x, w, b, y, winners, scratch);
}

/// Elements of scratch memory that [`backward`] needs, for `g`'s batch and every smaller one.
pub fn backward_scratch<T: Real>(g: &PooledGeometry) -> usize {
    Plan::of::<T>(*g).backward_scratch::<T>()
}

/// The gradients by images, filters and bias.
///
/// # Shapes
///
/// As [`forward`]; the gradients have the shapes of what they belong to, and are written.
///
/// # Panics
///
/// If a slice does not have the length that `g` says, or `scratch` is shorter than
/// [`backward_scratch`].
pub fn backward<T: Real>(
    g: &PooledGeometry,
    x: &[T],
    w: &[T],
    gradient: Gradient<'_, T>,
    to: Gradients<'_, T>,
    scratch: &mut [T],
) {
    Plan::of::<T>(*g).backward(x, w, gradient, to, scratch);
}
