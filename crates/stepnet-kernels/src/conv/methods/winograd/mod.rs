//! Winograd's method for 3x3 windows at stride 1, in `f32`: F(4x4, 3x3).
//!
//! A tile of 4 by 4 outputs sees 6 by 6 inputs. With the matrices of `transform`, for every
//! filter and channel (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2016):
//!
//! ```text
//! y = A^T [sum over channels of (G w G^T) * (B^T x B)] A + b      (* is element by element)
//! ```
//!
//! That is 36 multiplications for 16 outputs where the sum over windows takes 144. The data
//! gradient at stride 1 is a convolution as well, of `dy` with the filters turned around, and goes the
//! same way. The weights gradient is the adjoint: see `weights`.
//!
//! # Method
//!
//! ```text
//! transform the filters into panels [place][channel][two vectors]        shared out by panels
//! for each block of tiles (whole images, or rows of tiles of one)        shared out
//!   for each chunk of tiles, whose transforms stay in the cache
//!     transform the inputs      [tile][place][channel], vectors over channels
//!     for each panel of columns
//!       for each of 36 places: [tiles, channels] x [channels, columns], sums in registers
//!       transform back, add the bias, store   vectors over columns
//! ```
//!
//! Every result is the same sum whatever chunk its tile is in: the bits do not depend on the
//! number of threads. They do depend on the method, and the method on the shape, never on the batch: an image gets
//! the same values alone and in a batch. The limits are in `conv/thresholds.rs`.
//!
//! # Error
//!
//! With `u` half of `f32::EPSILON`, `gamma(n) = n u / (1 - n u)` and `C` channels, for every output,
//!
//! ```text
//! |error| <= 176 gamma(C + 28) sum over c of (max |x_c| over the tile's 6x6 inputs * sum |w_c|)
//!            + gamma(1) |b|
//! ```
//!
//! Every number on the way is a sum of products, so that the componentwise bound of Higham
//! ("Accuracy and Stability of Numerical Algorithms", 2002, section 3.1) holds with the matrices'
//! absolute values, as in Barabasz, Anderson, Soodhalter and Gregg ("Error Analysis and Improving the
//! Accuracy of Winograd Convolution for Deep Neural Networks", 2020); 176 bounds what these amplify
//! (`AMPLIFICATION` in `transform`), 28 counts the roundings. On the whole the error is several times
//! that of the sum over windows and far below the bound. What differs in kind: a large input is
//! felt, by rounding, in all outputs of its tile, also in those whose windows do not see it.
//!
//! NaN and infinities are not: a tile with a result that is not finite is computed again as sums over
//! windows, so that what is not finite, and what only overflowed on the way, reaches exactly the
//! outputs that it reaches there. Such tiles take as long as without the method, and their
//! transforms on top.

mod bound;
mod chunk;
mod filters;
mod plan;
mod squares;
mod sums;
#[cfg(test)]
mod tests;
mod tiles;
mod transform;
mod weights;

pub use bound::{Spread, spread_backward, spread_forward};
pub(in crate::conv) use plan::{Winograd, serves};
pub(in crate::conv) use weights::Weights;
