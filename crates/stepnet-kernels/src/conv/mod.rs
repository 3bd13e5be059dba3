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
//! # Methods
//!
//! | method | what runs | forward | data | weights |
//! | --- | --- | --- | --- | --- |
//! | winners | gradients from the winners of a pooling alone ([`pooled`]) | | yes | yes |
//! | winograd | F(4x4, 3x3) by fewer multiplications, in `f32` ([`winograd`]) | yes | yes | yes |
//! | channels | depthwise filters: vectors of channels, tap by tap | yes | yes | yes |
//! | pixels | sums over windows, pixels in the lanes: for few columns | yes | yes | |
//! | windows | sums over windows, columns in the lanes; outer products for the weights | yes | yes | yes |
//! | reference | the naive loops ([`reference`](mod@reference)) | yes | yes | yes |
//!
//! Each method is a file or a folder in `methods`; what they share is in `parts`. They are asked in this order, and the
//! first that can run a geometry and pays by its thresholds runs the pass: `choose` decides, `thresholds` has the
//! numbers, and a [`Plan`] holds the answer with its reason. Another method can be forced ([`Plan::force`]).
//! A pass packs the filters as its method reads them; [`Plan::pack`] does that once for many forward passes.
//!
//! No matrix of windows is formed. In NHWC a row of a window is one run of memory, and tiles of a
//! few pixels by one or two vectors of filters are summed in registers straight from the image
//! (`crate::simd::tile`), a block of pixels at a time:
//!
//! ```text
//! forward            a sum over windows: packed filters, windows of x
//! backward_data      the same for each phase of the stride: packed transposed filters, windows of dy
//! backward_weights   outer products: elements of the window by filters, summed over the pixels
//! ```
//!
//! Only where windows leave the image, or see some of its channels, a block's part of the image is
//! laid out with its zeros first (`parts`). Memory beyond the arrays is that of packed filters, of the
//! sums of a few parts of the batch, and some 200 KiB for each thread; by Winograd's method that of transformed
//! filters or gradients, and up to 750 KiB for each thread. Its error is bounded in [`winograd`];
//! [`ConvGeometry::direct`] keeps to sums.
//!
//! # Glossary
//!
//! | word | meaning |
//! | --- | --- |
//! | source | the array that windows are laid over: `x` forward, `dy` for the data gradient |
//! | tap | one position of a window: a row and a column of the kernel |
//! | window | the source elements that one output pixel sees: all taps by all channels of its group |
//! | column | an output channel of a sum over windows: a filter forward, a channel for the data gradient |
//! | run | elements of a window that lie one after the other in memory |
//! | phase | the pixels of `dx` with the same remainder by the stride: they see `dy` through the same taps |
//! | lane | one value of a vector register |
//! | vector | as many values as a register of the instruction set holds |
//! | row, col | where a pixel lies in its image: `rows` go down, `cols` across; a `column` is no place. `tap_rows` and `tap_cols` are those of a kernel, `tile_rows` and `tile_cols` those of tiles in an image |
//! | panel | the packed filters of one or two vectors of columns, for all elements of the window |
//! | tile | the sums that the innermost loop holds in registers: some pixels by some vectors |
//! | block | the output pixels that a worker computes at a time, from one part of the source |
//! | part | a share of the batch with sums of its own, which are added up in their order |
//! | task, job | a panel over a part; neighbouring tasks that a worker takes together |
//! | staged | laid out, with its zeros, in scratch memory |
//! | winner | the pixel that a window of max pooling took its maximum from |

mod backward_data;
mod backward_weights;
mod choose;
mod direction;
mod forward;
mod geometry;
mod method;
mod methods;
mod packed;
mod parts;
mod plan;
#[doc(hidden)]
pub mod pooled;
mod run;
#[cfg(test)]
mod tests;
mod thresholds;

pub use backward_data::{backward_data, backward_data_scratch};
pub use backward_weights::{backward_weights, backward_weights_scratch};
pub(crate) use direction::Direction;
pub use forward::{forward, forward_relu, forward_scratch};
pub use geometry::{ConvGeometry, ConvWindow};
pub use method::Method;
pub(crate) use method::{Choice, NAIVE};
pub use methods::reference;
pub use methods::winograd::{self, Spread, spread_backward, spread_forward};
pub use packed::PackedFilters;
pub use plan::Plan;
pub(crate) use run::{SumArguments, WeightsArguments};
