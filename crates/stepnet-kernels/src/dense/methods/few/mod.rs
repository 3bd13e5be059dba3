//! Passes of few examples: `w` is read where it lies.
//!
//! Packing all of `w` into panels would take several times as long as the products of one example, and about as long as
//! the products of a few.

mod data;
mod forward;

pub(in crate::dense) use data::{
    MOST_EXAMPLES, backward_data, can_backward, least_scratch, scratch,
};
pub(in crate::dense) use forward::{EXAMPLES, forward};
