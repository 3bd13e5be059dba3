//! From examples to batches: which examples, how they are altered, and how they are scaled.

pub(crate) mod augment;
pub(crate) mod balance;
pub(crate) mod fill;
pub(crate) mod standardize;
