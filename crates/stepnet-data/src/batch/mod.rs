//! What a network sees of examples: which of them, altered and scaled how.

pub(crate) mod augment;
pub(crate) mod balance;
pub(crate) mod fill;
pub(crate) mod standardize;
