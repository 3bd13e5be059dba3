//! The innermost loops of the products: a tile of results in registers, a long sum over memory.
//!
//! ```text
//! windows    some pixels by vectors of columns, summed over the elements of their windows
//! planes     some vectors of pixels by few columns, over the elements of their windows
//! outer      some elements of the window by vectors of columns, summed over the pixels
//! channels   vectors of channels that see only themselves: both of the above, tap by tap
//! gathered   rows of windows that lie anywhere, each by its factor
//! square     the places of a square, one vector each: nothing is summed
//! ```
//!
//! The forward pass and the data gradient of convolutions, and matrix products, are sums of windows; gradients of
//! weights are outer sums.
//!
//! Each result is one sum in the order of memory, whatever the tile it was computed in: how work is
//! cut into tiles does not show in the bits. Long sums come in parts, which those who call add up
//! (`long_sum`).

mod channels;
mod gathered;
mod outer;
mod planes;
mod registers;
mod square;
mod windows;

pub(crate) use channels::{Taps, channels, channels_of_row, taps};
pub(crate) use gathered::gathered;
pub(crate) use outer::{Pixels, outer};
pub(crate) use planes::planes;
pub(crate) use registers::Tile;
pub(crate) use square::{square, store_square};
pub(crate) use windows::{Offsets, Part, Runs, short_windows, windows};
