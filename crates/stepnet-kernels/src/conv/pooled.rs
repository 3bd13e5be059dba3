//! Convolution, ReLU and max pooling in one pass: what lies between them stays in the cache.
//!
//! ```text
//! y[n, i, j, f] = max of relu(conv(x, w) + b)[n, h, w, f] over the window (i, j)
//! ```
//!
//! The gradient of a pooling is zero but at the winners of its windows. Where that leaves little
//! enough to do, the gradients of filters or images are summed from the winners alone
//! (`methods::winners`); else the gradient with respect to the convolution's outputs is laid out, zeros and all,
//! and a dense pass does the rest. Which it is depends on the geometry alone.

mod choose;
pub(super) mod geometry;
mod packed;
mod plan;
mod sums;
#[cfg(test)]
mod tests;
pub(super) mod values;

pub use geometry::{Gradient, Gradients, PooledGeometry};
pub use packed::PackedFilters;
pub use plan::Plan;
