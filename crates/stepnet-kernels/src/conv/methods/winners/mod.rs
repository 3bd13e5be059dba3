//! The gradients of a pooled convolution from the winners of its pooling alone.

pub(in crate::conv) mod data;
mod list;
pub(in crate::conv) mod weights;
