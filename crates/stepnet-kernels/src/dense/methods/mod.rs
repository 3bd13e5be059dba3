//! The methods by which a dense pass can be computed, other than as a convolution over rows.

pub(super) mod few;
pub(super) mod small;
pub(super) mod wide;
