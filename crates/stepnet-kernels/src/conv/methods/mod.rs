//! The methods by which a pass can be computed, a file or a folder each: `sums` (or `data`) has the forward pass and
//! the data gradient, `weights` the weights gradient.

pub(super) mod channels;
pub(super) mod pixels;
pub mod reference;
pub(super) mod windows;
pub(super) mod winners;
pub mod winograd;
