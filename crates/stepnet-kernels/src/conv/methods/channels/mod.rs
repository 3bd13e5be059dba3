//! Depthwise filters, each of which sees the channel of its own number: vectors of channels, tap by tap.

pub(in crate::conv) mod sums;
pub(in crate::conv) mod weights;
