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
//! No matrix of windows is formed. In NHWC a row of a window is one run of memory, and tiles of a
//! few pixels by one or two vectors of filters are summed in registers straight from the image
//! (`crate::simd::tile`), a block of pixels at a time:
//!
//! ```text
//! forward            a sum over windows (sweep): packed filters, windows of x
//! backward_data      the same for each phase of the stride: packed transposed filters, windows of dy
//! backward_weights   outer sums (tasks, outer): elements of the window by filters, over the pixels
//! ```
//!
//! Only where windows leave the image, or see some of its channels, a block's part of the image is
//! laid out with its zeros first (`stage`). Memory beyond the arrays is that of packed filters, of the
//! sums of a few parts of the batch, and some 200 KiB for each thread.
//!
//! Depthwise filters, each of which sees the channel of its own number, have no matrix in them:
//! their loops run over vectors of channels (`channels`, `channel_weights`).
//!
//! Sums with few columns, such as the gradient by the pictures, have pixels in the lanes of their vectors
//! (`planar`).
//!
//! Layers of 3x3 windows at stride 1 with enough channels, filters and pixels go another way in `f32`,
//! each pass where it is the better one: see [`winograd`]. That takes memory for transformed filters
//! or gradients, and up to 750 KiB for each thread. Its error is bounded there; [`ConvGeometry::direct`] keeps to sums.

mod backward_data;
mod backward_weights;
mod blocks;
mod channel_weights;
mod channels;
mod direction;
mod forward;
mod geometry;
mod layout;
mod line;
mod outer;
mod pack;
mod places;
mod planar;
pub(crate) mod pointwise;
pub mod pooled;
mod prefetch;
pub mod reference;
mod rows;
mod stage;
mod sums;
mod sweep;
mod tasks;
#[cfg(test)]
mod tests;
mod window_sums;
pub mod winograd;

pub(crate) use backward_data::run_on as backward_data_on;
pub use backward_data::{backward_data, backward_data_scratch};
pub(crate) use backward_weights::run_on as backward_weights_on;
pub use backward_weights::{backward_weights, backward_weights_scratch};
pub(crate) use forward::run_on as forward_on;
pub use forward::{forward, forward_relu, forward_scratch};
pub use geometry::{ConvGeometry, ConvWindow};
pub use winograd::{Spread, spread_backward, spread_forward};
