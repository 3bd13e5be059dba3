//! Passes of few examples: `w` is read where it lies.
//!
//! To copy all of `w` into panels would take several times as long as the products of a single example, and as long as
//! those of some.

mod data;
mod forward;

pub(in crate::dense) use data::{
    MOST_EXAMPLES, backward_data, can_backward, least_scratch, scratch,
};
pub(in crate::dense) use forward::{EXAMPLES, forward};
