//! Convolution (cross-correlation, as in the course) of NHWC images with HWIO filters.
//!
//! With `x` padded by zeros, group `i` of filter `f`, and `C = channels / groups`:
//!
//! ```text
//! y[n, i, j, f] = b[f] + sum over (u, v, c) of
//!     x[n, i stride_H + u dilation_H - top, j stride_W + v dilation_W - left, group C + c]
//!   * w[u, v, c, f]
//! ```
//!
//! # Method
//!
//! The windows of a block of output pixels are laid side by side as the rows of a matrix of
//! *patches* (`(pixels, f_H f_W C)`, small enough for the cache), and each pass is one matrix
//! product per block:
//!
//! ```text
//! forward            y[block]  = patches(x) w + b
//! backward_weights   dw       += patches(x)^T dy[block]
//! backward_data      patches   = dy[block] w^T,  then added back to the places of dx they came from
//! ```
//!
//! For 1x1 windows at stride 1 the image is its own matrix of patches. Depthwise filters (one
//! channel per group) have next to no matrix in them and are plain loops over the channels.
//!
//! `forward` and `backward_weights` share out blocks of pixels, `backward_data` shares out examples.

mod backward_data;
mod backward_weights;
mod depthwise;
mod forward;
mod geometry;
mod patches;
pub mod reference;
#[cfg(test)]
mod tests;

pub use backward_data::{backward_data, backward_data_scratch};
pub use backward_weights::{backward_weights, backward_weights_scratch};
pub use forward::{forward, forward_scratch};
pub use geometry::{ConvGeometry, ConvWindow};
