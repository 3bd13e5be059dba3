//! Sums over windows with few columns: pixels in the lanes of vectors.

pub(in crate::conv) mod sums;
