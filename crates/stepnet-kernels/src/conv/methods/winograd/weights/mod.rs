//! The weights gradient by Winograd's method: the adjoint of F(4x4, 3x3).
//!
//! `dw` is linear in the inputs and in `dy`, as the outputs are in the inputs and the filters. With
//! the same matrices, turned around, and the same tiles:
//!
//! ```text
//! dw = G^T [sum over the tiles of (B^T x B) * (A dy A^T)] G      (* is element by element)
//! ```
//!
//! Where a tile reaches beyond the outputs, its `dy` is zero there.
//!
//! # Method
//!
//! ```text
//! for each part of the batch, and block of channels by block of filters     shared out
//!   for each chunk of the part's tiles, whose transforms stay in the cache
//!     transform the inputs           [place][tile][channel], vectors over channels
//!     transform dy, add db up        [place][tile][filter], vectors over filters
//!     for each of 36 places: sums [channel][filter] of outer products over the tiles
//!   transform the sums back
//! add up the parts
//! ```
//!
//! Parts, blocks and chunks depend on the geometry alone, and parts are added up in their order: the
//! bits do not depend on the number of threads. Which way the pass goes depends on the shape, the
//! number of tiles in the batch included: a batch of few has its sums transformed back for little.
//!
//! # Error
//!
//! As in the forward pass ([`super`]), for every gradient of channel `c` and filter `f`, over `t` tiles
//! of the batch,
//!
//! ```text
//! |error| <= 176 gamma(t + 28) sum over the tiles of
//!            (max |x_c| over the tile's 6x6 inputs * sum |dy_f| over its 4x4 outputs)
//! ```
//!
//! The constant is the same: what is a maximum over outputs there, of what they take of the sums over
//! inputs, is one over what each `dy` gives. `db` is a plain sum.
//!
//! Where a result is not finite, the whole pass is computed again as sums over pixels: what is not finite
//! comes out as it does there.

mod chunk;
mod finish;
mod jobs;
mod pass;
mod plan;
#[cfg(test)]
mod tests;

pub(in crate::conv) use plan::Weights;
