//! Sums over windows with columns in the lanes of vectors; for the weights gradient, outer products over pixels.

mod adder;
pub(in crate::conv) mod sums;
pub(in crate::conv) mod weights;
